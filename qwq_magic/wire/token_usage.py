"""Read token counts under the names that OpenAI, DashScope and compatible servers use.

What cannot be a count, such as a negative number, counts as not reported, since every
figure derived from it would be wrong. A protocol with other names has its own reader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from qwq_magic.events import Usage, is_cost, is_count

# Counts as a server reports them: one JSON object.
Counts: TypeAlias = dict[str, Any]
MergeCounts: TypeAlias = Callable[[Counts, Counts], Counts]
ReadUsage: TypeAlias = Callable[[Counts], Usage | None]


def latest_counts(before: Counts, reported: Counts) -> Counts:  # noqa: ARG001  # other protocols add
    """The last report: servers that count while they write report totals, so none are summed."""
    return reported


def usage_from(counts: Any) -> Usage | None:
    """The counts of one usage object, or None where it is empty."""
    if not isinstance(counts, dict) or not counts:
        return None
    output_details = _details(counts, "completion_tokens_details", "output_tokens_details")
    input_details = _details(counts, "prompt_tokens_details", "input_tokens_details")
    return Usage(
        input_tokens=count_in(counts, "prompt_tokens", "input_tokens"),
        output_tokens=count_in(counts, "completion_tokens", "output_tokens"),
        total_tokens=count_in(counts, "total_tokens"),
        # SGLang repeats the count at the top level; older builds have it only there.
        reasoning_tokens=_first(
            count_in(output_details, "reasoning_tokens"), count_in(counts, "reasoning_tokens")
        ),
        # DeepSeek reports cached tokens at the top level, under another name.
        cached_tokens=_first(
            count_in(input_details, "cached_tokens"), count_in(counts, "prompt_cache_hit_tokens")
        ),
    )


def _details(counts: dict[str, Any], *names: str) -> dict[str, Any]:
    return next((counts[name] for name in names if isinstance(counts.get(name), dict)), {})


def cost_in(counts: Counts) -> float | None:
    """What was charged, as OpenRouter reports it in US dollars; None if it was not reported."""
    cost = counts.get("cost")
    return float(cost) if is_cost(cost) else None


def count_in(counts: Counts, *names: str) -> int | None:
    """The first of these counts that is one; None if it was not reported."""
    return next((counts[name] for name in names if is_count(counts.get(name))), None)


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
