"""The protocols by name, and which of them is spoken at an address.

The names are listed once, in `settings.layers.ProtocolName`. Each is the name of a file
in this folder that defines `PROTOCOL`: a new protocol is such a file, and its name there.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import get_args

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings import Settings
from qwq_magic.settings.layers import ProtocolName
from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.wire import openai
from qwq_magic.wire.wire_protocol import WireProtocol


def _load(name: str) -> WireProtocol:
    # Imported by name: the settings validate the names and cannot import this package, and a
    # second list here could drift from theirs.
    protocol = import_module(f"qwq_magic.wire.{name}").PROTOCOL
    assert isinstance(protocol, WireProtocol)
    return protocol


PROTOCOLS: dict[str, WireProtocol] = {
    name: _load(name) for name in get_args(ProtocolName) if name != "auto"
}
# Nearly every server takes OpenAI's requests; a gateway's response may still follow another
# protocol.
UNKNOWN = replace(
    openai.PROTOCOL,
    alternatives=tuple(other for other in PROTOCOLS.values() if other is not openai.PROTOCOL),
)


def wire_protocol(name: str, base_url: str, server: ServerPreset = CUSTOM) -> WireProtocol:
    """The protocol of this name; `auto` decides from the address and the server's preset.

    Raises:
        ConfigurationError: no protocol has this name.
    """
    if name == "auto":
        found = protocol_at(base_url, server)
        return PROTOCOLS[found] if found else UNKNOWN
    try:
        return PROTOCOLS[name]
    except KeyError:
        known = ", ".join(("auto", *PROTOCOLS))
        raise ConfigurationError(f"Unknown protocol {name!r}. Known: {known}.") from None


def protocol_of(settings: Settings) -> WireProtocol:
    """The protocol in which a server with these settings is asked.

    Raises:
        ConfigurationError: no protocol has the name in the settings.
    """
    return wire_protocol(settings.protocol, settings.base_url, settings.preset)


def protocol_at(base_url: str, server: ServerPreset = CUSTOM) -> str:
    """The name of the protocol spoken at this address; "" where the address leaves it open."""
    # OpenAI's is the first and is tried last, since paths of other protocols end in /v1 too.
    for name, protocol in reversed(PROTOCOLS.items()):
        if protocol.is_spoken_at(base_url, server):
            return name
    return ""


def native_protocol(server: ServerPreset) -> WireProtocol | None:
    """The protocol that the server speaks beside OpenAI's, if there is one."""
    return PROTOCOLS.get(server.native_protocol)
