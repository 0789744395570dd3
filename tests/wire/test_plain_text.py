"""What a server says is safe to print on one line."""

from __future__ import annotations

import pytest

from qwq_magic.wire.plain_text import one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x9b31mred", "red"),
        ("a\x00b\x08c\x7fd\x90e", "abcd"),
        ("one\r\n two\t\u2028three\x85four", "one two three four"),
        ("abc\u202edef\u2066g\U000e0041h", "abcdefgh"),
        ("lone \ud83d half", "lone half"),
        ("漢字 é 😀", "漢字 é 😀"),
    ],
)
def test_only_printable_words_remain(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_a_long_text_is_cut_at_a_character() -> None:
    shown = one_line("漢" * 1_000, limit_bytes=100)

    assert shown == "漢" * 32 + "…"
    assert len(shown.encode()) <= 100
