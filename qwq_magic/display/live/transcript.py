"""What a chat shows of a conversation: its latest turns, as data, each sent once.

Every page names all the turns it shows and brings the text of those the browser has not
seen; the browser asks for a whole page if it misses one. So a lost message costs a
question, and a long conversation is not sent anew with every turn.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.saved.bundle import turn_data
from qwq_magic.display.turn_view import TurnView
from qwq_magic.memory import ConversationMemory, Place
from qwq_magic.memory.conversation import Entry
from qwq_magic.plain_text import well_formed

MOST_TURNS: Final = 30


class Transcript:
    """The turns of one conversation at a time, on their way to the browser."""

    def __init__(self) -> None:
        self._most = MOST_TURNS
        # The turns of the page before this one; the browser keeps these and no others.
        self._sent: frozenset[str] = frozenset()

    def restart(self) -> None:
        """Another conversation comes: its latest turns."""
        self._most = MOST_TURNS

    def show_earlier(self) -> None:
        """Show as many earlier turns as it shows at first."""
        self._most += MOST_TURNS

    def page(
        self, memory: ConversationMemory | None, *, whole: bool, without: str
    ) -> dict[str, Any]:
        """The turns by key, in order; `whole` brings all the text.

        Left out is the turn with the id `without`.
        """
        entries = entries_of(memory, without=without)
        shown = {turn_key(entry): entry for entry in entries[-self._most :]}
        new = [key for key in shown if whole or key not in self._sent]
        self._sent = frozenset(shown)
        return {
            "keys": list(shown),
            "turns": {key: entry_data(shown[key]) for key in new},
            "earlier": len(entries) - len(shown),
        }


def entries_of(memory: ConversationMemory | None, *, without: str = "") -> list[Entry]:
    """Its turns; none where there is no conversation yet."""
    entries = memory.entries() if memory is not None else ()
    return [entry for entry in entries if entry.turn.id != without]


def turn_key(entry: Entry) -> str:
    """Differs wherever something else would be shown."""
    hidden = "hidden" if entry.is_hidden else ""
    return f"{entry.number}.{entry.attempts}.{hidden}.{well_formed(entry.turn.id)}"


def entry_data(entry: Entry) -> dict[str, Any]:
    """The prompt, and the turn as our view reads it.

    Its reasoning is folded as soon as there is an answer: many turns stand below each other.
    """
    place = Place(entry.number, entry.attempts)
    return {
        "prompt": well_formed(entry.turn.prompt),
        "number": entry.number,
        "hidden": entry.is_hidden,
        "turn": turn_data(TurnView(entry.turn, place, start="auto")),
    }
