"""The outline of a reasoning in a terminal is short, and safe for any model output."""

from __future__ import annotations

import re

from qwq_magic.turns import Turn


def turn(reasoning: str, answer: str = "42.") -> Turn:
    return Turn(id="t", prompt="?", reasoning=reasoning, answer=answer, model="qwq", complete=True)


def test_every_step_of_a_short_reasoning_has_a_line() -> None:
    outline = repr(turn("Let me add the two. So 20 + 22 = 42. Wait, is that right?").inspect())

    lines = [line.split(None, 2) for line in outline.splitlines() if re.match(r" +\d+  ", line)]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert lines[0][1:] == ["plan", "Let me add the two."]


def test_a_long_outline_groups_steps_and_is_cut() -> None:
    text = (
        "Let me see what is given. Let me recall the rule. " * 500
        + "Wait, is it? So it is 9. " * 500
    )
    outline = repr(turn(text).inspect()).splitlines()

    assert any(re.match(r" +1–\d+  orient", line) for line in outline)
    assert len(outline) < 320
    assert outline[-1].startswith("… ")
    assert outline[-1].endswith("more lines: see turn.steps")


def test_a_model_cannot_drive_the_terminal() -> None:
    outline = repr(turn("So \x1b]0;owned\x07 the \x9b31mred\r one\u202e is it.\n\nNext.").inspect())

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", outline)
    assert "red" in outline


def test_a_turn_without_reasoning_has_an_outline() -> None:
    assert repr(turn("").inspect()) == "Reasoning of qwq: none"
