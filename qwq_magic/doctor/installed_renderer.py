"""Is the renderer of final outputs where a Jupyter server looks, as far as a kernel can see?

The server may live in another environment; then it needs the package there as well, and
this cannot be told from here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
