import random

import pytest
from corpora import in_full
from hypothesis import given, settings
from hypothesis import strategies as st

from qwq_magic.reasoning import Loop, LoopDetector, loops_of

UNIT = "But wait, I should look at it again. "


def _text(length: int, seed: int = 1) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice("abcdefghij klmnop") for _ in range(length))


def test_the_third_time_is_a_loop() -> None:
    detector = LoopDetector()
    detector.feed("Let me see:")

    assert detector.feed(UNIT * 2) is None
    assert detector.feed(UNIT) == Loop(11, 11 + 3 * len(UNIT), UNIT)
    assert detector.loop is not None
    assert detector.loop.repeats == 3


def test_a_loop_that_ends_is_remembered() -> None:
    loops = loops_of(_text(500) + UNIT * 5 + "Now the answer is " + _text(500, 2))

    assert [(loop.start, loop.unit, loop.repeats) for loop in loops] == [(500, UNIT, 5)]


@pytest.mark.parametrize("mark", ["!", "...", "—— ", "？！", "=-=-"])
def test_punctuation_alone_is_a_loop_too(mark: str) -> None:
    assert LoopDetector().feed(_text(100) + mark * 60) is not None


@pytest.mark.parametrize(
    ("text", "is_ruler"),
    [("-" * 70, True), ("|---" * 20, True), ("-" * 300, False), (UNIT * 3, False)],
)
def test_a_line_of_dashes_may_be_drawn_on_purpose(text: str, is_ruler: bool) -> None:
    [loop] = loops_of(text)

    assert loop.is_ruler is is_ruler


@pytest.mark.parametrize("size", [20, 21, 29, 333, 999, 1_000])
def test_units_of_any_allowed_length(size: int) -> None:
    unit = _text(size, seed=3)
    detector = LoopDetector()

    assert detector.feed(_text(777) + unit * 2 + unit[:-1]) is None
    assert detector.feed(unit[-1]) == Loop(777, 777 + 3 * size, unit)


def test_what_is_too_long_or_too_seldom_is_none() -> None:
    assert loops_of(_text(1_001) * 4) == ()
    assert loops_of(_text(100) * 2) == ()
    assert loops_of("ha" * 29) == ()
    assert loops_of("") == ()


@given(
    st.lists(st.sampled_from(["a", "ab ", "no. ", UNIT, "x" * 20, _text(40)]), max_size=60),
    st.lists(st.integers(0, 1_000), max_size=6),
)
@settings(max_examples=in_full(200, core=50))
def test_any_deltas_give_the_same_loops(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    bounds = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    pieces, single = LoopDetector(), LoopDetector()
    for begin, end in zip(bounds, bounds[1:], strict=False):  # noqa: RUF007 - needs 3.10's own
        pieces.feed(text[begin:end])
    for char in text:
        single.feed(char)

    whole = loops_of(text)
    assert pieces.close() == single.close() == whole
    for loop in whole:
        length = loop.end - loop.start
        assert text[loop.start : loop.end] == (loop.unit * (length // len(loop.unit) + 1))[:length]
        assert loop.repeats >= 3


@given(st.text("ab", min_size=20, max_size=60), st.integers(0, 40), st.integers(3, 6))
def test_every_loop_at_the_end_is_seen(unit: str, before: int, repeats: int) -> None:
    assert LoopDetector().feed(_text(before) + unit * repeats) is not None


@pytest.mark.parametrize("unit", ["a", "word ", "-" * 39 + "|x", _text(500), _text(1_500)])
def test_a_megabyte_keeps_little(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    detector = LoopDetector()
    for at in range(0, len(text), 100):
        detector.feed(text[at : at + 100])

    assert sum(len(v) for v in vars(detector).values() if isinstance(v, str)) < 10_000
