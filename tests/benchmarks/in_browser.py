"""What a page does while a reply streams, and when it is opened again; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/in_browser.py [SECONDS]

A real JupyterLab in Chromium asks the replay server: at 300 tokens a second, for so many
seconds (40), while somebody types in the next cell, and 120,000 characters at full speed.
Then the finished view is opened, and a notebook of 50 such turns. Chromium traces the page's
main thread; a task counts with the CPU time it took, which other programs do not change.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.replay_server import replay_server, text_of
from browser.chromium import find_chromium, running_browser
from browser.lab import Lab, Notebook, running_lab, write_notebook
from playwright.sync_api import BrowserContext, Page, sync_playwright

LONG_MS = 50.0
PER_S = 300
# 120,000 characters.
LONG = 27_600
TURNS = 50
_CATEGORIES = "disabled-by-default-devtools.timeline"
_KEYS = """
window.__keysMs = [];
addEventListener('keydown', (event) => requestAnimationFrame(() =>
  setTimeout(() => window.__keysMs.push(performance.now() - event.timeStamp))), true);
"""


class Trace:
    """The tasks of a page's main thread, in CPU milliseconds."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.wall_s = 0.0

    @property
    def tasks_ms(self) -> list[float]:
        threads = {
            (event["pid"], event["tid"])
            for event in self.events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        tasks = [
            (event["pid"], event["tdur"] / 1e3)
            for event in self.events
            if event["name"] == "RunTask"
            and (event["pid"], event["tid"]) in threads
            and "tdur" in event
        ]
        # Another page's renderer is idle.
        busiest = max({pid for pid, _ in tasks}, key=lambda one: _sum(tasks, one))
        return [ms for pid, ms in tasks if pid == busiest]

    def line(self) -> str:
        tasks_ms = self.tasks_ms
        long_ms = [ms for ms in tasks_ms if ms > LONG_MS]
        listed = ", ".join(f"{ms:.0f}" for ms in sorted(long_ms, reverse=True)[:8])
        return (
            f"{self.wall_s:.1f} s, main thread busy {sum(tasks_ms) / 10 / self.wall_s:.1f} %; "
            f"{len(long_ms)} tasks over {LONG_MS:.0f} ms ({listed}) = "
            f"{sum(long_ms) / 10 / self.wall_s:.2f} % of the time; longest {max(tasks_ms):.0f} ms"
        )


def _sum(tasks: list[tuple[int, float]], pid: int) -> float:
    return sum(ms for task_pid, ms in tasks if task_pid == pid)


@contextmanager
def tracing(page: Page) -> Iterator[Trace]:
    trace, complete = Trace(), []
    session = page.context.new_cdp_session(page)
    session.on("Tracing.dataCollected", lambda data: trace.events.extend(data["value"]))
    # A function, as Playwright marks its handlers.
    session.on("Tracing.tracingComplete", lambda data: complete.append(data))
    session.send(
        "Tracing.start",
        {"traceConfig": {"includedCategories": [_CATEGORIES]}, "transferMode": "ReportEvents"},
    )
    started_s = time.monotonic()
    yield trace
    trace.wall_s = time.monotonic() - started_s
    session.send("Tracing.end")
    while not complete:
        page.wait_for_timeout(50)
    session.detach()


class Bench:
    """A JupyterLab, a browser, and a server to ask."""

    def __init__(self, lab: Lab, browser: BrowserContext, address: str) -> None:
        self._lab = lab
        self._browser = browser
        self._address = address

    def stream(
        self, chunks: int, per_s: int, *, meanwhile: Callable[[Notebook], None] | None = None
    ) -> Notebook:
        """Ask in a new notebook, and print what the page had to do."""
        name = f"stream-{chunks}-{per_s}.ipynb"
        cells = [
            "%load_ext qwq_magic\n"
            f"%config QwqMagics.base_url = '{self._address}/10/0/0/v1'\n"
            "%config QwqMagics.model = 'm'\n"
            f"%config QwqMagics.start = '{'open' if per_s else 'closed'}'\n"
            "get_ipython().run_cell_magic('qwq', '--fresh', 'Warm up.')\n"
            f"%config QwqMagics.base_url = '{self._address}/{chunks}/{per_s}/0/v1'",
            "%%qwq --fresh\nbenchmark",
            "",
        ]
        write_notebook(self._lab.root / name, [*cells])
        notebook = Notebook.open(self._browser, self._lab, name)
        notebook.run(0, wait=True)
        with tracing(notebook.page) as trace:
            notebook.run(1)
            notebook.page.wait_for_timeout(1_000)
            if meanwhile:
                meanwhile(notebook)
            notebook.wait_idle(timeout_s=600)
        speed = f"at {per_s} tokens/s" if per_s else "at full speed"
        print(f"{len(text_of(chunks)):,} characters {speed}: {trace.line()}", flush=True)
        return notebook

    def open_reasoning(self, notebook: Notebook) -> None:
        toggle = notebook.output(1).locator(".qwq-toggle")
        with tracing(notebook.page) as trace:
            toggle.click()
            notebook.page.wait_for_timeout(1_500)
        work_ms = sum(ms for ms in trace.tasks_ms if ms > 1)
        print(f"its reasoning opens with {work_ms:.0f} ms of work, {trace.line()}", flush=True)

    def open_many(self, outputs: list[dict[str, Any]]) -> None:
        """Open a saved notebook of many turns, and one of as many empty cells beside it."""
        for label, shown in (("without outputs", []), (f"of {TURNS} such turns", outputs)):
            name = f"saved-{len(shown)}.ipynb"
            cells: list[str | dict[str, Any]] = [
                {
                    "cell_type": "code",
                    "id": f"turn{number}",
                    "metadata": {},
                    "source": "%%qwq\nbenchmark",
                    "execution_count": 1,
                    "outputs": shown,
                }
                for number in range(TURNS)
            ]
            write_notebook(self._lab.root / name, cells)
            page = self._browser.new_page()
            with tracing(page) as trace:
                notebook = Notebook(page, self._lab, name).load()
                page.wait_for_timeout(3_000)
                for _ in range(20):
                    page.mouse.move(600, 500)
                    page.mouse.wheel(0, 600)
                    page.wait_for_timeout(100)
            print(f"a notebook {label} opens and scrolls: {trace.line()}", flush=True)
            notebook.close()


def type_text(notebook: Notebook) -> None:
    """Type into the next cell for some ten seconds."""
    page = notebook.page
    page.evaluate(_KEYS)
    notebook.js("(nb.activeCellIndex = 2, nb.mode = 'edit', null)")
    page.keyboard.type(
        "x = [1, 2, 3]  # typed while the reply comes in, as people do" * 2, delay=80
    )
    page.wait_for_timeout(200)
    keys_ms: list[float] = sorted(page.evaluate("window.__keysMs"))
    late = keys_ms[int(0.95 * len(keys_ms))]
    print(
        f"{len(keys_ms)} keys typed meanwhile are on the page after "
        f"{statistics.median(keys_ms):.0f} ms (median), {late:.0f} ms (95 %)",
        flush=True,
    )


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    chromium = find_chromium()
    if chromium is None:
        sys.exit("There is no Chromium on the PATH.")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with (
        tempfile.TemporaryDirectory() as folder,
        replay_server() as address,
        running_lab(Path(folder) / "lab") as lab,
        sync_playwright() as playwright,
        running_browser(playwright, chromium, Path(folder) / "profile") as browser,
    ):
        print(f"Chromium {browser.browser.version if browser.browser else 'of this machine'}")
        bench = Bench(lab, browser, address)
        bench.stream(seconds * PER_S, PER_S, meanwhile=type_text).close()
        notebook = bench.stream(LONG, 0)
        bench.open_reasoning(notebook)
        outputs = notebook.outputs(1)
        notebook.close()
        bench.open_many(outputs)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
