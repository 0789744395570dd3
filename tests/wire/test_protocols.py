"""A protocol is found by its name."""

from __future__ import annotations

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.wire.protocols import PROTOCOLS, wire_protocol


def test_auto_is_what_nearly_every_server_speaks() -> None:
    assert wire_protocol("auto") is PROTOCOLS["openai"]
    assert wire_protocol("openai").path == "/chat/completions"


def test_an_unknown_protocol_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="openai"):
        wire_protocol("carrier-pigeon")
