"""`%%qwq --from`, `%qwq_answer` and `%qwq_continue` in a real kernel, in front of a real server."""

from __future__ import annotations

import pytest
from continuing import ANSWER, EDITED_ANSWER, REASONING, SENTENCES, llama_cpp, vllm
from kernel import BATCH_MIME, Execution, Kernel
from magics.conftest import AskAt
from server import Reply, Request, ScriptedServer, chat

CUT = "".join(SENTENCES[:2])


def _complaint(done: Execution) -> str:
    assert done.of_type("display_data") == []
    return done.text("stderr").strip()


def _cut_first(request: Request) -> Reply:
    """The first reply is cut in its reasoning."""
    if request.method == "POST" and request.json["messages"][-1]["role"] == "user":
        return chat(reasoning=CUT, finish_reason="length")
    return vllm(request)


def test_a_cut_turn_is_answered_and_continued(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(_cut_first) as server:
        ask_at(server)
        kernel.run("%%qwq -c cut\n9.9?")
        answered = kernel.run("%qwq_answer -c cut 1", cell_id="cell-2")
        again = kernel.run("%qwq_answer -c cut 1", cell_id="cell-2")
        continued = kernel.run("%qwq_continue -c cut 1.1", cell_id="cell-3")

    assert (answered.turn["reasoning"], answered.turn["answer"]) == (CUT, ANSWER)
    assert answered.turn["parent"]["kind"] == "rescue"
    assert (answered.turn["number"], answered.turn["attempt"]) == (1, 2)
    # Run again, it answers from the same turn, and not from its own answer.
    assert again.turn["parent"] == answered.turn["parent"]
    assert continued.turn["reasoning"] == REASONING
    assert [turn["attempt"] for turn in continued.turn["attempts"]] == [1, 2, 3]


def test_a_cell_forks_a_turn_at_a_step(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(vllm) as server:
        ask_at(server)
        kernel.run("%%qwq -c forks -o whole\n9.9?")
        edited = kernel.run("%%qwq -c forks --from 1:3\nNo.", cell_id="cell-2")
        again = kernel.run("%%qwq -c forks --from 1:3\nNo.", cell_id="cell-2")
        kernel.run("%%qwq -c forks --from whole:2 -n 2\n", cell_id="cell-3")
        reopened = kernel.run("%%qwq -c forks --from 1.1:end\nWait", cell_id="cell-4")

    assert edited.turn["reasoning"].startswith(f"{CUT}No. ")
    assert edited.turn["answer"] == EDITED_ANSWER
    assert again.turn["parent"] == edited.turn["parent"]
    assert again.turn["reasoning"] == edited.turn["reasoning"]
    assert reopened.turn["reasoning"].startswith(f"{REASONING}Wait")
    assert reopened.turn["attempt"] == 6
    # A cell of the table may take several lines.
    listed = kernel.run("%qwq_memory -c forks attempts 1").final["text/markdown"]
    for words in ("attempt 1, edited at step 3", "attempt 1, resampled at step 2"):
        assert words in listed


def test_several_replies_come_from_one_turn_and_do_so_again(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(vllm) as server:
        ask_at(server)
        kernel.run("%%qwq -c several\n9.9?")
        first = kernel.run("%%qwq -c several --from 1:2 -n 3", cell_id="cell-2")
        requests = len(server.requests)
        again = kernel.run("%%qwq -c several --from 1:2 -n 3", cell_id="cell-2")

    for done in (first, again):
        forks = [lane["turn"] for lane in done.final[BATCH_MIME]["lanes"]]
        assert len(forks) == 3
        assert len({turn["parent"]["id"] for turn in forks}) == 1
        assert {lane["place"] for lane in done.final[BATCH_MIME]["lanes"]} == {"1.2", "1.3", "1.4"}
    # What is known is not paid for again.
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("%%qwq --from 1\nx", "--from 1 is not TURN:STEP"),
        ("%%qwq --from 1:x\nx", "--from 1:x is not TURN:STEP"),
        ("%%qwq --from 9:1\nx", "No turn 9"),
        ("%%qwq --from nothing:1\nx", "'nothing' is not a turn"),
        ("%%qwq -c wrong --from 1:99\nx", "from 1 to 5"),
        ("%%qwq --from 1:1 -n 0\nx", "-n needs a number of replies"),
        ("%%qwq -l tokens=none\nx", "tokens is 'none'"),
        ("%%qwq -l tokns=3\nx", "Unknown limit 'tokns'"),
        ("%%qwq -l 3\nx", "-l 3 is not KEY=VALUE"),
        ("%qwq_answer 9", "No turn 9"),
        ("%qwq_continue -c wrong 1", "nothing to continue"),
        ("%qwq_continue 1 2", "not one turn"),
        ("%qwq_answer --from 1:1", "--from is an option of %%qwq"),
    ],
)
def test_a_mistake_is_one_line_and_costs_no_request(
    kernel: Kernel, ask_at: AskAt, cell: str, complaint: str
) -> None:
    with ScriptedServer(llama_cpp) as server:
        ask_at(server)
        kernel.run("%%qwq -c wrong\n9.9?", cell_id="cell-9")
        before = len(server.requests)
        done = kernel.run(cell, cell_id="cell-8")

        assert len(server.requests) == before
    assert complaint in _complaint(done)
    assert "Traceback" not in _complaint(done)


def test_a_dry_run_shows_what_a_fork_would_send(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(vllm) as server:
        ask_at(server)
        kernel.run("%%qwq -c dry\n9.9?")
        before = len(server.requests)
        done = kernel.run("%%qwq -c dry --from 1:2 --dry-run\nNo.", cell_id="cell-2")

        assert len(server.requests) == before
    assert "9.9?" in done.final["text/plain"]
    assert "No. " in done.final["text/plain"]


def test_limits_of_a_cell_end_its_reasoning(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(vllm) as server:
        ask_at(server)
        done = kernel.run(r'%%qwq -l match="\btenths\b" -l tokens=2000' "\n9.9?")

    assert done.turn["state"] == "complete"
    assert any("Limit reached" in notice for notice in done.turn["notices"])
