"""A chat as a cell's output: a widget while its kernel lives, the turns for ever.

What is displayed first is the widget. A page that has our renderer asks for the data in its
place, which the renderer shows as the live chat, or as turns to read where there is none;
elsewhere the widget stays, and behind it the turns as text.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.conversation_markdown import turns_markdown
from qwq_magic.display.saved_text import escape_span
from qwq_magic.display.transcript import MOST_TURNS, entries_of, entry_data, turn_key
from qwq_magic.memory import ConversationMemory

CHAT_MIME: Final = "application/vnd.qwq.chat.v1+json"
_HINT: Final = "A chat stands here while its notebook runs. Run the cell to go on with it."
# Where text alone is shown there is no notebook, or one that nobody runs.
_PLAIN_HINT: Final = "A chat needs a notebook page; without one, ask with %qwq."


def chat_bundle(
    chat_id: str, conversation: str, memory: ConversationMemory | None
) -> dict[str, Any]:
    """The MIME bundle that is saved, with the latest turns."""
    entries = entries_of(memory)
    latest = entries[-MOST_TURNS:]
    data = {
        "schema": 1,
        "id": chat_id,
        "conversation": conversation,
        "keys": [turn_key(entry) for entry in latest],
        "turns": [entry_data(entry) for entry in latest],
    }
    turns = f"{len(entries)} turn{'' if len(entries) == 1 else 's'}"
    hint = escape_span(_HINT)
    return {
        CHAT_MIME: data,
        "text/markdown": f"{turns_markdown(conversation, latest)}\n{hint}" if latest else hint,
        "text/plain": f"Chat in conversation {conversation!r}: {turns}. {_PLAIN_HINT}",
    }
