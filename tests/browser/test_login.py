"""`%qwq_login` in a real JupyterLab and Notebook 7: a key is typed, used, and seen nowhere."""

from __future__ import annotations

import pytest
from browser.asking import ask_at
from browser.conftest import OpenNotebook
from browser.lab import Lab
from playwright.sync_api import expect
from server import ScriptedServer, chat

KEY = "sk-4c1d9e7a02f85b36qrst"


@pytest.mark.smoke
def test_a_key_is_typed_into_the_front_ends_password_box(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    with ScriptedServer(chat(answer="Yes.")) as server:
        notebook = ask_at(open_notebook, either, server, "%qwq_login", "%%qwq\nIs it?")
        notebook.run(2)
        box = notebook.output(2).locator("input[type=password]")
        box.fill(KEY)

        box.press("Enter")

        notebook.wait_idle()
        notebook.run(3, wait=True)
        notebook.save()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    expect(notebook.output(2)).to_contain_text("is kept until the kernel stops")
    assert KEY not in notebook.page.content()
    assert KEY not in (either.root / notebook.name).read_text(encoding="utf-8")
