"""The protocols by name: where each is spoken, how a request is written, what reads the reply.

A new protocol is one file beside `openai_chat` and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.events import Event
from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.presets import CUSTOM, ServerPreset, is_dashscope
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire import dashscope, ollama, openai_chat
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.sniffing import SniffingDecoder

_OLLAMA_PORT = 11434


class Decoder(Protocol):
    """Turns the bytes of one response into events; see `StreamDecoder`."""

    @property
    def error(self) -> QwqError | None: ...

    @property
    def is_complete(self) -> bool: ...

    @property
    def is_done(self) -> bool: ...

    @property
    def has_text(self) -> bool: ...

    def feed(self, data: bytes) -> list[Event]: ...

    def close(self) -> list[Event]: ...


class MakeDecoder(Protocol):
    """Makes the decoder of the response to `request`."""

    def __call__(
        self, request: ChatRequest, *, inline_think: InlineThink, origin: Origin
    ) -> Decoder: ...


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """One way of speaking to a server.

    Attributes:
        path_for: what follows the base URL, for a model of this name.
        encode: a request's JSON body for this server.
        decoder: makes the decoder of one response.
        headers: what the protocol wants beside the usual ones.
    """

    path_for: Callable[[str], str]
    encode: Callable[[ChatRequest, ServerPreset], dict[str, Json]]
    decoder: MakeDecoder
    headers: Mapping[str, str] = field(default_factory=dict)


def _always(path: str) -> Callable[[str], str]:
    return lambda _: path


PROTOCOLS: dict[str, WireProtocol] = {
    "openai": WireProtocol(
        path_for=_always(openai_chat.PATH),
        encode=openai_chat.encode,
        decoder=openai_chat.decoder,
    ),
    "dashscope": WireProtocol(
        path_for=dashscope.path_for,
        encode=dashscope.encode,
        decoder=dashscope.decoder,
        headers=dashscope.HEADERS,
    ),
    "ollama": WireProtocol(
        path_for=_always(ollama.PATH),
        encode=ollama.encode,
        decoder=ollama.decoder,
    ),
}
# Nearly every server is asked this way; a gateway's reply may still be of another kind.
_UNKNOWN = WireProtocol(
    path_for=_always(openai_chat.PATH),
    encode=openai_chat.encode,
    decoder=SniffingDecoder,
)


def wire_protocol(name: str, base_url: str, server: ServerPreset = CUSTOM) -> WireProtocol:
    """The protocol of this name; `auto` goes by the address, and the kind of server there.

    Raises:
        ConfigurationError: there is no protocol of this name.
    """
    if name == "auto":
        found = protocol_at(base_url, server)
        return PROTOCOLS[found] if found else _UNKNOWN
    try:
        return PROTOCOLS[name]
    except KeyError:
        known = ", ".join(("auto", *PROTOCOLS))
        raise ConfigurationError(f"Unknown protocol {name!r}. Known: {known}.") from None


def protocol_at(base_url: str, server: ServerPreset = CUSTOM) -> str:
    """The name of the protocol spoken at this address; "" where it does not tell."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    is_alibaba = is_dashscope(base_url) or is_dashscope(server.base_url)
    if is_alibaba and "/api/v1" in path:
        return "dashscope"
    if path.endswith(("/v1", openai_chat.PATH)):
        return "openai"
    is_ollama = parts.port == _OLLAMA_PORT or server.name == "ollama"
    if path.endswith(ollama.PATH) or (path in ("", "/api") and is_ollama):
        return "ollama"
    return ""
