"""The JavaScript and styles of the view, which a kernel sends to a page once for all widgets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

import anywidget
import traitlets

_ENTRY: Final = "live_panes.js"
_STYLES: Final = ("turn_view.css", "inspector.css", "comparison.css", "chat.css", "batch.css")
# Not a bundler, so that nothing is built: our modules write imports and exports in these forms.
_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)


def _static(name: str) -> str:
    return (files("qwq_magic.display") / "static" / name).read_text(encoding="utf-8")


# The module that travels with every pane; it loads the view once per page.
LOADER: Final = _static("loader.js")


def _scope(name: str) -> str:
    return name.removesuffix(".js") + "_module"


def join_modules(entry: str, read: Callable[[str], str] = _static) -> str:
    """Return one ES module made of `entry` and everything it imports, dependencies first.

    Each imported module becomes a function that returns its exports.
    """
    joined: list[str] = []
    visited: set[str] = set()

    def add(name: str) -> None:
        source = read(name)
        visited.add(name)
        for _, needed in _IMPORT.findall(source):
            if needed not in visited:
                add(needed)
        body = _IMPORT.sub(lambda match: f"const {{{match[1]}}} = {_scope(match[2])};\n", source)
        if name != entry:
            exported = ", ".join(_EXPORT.findall(body))
            body = _EXPORT.sub(lambda match: match[0].removeprefix("export "), body)
            body = f"const {_scope(name)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"
        joined.append(body)

    add(entry)
    return "".join(joined)


class _Assets(anywidget.AnyWidget):
    """Holds the source of the view, so that it is not sent with every pane."""

    _esm = "export default {};"
    source = traitlets.Unicode().tag(sync=True)
    style = traitlets.Unicode().tag(sync=True)


@lru_cache(maxsize=1)
def sources() -> tuple[str, str, str]:
    """Return the JavaScript, the styles and a digest of both."""
    source = join_modules(_ENTRY)
    style = "\n".join(map(_static, _STYLES))
    digest = hashlib.sha256((source + style).encode()).hexdigest()[:16]
    return source, style, digest


_assets: list[_Assets] = []


def shared_assets() -> _Assets:
    """Return the kernel's only copy, created again if `Widget.close_all()` has closed it."""
    if not _assets or _assets[0].comm is None:
        source, style, _ = sources()
        _assets[:] = [_Assets(source=source, style=style)]
    return _assets[0]
