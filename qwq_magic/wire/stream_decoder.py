"""Turn the bytes of a response into events, in any protocol.

A framing cuts the bytes into JSON texts, and a protocol's reader adds each chunk to the
reply. The steps between are the same for all protocols: chunks that are errors, chunks that
are not JSON, a body that is a document, a stream that ends too early.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from qwq_magic.errors import ProtocolError, QwqError
from qwq_magic.events import Event
from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.connection_errors import empty_reply, foreign_reply, unfinished_stream
from qwq_magic.wire.error_bodies import MAX_BODY_BYTES, document_error, error_from
from qwq_magic.wire.error_facts import facts_in_event, facts_in_json
from qwq_magic.wire.finish_words import FINISH_WORDS, FinishWords
from qwq_magic.wire.foreign_events import foreign_events
from qwq_magic.wire.framing import MAX_EVENT_BYTES, ServerSentEvent, json_document
from qwq_magic.wire.joined_json import DONE, lenient_value, texts_in
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.reply import Reply
from qwq_magic.wire.sink import ReadChunk
from qwq_magic.wire.text_template import TextTemplate
from qwq_magic.wire.think_tags import Beginning
from qwq_magic.wire.token_usage import MergeCounts, ReadUsage, latest_counts, usage_from

# After this many events that the template does not match, the rest of a read is parsed.
_MAX_MISSES = 8
# The first characters of the lines of an event stream, comments included.
_FIELDS = (b":", b"data", b"event", b"id", b"retry", b"error")
_BOM = b"\xef\xbb\xbf"

_raw_decode = json.JSONDecoder().raw_decode


class Framing(Protocol):
    """Cuts bytes into events, each with a JSON text; see `SSEDecoder`.

    Attributes:
        takes_any_line: does it make events of any text, even of a web page?
    """

    takes_any_line: bool

    @property
    def is_between_events(self) -> bool: ...

    def feed(self, data: bytes) -> Iterable[ServerSentEvent]: ...

    def close(self) -> Iterable[ServerSentEvent]: ...


class StreamDecoder:
    """Turns the bytes of one response into events.

    Errors are kept rather than raised, so that the events of the same read are delivered
    first: look at `error` after every `feed`, and after `close`.
    """

    def __init__(
        self,
        framing: Framing,
        read_chunk: ReadChunk,
        *,
        inline_think: InlineThink,
        origin: Origin,
        beginning: Beginning = "unknown",
        template: TextTemplate | None = None,
        read_document: ReadChunk | None = None,
        merge_counts: MergeCounts = latest_counts,
        read_usage: ReadUsage = usage_from,
        finish_words: FinishWords = FINISH_WORDS,
        names_foreign_events: bool = False,
    ) -> None:
        """See `WireProtocol`; `read_document` takes a whole reply in one JSON document."""
        self._framing = framing
        self._read_chunk = read_chunk
        self._template = template
        self._read_document = read_document
        self._origin = origin
        self._names_foreign_events = names_foreign_events
        self._reply = Reply(
            inline_think=inline_think,
            origin=origin,
            beginning=beginning,
            merge_counts=merge_counts,
            read_usage=read_usage,
            finish_words=finish_words,
        )
        # The start of a body before its first chunk: it may be a document with an error in it.
        self._head: bytearray | None = bytearray()
        self._early_damage: ProtocolError | None = None
        # The server's name for the reply; "" until it has sent one.
        self.reply_id = ""
        self._has_choices = False

    @property
    def error(self) -> QwqError | None:
        """Why the reply is incomplete, once that is known."""
        return self._reply.error

    @property
    def is_complete(self) -> bool:
        """Has the server reported an end? Usage may follow, and even text."""
        return self._reply.is_complete

    @property
    def is_at_end(self) -> bool:
        """Has nothing that matters followed the end that the server reported?"""
        return self._reply.is_at_end

    @property
    def began_inside(self) -> bool | None:
        """Whether the reply began inside the reasoning; None where it does not show."""
        return self._reply.began_inside

    @property
    def is_done(self) -> bool:
        """Is there nothing left to read?"""
        return self._reply.is_done

    @property
    def has_text(self) -> bool:
        """Has any reasoning or answer arrived?"""
        return self._reply.has_text

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes, with few deltas: see `Reply.take_events`."""
        reply = self._reply
        if reply.is_done:
            return []
        if self._head is not None:
            self._head += data[: MAX_EVENT_BYTES - len(self._head)]
        try:
            self._feed(data)
        except ProtocolError as error:
            reply.fail(error)
        if self._head is not None and _is_endless_document(self._head):
            reply.fail(document_error(bytes(self._head), origin=self._origin))
        return reply.take_events()

    def close(self, *, is_broken: bool = False) -> list[Event]:
        """The last events, at the end of the connection.

        `is_broken`: whether the connection broke rather than ended.
        """
        reply = self._reply
        if reply.is_done:
            return []
        for event in self._framing.close():
            self._take(event)
        if is_broken and not reply.is_at_end and not reply.is_done:
            # The finish reason that came before the last text was not the end.
            self._end_early()
            return reply.take_events()
        if not reply.is_done:
            reply.settle_choice()
            if reply.is_complete:
                reply.finish()
            else:
                self._end_early()
        return reply.take_events()

    def _feed(self, data: bytes) -> None:
        template, framing, at, misses = self._template, self._framing, 0, 0
        while at < len(data) and not self._reply.is_done:
            start, end = at, -1
            if template is not None and misses < _MAX_MISSES:
                if framing.is_between_events:
                    at = template.take(data, at, self._reply)
                misses = misses + 1 if at == start else 0
                # Parse the next event only: the template may match those after it.
                end = data.find(b"\n\n", at)
            is_one_event = end >= 0
            piece = data[at : end + 2] if is_one_event else data[at:]
            at += len(piece)
            for event in framing.feed(piece):
                chunk = self._take(event)
                if self._reply.is_done:
                    break
                if template is not None and is_one_event and chunk is not None:
                    template.learn(piece, chunk)

    def _take(self, event: ServerSentEvent) -> dict[str, Any] | None:
        """Read an event into the reply; returns its chunk, if that is an ordinary one."""
        text, name, comments = event
        try:
            # Faster than `loads`, which looks for white space around the text first.
            chunk, end = _raw_decode(text)
            if end != len(text):
                chunk = json.loads(text)
        except (ValueError, RecursionError):
            chunk = self._read_odd(event)
            if chunk is None and name != "error":
                return None
        if self._head is not None:
            self._leave_head()
        self.reply_id = self.reply_id or _id_of(chunk)
        # Before the chunk is read: an error in the chunk that ends the reply is not a late one.
        was_complete = self._reply.is_at_end
        if isinstance(chunk, dict):
            self._has_choices = self._has_choices or "choices" in chunk
            self._read_chunk(chunk, self._reply)
            if not (name or comments) and not _may_be_error(text, chunk):
                return chunk
        facts = facts_in_event(event, chunk)
        if facts is not None and was_complete and not self._reply.ended_in_error:
            self._reply.note_late_error(facts.text)
        elif facts is not None:
            self._reply.fail(error_from(facts, self._origin))
        elif self._names_foreign_events and isinstance(chunk, dict) and not self._reply.has_text:
            self._require_own_event(chunk)
        return None

    def _is_foreign_document(self, head: bytes, document: Any) -> bool:
        """Fail at a document of another protocol, or at the lines of JSON that some stream."""
        first = document if document is not None else json_document(head.lstrip().split(b"\n")[0])
        # Gemini streams the items of a list.
        first = first[0] if isinstance(first, list) and first else first
        if not (self._names_foreign_events and isinstance(first, dict)):
            return False
        if facts_in_json(first) is None:
            self._require_own_event(first)
        return self._reply.is_done

    def _require_own_event(self, chunk: dict[str, Any]) -> None:
        """Fail at an event of another protocol, all of which would hold no text for this one."""
        found = foreign_events(chunk)
        if found is not None:
            self._reply.fail(foreign_reply(self._origin, *found))

    def _read_odd(self, event: ServerSentEvent) -> Any:
        """The value of a text that is not one JSON text; None if it is handled here."""
        texts = texts_in(event.data)
        if texts == [DONE]:
            self._leave_head()
            self._reply.finish()
        elif len(texts) == 1:
            return lenient_value(texts[0])
        elif texts:
            # Several chunks on one line, or on several of one event.
            for text in texts:
                if not self._reply.is_done:
                    self._take(event._replace(data=text))
        elif event.event != "error":
            self._reject(event.data.strip())
        return None

    def _reject(self, text: str) -> None:
        shown = self._origin.quote(text)
        error = ProtocolError(
            f"{self._origin.name} sent an event that is not JSON: {shown}. The reply may lack a "
            "part; run the cell again, or check `base_url`."
        )
        if self._head is not None and self._framing.takes_any_line:
            # The body may be a document over several lines: the next chunk or the end decides.
            self._early_damage = self._early_damage or error
        else:
            self._reply.damage(error, is_hopeless=True)

    def _leave_head(self) -> None:
        """The body is a stream, so what could not be parsed in its head was a lost chunk."""
        self._head = None
        if self._early_damage is not None:
            self._reply.damage(self._early_damage, is_hopeless=False)

    def _end_early(self) -> None:
        # A body without a single chunk is an error page, or a whole reply in one document.
        head = bytes(self._head or b"")
        if self._head is not None and not head.strip():
            self._reply.fail(empty_reply(self._origin))
            return
        if not _is_event_stream(head):
            document = json_document(head)
            if self._is_foreign_document(head, document):
                return
            if isinstance(document, dict) and self._read_document is not None:
                self._read_document(document, self._reply)
            self._reply.fail(document_error(head, origin=self._origin))
            return
        # Nor does a stream without a single choice follow this protocol: sent again, the prompt
        # would be paid for again.
        is_foreign = self._names_foreign_events and not self._has_choices
        error = self._reply.unread_text() if is_foreign else None
        self._reply.fail(error or unfinished_stream(self._origin, has_text=self._reply.has_text))


def _may_be_error(text: str, chunk: dict[str, Any]) -> bool:
    """A cheap check, since it runs for every token."""
    # Text that mentions the word in quotes does not match: its quotes are escaped.
    return not chunk.get("choices") or '"error"' in text or '"base_resp"' in text


def _is_event_stream(head: bytes | bytearray) -> bool:
    lines = bytes(head).removeprefix(_BOM).splitlines()
    return all(line.startswith(_FIELDS) for line in lines if line.strip())


def _is_endless_document(head: bytearray) -> bool:
    """Is it larger than any error page, or than a whole reply in one JSON document?"""
    if len(head) < MAX_BODY_BYTES:
        return False
    start = head[:MAX_BODY_BYTES].removeprefix(_BOM).lstrip()
    return start.startswith(b"<" if len(head) < MAX_EVENT_BYTES else (b"{", b"[", b"<"))


def _id_of(chunk: Any) -> str:
    name = chunk.get("id") if isinstance(chunk, dict) else None
    return name if isinstance(name, str) else ""
