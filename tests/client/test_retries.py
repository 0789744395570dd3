"""Waits before asking again."""

from __future__ import annotations

import pytest

from qwq_magic.client.retries import delay_s, retry_after_s

NOON = 1_700_000_000.0  # 14 November 2023, 22:13:20 UTC


def test_waits_double_up_to_eight_seconds() -> None:
    waits = [delay_s(n, retry_after_s=None, random=0.0) for n in range(6)]

    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_jitter_shortens_by_a_quarter_at_most() -> None:
    assert delay_s(1, retry_after_s=None, random=1.0) == 0.75


def test_the_server_says_how_long_up_to_a_minute() -> None:
    assert delay_s(0, retry_after_s=60.0, random=1.0) == 60.0
    assert delay_s(0, retry_after_s=60.1, random=1.0) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("-3", None),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: float | None) -> None:
    assert retry_after_s({"retry-after": value}, now=NOON) == expected


def test_no_header_is_no_wish() -> None:
    assert retry_after_s({}, now=NOON) is None
