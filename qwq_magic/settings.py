"""Settings of a session, resolved: every choice made, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from qwq_magic.api_key import ApiKey
from qwq_magic.messages import Json

Protocol: TypeAlias = Literal["auto", "openai"]
InlineThink: TypeAlias = Literal["auto", "open", "off"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a model is reached by.

    Attributes:
        server: its name, as turns record it.
        base_url: what the server's documentation calls its base, such as `https://host/v1`.
        model: the model's name as the server knows it.
        model_is_pinned: did the user choose it? A default may fall back to its successor.
        api_key: the key for `base_url`'s host, None where none is needed.
        protocol: how the server speaks; `auto` decides from the URL.
        inline_think: `auto`: a `<think>` at the very start opens reasoning; `open`: the text
            begins inside reasoning; `off`: tags are text.
        allow_insecure_key: may the key travel over http:// to another machine?
        connect_timeout_s: seconds until a connection must stand.
        idle_timeout_s: seconds without a byte after which a stream counts as dead; models
            may think silently for minutes.
    """

    server: str
    base_url: str
    model: str
    model_is_pinned: bool = False
    api_key: ApiKey | None = None
    protocol: Protocol = "auto"
    inline_think: InlineThink = "auto"
    allow_insecure_key: bool = False
    connect_timeout_s: float = 10.0
    idle_timeout_s: float = 300.0
    parameters: Mapping[str, Json] = field(default_factory=dict)
    system: str | None = None
