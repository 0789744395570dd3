from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.plain_text import ControlStripper, one_line, strip_controls, well_formed

HOSTILE_ALPHABET = "ab;09[]P\\^_X(m\x07\x18\x1b\x90\x9b\x9c\x9d\n\r\t\x00\u202e\U000e0041é"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\n\ttext é 中 🙂", "plain\n\ttext é 中 🙂"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[?1049h\x1b[2J\x1b[1;1Hx", "x"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;javascript:1\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9cx", "x"),
        ("\x1bP1$r0m\x1b\\x", "x"),
        ("\x1b_payload\x1b\\x", "x"),
        ("\x1bcreset", "reset"),
        ("\x1b(0x", "x"),
        ("a\x00b\x07c\x08d\x7fe\x85f", "abcdef"),
        ("safe\u202egpj.exe\u2066x\u2069", "safegpj.exex"),
        ("a\U000e0041\U000e007fb", "ab"),
        ("1\x1b[31", "1"),
    ],
)
def test_only_what_is_meant_to_be_read_is_kept(text: str, expected: str) -> None:
    assert strip_controls(text) == expected


def test_a_carriage_return_starts_a_new_line_instead_of_overwriting_one() -> None:
    assert strip_controls("real\rfake\r\nnext\n\rend") == "real\nfake\nnext\n\nend"


def test_a_string_sequence_that_is_never_closed_ends_at_the_line() -> None:
    assert strip_controls("a\x1b]0;swallowed\nkept") == "a\nkept"


def test_a_character_that_cannot_stand_in_a_sequence_is_text_again() -> None:
    assert strip_controls("\x1b[3中x") == "中x"


@given(st.text(HOSTILE_ALPHABET, max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_cutting_a_text_anywhere_changes_nothing(text: str, cuts: list[int]) -> None:
    stripper = ControlStripper()
    places = sorted({0, *cuts, len(text)})

    fed = "".join(stripper.feed(text[a:b]) for a, b in pairwise([*places, len(text)]))

    assert fed == strip_controls(text)


@given(st.text(st.characters() | st.sampled_from(HOSTILE_ALPHABET)))
def test_no_control_survives(text: str) -> None:
    kept = strip_controls(text)

    assert not [c for c in kept if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160]


def test_surrogate_halves_are_paired_and_lone_ones_replaced() -> None:
    assert well_formed("\ud83d\ude42 \ud800x") == "🙂 \ufffdx"


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
def test_one_line_keeps_only_printable_words(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_a_long_text_is_cut_at_a_character() -> None:
    shown = one_line("漢" * 1_000, limit_bytes=100)

    assert shown == "漢" * 32 + "…"
    assert len(shown.encode()) <= 100
