"""Markdown that runs away freezes no page: drawn whole, as it streams, or saved and read again."""

from __future__ import annotations

from typing import Any

import pytest
from browser.lab import VIEW, Lab, Notebook
from browser.scripts import script
from corpora import each
from hostile.corpus import pieces
from hostile.runaway import RUNAWAYS

from qwq_magic.display.saved.markdown import saved_markdown

# Generous: an unguarded parser takes 20 s and more, or overflows its stack.
LIMIT_MS = 4000

DRAW = """(async () => {
  const { mountTurn } = await import(arg.url + "turn_view.js");
  const place = document.createElement("div");
  panel.node.append(place);
  const began = performance.now();
  const services = arg.bare ? {} : nb.rendermime;
  await mountTurn(place, { answer: arg.text, reasoning: arg.text }, services).done;
  const drawn = { ms: performance.now() - began, text: place.innerText };
  place.remove();
  return drawn;
})()"""
STREAM = script("streamed_answer.js")
SAVED = """(async () => {
  const renderer = nb.rendermime.createRenderer("text/markdown");
  panel.node.append(renderer.node);
  const began = performance.now();
  const data = { "text/markdown": arg };
  await renderer.renderModel(nb.rendermime.createModel({ data, trusted: true }));
  renderer.node.getBoundingClientRect();
  const ms = performance.now() - began;
  renderer.node.remove();
  renderer.dispose();
  return { ms };
})()"""

each_runaway = each("text", RUNAWAYS, core=5, ids=lambda text: ascii(text[:30]))


@each_runaway
def test_runaway_markdown_does_not_freeze_a_saved_turn(
    lab: Lab, empty_page: Notebook, text: str
) -> None:
    drawn: Any = empty_page.js(DRAW, {"url": lab.url + VIEW, "text": text})

    assert drawn["ms"] < LIMIT_MS


@pytest.mark.smoke
@each_runaway
def test_runaway_markdown_does_not_freeze_a_stream(
    lab: Lab, empty_page: Notebook, text: str
) -> None:
    options = {"url": lab.url + VIEW, "deltas": pieces(text, 12)}

    longest_task: Any = empty_page.js(STREAM, options)

    assert longest_task["ms"] < LIMIT_MS


@each_runaway
def test_runaway_markdown_does_not_freeze_where_our_renderer_is_missing(
    empty_page: Notebook, text: str
) -> None:
    drawn: Any = empty_page.js(SAVED, saved_markdown(text))

    assert drawn["ms"] < LIMIT_MS


def test_host_without_a_markdown_parser_shows_readable_text(lab: Lab, empty_page: Notebook) -> None:
    text = "# Title\n\n**bold** <b>x</b>\n\n```python\nprint(1)\n```\n\n$x^2$"

    drawn: Any = empty_page.js(DRAW, {"url": lab.url + VIEW, "text": text, "bare": True})

    for line in ("# Title", "**bold** <b>x</b>", "print(1)", "$x^2$"):
        assert line in drawn["text"]
