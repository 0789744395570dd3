"""What the front end can show, and where a saved output stays interactive.

Is the renderer of final outputs where a Jupyter server looks, as far as a kernel can see?

The server may live in another environment; then it needs the package there as well, and
this cannot be told from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section


def front_end_section(
    told: Iterable[tuple[str, str]] = (), *, is_in_terminal: bool = False
) -> Section:
    """`told` is what the running shell knows of its front end."""
    rows = [*told]
    if not is_in_terminal:
        rows += [("widgets in JupyterLab", _widgets()), ("saved outputs", _renderer())]
    return Section("Front end", Table(("what", "state"), rows))


def _widgets() -> str:
    folder = extension_folder(WIDGETS)
    return f"in {folder}" if folder else _not_seen("jupyterlab_widgets")


def _renderer() -> str:
    folder = extension_folder(RENDERER)
    if folder is None:
        return _not_seen("qwq-magic") + " Without it they are Markdown."
    if is_disabled(RENDERER):
        return f"Markdown: the renderer in {folder} is switched off in page_config.json"
    return f"interactive: the renderer is in {folder}"


def _not_seen(package: str) -> str:
    return f"not seen from this kernel: Jupyter's own environment needs {package}."


RENDERER = "qwq-magic"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"


def extension_folder(name: str) -> Path | None:
    """Where a prebuilt extension of JupyterLab and Notebook is installed; None if nowhere."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return None
    folders = (Path(folder) / name for folder in jupyter_path("labextensions"))
    return next((folder for folder in folders if (folder / "package.json").is_file()), None)


def is_disabled(name: str) -> bool:
    """Has somebody switched the extension off in JupyterLab's page configuration?"""
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
        # A list in older configurations.
        return bool(disabled.get(name)) if isinstance(disabled, dict) else name in disabled
    except (OSError, ValueError, AttributeError, TypeError):
        return False
