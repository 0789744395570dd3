"""An address that only a project's file has chosen, and nobody here has confirmed.

A cloned project may name any host. Its settings are used, as those of a team are meant to
be, but not in silence: the first prompt says where it goes, no key is asked for, and Tab
does not call there.
"""

from __future__ import annotations

from qwq_magic.plain_text import one_line
from qwq_magic.settings.layers import Chosen, Layer
from qwq_magic.settings.presets import CUSTOM, server_at
from qwq_magic.wire.addresses import host_of, is_loopback


def foreign_address(effective: Layer, project: Layer) -> Chosen | None:
    """The base URL that holds, if it is the project's; vendors and this machine are known."""
    chosen = effective.get("base_url")
    if chosen is None or chosen != project.get("base_url"):
        return None
    url = str(chosen.value)
    is_known = not host_of(url) or is_loopback(url) or server_at(url) is not CUSTOM
    return None if is_known else chosen


class ProjectAddress:
    """One line for each such address, before the first prompt goes there."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def line(self, effective: Layer, project: Layer) -> str:
        """The line that is to be said now, mostly ""."""
        chosen = foreign_address(effective, project)
        if chosen is None or chosen.value in self._told:
            return ""
        self._told.add(chosen.value)
        return (
            f"Prompts go to {one_line(host_of(chosen.value))}, as {chosen.source} says. "
            'To send them elsewhere, name a server: %config QwqMagics.server = "…"'
        )
