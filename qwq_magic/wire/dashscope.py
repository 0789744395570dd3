"""DashScope's native protocol: server-sent events, each of which may repeat all earlier text.

The path depends on the model: newer models answer only at the multimodal path, and take
their content as a list there. https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from qwq_magic.settings.model_rules import is_multimodal
from qwq_magic.settings.presets import CUSTOM, ServerPreset, is_dashscope
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.wire.content import content_of
from qwq_magic.wire.message import MessageReader, reasoning_back
from qwq_magic.wire.model_list import ModelListing
from qwq_magic.wire.sink import ReadChunk, Sink
from qwq_magic.wire.sniffing import FirstChunk
from qwq_magic.wire.wire_protocol import WireProtocol

_TEXT_PATH = "/services/aigc/text-generation/generation"
_MULTIMODAL_PATH = "/services/aigc/multimodal-generation/generation"


def _path_for(model: str) -> str:
    return _MULTIMODAL_PATH if is_multimodal(model) else _TEXT_PATH


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:
    """The JSON body; text arrives in deltas unless the user asks for snapshots."""
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


class ChunkReader:
    """Reads events, and knows how much of a snapshot is new."""

    def __init__(self, server: ServerPreset = CUSTOM, *, is_cumulative: bool) -> None:
        self._messages = MessageReader(server)
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
        part_reasoning, content, is_whole = content_of(message.get("content"))
        reasoning = self._messages.reasoning_in(message, reply) or part_reasoning
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
    """What a snapshot adds, and all text so far."""
    if "\ud800" <= snapshot[-1:] <= "\udbff":
        # Half a surrogate pair: the next snapshot has the whole character.
        snapshot = snapshot[:-1]
    # The events of the answer omit the reasoning, whose snapshot is then empty.
    if len(snapshot) <= len(before):
        return "", before
    return snapshot[len(before) :], snapshot


def _reader(request: ChatRequest | None, server: ServerPreset) -> ReadChunk:
    parameters = request.parameters if request else {}
    return ChunkReader(server, is_cumulative=parameters.get("incremental_output") is False).read


def _is_spoken_at(base_url: str, server: ServerPreset) -> bool:
    # OpenRouter's base URL ends in /api/v1 as well, so the path alone is not enough.
    is_alibaba = is_dashscope(base_url) or server.native_protocol == "dashscope"
    return is_alibaba and "/api/v1" in urlsplit(base_url).path


def _recognizes(first: FirstChunk) -> bool:
    return first.is_event and isinstance(first.chunk.get("output"), dict)


PROTOCOL = WireProtocol(
    path_for=_path_for,
    encode=encode,
    reader=_reader,
    headers={"X-DashScope-SSE": "enable"},
    # The native API has no list of models; the compatible one on the same host has.
    listing=ModelListing("/compatible-mode/v1/models", is_at_root=True),
    is_spoken_at=_is_spoken_at,
    recognizes=_recognizes,
)
