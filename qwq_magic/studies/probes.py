r"""Probes: what a model answers when its reasoning is ended early, at one place after another.

The reasoning is closed at the end of a step, the answer begins with "The final answer is
\boxed{", and the model writes the rest of it. "First seen" is where a value is asserted; only
probes tell from where on the model would have answered it (arXiv 2307.13702 and 2601.23163 use
forced answers in this way).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, overload

from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.metrics import language_mix_of
from qwq_magic.reasoning.values import committed_value
from qwq_magic.steering import Act
from qwq_magic.studies.places import (
    StudyCost,
    even_places,
    given_at,
    input_tokens,
    require_count,
    require_studied,
    share_end,
)
from qwq_magic.studies.remarks import failure_in, marks_on, remarks_on
from qwq_magic.turns import Parent, Prefix, Turn

if TYPE_CHECKING:
    import pandas as pd

# The columns of `Probes.to_frame`, in order.
PROBE_COLUMNS = ("place", "share", "sample", "value", "is_final", "probability", "answer", "state")
_NO_VALUE = (
    "No probe has a value. A model that thinks first, whatever it is given, needs more tokens: "
    "try max_tokens=2_000, or a server that continues a given text."
)
_BOX = re.compile(r"\\boxed\s{0,3}\{")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
# `\frac{3` has no value, wherever it would have gone on.
_CUT_FRACTION = re.compile(r"\\[dt]?frac\s?(?:\{[^{}]*\}?)?$")
# An open box leaves a model little but the value, which a few tokens are enough for.
_ENGLISH, _CHINESE = "The final answer is \\boxed{", "最终答案是 \\boxed{"


@dataclass(frozen=True, slots=True)
class Probe:
    """One forced answer.

    Attributes:
        place: how many steps of the reasoning were given.
        share: the share of the reasoning's characters that was given, 0 to 1.
        sample: which answer at this place it is, from 1.
        value: its value, in its one spelling; None without one. See `Turn.final_value`.
        probability: how likely the reply was as it is, 0 to 1; None unless `parameters` asked for
            `logprobs`.
        turn: the reply.
    """

    place: int
    share: float
    sample: int
    value: str | None
    probability: float | None
    turn: Turn


class Probes(Sequence[Probe]):
    """The probes of a turn, by place, then by sample.

    Attributes:
        turn: the turn whose reasoning was probed.
        final: the value of its answer; None without one.
        trajectory: the value at each place, that of most samples; None where no answer has one.
    """

    def __init__(self, turn: Turn, probes: Sequence[Probe], *, notes: Sequence[str] = ()) -> None:
        """Put the probes in order.

        `notes`: what is known of the replies as a whole, such as why the rest was not asked.
        """
        self.turn = turn
        self.final = turn.final_value
        self._probes = tuple(probes)
        self._notes = tuple(notes)
        self.trajectory: Mapping[int, str | None] = _trajectory(self._probes)

    @overload
    def __getitem__(self, index: int) -> Probe: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Probe]: ...
    def __getitem__(self, index: int | slice) -> Probe | Sequence[Probe]:
        return self._probes[index]

    def __len__(self) -> int:
        return len(self._probes)

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._probes)

    @property
    def flips(self) -> int:
        """How often the value of one place differs from that of the place before.

        Places where every reply failed or broke off are passed over.
        """
        answered = {probe.place for probe in self._probes if probe.turn.complete}
        values = [value for place, value in self.trajectory.items() if place in answered]
        return sum(one != other for one, other in pairwise(values))

    @property
    def settled(self) -> float | None:
        """The share of the reasoning from which on every place has the final value.

        None without a final value, or if the last place has another one or none.
        """
        # Looked for from the beginning: any other value later on starts the search again.
        since = None
        for probe in self._probes:
            if self.final is None or self.trajectory[probe.place] != self.final:
                since = None
            elif since is None:
                since = probe.share
        return since

    @property
    def failure(self) -> str:
        """How many probes have failed, and why the first one did; "" if none has."""
        return failure_in(self._replies, "probes")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has to be known about the replies: failed ones, the quoted way, another model."""
        remarks = remarks_on(self.turn, self._replies, "probes", self._notes)
        is_answered = any(reply.complete for reply in self._replies)
        if not is_answered or any(value is not None for value in self.trajectory.values()):
            return remarks
        return (*remarks, _NO_VALUE)

    @property
    def marks(self) -> str:
        """The remarks on the replies in a few words, in brackets; "" without any."""
        return marks_on(self._replies)

    @property
    def _replies(self) -> list[Turn]:
        return [probe.turn for probe in self._probes]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per probe; see `PROBE_COLUMNS`.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        rows = [
            (
                probe.place,
                probe.share,
                probe.sample,
                probe.value,
                None if probe.value is None or self.final is None else probe.value == self.final,
                probe.probability,
                probe.turn.answer,
                probe.turn.state,
            )
            for probe in self._probes
        ]
        return frame_of(
            PROBE_COLUMNS,
            rows,
            integers=("place", "sample"),
            floats=("share", "probability"),
            booleans=("is_final",),
        )

    def __repr__(self) -> str:
        values = [one_line(value or "–", limit_bytes=40) for value in self.trajectory.values()]
        trail = " → ".join(value for value, _ in groupby(values))
        settled = self.settled
        known = "" if settled is None else f", the final value from {settled:.0%} on"
        return f"<Probes: {len(self)} at {len(values)} places{self.marks}: {trail}{known}>"


