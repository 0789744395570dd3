"""The demo's recordings: one Markdown file each, with computed timing.

The texts were written for the demo in the style of a reasoning model; none is a model's
output. A file contains the text and a pace instead of a time per delta, so that it can be
read and edited. Splitting the text into deltas and timing them are pure functions of it:
every replay is the same, and the deltas, joined, are the text.

A file is a header and sections, each under a line `<!-- its name -->`: `prompt`, `reasoning` and
`answer`, and what a reply that is steered goes on with, which is prewritten as well:

- `early answer: 50%`: the answer if the reasoning is ended after at least this share of it. Every
  recording has some; the rest is for those with branches;
- `again`, then `answer`: another way to the result, for a step that is sampled again;
- `edit: version, section`, then `answer`: the end after a user's step with one of these words;
  `edit` for any other step;
- `think on`, then `answer`: a check, for a reasoning that is reopened;
- `last sentence`: the end of an answer that the user began in other words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from qwq_magic.demo.branches import Branches, parse_branches
from qwq_magic.events import AnswerDelta, ReasoningDelta, Usage

# Roughly a tokenizer's units: a word with the space before it, a digit, one or two Chinese
# characters, one or two punctuation marks, a line break with the following indentation.
# An alternative is needed for every character: the deltas must join to the text.
_DELTA = re.compile(
    r"\n+[ \t]*| ?[一-鿿]{1,2}| ?[^\W\d_一-鿿]{1,12}| ?\d| ?[^\w\s]{1,2}|[ \t]+|.", re.DOTALL
)
_SECTION = re.compile(r"^<!-- ([a-z ]+)(?:: (.+))? -->\n", re.MULTILINE)
_TEXTS = ("prompt", "reasoning", "answer")

FIRST_DELTA_S = 0.5
# Pauses, in multiples of the time of one delta.
_PARAGRAPH_PAUSE = 10.0
_SENTENCE_PAUSE = 2.0
_BOUNDARY_PAUSE = 25.0


def split_deltas(text: str) -> list[str]:
    """Split a text roughly as a tokenizer would; the joined parts are the text."""
    return _DELTA.findall(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request is replied with: a recording, or what follows a given text.

    Attributes:
        reasoning: the reasoning; "" if it is over.
        answer: the answer.
    """

    reasoning: str
    answer: str

    def usage(self, *, input_tokens: int) -> Usage:
        """Return the token counts of the replay, one token per delta."""
        reasoning_tokens = len(split_deltas(self.reasoning))
        output_tokens = reasoning_tokens + len(split_deltas(self.answer))
        return Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            total_tokens=input_tokens + output_tokens,
            reasoning_tokens=reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded reply, and the prompt it belongs to.

    Attributes:
        id: its name among the recordings.
        title: what it demonstrates, in a few words.
        prompt: the prompt.
        aliases: shorter prompts for the same recording.
        follows: the id of the recording that must come before it in the conversation.
        reasoning: the whole reasoning.
        answer: the whole answer.
        reasoning_deltas_per_s: the pace of the reasoning, not counting pauses.
        answer_deltas_per_s: the pace of the answer, not counting pauses.
        branches: its early answers, and other ways to go on.
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
    branches: Branches

    def iter_timed_deltas(
        self, reply: Reply | None = None
    ) -> Iterator[tuple[float, ReasoningDelta | AnswerDelta]]:
        """Yield every delta with its due time, in seconds after the request.

        `reply`: what is replayed at this recording's pace; None for the whole recording.
        """
        reply = reply or self.reply
        due_s = FIRST_DELTA_S
        for text, wait_s in self._iter_waits(reply.reasoning, self.reasoning_deltas_per_s):
            yield due_s, ReasoningDelta(text)
            due_s += wait_s
        if reply.reasoning:
            due_s += _BOUNDARY_PAUSE / self.reasoning_deltas_per_s
        for text, wait_s in self._iter_waits(reply.answer, self.answer_deltas_per_s):
            yield due_s, AnswerDelta(text)
            due_s += wait_s

    @property
    def reply(self) -> Reply:
        """The whole recording."""
        return Reply(self.reasoning, self.answer)

    @property
    def duration_s(self) -> float:
        """When the last delta is due at the recorded speed, in seconds after the request."""
        *_, (due_s, _) = self.iter_timed_deltas()
        return due_s

    def _iter_waits(self, text: str, deltas_per_s: float) -> Iterator[tuple[str, float]]:
        """Yield each delta with the wait after it, longer at the end of a sentence."""
        for index, delta in enumerate(split_deltas(text)):
            # A checksum gives the same jitter on every machine.
            jitter = zlib.crc32(f"{self.id}:{index}".encode()) / 2**32 - 0.5
            units = 1.0 + 0.8 * jitter
            if delta.startswith("\n\n"):
                units += _PARAGRAPH_PAUSE
            elif delta.endswith((".", "?", "!", "。", "？", "！")):
                units += _SENTENCE_PAUSE
            yield delta, units / deltas_per_s


def parse_recording(recording_id: str, source: str) -> Recording:
    """Parse a recording's file: a header of `key: value` lines, then its sections."""
    _, head, body = source.split("---\n", 2)
    header: dict[str, Any] = {"alias": []}
    for line in head.splitlines():
        key, value = line.split(": ", 1)
        if key == "alias":
            header["alias"].append(value)
        else:
            header[key] = value
    _, *parts = _SECTION.split(body)
    sections = [
        (name, detail or "", part.strip())
        for name, detail, part in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]
    # The three texts come first, since a branch has an answer of its own.
    text = {name: part for name, _, part in sections[: len(_TEXTS)]}
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
        branches=parse_branches(sections[len(_TEXTS) :]),
    )


@cache
def recordings() -> tuple[Recording, ...]:
    """Return all recordings, in the order of their files (`03-primes.md` has the id `primes`)."""
    from importlib.resources import files  # also works if the package is in a zip file

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
