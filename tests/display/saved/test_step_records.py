"""Steps as compact text: read back, they are the steps."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import qwq_magic
from qwq_magic.display.saved.step_records import loop_spans, step_records
from qwq_magic.reasoning import Group, Kind, loops_of, steps_of

STATIC = Path(qwq_magic.__file__).parent / "display" / "static"
RECORD = re.compile(
    r"([A-Z])([0-9a-z]+)(?:\.([0-9a-z]+))?(?:\+([0-9a-z]+))?(?:~([0-9a-z]+))?"
    r"((?:=[0-9a-z]+\+[0-9a-z]+|[!?][0-9a-z]+\+[0-9a-z]+-[0-9a-z]+-[0-9a-z]+:[-0-9./e+≈ ]+;)*)"
)


def base36(digits: str | None) -> int:
    return int(digits or "0", 36)


def test_every_kind_has_a_letter_of_its_own() -> None:
    assert len({kind.letter for kind in Kind}) == len(Kind)


def test_the_view_knows_the_same_letters_kinds_and_groups() -> None:
    source = (STATIC / "step_kinds.js").read_text("utf-8")
    row = r"""\["(\w)", \{ name: "(\w+)", group: "(\w+)" \}\]"""
    [groups] = re.findall(r"GROUPS = \[([^\]]+)\]", source)

    assert set(re.findall(row, source)) == {
        (kind.letter, kind.value, kind.group.value)
        for kind in Kind
        if kind is not Kind.UNCLASSIFIED
    }
    assert re.findall(r"\w+", groups) == [group.value for group in Group]


@given(st.text(max_size=600))
def test_records_give_back_ends_kinds_and_cues(text: str) -> None:
    kinds = {kind.letter: kind for kind in Kind}
    steps = steps_of(text)
    records = step_records(steps)

    read = [match.groups() for match in RECORD.finditer(records)]
    assert "".join(match.group() for match in RECORD.finditer(records)) == records
    assert [kinds[letter] for letter, *_ in read] == [step.kind for step in steps]
    assert [base36(length) for _, length, *_ in read] == [s.end - s.start for s in steps]
    cues = [
        step.text[base36(begin) : base36(begin) + base36(length)]
        for step, (_, _, begin, length, *_) in zip(steps, read, strict=True)
    ]
    assert cues == [step.cue for step in steps]


def test_a_step_says_how_long_it_took_in_tenths() -> None:
    text = "The first sentence. The second sentence."
    steps = steps_of(text, arrivals=[(20, 1.0), (40, 4.6)])

    assert [base36(match[5]) for match in RECORD.finditer(step_records(steps))] == [
        round(step.seconds * 10) for step in steps if step.seconds is not None
    ]


def test_loops_say_where_they_begin_and_how_long_they_are() -> None:
    text = "Before. " + "And again the very same sentence. " * 5 + "After."
    [loop] = loops_of(text)

    begin, length = loop_spans([loop]).split("+")
    assert (base36(begin), base36(begin) + base36(length)) == (loop.start, loop.end)


def test_a_step_costs_seven_bytes_or_less_and_a_sum_that_holds_five() -> None:
    sentences = ("Let me check that 4 * 41 - 11 = 153 holds.", "Wait, the board has an odd side.")
    text = " ".join(sentences[number % 2] for number in range(2_000))
    steps = steps_of(text, arrivals=[(at, at / 80) for at in range(0, len(text) + 40, 40)])

    assert len(step_records(steps)) <= 7 * len(steps) + 5 * sum(len(step.checks) for step in steps)


def test_a_sum_has_its_place_and_a_wrong_one_its_sides_and_its_value() -> None:
    steps = steps_of("So 3 + 4 = 7 here.\n\nBut 17 × 24 = 418 there.\n\nAnd 418 = 17 × 24, too.")

    read = [match[6] for match in RECORD.finditer(step_records(steps))]

    assert read == ["=3+9", "!4+d-7-3:408;", "?4+d-3-7:408;"]
