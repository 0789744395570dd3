from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.errors import ConfigurationError
from qwq_magic.memory import ConversationMemory, Window


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("6", Window(6)),
        ("6 turns", Window(6)),
        ("1 turn", Window(1)),
        ("20msg", Window(20, "messages")),
        ("20 messages", Window(20, "messages")),
        ("8000tok", Window(8000, "tokens")),
        ("8,000 tokens", Window(8000, "tokens")),
        ("8_000tok", Window(8000, "tokens")),
        ("8k tok", Window(8000, "tokens")),
        ("8K Tokens", Window(8000, "tokens")),
        (" all ", Window()),
        ("OFF", Window()),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, window: Window) -> None:
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    "text", ["", "0", "-3", "six", "6 cells", "tok", "1.5k", "k", "8000tok please", "9" * 5_000]
)
def test_what_is_no_window_is_one_line_with_the_way_out(text: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"is not a valid window\. Use 6 \(turns\)"
    ) as caught:
        Window.parse(text)

    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("said", "window"),
    [
        (6, Window(6)),
        ("6", Window(6)),
        ("20msg", Window(20, "messages")),
        ("8000tok", Window(8000, "tokens")),
        (None, Window()),
        (Window(4, "messages"), Window(4, "messages")),
    ],
)
def test_a_conversations_window_is_set_as_it_is_said(said: Any, window: Window) -> None:
    memory = ConversationMemory()

    memory.window = said

    assert memory.window == window


@pytest.mark.parametrize(
    "said",
    [0, -1, "x", "0", True, 1.5, b"6", [6], Window(0), Window("6"), Window(6, "cells")],  # type: ignore[arg-type]  # wrong on purpose
    ids=repr,
)
def test_what_is_no_window_is_refused_at_once_and_changes_nothing(said: Any) -> None:
    memory = ConversationMemory()
    memory.window = 6

    with pytest.raises(ConfigurationError, match=r"is not a valid window\. Use 6 \(turns\)"):
        memory.window = said

    assert memory.window == Window(6)


@given(st.text())
def test_any_text_is_a_window_or_a_configuration_error(text: str) -> None:
    try:
        window = Window.parse(text)
    except ConfigurationError:
        return

    assert window.size is None or window.size > 0


@pytest.mark.parametrize(
    ("window", "turns", "tokens"),
    [
        (Window(2), 2, 10**9),
        (Window(4, "messages"), 2, 10**9),
        (Window(5, "messages"), 2, 10**9),
        (Window(100, "tokens"), 10**9, 100),
        (Window(), 10**9, 10**9),
    ],
)
def test_a_window_holds_as_much_as_it_says(window: Window, turns: int, tokens: float) -> None:
    assert window.holds(turns=turns, tokens=tokens)


@pytest.mark.parametrize(
    ("window", "turns", "tokens"),
    [
        (Window(2), 3, 0),
        (Window(0), 1, 0),
        (Window(5, "messages"), 3, 0),
        (Window(1, "messages"), 1, 0),
        (Window(100, "tokens"), 1, 100.1),
    ],
)
def test_a_window_holds_no_more(window: Window, turns: int, tokens: float) -> None:
    assert not window.holds(turns=turns, tokens=tokens)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window(), "all turns"),
        (Window(1), "the last 1 turn"),
        (Window(6), "the last 6 turns"),
        (Window(8000, "tokens"), "the last ≈ 8,000 tokens"),
    ],
)
def test_a_window_says_what_it_is(window: Window, words: str) -> None:
    assert str(window) == words
