from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from qwq_magic import QwqError, Turn
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.settling import Settling, checked_probability


def _lanes(n: int, *, row: int = 0) -> list[Lane]:
    return [Lane(index, row, index + 1, "m", "Why?") for index in range(n)]


def _ended(lane: Lane, answer: str) -> Lane:
    lane.end(Turn("1", "Why?", answer=answer, complete=True, finish_reason="stop"))
    return lane


def test_without_a_probability_every_sample_is_asked() -> None:
    settling = Settling(None, Progress())
    assert all(settling.needs(lane) for lane in _lanes(8))


def test_only_as_many_are_asked_at_once_as_could_settle_the_vote() -> None:
    # Four that agree settle it: 31/32 is above 0.95.
    settling = Settling(0.95, Progress())
    assert [settling.needs(lane) for lane in _lanes(8)] == [True] * 4 + [False] * 4


def test_samples_that_agree_save_the_others() -> None:
    progress = Progress()
    settling = Settling(0.95, progress)
    lanes = _lanes(8)
    asked = []
    pending = deque(lanes)
    while pending:
        if settling.needs(lane := pending.popleft()):
            asked.append(lane)
        if not pending and asked:
            # One after the other ends, and what was held may be asked again.
            running = [lane for lane in asked if lane.turn is None]
            for lane in running[:1]:
                pending.extend(settling.ended(_ended(lane, "The answer is 42.")))
    for lane in [lane for lane in asked if lane.turn is None]:
        assert not settling.ended(_ended(lane, "The answer is 42."))
    assert asked == lanes[:4]
    assert progress.saved == 4
    assert [lane.state for lane in lanes[4:]] == ["saved"] * 4


def test_samples_that_disagree_are_asked_further() -> None:
    settling = Settling(0.95, Progress())
    lanes = _lanes(8)
    asked = [lane for lane in lanes if settling.needs(lane)]
    released = settling.ended(_ended(asked[0], "The answer is 41."))
    for lane in asked[1:]:
        released += settling.ended(_ended(lane, "The answer is 42."))
    assert released == lanes[4:]
    # Of 3 to 1, three more settle it: 6 to 1 is 0.965.
    assert [settling.needs(lane) for lane in released] == [True, True, True, False]


def test_rows_settle_apart() -> None:
    settling = Settling(0.95, Progress())
    first, other = _lanes(5), _lanes(1, row=1)
    assert [settling.needs(lane) for lane in first] == [True] * 4 + [False]
    assert settling.needs(other[0])


def test_a_request_that_is_repeated_is_not_counted_twice() -> None:
    settling = Settling(0.95, Progress())
    lanes = _lanes(4)
    assert settling.needs(lanes[0])
    assert settling.needs(lanes[0])
    assert all(settling.needs(lane) for lane in lanes[1:])


def test_replies_that_are_known_count() -> None:
    progress = Progress()
    lanes = _lanes(6)
    for lane in lanes[:4]:
        _ended(lane, "The answer is 42.")
        progress.ended.append(lane)
    settling = Settling(0.95, progress)
    assert not any(settling.needs(lane) for lane in lanes[4:])
    assert progress.saved == 2


@pytest.mark.parametrize("settle", [0.5, 1.0, 95, "0.95", True])
def test_another_probability_is_an_error(settle: Any) -> None:
    with pytest.raises(QwqError, match=r"Use a probability, such as 0\.95"):
        checked_probability(settle)
