"""Show what a magic has to say: Markdown for a notebook, text for a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwq_magic.display.tables import Table


def show(table: Table | None, lines: Iterable[str]) -> None:
    """A table and lines of text, in which nothing is live."""
    from qwq_magic.display.saved.text import escape_span, readable

    lines = [readable(line) for line in lines]
    columns = shutil.get_terminal_size((100, 24)).columns
    markdown = [*([table.markdown()] if table else []), *map(escape_span, lines)]
    plain = [*([table.plain(width=columns)] if table else []), *lines]
    show_bundle({"text/markdown": "\n\n".join(markdown), "text/plain": "\n".join(plain)})


def show_bundle(bundle: Mapping[str, object]) -> None:
    """A MIME bundle."""
    from IPython.display import display

    display(dict(bundle), raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
