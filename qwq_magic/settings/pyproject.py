"""Settings in a project: `[tool.qwq_magic]` in the nearest pyproject.toml above a folder.

Such a file comes with a cloned repository, so its author is not trusted: it cannot set a key
or a file to write, and an address in it gets no key that was not set for that host. A
mistake in it is an error, since falling back would send the prompt to another server.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.plain_text import one_line
from qwq_magic.settings.layers import CHOICES, Chosen, Layer

_NAME = "pyproject.toml"
_SECTION = "qwq_magic"
_MAX_BYTES = 1_000_000
_REFUSED = {
    "api_key": "a key in a file is shared with everyone who gets the project. Take it out, and "
    "give it with %qwq_login or in a variable",
    "allow_insecure_key": "that is your decision, not a project's. Take it out, and set "
    "QWQ_ALLOW_INSECURE_KEY",
    "autosave": "a project does not choose which file is written. Take it out, and set "
    "QWQ_AUTOSAVE",
}


def project_layer(folder: Path, names: Collection[str] = CHOICES) -> Layer:
    """The project's values of these settings; empty without a project.

    Raises:
        ConfigurationError: the section is damaged, or has a setting that it cannot have.
    """
    for path in _iter_files(folder):
        section = _section_of(path)
        if section is not None:
            return _layer(section, one_line(f"{path}"), names)
    return {}


def _iter_files(folder: Path) -> Iterator[Path]:
    try:
        folder = folder.resolve()
    except OSError:
        return
    for above in (folder, *folder.parents):
        yield above / _NAME


def _section_of(path: Path) -> Any:
    """The value of the section; None for a file without it."""
    try:
        facts = path.stat()
        # A pipe or a device would keep us waiting.
        if not path.is_file() or facts.st_size > _MAX_BYTES:
            return None
        section = _read(path, facts.st_mtime_ns, facts.st_size)
    except OSError:
        return None
    if section is not None and not _is_trusted_owner(facts.st_uid):
        raise ConfigurationError(
            f"{one_line(str(path))} belongs to another user of this machine, so its settings are "
            "not used. Copy it, or move the notebook out of that folder."
        )
    return section


def _is_trusted_owner(owner: int) -> bool:
    """Can only the user or the administrator have written the file?"""
    return not hasattr(os, "getuid") or os.getuid() in (0, owner) or owner == 0


@functools.lru_cache(maxsize=64)
def _read(path: Path, _changed_at: int, _size: int) -> Any:
    data = path.read_bytes()
    if _SECTION.encode() not in data:
        # Most projects have no such section, and their files are not parsed.
        return None
    import tomllib  # most projects have no such section

    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except (ValueError, RecursionError) as error:
        shown = without_lookalikes(one_line(str(error), limit_bytes=200))
        raise ConfigurationError(
            f"{one_line(str(path))} is damaged: {shown}. Correct it, or take [tool.{_SECTION}] out."
        ) from None
    return tool.get(_SECTION) if isinstance(tool, dict) else None


def _layer(section: Any, path: str, names: Collection[str]) -> Layer:
    place = f"[tool.{_SECTION}] in {path}"
    if not isinstance(section, dict):
        raise ConfigurationError(f'{place} is not a table. Write settings below it: model = "qwq".')
    allowed = [name for name in names if name not in _REFUSED]
    for name in section:
        if name in _REFUSED:
            raise ConfigurationError(f"{place} sets {name}: {_REFUSED[name]}.")
        if name not in allowed:
            shown = without_lookalikes(one_line(name, limit_bytes=60))
            raise ConfigurationError(
                f"Unknown setting {shown!r} of {place}. Settings: {', '.join(allowed)}."
            )
    return {name: Chosen(value, place) for name, value in section.items() if value != ""}
