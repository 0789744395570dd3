"""A conversation as a Markdown document that reads well on GitHub and is inert."""

from __future__ import annotations

from collections.abc import Iterable

from qwq_magic.display.saved.bundle import turn_markdown
from qwq_magic.display.saved.text import escape_paragraphs, escape_span
from qwq_magic.display.turn_view import TurnView
from qwq_magic.memory import ConversationMemory, TurnPosition
from qwq_magic.memory.conversation import Entry


def conversation_markdown(memory: ConversationMemory) -> str:
    """Return the latest attempt at each turn: quoted prompt, collapsed reasoning, answer."""
    return document(memory.name, map(entry_markdown, memory.entries()))


def document(conversation: str, turns: Iterable[str]) -> str:
    """Return a document of turns that `entry_markdown` has written."""
    return "\n\n".join((f"# {escape_span(conversation)}", *turns)) + "\n"


def entry_markdown(entry: Entry) -> str:
    """Return one turn of the document."""
    hidden = " (hidden)" if entry.is_hidden else ""
    place = TurnPosition(entry.number, entry.attempts)
    reply = turn_markdown(TurnView(entry.turn, place))
    return "\n\n".join((f"## {entry.number}{hidden}", quoted(entry.turn.prompt), reply))


def quoted(text: str) -> str:
    """Return text of any length as a quotation in which no markup is parsed."""
    return f"<blockquote>\n{escape_paragraphs(text)}\n</blockquote>"
