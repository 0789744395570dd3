"""Opens notebooks one after the other, and loads JupyterLab for the next in the meantime."""

from __future__ import annotations

from browser.lab import Lab, Notebook
from playwright.sync_api import BrowserContext


class Pages:
    """Notebook pages of one browser.

    To load JupyterLab takes longer than most tests do. Each page is a new one, seen by one test
    alone, but that of JupyterLab begins to load while the test before uses its own.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._waiting: dict[str, Notebook] = {}

    def open(self, lab: Lab, name: str) -> Notebook:
        lab.start_kernel(name)
        notebook = self._waiting.pop(lab.url, None) or Notebook.begin(self._context, lab)
        notebook.show(name)
        if lab.app == "lab":
            self._waiting[lab.url] = Notebook.begin(self._context, lab)
            # A background page draws one frame per second, and a click waits for two frames.
            notebook.page.bring_to_front()
        return notebook
