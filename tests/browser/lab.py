"""A real JupyterLab or Notebook 7 on the loopback, and a notebook page in Chromium."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from browser.chromium import VIEWPORT
from browser.lab_state import environment, write_settings
from playwright.sync_api import BrowserContext, Locator, Page
from server import unused_port

App = Literal["lab", "notebook"]

# Nothing of a document is asked about or kept; what our modules know of turns goes with it.
LEAVE = """() => {
  window.jupyterapp.shell.currentWidget.dispose();
  document.querySelectorAll(".qwq-announcer").forEach((node) => node.remove());
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key.description?.startsWith("qwq_magic.")) delete globalThis[key];
  }
  window.__longTasks.splice(0);
}"""

# Where a server with the renderer keeps the view's modules.
VIEW = "lab/extensions/qwq-magic/static/view/"
PANEL = (
    "(() => { const w = window.jupyterapp?.shell?.currentWidget;"
    " return w?.content?.widgets ? w : null; })()"
)
READY = f"""(() => {{
  const panel = {PANEL};
  return panel && panel.context.isReady && panel.sessionContext.isReady
    && panel.content.widgets.length > 0
    && ['idle', 'busy'].includes(panel.sessionContext.session?.kernel?.status);
}})()"""


@dataclass
class Lab:
    """A running Jupyter server over the folder `root`."""

    url: str
    root: Path
    app: App
    log_file: Path
    process: subprocess.Popen[bytes]
    # Of a kernel that was started before any notebook needs one; of one for notebooks to read.
    spare_kernel: str = ""
    idle_kernel: str = ""

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def start_kernel(self, notebook: str) -> None:
        """Give a notebook a new kernel: the page that opens it finds it under its path.

        It was started while the notebook before was open, and the next one is started now.
        """
        self._give(notebook, self.spare_kernel or self._new_kernel())
        self.spare_kernel = self._new_kernel()

    def share_kernel(self, notebook: str) -> None:
        """Give a notebook in which nothing is run the kernel of all others like it."""
        self.idle_kernel = self.idle_kernel or self._new_kernel()
        self._give(notebook, self.idle_kernel)

    def _new_kernel(self) -> str:
        started: dict[str, str] = self._post("api/kernels", {"name": "python3"})
        return started["id"]

    def _give(self, notebook: str, kernel: str) -> None:
        session = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"id": kernel}}
        self._post("api/sessions", session)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def stop(self) -> None:
        """End the server; a kernel ends when its server does, however that happens."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.process.kill()
        self.process.wait()


def _wait_until_up(lab: Lab, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"{lab.url}api/status", timeout=20):
                return
        except OSError as error:
            if lab.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{lab.log}") from error
            time.sleep(0.1)


@contextmanager
def running_lab(state: Path, app: App = "lab", *, with_renderer: bool = True) -> Iterator[Lab]:
    """Start a server whose whole state lives in `state`; no token, loopback only."""
    root = state / "notebooks"
    root.mkdir(parents=True)
    write_settings(state / "user-settings")
    port = unused_port()
    log_file = state / "server.log"
    application = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}[app]
    command = [
        *(sys.executable, "-m", "jupyterlab" if app == "lab" else "notebook"),
        *("--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
        *(f"--ServerApp.root_dir={root}", f"--{application}.expose_app_in_browser=True"),
    ]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(state, with_renderer=with_renderer),
            cwd=root,
            start_new_session=True,
        )
    lab = Lab(f"http://127.0.0.1:{port}/", root, app, log_file, process)
    try:
        _wait_until_up(lab)
        yield lab
    finally:
        lab.stop()