def _trajectory(probes: Sequence[Probe]) -> dict[int, str | None]:
    found: dict[int, str | None] = {}
    for place, each in groupby(probes, key=lambda probe: probe.place):
        values = Counter(probe.value for probe in each if probe.value is not None)
        found[place] = max(values, key=lambda value: values[value]) if values else None
    return found


def probe_acts(turn: Turn, n: int, answer: str | None) -> list[Act]:
    r"""Return the acts that probe a turn, the shortest one first.

    Args:
        turn: the turn.
        n: at how many places.
        answer: what the answer begins with; None for "The final answer is \boxed{" in the
            language of the turn.

    Raises:
        ConfigurationError: the turn has no reasoning, or `n` is not a number of places.
    """
    require_studied(turn)
    require_count("n", n)
    # In the language of the reply: a model that has to change it answers something else.
    beginning = _beginning(turn) if answer is None else answer
    return [
        Act(
            turn,
            Prefix(given_at(turn, place), closed=True, answer=beginning),
            Parent(turn.id, place + 1, "probe"),
        )
        for place in even_places(turn.steps, n)
    ]


def _beginning(turn: Turn) -> str:
    # The beginning shows the language as well as the whole would.
    text = (turn.answer or turn.reasoning)[:2_000]
    return _CHINESE if (language_mix_of(text) or 0) > 0.5 else _ENGLISH


def probes_of(
    turn: Turn, acts: Sequence[Act], replies: Sequence[Turn], *, notes: Sequence[str] = ()
) -> Probes:
    """Return the probes, from the replies to the acts in order, as many to each.

    `notes`: see `Probes`.
    """
    steps = turn.steps
    # By place, then by sample, as a batch has them.
    samples = len(replies) // len(acts)
    probes = []
    for index, reply in enumerate(replies):
        place = (acts[index // samples].parent.step or 1) - 1
        share = share_end(steps, place) / steps[-1].end
        # Of an answer that broke off, `1` may be the beginning of 19.
        value = forced_value(reply.answer) if reply.complete else None
        probability = reply.logprobs.answer_probability if reply.logprobs else None
        probes.append(Probe(place, share, index % samples + 1, value, probability, reply))
    return Probes(turn, probes, notes=notes)


def forced_value(answer: str) -> str | None:
    """Return the value of a forced answer, which the limit of tokens may have cut in its box."""
    begin = _BOX.search(answer)
    if begin is None:
        return committed_value(answer)
    # Only the first box was asked for; a model may go on with anything.
    content = _boxed(answer, begin.end())
    # In the quoted way, a model may begin the sentence again.
    return committed_value(content if _BOX.search(content) else f"\\boxed{{{content}}}")


def _boxed(text: str, begin: int) -> str:
    """Return what is in a box, with the braces that the end of the text leaves open."""
    depth = 0
    for match in _BRACES.finditer(text, begin):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return text[begin : match.start()]
    content = text[begin:]
    return "" if _CUT_FRACTION.search(content) else content + "}" * depth


def probe_cost(turn: Turn, acts: Sequence[Act], samples: int, max_tokens: int) -> StudyCost:
    """Estimate what probing costs.

    Raises:
        ConfigurationError: a number is not valid.
    """
    require_count("samples", samples)
    require_count("max_tokens", max_tokens)
    places = [(act.parent.step or 1) - 1 for act in acts]
    calls = samples * len(acts)
    return StudyCost(calls, *input_tokens(turn, places, samples), calls * max_tokens)
