"""The versions of what a cell runs on, as installed beside this kernel."""

from __future__ import annotations

import platform
from importlib import metadata

from qwq_magic.display.text.report import Section
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
    found = {name: _version_of(name) for name in _PACKAGES}
    here = [f"{name} {version}" for name, version in found.items() if version]
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    lines = [" · ".join((f"qwq_magic {__version__}", python, *here))]
    if missing := [name for name, version in found.items() if not version]:
        lines.append(f"Not installed beside this kernel: {', '.join(missing)}.")
    return Section("Versions", lines=tuple(lines))


def _version_of(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
