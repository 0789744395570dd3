"""Write a language model of half a megabyte, to try a real llama-server with.

    python scripts/tiny_model.py tiny.gguf

Its weights are random, of a fixed seed, so it writes words without a meaning, for as long as it
is let: it neither closes its reasoning nor ends its reply unless a request raises the odds of
`</think>` or `<|im_end|>` with `logit_bias`. Its turns and its tags are those of Qwen3.

Needs numpy and gguf, which the package itself does not: `pip install gguf numpy`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

ARCHITECTURE = "qwen2"  # the smallest one with a bias per token, which is what makes a token rare
NAME = "tiny"
CONTEXT = 32_768
LAYERS = 2
WIDTH = 64
HEADS = 4
HIDDEN = 128
SEED = 13

# Some are not ASCII, so that bytes, characters and tokens differ in number.
WORDS = [
    "the",
    "a",
    "so",
    "but",
    "and",
    "or",
    "if",
    "then",
    "is",
    "not",
    "we",
    "have",
    "need",
    "try",
    "check",
    "wait",
    "first",
    "second",
    "answer",
    "question",
    "number",
    "sum",
    "step",
    "wrong",
    "right",
    "because",
    "perhaps",
    "maybe",
    "think",
    "again",
    "hmm",
    "equals",
    "naïve",
    "café",
    "über",
    "π",
]
SIGNS = (".", ",")
END_OF_TEXT, TURN_BEGINS, TURN_ENDS = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
THINK, END_THINK = "<think>", "</think>"

LIKELY = 0.0
NEVER = -30.0  # the random part of a logit is about 1: not once in a context of any length

TEMPLATE = """\
{%- set ns = namespace(last_query=-1) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}{%- set ns.last_query = loop.index0 %}{%- endif %}
{%- endfor %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.role == 'assistant' and message.reasoning_content
            and loop.index0 > ns.last_query %}
        {{- '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}
    {%- endif %}
    {{- message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n<think>\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""

Matrix = NDArray[np.float32]


@dataclass
class Vocabulary:
    """Tokens as GPT-2 writes them: a printable character for each byte, then what is merged."""

    tokens: list[str] = field(default_factory=list)
    kinds: list[gguf.TokenType] = field(default_factory=list)
    odds: list[float] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)

    def add(self, token: str, kind: gguf.TokenType, odds: float = NEVER) -> None:
        if token in self.tokens:
            place = self.tokens.index(token)
            self.odds[place] = max(self.odds[place], odds)
        else:
            self.tokens.append(token)
            self.kinds.append(kind)
            self.odds.append(odds)

    def add_word(self, spelling: str) -> None:
        """Add a word and all its beginnings, of which each is merged from the one before it."""
        beginnings = [spelling[:length] for length in range(1, len(spelling) + 1)]
        for shorter, longer in pairwise(beginnings):
            merge = f"{shorter} {longer[-1]}"
            if merge not in self.merges:
                self.merges.append(merge)
            self.add(longer, gguf.TokenType.NORMAL)
        self.add(spelling, gguf.TokenType.NORMAL, LIKELY)


def characters_of_bytes() -> list[str]:
    """The character that represents each byte in a token: itself, if it is printed."""
    printed = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(others)) for byte in range(0x100)]


def vocabulary() -> Vocabulary:
    made = Vocabulary()
    characters = characters_of_bytes()
    for character in characters:
        made.add(character, gguf.TokenType.NORMAL)
    for text in (*(f" {word}" for word in WORDS), *SIGNS):
        made.add_word("".join(characters[byte] for byte in text.encode()))
    for token in (END_OF_TEXT, TURN_BEGINS, TURN_ENDS):
        made.add(token, gguf.TokenType.CONTROL)
    for token in (THINK, END_THINK):
        made.add(token, gguf.TokenType.USER_DEFINED)
    return made


def weights(odds: list[float]) -> Iterator[tuple[str, Matrix]]:
    """The tensors by name; a matrix has a row per output."""
    random = np.random.default_rng(SEED)

    def matrix(outputs: int, inputs: int) -> Matrix:
        return random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    yield "token_embd.weight", matrix(len(odds), WIDTH) * np.float32(WIDTH**0.5)
    yield "output_norm.weight", ones
    yield "output.weight", matrix(len(odds), WIDTH)
    yield "output.bias", np.array(odds, np.float32)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        yield f"{block}.attn_norm.weight", ones
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"{block}.{part}.weight", matrix(WIDTH, WIDTH)
        for part in ("attn_q", "attn_k", "attn_v"):
            yield f"{block}.{part}.bias", np.zeros(WIDTH, np.float32)
        yield f"{block}.ffn_norm.weight", ones
        yield f"{block}.ffn_gate.weight", matrix(HIDDEN, WIDTH)
        yield f"{block}.ffn_up.weight", matrix(HIDDEN, WIDTH)
        yield f"{block}.ffn_down.weight", matrix(WIDTH, HIDDEN)


def describe(writer: gguf.GGUFWriter) -> None:
    writer.add_name(NAME)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def describe_tokens(writer: gguf.GGUFWriter, known: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(known.tokens)
    writer.add_token_types(known.kinds)
    writer.add_token_merges(known.merges)
    writer.add_eos_token_id(known.tokens.index(TURN_ENDS))
    writer.add_pad_token_id(known.tokens.index(END_OF_TEXT))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def write_model(target: Path) -> None:
    known = vocabulary()
    writer = gguf.GGUFWriter(target, ARCHITECTURE)
    describe(writer)
    describe_tokens(writer, known)
    for name, values in weights(known.odds):
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target: Path = parser.parse_args().target
    write_model(target)
    print(f"{target.stat().st_size:,} bytes: {target}")


if __name__ == "__main__":
    main()
