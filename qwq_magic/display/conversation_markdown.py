"""A conversation as a Markdown document that reads well on GitHub, and in which nothing runs."""

from __future__ import annotations

from collections.abc import Iterable

from qwq_magic.display.bundle import turn_markdown
from qwq_magic.display.saved_text import escape_paragraphs, escape_span
from qwq_magic.memory import ConversationMemory, Place
from qwq_magic.memory.conversation import Entry


def conversation_markdown(memory: ConversationMemory) -> str:
    """The latest attempt at each turn: the prompt quoted, reasoning folded away, the answer."""
    return turns_markdown(memory.name, memory.entries())


def turns_markdown(conversation: str, entries: Iterable[Entry]) -> str:
    """The same of some turns."""
    parts = [f"# {escape_span(conversation)}"]
    for entry in entries:
        hidden = " (hidden)" if entry.is_hidden else ""
        parts += (
            f"## {entry.number}{hidden}",
            quoted(entry.turn.prompt),
            turn_markdown(entry.turn, place=Place(entry.number, entry.attempts), show="both"),
        )
    return "\n\n".join(parts) + "\n"


def quoted(text: str) -> str:
    """Text of any length as a quotation; nothing in it is parsed."""
    return f"<blockquote>\n{escape_paragraphs(text)}\n</blockquote>"
