"""What the front end can show, and where a saved output stays interactive."""

from __future__ import annotations

from collections.abc import Iterable

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section
from qwq_magic.doctor.installed_renderer import (
    RENDERER,
    WIDGETS,
    extension_folder,
    is_disabled,
)


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
