import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning.arrivals import (
    MOST_MARKS,
    ArrivalRecorder,
    Mark,
    pack_marks,
    seconds_between,
    unpack_marks,
)

WAITS = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 3)), max_size=60)


def recorded(deltas: list[tuple[int, float]]) -> tuple[Mark, ...]:
    recorder, now_s = ArrivalRecorder(), 0.0
    for characters, wait_s in deltas:
        now_s += wait_s
        recorder.add(characters, now_s)
    return recorder.marks(since_s=0.0)


def test_there_is_a_mark_per_interval_its_last_delta() -> None:
    deltas = [(3, 1.0), (2, 0.01), (2, 0.01), (2, 0.01), (4, 0.5), (5, 2.0)]

    assert recorded(deltas) == ((3, 1.0), (9, 1.03), (13, 1.53), (18, 3.53))


@pytest.mark.parametrize("count", [999, 5_000, 200_000])
def test_a_reasoning_of_any_length_has_a_thousand_marks_at_most(count: int) -> None:
    marks = recorded([(4, 0.06)] * count)

    assert MOST_MARKS // 2 <= len(marks) <= MOST_MARKS
    assert marks[0] == (4, 0.06)
    assert marks[-1] == (4 * count, pytest.approx(0.06 * count))  # type: ignore[comparison-overlap]  # approx equals a float


@given(WAITS)
def test_marks_come_back_from_json(deltas: list[tuple[int, float]]) -> None:
    marks = recorded(deltas)

    assert unpack_marks(json.loads(json.dumps(pack_marks(marks)))) == marks


@pytest.mark.parametrize(
    "packed",
    [1, "12", {}, [1], [1, -1], [1, 0.5], [True, 1], [1, None], [0, 0] * 1_001, [2**40, 1]],
)
def test_invalid_marks_are_rejected(packed: Any) -> None:
    with pytest.raises(ValueError, match="invalid arrival marks"):
        unpack_marks(packed)


def test_what_came_at_once_shares_its_time() -> None:
    assert seconds_between([0, 10, 15, 20, 90], [(10, 1.0), (20, 3.0)]) == [0.0, 1.0, 1.0, 0.0]


def test_one_mark_times_nothing() -> None:
    assert seconds_between([0, 5], [(5, 1.0)]) is None


@given(WAITS, st.lists(st.integers(0, 2_000), max_size=20))
def test_stretches_add_up_to_the_time_they_took_together(
    deltas: list[tuple[int, float]], offsets: list[int]
) -> None:
    marks = recorded(deltas)
    bounds = [0, *sorted(offsets), 10**6]
    seconds = seconds_between(bounds, marks)

    assert (seconds is None) == (len(marks) < 2)
    if seconds is not None:
        assert sum(seconds) == pytest.approx(marks[-1][1] - marks[0][1])
