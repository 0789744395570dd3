"""One JupyterLab, one Notebook 7 and one Chromium for the whole run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browser.chromium import find_chromium, running_browser
from browser.lab import App, Lab, Notebook, running_lab, write_notebook
from browser.pages import Pages
from browser.watch import Watch, watching
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

OpenNotebook: TypeAlias = Callable[..., Notebook]
OpenSaved: TypeAlias = Callable[..., Notebook]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("smoke") is None:
                item.add_marker(pytest.mark.full)
    # Playwright's own loop runs in this thread to the end, and no other can run beside it.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        reason = "no Chromium on the PATH: nothing was shown in a real JupyterLab"
        if os.environ.get("QWQ_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def playwright(chromium: str) -> Iterator[Playwright]:
    # A condition that comes true on a busy machine is met all the same.
    expect.set_options(timeout=30_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    with running_browser(playwright, chromium, tmp_path_factory.mktemp("profile")) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context


@pytest.fixture(scope="session")
def pages(browser: BrowserContext) -> Pages:
    return Pages(browser)


@pytest.fixture(scope="session")
def scripts(browser: BrowserContext) -> list[int]:
    """Numbers of payloads whose script ran: any page may call `fired`."""
    ran: list[int] = []
    browser.expose_function("fired", lambda number: ran.append(int(number)))
    return ran


@pytest.fixture
def watch(browser: BrowserContext, scripts: list[int]) -> Iterator[Watch]:
    scripts.clear()
    with watching(browser, scripts) as watch:
        yield watch


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def classic(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Notebook 7."""
    with running_lab(tmp_path_factory.mktemp("classic"), "notebook") as running:
        yield running


@pytest.fixture(scope="session")
def plain_lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose user has switched our renderer off."""
    with running_lab(tmp_path_factory.mktemp("plain"), with_renderer=False) as running:
        yield running


@pytest.fixture(params=["lab", pytest.param("notebook", marks=pytest.mark.full)])
def either(request: pytest.FixtureRequest) -> Lab:
    app: App = request.param
    server: Lab = request.getfixturevalue("lab" if app == "lab" else "classic")
    return server


@pytest.fixture
def open_notebook(pages: Pages) -> Iterator[OpenNotebook]:
    """Open a new notebook of these cells in a server, after one that imports the helpers."""
    opened: list[Notebook] = []

    def open_(server: Lab, *cells: str) -> Notebook:
        name = f"notebook{len(list(server.root.glob('*.ipynb')))}.ipynb"
        prelude = f"from cell_code import *\nsteps = Steps({name!r})"
        write_notebook(server.root / name, [prelude, *cells])
        notebook = pages.open(server, name)
        opened.append(notebook)
        notebook.set_up(0)
        return notebook

    yield open_
    for notebook in opened:
        pages.close(notebook)


def _saved_cell(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": "",
        "execution_count": 1,
        "outputs": [{"output_type": "display_data", "data": data, "metadata": {}}],
    }


@pytest.fixture
def open_saved(pages: Pages) -> Iterator[OpenSaved]:
    """Open a received notebook, with one output per cell, that was never run here."""
    opened: list[Notebook] = []

    def open_(server: Lab, *bundles: dict[str, Any]) -> Notebook:
        name = f"saved{len(list(server.root.glob('*.ipynb')))}.ipynb"
        cells = [{**_saved_cell(data), "id": f"saved{n}"} for n, data in enumerate(bundles)]
        write_notebook(server.root / name, [*cells])
        opened.append(pages.open(server, name, shares_kernel=True))
        return opened[-1]

    yield open_
    for notebook in opened:
        pages.close(notebook)


@pytest.fixture(scope="session")
def _empty_page(lab: Lab, browser: BrowserContext) -> Iterator[Notebook]:
    write_notebook(lab.root / "empty.ipynb", ["1"])
    notebook = Notebook.open(browser, lab, "empty.ipynb")
    yield notebook
    notebook.close()


@pytest.fixture
def empty_page(_empty_page: Notebook) -> Notebook:
    """A page whose host can be used without a kernel, in front of the others."""
    _empty_page.page.bring_to_front()
    return _empty_page
