"""DashScope's native protocol: server-sent events whose text may repeat all text so far.

The path depends on the model: newer ones answer only where images go as well, and take
their content as a list there. https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
"""

from __future__ import annotations

from typing import Any

from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.model_rules import is_multimodal
from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.wire.content import content_of
from qwq_magic.wire.framing import SSEDecoder
from qwq_magic.wire.openai_chat import reasoning_back, reasoning_in
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.sink import Sink
from qwq_magic.wire.stream_decoder import StreamDecoder

HEADERS = {"X-DashScope-SSE": "enable"}

_TEXT_PATH = "/services/aigc/text-generation/generation"
_MULTIMODAL_PATH = "/services/aigc/multimodal-generation/generation"


def path_for(model: str) -> str:
    return _MULTIMODAL_PATH if is_multimodal(model) else _TEXT_PATH


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:
    """The JSON body; text arrives in deltas unless the user wants snapshots."""
    is_list = is_multimodal(request.model)
    return {
        "model": request.model,
        "input": {"messages": [_message(m, server, is_list=is_list) for m in request.messages]},
        "parameters": {
            "result_format": "message",
            "incremental_output": True,
            **request.parameters,
        },
    }


def _message(message: Message, server: ServerPreset, *, is_list: bool) -> dict[str, Json]:
    content = [{"text": message.text}] if is_list else message.text
    return {"role": message.role, "content": content, **reasoning_back(message, server)}


def decoder(
    request: ChatRequest | None = None,
    *,
    inline_think: InlineThink = "auto",
    origin: Origin | None = None,
) -> StreamDecoder:
    """The decoder of the response to `request`."""
    parameters = request.parameters if request else {}
    reader = ChunkReader(is_cumulative=parameters.get("incremental_output") is False)
    return StreamDecoder(
        SSEDecoder(), reader.read, inline_think=inline_think, origin=origin or Origin()
    )


class ChunkReader:
    """Takes events into a reply, and knows how much of a snapshot is new."""

    def __init__(self, *, is_cumulative: bool) -> None:
        self._is_cumulative = is_cumulative
        self._reasoning = ""
        self._content = ""

    def read(self, chunk: dict[str, Any], reply: Sink) -> None:
        reply.add_usage(chunk.get("usage"))
        output = chunk.get("output")
        if not isinstance(output, dict):
            return
        choice = _first_choice(output)
        message = choice.get("message")
        if not isinstance(message, dict):
            # `result_format: text` has the text one level up.
            message = {**output, "content": output.get("text")}
        told, content, is_whole = content_of(message.get("content"))
        reasoning = reasoning_in(message, reply) or told
        if self._is_cumulative:
            reasoning, self._reasoning = _new_in(reasoning, self._reasoning)
            content, self._content = _new_in(content, self._content)
        if reasoning:
            reply.add_reasoning(reasoning)
        if content:
            reply.add_content(content)
        if not is_whole:
            reply.lose_content()
        reply.end_with(choice.get("finish_reason"))
        reply.end_with(output.get("finish_reason"))


def _first_choice(output: dict[str, Any]) -> dict[str, Any]:
    choices = output.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index") in (None, 0, "0"):
            return choice
    return {}


def _new_in(snapshot: str, before: str) -> tuple[str, str]:
    """What a snapshot adds, and all text so far; an answer's events may omit the reasoning."""
    if "\ud800" <= snapshot[-1:] <= "\udbff":
        # Half a character: the next snapshot has the whole.
        snapshot = snapshot[:-1]
    if len(snapshot) <= len(before):
        return "", before
    return snapshot[len(before) :], snapshot
