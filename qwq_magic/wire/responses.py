"""OpenAI's Responses API, the one in which OpenAI's and xAI's models give their reasoning.

A stream repeats its texts: deltas, then the whole text, the part, the item and the response.
Servers differ in which of these they send and in the ids they give them, so each repetition
is compared with the text that arrived since the last one on its level, and only what is
missing is added. Text that the repetition merely altered, such as its white space, stays as it
was streamed. https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from qwq_magic.settings.presets import (
    CUSTOM,
    EFFORTS,
    NO_BUDGET,
    ONE_REPLY,
    ServerPreset,
    Spelling,
)
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire.content import content_of, text_in
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sink import ReadChunk, Sink
from qwq_magic.wire.sniffing import FirstChunk
from qwq_magic.wire.wire_protocol import WireProtocol

_PATH = "/responses"
_BLANK_LINE = "\n\n"
_SPELLINGS = MappingProxyType(
    {
        # A level of effort is more specific than on or off, so it comes first.
        "reasoning_effort": Spelling("reasoning.effort", levels=EFFORTS),
        "enable_thinking": Spelling(
            "reasoning.effort", MappingProxyType({True: "medium", False: "none"})
        ),
        "thinking_budget": NO_BUDGET,
        "n": ONE_REPLY,
        "max_tokens": Spelling("max_output_tokens"),
        "max_completion_tokens": Spelling("max_output_tokens"),
        # Usage is in the last event. Reasoning is taken back only in an encrypted form.
        "stream_options": Spelling(""),
        "preserve_thinking": Spelling(""),
    }
)
_Kind: TypeAlias = Literal["answer", "raw", "summary"]
# The text of deltas, and its first repetition, have these names before `.delta` and `.done`.
_TEXTS: Mapping[str, _Kind] = MappingProxyType(
    {
        "response.output_text": "answer",
        "response.refusal": "answer",
        # Both names are in use, the second by early versions and by gateways.
        "response.reasoning_text": "raw",
        "response.reasoning": "raw",
        "response.reasoning_summary_text": "summary",
        "response.reasoning_summary": "summary",
    }
)
# The kind of a part whose type is missing or unknown.
_PARTS: Mapping[str, _Kind] = MappingProxyType(
    {
        "response.content_part": "answer",
        "response.reasoning_part": "raw",
        "response.reasoning_summary_part": "summary",
    }
)
_PART_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "output_text": "answer",
        "refusal": "answer",
        "reasoning_text": "raw",
        "summary_text": "summary",
    }
)
# Deltas of other names that probably have text of the model's; tools have theirs as well.
_TEXT_NAME = re.compile("text|content|reason|think|summary|answer")
_ITEM = "response.output_item"
_ENDS = frozenset(
    {
        "response.completed",
        "response.incomplete",
        "response.failed",
        "response.cancelled",
        # OpenRouter
        "response.done",
    }
)
_NOT_COMPLETED = ("incomplete", "failed", "cancelled")
# The levels on which a text is repeated.
_TEXT_LEVEL, _PART_LEVEL, _ITEM_LEVEL, _RESPONSE_LEVEL = range(4)


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:  # noqa: ARG001  # one dialect only
    """The JSON body: always a stream, and nothing is stored on the server unless the user asks."""
    parameters = spelled(request.parameters, _SPELLINGS)
    reasoning = parameters.pop("reasoning", {})
    if isinstance(reasoning, Mapping) and reasoning.get("effort") != "none":
        # Without this, OpenAI's models send none of their reasoning.
        reasoning = {"summary": "auto", **reasoning}
    return {
        "store": False,
        **parameters,
        "reasoning": reasoning,
        "model": request.model,
        # A system message rather than `instructions`, which xAI does not accept. llama.cpp
        # requires the type of an assistant's message.
        "input": [
            {"type": "message", "role": message.role, "content": message.text}
            for message in request.messages
        ],
        "stream": True,
    }


class _Repeated:
    """The texts of one kind that arrived, and which of them each level has yet to repeat."""

    __slots__ = ("_unrepeated",)

    def __init__(self) -> None:
        self._unrepeated: tuple[list[str], ...] = ([], [], [], [])

    def add(self, text: str, *, since: int = _TEXT_LEVEL) -> None:
        for texts in self._unrepeated[since:]:
            texts.append(text)

    def missing_in(self, level: int, texts: Iterable[str]) -> list[tuple[str, bool]]:
        """What these texts, repeated on this level, have that did not arrive before.

        The flag is True for a text of which nothing had arrived.
        """
        arrived = "".join(self._unrepeated[level])
        # Joined once on each level, so that the cost is linear however often texts repeat.
        for inner in self._unrepeated[: level + 1]:
            inner.clear()
        missing: list[tuple[str, bool]] = []
        at = 0
        for text in texts:
            if arrived.startswith(text, at):
                at += len(text)
                continue
            rest = arrived[at:]
            if not text.startswith(rest):
                break
            at = len(arrived)
            missing.append((text[len(rest) :], not rest))
        for text, _ in missing:
            self.add(text, since=level + 1)
        return missing


class _Shown:
    """The texts of one pane, with a blank line where a new item or a new summary begins."""

    __slots__ = ("_has_text", "begins_paragraph")

    def __init__(self) -> None:
        self._has_text = False
        self.begins_paragraph = False

    def spaced(self, text: str) -> str:
        if self.begins_paragraph and self._has_text:
            text = _BLANK_LINE + text
        self._has_text, self.begins_paragraph = True, False
        return text


class EventReader:
    """Reads the events of one response."""

    def __init__(self) -> None:
        self._repeated: dict[_Kind, _Repeated] = {
            "answer": _Repeated(),
            "raw": _Repeated(),
            "summary": _Repeated(),
        }
        # The name under which each kind of reasoning came first: some servers send two.
        self._names: dict[_Kind, str] = {}
        self._answer = _Shown()
        self._reasoning = _Shown()
        self._summary_index: Any = None
        self._summaries: list[str] = []
        # The summary that was shown before any raw text, as far as the raw text repeats it.
        self._repeats: str | None = None
        self._repeated_to = 0
        self._has_raw = False

    def read(self, event: dict[str, Any], reply: Sink) -> None:
        name = event.get("type")
        response = event.get("response")
        if event.get("object") == "response":
            # A server that does not stream sends this object alone.
            self._read_response(event, event.get("status"), reply)
            return
        if not isinstance(name, str):
            return
        stem, _, verb = name.rpartition(".")
        if stem in _TEXTS:
            self._read_text(event, stem, verb, reply)
        elif stem in _PARTS:
            self._read_part(event, stem, verb, reply)
        elif verb == "delta" and _TEXT_NAME.search(stem):
            reply.skip(name, may_be_text=True)
        elif stem == _ITEM:
            if verb == "done" and isinstance(event.get("item"), dict):
                self._read_items([event["item"]], _ITEM_LEVEL, reply)
            self._begin_item()
        elif isinstance(response, dict):
            reply.add_usage(response.get("usage"))
            if name in _ENDS:
                self._read_end(response, verb, reply)

    def _read_end(self, response: dict[str, Any], verb: str, reply: Sink) -> None:
        status = response.get("status")
        # Some servers leave it at `in_progress`, and some complete an incomplete one.
        self._read_response(response, status if status in _NOT_COMPLETED else verb, reply)
        # The decoder reports the server's own error, which explains more.
        if not response.get("error"):
            reply.finish()

    def _read_text(self, event: dict[str, Any], stem: str, verb: str, reply: Sink) -> None:
        kind = _TEXTS[stem]
        if kind != "answer" and self._names.setdefault(kind, stem) != stem:
            return
        if kind == "summary":
            # Not every server marks where a part begins, but most number them.
            index = event.get("summary_index")
            if None not in (index, self._summary_index) and index != self._summary_index:
                self._begin_summary()
            self._summary_index = index
        if verb == "delta":
            self._read_delta(kind, event, reply)
        elif verb == "done":
            text = _text_of(event.get("text") or event.get("refusal"), reply)
            self._show_missing(kind, _TEXT_LEVEL, [text], reply)

    def _read_delta(self, kind: _Kind, event: dict[str, Any], reply: Sink) -> None:
        text = _text_of(event.get("delta"), reply)
        if text:
            self._repeated[kind].add(text)
            self._show(kind, text, reply)

    def _read_part(self, event: dict[str, Any], stem: str, verb: str, reply: Sink) -> None:
        if verb == "delta":
            # OpenRouter's name for the deltas of a text.
            self._read_delta(_PARTS[stem], event, reply)
            return
        part = event.get("part")
        if verb == "done" and isinstance(part, dict):
            kind = _PART_KINDS.get(str(part.get("type")), _PARTS[stem])
            text = _text_of(part.get("text") or part.get("refusal"), reply)
            self._show_missing(kind, _PART_LEVEL, [text], reply)
        if _PARTS[stem] == "summary":
            self._begin_summary()

    def _read_response(self, response: dict[str, Any], status: Any, reply: Sink) -> None:
        output = response.get("output")
        self._read_items(output if isinstance(output, list) else [], _RESPONSE_LEVEL, reply)
        reply.add_usage(response.get("usage"))
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        reply.end_with(reason or status)

    def _read_items(self, items: list[Any], level: int, reply: Sink) -> None:
        answers: list[str] = []
        raw: list[str] = []
        summaries: list[str] = []
        for item in items:
            if not isinstance(item, dict):
                continue
            if item.get("type") == "reasoning":
                raw.append(text_in(item.get("content")))
                parts = item.get("summary")
                summaries += [text_in([part]) for part in parts] if isinstance(parts, list) else []
            elif item.get("type") == "message":
                content = content_of(item.get("content"))
                answers.append(content.answer)
                if not content.is_whole:
                    reply.lose_content()
        # Raw text first: a summary beside it is not shown.
        self._show_missing("raw", level, raw, reply)
        self._show_missing("summary", level, summaries, reply)
        self._show_missing("answer", level, answers, reply)

    def _show_missing(self, kind: _Kind, level: int, texts: list[str], reply: Sink) -> None:
        for text, is_whole in self._repeated[kind].missing_in(level, filter(None, texts)):
            if is_whole and level >= _ITEM_LEVEL:
                (self._answer if kind == "answer" else self._reasoning).begins_paragraph = True
            self._show(kind, text, reply)

    def _show(self, kind: _Kind, text: str, reply: Sink) -> None:
        if kind == "answer":
            reply.add_content(self._answer.spaced(text))
        elif kind == "raw":
            text = self._new_in_raw(text)
            if text:
                reply.add_reasoning(self._reasoning.spaced(text))
        elif not self._has_raw:
            self._summaries.append(text)
            reply.add_reasoning(self._reasoning.spaced(text))

    def _new_in_raw(self, text: str) -> str:
        """The raw text that was not shown already, since some servers send it as a summary too."""
        if not self._has_raw:
            self._has_raw = True
            self._repeats = "".join(self._summaries)
        if self._repeats is None:
            return text
        if self._repeats.startswith(text, self._repeated_to):
            self._repeated_to += len(text)
            return ""
        shown, rest = self._repeats[: self._repeated_to], self._repeats[self._repeated_to :]
        self._repeats = None
        is_repeated = text.startswith(rest)
        if self._summaries:
            # After a real summary, the raw text is a paragraph of its own.
            self._reasoning.begins_paragraph = not is_repeated
        return text[len(rest) :] if is_repeated else shown + text

    def _begin_item(self) -> None:
        self._answer.begins_paragraph = self._reasoning.begins_paragraph = True

    def _begin_summary(self) -> None:
        if not self._has_raw:
            self._reasoning.begins_paragraph = True


def _text_of(value: Any, reply: Sink) -> str:
    """A text, which early versions of the API put into an object."""
    if isinstance(value, str):
        return value
    text = text_in([value])
    if value and not text:
        reply.lose_content()
    return text


def _reader(request: ChatRequest | None, server: ServerPreset) -> ReadChunk:  # noqa: ARG001  # the reply does not depend on it
    return EventReader().read


def _is_spoken_at(base_url: str, server: ServerPreset) -> bool:
    path = urlsplit(base_url).path.rstrip("/")
    return path.endswith(_PATH) or server.native_protocol == "responses"


def _recognizes(first: FirstChunk) -> bool:
    name = first.chunk.get("type")
    is_event = isinstance(name, str) and name.startswith("response.")
    return is_event or first.chunk.get("object") == "response"


PROTOCOL = WireProtocol(
    path_for=lambda _: _PATH,
    encode=encode,
    spellings=lambda _: _SPELLINGS,
    reader=_reader,
    # OpenAI gives summaries only to verified organisations, and only for models that reason.
    optional_fields=("reasoning.summary", "store"),
    accepts_documents=True,
    takes_reasoning=lambda _: False,
    is_spoken_at=_is_spoken_at,
    recognizes=_recognizes,
)
