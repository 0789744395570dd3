"""The transcript of a chat: the latest turns of a conversation, as data, each sent once.

Every page lists the keys of all turns it shows, and contains only the turns the browser does
not have; if one is missing, the browser requests the whole page. So a lost message costs one
request, and a long conversation is not sent again with every turn.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.saved.bundle import turn_data
from qwq_magic.display.turn_view import TurnView
from qwq_magic.memory import ConversationMemory, TurnPosition
from qwq_magic.memory.conversation import Entry
from qwq_magic.plain_text import well_formed

MOST_TURNS: Final = 30


class Transcript:
    """The turns of the conversation that is shown, and which of them were sent."""

    def __init__(self) -> None:
        self._most = MOST_TURNS
        # The keys of the previous page; the browser keeps these turns and no others.
        self._sent: frozenset[str] = frozenset()

    def restart(self) -> None:
        """Show only the latest turns again, for another conversation."""
        self._most = MOST_TURNS

    def show_earlier(self) -> None:
        """Show `MOST_TURNS` more earlier turns."""
        self._most += MOST_TURNS

    def page(
        self, memory: ConversationMemory | None, *, whole: bool, without: str
    ) -> dict[str, Any]:
        """Return the keys of the turns in order, and the turns the browser does not have.

        Args:
            memory: the conversation; None before its first turn.
            whole: whether to include all turns.
            without: the id of a turn to leave out.
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
    """Return the turns of a conversation, except the one with the id `without`."""
    entries = memory.entries() if memory is not None else ()
    return [entry for entry in entries if entry.turn.id != without]


def turn_key(entry: Entry) -> str:
    """Return a key that changes whenever the turn would be shown differently."""
    hidden = "hidden" if entry.is_hidden else ""
    return f"{entry.number}.{entry.attempts}.{hidden}.{well_formed(entry.turn.id)}"


def entry_data(entry: Entry) -> dict[str, Any]:
    """Return the prompt and the turn as data for the view.

    The reasoning is closed once there is an answer, since a transcript has many turns.
    """
    place = TurnPosition(entry.number, entry.attempts)
    return {
        "prompt": well_formed(entry.turn.prompt),
        "number": entry.number,
        "hidden": entry.is_hidden,
        "turn": turn_data(TurnView(entry.turn, place, start="auto")),
    }
