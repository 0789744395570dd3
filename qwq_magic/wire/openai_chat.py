"""The OpenAI-compatible chat protocol: a request's body, and its stream of chunks.

Servers differ in where the reasoning stands, where the usage stands and how they fail.
An error outweighs the choices beside it; reasoning is read from one name only; a reply is
complete at `[DONE]` or at a real finish_reason, and not otherwise.
"""

from __future__ import annotations

import json
from typing import Any

from qwq_magic.errors import ProtocolError, QwqError, ServerFailure, StreamInterrupted
from qwq_magic.events import (
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.messages import ChatRequest, Json
from qwq_magic.settings import InlineThink
from qwq_magic.wire.error_bodies import (
    MAX_BODY_BYTES,
    document_error,
    error_from,
    facts_in_event,
)
from qwq_magic.wire.error_fixes import Origin
from qwq_magic.wire.sse import DONE, ServerSentEvent, SSEDecoder
from qwq_magic.wire.surrogates import SurrogateJoiner
from qwq_magic.wire.think_tags import ThinkTagSplitter
from qwq_magic.wire.token_usage import usage_from

PATH = "/chat/completions"

_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
_LONE_CLOSE = (
    "The reply closes a <think> that it never opened. If all before it was reasoning: "
    'inline_think="open".'
)
# How the lines of an event stream begin, comments included.
_FIELDS = (b":", b"data", b"event", b"id", b"retry", b"error")


def encode(request: ChatRequest) -> dict[str, Json]:
    """The JSON body; always a stream, with usage at its end."""
    options = request.parameters.get("stream_options")
    return {
        **request.parameters,
        "model": request.model,
        "messages": [{"role": m.role, "content": m.text} for m in request.messages],
        "stream": True,
        "stream_options": {**(options if isinstance(options, dict) else {}), "include_usage": True},
    }


class OpenAIChatDecoder:
    """Turns the bytes of a response into events.

    Errors are kept rather than raised, so that the events of the same read are delivered
    first: look at `error` after every `feed`, and after `close`.

    Attributes:
        error: why the reply will not come whole, once that is known.
        is_complete: has the reply come whole? More usage may follow.
        is_done: is there nothing left to read?
    """

    def __init__(self, *, inline_think: InlineThink = "auto", origin: Origin | None = None) -> None:
        self.error: QwqError | None = None
        self.is_complete = False
        self.is_done = False
        self._origin = origin or Origin()
        self._sse = SSEDecoder()
        self._splitter = ThinkTagSplitter(inline_think)
        self._reasoning_text = SurrogateJoiner()
        self._content_text = SurrogateJoiner()
        self._saw_reasoning_field = False
        self._finish_reason: str | None = None
        self._usage: Any = None
        # The start of a body without a single event: it may be a document that explains itself.
        self._head: bytearray | None = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes; a running usage is reported once per read."""
        events: list[Event] = []
        if self.is_done:
            return events
        if self._head is not None:
            self._head += data[: MAX_BODY_BYTES - len(self._head)]
        try:
            for event in self._sse.feed(data):
                self._head = None
                self._take(event, events)
                if self.is_done:
                    break
        except ProtocolError as error:
            self._fail(error, events)
        if self._head is not None and _is_endless_document(self._head):
            self._fail(document_error(bytes(self._head), origin=self._origin), events)
        self._report_usage(events)
        return events

    def close(self) -> list[Event]:
        """The last events, when the connection has ended."""
        events: list[Event] = []
        if self.is_done:
            return events
        for event in self._sse.close():
            self._head = None
            self._take(event, events)
        self._report_usage(events)
        if self.is_done:
            return events
        if self.is_complete:
            self._finish(events)
        else:
            self._fail(self._why_incomplete(), events)
        return events

    def _take(self, event: ServerSentEvent, events: list[Event]) -> None:
        if event.data.strip() == DONE:
            self._finish(events)
            return
        try:
            chunk = json.loads(event.data)
        except (ValueError, RecursionError):
            # `error: some words`, or an `event: error` whose data is no JSON.
            chunk = None
            if event.event != "error":
                self._reject(event.data, events)
                return
        if isinstance(chunk, dict):
            self._take_usage(chunk)
            self._take_choices(chunk.get("choices"), events)
        if _may_be_error(event, chunk):
            facts = facts_in_event(event, chunk)
            if facts is not None:
                self._fail(error_from(facts, self._origin), events)

    def _take_choices(self, choices: Any, events: list[Event]) -> None:
        if not isinstance(choices, list):
            return
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                delta = choice.get("delta")
                if isinstance(delta, dict):
                    self._take_delta(delta, events)
                reason = choice.get("finish_reason")
                if reason and reason != "null" and isinstance(reason, str):
                    self._finish_reason = reason
                    self.is_complete = True

    def _take_delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        reasoning = _reasoning_in(delta)
        if reasoning:
            if not self._saw_reasoning_field:
                self._saw_reasoning_field = True
                _add(events, *self._splitter.stop_splitting())
            text = self._reasoning_text.join(reasoning)
            if text:
                events.append(ReasoningDelta(text))
        content = delta.get("content")
        if isinstance(content, list):
            content = _joined_texts(content)
        if content and isinstance(content, str):
            split = self._splitter.split(self._content_text.join(content))
            _add(events, *split)
            if self._splitter.meets_lone_close(split[1]):
                events.append(Notice(_LONE_CLOSE))

    def _take_usage(self, chunk: dict[str, Any]) -> None:
        usage = chunk.get("usage")
        if not usage and isinstance(chunk.get("x_groq"), dict):
            usage = chunk["x_groq"].get("usage")
        self._usage = usage or self._usage

    def _report_usage(self, events: list[Event]) -> None:
        if not self._usage:
            return
        usage, self._usage = usage_from(self._usage), None
        if usage is not None:
            # Before the end, which stays the last event.
            at = len(events) - 1 if events and isinstance(events[-1], StreamFinished) else None
            events.insert(len(events) if at is None else at, UsageReported(usage))

    def _flush(self, events: list[Event]) -> None:
        _add(events, self._reasoning_text.flush(), "")
        _add(events, *self._splitter.split(self._content_text.flush()))
        _add(events, *self._splitter.flush())

    def _finish(self, events: list[Event]) -> None:
        self._flush(events)
        self.is_complete = self.is_done = True
        if self._finish_reason == "error":
            said = f"{self._origin.name} ended the reply with finish_reason `error`."
            self.error = ServerFailure(f"{said} Run the cell again.", retryable=True)
        else:
            events.append(StreamFinished(self._finish_reason))

    def _fail(self, error: QwqError, events: list[Event]) -> None:
        self._flush(events)
        self.error = error
        self.is_complete = False
        self.is_done = True

    def _reject(self, data: str, events: list[Event]) -> None:
        if self.is_complete:
            return
        said = f"{self._origin.name} sent an event that is not JSON: {self._origin.quote(data)}."
        self._fail(ProtocolError(f"{said} Run the cell again, or check `base_url`."), events)

    def _why_incomplete(self) -> QwqError:
        head = bytes(self._head or b"")
        if not all(line.startswith(_FIELDS) for line in head.splitlines() if line.strip()):
            return document_error(head, origin=self._origin)
        return StreamInterrupted(
            f"The connection to {self._origin.name} ended before the reply was complete. "
            "What came is kept; run the cell again for a whole reply."
        )


def _may_be_error(event: ServerSentEvent, chunk: Any) -> bool:
    """A cheap look, since it is taken at every token."""
    if event.event or event.comments or not isinstance(chunk, dict):
        return True
    return "error" in chunk or "choices" not in chunk or chunk.get("object") == "error"


def _is_endless_document(head: bytearray) -> bool:
    if len(head) < MAX_BODY_BYTES:
        return False
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b"<"))


def _add(events: list[Event], reasoning: str, answer: str) -> None:
    if reasoning:
        events.append(ReasoningDelta(reasoning))
    if answer:
        events.append(AnswerDelta(answer))


def _reasoning_in(delta: dict[str, Any]) -> str:
    """The first name that carries text; servers repeat the same text under several."""
    for name in _REASONING_FIELDS:
        text = delta.get(name)
        if text and isinstance(text, str):
            return text
    details = delta.get("reasoning_details")
    return _joined_texts(details) if isinstance(details, list) else ""


def _joined_texts(items: list[Any]) -> str:
    """The texts of a list of typed items."""
    texts = (item.get("text") for item in items if isinstance(item, dict))
    return "".join(text for text in texts if isinstance(text, str))
