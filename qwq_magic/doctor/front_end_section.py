"""The section about the front end: how replies are shown, and whether saved outputs render.

Widgets and saved outputs need extensions that the Jupyter server loads. A kernel can only
check its own environment: a server in another environment needs the packages there, which
cannot be checked from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section


def front_end_section(
    shell_rows: Iterable[tuple[str, str]] = (), *, is_in_terminal: bool = False
) -> Section:
    """Return the section; `shell_rows` are what the running shell knows of its front end."""
    rows = [*shell_rows]
    if not is_in_terminal:
        rows += [("widgets in JupyterLab", _widgets()), ("saved outputs", _renderer())]
    return Section("Front end", Table(("what", "state"), rows))


def _widgets() -> str:
    folder = extension_folder(WIDGETS)
    return f"in {folder}" if folder else _not_found("jupyterlab_widgets")


def _renderer() -> str:
    folder = extension_folder(RENDERER)
    if folder is None:
        return _not_found("qwq-magic") + " Without it, saved outputs are Markdown."
    if is_disabled(RENDERER):
        return f"Markdown: the renderer in {folder} is disabled in page_config.json"
    return f"interactive: the renderer is in {folder}"


def _not_found(package: str) -> str:
    return f"not found by this kernel. Install {package} in the environment of Jupyter."


RENDERER = "qwq-magic"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"


def extension_folder(name: str) -> Path | None:
    """Return the folder of a prebuilt JupyterLab extension; None if it is not found."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        # IPython alone does not need jupyter_core, which finds Jupyter's folders.
        return None
    folders = (Path(folder) / name for folder in jupyter_path("labextensions"))
    return next((folder for folder in folders if (folder / "package.json").is_file()), None)


def is_disabled(name: str) -> bool:
    """Whether JupyterLab's page configuration disables the extension."""
    try:
        from jupyter_core.paths import jupyter_config_path
    except ImportError:
        return False
    files = (Path(folder) / "labconfig" / "page_config.json" for folder in jupyter_config_path())
    return any(_disables(path, name) for path in files)


def _disables(path: Path, name: str) -> bool:
    try:
        page: Any = json.loads(path.read_text(encoding="utf-8"))
        disabled: Any = page.get("disabledExtensions", {})
        # Older versions of JupyterLab write a list instead of an object.
        return bool(disabled.get(name)) if isinstance(disabled, dict) else name in disabled
    except (OSError, ValueError, AttributeError, TypeError):
        # A file that cannot be read as a page configuration disables nothing.
        return False
