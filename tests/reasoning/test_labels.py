"""Hand labels as data: agreement as published, and files that come back as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qwq_magic.errors import FileError
from qwq_magic.reasoning import Kind, Labels, StepLabel, load_labels, steps_frame
from qwq_magic.reasoning.agreement import cohen_kappa, krippendorff_alpha
from qwq_magic.reasoning.kind_names import LABEL_KINDS
from qwq_magic.turns import Turn

# Krippendorff (2011), section C: four observers, twelve units, "." where a value is missing.
_PUBLISHED = ("123321412...", "1233224125.3", ".33323422" + "51.", "12332441251.")


def a_label(step: int, kind: Kind, annotator: str, *, turn: str = "t1") -> StepLabel:
    return StepLabel(turn, step, 10 * step, 10 * step + 10, kind, annotator, text="ten chars.")


def test_alpha_is_the_published_one_for_four_observers_with_missing_values() -> None:
    units = [[value for value in unit if value != "."] for unit in zip(*_PUBLISHED, strict=True)]

    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=0.0005)


@pytest.mark.parametrize(
    ("one", "other", "alpha"),
    # Krippendorff (2011), sections A and B: two observers, binary and nominal data.
    [("0100000010", "1110010000", 0.095), ("aabbdcccedda", "babbbccceddd", 0.692)],
)
def test_alpha_is_the_published_one_for_two_observers(one: str, other: str, alpha: float) -> None:
    found = krippendorff_alpha(zip(one, other, strict=True))

    assert found == pytest.approx(alpha, abs=0.0005)


@pytest.mark.parametrize(
    ("rows", "kappa"),
    [
        # Cohen (1960), 200 cases in three categories.
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),
        ([[20, 5], [10, 15]], 0.4),
        ([[3, 0], [0, 4]], 1.0),
        ([[0, 3], [3, 0]], -1.0),
    ],
)
def test_kappa_is_the_published_one(rows: list[list[int]], kappa: float) -> None:
    counts = {(i, j): count for i, row in enumerate(rows) for j, count in enumerate(row)}

    assert cohen_kappa(counts) == pytest.approx(kappa, abs=0.0005)


def test_neither_is_defined_where_nothing_could_have_differed() -> None:
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha([["a"], ["b"]]) is None
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert cohen_kappa({}) is None
    assert cohen_kappa({("a", "a"): 5}) is None


def test_agreement_counts_what_two_people_labelled_and_shows_where_they_differ() -> None:
    ann = [Kind.SETUP, Kind.COMPUTE, Kind.DOUBT, Kind.CHECK, Kind.ANSWER]
    bob = [Kind.SETUP, Kind.COMPUTE, Kind.CHECK, Kind.CHECK]
    labels = Labels(
        [
            *(a_label(step, kind, "ann") for step, kind in enumerate(ann)),
            *(a_label(step, kind, "bob") for step, kind in enumerate(bob)),
            a_label(0, Kind.SETUP, "cyd"),
        ]
    )

    found = labels.agreement()

    assert found.n == 4
    assert found.alpha == krippendorff_alpha([["s"] * 3, ["c"] * 2, ["d", "k"], ["k"] * 2])
    assert [(pair.one, pair.other, pair.n) for pair in found.pairs] == [
        ("ann", "bob", 4),
        ("ann", "cyd", 1),
        ("bob", "cyd", 1),
    ]
    assert found.kappa["ann", "bob"] == pytest.approx((0.75 - 0.25) / 0.75)
    assert labels.confusion("ann", "bob")[Kind.DOUBT, Kind.CHECK] == 1
    shown = str(found)
    assert "ann and bob: Cohen's κ = 0.67, 4 steps, 75% alike" in shown
    assert "compute  check  doubt   ← bob" in shown
    assert "ann and cyd: Cohen's κ = not defined, 1 step, 100% alike" in shown


def test_the_last_label_of_one_person_for_one_step_counts() -> None:
    labels = Labels([a_label(0, Kind.DOUBT, "ann"), a_label(0, Kind.CHECK, "ann")])

    assert [each.label for each in labels] == [Kind.CHECK]
    assert repr(labels) == "<Labels: 1 label in 1 turn by ann>"
    assert str(labels.agreement()) == "No step has labels by two people yet."


def test_steps_of_another_turn_are_other_steps() -> None:
    labels = Labels([a_label(0, Kind.DOUBT, "ann"), a_label(0, Kind.DOUBT, "bob", turn="t2")])

    assert labels.agreement().n == 0
    assert list(labels.of("t2")) == [labels[1]]


def test_exported_labels_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    label = StepLabel("t1", 3, 10, 15, Kind.SWITCH, "Ann Ā", "2026-01-02T03:04:05Z", "Wait,")
    labels = Labels([label, a_label(0, Kind.CHECK, "bob")])

    labels.export(path)

    assert load_labels(path) == labels
    assert json.loads(path.read_text("utf-8").splitlines()[0]) == {
        "turn_id": "t1",
        "step": 3,
        "start": 10,
        "end": 15,
        "label": "switch",
        "annotator": "Ann Ā",
        "labelled_at": "2026-01-02T03:04:05Z",
        "text": "Wait,",
    }


def test_half_a_surrogate_pair_does_not_prevent_an_export(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"

    Labels([StepLabel("t1", 0, 0, 2, Kind.CHECK, "ann", text="a\ud83d")]).export(path)

    assert load_labels(path)[0].text == "a\ufffd"


_SOUND: dict[str, Any] = {
    "turn_id": "t",
    "start": 0,
    "end": 2,
    "label": "doubt",
    "annotator": "ann",
    "text": "Hm",
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"label": "unclassified"}, "label 'unclassified' is not one of setup, plan, "),
        ({"label": ["doubt"]}, "label ['doubt'] is not one of"),
        ({"annotator": "a\nb"}, "annotator 'a\\nb' is not a name in one line"),
        ({"annotator": "\x1b[2Ja"}, "is not a name in one line"),
        ({"annotator": "a" * 81}, "is not a name in one line"),
        ({"start": -1}, "start -1 is not a whole number, 0 or more"),
        ({"start": True}, "start True is not a whole number, 0 or more"),
        ({"end": 10**30}, "is not a whole number, 0 or more"),
        ({"end": 0}, "start 0 and end 0 do not fit the text"),
        ({"end": 5}, "start 0 and end 5 do not fit the text"),
        ({"turn_id": 5}, "turn_id 5 is not a text of a sensible length"),
        ({"labelled_at": "x" * 99}, "is not a text of a sensible length"),
    ],
)
def test_a_line_that_is_not_a_label_is_named(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f"{json.dumps(_SOUND)}\n\n{json.dumps(_SOUND | change)}\n", "utf-8")

    with pytest.raises(FileError) as caught:
        load_labels(path)

    assert caught.value.message.startswith(f"Line 3 of {path} is not a label: ")
    assert why in caught.value.message
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff", b"[" * 100_000, b"5", b"null"])
def test_a_line_of_any_other_shape_is_refused_in_one_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(line + b"\n")

    with pytest.raises(FileError, match=r"^Line 1 of .* is not a label: ") as caught:
        load_labels(path)

    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=r"^Cannot read ") as caught:
        load_labels(tmp_path / name)

    assert "\n" not in caught.value.message


def test_a_table_of_labels_can_be_merged_with_the_steps() -> None:
    turn = Turn("t1", "?", "First, count them. Wait, that is wrong. So it is 4.", "4")
    made = (
        StepLabel("t1", step.index, step.start, step.end, Kind.DOUBT, "ann", text=step.text)
        for step in turn.steps
    )

    frame = steps_frame(turn).merge(Labels(made).to_frame(), on=["turn_id", "start", "end"])

    assert len(frame) == len(turn.steps)
    assert set(frame["label"]) == {"doubt"}
    assert str(Labels().to_frame()["start"].dtype) == "Int64"


def test_every_kind_but_unclassified_has_one_of_nine_keys() -> None:
    # In the order of the keys, which a test of the view repeats.
    assert "".join(kind.letter for kind in LABEL_KINDS) == "UPRWVDSCA"
    assert {*LABEL_KINDS, Kind.UNCLASSIFIED} == {*Kind}
