"""What a server's finish reason means for the reply it ends.

Each protocol has a table from its own words to these meanings; a word that is not in the
table counts as an ordinary end, since servers invent new ones. The turn keeps the word
itself, as the server wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import TypeAlias


class Ending(Enum):
    """How a reply ended."""

    COMPLETE = auto()
    TOOL_CALLS = auto()
    TOKEN_LIMIT = auto()
    FILTERED = auto()
    OUT_OF_RESOURCES = auto()
    ABORTED = auto()
    FAILED = auto()
    # The server fills the field although the reply goes on.
    UNFINISHED = auto()


FinishWords: TypeAlias = Mapping[str, Ending]

# The words of OpenAI-compatible servers, and of gateways that pass on those of others.
FINISH_WORDS: FinishWords = MappingProxyType(
    {
        "stop": Ending.COMPLETE,
        "tool_calls": Ending.TOOL_CALLS,
        "function_call": Ending.TOOL_CALLS,
        "length": Ending.TOKEN_LIMIT,
        "content_filter": Ending.FILTERED,
        # DeepSeek
        "insufficient_system_resource": Ending.OUT_OF_RESOURCES,
        # SGLang
        "abort": Ending.ABORTED,
        # OpenRouter, when one of its providers failed
        "error": Ending.FAILED,
        # Native DashScope writes this string in every chunk but the last.
        "null": Ending.UNFINISHED,
    }
)
