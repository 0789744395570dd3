"""What a server's finish reason means for the reply it ends.

Each protocol has a table from its own words to these meanings. A word that is not in the
table is not taken for a good end: the reply is shown as one that ended with this word. The
turn keeps the word itself, as the server wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from qwq_magic.events import Ending

FinishWords: TypeAlias = Mapping[str, Ending]

_WORDS: Final = {
    # Native DashScope writes the string "null" in every chunk but the last.
    Ending.UNFINISHED: "null",
    Ending.COMPLETE: """stop eos eos_token end end_turn end_of_turn stop_sequence stop_token
        complete completed finished finish done success normal""",
    Ending.TOOL_CALLS: "tool_calls tool_call tool_use function_call",
    Ending.TOKEN_LIMIT: """length max_tokens max_token max_length max_output_tokens
        max_completion_tokens max_new_tokens token_limit""",
    # Mistral, Anthropic and Z.ai, Cohere
    Ending.CONTEXT_FULL: """model_length model_context_window_exceeded context_length
        context_length_exceeded context_window_exceeded error_limit""",
    # `sensitive` is Z.ai's word, the others are Gemini's and Anthropic's.
    Ending.FILTERED: """content_filter content_filtered sensitive safety recitation blocklist
        prohibited_content spii image_safety language guardrail_intervened refusal error_toxic
        data_inspection_failed""",
    # DeepSeek
    Ending.OUT_OF_RESOURCES: "insufficient_system_resource insufficient_system_resources",
    # SGLang
    Ending.ABORTED: """abort aborted cancel cancelled canceled interrupted user_cancel preempted
        pause_turn incomplete""",
    # vLLM and DashScope
    Ending.REPETITION: "repetition repetition_truncation repetition_detected loop_detected",
    # OpenRouter writes `error` when one of its providers failed, Z.ai `network_error`.
    Ending.FAILED: "error failed failure network_error server_error timeout internal_error",
}

# The words of OpenAI-compatible servers, and of gateways that pass on those of others.
FINISH_WORDS: FinishWords = MappingProxyType(
    {word: ending for ending, words in _WORDS.items() for word in words.split()}
)

# Why a reply is not whole although the server ended it properly, and what helps.
CUTS: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.OUT_OF_RESOURCES: "the server ran out of resources. Run the cell again.",
        Ending.ABORTED: "the server gave up. Run the cell again.",
        Ending.FILTERED: "the server's content filter stopped it. Rephrase the prompt, or choose "
        "another model with -m.",
        Ending.CONTEXT_FULL: "the prompt and the reply fill the model's context. Send fewer "
        "earlier turns with --history 2, or none with --fresh.",
        Ending.REPETITION: "the server stopped it because it repeated itself. Run the cell again, "
        "or rephrase the prompt.",
    }
)


def ending_of(word: str, words: FinishWords) -> Ending:
    """The meaning of a server's word, in whichever case it is written."""
    found = words.get(word)
    return words.get(word.strip().lower(), Ending.UNKNOWN) if found is None else found
