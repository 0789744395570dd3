"""The view of a batch that has ended: everything that is shown around it, computed once.

Its data, Markdown and plain text are written from the same view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from qwq_magic.batch import Batch, Sample, Vote
from qwq_magic.batch.votes import vote_of
from qwq_magic.display.batch_figures import BatchFigures, final_figures
from qwq_magic.display.batch_groups import Groups, groups_of
from qwq_magic.display.batch_lanes import models_of, row_labels
from qwq_magic.display.captions import analysed
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import excerpt
from qwq_magic.turns import Turn, is_cut

_PROMPT_BYTES = 300


# Without slots, since `cached_property` needs a `__dict__`.
@dataclass(frozen=True)
class BatchView:
    """A batch and what is shown around it.

    Attributes:
        batch: the batch.
        name: the variable that holds it, for the code that shows more of it.
        places: the position of each sample's turn in its conversation, None for those without.
        id: what a page knows the batch by.
    """

    batch: Batch
    name: str = "batch"
    places: Sequence[TurnPosition | None] = ()
    id: str = ""

    @property
    def is_one_prompt(self) -> bool:
        return len(self.batch.rows) <= 1

    @cached_property
    def values(self) -> list[str | None]:
        """The final value of each sample; None without one, or if its analysis fails."""
        return [_value_of(turn) for turn in self.batch]

    @cached_property
    def figures(self) -> BatchFigures:
        return final_figures(self.batch)

    @cached_property
    def models(self) -> list[str]:
        return models_of(sample.model for sample in self.batch.samples)

    @cached_property
    def groups(self) -> Groups:
        # Counted over all rows: labels of a table group as well as samples of one prompt.
        counted = Counter(value for value in self.values if value is not None)
        return groups_of(counted.most_common(), is_one_prompt=self.is_one_prompt)

    @cached_property
    def without_value(self) -> int:
        """How many replies were received without a final value."""
        pairs = zip(self.batch, self.values, strict=True)
        return sum(value is None and (turn.complete or is_cut(turn)) for turn, value in pairs)

    @cached_property
    def votes(self) -> list[Vote]:
        """The vote of each row, of the samples that were asked."""
        values: dict[int, list[str | None]] = {}
        for sample, value in zip(self.batch.samples, self.values, strict=True):
            values.setdefault(sample.row, []).append(value)
        # Not `Batch.vote`, which would extract every value again.
        return [vote_of(found, row=row) for row, found in sorted(values.items())]

    @cached_property
    def labels(self) -> dict[int, str]:
        """What differs in the prompts of the rows, by the row; empty for one row."""
        # The samples of a row have one prompt.
        prompts: dict[int, str] = {}
        for sample in self.batch.samples:
            prompts.setdefault(sample.row, sample.turn.prompt)
        return dict(zip(prompts, row_labels(list(prompts.values())), strict=False))

    @cached_property
    def prompt(self) -> str:
        """The prompt as a line; of a map its template."""
        return excerpt(self.batch.template, limit_bytes=_PROMPT_BYTES)

    @cached_property
    def leader(self) -> Sample | None:
        """The first sample of the leading group; without one, the first that has an answer."""
        leading = self.groups.values[0][0] if self.groups.values else None
        pairs = list(zip(self.batch.samples, self.values, strict=True))
        answered = [(sample, value) for sample, value in pairs if sample.turn.answer.strip()]
        # Of a tie, the first value leads, as in `vote_of`.
        of_group = (sample for sample, value in answered if value == leading)
        return next(of_group, None) or next((sample for sample, _ in answered), None)

    def place_of(self, index: int) -> TurnPosition | None:
        """Return the position of a sample's turn in its conversation."""
        return self.places[index] if index < len(self.places) else None


def _value_of(turn: Turn) -> str | None:
    return analysed(lambda: turn.final_value, otherwise=None)
