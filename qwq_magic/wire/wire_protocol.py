"""A wire protocol: all that the client needs to know to talk to a server.

Each protocol is one file in this folder whose `PROTOCOL` is such a record. The defaults
are those of OpenAI's API, which most servers follow, so that a file states only what is
different. What a server does differently within a protocol belongs to its preset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from qwq_magic.errors import QwqError
from qwq_magic.events import Event
from qwq_magic.keys import ApiKey
from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.presets import CUSTOM, ServerPreset, Spellings
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire.finish_words import FINISH_WORDS, FinishWords
from qwq_magic.wire.framing import SSEDecoder
from qwq_magic.wire.model_list import OPENAI_LISTING, ModelListing
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.sink import ReadChunk
from qwq_magic.wire.sniffing import FirstChunk, SniffingDecoder
from qwq_magic.wire.stream_decoder import Framing, StreamDecoder
from qwq_magic.wire.text_template import TextTemplate
from qwq_magic.wire.think_tags import Beginning
from qwq_magic.wire.token_usage import MergeCounts, ReadUsage, latest_counts, usage_from


class Decoder(Protocol):
    """Turns the bytes of one response into events; see `StreamDecoder`."""

    @property
    def error(self) -> QwqError | None: ...

    @property
    def is_complete(self) -> bool: ...

    @property
    def is_at_end(self) -> bool: ...

    @property
    def reply_id(self) -> str: ...

    @property
    def began_inside(self) -> bool | None: ...

    @property
    def is_done(self) -> bool: ...

    @property
    def has_text(self) -> bool: ...

    def feed(self, data: bytes) -> list[Event]: ...

    def close(self, *, is_broken: bool = False) -> list[Event]: ...


def bearer(key: ApiKey, server: ServerPreset = CUSTOM) -> Mapping[str, str]:  # noqa: ARG001  # the same for all
    # No variable holds the key itself, so that no traceback can show it.
    return {"Authorization": f"Bearer {key.reveal()}"}


def has_history_field(server: ServerPreset) -> bool:
    return bool(server.history_field)


def spellings_of(server: ServerPreset) -> Spellings:
    return server.spellings


def never(*_: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """One way of talking to a server.

    Attributes:
        path_for: what follows the base URL, for a model of this name.
        encode: the JSON body of a request to this server.
        reader: makes the function that reads the chunks of one response.
        framing: cuts the bytes of a response into chunks.
        headers: headers of a chat request beside the usual ones.
        authorization: the headers that carry the key to this server.
        takes_reasoning: does this server take the reasoning of earlier turns back?
        spellings: how this server spells parameters, and the bounds of their values.
        optional_fields: fields of the body that a request can do without, with a dot before
            the name of a field in an object. One that the server rejects by the name before
            the dot is dropped, and the request repeated.
        listing: where the server lists its models, and how the list is read.
        merge_counts: the token counts so far, and those of another report, as one.
        read_usage: reads token counts in the protocol's own field names.
        finish_words: what each finish reason means.
        takes_prefixes: can a request have the beginning of its reply, where the server takes it?
        has_independent_chunks: does no chunk depend on an earlier one, so that those which
            differ in their text alone need no parsing?
        accepts_documents: can the reader read a whole reply in one JSON document, so that
            the text of a server that does not stream is kept beside the error?
        names_foreign_events: are events of other protocols an error, rather than chunks
            without text?
        is_spoken_at: does this base URL, or the preset of the server there, imply it?
        recognizes: does a response of this protocol begin like this?
        alternatives: the protocols that a response may follow instead, where the base URL
            does not settle it.
    """

    path_for: Callable[[str], str]
    encode: Callable[[ChatRequest, ServerPreset], dict[str, Json]]
    reader: Callable[[ChatRequest | None, ServerPreset], ReadChunk]
    framing: Callable[[], Framing] = SSEDecoder
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: Callable[[ApiKey, ServerPreset], Mapping[str, str]] = bearer
    takes_reasoning: Callable[[ServerPreset], bool] = has_history_field
    spellings: Callable[[ServerPreset], Spellings] = spellings_of
    optional_fields: tuple[str, ...] = ()
    listing: ModelListing = OPENAI_LISTING
    merge_counts: MergeCounts = latest_counts
    read_usage: ReadUsage = usage_from
    finish_words: FinishWords = field(default_factory=lambda: FINISH_WORDS)
    takes_prefixes: bool = False
    has_independent_chunks: bool = False
    accepts_documents: bool = False
    names_foreign_events: bool = False
    is_spoken_at: Callable[[str, ServerPreset], bool] = never
    recognizes: Callable[[FirstChunk], bool] = never
    alternatives: tuple[WireProtocol, ...] = ()

    def decoder(
        self,
        request: ChatRequest | None = None,
        *,
        server: ServerPreset = CUSTOM,
        inline_think: InlineThink = "auto",
        beginning: Beginning = "unknown",
        origin: Origin | None = None,
    ) -> Decoder:
        """The decoder of the response to `request`.

        `beginning`: where replies of this model at this server begin.
        """

        def decoder_of(protocol: WireProtocol) -> StreamDecoder:
            # A reader may keep state, so each response gets its own.
            read_chunk = protocol.reader(request, server)
            return StreamDecoder(
                protocol.framing(),
                read_chunk,
                inline_think=inline_think,
                beginning=beginning,
                origin=origin or Origin(),
                template=TextTemplate(read_chunk) if protocol.has_independent_chunks else None,
                read_document=read_chunk if protocol.accepts_documents else None,
                merge_counts=protocol.merge_counts,
                read_usage=protocol.read_usage,
                finish_words=protocol.finish_words,
                names_foreign_events=protocol.names_foreign_events,
            )

        def decide(first: FirstChunk) -> StreamDecoder:
            # This protocol is the fallback, also for a body that is not a stream at all.
            found = (other for other in self.alternatives if other.recognizes(first))
            return decoder_of(next(found, self))

        return SniffingDecoder(decide) if self.alternatives else decoder_of(self)
