"""`--background` and `%qwq_jobs` in a real kernel, in front of a real server."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import ipykernel
import pytest
from jupyter_client.manager import start_new_kernel
from kernel import TURN_MIME, Kernel
from magics.conftest import AskAt, FailingPanel
from server import Reply, ScriptedServer, chat, delta

from qwq_magic.memory.conversation_file import read_conversations

BACKGROUND = "get_ipython().magics_manager.registry['QwqMagics'].context.jobs"
LatestJob: TypeAlias = Callable[[], int]


@pytest.fixture
def jobs(kernel: Kernel) -> Iterator[LatestJob]:
    """The number of the latest job; what still goes on is stopped afterwards."""
    yield lambda: int(kernel.value(f"len(list({BACKGROUND}))"))
    kernel.run("%qwq_jobs stop all")


def _held(
    *, said: str = "Hm. ", rest: str = "So."
) -> tuple[Reply, threading.Event, threading.Event]:
    """A reply that waits in its middle: the steps, what is set there, and what lets it go on."""
    reached, go_on = threading.Event(), threading.Event()
    steps = [delta(reasoning_content=said), reached.set, go_on, *chat(answer=rest).steps]
    return Reply(steps), reached, go_on


def _wait_for_reasoning(kernel: Kernel) -> None:
    """Until the kernel has read the reasoning of the latest job."""
    kernel.run(
        f"import time\nwhile [*{BACKGROUND}][-1].state != 'reasoning': time.sleep(0.01)",
        cell_id=None,
    )


def _finals(kernel: Kernel, handle: str) -> list[Any]:
    """What was put in the place of an output, wherever it was said."""
    updates = [m["content"] for m in kernel.messages if m["msg_type"] == "update_display_data"]
    return [u["data"] for u in updates if u["transient"]["display_id"] == handle]


def test_a_cell_returns_at_once_and_its_output_goes_on_in_its_place(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)

        started = kernel.run("%%qwq -c bg1 --background -o later\nhi", cell_id="a")
        assert reached.wait(30)
        other = kernel.run("print(6 * 7)", cell_id="b")
        assert "later" not in kernel.value("sorted(globals())")
        go_on.set()
        waited = kernel.run("%qwq_jobs wait all", cell_id="c")

    [shown] = started.of_type("display_data")
    [final] = _finals(kernel, shown["transient"]["display_id"])
    assert other.text() == "42\n"
    assert other.of_type("display_data") == []
    assert final[TURN_MIME]["state"] == "complete"
    assert (final[TURN_MIME]["reasoning"], final[TURN_MIME]["answer"]) == ("Hm. ", "So.")
    assert "is complete: hi" in waited.final["text/plain"]
    assert kernel.value("later is _qwq, later.answer") == "(True, 'So.')"


@pytest.mark.skipif(ipykernel.version_info < (7,), reason="only ipykernel 7 knows threads")  # type: ignore[attr-defined]  # public, but not declared so
def test_the_final_output_says_where_it_belongs_even_while_another_cell_runs(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        started = kernel.send("%%qwq -c bg2 --background\nhi", cell_id="a")
        kernel.collect(started)
        assert reached.wait(30)

        go_on.set()
        busy = kernel.run("%qwq_jobs wait all\nprint('after')", cell_id="b")

    updates = [m for m in kernel.messages if m["msg_type"] == "update_display_data"]
    assert started in [m["parent_header"]["msg_id"] for m in updates]
    assert busy.of_type("update_display_data") == []


def test_jobs_are_listed_with_what_they_do(kernel: Kernel, ask_at: AskAt, jobs: LatestJob) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        kernel.run("%%qwq -c bg3 --background\nWhat is | this?", cell_id="a")
        number = jobs()
        assert reached.wait(30)
        _wait_for_reasoning(kernel)

        under_way = kernel.run("%qwq_jobs").final["text/plain"].splitlines()[-1].split()
        go_on.set()
        kernel.run(f"%qwq_jobs wait {number}")
        ended = kernel.run("%qwq_jobs").final["text/plain"].splitlines()[-1].split()

    assert under_way[:6] == [str(number), "What", "is", "|", "this?", "reasoning"]
    assert under_way[-2:] == ["≈", "1"]
    assert ended[5] == "complete"


def test_two_jobs_in_one_conversation_go_one_after_the_other(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held(rest="one")
    with ScriptedServer(reply, chat(answer="two")) as server:
        ask_at(server)
        kernel.run("%%qwq -c queue --background\nfirst", cell_id="a")
        assert reached.wait(30)
        kernel.run("%%qwq -c queue --background -o second\nsecond", cell_id="b")
        assert len(server.requests) == 1

        go_on.set()
        kernel.run("%qwq_jobs wait all")

        sent = [m["content"] for m in server.requests[1].json["messages"]]
    assert sent == ["first", "one", "second"]
    assert "Waiting for the previous reply" in kernel.value("second.notices")


def test_a_job_that_waits_can_be_stopped_and_the_one_before_it_goes_on(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held(rest="one")
    with ScriptedServer(reply) as server:
        ask_at(server)
        kernel.run("%%qwq -c behind --background -o first\nfirst", cell_id="a")
        assert reached.wait(30)
        kernel.run("%%qwq -c behind --background -o second\nsecond", cell_id="b")

        kernel.run(f"%qwq_jobs stop {jobs()}")

        go_on.set()
        kernel.run("%qwq_jobs wait all")
        assert len(server.requests) == 1
    assert kernel.value("first.answer, second.state") == "('one', 'stopped')"


def test_jobs_of_different_conversations_run_side_by_side(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    first, reached, go_on = _held()
    second, reached_too, go_on_too = _held()
    with ScriptedServer(first, second) as server:
        ask_at(server)

        kernel.run("%qwq -c left --background hi\n%qwq -c right --background hi")

        assert reached.wait(30)
        assert reached_too.wait(30)
        go_on.set()
        go_on_too.set()
        kernel.run("%qwq_jobs wait all")


@pytest.mark.parametrize("which", ["number", "all"])
def test_a_stopped_job_closes_its_connection_and_keeps_what_came(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob, which: str
) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        started = kernel.run(f"%%qwq -c stop-{which} --background -o stopped\nhi", cell_id="a")
        assert reached.wait(30)
        # The server has sent it; only what the kernel has read can be kept.
        _wait_for_reasoning(kernel)

        kernel.run(f"%qwq_jobs stop {jobs() if which == 'number' else which}")

        assert server.requests[0].disconnected.wait(10)
        go_on.set()
    [final] = _finals(kernel, started.of_type("display_data")[0]["transient"]["display_id"])
    assert final[TURN_MIME]["state"] == "stopped"
    assert kernel.value("stopped.state, stopped.reasoning, stopped.error") == repr(
        ("stopped", "Hm. ", None)
    )


def test_the_stop_button_of_a_job_is_heard(kernel: Kernel, ask_at: AskAt, jobs: LatestJob) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        started = kernel.run("%%qwq -c button --background\nhi", cell_id="a")
        [line] = [
            opened["comm_id"]
            for opened in started.of_type("comm_open")
            if opened["data"]["state"].get("kind") == "status"
        ]
        assert reached.wait(30)

        content = {"comm_id": line, "data": {"method": "custom", "content": {"type": "stop"}}}
        kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", content))

        assert server.requests[0].disconnected.wait(10)
        go_on.set()


def test_an_interrupt_of_a_cell_leaves_jobs_alone(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        kernel.run("%%qwq -c alone --background -o whole\nhi", cell_id="a")
        assert reached.wait(30)
        waiting = kernel.send("print('waiting', flush=True)\n%qwq_jobs wait all")
        kernel.collect(waiting, until=lambda execution: "waiting" in execution.text())

        kernel.interrupt()

        waited = kernel.collect(waiting)
        go_on.set()
        kernel.run("%qwq_jobs wait all")
    assert waited.reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("whole.complete") == "True"


def test_a_cell_that_runs_again_stops_its_earlier_job(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply, chat(answer="new")) as server:
        ask_at(server)
        kernel.run("%%qwq -c rerun --background\nold", cell_id="a")
        assert reached.wait(30)

        kernel.run("%%qwq -c rerun --background -o rerun\nnew", cell_id="a")
        kernel.run("%qwq_jobs wait all")

        assert server.requests[0].disconnected.wait(10)
        go_on.set()
    code = "[t.answer for t in __import__('qwq_magic').notebook_session().memory_of('rerun')]"
    assert kernel.value(code) == "['new']"


def test_a_cell_that_appends_leaves_its_earlier_job_alone(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, go_on = _held(rest="old")
    with ScriptedServer(reply, chat(answer="new")) as server:
        ask_at(server)
        kernel.run("%%qwq -c append --background\nold", cell_id="a")
        assert reached.wait(30)

        kernel.run("%%qwq -c append --append --background\nnew", cell_id="a")
        go_on.set()
        kernel.run("%qwq_jobs wait all")

    code = "[t.answer for t in __import__('qwq_magic').notebook_session().memory_of('append')]"
    assert kernel.value(code) == "['old', 'new']"


def test_a_panel_that_cannot_appear_does_not_cost_the_turn(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob, failing_panel: FailingPanel
) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        with failing_panel("open"):
            failed = kernel.run("%qwq -c closed --background -o unseen hi")

        kernel.run("%qwq_jobs wait all")

    assert failed.reply["ename"] == "RuntimeError"
    assert kernel.value("unseen.answer") == "'one'"


def test_a_result_is_the_value_of_the_cell_and_the_last_turn(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        kernel.run("%%qwq -c result --background\nhi")
        number = jobs()
        kernel.run(f"%qwq_jobs wait {number}\n_qwq = None")

        shown = kernel.run(f"%qwq_jobs result {number}")
        taken = kernel.run(f"taken = %qwq_jobs result {number}\nprint(taken.answer)")

    [value] = shown.of_type("execute_result")
    assert value["data"][TURN_MIME]["answer"] == "one"
    assert (taken.text(), kernel.value("_qwq is taken")) == ("one\n", "True")


def test_a_job_that_failed_says_so(kernel: Kernel, ask_at: AskAt, jobs: LatestJob) -> None:
    with ScriptedServer(Reply([b"nope"], 400)) as server:
        ask_at(server)
        kernel.run("%%qwq -c failed --background\nhi")

        waited = kernel.run(f"%qwq_jobs wait {jobs()}")

    assert "failed: hi" in waited.final["text/plain"]
    assert kernel.value("_qwq.state") == "'error'"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("%qwq_jobs wait 99", "There is no job '99'."),
        ("%qwq_jobs stop", "Name one job: %qwq_jobs stop 1, or %qwq_jobs stop all."),
        ("%qwq_jobs result all", "Name one job: %qwq_jobs result 1."),
        ("%qwq_jobs start", "Unknown command 'start'."),
        ("%qwq --background --code hi", "--code needs the reply before the cell ends."),
    ],
)
def test_a_mistake_is_one_line(kernel: Kernel, code: str, message: str) -> None:
    done = kernel.run(code)

    assert message in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_the_result_of_a_job_under_way_is_one_line(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob
) -> None:
    reply, reached, _go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)
        kernel.run("%%qwq -c early --background\nhi")
        assert reached.wait(30)

        done = kernel.run(f"%qwq_jobs result {jobs()}")
        kernel.run("%qwq_jobs stop all")

    assert "has not ended. Wait for it: %qwq_jobs wait" in done.text("stderr")


def test_the_notebooks_own_loop_cannot_stream_in_the_background(kernel: Kernel) -> None:
    kernel.run("%config QwqMagics.runner = 'notebook'")

    done = kernel.run("%qwq --background hi")

    kernel.run("%config QwqMagics.runner = 'thread'")
    assert "--background cannot stream on the notebook's own event loop." in done.text("stderr")


def test_in_a_batch_the_cell_waits_for_its_jobs(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)

        done = kernel.run(
            "%qwq -c b1 --background -o batch hi\n%qwq -c b2 --background ho\nprint('first')",
            cell_id=None,
            allow_stdin=False,
        )

    shown = done.of_type("display_data")
    assert [s["data"][TURN_MIME]["state"] for s in shown] == ["complete", "complete"]
    assert (
        next(
            m["msg_type"]
            for m in done.messages
            if m["content"].get("data") or m["content"].get("text")
        )
        == "stream"
    )
    assert done.of_type("comm_open") == []
    assert kernel.value("batch.answer") == "'one'"


def test_a_console_is_told_when_the_next_cell_has_run(kernel: Kernel, ask_at: AskAt) -> None:
    reply, reached, go_on = _held()
    with ScriptedServer(reply) as server:
        ask_at(server)

        started = kernel.run("%qwq -c con --background hi there", cell_id=None)
        assert reached.wait(30)
        meanwhile = kernel.run("print(1)", cell_id=None)
        go_on.set()
        waited = kernel.run(
            f"import time\nwhile [*{BACKGROUND}][-1].turn is None: time.sleep(0.01)", cell_id=None
        )
        after = kernel.run("print(2)", cell_id=None)

    assert "started in the background; %qwq_jobs lists it." in started.text()
    assert meanwhile.text() == "1\n"
    said = waited.text() + after.text()
    assert said.count("is complete: hi there (%qwq_jobs result") == 1


def test_jobs_are_saved_too_and_nobody_is_taken_for_someone_else(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob, tmp_path: Path
) -> None:
    file = tmp_path / "notes.db"
    kernel.run(f"%config QwqMagics.store = {str(file)!r}")
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)

        kernel.run(
            "for n in range(8):\n"
            "    get_ipython().run_line_magic('qwq', f'-c save{n} --background prompt-{n}-of-8')"
        )
        waited = kernel.run("%qwq_jobs wait all")

    kernel.run("%config QwqMagics.store = ''\n%qwq_memory")
    found = read_conversations(file).conversations
    prompts = {name: [slot.turn.prompt for slot in one.slots] for name, one in found.items()}
    wanted = {f"save{n}": [f"prompt-{n}-of-8"] for n in range(8)}
    assert {name: prompts[name] for name in wanted} == wanted
    assert waited.text("stderr") == ""
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_front_end_that_fails_does_not_cost_the_turn(
    kernel: Kernel, ask_at: AskAt, jobs: LatestJob, failing_panel: FailingPanel
) -> None:
    with ScriptedServer(chat(answer="one")) as server, failing_panel():
        ask_at(server)
        kernel.run("%qwq -c failing --background -o kept hi")

        kernel.run("%qwq_jobs wait all")

    assert kernel.value("kept.answer, kept.complete") == "('one', True)"


def test_a_kernel_that_shuts_down_ends_its_jobs_without_noise(tmp_path: Path) -> None:
    reply, reached, go_on = _held()
    log = tmp_path / "kernel.log"
    with ScriptedServer(reply) as server, log.open("wb") as stream:
        kernel = Kernel()
        kernel.manager, kernel.client = start_new_kernel(
            env=kernel._env, stdout=stream, stderr=stream
        )
        try:
            kernel.run("%load_ext qwq_magic")
            quiet = log.read_text()
            kernel.point_at(server.url)
            kernel.run("%%qwq --background\nhi")
            assert reached.wait(30)
        finally:
            kernel.client.stop_channels()
            kernel.manager.shutdown_kernel(now=False)

        assert server.requests[0].disconnected.wait(10)
        go_on.set()
    assert log.read_text() == quiet
