"""Notebooks whose cells send prompts to a server, and the position of their panes."""

from __future__ import annotations

from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator
from server import ScriptedServer


def ask_at(open_notebook: OpenNotebook, lab: Lab, server: ScriptedServer, *cells: str) -> Notebook:
    """A notebook whose first cell of its own (1) points at the server; the cells follow."""
    setup = (
        "%load_ext qwq_magic\n"
        f"%config QwqMagics.base_url = {server.url!r}\n"
        "%config QwqMagics.model = 'qwq-32b'"
    )
    notebook = open_notebook(lab, setup, *cells)
    notebook.set_up(1)
    return notebook


def pane(notebook: Notebook, name: str, cell: int = 2) -> Locator:
    return notebook.output(cell).locator(f".qwq-{name}")
