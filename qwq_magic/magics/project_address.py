"""A base URL set only by a project's pyproject.toml, which the user has not confirmed.

A cloned project may name any host. Its settings are used, since teams share settings this
way, but with three precautions: a warning before the first prompt names the host,
`%qwq_login` does not prompt for a key, and Tab does not contact the host.
"""

from __future__ import annotations

from qwq_magic.plain_text import one_line
from qwq_magic.settings.layers import Chosen, Layer
from qwq_magic.settings.presets import CUSTOM, server_at
from qwq_magic.wire.addresses import host_of, is_loopback


def foreign_address(effective: Layer, project: Layer) -> Chosen | None:
    """Return the base URL in effect if it is the project's.

    None for addresses of presets and of this machine, which need no warning.
    """
    chosen = effective.get("base_url")
    if chosen is None or chosen != project.get("base_url"):
        return None
    url = str(chosen.value)
    is_known = not host_of(url) or is_loopback(url) or server_at(url) is not CUSTOM
    return None if is_known else chosen


class ProjectAddress:
    """Warns once about each such address, before the first prompt is sent to it."""

    def __init__(self) -> None:
        self._announced: set[str] = set()

    def line(self, effective: Layer, project: Layer) -> str:
        """Return the warning for the address in effect, or "" if none is needed."""
        chosen = foreign_address(effective, project)
        if chosen is None or chosen.value in self._announced:
            return ""
        self._announced.add(chosen.value)
        return (
            f"Prompts are sent to {one_line(host_of(chosen.value))}, set by {chosen.source}. "
            'To use another server: %config QwqMagics.server = "…"'
        )
