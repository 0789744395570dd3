"""Align two sequences by their equal items, in bounded time for any input.

The n-th occurrence of an item is matched with the n-th occurrence on the other side. So every
item has at most one candidate, a longest increasing subsequence of the matches is the best
alignment, and a step that occurs a thousand times costs no more than a thousand different
ones. The gaps between matches are then aligned again, with occurrences counted within the gap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

# Limited, so that the time is bounded for any input; what is left by then counts as different.
_MOST_ROUNDS = 8

# A range on each side: left start, left end, right start, right end.
_Gap = tuple[int, int, int, int]


def align(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the pairs of indices of equal items, increasing on both sides."""
    pairs: list[tuple[int, int]] = []
    gaps: list[_Gap] = [(0, len(left), 0, len(right))]
    for _ in range(_MOST_ROUNDS):
        found: list[tuple[int, int]] = []
        left_over: list[_Gap] = []
        for gap in gaps:
            anchors = _anchors(left, right, gap)
            found += anchors
            # Without a match in this round, a gap would have none in the next.
            if anchors:
                left_over += gaps_between(anchors, gap)
        pairs += found
        gaps = left_over
        if not gaps:
            break
    return sorted(pairs)


def gaps_between(pairs: Sequence[tuple[int, int]], within: _Gap) -> Iterator[_Gap]:
    """Yield the ranges between `pairs`, which increase, that are empty on neither side."""
    left, left_end, right, right_end = within
    for i, j in (*pairs, (left_end, right_end)):
        if left < i and right < j:
            yield left, i, right, j
        left, right = i + 1, j + 1


def _anchors(
    left: Sequence[Hashable], right: Sequence[Hashable], gap: _Gap
) -> list[tuple[int, int]]:
    begin, end, other_begin, other_end = gap
    # Equal beginnings and ends belong to a best alignment, so they need no search.
    head: list[tuple[int, int]] = []
    while begin < end and other_begin < other_end and left[begin] == right[other_begin]:
        head.append((begin, other_begin))
        begin, other_begin = begin + 1, other_begin + 1
    tail: list[tuple[int, int]] = []
    while begin < end and other_begin < other_end and left[end - 1] == right[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        tail.append((end, other_end))
    indices = {item: at for at, item in _numbered(right, other_begin, other_end)}
    matches = [(at, indices[item]) for at, item in _numbered(left, begin, end) if item in indices]
    return [*head, *_longest_increasing(matches), *reversed(tail)]


def _numbered(
    items: Sequence[Hashable], begin: int, end: int
) -> Iterator[tuple[int, tuple[Hashable, int]]]:
    seen: Counter[Hashable] = Counter()
    for at in range(begin, end):
        item = items[at]
        yield at, (item, seen[item])
        seen[item] += 1


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest subsequence with increasing right indices; left ones always increase."""
    ends: list[int] = []  # per length, the lowest right index that ends such a run
    last: list[int] = []  # per length, the number of the pair with that index
    before: list[int] = []  # per pair, the previous pair of its run, or -1
    for number, (_, index) in enumerate(pairs):
        length = bisect_left(ends, index)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(index)
            last.append(number)
        else:
            ends[length], last[length] = index, number
    run: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]
