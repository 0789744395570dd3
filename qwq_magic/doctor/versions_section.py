"""The versions of what a cell runs on, as installed beside this kernel."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

from qwq_magic.display.report import Section
from qwq_magic.display.tables import Table
from qwq_magic.version import __version__

_PACKAGES = (
    "IPython",
    "ipykernel",
    "ipywidgets",
    "anywidget",
    "httpx",
    "jupyterlab",
    "notebook",
)


def versions_section() -> Section:
    rows = [("qwq_magic", __version__), ("Python", _python())]
    return Section("Versions", Table(("package", "version"), [*rows, *_installed()]))


def _python() -> str:
    return f"{platform.python_version()}, {platform.system()} {platform.machine()}"


def _installed() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "not installed beside this kernel"
