"""A chat as a cell's output: a widget while its kernel lives, the turns for ever.

What is displayed first is the widget. A page that has our renderer asks for the data in its
place, which the renderer shows as the live chat, or as turns to read where there is none;
elsewhere the widget stays, and behind it the turns as text.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.live.transcript import MOST_TURNS, entries_of, entry_data, turn_key
from qwq_magic.display.saved.conversation_markdown import document, entry_markdown
from qwq_magic.display.saved.text import escape_span
from qwq_magic.memory import ConversationMemory

CHAT_MIME: Final = "application/vnd.qwq.chat.v1+json"
_HINT: Final = "A chat stands here while its notebook runs. Run the cell to go on with it."
# Where text alone is shown there is no notebook, or one that nobody runs.
_PLAIN_HINT: Final = "A chat needs a notebook page; without one, ask with %qwq."


class ChatBundle:
    """The MIME bundle of one chat, made anew after every turn.

    A turn that was in the one before is not written again: a long reasoning takes a tenth of
    a second, and a chat has many.
    """

    def __init__(self, chat_id: str) -> None:
        self._chat_id = chat_id
        # The turns of the bundle before, by key: as data, and as Markdown.
        self._written: dict[str, tuple[dict[str, Any], str]] = {}

    def of(self, conversation: str, memory: ConversationMemory | None) -> dict[str, Any]:
        """What is saved of a conversation, with its latest turns."""
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
