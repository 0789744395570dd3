"""Saved Markdown is inert in JupyterLab's own parser, and in what nbconvert makes of it."""

from __future__ import annotations

import pytest
from browser.hostile_notebooks import bundles, write_saved
from browser.lab import Lab, Notebook
from browser.watch import Watch
from display.inertness import Page, cut_math, paste_math
from hostile.corpus import PAYLOADS, TEXTS, taken_texts
from nbconvert import HTMLExporter
from playwright.sync_api import BrowserContext

from qwq_magic.display.saved.markdown import saved_markdown


def marked(page: Notebook, markdown: list[str]) -> list[str]:
    """What the parser JupyterLab ships makes of each."""
    parse = "Promise.all(arg.map((text) => nb.rendermime.markdownParser.render(text)))"
    html: list[str] = page.js(parse, markdown)
    return html


@pytest.mark.smoke
def test_saved_markdown_is_inert_in_marked(empty_page: Notebook) -> None:
    texts = taken_texts(core=25)
    saved = [saved_markdown(text[:end]) for text in texts for end in (len(text), len(text) // 2)]
    cut = [cut_math(text) for text in saved]

    alone = marked(empty_page, saved)
    pasted = [
        paste_math(html, math)
        for html, (_, math) in zip(marked(empty_page, [text for text, _ in cut]), cut, strict=True)
    ]

    assert [found for html in (*alone, *pasted) if (found := Page(html).problems)] == []


def test_unprotected_markdown_is_live_in_marked(empty_page: Notebook) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in TEXTS]

    live = [html for html in marked(empty_page, texts) if Page(html).problems]

    assert len(live) > 350


def test_a_page_nbconvert_makes_is_inert(
    plain_lab: Lab, browser: BrowserContext, watch: Watch
) -> None:
    source = plain_lab.root / "converted.ipynb"
    write_saved(source, bundles(PAYLOADS))
    # Its own scripts would come from elsewhere, and be a request among those looked for.
    exporter = HTMLExporter(require_js_url="", jquery_url="", mathjax_url="")
    html, _ = exporter.from_filename(str(source))
    target = source.with_suffix(".html")
    target.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(target.as_uri(), wait_until="domcontentloaded")
    watch.attend(page)

    assert page.locator(".jp-RenderedMarkdown").count() == len(PAYLOADS)
    watch.sweep(page.locator("body"))
    assert watch.noise(page) == []
    page.close()
