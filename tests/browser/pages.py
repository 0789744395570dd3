"""Opens notebooks one after the other, in a page that has JupyterLab loaded already."""

from __future__ import annotations

from browser.lab import Lab, Notebook
from playwright.sync_api import BrowserContext


class Pages:
    """Notebook pages of one browser.

    To load JupyterLab takes longer than most tests do. So a page in which one test has closed
    its notebook shows that of the next, without what our modules had kept in it. A page that a
    test has changed itself (`Notebook.is_worn`) or has put guards in is used once; another is
    loaded in the meantime.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._waiting: dict[str, Notebook] = {}

    def open(self, lab: Lab, name: str, *, shares_kernel: bool = False) -> Notebook:
        (lab.share_kernel if shares_kernel else lab.start_kernel)(name)
        notebook = self._waiting.pop(lab.url, None) or Notebook.begin(self._context, lab)
        notebook.shares_kernel = shares_kernel
        # A background page draws one frame per second, and a click waits for two frames.
        notebook.page.bring_to_front()
        return notebook.show(name)

    def close(self, notebook: Notebook) -> None:
        lab = notebook.lab
        if notebook.leave():
            unused = self._waiting.pop(lab.url, None)
            if unused is not None:
                unused.page.close()
            self._waiting[lab.url] = notebook
        elif lab.app == "lab" and lab.url not in self._waiting:
            self._waiting[lab.url] = Notebook.begin(self._context, lab)
