"""Nothing a model writes runs, loads, leads astray or poses as the interface.

Live after every delta, final, saved and opened again, trusted or not, with our renderer
and without it; with the pointer on everything and a click on everything.
"""

from __future__ import annotations

from collections import Counter

import pytest
from browser.conftest import OpenNotebook
from browser.hostile_notebooks import (
    CELL_SIZE,
    STARTS,
    attach_all,
    bundles,
    forged_bundles,
    in_view,
    is_trusted,
    output_count,
    trust,
    wait_until_drawn,
    write_saved,
)
from browser.inert_dom import FOREIGN, foreign_to_markdown, foreign_to_ours
from browser.lab import VIEW, Lab, Notebook
from browser.payload_cells import PIECES
from browser.scripts import script
from browser.watch import Watch, payload_numbers
from corpora import in_full, taken
from hostile.corpus import PAYLOADS, STREAMED, Family, family_of, taken_texts
from playwright.sync_api import BrowserContext, Locator, expect

UNPROTECTED = """
from hostile.corpus import PAYLOADS
for payload in PAYLOADS[{start}:{start} + {size}]:
    text = payload.text.encode("utf-8", "replace").decode()
    display({{"text/markdown": text}}, raw=True)
"""
# Of each family, so many must come alive where nothing protects: fewer, and the tests
# below are blind.
FIRING: dict[Family, int] = {"script": 100, "load": 70, "navigation": 60, "spoofing": 40}


def test_the_harness_sees_what_unprotected_markdown_does(
    lab: Lab, open_notebook: OpenNotebook, watch: Watch
) -> None:
    cells = [UNPROTECTED.format(start=start, size=CELL_SIZE) for start in STARTS]
    notebook = open_notebook(lab, *cells)
    attach_all(notebook)
    watch.attend(notebook.page)

    alive: set[int] = set()
    for cell, start in enumerate(STARTS, 1):
        group = PAYLOADS[start : start + CELL_SIZE]
        shown = notebook.output(cell).locator(".jp-OutputArea-child")
        notebook.run(cell)
        expect(shown).to_have_count(len(group))
        # What the payloads before did to the page must not hide what these do.
        notebook.js("nb.widgets[arg - 1].model.outputs.clear()", cell)
        for place, payload in enumerate(group):
            if payload.family in ("navigation", "spoofing"):
                alive.update({payload.number} if came_alive(watch, shown.nth(place)) else ())
    alive |= set(watch.scripts) | payload_numbers(watch.requests)

    fired = Counter(payload.family for payload in PAYLOADS if payload.number in alive)
    whole = Counter(payload.family for payload in PAYLOADS)
    print({family: f"{fired[family]} of {whole[family]}" for family in whole})
    assert {family for family, least in FIRING.items() if fired[family] < least} == set()


def came_alive(watch: Watch, output: Locator) -> bool:
    """Does it hold what no answer should, or do anything at a click?"""
    if foreign_to_markdown(output):
        return True
    watch.sweep(output)
    return bool(watch.navigations(output.page) or watch.commands(output.page))


LIVE = """
from hostile.corpus import STREAMED
from browser.payload_cells import stream_payloads
stream_payloads(steps.notebook, "{start}", STREAMED[{start}:{start} + {size}])
"""


def test_payloads_are_inert_after_every_delta_and_ever_after(
    lab: Lab, open_notebook: OpenNotebook, watch: Watch
) -> None:
    starts = range(0, len(STREAMED), CELL_SIZE)
    cells = [LIVE.format(start=start, size=CELL_SIZE) for start in starts]
    notebook = open_notebook(lab, *cells)
    attach_all(notebook)
    watch.attend(notebook.page)

    for cell, start in enumerate(starts, 1):
        group = STREAMED[start : start + CELL_SIZE]
        output = notebook.output(cell)
        notebook.run(cell)
        for step in range(PIECES):
            notebook.release(f"{start}-{step}")
            wait_until_drawn(notebook, group, step)
            assert foreign_to_ours(output) == []
        notebook.release(f"{start}-end")
        expect(output.locator(".qwq-turn[data-drawn]")).to_have_count(len(group))
        assert foreign_to_ours(output) == []
        watch.sweep(output)
        watch.point(output.locator(".qwq-answer-text a"))
        assert watch.noise(notebook.page) == []
    notebook.wait_idle()
    notebook.save()
    notebook.reload()

    assert is_trusted(notebook, 1)
    assert_views_are_inert(notebook, watch, len(starts), first=1)


