"""The chat in a cell's output, as a test drives it."""

from __future__ import annotations

from browser.asking import ask_at
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect
from server import ScriptedServer


class Chat:
    """The chat in one cell's output."""

    def __init__(self, notebook: Notebook, cell: int) -> None:
        self.notebook = notebook
        self.output = notebook.output(cell)
        self.box = self.output.get_by_role("textbox", name="Prompt")
        self.turns = self.output.locator(".qwq-chat-turn")
        self.live = self.output.locator(".qwq-chat-live")
        self.answers = self.output.locator(".qwq-turn .qwq-answer-text")
        self.line = self.output.locator(".qwq-chat-line")

    def part(self, name: str) -> Locator:
        return self.live.locator(f".qwq-{name}")

    def button(self, name: str) -> Locator:
        return self.output.locator(".qwq-chat-foot").get_by_role("button", name=name)

    def ask(self, prompt: str) -> None:
        self.box.fill(prompt)
        self.box.press("Enter")


def chat_at(open_notebook: OpenNotebook, lab: Lab, server: ScriptedServer, *cells: str) -> Chat:
    notebook = ask_at(open_notebook, lab, server, "%qwq_chat", *cells)
    return run_chat(notebook, 2)


def run_chat(notebook: Notebook, cell: int) -> Chat:
    """Run a cell with a chat, and wait until the chat has its final position.

    It begins as a widget, which gives its place to the renderer of what is saved: a key
    pressed at that moment would reach neither.
    """
    notebook.run(cell, wait=True)
    chat = Chat(notebook, cell)
    expect(chat.output.locator(".qwq-output .qwq-chat")).to_have_count(1)
    return chat
