"""The recordings the demo replays: one Markdown file each, with its timing computed.

The texts were written for the demo, in the manner of a reasoning model; none is a
model's output. A file holds the text and a pace, not a time per delta, so that it can
be read and edited. Cutting it into deltas and timing them is a pure function of that
text: every replay is the same, and the deltas joined are the text again.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from qwq_magic.events import AnswerDelta, ReasoningDelta, Usage

# About what a tokenizer makes of a text: a word with the space before it, a digit,
# one or two Chinese characters, a sign or two, a line break with its indentation.
_DELTA = re.compile(
    r"\n+[ \t]*| ?[一-鿿]{1,2}| ?[^\W\d_一-鿿]{1,12}| ?\d| ?[^\w\s]{1,2}|[ \t]+|.", re.DOTALL
)
_PART = re.compile(r"^<!-- (prompt|reasoning|answer) -->\n", re.MULTILINE)

FIRST_DELTA_S = 0.5
# Pauses, in units of the time one delta takes.
_PARAGRAPH_PAUSE = 10.0
_SENTENCE_PAUSE = 2.0
_BOUNDARY_PAUSE = 25.0


def split_deltas(text: str) -> list[str]:
    """Cut a text about where a tokenizer would; joining gives it back."""
    return _DELTA.findall(text)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded reply, and the prompt it answers.

    Attributes:
        id: its name among the recordings.
        title: what it shows, in a few words.
        prompt: the prompt it answers.
        aliases: shorter ways to ask for it.
        follows: the id of the recording it is a follow-up to.
        reasoning: what the model thinks, whole.
        answer: what it tells the user, whole.
        reasoning_deltas_per_s: the pace of the reasoning, pauses not counted.
        answer_deltas_per_s: the pace of the answer, pauses not counted.
    """

    id: str
    title: str
    prompt: str
    aliases: tuple[str, ...]
    follows: str | None
    reasoning: str
    answer: str
    reasoning_deltas_per_s: float
    answer_deltas_per_s: float

    def iter_timed_deltas(self) -> Iterator[tuple[float, ReasoningDelta | AnswerDelta]]:
        """Every delta with the second it is due at, counted from the request."""
        due_s = FIRST_DELTA_S
        for text, wait_s in self._iter_waits(self.reasoning, self.reasoning_deltas_per_s):
            yield due_s, ReasoningDelta(text)
            due_s += wait_s
        due_s += _BOUNDARY_PAUSE / self.reasoning_deltas_per_s
        for text, wait_s in self._iter_waits(self.answer, self.answer_deltas_per_s):
            yield due_s, AnswerDelta(text)
            due_s += wait_s

    @property
    def duration_s(self) -> float:
        """When the last delta is due, at the recorded speed."""
        *_, (due_s, _) = self.iter_timed_deltas()
        return due_s

    def usage(self, *, input_tokens: int) -> Usage:
        """Counts of what is replayed: a delta stands for a token."""
        reasoning_tokens = len(split_deltas(self.reasoning))
        output_tokens = reasoning_tokens + len(split_deltas(self.answer))
        return Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            total_tokens=input_tokens + output_tokens,
            reasoning_tokens=reasoning_tokens,
        )

    def _iter_waits(self, text: str, deltas_per_s: float) -> Iterator[tuple[str, float]]:
        """Each delta with the time until the next; it hesitates where a sentence ends."""
        for index, delta in enumerate(split_deltas(text)):
            # A checksum jitters the same way on every machine.
            jitter = zlib.crc32(f"{self.id}:{index}".encode()) / 2**32 - 0.5
            units = 1.0 + 0.8 * jitter
            if delta.startswith("\n\n"):
                units += _PARAGRAPH_PAUSE
            elif delta.endswith((".", "?", "!", "。", "？", "！")):
                units += _SENTENCE_PAUSE
            yield delta, units / deltas_per_s


def parse_recording(recording_id: str, source: str) -> Recording:
    """Read a recording's file: a head of `key: value` lines, then its three parts."""
    _, head, body = source.split("---\n", 2)
    header: dict[str, Any] = {"alias": []}
    for line in head.splitlines():
        key, value = line.split(": ", 1)
        if key == "alias":
            header["alias"].append(value)
        else:
            header[key] = value
    _, *parts = _PART.split(body)
    text = {name: part.strip() for name, part in zip(parts[::2], parts[1::2], strict=True)}
    return Recording(
        id=recording_id,
        title=header["title"],
        prompt=text["prompt"],
        aliases=tuple(header["alias"]),
        follows=header.get("follows"),
        reasoning=text["reasoning"],
        answer=text["answer"],
        reasoning_deltas_per_s=float(header["reasoning_deltas_per_s"]),
        answer_deltas_per_s=float(header["answer_deltas_per_s"]),
    )


@cache
def recordings() -> tuple[Recording, ...]:
    """All recordings, in the order of their files (`03-primes.md` has the id `primes`)."""
    from importlib.resources import files  # read from a zip too, and only when asked

    sources = sorted(
        (entry for entry in files(__name__).iterdir() if entry.name.endswith(".md")),
        key=lambda entry: entry.name,
    )
    return tuple(
        parse_recording(
            entry.name.removesuffix(".md").partition("-")[2], entry.read_text(encoding="utf-8")
        )
        for entry in sources
    )
