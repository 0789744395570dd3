"""Messages in a file: each is written once, and then referred to by its number.

References are runs of consecutive numbers, since the messages sent with a turn are usually
those of the turn before it and two more. Runs shorter than a turn and a prompt are written
again: references to a prompt that is repeated often ("Go on.") would split every later run.
A long message is worth a reference of its own.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qwq_magic.turns import Message

_MIN_RUN = 3
_LONG_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Known:
    """Messages that were written before: their first and last number."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class New:
    """A message to write, and its number."""

    number: int
    message: Message


class MessageRuns:
    """Splits the messages of turns into new ones and runs of known ones.

    Numbers are consecutive within a block. New messages go to the last block that was started.
    """

    def __init__(self) -> None:
        # By the number of its first message; the numbers are also kept in order.
        self._blocks: dict[int, list[Message]] = {0: []}
        self._firsts = [0]
        self._current = 0
        # The number of the first message of each pair that was written consecutively.
        self._pairs: dict[tuple[Message, ...], int] = {}
        self._long: dict[Message, int] = {}
        # What was added since the mark: keys of the two above, and first numbers of blocks.
        self._added: list[tuple[Message, ...] | Message | int] = []
        self._marked = (0, 0)

    @property
    def next_number(self) -> int:
        """The number that the next new message gets."""
        return self._current + len(self._blocks[self._current])

    def start_block(self, first: int) -> None:
        """Number the messages that follow from `first`; no block has this number yet."""
        if first not in self._blocks:
            insort(self._firsts, first)
            self._blocks[first] = []
            self._added.append(first)
        self._current = first

    def seed(self, known: Mapping[int, Message]) -> None:
        """Know messages that a file has, by number; new ones go where they went before."""
        current = self._current
        unseen = [number for number in sorted(known) if not self._has(number)]
        for before, number in pairwise([-2, *unseen]):
            if number != before + 1:
                self.start_block(number)
            self._add(known[number])
        self._current = current
        self.mark()

    def mark(self) -> None:
        """Keep what was split so far; `forget` goes back to here."""
        self._added.clear()
        self._marked = (self._current, len(self._blocks[self._current]))

    def forget(self) -> None:
        """Forget what was split since the mark, because it was not written after all."""
        for key in self._added:
            if isinstance(key, Message):
                del self._long[key]
            elif isinstance(key, int):
                del self._blocks[key]
                self._firsts.remove(key)
            else:
                del self._pairs[key]
        self._added.clear()
        self._current, length = self._marked
        del self._blocks[self._current][length:]

    def split(self, messages: Sequence[Message]) -> list[Known | New]:
        """Return the messages in order, as those that must be written and those that are known."""
        items: list[Known | New] = []
        at = 0
        while at < len(messages):
            known = self._known(messages, at)
            if known is None:
                items.append(New(self.next_number, messages[at]))
                self._add(messages[at])
                at += 1
            else:
                items.append(known)
                at += known.last - known.first + 1
        return items

    def _known(self, messages: Sequence[Message], at: int) -> Known | None:
        first = self._pairs.get(tuple(messages[at : at + 2]))
        if first is not None:
            written, offset = self._block_of(first)
            length = _common_length(messages, at, written, offset)
            if length >= _MIN_RUN:
                # Keep the objects just seen: the next turn holds the same ones, and comparing
                # by identity is fast.
                written[offset : offset + length] = messages[at : at + length]
                return Known(first, first + length - 1)
        number = self._long.get(messages[at]) if _is_long(messages[at]) else None
        return None if number is None else Known(number, number)

    def _block_of(self, number: int) -> tuple[list[Message], int]:
        """Return the block that begins at or before the number, and the offset in it."""
        first = self._firsts[bisect_right(self._firsts, number) - 1]
        return self._blocks[first], number - first

    def _has(self, number: int) -> bool:
        block, offset = self._block_of(number)
        return offset < len(block)

    def _add(self, message: Message) -> None:
        number, block = self.next_number, self._blocks[self._current]
        if block and (pair := (block[-1], message)) not in self._pairs:
            self._pairs[pair] = number - 1
            self._added.append(pair)
        if _is_long(message) and message not in self._long:
            self._long[message] = number
            self._added.append(message)
        block.append(message)


def _is_long(message: Message) -> bool:
    return len(message.text) + len(message.reasoning) >= _LONG_CHARACTERS


def _common_length(a: Sequence[Message], a_at: int, b: list[Message], b_at: int) -> int:
    """Return how many messages of `a` from `a_at` equal those of `b` from `b_at`."""
    limit = min(len(a) - a_at, len(b) - b_at)
    length = 0
    # Whole slices are compared at once, mostly by identity: one message at a time takes 50 times
    # as long. Any length is a sum of powers of two, each used once.
    for step in (1 << bit for bit in reversed(range(limit.bit_length()))):
        a_from, b_from = a_at + length, b_at + length
        if length + step <= limit and [*a[a_from : a_from + step]] == b[b_from : b_from + step]:
            length += step
    return length
