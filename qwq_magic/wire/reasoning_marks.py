"""The marks with which models enclose their reasoning in the content, by family.

Servers without a parser for a model pass its marks on. All but those of Harmony enclose a
text from both sides; Harmony, the format of gpt-oss, names the channel of each message.
https://cookbook.openai.com/articles/openai-harmony
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# No tag of a model is longer.
_LONGEST: Final = 48


@dataclass(frozen=True, slots=True)
class Mark:
    """One way to enclose a reasoning.

    Attributes:
        opens: the tag that opens it, in each of its forms.
        closes: the tags that end it; the first is the usual one.
        skipped: tags between the reasoning and the answer, which belong to neither.
        ends: tags that end the answer, if nothing but white space follows.
        restarts: the tag after which a message of another channel begins; "" for none.
    """

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    restarts: str = ""


THINK: Final = Mark(("<think>",), ("</think>",))
_ANALYSIS: Final = "<|channel|>analysis<|message|>"
_FINAL: Final = "<|channel|>final<|message|>"
_COMMENTARY: Final = "<|channel|>commentary<|message|>"
_START: Final = "<|start|>assistant"
HARMONY: Final = Mark(
    opens=(_ANALYSIS, _START + _ANALYSIS),
    closes=("<|end|>", _START, _FINAL),
    skipped=("<|end|>", _START, _FINAL, _COMMENTARY),
    ends=("<|return|>", "<|end|>"),
    restarts=_START,
)
# A reply of gpt-oss that did not reason begins with its answer, or with what it is about to do.
HARMONY_ANSWERS: Final = (_FINAL, _START + _FINAL, _COMMENTARY, _START + _COMMENTARY)

# Marks that a chat template may open in the prompt, so that only the closing tag arrives.
ENCLOSING: Final = (
    THINK,
    Mark(("<thinking>",), ("</thinking>",)),
    Mark(("<thought>",), ("</thought>",)),
    Mark(("<reasoning>",), ("</reasoning>",)),
    # MiniMax M3
    Mark(("<mm:think>",), ("</mm:think>",)),
    # Seed-OSS
    Mark(("<seed:think>",), ("</seed:think>",)),
    # Kimi-VL
    Mark(("◁think▷",), ("◁/think▷",)),
    # Magistral
    Mark(("[THINK]",), ("[/THINK]",)),
    # Command A
    Mark(("<|START_THINKING|>",), ("<|END_THINKING|>",)),
    # Sky-T1 and OpenThinker
    Mark(("<|begin_of_thought|>",), ("<|end_of_thought|>",)),
)
# Gemma 4
_CHANNEL: Final = Mark(("<|channel>thought\n",), ("<channel|>",))

MARKS: Final = {tag: mark for mark in (*ENCLOSING, _CHANNEL, HARMONY) for tag in mark.opens}
LONE: Final = {tag: mark for mark in ENCLOSING for tag in mark.closes}
# Around the whole answer, after a reasoning: Hunyuan, Command A, Sky-T1.
WRAPPERS: Final = {
    "<answer>": "</answer>",
    "<response>": "</response>",
    "<|START_RESPONSE|>": "<|END_RESPONSE|>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
}


def found_at_start(tags: tuple[str, ...], text: str) -> str:
    """The longest of the tags with which the text begins; "" for none."""
    return max((tag for tag in tags if text.startswith(tag)), key=len, default="")


def may_become(tags: tuple[str, ...], text: str) -> bool:
    """Whether more text may complete one of the tags."""
    return any(len(tag) > len(text) and tag.startswith(text) for tag in tags)


def held_tail(tags: tuple[str, ...], text: str) -> int:
    """How many characters at the end of the text may be the beginning of one of the tags."""
    first = _first_characters(tags)
    for start in range(max(0, len(text) - _LONGEST), len(text)):
        if text[start] in first and may_become(tags, text[start:]):
            return len(text) - start
    return 0


@lru_cache(maxsize=64)
def _first_characters(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(tag[0] for tag in tags)
