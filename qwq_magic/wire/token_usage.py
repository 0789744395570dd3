"""Read a server's token counts, under all the names in use.

What cannot be a count, such as a negative number, is not reported: all that is made of
one takes it for true.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.events import Usage, is_count


def usage_from(counts: Any) -> Usage | None:
    """The counts of one usage object, or None where it holds nothing."""
    if not isinstance(counts, dict) or not counts:
        return None
    output_details = _details(counts, "completion_tokens_details", "output_tokens_details")
    input_details = _details(counts, "prompt_tokens_details", "input_tokens_details")
    return Usage(
        input_tokens=_count(counts, "prompt_tokens", "input_tokens"),
        output_tokens=_count(counts, "completion_tokens", "output_tokens"),
        total_tokens=_count(counts, "total_tokens"),
        # SGLang repeats the count at the top level; older builds have it only there.
        reasoning_tokens=_first(
            _count(output_details, "reasoning_tokens"), _count(counts, "reasoning_tokens")
        ),
        # DeepSeek has its own name for it.
        cached_tokens=_first(
            _count(input_details, "cached_tokens"), _count(counts, "prompt_cache_hit_tokens")
        ),
    )


def _details(counts: dict[str, Any], *names: str) -> dict[str, Any]:
    return next((counts[name] for name in names if isinstance(counts.get(name), dict)), {})


def _count(counts: dict[str, Any], *names: str) -> int | None:
    return next((counts[name] for name in names if is_count(counts.get(name))), None)


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
