"""A chat as a cell's output: a widget while its kernel runs, and the turns permanently.

The widget is displayed first. A page with our renderer requests the data instead, which it
draws as the live chat or, without a kernel, as turns to read. Elsewhere the widget stays, with
the turns as the text of the same output.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.live.transcript import MOST_TURNS, entries_of, entry_data, turn_key
from qwq_magic.display.saved.conversation_markdown import document, entry_markdown
from qwq_magic.display.saved.text import escape_span
from qwq_magic.memory import ConversationMemory

CHAT_MIME: Final = "application/vnd.qwq.chat.v1+json"
_HINT: Final = "The chat appears here while the kernel is running. Run the cell to continue it."
# Plain text is shown in a console, or for a notebook that was run from the command line.
_PLAIN_HINT: Final = "A chat needs a notebook in a browser; elsewhere, use %qwq."


class ChatBundle:
    """Makes the MIME bundle of one chat, again after every turn.

    The turns of the previous bundle are reused: writing one with long reasoning takes a tenth
    of a second, and a chat has many.
    """

    def __init__(self, chat_id: str) -> None:
        self._chat_id = chat_id
        # The turns of the previous bundle by key, as data and as Markdown.
        self._written: dict[str, tuple[dict[str, Any], str]] = {}

    def of(self, conversation: str, memory: ConversationMemory | None) -> dict[str, Any]:
        """Return the bundle of a conversation, with its latest turns."""
        entries = entries_of(memory)
        before = self._written
        written = {
            (key := turn_key(entry)): before.get(key) or (entry_data(entry), entry_markdown(entry))
            for entry in entries[-MOST_TURNS:]
        }
        self._written = written
        data = {
            "schema": 1,
            "id": self._chat_id,
            "conversation": conversation,
            "keys": list(written),
            "turns": [turn for turn, _ in written.values()],
        }
        turns = f"{len(entries)} turn{'' if len(entries) == 1 else 's'}"
        text = document(conversation, (markdown for _, markdown in written.values()))
        hint = escape_span(_HINT)
        return {
            CHAT_MIME: data,
            "text/markdown": f"{text}\n{hint}" if written else hint,
            "text/plain": f"Chat in conversation {conversation!r}: {turns}. {_PLAIN_HINT}",
        }
