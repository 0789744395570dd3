from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from display.inertness import HOSTS, Page, problems
from hostile.corpus import taken_texts
from nbformat.v4 import new_code_cell, new_notebook, new_output

from qwq_magic.demo.recordings import recordings
from qwq_magic.display.saved.bundle import TURN_MIME, final_bundle
from qwq_magic.display.saved.step_records import step_records
from qwq_magic.errors import AuthenticationError
from qwq_magic.events import Ending, Usage
from qwq_magic.memory import TurnPosition
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import Message, Timing, Turn
from qwq_magic.turns.prefix import Prefix

STATIC = Path(__file__).parents[3] / "qwq_magic/display/static"

TURN = Turn(
    id="t1",
    prompt="Which is larger?",
    reasoning="First, compare.\n\nThen:\n  9.9 > 9.11",
    answer="**9.9** is larger.",
    model="qwq-plus",
    server="dashscope",
    finish_reason="stop",
    complete=True,
    usage=Usage(input_tokens=10, output_tokens=1_203, reasoning_tokens=412),
    timing=Timing(ttft_s=0.12345, thinking_s=12.4, total_s=14.2),
    messages=(Message("user", "what was sent"),),
    notices=("Retried once.",),
)

FOOTER = (
    "10 in · 412 reasoning · 791 answer · 85 tok/s · 14.2 s · qwq-plus · dashscope · main · turn 3"
)


def markdown(turn: Turn, **options: object) -> str:
    return str(final_bundle(turn, place=TurnPosition(3, 1), **options)["text/markdown"])  # type: ignore[arg-type]


def plain(turn: Turn, **options: object) -> str:
    return str(final_bundle(turn, place=TurnPosition(3, 1), **options)["text/plain"])  # type: ignore[arg-type]


def test_data_comes_first_then_markdown_then_text() -> None:
    assert list(final_bundle(TURN, place=TurnPosition(1, 1))) == [
        TURN_MIME,
        "text/markdown",
        "text/plain",
    ]


def test_the_data_is_the_turn_without_what_was_sent() -> None:
    bundle = final_bundle(TURN, place=TurnPosition(3, 1), show="answer", start="auto")
    data: dict[str, Any] = bundle[TURN_MIME]  # type: ignore[assignment]

    inspected = {name: data.pop(name) for name in ("steps", "loops", "metrics")}
    assert inspected["steps"] == step_records(TURN.steps)
    assert inspected["loops"] == ""
    assert inspected["metrics"]["steps"] == len(TURN.steps) == 2
    assert inspected["metrics"]["reasoning_share"] == 0.3425
    assert data == {
        "schema": 1,
        "id": "t1",
        "state": "complete",
        "reasoning": "First, compare.\n\nThen:\n  9.9 > 9.11",
        "answer": "**9.9** is larger.",
        "model": "qwq-plus",
        "server": "dashscope",
        "conversation": "main",
        "number": 3,
        "attempt": 1,
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 10,
            "output_tokens": 1_203,
            "total_tokens": None,
            "reasoning_tokens": 412,
            "cached_tokens": None,
        },
        "timing": {"ttft_s": 0.123, "thinking_s": 12.4, "total_s": 14.2},
        "error": None,
        "caption": "Thought for 12.4 s · 412 tokens",
        "footer": FOOTER,
        "notices": ["Retried once."],
        "ending": "",
        "view": {"show": "answer", "start": "auto"},
    }


def test_the_markdown_folds_the_reasoning_above_the_answer() -> None:
    assert markdown(TURN) == (
        "<details>\n<summary>Thought for 12.4 s · 412 tokens</summary>\n"
        "<p>First, compare.</p>\n<p>Then:\n<br>\u00a0\u00a09.9 &gt; 9.11</p>\n</details>\n\n"
        "<strong>9.9</strong> is larger.\n\n"
        "<p><sub>Retried once.</sub></p>\n\n"
        f"<p><sub>{FOOTER}</sub></p>"
    )


def test_the_text_is_short() -> None:
    long = replace(TURN, answer="x" * 5_000)

    assert plain(TURN) == "Thought for 12.4 s · 412 tokens\n\n**9.9** is larger."
    assert plain(long).endswith("x\n… 3,000 more characters: see _qwq.answer")


def test_tokens_the_server_did_not_count_are_estimated() -> None:
    latin = replace(TURN, usage=Usage(), reasoning="word" * 90, answer="")
    chinese = replace(TURN, usage=Usage(), reasoning="想" * 150, answer="")

    assert "Thought for 12.4 s · ≈ 100 tokens" in plain(latin)
    assert "Thought for 12.4 s · ≈ 100 tokens" in plain(chinese)


