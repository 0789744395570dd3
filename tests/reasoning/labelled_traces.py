"""Reasonings in four languages, labelled sentence by sentence: what the guesses are tested on.

Those of `labelled_traces.jsonl` were written for these tests. All labels were written before any
classifier was run on the sentences; on the first 201, a second pass in shuffled order by the same
person agreed on 96% of the kinds (kappa 0.94), and the first pass counts. Then cues were added for
some of the misses. The last seven traces were written and labelled after most of these.

Those of `blind_traces.jsonl` were written and labelled by someone who knew the definitions of the
kinds, but none of the rules, and they were guessed once, after the last rule was written. No cue
was added for one of them, nor should it be.

Those of `labelled_recordings.jsonl` are steps of the demo's recordings, drawn at random. No
cue was added for one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from qwq_magic.demo.recordings import recordings
from qwq_magic.reasoning import Kind, steps_of
from qwq_magic.reasoning.segmenter import Piece
from qwq_magic.reasoning.steps import StepBuilder

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a trace; `start` is its offset in the whole reasoning, in characters."""

    trace: str
    style: str
    language: str
    start: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What a sentence is by hand, and what was guessed; its language is "" for recordings."""

    language: str
    kind: Kind
    guessed: Kind


def read_sentences(name: str = "labelled_traces") -> list[Sentence]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [Sentence(**row | {"kind": Kind(row["kind"])}) for row in rows]


def pairs_of_traces(name: str = "labelled_traces") -> list[Pair]:
    """Guess all traces, each as a reader of a stream would."""
    traces = groupby(read_sentences(name), key=lambda sentence: sentence.trace)
    return [pair for _, trace in traces for pair in _pairs(list(trace))]


def _pairs(trace: list[Sentence]) -> Iterator[Pair]:
    builder = StepBuilder()
    for number, sentence in enumerate(trace):
        piece = Piece(sentence.start, sentence.start + len(sentence.text), sentence.text)
        following = " ".join(later.text for later in trace[number + 1 :])
        step = builder.step(piece, following=following, seconds=None, tokens=0)
        yield Pair(sentence.language, sentence.kind, step.kind)


def pairs_of_recordings() -> list[Pair]:
    """Guess all recordings; a label of a step that is now cut elsewhere is left out."""
    guessed = {
        (recording.id, step.start): step.kind
        for recording in recordings()
        for step in steps_of(recording.reasoning)
    }
    lines = (FOLDER / "labelled_recordings.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Pair("", Kind(row["kind"]), guessed[row["recording"], row["start"]])
        for row in rows
        if (row["recording"], row["start"]) in guessed
    ]
