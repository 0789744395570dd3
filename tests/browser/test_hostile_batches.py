"""A batch of hostile turns holds what any batch holds, and forged data does nothing."""

from __future__ import annotations

from typing import Any

from browser.hostile_notebooks import in_view, output_count, write_saved
from browser.inert_dom import foreign_to_ours, shape_of
from browser.lab import Lab, Notebook
from browser.payload_cells import turn_of
from browser.watch import Watch
from hostile.corpus import STREAMED
from playwright.sync_api import BrowserContext, Locator, expect

from qwq_magic.batch import Batch, Sample
from qwq_magic.display.saved.batch import BATCH_MIME, batch_bundle
from qwq_magic.errors import RateLimited
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Turn

VIEW = ".qwq-batch"
SIZE = 12
_TRAP = "<img src=x onerror=fired(9001)> [x](javascript:fired(9001)) \u202ex\u202c"


def batch_of(turns: list[Turn], *, rows: int) -> dict[str, Any]:
    samples = [
        Sample(index if rows > 1 else 0, 1 if rows > 1 else index + 1, turn.model, "", turn)
        for index, turn in enumerate(turns)
    ]
    batch = Batch(samples, rows=[{}] * rows, template=turns[0].prompt, elapsed_s=1.0)
    places = [TurnPosition(1, n + 1) for n in range(len(turns))]
    return batch_bundle(batch, places=places)


def hostile_turns(texts: list[tuple[int, str]]) -> list[Turn]:
    """Each text as an answer, a final value, a model's name, a prompt and an error."""
    turns = []
    for number, text in texts:
        turns.append(turn_of(number, text))
        turns.append(
            Turn(f"v{number}", text, answer=f"**9 {text}**", model=text[:60], complete=True)
        )
        turns.append(Turn(f"e{number}", text, error=RateLimited(text)))
    return turns


def ordinary() -> list[dict[str, Any]]:
    """Batches with all that a batch may show."""
    whole = Turn(
        "whole", "p", reasoning="So the answer is 9.9. Hm.", answer="**9.9**", complete=True
    )
    cut = Turn("cut", "q", reasoning="Hm.", finish_reason="length", complete=True)
    turns = [
        whole,
        Turn("one", "q", answer="**9.11**", model="b", complete=True),
        Turn("none", "r", answer="It depends.", complete=True, notices=("Retried.",)),
        Turn("failed", "s", reasoning="Hm.", error=RateLimited("Too many requests.")),
        Turn("stopped", "t"),
        Turn("mark", "t", reasoning="Hm.", answer="It was", model="b"),
        cut,
    ]
    return [batch_of(turns, rows=1), batch_of(turns, rows=len(turns))]


def sweep(output: Locator, watch: Watch) -> None:
    """Point at and click everything, which filters, chooses and opens lanes."""
    assert watch.sweep(output.locator(VIEW).first) > 0


def opened_shapes(output: Locator) -> set[str]:
    """What the batches are made of, with each lane opened once."""
    found = shape_of(output, VIEW)
    for index in range(output.locator(".qwq-lane").count()):
        output.locator(".qwq-lane").nth(index).click(position={"x": 30, "y": 10})
        found |= shape_of(output, VIEW)
    return found


def test_payloads_add_nothing_to_a_batch(lab: Lab, browser: BrowserContext, watch: Watch) -> None:
    write_saved(lab.root / "batches.ipynb", ordinary())
    first = Notebook.open(browser, lab, "batches.ipynb")
    output = in_view(first, 0)
    expect(output.locator(VIEW)).to_have_count(2)
    known = opened_shapes(output)
    sweep(output, watch)
    known |= shape_of(output, VIEW)
    first.close()
    texts = [(payload.number, payload.text) for payload in STREAMED]
    groups = [hostile_turns(texts[start : start + SIZE]) for start in range(0, len(texts), SIZE)]
    bundles = [
        batch_of(turns, rows=len(turns) if index % 2 else 1) for index, turns in enumerate(groups)
    ]
    cells = write_saved(lab.root / "hostile-batches.ipynb", bundles)
    notebook = Notebook.open(browser, lab, "hostile-batches.ipynb")
    watch.attend(notebook.page)

    for cell in range(cells):
        output = in_view(notebook, cell)
        expect(output.locator(VIEW)).to_have_count(output_count(notebook, cell))
        # The drawn answers have a check of their own.
        assert shape_of(output, VIEW) - known == set()
        for view in output.locator(VIEW).all():
            watch.sweep(view)
        assert shape_of(output, VIEW) - known == set()
        assert foreign_to_ours(output, ".qwq-drawn") == []
        assert watch.noise(notebook.page) == []
    notebook.close()


def test_forged_batch_data_is_inert(lab: Lab, browser: BrowserContext, watch: Watch) -> None:
    (data,) = (ordinary()[0][BATCH_MIME],)
    values: list[Any] = [
        _TRAP,
        None,
        True,
        -1,
        1e308,
        [],
        [_TRAP] * 50,
        [[_TRAP, _TRAP]],
        [None, {"turn": _TRAP, "line": {"a": 1}, "state": "__proto__", "seen": -3}],
        {"__proto__": {"line": _TRAP}, "toString": 1},
    ]
    forged: list[Any] = [*values, *(dict.fromkeys(data, value) for value in values)]
    forged += [{**data, name: value} for name in data for value in values[:9:2]]
    forged += [
        {**data, "lanes": [{**lane, name: value}]}
        for lane in data["lanes"][:1]
        for name in lane
        for value in values
    ]
    cells = write_saved(
        lab.root / "forged-batches.ipynb",
        [{BATCH_MIME: each, "text/plain": "?"} for each in forged if each is not None],
    )
    notebook = Notebook.open(browser, lab, "forged-batches.ipynb")
    watch.attend(notebook.page)

    for cell in range(cells):
        output = in_view(notebook, cell)
        expect(output.locator(VIEW)).to_have_count(output_count(notebook, cell))
        for view in output.locator(VIEW).all():
            watch.sweep(view)
        assert output.locator("img, script, iframe, [onclick], [onerror]").count() == 0
        assert watch.noise(notebook.page) == []
    assert [line for line in notebook.console if line.startswith("pageerror")] == []
    notebook.close()
