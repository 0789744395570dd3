"""What our views make of text that is not what it seems."""

from __future__ import annotations

from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.lab import Lab
from playwright.sync_api import expect


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


def test_entities_bring_no_control_or_bidi_mark_back(lab: Lab, open_saved: OpenSaved) -> None:
    text = "a&#x202e;b&#27;[1mc&#xe0041;d&#8294;e `&#x202e;` ![f&#x202e;](https://example.org)"
    notebook = open_saved(lab, bundle("x", "", text))

    expect(notebook.output(0).locator(".qwq-answer-text")).to_have_text(
        "a\ufffdb[1mcd\ufffde &#x202e; image: f\ufffd – example.org"
    )


def test_names_in_the_status_line_are_cleaned(lab: Lab, open_notebook: OpenNotebook) -> None:
    cell = "panel = new_panel(model='qwq\\u202e\\x1b[1m', conversation='a\\u2066b')"
    notebook = open_notebook(lab, f"{cell}\nsteps.wait(panel, 'end')")
    notebook.run(1)

    expect(notebook.output(1).locator(".qwq-about")).to_have_text(
        "qwq\ufffd[1m · dashscope · a\ufffdb"
    )
    notebook.release("end")