def write_notebook(path: Path, cells: list[str | dict[str, Any]]) -> None:
    """Write an .ipynb; a cell is its source, or a whole cell."""

    def as_cell(index: int, cell: str | dict[str, Any]) -> dict[str, Any]:
        if isinstance(cell, dict):
            return cell
        return {
            "cell_type": "code",
            "id": f"cell{index:03d}",
            "metadata": {},
            "source": cell,
            "execution_count": None,
            "outputs": [],
        }

    notebook = {
        "cells": [as_cell(index, cell) for index, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "python3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


@dataclass
class Notebook:
    """An open notebook page."""

    page: Page
    lab: Lab
    name: str = ""
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    shares_kernel: bool = False
    # What a test has done to the page itself, another must not find.
    is_worn: bool = False

    @classmethod
    def open(cls, context: BrowserContext, lab: Lab, name: str) -> Notebook:
        # The kernel starts while the page loads.
        lab.start_kernel(name)
        return cls.begin(context, lab).show(name)

    @classmethod
    def begin(cls, context: BrowserContext, lab: Lab) -> Notebook:
        """A page that begins to load what it takes to show any notebook."""
        notebook = cls(context.new_page(), lab)
        page = notebook.page
        page.on(
            "console", lambda message: notebook.console.append(f"{message.type}: {message.text}")
        )
        page.on("pageerror", lambda error: notebook.console.append(f"pageerror: {error}"))
        page.on("request", lambda request: notebook.requests.append(request.url))
        notebook._begin_loading()
        return notebook

    def _begin_loading(self) -> None:
        # A workspace that no other page is in, where nothing is to be restored.
        if self.lab.app == "lab":
            workspace = f"{self.lab.url}lab/workspaces/{uuid.uuid4().hex}"
            self.page.goto(workspace, wait_until="commit")

    def show(self, name: str) -> Notebook:
        self.name = name
        self.console.clear()
        self.requests.clear()
        if self.lab.app == "lab":
            # By command, which JupyterLab does a second sooner than what an address names.
            self.page.wait_for_function("window.jupyterapp?.commands", timeout=90_000)
            self.js(
                "app.restored.then(() => app.commands.execute('docmanager:open', { path: arg }))"
                ".then(() => null)",
                name,
            )
        else:
            self.page.goto(f"{self.lab.url}notebooks/{name}")
        self.page.wait_for_function(READY, timeout=90_000)
        return self

    def load(self) -> Notebook:
        self._begin_loading()
        return self.show(self.name)

    def js(self, expression: str, argument: Any = None) -> Any:
        """Evaluate an expression over app, panel, nb and arg; it may be a promise."""
        return self.page.evaluate(
            f"async (arg) => {{ const app = window.jupyterapp, panel = {PANEL},"
            f" nb = panel?.content; return await ({expression}); }}",
            argument,
        )

    def run(self, index: int, *, wait: bool = False) -> None:
        self.js("(nb.activeCellIndex = arg, nb.deselectAll(), null)", index)
        # Not awaited: the command's promise lasts as long as the cell.
        self.js("(void app.commands.execute('notebook:run-cell'), null)")
        if wait:
            self.wait_idle()

    def set_up(self, index: int) -> None:
        """Run a cell that shows nothing, and wait for its end alone.

        Not for a cell with an output: that is drawn a little later, which `wait_idle` allows for.
        """
        self.js(
            "(nb.activeCellIndex = arg, nb.deselectAll(), window.__isSetUp = false,"
            " void app.commands.execute('notebook:run-cell')"
            ".finally(() => (window.__isSetUp = true)), null)",
            index,
        )
        self.page.wait_for_function("window.__isSetUp", polling=10, timeout=60_000)

    def wait_idle(self, timeout_s: float = 60) -> None:
        self.page.wait_for_function(
            f"""(() => {{
              const panel = {PANEL};
              const busy = panel.sessionContext.session?.kernel?.status !== 'idle'
                || [...panel.node.querySelectorAll('.jp-InputPrompt')]
                     .some((prompt) => prompt.textContent.includes('*'));
              const quiet = (window.__quietSince = busy ? 0 : window.__quietSince || Date.now());
              return quiet && Date.now() - quiet > 300;
            }})()""",
            timeout=timeout_s * 1000,
            polling=50,
        )

    def output(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def outputs(self, index: int) -> Any:
        """The outputs as they would be saved."""
        return self.js("nb.widgets[arg].model.outputs.toJSON()", index)

    def source(self, index: int) -> str:
        """The text of a cell."""
        return str(self.js("nb.widgets[arg].model.sharedModel.getSource()", index))

    def release(self, step: str) -> None:
        """Let the running cell go on (see `cell_code.Steps`)."""
        (self.lab.root / f"{self.name}.{step}").touch()

    def save(self) -> None:
        self.js("panel.context.save().then(() => null)")

    def shut_kernel_down(self) -> None:
        self.js("panel.sessionContext.shutdown().then(() => null)")

    def reload(self) -> None:
        self.page.once("dialog", lambda dialog: dialog.accept())
        self.page.goto("about:blank")
        self.lab.start_kernel(self.name)
        self.load()

    def long_tasks(self) -> list[float]:
        tasks: list[float] = self.page.evaluate("window.__longTasks.splice(0)")
        return tasks

    def leave(self) -> bool:
        """Close the notebook and keep its page; says whether that is fit for another notebook."""
        if self.lab.app != "lab" or self.is_worn or not self.js("panel && !window.__navigations"):
            self.close()
            return False
        self._end_kernel()
        self.page.set_viewport_size(VIEWPORT)
        self.page.evaluate(LEAVE)
        return True

    def close(self) -> None:
        self._end_kernel()
        self.page.close()

    def _end_kernel(self) -> None:
        if not self.shares_kernel:
            self.js("panel?.sessionContext.shutdown().catch(() => null).then(() => null)")
