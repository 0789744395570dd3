"""Watch pages in which hostile text is drawn: scripts, requests, navigation, commands, pages.

A payload names itself in everything it does (see `hostile.corpus`), so what comes alive can be
identified even among hundreds in one page. Navigation is stopped where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from browser.scripts import script
from hostile.corpus import COMMAND, DOMAIN
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Request

_NUMBER = re.compile(rf"p(\d+)\.{re.escape(DOMAIN)}|secret-(\d+)|fired\((\d+)\)")

# What a button of ours may run in a cell, whatever the notebook holds.
_OUR_CELL = re.compile(
    r"%qwq_(?:answer|continue)(?: -c (?:[\w.-]+|\"[\w. -]+\"))? \d+(?:\.\d+)?"
    r"|%qwq_inspect(?: -c (?:[\w.-]+|\"[\w. -]+\"))? [\d.]+ [\d.]+"
    r"|%%qwq(?: -c (?:[\w.-]+|\"[\w. -]+\"))? --from \d+(?:\.\d+)?:(?:\d+|end)"
    # The body of a prompt is text, whatever it is.
    r"(?:\n(?s:.*))?"
)

_GUARD = script("guard.js")
_SWEEP = script("sweep.js")


@dataclass(frozen=True, slots=True)
class Navigation:
    url: str
    shown: str

    @property
    def is_chosen(self) -> bool:
        """Could the reader know where this leads?

        It leads to the web or a mail program, and the host or mailbox it reaches stands in
        the link's own text or in the title the pointer shows.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "mailto"):
            return False
        reached = parts.path if parts.scheme == "mailto" else parts.hostname or "?"
        return reached.lower() in self.shown.lower()


@dataclass
class Watch:
    """What the pages of a browser did."""

    context: BrowserContext
    scripts: list[int]
    requests: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def attend(self, page: Page) -> None:
        """From now on, this page's navigation is noted and stopped."""
        page.evaluate(_GUARD, COMMAND)
        page.on("dialog", self._dismiss)
        page.on("download", lambda download: self.other.append(f"download {download.url}"))

    def _dismiss(self, dialog: Dialog) -> None:
        self.other.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def sweep(self, root: Locator) -> int:
        count: int = root.evaluate(_SWEEP)
        return count

    def point(self, links: Locator) -> int:
        """Click the visible links with the mouse itself, after a sweep took their targets."""
        visible = [link for link in links.all() if link.is_visible()]
        for link in visible:
            link.click(force=True, no_wait_after=True)
        return len(visible)

    def navigations(self, page: Page) -> list[Navigation]:
        found: list[dict[str, str]] = page.evaluate("window.__navigations.splice(0)")
        return [Navigation(**navigation) for navigation in found]

    def commands(self, page: Page) -> list[int]:
        found: list[int] = page.evaluate("window.__commands.splice(0)")
        return found

    def cells(self, page: Page) -> list[str]:
        """The cells that buttons would have run."""
        found: list[str] = page.evaluate("window.__cells.splice(0)")
        return found

    def noise(self, page: Page) -> list[str]:
        """Everything that ran, loaded, opened, or led to a hidden destination."""
        strays = [found for found in self.navigations(page) if not found.is_chosen]
        return [
            *(f"script {number}" for number in self.scripts),
            *(f"request {url}" for url in self.requests),
            *(f"command {number}" for number in self.commands(page)),
            *(f"cell {cell!r}" for cell in self.cells(page) if not _OUR_CELL.fullmatch(cell)),
            *(f"{stray.url} behind {stray.shown!r}" for stray in strays),
            *self.other,
        ]


def payload_numbers(texts: Iterable[str]) -> set[int]:
    """The payloads that name themselves in these addresses."""
    return {
        int(next(filter(None, match.groups())))
        for text in texts
        for match in _NUMBER.finditer(unquote(text))
    }


@contextmanager
def watching(context: BrowserContext, scripts: list[int]) -> Iterator[Watch]:
    """Watch every page of the browser; `scripts` is where their calls of `fired` go."""
    watch = Watch(context, scripts)
    own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")

    def note(request: Request) -> None:
        if not request.url.startswith(own) or "secret" in request.url:
            watch.requests.append(request.url)

    def note_page(page: Any) -> None:
        if page.opener() is not None:
            watch.other.append(f"page {page.url}")
            page.close()

    context.on("request", note)
    context.on("page", note_page)
    yield watch
    context.remove_listener("request", note)
    context.remove_listener("page", note_page)
