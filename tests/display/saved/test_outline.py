from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from display.inertness import HOSTS, Page, problems
from hostile.corpus import taken_texts
from nbformat.v4 import new_code_cell, new_notebook, new_output

from qwq_magic.demo.recordings import recordings
from qwq_magic.display.saved import bundle
from qwq_magic.display.saved.outline import outline
from qwq_magic.display.turn_view import TurnView
from qwq_magic.turns import Turn

TURN = Turn(
    id="t",
    prompt="How many stations?",
    reasoning=(
        "Okay, so I have this problem about trains. The first line has 12 + 7 = 19 stations. "
        "The second line has 4 * 3 = 12 stations. Together they have 19 + 12 = 31. "
        "Wait, I counted the central one twice. Alternatively, I could count the central one once. "
        "That gives 31 - 1 = 30. So the total is 30 stations. Let me double-check that number."
    ),
    answer="\\boxed{30}",
    complete=True,
)
TURNS = [
    Turn("t" * 32, r.prompt, reasoning=r.reasoning, answer=r.answer, complete=True)
    for r in recordings()
]


def saved_size(turn: Turn) -> int:
    data = bundle.final_bundle(turn, place=None)
    output = new_output("display_data", data=data)
    return len(nbformat.writes(new_notebook(cells=[new_code_cell("", outputs=[output])])).encode())


def test_an_outline_lists_the_turning_points() -> None:
    assert outline(TurnView(TURN, None)).splitlines() == [
        "<p><em>9 steps, likely 1 orient, 3 work, 3 reflect, 2 conclude; 1 switch. "
        "Turning points:</em></p>",
        "<ul>",
        "<li>step 1, setup: Okay, so I have this problem about trains.</li>",
        "<li>step 5, doubt: Wait, I counted the central one twice.</li>",
        "<li>step 6, switch: Alternatively, I could count the central one once.</li>",
        "<li>step 7, conclude, answer first seen (30): That gives 31 - 1 = 30.</li>",
        "</ul>",
    ]


def test_a_short_reasoning_is_its_own_outline() -> None:
    assert outline(TurnView(replace(TURN, reasoning="Hm. Let me see. Wait, no."), None)) == ""


def test_a_long_reasoning_has_twenty_lines_at_most() -> None:
    lines = outline(TurnView(replace(TURN, reasoning=TURN.reasoning * 500), None)).count("<li>")

    assert 15 <= lines <= 20


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.prompt[:20])
def test_an_outline_adds_less_than_a_fifth_to_the_file(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlined = saved_size(turn)
    monkeypatch.setattr(bundle, "outline", lambda _: "")

    assert outlined < 1.2 * saved_size(turn)
    assert not turn.steps[8:] or outlined > saved_size(turn)


@pytest.mark.parametrize("host", HOSTS)
def test_it_is_read_as_a_list_above_the_reasoning(host: str) -> None:
    page = Page(HOSTS[host](str(bundle.final_bundle(TURN, place=None)["text/markdown"])))

    assert page.problems == []
    assert page.elements[:8] == ["details", "summary", "p", "em", "ul", "li", "li", "li"]
    assert page.text.index("Turning points") < page.text.index("The second line")


def test_nothing_of_a_hostile_outline_is_live_in_any_host() -> None:
    texts = taken_texts(core=15)
    live, outlined = {}, 0
    for payload in texts:
        # The first step has a line of its own, unless it is all one block of code.
        turn = replace(TURN, reasoning=f"{payload} \n\n{TURN.reasoning}", answer=payload)
        outlined += "<li>step 1, " in outline(TurnView(turn, None))
        if found := problems(str(bundle.final_bundle(turn, place=None)["text/markdown"])):
            live[payload] = found

    assert live == {}
    assert outlined > 0.95 * len(texts)
