"""Faults as a notebook meets them: one line in the cell's output, and the next cell works."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from corpora import each
from faults.asking import arrived, assert_is_one_clean_line
from faults.table import INSTEAD_OF_A_STREAM, MID_STREAM, REFUSALS, SAID, Fault
from kernel import Execution, Kernel
from server import Reply, ScriptedServer, chat, failure

# Those that need no settings of their own, no waiting, and no witness in this process.
FAULTS = [
    fault
    for fault in (*REFUSALS, *INSTEAD_OF_A_STREAM, *MID_STREAM)
    if not (fault.waits or fault.settings or arrived in fault.reply.steps)
]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel(QWQ_MODEL="m") as kernel:
        kernel.run("%load_ext qwq_magic")
        yield kernel


@each("fault", FAULTS, core=1, by=lambda fault: fault.error, ids=lambda fault: fault.name)
def test_a_fault_is_one_line_and_the_next_cell_works(kernel: Kernel, fault: Fault) -> None:
    with ScriptedServer(fault.reply, chat(answer="Fine.")) as server:
        kernel.point_at(server.url)

        failed = kernel.run(f"%%qwq -c {fault.name!r}\nfirst?", cell_id="a")
        after = kernel.run(f"%%qwq -c {fault.name!r}\nsecond?", cell_id="b")

    assert failed.of_type("error") == []
    assert failed.reply["status"] == "ok"
    assert_is_one_clean_line(failed.turn["error"]["message"], fault.said)
    lines = failed.final["text/plain"].splitlines()
    assert sum(failed.turn["error"]["message"] in line for line in lines) == 1
    assert (failed.turn["reasoning"], failed.turn["answer"]) == (fault.reasoning, fault.answer)
    assert after.turn["answer"] == "Fine."


def is_waiting(execution: Execution) -> bool:
    """Has the status line been told until when?"""
    updates = [message["data"].get("state", {}) for message in execution.of_type("comm_msg")]
    return any(state.get("waits_until_s", 0.0) > 40.0 for state in updates)


def test_a_wait_is_counted_down_and_an_interrupt_ends_it(kernel: Kernel) -> None:
    limited = failure(429, {"error": "slow down"}, {"Retry-After": "50"})
    with ScriptedServer(limited) as server:
        kernel.point_at(server.url)
        asked = kernel.send("%%qwq -c waiting\nhi")
        queued = kernel.send("%%qwq -c after -s demo\nWhich is larger, 9.11 or 9.9?")
        kernel.collect(asked, until=is_waiting)

        kernel.interrupt()

        done, after = kernel.collect(asked), kernel.collect(queued)
    assert len(server.requests) == 1
    assert done.turn["state"] == "stopped"
    assert after.turn["state"] == "complete"


def test_a_stream_without_end_ends_with_an_interrupt(kernel: Kernel) -> None:
    reached, never = threading.Event(), threading.Event()
    with ScriptedServer(Reply([SAID, reached.set, never])) as server:
        kernel.point_at(server.url)
        asked = kernel.send("%%qwq -c endless\nhi")
        assert reached.wait(30)

        kernel.interrupt()

        done = kernel.collect(asked)
        assert server.disconnected.wait(10)
    assert (done.turn["state"], done.turn["answer"]) == ("stopped", "So")


def test_running_out_of_tokens_while_thinking_is_said(kernel: Kernel) -> None:
    with ScriptedServer(chat(reasoning="Hm", finish_reason="length")) as server:
        kernel.point_at(server.url)

        done = kernel.run("%%qwq -c length\nhi")

    assert "Ran out of tokens while thinking: no answer." in done.final["text/plain"]
    assert "Ran out of tokens while thinking: no answer." in done.final["text/markdown"]
