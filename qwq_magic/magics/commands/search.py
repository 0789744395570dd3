"""`%qwq_search`: find steps across all turns, and open the inspector at one of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.commands.inspect import show_inspected
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.reports import show
from qwq_magic.magics.turn_names import TurnNames
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.store import Hit

_MOST_HITS = 20
_MOST_LIMIT = 1_000
# At the end of the line, so that a text may contain the same words.
_OPTION = re.compile(r"(?:^|\s)--(open|limit)(?:[ \t=]+(\S+))?\s*$")
_COMMAND = "%qwq_search"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A parsed line; `opened` is the number of the hit to open, from 1, None for the list."""

    text: str
    opened: int | None = None
    limit: int = _MOST_HITS


@magics_class
class SearchMagics(Magics):
    """The search command."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._names = TurnNames(context)

    @no_var_expand
    @line_magic
    def qwq_search(self, line: str) -> None:
        """Find turns by their words: `%qwq_search TEXT [--open N] [--limit N]`.

        Prompts, reasonings and answers are searched: those in the store of the setting `store`,
        or without one those in memory. All words must be in the turn; each may be the beginning
        of a word, and "words in quotes" must follow one another. Case and accents do not count.

        A single hit opens the inspector at its step; of several, --open 2 opens the second.
        """
        try:
            wanted = _parse(line)
            hits = self._search(wanted)
            if wanted.opened is None and len(hits) != 1:
                self._list(wanted, hits)
            else:
                self._open(hits, wanted.opened or 1)
        except QwqError as error:
            raise UsageError(str(error)) from None

    def complete(self, _words: list[str], text: str) -> list[str]:
        """Complete the options."""
        return [word for word in ("--open", "--limit") if word.startswith(text or " ")]

    def _search(self, wanted: _Wanted) -> list[Hit]:
        context = self._context
        context.apply_settings()
        failure = context.saved()
        if failure:
            sys.stderr.write(f"{failure}\n")
        limit = max(wanted.limit, wanted.opened or 0)
        file = context.settings.store
        kept: list[Hit] = []
        if context.store.exists(file):
            kept = context.store.search(wanted.text, file=file, limit=limit)
            if not failure:
                return kept
        from qwq_magic.store.search import search_turns

        # All turns, or those that could not be saved.
        found = search_turns(self._latest_first(), wanted.text, limit=limit)
        known = {hit.turn_id for hit in found}
        return [*found, *(hit for hit in kept if hit.turn_id not in known)][:limit]

    def _latest_first(self) -> Iterator[Turn]:
        # By their ids, since forks share turns.
        turns = {
            attempt.turn.id: attempt.turn
            for memory in self._context.session.conversations.memories
            for slot in memory.contents.slots
            for attempt in slot.attempts
        }
        yield from sorted(turns.values(), key=lambda turn: turn.started_at, reverse=True)

    def _list(self, wanted: _Wanted, hits: list[Hit]) -> None:
        if not hits:
            where = self._context.settings.store or "the memory of this kernel"
            show(None, [f"No turn in {where} has: {wanted.text}"])
            return
        from qwq_magic.display.tables import Table

        rows = [
            (
                str(number),
                self._names.name_of(hit.turn_id),
                hit.conversation,
                hit.part if hit.step is None else f"step {hit.step}",
                hit.snippet,
                hit.started_at[:16].replace("T", " "),
            )
            for number, hit in enumerate(hits, 1)
        ]
        headings = ("hit", "turn", "conversation", "where", "text", "sent (UTC)")
        lines = [
            f"{_COMMAND} {wanted.text} --open 1 opens the inspector at the first hit, "
            "%qwq_inspect TURN one of the turns."
        ]
        if len(hits) == wanted.limit:
            lines.append(f"These are the latest {wanted.limit}; --limit shows more.")
        show(Table(headings, rows, prose=("text",)).without_empty_columns(), lines)

    def _open(self, hits: list[Hit], number: int) -> None:
        if not 1 <= number <= len(hits):
            raise ConfigurationError(
                f"There is no hit {number}: {len(hits)} were found. Use a number from the list."
            )
        hit = hits[number - 1]
        turn = self._turn_of(hit)
        where = hit.part if hit.step is None else f"step {hit.step} of {len(turn.steps)}"
        show_inspected(self._context, turn.inspect, [turn], step=hit.step)
        show(None, [f"{where}: {hit.snippet}"])

    def _turn_of(self, hit: Hit) -> Turn:
        context = self._context
        turn = context.session.conversations.turn_of(hit.turn_id)
        if turn is None:
            [turn, *_] = context.store.turns_with_id(hit.turn_id, file=context.settings.store)
        return turn


def _parse(line: str) -> _Wanted:
    text, numbers = line.strip(), {}
    while (option := _OPTION.search(text)) and option[1] not in numbers:
        value = option[2] or ""
        if not (value.isdecimal() and len(value) <= 4 and 1 <= int(value) <= _MOST_LIMIT):
            raise ConfigurationError(
                f"--{option[1]} needs a number from 1 to {_MOST_LIMIT:,}, such as "
                f"--{option[1]} 2, not {value!r:.40}."
            )
        numbers[option[1]] = int(value)
        text = text[: option.start()].rstrip()
    if not any(character.isalnum() for character in text):
        raise ConfigurationError(f"Name words to search for, such as {_COMMAND} 9.11 larger.")
    return _Wanted(text, numbers.get("open"), numbers.get("limit", _MOST_HITS))
