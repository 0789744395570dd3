"""Several JSON texts in a row are told apart, or not at all."""

from __future__ import annotations

import math

import pytest

from qwq_magic.wire.joined_json import lenient_value, texts_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (' {"a": 1} ', ['{"a": 1}']),
        ('{"a": 1}{"b": 2}', ['{"a": 1}', '{"b": 2}']),
        ('{"a":\n1}\r\n[2]\n[DONE]', ['{"a":\n1}', "[2]", "[DONE]"]),
        ("[DONE]", ["[DONE]"]),
        ('{"a": 1} oops', []),
        ('{"a": 1', []),
        ("[" * 100_000, []),
        ("", []),
        ("7", ["7"]),
        # Numbers are not joined by any server, and a line of digits would be millions of them.
        ("0" * 100, []),
        ("null null", []),
        ('{"a": 1} 2', []),
        ('"a"{"b": 2}', []),
        ("{}" * 60_000, []),
        ("[DONE]" * 60_000, []),
        ("{}" * 40_000, ["{}"] * 40_000),
    ],
)
def test_only_what_is_json_throughout_is_taken_apart(text: str, expected: list[str]) -> None:
    assert texts_in(text) == expected


def test_a_number_too_long_for_python_is_infinite() -> None:
    assert lenient_value("[1, -2, 1%s]" % ("0" * 5_000)) == [1, -2, math.inf]
