"""Name the protocol of a chunk that belongs to another one than the chunk's reader.

A server at the wrong path, or a gateway, answers in the events of its own protocol. Read as
chat completions they hold nothing, and the end of such a stream looks like a lost connection,
after which the same prompt would be sent and paid for again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# The types of events, by their beginning: https://platform.openai.com/docs/api-reference/responses-streaming,
# https://docs.anthropic.com/en/docs/build-with-claude/streaming and Cohere's chat API v2.
_BY_TYPE = (
    ("response.", "OpenAI's Responses API", "responses"),
    ("message_start", "Anthropic's Messages API", "anthropic"),
    ("content_block_", "Anthropic's Messages API", "anthropic"),
    ("message-start", "Cohere's API", ""),
    ("content-delta", "Cohere's API", ""),
)


def foreign_events(chunk: dict[str, Any]) -> tuple[str, str] | None:
    """The API whose event this is, and the name of its protocol here, or ""; None for neither."""
    if chunk.get("choices"):
        return None
    kind = chunk.get("type")
    if isinstance(kind, str):
        for start, api, protocol in _BY_TYPE:
            if kind.startswith(start):
                return api, protocol
    found = (names for is_its, names in _BY_FIELDS if is_its(chunk))
    return next(found, None)


# What else gives a protocol away, also of a whole message in one document.
_BY_FIELDS: tuple[tuple[Callable[[dict[str, Any]], bool], tuple[str, str]], ...] = (
    (
        lambda chunk: chunk.get("type") == "message" and isinstance(chunk.get("content"), list),
        ("Anthropic's Messages API", "anthropic"),
    ),
    (
        lambda chunk: chunk.get("object") == "response",
        ("OpenAI's Responses API", "responses"),
    ),
    (lambda chunk: isinstance(chunk.get("candidates"), list), ("Gemini's API", "")),
    (
        lambda chunk: isinstance(chunk.get("output"), dict),
        ("DashScope's native API", "dashscope"),
    ),
    (
        lambda chunk: "done" in chunk and ("message" in chunk or "response" in chunk),
        ("Ollama's native API", "ollama"),
    ),
    (
        lambda chunk: isinstance(chunk.get("token"), dict) and "text" in chunk["token"],
        ("the generate API of TGI", ""),
    ),
    (
        lambda chunk: "stop" in chunk and isinstance(chunk.get("content"), str),
        ("the completion API of llama.cpp", ""),
    ),
)