# The view's own modules with the host's parser and typesetter, without the way there.
TYPE = script("typed_answers.js").replace("FOREIGN", FOREIGN)


@pytest.mark.smoke
def test_payloads_are_inert_at_prefixes_of_any_length(
    lab: Lab, empty_page: Notebook, watch: Watch
) -> None:
    watch.attend(empty_page.page)

    texts = taken_texts(core=12)

    prefixes, found = empty_page.js(TYPE, {"url": lab.url + VIEW, "texts": texts})

    assert prefixes > in_full(15_000, core=750)
    assert found == []
    assert watch.noise(empty_page.page) == []


def assert_views_are_inert(notebook: Notebook, watch: Watch, cells: int, *, first: int = 0) -> None:
    watch.attend(notebook.page)
    for cell in range(first, first + cells):
        output = in_view(notebook, cell)
        outputs = output_count(notebook, cell)
        expect(output.locator(".qwq-turn[data-drawn]")).to_have_count(outputs)
        # The reasoning, too: a text is plain or drawn.
        expect(output.locator(".qwq-section").first).to_be_visible()
        expect(output.locator(".qwq-drawing")).to_have_count(0)
        assert foreign_to_ours(output) == []
        watch.sweep(output)
        assert watch.noise(notebook.page) == []


@pytest.mark.smoke
def test_payloads_are_inert_in_a_received_notebook(
    either: Lab, browser: BrowserContext, watch: Watch
) -> None:
    # Notebook 7 has the same renderers: a third of the corpus shows that they are reached.
    payloads = PAYLOADS if either.app == "lab" else PAYLOADS[::3]
    payloads = taken(payloads, core=CELL_SIZE // 4, by=family_of)
    cells = write_saved(either.root / "sent.ipynb", bundles(payloads))
    notebook = Notebook.open(browser, either, "sent.ipynb")

    assert not is_trusted(notebook)
    assert_views_are_inert(notebook, watch, cells)
    notebook.close()


def test_forged_turn_data_is_inert(either: Lab, browser: BrowserContext, watch: Watch) -> None:
    forged = forged_bundles()
    cells = write_saved(either.root / "forged.ipynb", forged)
    notebook = Notebook.open(browser, either, "forged.ipynb")

    assert_views_are_inert(notebook, watch, cells)
    if either.app == "lab":  # Notebook 7 makes an error of its own on every page
        assert [line for line in notebook.console if line.startswith("pageerror")] == []
    notebook.close()


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
def test_payloads_are_inert_where_our_renderer_is_missing(
    plain_lab: Lab, browser: BrowserContext, watch: Watch, trusted: bool
) -> None:
    name = f"markdown-{trusted}.ipynb"
    cells = write_saved(plain_lab.root / name, bundles(PAYLOADS))
    if trusted:
        trust(plain_lab, name)
    notebook = Notebook.open(browser, plain_lab, name)

    assert is_trusted(notebook) is trusted
    watch.attend(notebook.page)
    for cell in range(cells):
        output = in_view(notebook, cell)
        expect(output.locator(".jp-RenderedMarkdown")).to_have_count(output_count(notebook, cell))
        assert foreign_to_markdown(output) == []
        watch.sweep(output)
        assert watch.noise(notebook.page) == []
    notebook.close()
