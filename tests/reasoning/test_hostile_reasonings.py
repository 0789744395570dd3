"""No reasoning is too bad to be analysed; what its length costs, a benchmark shows."""

import json
from pathlib import Path

import pytest
from corpora import each, in_full
from reasoning.hostile_reasonings import PATTERNS, hostile

from qwq_magic.display.saved.bundle import final_bundle
from qwq_magic.display.saved.outline import outline
from qwq_magic.display.turn_view import TurnView
from qwq_magic.reasoning import StepReader, export_metrics, export_steps, steps_frame
from qwq_magic.turns import Turn


def _turn(text: str, answer: str = "") -> Turn:
    return Turn("t", "why?", reasoning=text, answer=answer, arrivals=((1, 0.0), (len(text), 9.0)))


@each("name", PATTERNS, core=len(PATTERNS))
def test_it_is_cut_measured_and_outlined(name: str) -> None:
    text = hostile(name, in_full(30_000, core=5_000))
    turn = _turn(text, text[-3_000:])

    assert turn.steps.text == text
    assert 0 <= turn.metrics.repetition <= 1
    assert sum(step.seconds for step in turn.steps) == pytest.approx(9.0 if text else 0.0)  # type: ignore[misc]  # None would fail it
    assert len(outline(TurnView(turn, None))) < 10_000


@each("name", PATTERNS, core=len(PATTERNS))
def test_it_is_compared_with_another(name: str) -> None:
    text = hostile(name, in_full(10_000, core=2_000))
    comparison = _turn(text, text).compare(_turn(text[::-1], text[::-1]))

    assert "".join(part.text for part in comparison.answer_diff if part.side != "right") == text
    json.dumps(comparison.to_dict())


@each("name", PATTERNS, core=len(PATTERNS))
def test_it_is_shown(name: str) -> None:
    bundle = final_bundle(_turn(hostile(name, 3_000)), place=None)

    json.dumps(bundle, ensure_ascii=False).encode()


def test_they_are_exported(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    turns = [_turn(hostile(name, 500)) for name in PATTERNS]
    for suffix in ("jsonl", "csv", "parquet"):
        export_steps(turns, tmp_path / f"steps.{suffix}")
        export_metrics(turns, tmp_path / f"metrics.{suffix}")

    back = pandas.read_parquet(tmp_path / "steps.parquet")
    assert len(back) == len(steps_frame(turns))


def test_a_megabyte_streams_through() -> None:
    text = hostile("two languages", 1_000_000)
    reader = StepReader()
    steps = [
        step for at in range(0, len(text), 4_000) for step in reader.feed(text[at : at + 4_000])
    ]

    assert "".join(step.text for step in [*steps, *reader.close()]) == text
