from __future__ import annotations

import io
import re
from typing import Any

import pytest

from qwq_magic.display.text.terminal import TerminalPanel
from qwq_magic.errors import RateLimited
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Timing, Turn

COMPLETE = Turn(
    id="1",
    prompt="Which is larger?",
    reasoning="Compare them.",
    answer="9.9",
    model="qwq-plus",
    server="demo",
    finish_reason="stop",
    complete=True,
    usage=Usage(output_tokens=40, reasoning_tokens=30),
    timing=Timing(ttft_s=0.1, thinking_s=12.4, total_s=14.2),
)
EVENTS: list[Event] = [
    ReasoningDelta("Compare "),
    ReasoningDelta("them."),
    AnswerDelta("\n\n9"),
    AnswerDelta(".9"),
    UsageReported(Usage(output_tokens=40)),
    StreamFinished("stop"),
]
END = (
    "Thought for 12.4 s · 30 tokens; 30 reasoning · 10 answer · 3 tok/s · 14.2 s · qwq-plus · demo "
    "· main · turn 3\n"
)


class Recorder(io.StringIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def written(
    events: list[Event],
    turn: Turn | None = COMPLETE,
    *,
    is_tty: bool = False,
    stream: Any = None,
    **options: Any,
) -> str:
    stream = stream or Recorder()
    labels = {"model": "qwq-plus", "server": "demo", "conversation": "main"}
    settings = {"show": "both", "start": "auto", **labels, **options}
    panel = TerminalPanel(stream=stream, is_tty=is_tty, **settings)
    panel.open()
    for event in events:
        panel.show_event(event)
        panel.tick()
    if turn:
        panel.finish(turn, place=TurnPosition(3, 1))
    text: str = stream.getvalue()
    return text


def test_a_pipe_gets_reasoning_answer_and_one_closing_line_as_plain_text() -> None:
    assert written(EVENTS) == f"Reasoning\nCompare them.\n\n9.9\n\n{END}"


def test_a_terminal_gets_the_reasoning_dimmed_and_the_answer_not() -> None:
    text = written(EVENTS, is_tty=True)

    assert "\x1b[2mCompare \x1b[0m\x1b[2mthem.\x1b[0m\n\n9.9\n\n" in text
    assert re.sub("\x1b\\[[02]m", "", text).endswith(f"9.9\n\n{END}")


@pytest.mark.parametrize("count", range(len(EVENTS) + 1))
def test_dimming_is_off_wherever_the_stream_is_stopped(count: int) -> None:
    text = written(EVENTS[:count], None, is_tty=True)

    assert text.count("\x1b[2m") == text.count("\x1b[0m")
    assert text.rfind("\x1b[0m") >= text.rfind("\x1b[2m")


def test_a_pipe_never_gets_an_escape_sequence_from_the_model() -> None:
    hostile: list[Event] = [
        ReasoningDelta("a\x1b]0;"),
        ReasoningDelta("t\x07b"),
        AnswerDelta("\x1b[2Jc\rd"),
    ]

    text = written([*hostile, Notice("retry\x1b[31m\ning")])

    assert "Reasoning\nab\n\nc\nd\nretry ing\n" in text
    assert "\x1b" not in text


def test_a_notice_without_text_is_not_shown() -> None:
    assert written([Notice("", way="native"), *EVENTS]) == written(EVENTS)


def test_a_stopped_turn_ends_with_one_line_saying_so() -> None:
    stopped = Turn(id="1", prompt="p", reasoning="Compare")

    assert written(EVENTS[:1], stopped) == "Reasoning\nCompare \n\nStopped by you.\n"


def test_an_error_is_one_line() -> None:
    failed = Turn(id="1", prompt="p", error=RateLimited("Too many requests.\nWait\x1b[31m 20 s."))

    assert written([], failed) == "Error: Too many requests. Wait 20 s.\n"


def test_hidden_reasoning_still_shows_progress() -> None:
    text = written(EVENTS, show="answer")

    assert text.startswith("Reasoning …\n\n9.9\n")
    assert "Compare" not in text


def test_a_hidden_answer_still_shows_progress() -> None:
    assert written(EVENTS, show="reasoning").startswith(
        "Reasoning\nCompare them.\n\nAnswering …\n\nThought for"
    )


def test_advice_about_a_loop_is_given_once_on_a_line_of_its_own() -> None:
    again = "But wait, I should look again. "
    text = written([ReasoningDelta(again) for _ in range(9)], None)

    assert text.startswith(f"Reasoning\n{again * 3}\nThe model is looping; it rarely recovers.")
    assert text.count("The model is looping") == 1
    assert text.count(again) == 9


def test_text_is_flushed_at_once_and_then_twenty_times_a_second() -> None:
    now = [0.0]
    stream = Recorder()
    panel = TerminalPanel(
        stream=stream, is_tty=False, model="", server="", conversation="", show="both",
        start="open", clock=lambda: now[0],
    )  # fmt: skip
    panel.tick()
    at_once = stream.flushes

    for _ in range(500):
        now[0] += 0.001
        panel.show_event(AnswerDelta("a"))
        panel.tick()

    assert at_once == 1
    assert 9 <= stream.flushes - at_once <= 10


def test_a_stream_of_a_narrow_encoding_does_not_fail() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    panel = TerminalPanel(
        stream=stream, is_tty=False, model="", server="", conversation="", show="both", start="open"
    )
    panel.show_event(AnswerDelta("9 ≈ é \ud800"))
    panel.tick()

    assert raw.getvalue() == b"9 ? ? ?"


def test_text_that_was_reasoning_is_named_below_it_since_it_cannot_move() -> None:
    events: list[Event] = [AnswerDelta("Hm."), AnswerBecameReasoning(), AnswerDelta("42")]

    assert written([*events], None) == "Hm.\nThe text above is the reasoning.\n\n42"
    assert written([*events], None, show="answer").startswith("Hm.\nThe text above is")
    assert written([*events], None, show="reasoning").startswith("Answering …\n\nReasoning\nHm.")


def test_an_answer_that_was_taken_for_reasoning_is_written_where_it_was_not_shown() -> None:
    events: list[Event] = [ReasoningDelta("42"), ReasoningBecameAnswer()]

    assert written([*events], None) == "Reasoning\n42\nThe text above is the answer.\n"
    assert written([*events], None, start="closed").endswith("42")
