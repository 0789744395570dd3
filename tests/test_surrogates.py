"""Halves of a character that were cut over two deltas meet again."""

from __future__ import annotations

from qwq_magic.plain_text import SurrogateJoiner


def test_halves_in_two_deltas_become_one_character() -> None:
    joiner = SurrogateJoiner()

    assert joiner.join("a\ud83d") == "a"
    assert joiner.join("\ude00b") == "😀b"
    assert joiner.flush() == ""


def test_a_half_that_stays_alone_is_replaced() -> None:
    joiner = SurrogateJoiner()

    assert joiner.join("\ude00é") == "\ufffdé"
    assert joiner.join("x\ud83d") == "x"
    assert joiner.join("y") == "\ufffdy"
    assert joiner.join("\ud83d") == ""
    assert joiner.flush() == "\ufffd"