@pytest.mark.parametrize(
    ("finish_reason", "answer", "ending"),
    [
        ("stop", "", "The reply has no answer."),
        ("length", "", "Ran out of tokens while thinking: no answer."),
        ("length", "9.9", "Ran out of tokens: the answer is cut off."),
        ("tool_calls", "", "The model called a tool, but none is available."),
    ],
)
def test_an_unusual_ending_is_shown_in_every_form(
    finish_reason: str, answer: str, ending: str
) -> None:
    bundle = final_bundle(
        replace(TURN, finish_reason=finish_reason, answer=answer), place=TurnPosition(1, 1)
    )

    assert ending in bundle[TURN_MIME]["ending"]  # type: ignore[index]
    assert ending in str(bundle["text/markdown"])
    assert ending in str(bundle["text/plain"])


def test_repeated_reasoning_is_noted_in_every_form() -> None:
    note = "The reasoning repeats itself word for word."
    bundle = final_bundle(
        replace(TURN, reasoning="Hm. " + "But wait, I look again. " * 4), place=None
    )

    assert bundle[TURN_MIME]["notices"] == ["Retried once.", note]  # type: ignore[index]
    assert f"<p><sub>{note}</sub></p>" in str(bundle["text/markdown"])
    assert note in str(bundle["text/plain"])


def test_a_ruler_is_not_a_repetition() -> None:
    data = final_bundle(replace(TURN, reasoning="A table:\n" + "-" * 80), place=None)[TURN_MIME]

    assert data["notices"] == ["Retried once."]  # type: ignore[index]


@pytest.mark.parametrize(
    "usage", [Usage(output_tokens=10**400), Usage(output_tokens=9, reasoning_tokens=10**400)]
)
def test_an_analysis_that_fails_costs_its_own_part_alone(usage: Usage) -> None:
    turn = replace(TURN, reasoning=TURN.reasoning * 9, usage=usage)
    with pytest.raises(OverflowError):
        turn.metrics  # noqa: B018

    bundle = final_bundle(turn, place=TurnPosition(1, 1))

    data: dict[str, Any] = bundle[TURN_MIME]  # type: ignore[assignment]
    assert data["answer"] == TURN.answer
    assert {"steps", "loops", "metrics"}.isdisjoint(data)
    assert "<strong>9.9</strong> is larger." in str(bundle["text/markdown"])
    assert "First, compare." in str(bundle["text/markdown"])
    assert "**9.9** is larger." in str(bundle["text/plain"])


def test_minutes_are_spoken_as_minutes() -> None:
    assert "Thought for 2 min 5 s" in plain(replace(TURN, timing=Timing(thinking_s=125.2)))


def test_a_stopped_turn_says_so_and_leaves_its_reasoning_open() -> None:
    stopped = replace(TURN, complete=False, answer="", finish_reason=None)

    assert "<details open>" in markdown(stopped)
    assert "\n\n<p>Stopped by you.</p>\n\n" in markdown(stopped)
    assert plain(stopped).endswith("\n\nStopped by you.")


def test_an_error_is_shown_below_the_text_received_so_far() -> None:
    error = AuthenticationError("Key *refused* <b>.", status=401)
    failed = replace(TURN, complete=False, error=error)

    assert "<strong>Error:</strong> Key &#42;refused&#42; &lt;b&gt;." in markdown(failed)
    assert plain(failed).endswith("Key *refused* <b>.")
    data = final_bundle(failed, place=None)[TURN_MIME]
    assert isinstance(data, dict)
    assert (data["state"], data["error"]["kind"], data["number"]) == ("error", "auth", None)


def test_running_out_of_tokens_is_distinguished_from_an_answer() -> None:
    thinking = replace(TURN, finish_reason="length", answer="")

    assert "Ran out of tokens while thinking: no answer." in markdown(thinking)
    assert "the answer is cut off" in markdown(replace(TURN, finish_reason="length"))


def test_only_the_selected_panes_are_shown() -> None:
    assert "compare" not in markdown(TURN, show="answer")
    assert "is larger" not in markdown(TURN, show="reasoning")
    assert "<details open>" in markdown(TURN, show="reasoning")
    assert "is larger" not in plain(TURN, show="reasoning")


def test_nothing_in_a_hostile_turn_is_live() -> None:
    for payload in taken_texts(core=15):
        turn = Turn(
            id=payload,
            prompt=payload,
            reasoning=f"{payload}\n\n{payload}",
            model=payload,
            server=payload,
            conversation=payload,
            notices=(payload,),
            error=AuthenticationError(payload),
        )

        assert problems(markdown(turn)) == [], payload


def test_the_reasoning_has_no_links_no_math_no_structure() -> None:
    for payload in taken_texts(core=15):
        saved = markdown(Turn(id="1", prompt="", reasoning=payload, complete=True))
        for host in HOSTS.values():
            page = Page(host(saved))
            assert (page.links, page.math) == ([], []), payload
            assert set(page.elements) <= {"details", "summary", "p", "br", "span", "sub"}, payload


