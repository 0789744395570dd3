"""`%qwq_probe` in a real kernel, in front of a real server."""

from __future__ import annotations

from typing import Any

import pytest
from continuing import listing
from kernel import Kernel
from magics.conftest import AskAt
from server import Reply, Request, ScriptedServer, chat_steps

THOUGHT = (
    "We need the sum of the two rows of the table. ",
    "So the first guess would be that it is 19. ",
    "Wait, the second row has to be counted as well. ",
    "Therefore the sum of both rows is 20 and not 19. ",
)


def answering(request: Request) -> Reply:
    """The model says 19 until its reasoning has the second row."""
    if request.method == "GET":
        return listing("llamacpp")
    last = request.json["messages"][-1]
    if last["role"] == "user":
        return Reply(chat_steps(reasoning=THOUGHT, answer="It is **20**."))
    value = 20 if "second row" in last["reasoning_content"] else 19
    return Reply(chat_steps(answer=f"{value}}}"))


def _posted(server: ScriptedServer) -> list[dict[str, Any]]:
    return [request.json for request in server.requests if request.method == "POST"]


def test_probing_shows_the_cost_first_and_then_a_lane(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(answering) as server:
        ask_at(server)
        kernel.run("%%qwq -c probed\nThe sum?")
        done = kernel.run("%qwq_probe -c probed -n 5 1", cell_id=None, allow_stdin=False)
        bound = kernel.run("print(_qwq_probes)")

    assert done.text("stdout").startswith("Probing: 5 calls · ≈ ")
    turn = done.turn
    assert turn["view"]["inspect"] is True
    (lane,) = turn["lanes"]
    assert lane["name"] == "If it had to answer now"
    assert lane["values"].split("\n") == ["0 19", "1 19", "2 19", "3* 20", "4* 20"]
    assert "| 2 | 48% | 19 |" in done.final["text/markdown"]
    assert "19 → 20, the final value from" in bound.text("stdout")


def test_a_dry_run_shows_the_cost_and_sends_nothing(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(answering) as server:
        ask_at(server)
        kernel.run("%%qwq -c dry\nThe sum?")
        before = len(_posted(server))
        done = kernel.run("%qwq_probe -c dry --samples 2 -n 3 --dry-run")

    assert done.text("stdout").startswith("6 calls · ≈ ")
    assert len(_posted(server)) == before


def test_the_memory_stays_as_it_was(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(answering) as server:
        ask_at(server)
        kernel.run("%%qwq -c kept\nThe sum?")
        kernel.run("%qwq_probe -c kept -n 3")
        listed = kernel.run("%qwq_memory -c kept list")

    assert listed.final["text/plain"].count("The sum?") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-n none", "UsageError: %qwq_probe: argument -n: invalid int value: 'none'. Use %qwq_pro"),
        ("-n 0 -c refused", "UsageError: n is 0. Use a whole number, 1 or more."),
        ("1 2 -c refused", "UsageError: %qwq_probe: unrecognized arguments: 2. Use %qwq_probe"),
        ("99 -c refused", "UsageError: "),
    ],
)
def test_a_wrong_line_is_one_line(kernel: Kernel, ask_at: AskAt, line: str, message: str) -> None:
    with ScriptedServer(answering) as server:
        ask_at(server)
        kernel.run("%%qwq -c refused\nThe sum?")
        before = len(_posted(server))
        done = kernel.run(f"%qwq_probe {line}")

    assert done.text("stderr").strip().startswith(message)
    assert "\n" not in done.text("stderr").strip()
    assert len(_posted(server)) == before


def test_failed_probes_are_counted_in_one_line(kernel: Kernel, ask_at: AskAt) -> None:
    def failing(request: Request) -> Reply:
        reply = answering(request)
        is_probe = request.method == "POST" and request.json["messages"][-1]["role"] != "user"
        return Reply(status=400) if is_probe else reply

    with ScriptedServer(failing) as server:
        ask_at(server)
        kernel.run("%%qwq -c failing\nThe sum?")
        done = kernel.run("%qwq_probe -c failing -n 2", cell_id=None, allow_stdin=False)

    assert done.text("stderr").startswith("2 of 2 probes failed. The first: ")
    assert done.turn["lanes"][0]["values"].split("\n") == ["0 –", "4 –"]
    assert done.turn["lanes"][0]["name"] == "If it had to answer now (2 failed)"
    assert "2 of 2 probes failed. The first: " in done.final["text/markdown"]
