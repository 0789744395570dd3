"""The protocols by name: where each is spoken, how a request is written, what reads the reply.

A new protocol is one file beside `openai_chat` and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.events import Event
from qwq_magic.messages import ChatRequest, Json
from qwq_magic.settings import InlineThink
from qwq_magic.wire import openai_chat
from qwq_magic.wire.error_fixes import Origin


class Decoder(Protocol):
    """Turns the bytes of one response into events; see `OpenAIChatDecoder`."""

    error: QwqError | None
    is_complete: bool
    is_done: bool

    def feed(self, data: bytes) -> list[Event]: ...

    def close(self) -> list[Event]: ...


class MakeDecoder(Protocol):
    """A decoder's class."""

    def __call__(self, *, inline_think: InlineThink, origin: Origin) -> Decoder: ...


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """One way of speaking to a server.

    Attributes:
        path: what follows the base URL.
        encode: a request's JSON body.
        decoder: makes the decoder of one response.
        headers: what the protocol wants beside the usual ones.
    """

    path: str
    encode: Callable[[ChatRequest], dict[str, Json]]
    decoder: MakeDecoder
    headers: Mapping[str, str] = field(default_factory=dict)


PROTOCOLS: dict[str, WireProtocol] = {
    "openai": WireProtocol(
        path=openai_chat.PATH,
        encode=openai_chat.encode,
        decoder=openai_chat.OpenAIChatDecoder,
    ),
}


def wire_protocol(name: str) -> WireProtocol:
    """The protocol of this name; `auto` is the one nearly every server speaks."""
    try:
        return PROTOCOLS["openai" if name == "auto" else name]
    except KeyError:
        known = ", ".join(("auto", *PROTOCOLS))
        raise ConfigurationError(f"Unknown protocol {name!r}. Known: {known}.") from None
