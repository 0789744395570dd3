import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning.alignment import align

ITEMS = st.lists(st.integers(0, 5), max_size=40)


class Counted:
    """An item that counts how often anybody looks at it."""

    looks = 0

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        assert isinstance(other, Counted)
        return self.value == other.value

    def __hash__(self) -> int:
        Counted.looks += 1
        return hash(self.value)


@given(ITEMS, ITEMS)
def test_pairs_are_equal_items_in_order(left: list[int], right: list[int]) -> None:
    pairs = align(left, right)

    assert all(left[i] == right[j] for i, j in pairs)
    assert pairs == sorted(pairs)
    assert all(a < c and b < d for (a, b), (c, d) in zip(pairs, pairs[1:], strict=False))  # noqa: RUF007


@given(ITEMS)
def test_a_sequence_aligns_with_itself_entirely(items: list[int]) -> None:
    assert align(items, items) == [(at, at) for at in range(len(items))]


def test_an_insertion_leaves_the_rest_aligned() -> None:
    left, right = (
        ["the", "cat", "and", "the", "dog", "and", "the", "bird"],
        ["the", "dog", "and", "the", "bird"],
    )

    assert [left[i] for i, _ in align(left, right)] == ["the", "dog", "and", "the", "bird"]


@pytest.mark.parametrize(
    "pair",
    [
        lambda n: ([1] * n, [1, 2] * n),
        lambda n: (list(range(n)), list(range(n))[::-1]),
        lambda n: ([k % 7 for k in range(n)], [k % 5 for k in range(n)]),
        lambda n: (random.Random(1).sample(range(n), n), list(range(n))),
        lambda n: (["a", *range(n)], [*range(n), "a"]),
    ],
)
def test_looks_per_item_do_not_grow_with_the_length(
    pair: Callable[[int], tuple[list[Any], list[Any]]],
) -> None:
    def looks(size: int) -> float:
        left, right = ([Counted(value) for value in side] for side in pair(size))
        Counted.looks = 0
        align(left, right)
        return Counted.looks / (len(left) + len(right))

    assert looks(4_000) < 3 * looks(500) + 1
    assert looks(4_000) < 60
