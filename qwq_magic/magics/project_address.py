"""Say where prompts go, when a project's file has chosen an address that nobody here has.

A cloned project may name any host. Its settings are used, as those of a team are meant to
be, but not in silence.
"""

from __future__ import annotations

import sys

from qwq_magic.choices import Layer
from qwq_magic.plain_text import one_line
from qwq_magic.servers import CUSTOM, server_at
from qwq_magic.wire.addresses import host_of, is_loopback


class ProjectAddress:
    """One line for each such address, before the first prompt goes there."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, effective: Layer, project: Layer) -> None:
        """Tell, if the address that holds is the project's; vendors and this machine are known."""
        chosen = effective.get("base_url")
        if chosen is None or chosen != project.get("base_url") or not host_of(str(chosen.value)):
            return
        url = str(chosen.value)
        if url in self._told or is_loopback(url) or server_at(url) is not CUSTOM:
            return
        self._told.add(url)
        sys.stderr.write(
            f"Prompts go to {one_line(host_of(url))}, as {chosen.source} says. "
            'To send them elsewhere, name a server: %config QwqMagics.server = "…"\n'
        )
