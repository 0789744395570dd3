"""Token counts are read under every server's names, and never invented."""

from __future__ import annotations

from typing import Any

import pytest

from qwq_magic.events import Usage
from qwq_magic.wire.token_usage import usage_from


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
            Usage(input_tokens=1, output_tokens=2, total_tokens=3),
        ),
        (
            {"input_tokens": 1, "output_tokens_details": {"reasoning_tokens": 5}},
            Usage(input_tokens=1, reasoning_tokens=5),
        ),
        ({"reasoning_tokens": 4, "completion_tokens_details": None}, Usage(reasoning_tokens=4)),
        ({"prompt_cache_hit_tokens": 6}, Usage(cached_tokens=6)),
        (
            {"prompt_tokens_details": {"cached_tokens": 0}, "prompt_cache_hit_tokens": 6},
            Usage(cached_tokens=0),
        ),
        ({"prompt_tokens": "12", "completion_tokens": True, "total_tokens": 1.5}, Usage()),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, Usage()),
        ({"prompt_tokens": -5, "completion_tokens": 10**400, "total_tokens": 10**12}, Usage()),
        ({"prompt_tokens": -5, "input_tokens": 0}, Usage(input_tokens=0)),
        ({"total_tokens": 10**12 - 1}, Usage(total_tokens=10**12 - 1)),
    ],
)
def test_known_names_are_read(counts: dict[str, Any], expected: Usage) -> None:
    assert usage_from(counts) == expected


@pytest.mark.parametrize("counts", [None, {}, [], "12", 12])
def test_nothing_reported_is_none(counts: Any) -> None:
    assert usage_from(counts) is None
