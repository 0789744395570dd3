"""Align two sequences on what they have in common, in bounded time whatever they hold.

An item meets the one of the other side that is equal and equally often seen before. So no
item has more than one candidate, the most that can be kept in order is a longest rising
run, and a step that is repeated a thousand times costs no more than a thousand others.
The gaps in between are aligned again, each counting anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

_MOST_ROUNDS = 8

# A stretch of the left side and one of the right: where each begins and ends.
_Gap = tuple[int, int, int, int]


def align(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The pairs of places whose items are equal, rising on both sides."""
    pairs: list[tuple[int, int]] = []
    gaps: list[_Gap] = [(0, len(left), 0, len(right))]
    for _ in range(_MOST_ROUNDS):
        found: list[tuple[int, int]] = []
        left_over: list[_Gap] = []
        for gap in gaps:
            anchors = _anchors(left, right, gap)
            found += anchors
            if anchors:
                left_over += gaps_between(anchors, gap)
        pairs += found
        gaps = left_over
        if not gaps:
            break
    return sorted(pairs)


def gaps_between(pairs: Sequence[tuple[int, int]], within: _Gap) -> Iterator[_Gap]:
    """The stretches that both sides have between pairs; `pairs` rise."""
    left, left_end, right, right_end = within
    for i, j in (*pairs, (left_end, right_end)):
        if left < i and right < j:
            yield left, i, right, j
        left, right = i + 1, j + 1


def _anchors(
    left: Sequence[Hashable], right: Sequence[Hashable], gap: _Gap
) -> list[tuple[int, int]]:
    begin, end, other_begin, other_end = gap
    head: list[tuple[int, int]] = []
    while begin < end and other_begin < other_end and left[begin] == right[other_begin]:
        head.append((begin, other_begin))
        begin, other_begin = begin + 1, other_begin + 1
    tail: list[tuple[int, int]] = []
    while begin < end and other_begin < other_end and left[end - 1] == right[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        tail.append((end, other_end))
    places = {item: at for at, item in _numbered(right, other_begin, other_end)}
    met = [(at, places[item]) for at, item in _numbered(left, begin, end) if item in places]
    return [*head, *_longest_rising(met), *reversed(tail)]


def _numbered(
    items: Sequence[Hashable], begin: int, end: int
) -> Iterator[tuple[int, tuple[Hashable, int]]]:
    seen: Counter[Hashable] = Counter()
    for at in range(begin, end):
        item = items[at]
        yield at, (item, seen[item])
        seen[item] += 1


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs in which the right side rises too; the left does already."""
    ends: list[int] = []  # the lowest right place that ends a run of each length
    last: list[int] = []  # the pair it stands in
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            last.append(number)
        else:
            ends[length], last[length] = place, number
    run: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]