def test_the_bundle_is_json_for_any_text() -> None:
    turn = Turn(id="1", prompt="", reasoning="\ud800 \x00", answer="\udfff\x1b[1m", model="\ud83d")
    bundle = final_bundle(turn, place=TurnPosition(1, 1))

    assert json.loads(json.dumps(bundle, ensure_ascii=False).encode()) == bundle


def test_importing_it_costs_no_markdown_parser() -> None:
    code = "import sys, qwq_magic.display.saved.bundle as b; sys.exit('markdown_it' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_steps_are_cut_from_the_reasoning_that_is_shown() -> None:
    halves = "Let me smile \ud83d\ude42 here. Wait, that is not what I was asked for."
    data = final_bundle(replace(TURN, reasoning=halves), place=None)[TURN_MIME]
    lengths = re.findall(r"[A-Z]([0-9a-z]+)", data["steps"])  # type: ignore[index]

    assert [int(length, 36) for length in lengths] == [21, 39]
    assert len(data["reasoning"]) == 60  # type: ignore[index]


def test_a_long_turn_takes_no_more_than_2_3_times_its_text_in_a_notebook() -> None:
    text = "\n\n".join(recording.reasoning for recording in recordings()) * 3
    marks = tuple((number * len(text) // 900, number * 0.4) for number in range(1, 901))
    turn = replace(TURN, reasoning=text, arrivals=marks)
    data = {
        mime: value
        for mime, value in final_bundle(turn, place=None).items()
        if mime != "text/plain"
    }
    notebook = new_notebook(cells=[new_code_cell(outputs=[new_output("display_data", data=data)])])

    assert len(nbformat.writes(notebook).encode()) <= 2.3 * len(text.encode())


@pytest.mark.parametrize(
    ("reason", "ending", "shown"),
    [
        ("stop", None, False),
        ("end_turn", None, False),
        ("completed", Ending.COMPLETE, False),
        ("length", None, True),
        ("odd", Ending.UNKNOWN, True),
    ],
)
def test_only_an_unusual_finish_reason_is_in_the_footer(
    reason: str, ending: Ending | None, shown: bool
) -> None:
    turn = replace(TURN, finish_reason=reason, ending=ending)
    data: dict[str, Any] = final_bundle(turn, place=None)[TURN_MIME]  # type: ignore[assignment]

    assert data["footer"].endswith(f" · finished: {reason}") == shown


GIVEN = replace(
    TURN,
    reasoning="Given *this*.\n\nThen more.",
    answer="The **answer** is 9.9.",
    prefix=Prefix("Given *this*.", answer="The **ans"),
)


def test_the_data_count_what_was_given() -> None:
    data: dict[str, Any] = final_bundle(GIVEN, place=None)[TURN_MIME]  # type: ignore[assignment]

    assert data["given"] == [13, 9]


def test_what_was_given_is_counted_as_it_is_shown() -> None:
    halves = "\ud835\udfd9 is"
    turn = replace(GIVEN, reasoning=f"{halves} one.", answer="", prefix=Prefix(f"{halves}..."))
    data: dict[str, Any] = final_bundle(turn, place=None)[TURN_MIME]  # type: ignore[assignment]

    assert data["reasoning"] == "𝟙 is one."
    assert data["given"] == [7, 0]
    assert data["reasoning"][:4] == "𝟙 is"


def test_the_markdown_marks_what_was_given() -> None:
    text = markdown(GIVEN)

    given, rest = text.split("<hr>")
    assert "<p><sub>given:</sub></p>\n<p>Given &#42;this&#42;.</p>" in given
    assert rest.lstrip().startswith("<p>Then more.</p>")
    assert (
        "<p><sub>given, up to “The &#42;&#42;ans”:</sub></p>\n\nThe <strong>answer</strong>" in text
    )
    assert "given" not in plain(GIVEN).replace("Given", "")


def test_a_turn_without_a_prefix_marks_nothing() -> None:
    assert "given" not in final_bundle(TURN, place=None)[TURN_MIME]  # type: ignore[operator]
    assert "<sub>given" not in markdown(TURN)


def test_hostile_given_text_is_inert() -> None:
    for payload in taken_texts(core=15):
        prefix = Prefix(payload, answer=payload)
        turn = replace(TURN, reasoning=f"{payload} so", answer=f"{payload} so", prefix=prefix)
        assert problems(markdown(turn)) == [], payload


def test_the_view_knows_the_servers_that_continue_no_text() -> None:
    source = (STATIC / "turn_cells.js").read_text("utf-8")
    listed = source.split("QUOTING = [")[1].split("]")[0]

    assert re.findall(r'"([\w-]+)"', listed) == [
        name for name, server in SERVERS.items() if server.continues == "none"
    ]
