import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.demo.recordings import Recording, recordings
from qwq_magic.reasoning import Step, StepReader, steps_of
from qwq_magic.reasoning.kinds import LOOKAHEAD

TEXT = "The first sentence. The second sentence. Alternatively, a third sentence."


def test_steps_come_as_they_settle() -> None:
    reader = StepReader()
    deltas = ("The first sentence. ", "The second sentence. ", "And then the third sentence", ". ")
    steps = [reader.feed(delta) for delta in deltas]

    assert [[step.text for step in settled] for settled in steps] == [
        [],
        [],
        ["The first sentence. "],
        [],
    ]
    assert [step.text for step in reader.close()] == [
        "The second sentence. ",
        "And then the third sentence. ",
    ]


def test_a_step_waits_for_a_few_characters_at_most() -> None:
    reader = StepReader()
    settled = reader.feed("A sentence. Next, " + "a" * (LOOKAHEAD - len("Next, ")))

    assert [step.text for step in settled] == ["A sentence. "]


@given(st.text(max_size=300), st.integers(1, 40))
def test_they_are_cut_as_the_finished_ones(text: str, size: int) -> None:
    assert read_in_deltas(text, size) == whole(steps_of(text))


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.id)
def test_they_are_of_the_same_kinds_and_episodes_as_the_finished_ones(recording: Recording) -> None:
    assert read_in_deltas(recording.reasoning, 7) == whole(steps_of(recording.reasoning))


def read_in_deltas(text: str, size: int) -> list[Step]:
    reader = StepReader()
    steps = [s for at in range(0, len(text), size) for s in reader.feed(text[at : at + size])]
    return whole(steps + reader.close())


def whole(steps: Iterable[Step]) -> list[Step]:
    """All but the tokens, which are rounded so that they add up when all are there."""
    return [dataclasses.replace(step, tokens=None) for step in steps]


def test_arrivals_date_steps_alike() -> None:
    reader = StepReader()
    marks: list[tuple[int, float]] = []
    steps: list[Step] = []
    for number, at in enumerate(range(0, len(TEXT), 7)):
        marks.append((min(at + 7, len(TEXT)), float(number)))
        steps += reader.feed(TEXT[at : at + 7], at_s=float(number))
    steps += reader.close()

    finished = steps_of(TEXT, arrivals=marks)
    assert [s.seconds for s in steps] == [s.seconds for s in finished]
    assert [s.episode for s in steps] == [s.episode for s in finished] == [0, 0, 1]


def test_without_times_seconds_are_unknown() -> None:
    reader = StepReader()
    [step] = reader.feed("One long enough sentence") + reader.close()

    assert dataclasses.astuple(step)[-4:] == (None, 7, None, None)
