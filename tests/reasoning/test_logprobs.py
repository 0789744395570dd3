"""How sure a model was: from the tokens of a server to the means of a step."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.events import TokenLogprob
from qwq_magic.reasoning import steps_of
from qwq_magic.reasoning.logprobs import (
    LogprobMark,
    LogprobRecorder,
    Logprobs,
    Sureness,
    sureness_between,
    token_logprob,
)
from qwq_magic.wire.logprobs import logprobs_in

FIRST = "We add the numbers of the first row. "
SECOND = "So the sum has to be twenty, I think. "


def _recorded(*texts: tuple[str, float], entropy: float | None = 0.5) -> LogprobRecorder:
    """A token a word, all words of a text with one log-probability."""
    recorder = LogprobRecorder()
    for text, logprob in texts:
        for word in text.split(" ")[:-1]:
            recorder.add_text(len(word) + 1)
            recorder.add([TokenLogprob(len(word) + 1, logprob, entropy)])
    return recorder


def test_each_step_has_the_means_of_its_tokens() -> None:
    marks = _recorded((FIRST, -0.25), (SECOND, -2.0)).marks()
    first, second = steps_of(FIRST + SECOND, logprobs=marks)

    assert (first.logprob, first.entropy) == (-0.25, 0.5)
    assert second.logprob == pytest.approx(-2.0, abs=0.5)
    assert steps_of(FIRST)[0].logprob is None


def test_a_step_whose_entropy_is_not_known_has_its_log_probability() -> None:
    (step,) = steps_of(FIRST, logprobs=_recorded((FIRST, -0.25), entropy=None).marks())

    assert (step.logprob, step.entropy) == (-0.25, None)


def test_tokens_of_one_delta_are_placed_by_their_lengths() -> None:
    recorder = LogprobRecorder()
    recorder.add_text(60)
    recorder.add([TokenLogprob(20, -1.0), TokenLogprob(20, -2.0), TokenLogprob(20, -3.0)])

    assert [(mark.end, mark.logprob) for mark in recorder.marks()] == [
        (20, -1.0), (40, -2.0), (60, -3.0),
    ]  # fmt: skip


def test_a_tag_is_a_token_without_a_place_in_the_text() -> None:
    recorder = LogprobRecorder()
    recorder.add_text(4)
    recorder.add([TokenLogprob(9, -1.0), TokenLogprob(4, -2.0)])

    assert recorder.marks() == (LogprobMark(4, 2, -3.0, None),)


def test_marks_are_fewer_than_tokens_and_lose_none() -> None:
    recorder = LogprobRecorder()
    for _ in range(1_000):
        recorder.add_text(4)
        recorder.add([TokenLogprob(4, -0.5, 0.1)])
    marks = recorder.marks()

    assert len(marks) < 300
    assert sum(mark.tokens for mark in marks) == 1_000
    assert sum(mark.logprob for mark in marks) == pytest.approx(-500)


def test_the_entropy_is_that_of_the_likeliest_tokens_scaled_to_one() -> None:
    half = math.log(0.25)

    assert token_logprob("a", half, [half, half]).entropy == pytest.approx(math.log(2))
    assert token_logprob("a", 0.0, [0.0]).entropy is None
    assert token_logprob("a", -math.inf, [-math.inf, -9999]).logprob == -100
    assert token_logprob("a", 3.0).logprob == 0


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.floats(-50, 0), st.none() | st.floats(0, 5, allow_nan=False)
        ),
        max_size=60,
    ),
    st.lists(st.integers(0, 40), max_size=8),
)
def test_every_token_counts_once_in_the_pieces_of_a_text(
    tokens: list[tuple[int, float, float | None]], lengths: list[int]
) -> None:
    recorder = LogprobRecorder()
    for characters, logprob, entropy in tokens:
        recorder.add_text(characters)
        recorder.add([TokenLogprob(characters, logprob, entropy)])
    marks = recorder.marks()
    end = max((mark.end for mark in marks), default=0)
    cuts = sorted({0, end, *(length for length in lengths if length < end)})
    found = sureness_between(cuts, marks)

    assert all(each is None or isinstance(each, Sureness) for each in found)
    assert len(found) == len(cuts) - 1
    saved = Logprobs.from_dict(Logprobs(marks).to_dict())
    assert [mark[:2] for mark in saved.reasoning] == [mark[:2] for mark in marks]


@pytest.mark.parametrize(
    "packed",
    [[1], [1, 1, 1], "abcd", [1, 1, 1, 2.5], [-1, 1, 1, 1], [1, -1, 1, 1], [2**50, 1, 1, 1],
     [True, 1, 1, 1], None],
)  # fmt: skip
def test_a_damaged_file_is_refused(packed: Any) -> None:
    with pytest.raises(ValueError, match="invalid log-probabilities"):
        Logprobs.from_dict({"reasoning": packed})


def test_both_lists_of_a_chunk_are_read_in_order() -> None:
    chunk = {
        "content": [{"token": "Yes", "logprob": -0.5, "top_logprobs": [{"logprob": -0.5}]}],
        "reasoning_content": [{"token": "Hm", "logprob": -1}, {"token": None, "logprob": -1}],
    }

    assert logprobs_in(chunk) == [TokenLogprob(2, -1.0), TokenLogprob(3, -0.5)]


@pytest.mark.parametrize(
    "value",
    [None, [], "text", {"content": None}, {"content": {"token": "a"}}, {"content": [1, None, "a"]},
     {"content": [{"token": "a", "logprob": float("nan")}]},
     {"content": [{"token": "a", "logprob": "-1"}]}],
)  # fmt: skip
def test_what_has_another_form_is_left_out(value: Any) -> None:
    assert logprobs_in(value) == []


def test_a_number_of_any_size_is_read_as_the_least_log_probability() -> None:
    item = {"token": "a", "logprob": -(10**400), "top_logprobs": [{"logprob": -(10**400)}] * 2}

    (token,) = logprobs_in({"content": [item]})

    assert token.logprob == -100
    assert token.entropy == pytest.approx(math.log(2))
