"""Nothing a model writes runs, loads or freezes a page, live or saved, at any prefix."""

from __future__ import annotations

import pytest
from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.hostile_turns import BOMBS, HOST, TRICKS
from browser.lab import VIEW, Lab, Notebook
from playwright.sync_api import expect

# Elements and attributes of ours; what the host's typesetter made is looked at apart.
FOREIGN = """() => {
  const tags = new Set((
    "div section span button p h1 h2 h3 h4 h5 h6 strong em b i del s code pre blockquote " +
    "ul ol li hr br table thead tbody tr th td a img"
  ).split(" "));
  const names = new Set((
    "class dir href title target rel src alt start type tabindex id role hidden aria-label " +
    "aria-expanded aria-controls data-state data-tex data-typeset data-drawn"
  ).split(" "));
  const found = [];
  for (const node of document.querySelectorAll(".qwq-part *, .qwq-turn")) {
    if (node.closest("mjx-container")) {
      if (node.matches("a, img, script, iframe, image")) found.push(node.outerHTML);
      continue;
    }
    if (!tags.has(node.localName)) found.push(node.localName);
    for (const { name } of node.attributes) {
      if (!names.has(name)) found.push(`${node.localName}[${name}]`);
    }
    const id = node.getAttribute("id");
    if (id && !id.startsWith("qwq-reasoning-")) found.push(`id=${id}`);
    const href = node.getAttribute("href");
    if (href && !/^(https?:|mailto:)/.test(href)) found.push(href);
    if (node.localName === "img" && !node.src.startsWith("data:image/")) found.push(node.src);
  }
  return [...new Set(found)];
}"""


def assert_nothing_came_alive(notebook: Notebook) -> None:
    assert notebook.page.evaluate(FOREIGN) == []
    assert notebook.page.evaluate("window.__ran ?? null") is None
    assert [url for url in notebook.requests if HOST in url or "secret" in url] == []


def test_tricks_are_inert_in_a_saved_notebook(either: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(either, *(bundle(f"t{n}", t, t, model=t) for n, t in enumerate(TRICKS)))

    for index in range(len(TRICKS)):
        notebook.js("(nb.activeCellIndex = arg, nb.scrollToItem(arg))", index)
        notebook.page.wait_for_function(
            "i => document.querySelectorAll('.jp-Cell')[i]?.querySelector('.qwq-turn[data-drawn]')",
            arg=index,
        )

    assert_nothing_came_alive(notebook)


# JupyterLab shows 50 outputs of a cell, hence one cell for every 40.
LIVE = """
from hostile_turns import TRICKS
import time
shown = [(new_panel(), trick) for trick in TRICKS[{start}:{start} + 40]]
for sixth in range(6):
    for panel, trick in shown:
        size = max(1, -(-len(trick) // 6))
        stream(panel, answer(trick[sixth * size : (sixth + 1) * size]))
        stream(panel, reasoning(trick[sixth * size : (sixth + 1) * size]))
    time.sleep(0.15)
    for panel, _ in shown: panel.tick()
display("all shown")
"""


def test_tricks_are_inert_at_every_prefix_of_a_live_stream(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    starts = range(0, len(TRICKS), 40)
    notebook = open_notebook(lab, *(LIVE.format(start=start) for start in starts))

    for cell, start in enumerate(starts, 1):
        notebook.run(cell)
        expect(notebook.output(cell)).to_contain_text("all shown", timeout=60_000)
        answers = notebook.output(cell).locator(".qwq-answer-text")
        expect(answers).to_have_count(len(TRICKS[start : start + 40]))
        notebook.wait_idle()
        assert_nothing_came_alive(notebook)


def test_raw_html_is_shown_as_text(lab: Lab, open_saved: OpenSaved) -> None:
    source = "a <b>bold</b> `<i>` <script>x</script> & 1 < 2"
    notebook = open_saved(lab, bundle("x", "", source))

    expect(notebook.output(0).locator(".qwq-answer-text")).to_have_text(
        "a <b>bold</b> <i> <script>x</script> & 1 < 2"
    )


def test_remote_image_becomes_a_link(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, bundle("x", "", "![a chart](https://example.org/c.png)"))
    link = notebook.output(0).locator(".qwq-answer-text a")

    expect(link).to_have_text("image: a chart – example.org")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")


def test_controls_and_bidi_marks_are_neutralised(lab: Lab, open_saved: OpenSaved) -> None:
    text = "a\u202eb\x1b[1mc\U000e0041d\u2066e\x85f"
    notebook = open_saved(lab, bundle("x", text, text))
    shown = "a\ufffdb[1mcd\ufffdef"

    expect(notebook.output(0).locator(".qwq-answer-text")).to_have_text(shown)
    expect(notebook.output(0).locator(".qwq-reasoning-text")).to_have_text(shown)


DRAW = """(async () => {
  const view = await import(arg.url + "turn_view.js");
  const place = document.createElement("div");
  panel.node.append(place);
  const began = performance.now();
  const services = arg.bare ? {} : nb.rendermime;
  await view.mountTurn(place, { answer: arg.text, reasoning: arg.text }, services).done;
  const drawn = { ms: performance.now() - began, text: place.innerText };
  place.remove();
  return drawn;
})()"""


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: ascii(bomb[:12]))
def test_runaway_markdown_does_not_freeze_the_page(
    lab: Lab, empty_page: Notebook, bomb: str
) -> None:
    drawn = empty_page.js(DRAW, {"url": lab.url + VIEW, "text": bomb})

    # Generous: an unguarded parser takes 20 s and more, or overflows its stack.
    assert drawn["ms"] < 4000
    print(ascii(bomb[:12]), round(drawn["ms"]), "ms")


def test_host_without_a_markdown_parser_shows_readable_text(lab: Lab, empty_page: Notebook) -> None:
    text = "# Title\n\n**bold** <b>x</b>\n\n```python\nprint(1)\n```\n\n$x^2$"

    drawn = empty_page.js(DRAW, {"url": lab.url + VIEW, "text": text, "bare": True})

    for line in ("# Title", "**bold** <b>x</b>", "print(1)", "$x^2$"):
        assert line in drawn["text"]
