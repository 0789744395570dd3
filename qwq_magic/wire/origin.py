"""The server that replied, as error messages may describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from qwq_magic.plain_text import one_line

_MAX_CLEANED = 64_000


@dataclass(frozen=True, slots=True)
class Origin:
    """What an error message may mention of a server, and how to mask the key in it.

    Attributes:
        server: the server's name, such as `dashscope`.
        preset: the name of its preset, which may differ from the server's own name.
        host: the host of the request, with its port if that is not the default one.
        base_url: the base URL of the settings. It may hold a password: see `addresses.shown`.
        model: the requested model.
        has_key: was a key sent?
        key_source: the source of the key, such as an environment variable.
        withheld_key: the variable whose key was not sent, since it is for another host.
        redact: masks the key in a server's text.
    """

    server: str = ""
    preset: str = ""
    host: str = ""
    base_url: str = field(default="", repr=False)
    model: str = ""
    has_key: bool = True
    key_source: str = ""
    withheld_key: str = ""
    redact: Callable[[str], str] = str

    @property
    def name(self) -> str:
        return self.server or self.host or "The server"

    def quote(self, text: str, *, limit_bytes: int = 300) -> str:
        """The server's text: cleaned, so that nothing splits a key, then masked, then cut."""
        # A first limit keeps the search for the key fast in a body of megabytes.
        return one_line(
            self.redact(one_line(text, limit_bytes=_MAX_CLEANED)), limit_bytes=limit_bytes
        )

    @property
    def is_dashscope(self) -> bool:
        names = (self.server.lower(), self.preset)
        # At a gateway the host is not Alibaba's, but the errors still are.
        is_named = any(name.startswith("dashscope") for name in names)
        return is_named or self.host.endswith(".aliyuncs.com")

    @property
    def is_ollama(self) -> bool:
        return "ollama" in (self.server.lower(), self.preset) or self.host.endswith(":11434")
