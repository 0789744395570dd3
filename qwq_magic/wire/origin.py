"""The server that replied, as error messages may name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qwq_magic.plain_text import one_line

_MAX_CLEANED = 64_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answered: what an error message may name, and what it must mask.

    Attributes:
        server: the server's name, such as `dashscope`.
        preset: the name of the preset that describes it, where its own name does not tell.
        host: the host that was asked, with its port if it has an unusual one.
        model: the model that was asked for.
        has_key: was a key sent?
        key_source: where it came from, such as an environment variable.
        withheld_key: the variable whose key was not sent, since it is for another host.
        redact: masks the key in a server's words.
    """

    server: str = ""
    preset: str = ""
    host: str = ""
    model: str = ""
    has_key: bool = True
    key_source: str = ""
    withheld_key: str = ""
    redact: Callable[[str], str] = str

    @property
    def name(self) -> str:
        return self.server or self.host or "The server"

    def quote(self, text: str, *, limit_bytes: int = 300) -> str:
        """The server's words: cleaned, so that nothing splits a key, then masked, then cut."""
        return one_line(
            self.redact(one_line(text, limit_bytes=_MAX_CLEANED)), limit_bytes=limit_bytes
        )

    @property
    def is_dashscope(self) -> bool:
        names = (self.server.lower(), self.preset)
        is_named = any(name.startswith("dashscope") for name in names)
        return is_named or self.host.endswith(".aliyuncs.com")

    @property
    def is_ollama(self) -> bool:
        return "ollama" in (self.server.lower(), self.preset) or self.host.endswith(":11434")
