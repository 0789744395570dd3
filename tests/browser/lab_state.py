"""What a Jupyter server of the tests finds on disk and in its environment, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from clean_environment import clean_environment

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "qwq_magic"


def write_settings(folder: Path) -> None:
    plugin = folder / "@jupyterlab" / "apputils-extension"
    plugin.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (plugin / "notification.jupyterlab-settings").write_text(json.dumps(quiet))


def environment(state: Path, *, with_renderer: bool) -> dict[str, str]:
    variables = clean_environment()
    for name in ("CONFIG", "RUNTIME", "DATA"):
        variables[f"JUPYTER_{name}_DIR"] = str(state / name.lower())
    variables["IPYTHONDIR"] = str(state / "ipython")
    variables["JUPYTERLAB_SETTINGS_DIR"] = str(state / "user-settings")
    variables["JUPYTERLAB_WORKSPACES_DIR"] = str(state / "workspaces")
    folders = (str(PACKAGE.parent), str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH"))
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
    variables["JUPYTER_PATH"] = str(_install_renderer(state / "share"))
    _configure_pages(Path(variables["JUPYTER_CONFIG_DIR"]), with_renderer=with_renderer)
    return variables


def _install_renderer(data: Path) -> Path:
    """Lay the prebuilt renderer out as the wheel does; returns a JUPYTER_PATH folder."""
    extension = data / "labextensions" / "qwq-magic"
    shutil.copytree(PACKAGE / "display" / "labextension", extension)
    shutil.copytree(PACKAGE / "display" / "static", extension / "static" / "view")
    return data


def _configure_pages(config: Path, *, with_renderer: bool) -> None:
    # Each page would have its server start Node, to see whether something is to be built.
    page: dict[str, Any] = {"buildCheck": False, "buildAvailable": False}
    if not with_renderer:
        page["disabledExtensions"] = {"qwq-magic": True}
    page_config = config / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(json.dumps(page))
