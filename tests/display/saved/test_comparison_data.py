"""What the comparison's view is given: every step in a pair, every word in a part."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.display.saved.comparison import comparison_data
from qwq_magic.turns import Turn


def turn(reasoning: str, answer: str) -> Turn:
    return Turn(id="t", prompt="?", reasoning=reasoning, answer=answer, complete=True)


def test_letters_say_how_steps_meet_and_where_they_part() -> None:
    left = turn("Let me see. So the sum of both is 42. But 20 + 21 = 41.", "It is 42 now.")
    right = turn("Let me see. So the sum of both is 42. The end of it.", "It is 43 now.")
    data = comparison_data(left.compare(right))

    assert (data["pairs"], data["divergence"]) == ("SSLR", 2)
    assert data["parting"] == "41 only on the left"
    assert re.findall("[BLR]", data["diff"]) == ["B", "L", "R", "B"]
    assert data["left"]["answer"] == "It is 42 now."
    assert data["metrics"][0][0]


@given(*[st.text(alphabet="ab .\n?好𝟙", max_size=80) for _ in range(4)])
def test_nothing_is_left_out(reasoning: str, other: str, answer: str, another: str) -> None:
    left, right = turn(reasoning, answer), turn(other, another)
    data = comparison_data(left.compare(right))

    both = len(re.findall("[SM]", data["pairs"]))
    assert both + data["pairs"].count("L") == len(left.steps)
    assert both + data["pairs"].count("R") == len(right.steps)
    lengths = {"B": 0, "L": 0, "R": 0}
    for side, digits in re.findall("([BLR])([0-9a-z]+)", data["diff"]):
        lengths[side] += int(digits, 36)
    assert lengths["B"] + lengths["L"] == len(answer)
    assert lengths["B"] + lengths["R"] == len(another)
