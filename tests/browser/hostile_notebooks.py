"""Notebooks full of payloads: streamed as they come, saved, forged, trusted or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from browser.cell_code import bundle
from browser.lab import Lab, Notebook, write_notebook
from browser.payload_cells import PIECES, turn_of
from hostile.corpus import PAYLOADS, Payload, pieces
from nbformat.sign import NotebookNotary
from playwright.sync_api import Locator

from qwq_magic.display.saved.bundle import TURN_MIME, final_bundle
from qwq_magic.memory import TurnPosition

# JupyterLab shows 50 outputs of a cell.
CELL_SIZE = 48
STARTS = range(0, len(PAYLOADS), CELL_SIZE)

_ALL_ATTACHED = "(nb.notebookConfig = { ...nb.notebookConfig, windowingMode: 'none' }, null)"
_ARRIVED = """([ids, lengths]) => {
  const views = globalThis[Symbol.for("qwq_magic.views")];
  return ids.every((id, index) => {
    const { drawings, streams } = views?.get(id) ?? { drawings: {}, streams: {} };
    return drawings.answer?.source.length >= lengths[index]
      && streams.reasoning?.text.length >= lengths[index];
  });
}"""
_DRAWN = """async (ids) => {
  const views = globalThis[Symbol.for("qwq_magic.views")];
  await Promise.all(ids.map((id) => views.get(id).drawings.answer.drawn()));
}"""


def attach_all(notebook: Notebook) -> None:
    """Every cell stays in the page, also off the screen."""
    notebook.js(_ALL_ATTACHED)


def wait_until_drawn(notebook: Notebook, group: Sequence[Payload], step: int) -> None:
    """Wait until this many deltas of these payloads have arrived and are on the page."""
    texts = ["".join(pieces(payload.text, PIECES)[: step + 1]) for payload in group]
    units = [len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts]
    ids = [f"payload-{payload.number}" for payload in group]
    notebook.page.wait_for_function(_ARRIVED, arg=[ids, units], polling=10)
    notebook.page.evaluate(_DRAWN, ids)


def bundles(payloads: Iterable[Payload]) -> list[dict[str, Any]]:
    """Their turns with the reasoning open, so that it is drawn."""
    return [
        final_bundle(turn_of(p.number, p.text), place=TurnPosition(p.number, 1), start="open")
        for p in payloads
    ]


def write_saved(path: Path, outputs: Sequence[dict[str, Any]]) -> int:
    """Write a received notebook; return the number of cells with its outputs."""
    groups = [outputs[start : start + CELL_SIZE] for start in range(0, len(outputs), CELL_SIZE)]
    write_notebook(path, [_cell(index, group) for index, group in enumerate(groups)])
    return len(groups)


def _cell(index: int, group: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in group]
    return {
        "cell_type": "code",
        "id": f"saved{index}",
        "metadata": {},
        "source": "",
        "execution_count": 1,
        "outputs": outputs,
    }


def trust(lab: Lab, name: str) -> None:
    """As `jupyter trust` does, in the server's own data folder."""
    notary = NotebookNotary(data_dir=str(lab.root.parent / "data"))
    notary.sign(nbformat.read(lab.root / name, as_version=4))
    notary.store.close()


def is_trusted(notebook: Notebook, index: int = 0) -> bool:
    return bool(notebook.js("nb.widgets[arg].model.trusted", index))


def output_count(notebook: Notebook, index: int) -> int:
    count: int = notebook.js("nb.widgets[arg].model.outputs.length", index)
    return count


def in_view(notebook: Notebook, index: int) -> Locator:
    notebook.js("nb.scrollToItem(arg)", index)
    return notebook.output(index)


_WORDS = "command:x data:text/html,x javascript:fired(9001) https://p9001.evil.example/a.png"
_TRAP = (
    "<img src=x onerror=fired(9001)> [x](javascript:fired(9001)) "
    "![x](https://p9001.evil.example/a.png) $\\href{javascript:fired(9001)}{x}$ \u202ex\u202c"
)


def forged_turns() -> list[object]:
    """Return turn data our code cannot produce: hostile text, wrong types, any depth or size."""
    fields = [*_plain_turn(""), "ending"]
    nested: object = _TRAP
    for _ in range(200):
        nested = [nested, {"answer": nested}] if isinstance(nested, str) else [nested]
    values: list[object] = [
        _TRAP,
        _WORDS,
        None,
        True,
        -1,
        1e308,
        10**30,
        [],
        [_TRAP] * 50,
        {"message": _TRAP, "__proto__": {"answer": _TRAP}, "constructor": {"prototype": 1}},
        {"show": _TRAP, "start": _TRAP, "ttft_s": _TRAP, "output_tokens": {"toString": _TRAP}},
        nested,
    ]
    forged: list[object] = [dict.fromkeys(fields, value) for value in values]
    for name in fields:
        forged.extend({**_plain_turn(f"{name}-{n}"), name: v} for n, v in enumerate(values))
    names = ("__proto__", "constructor", "toString", "hasOwnProperty", "then", "innerHTML")
    forged.extend({**_plain_turn(name), name: _TRAP} for name in names)
    return [*forged, _TRAP, [_TRAP], 3, None, True]


def _plain_turn(turn_id: str) -> dict[str, Any]:
    turn: dict[str, Any] = bundle(turn_id, "r", "a")[TURN_MIME]
    return turn


def forged_bundles() -> list[dict[str, Any]]:
    return [{TURN_MIME: turn, "text/plain": "?"} for turn in forged_turns()]
