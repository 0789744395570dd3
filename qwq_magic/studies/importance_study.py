"""What a study of importance asks, stage by stage, and what that costs.

First the cuts are coarse; then the segment with the largest effect is halved, as long as its
effect is distinguishable from none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qwq_magic.batch import Batch
from qwq_magic.batch.budget import NOTHING_SPENT, Spent, tokens_of
from qwq_magic.errors import ConfigurationError
from qwq_magic.reasoning.canonical_value import canonical
from qwq_magic.steering import Act
from qwq_magic.studies.importance import Cut, Importance, Segment
from qwq_magic.studies.places import (
    StudyCost,
    even_places,
    given_at,
    input_tokens,
    require_count,
    require_studied,
    share_end,
)
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Parent, Prefix, Turn


class ImportanceStudy:
    """A study in stages: what to ask next, until the importance is settled.

    Attributes:
        acts: what to ask next; none once it is settled.
        spent: what the stages so far have used of the budget.
    """

    def __init__(
        self, turn: Turn, *, samples: int, cuts: int, rounds: int, value: str | None
    ) -> None:
        """Begin with the coarse cuts.

        Args:
            turn: the turn.
            samples: how many samples at each cut.
            cuts: how many coarse cuts, the beginning and the end among them.
            rounds: the most cuts that are added where the effect is largest.
            value: the value whose share is measured; None for the turn's own.

        Raises:
            ConfigurationError: the turn has no reasoning or no value, or a number is not valid.
        """
        self._value = checked_value(turn, value)
        _check(turn, samples, cuts, rounds)
        self._turn = turn
        self._samples = samples
        self._rounds = rounds
        self._found: list[Cut] = []
        self._replies: list[Turn] = []
        self._notes: tuple[str, ...] = ()
        self.spent = NOTHING_SPENT
        self.acts = [act_at(turn, place) for place in even_places(turn.steps, cuts)]

    def take(self, replies: Batch) -> None:
        """Read the replies to the acts in order, as many to each; then ask for the next ones.

        After a batch that was stopped, or whose budget is used up, nothing more is asked.
        """
        self._replies += replies
        self._notes = tuple(dict.fromkeys((*self._notes, replies.ending, replies.warning)))
        asked = [sample.turn for sample in replies.samples if not sample.is_reused]
        self.spent = Spent(
            self.spent.tokens + sum(map(tokens_of, asked)),
            self.spent.seconds + replies.elapsed_s,
            self.spent.cost + (replies.cost or 0.0),
        )
        for index, act in enumerate(self.acts):
            each = replies[index * self._samples : (index + 1) * self._samples]
            self._found.append(_cut(self._turn, (act.parent.step or 1) - 1, each, self._value))
        # A cut that was added in between belongs between its neighbours.
        self._found.sort(key=lambda cut: cut.place)
        largest = self.result.largest
        # Settled: nothing is distinguishable from no effect, or it is a single step.
        if replies.ending or not self._rounds or largest is None or largest.first == largest.last:
            self.acts = []
            return
        self._rounds -= 1
        self.acts = [act_at(self._turn, _middle(self._turn, largest))]

    @property
    def result(self) -> Importance:
        """The importance as far as it is known."""
        return Importance(
            self._turn, self._value, self._found, replies=self._replies, notes=self._notes
        )


def checked_value(turn: Turn, value: str | None) -> str:
    """Return the value whose share is measured, in its one spelling.

    Raises:
        ConfigurationError: the turn has no reasoning, or no value, or `value` is not one.
    """
    final = require_studied(turn).final_value
    if value is None and final is None:
        raise ConfigurationError(
            'The turn has no final value to measure. Name one, such as value="42".'
        )
    if value is None or value == final:
        return final or ""
    # A spelling of its own would never be found, after all samples have been paid for.
    found = canonical(value) if isinstance(value, str) else ""
    if not found:
        raise ConfigurationError(f'value is {value!r:.80}. Use a text such as value="42".')
    return found


def _check(turn: Turn, samples: int, cuts: int, rounds: int) -> None:
    require_studied(turn)
    require_count("samples", samples)
    require_count("cuts", cuts, least=2)
    require_count("rounds", rounds, least=0)


def act_at(turn: Turn, place: int) -> Act:
    """Return the act that samples the rest of the reply again from a place on."""
    # After all of it only the answer is left; an open end would let the model think on.
    is_end = place == len(turn.steps)
    return Act(
        turn,
        Prefix(given_at(turn, place), closed=is_end),
        Parent(turn.id, place + 1, "resample"),
    )


def importance_cost(turn: Turn, *, samples: int, cuts: int, rounds: int) -> StudyCost:
    """Estimate what measuring the importance costs at most.

    Raises:
        ConfigurationError: the turn has no reasoning, or a number is not valid.
    """
    _check(turn, samples, cuts, rounds)
    steps = turn.steps
    places = even_places(steps, cuts)
    # Where the rounds go is not known yet, so they are estimated at the middle.
    places = sorted([*places, *[len(steps) // 2] * rounds])
    thought = estimate_tokens(turn.reasoning)
    answered = estimate_tokens(turn.answer)
    left = [thought * (1 - share_end(steps, place) / steps[-1].end) + answered for place in places]
    calls = samples * len(places)
    return StudyCost(calls, *input_tokens(turn, places, samples), round(samples * sum(left)))


def _middle(turn: Turn, segment: Segment) -> int:
    """Return the place in the middle of a segment of several steps, by characters."""
    steps = turn.steps
    first, last = segment.first + 1, segment.last
    wanted = (share_end(steps, first - 1) + share_end(steps, last + 1)) / 2
    return min(range(first, last + 1), key=lambda place: abs(share_end(steps, place) - wanted))


def _cut(turn: Turn, place: int, replies: Sequence[Turn], value: str) -> Cut:
    # What was not asked or broke off says nothing about the answer.
    ended = tuple(reply for reply in replies if reply.complete)
    # Those without a value count as well: they do not have the one that is asked about.
    values = Counter(reply.final_value for reply in ended)
    steps = turn.steps
    return Cut(place, share_end(steps, place) / steps[-1].end, values, values[value], ended)
