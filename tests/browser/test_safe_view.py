"""What our views make of text that is not what it seems."""

from __future__ import annotations

import re

from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.lab import VIEW, Lab, Notebook
from hostile.corpus import TEXTS
from playwright.sync_api import expect

from qwq_magic.plain_text import strip_controls

CONTROLS = [
    "a\x1b[1;31mb\x1b[0mc",
    "a\x1b[ 5qb\x1b[?25lc\x1b[>0;1cd",
    "a\x1b]0;title\x07b\x1b]8;;https://x.example\x1b\\c\x1b]8;;\x1b\\d",
    "a\x1b]never closed\nb",
    "a\x1bP1;2q#0\x1b\\b\x1bXx\x9cc\x1b^x\x18d\x1b_x\x1ae",
    "a\x1b]x\x1b[1mb\x1b]x\x1b\x1b\\c",
    "a\x1b(Bb\x1b#8c\x1b=d\x1b cDe\x1bMf",
    "a\x9b1mb\x9d0;x\x9cc\x90x\x9cd\x98x\x07e",
    "a\x1b\nb\x1b[1\nc\x1b[\u4e2dd\x1b[\U0001f642e",
    "a\r\nb\rc\r\r\nd\x1b[1\r\ne\r",
    "a\x00b\x07\x08c\x0bd\x0ce\x7ff\x85g\x80h",
    "a\U000e0041b\U0001f642\u202ec\u2066d\x1b[\u202ee\u0301",
    "a\x1b",
    "a\x1b[",
    "a\x1b]x",
    "\t a \n\n b",
]
# The text whole, a character at a time, and in two at every place.
CLEAN = """(async () => {
  const { cleanText, TextCleaner } = await import(arg.url + "safe_text.js");
  const cleaned = (deltas) => {
    const cleaner = new TextCleaner();
    return deltas.map((delta) => cleaner.push(delta)).join("");
  };
  return arg.texts.map((text) => {
    const characters = Array.from(text);
    const ways = [cleanText(text), cleaned(characters)];
    for (const cut of characters.slice(0, 300).keys()) {
      ways.push(cleaned([characters.slice(0, cut).join(""), characters.slice(cut).join("")]));
    }
    return [...new Set(ways)];
  });
})()"""


def test_panes_drop_the_sequences_that_saved_text_drops(lab: Lab, empty_page: Notebook) -> None:
    texts = [*CONTROLS, *(text for text in TEXTS if not re.search("[\ud800-\udfff]", text))]

    cleaned = empty_page.js(CLEAN, {"url": lab.url + VIEW, "texts": texts})

    # The view shows where text was reordered, and knows marks of its own.
    own = re.compile("[\ufffd\ufdd0-\ufdef]")
    assert [[own.sub("", way) for way in ways] for ways in cleaned] == [
        [own.sub("", strip_controls(text))] for text in texts
    ]


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
    shown = "a\ufffdbcd\ufffdef"

    expect(notebook.output(0).locator(".qwq-answer-text")).to_have_text(shown)
    expect(notebook.output(0).locator(".qwq-reasoning-text")).to_have_text(shown)


def test_entities_bring_no_control_or_bidi_mark_back(lab: Lab, open_saved: OpenSaved) -> None:
    text = "a&#x202e;b&#27;[1mc&#xe0041;d&#8294;e `&#x202e;` ![f&#x202e;](https://example.org)"
    notebook = open_saved(lab, bundle("x", "", text))

    expect(notebook.output(0).locator(".qwq-answer-text")).to_have_text(
        "a\ufffdbcd\ufffde &#x202e; image: f\ufffd – example.org"
    )


def test_names_in_the_status_line_are_cleaned(lab: Lab, open_notebook: OpenNotebook) -> None:
    cell = "panel = new_panel(model='qwq\\u202e\\x1b[1m', conversation='a\\u2066b')"
    notebook = open_notebook(lab, f"{cell}\nsteps.wait(panel, 'end')")
    notebook.run(1)

    expect(notebook.output(1).locator(".qwq-about")).to_have_text(
        "qwq\ufffd · dashscope · a\ufffdb"
    )
    notebook.release("end")
