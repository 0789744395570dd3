"""The wait that a server asks for is read from its words or fields."""

from __future__ import annotations

from typing import Any

import pytest

from qwq_magic.wire.waits import asked_wait_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 14h23m2s.", 51_782.0),
        ("Limit 6000, Used 5800. Please try again in 7.02s. Visit x", 7.02),
        ("Please try again in 250ms.", 0.25),
        ("try again in 2m59.56s", 179.56),
        ("Retry after 20 seconds.", 20.0),
        ("Please retry in 31.5s.", 31.5),
        ("try again in 1 hour and 5 minutes", 3_900.0),
        ("You must wait 24 hours.", 86_400.0),
        ("The limit resets in 3d.", 259_200.0),
        ("请在 30 秒后重试", 30.0),
        ("Please try again later.", None),
        ("Try again in 5 models.", None),
        ("It took 20 seconds.", None),
        ("Please wait, or retry with 5s of audio.", None),
        ("", None),
    ],
)
def test_words_name_the_wait(text: str, seconds: float | None) -> None:
    assert asked_wait_s(text) == seconds


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"details": [{"@type": "RetryInfo", "retryDelay": "31s"}]}, 31.0),
        ({"estimated_time": 20.5}, 20.5),
        ({"metadata": {"retry_after_seconds": 12}}, 12.0),
        ({"retry_after": "4"}, 4.0),
        ({"retry_after": True}, None),
        ({"retry_after": -1}, None),
        ({"retry_after": float("nan")}, None),
        ({"retry_after": 10**400}, None),
        ({"retry_after": "9" * 400}, None),
        ({"details": "no"}, None),
    ],
)
def test_fields_name_the_wait(error: dict[str, Any], seconds: float | None) -> None:
    assert asked_wait_s("", error) == seconds
