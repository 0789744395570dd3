"""Ordinary answers look as they were meant: live, final, and as saved Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser.lab import VIEW, Lab, Notebook, write_notebook
from corpora import each
from hostile.benign import BENIGN, Piece
from hostile.corpus import pieces
from playwright.sync_api import BrowserContext

from qwq_magic.display.saved.markdown import saved_markdown

# What the eye sees: the text without our buttons and names of languages, a formula as ∎.
LOOK = """
  const look = (root, css) => {
    const copy = root.cloneNode(true);
    const formulas = "mjx-container";
    const math = copy.querySelectorAll(formulas).length;
    copy.querySelectorAll(".qwq-code-bar, .jp-InternalAnchorLink").forEach((node) => node.remove());
    copy.querySelectorAll(formulas).forEach((node) => node.replaceWith("∎"));
    copy.querySelectorAll("br, p, li, td, th, pre, blockquote, h1, h2, h3, h4, h5, h6")
      .forEach((node) => node.after(" "));
    const sees = copy.textContent.replace(/\\s+/g, " ").trim();
    const count = (name) => name === "math" ? math : copy.querySelectorAll(name).length;
    return { sees, holds: Object.fromEntries(css.map((name) => [name, count(name)])) };
  };
"""
STREAM = (
    "(async () => {"
    + LOOK
    + """
  const { AnswerMarkdown } = await import(arg.url + "answer_markdown.js");
  const { hostOf } = await import(arg.url + "host.js");
  const { markdownParser, latexTypesetter } = nb.rendermime;
  const answer = new AnswerMarkdown(hostOf(markdownParser, latexTypesetter));
  panel.node.append(answer.element);
  for (const delta of arg.deltas) {
    answer.append(delta);
    await answer.drawn();
  }
  const live = look(answer.element, arg.holds);
  await answer.finish();
  const final = look(answer.element, arg.holds);
  answer.element.remove();
  return [live, final];
})()"""
)
SAVED = (
    "(async () => {"
    + LOOK
    + """
  const renderer = nb.rendermime.createRenderer("text/markdown");
  panel.node.append(renderer.node);
  const data = { "text/markdown": arg.markdown };
  await renderer.renderModel(nb.rendermime.createModel({ data, trusted: arg.trusted }));
  // The host does this itself for a renderer within a cell.
  await nb.rendermime.latexTypesetter.typeset(renderer.node);
  const seen = look(renderer.node, arg.holds);
  renderer.node.remove();
  renderer.dispose();
  return seen;
})()"""
)

each_piece = each("name", BENIGN, core=15)


@pytest.fixture(scope="module")
def plain_page(plain_lab: Lab, browser: BrowserContext) -> Iterator[Notebook]:
    write_notebook(plain_lab.root / "plain.ipynb", ["1"])
    notebook = Notebook.open(browser, plain_lab, "plain.ipynb")
    yield notebook
    notebook.close()


def expected(piece: Piece) -> dict[str, Any]:
    return {"sees": piece.sees, "holds": piece.holds}


@pytest.mark.smoke
@each_piece
def test_an_ordinary_answer_looks_right_live_and_final(
    lab: Lab, empty_page: Notebook, name: str
) -> None:
    piece = BENIGN[name]
    deltas = pieces(piece.markdown, min(12, len(piece.markdown)))

    live, final = empty_page.js(
        STREAM, {"url": lab.url + VIEW, "deltas": [*deltas, "\n"], "holds": list(piece.holds)}
    )

    assert final == expected(piece)
    # What a reference leads to is known when all of the answer is.
    if "]: " not in piece.markdown:
        assert live == final


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
@each_piece
def test_an_ordinary_answer_looks_right_as_saved_markdown(
    plain_page: Notebook, name: str, trusted: bool
) -> None:
    piece = BENIGN[name]
    options = {
        "markdown": saved_markdown(piece.markdown),
        "trusted": trusted,
        "holds": list(piece.holds),
    }

    assert plain_page.js(SAVED, options) == expected(piece)
