"""Settings from `[tool.qwq_magic]` in the nearest pyproject.toml at or above a directory.

The file may come with a cloned repository and is not trusted: it can set neither a key nor a
file to write outside its folder, and an address in it only gets a key that was set for that
host. A mistake in it is an error rather than ignored, since ignoring it would send prompts to
another server.
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
from qwq_magic.settings.renamed import RENAMED

_NAME = "pyproject.toml"
_SECTION = "qwq_magic"
_MAX_BYTES = 1_000_000
_REFUSED = {
    "api_key": "a key in a file is shared with everyone who gets the project. Remove it, and use "
    "%qwq_login or an environment variable",
    "allow_insecure_key": "that is your decision, not a project's. Remove it, and set "
    "QWQ_ALLOW_INSECURE_KEY",
    "headers": "a header may hold a key, and a file is shared with everyone who gets the project. "
    "Remove it, and set QWQ_HEADERS",
}
# With such a name, a new file does not configure or start another program.
_STORE_ENDINGS = (".db", ".sqlite", ".sqlite3")


def project_layer(folder: Path, names: Collection[str] = CHOICES) -> Layer:
    """Return the project's values of these settings; empty if no file has the section.

    Raises:
        ConfigurationError: the section is malformed, or contains a setting it must not.
    """
    for path in _iter_files(folder):
        section = _section_of(path)
        if section is not None:
            layer = _layer(section, one_line(f"{path}"), names)
            _require_own_store(layer.get("store"), path.parent, folder)
            return layer
    return {}


def _require_own_store(store: Chosen | None, project: Path, folder: Path) -> None:
    """Refuse a store outside the project: the notebook in `folder` would write to it.

    Raises:
        ConfigurationError: the project names a file elsewhere, or one that is not a database.
    """
    if store is None:
        return
    name = store.value
    is_own = isinstance(name, str) and name.endswith(_STORE_ENDINGS) and not name.startswith("~")
    if is_own:
        try:
            # Links count as what they lead to.
            target = Path(os.path.realpath(folder / name))
            is_own = target.is_relative_to(os.path.realpath(project))
        except ValueError:  # a null character
            is_own = False
    if not is_own:
        raise ConfigurationError(
            f"{store.source} sets store: a project cannot choose which file is written outside "
            'its folder. Use a name such as store = "notes.db", or set QWQ_STORE.'
        )


def _iter_files(folder: Path) -> Iterator[Path]:
    try:
        folder = folder.resolve()
    except OSError:
        return
    for above in (folder, *folder.parents):
        yield above / _NAME


def _section_of(path: Path) -> Any:
    """Return the contents of the section, or None if the file does not have it."""
    try:
        facts = path.stat()
        # Reading a pipe or a device could block.
        if not path.is_file() or facts.st_size > _MAX_BYTES:
            return None
        section = _read(path, facts.st_mtime_ns, facts.st_size)
    except OSError:
        return None
    if section is not None and not _is_trusted_owner(facts.st_uid):
        raise ConfigurationError(
            f"{one_line(str(path))} belongs to another user of this machine, so its settings are "
            "not used. Copy it, or move the notebook out of that directory."
        )
    return section


def _is_trusted_owner(owner: int) -> bool:
    """Whether the file belongs to the user or to root."""
    return not hasattr(os, "getuid") or os.getuid() in (0, owner) or owner == 0


@functools.lru_cache(maxsize=64)
def _read(path: Path, _changed_at: int, _size: int) -> Any:
    data = path.read_bytes()
    if _SECTION.encode() not in data:
        # Most projects have no such section, and errors elsewhere in their file do not matter.
        return None
    import tomllib  # imported only if the section exists

    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except (ValueError, RecursionError) as error:
        shown = without_lookalikes(one_line(str(error), limit_bytes=200))
        raise ConfigurationError(
            f"{one_line(str(path))} is not valid TOML: {shown}. "
            f"Correct it, or remove [tool.{_SECTION}]."
        ) from None
    return tool.get(_SECTION) if isinstance(tool, dict) else None


def _layer(section: Any, path: str, names: Collection[str]) -> Layer:
    source = f"[tool.{_SECTION}] in {path}"
    if not isinstance(section, dict):
        raise ConfigurationError(
            f'{source} is not a table. Write settings below it, such as model = "qwq".'
        )
    allowed = [name for name in names if name not in _REFUSED]
    for name in section:
        if name in RENAMED:
            raise ConfigurationError(f"{source} sets {name}: {RENAMED[name]}")
        if name in _REFUSED:
            raise ConfigurationError(f"{source} sets {name}: {_REFUSED[name]}.")
        if name not in allowed:
            shown = without_lookalikes(one_line(name, limit_bytes=60))
            raise ConfigurationError(
                f"Unknown setting {shown!r} under {source}. Settings: {', '.join(allowed)}."
            )
    return {name: Chosen(value, source) for name, value in section.items() if value != ""}
