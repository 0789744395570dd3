"""The final values of a batch, as far as they group: their counts, shares and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from qwq_magic.batch.votes import wilson_interval
from qwq_magic.plain_text import excerpt

# More values than these do not group; a reader would only see a list of them.
_MAX_GROUPS: Final = 12
_VALUE_BYTES: Final = 120


def shown_value(value: str) -> str:
    """Return a final value as a short line."""
    return excerpt(value, limit_bytes=_VALUE_BYTES)


@dataclass(frozen=True, slots=True)
class Groups:
    """The final values of a batch, the most frequent first, as far as they group.

    Attributes:
        values: each value with its count.
        total: how many samples have a final value.
        has_intervals: whether all samples are of one prompt, so that a share estimates something.
        others: how many more values there are, and how many samples have one of them.
    """

    values: tuple[tuple[str, int], ...]
    total: int
    has_intervals: bool
    others: tuple[int, int] = (0, 0)

    def to_list(self) -> list[dict[str, Any]]:
        """Return the groups as plain JSON, with their shares and 95 % intervals."""
        return [self._to_dict(value, count) for value, count in self.values]

    def _to_dict(self, value: str, count: int) -> dict[str, Any]:
        data = {"value": shown_value(value), "count": count, "share": round(count / self.total, 4)}
        if self.has_intervals:
            low, high = wilson_interval(count, self.total)
            data |= {"low": round(low, 4), "high": round(high, 4)}
        return data


def groups_of(values: Sequence[tuple[str, int]], *, is_one_prompt: bool) -> Groups:
    """Return the groups of final values, given with their counts, the most frequent first.

    The values of different prompts are a group only if they are few, such as labels.
    """
    total = sum(count for _, count in values)
    # Numbers that are all different would be a long list of ones.
    if not is_one_prompt and (len(values) > _MAX_GROUPS or total < 2 * len(values)):
        return Groups((), total, has_intervals=False)
    shown, rest = tuple(values[:_MAX_GROUPS]), values[_MAX_GROUPS:]
    others = len(rest), sum(count for _, count in rest)
    return Groups(shown, total, has_intervals=is_one_prompt, others=others)
