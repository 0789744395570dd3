"""Inline tags split reasoning from answer, wherever they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.think_tags import ThinkTagSplitter


def split(mode: InlineThink, *deltas: str) -> tuple[str, str]:
    splitter = ThinkTagSplitter(mode)
    pairs = [*(splitter.split(delta) for delta in deltas), splitter.flush()]
    return "".join(r for r, _ in pairs), "".join(a for _, a in pairs)


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("auto", "<think>a</think>b", ("a", "b")),
        ("auto", " \n<think>a</think>b", ("a", "b")),
        ("auto", "b <think>a</think>", ("", "b <think>a</think>")),
        ("auto", "a</think>b", ("", "a</think>b")),
        ("auto", "<thinking>a", ("", "<thinking>a")),
        ("auto", "<think>a</think>b<think>c</think>d", ("a", "b<think>c</think>d")),
        ("auto", "<think>a<think>b</think>c", ("a<think>b", "c")),
        ("auto", "<think>never closed</thi", ("never closed</thi", "")),
        ("auto", "  <thi", ("", "  <thi")),
        ("auto", "<think></think>b", ("", "b")),
        ("open", "a</think>b", ("a", "b")),
        ("open", "<think>a</think>b", ("a", "b")),
        ("open", "<thi", ("<thi", "")),
        ("open", "a</think>b</think>c", ("a", "b</think>c")),
        ("off", "<think>a</think>b", ("", "<think>a</think>b")),
    ],
)
def test_a_text_splits_the_same_whole_and_by_characters(
    mode: InlineThink, text: str, expected: tuple[str, str]
) -> None:
    assert split(mode, text) == expected
    assert split(mode, *text) == expected


def test_nothing_but_a_possible_tag_is_held_back() -> None:
    splitter = ThinkTagSplitter("open")

    assert splitter.split("thought") == ("thought", "")
    assert splitter.split(" a < b </th") == (" a < b ", "")
    assert splitter.split("ink") == ("", "")
    assert splitter.split(">answer") == ("", "answer")


def test_a_reasoning_field_makes_tags_literal() -> None:
    splitter = ThinkTagSplitter("open")

    assert splitter.stop_splitting() == ("", "")
    assert splitter.split("<think>a</think>") == ("", "<think>a</think>")


def test_text_held_back_before_a_reasoning_field_is_answer() -> None:
    splitter = ThinkTagSplitter("open")
    splitter.split("<thi")

    assert splitter.stop_splitting() == ("", "<thi")


def test_endless_white_space_is_not_waited_through() -> None:
    splitter = ThinkTagSplitter("auto")

    answers = [splitter.split(" ")[1] for _ in range(1_000)]

    assert "".join(answers) == " " * 1_000


@given(
    mode=st.sampled_from(["auto", "open", "off"]),
    deltas=st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", "a", " "])),
)
def test_cuts_change_nothing_and_lose_nothing(mode: InlineThink, deltas: list[str]) -> None:
    whole = split(mode, "".join(deltas))

    assert split(mode, *deltas) == whole
    assert split(mode, *"".join(deltas)) == whole
    if mode == "off":
        assert whole == ("", "".join(deltas))
