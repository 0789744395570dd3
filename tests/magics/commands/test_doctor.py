"""`%qwq_doctor` in a real kernel."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import Kernel
from server import Reply, ScriptedServer, chat

KEY = "sk-4c1d9e7a02f85b36qrst"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel(QWQ_API_KEY=KEY, QWQ_SHOW="answer") as kernel:
        kernel.run("%load_ext qwq_magic")
        yield kernel


def test_a_report_fills_in_and_says_where_each_setting_stood(kernel: Kernel) -> None:
    with ScriptedServer(chat(reasoning="Hm.", answer="OK")) as server:
        kernel.point_at(server.url, "qwq-32b")

        done = kernel.run("%qwq_doctor")

    outputs = done.of_type("display_data", "update_display_data")
    assert len(done.of_type("display_data")) == 1
    assert "Checking" in outputs[0]["data"]["text/plain"]
    report = done.final["text/plain"]
    assert report.startswith("✓ qwq-32b at 127.0.0.1:")
    lines = [line.split() for line in report.splitlines()]
    assert ["model", "qwq-32b", "%config", "QwqMagics.model"] in lines
    assert ["show", "answer", "QWQ_SHOW"] in lines
    assert ["key", "found", "QWQ_API_KEY"] in lines
    assert any(line[:2] == ["cells", "identified:"] for line in lines)
    assert done.final["text/markdown"].startswith("**✓**")
    assert KEY not in json.dumps(done.messages, default=str)


def test_a_report_leaves_no_turn_behind(kernel: Kernel) -> None:
    with ScriptedServer(chat(answer="OK")) as server:
        kernel.point_at(server.url, "qwq-32b")

        kernel.run("%qwq_doctor")

    code = "from qwq_magic import notebook_session\nprint(len(notebook_session().memory))"
    assert kernel.run(code).text() == "0\n"


def test_another_server_is_looked_at_for_once(kernel: Kernel) -> None:
    done = kernel.run("%qwq_doctor -s ollama -m nothing-of-that-name")

    lines = [line.split() for line in done.final["text/plain"].splitlines()]
    assert ["server", "ollama", "this", "line"] in lines
    assert ["model", "nothing-of-that-name", "this", "line"] in lines
    assert done.final["text/plain"].startswith("✗")


@pytest.mark.parametrize(
    ("variable", "value", "verdict"),
    [
        ("QWQ_SHOW", "al", "QWQ_SHOW: Unknown show 'al'. Known: both, reasoning, answer."),
        ("QWQ_CONNECT_TIMEOUT_S", "-1", "QWQ_CONNECT_TIMEOUT_S: connect_timeout_s is -1."),
        ("QWQ_SERVER", "olama", "QWQ_SERVER: Unknown server 'olama'."),
    ],
)
def test_a_wrong_setting_is_the_verdict_of_a_whole_report(
    variable: str, value: str, verdict: str
) -> None:
    with Kernel(**{variable: value, "QWQ_MODELL": "x"}) as kernel:
        kernel.run("%load_ext qwq_magic")

        report = kernel.run("%qwq_doctor").final["text/plain"]

    assert report.startswith(f"✗ {verdict}")
    lines = [line.split() for line in report.splitlines()]
    assert any(line[-1:] == [variable] for line in lines)
    assert "QWQ_MODELL is not a known variable. Did you mean QWQ_MODEL?" in report
    assert lines[-1][0] == "qwq_magic"


def test_a_damaged_project_is_the_verdict_of_a_whole_report(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.qwq_magic]\nmodell = 'x'\n")
    with Kernel() as kernel:
        kernel.run(f"%cd {tmp_path}")
        kernel.run("%load_ext qwq_magic")

        report = kernel.run("%qwq_doctor").final["text/plain"]

    assert report.startswith("✗ ")
    assert "modell" in report.splitlines()[0]
    assert "Settings" in report


@pytest.mark.parametrize("value", ["connect_timeout_s = -1", "max_input_tokens = 0"])
def test_a_number_that_is_none_is_refused_where_it_is_set(kernel: Kernel, value: str) -> None:
    done = kernel.run(f"%config QwqMagics.{value}")

    assert value.split()[0] in json.dumps(done.messages, default=str)
    assert done.reply["status"] == "error" or done.text("stderr")


def test_an_interrupt_stops_the_request_and_nothing_else(kernel: Kernel) -> None:
    never = threading.Event()
    with ScriptedServer(Reply([never])) as server:
        kernel.point_at(server.url, "qwq-32b")
        looking = kernel.send("%qwq_doctor", cell_id="a")
        queued = kernel.send("print('after')", cell_id="b")
        server.wait_for_request()

        kernel.interrupt()

        done = kernel.collect(looking)
        assert server.requests[0].disconnected.wait(10)
        after = kernel.collect(queued)
        never.set()
    assert done.reply["status"] == "ok"
    assert "Stopped before a model answered." in done.final["text/plain"]
    assert after.text() == "after\n"


def test_who_prints_text_gets_lines_and_a_batch_one_output(kernel: Kernel) -> None:
    with ScriptedServer(chat(answer="OK")) as server:
        kernel.point_at(server.url, "qwq-32b")

        console = kernel.run("%qwq_doctor", cell_id=None)
        batch = kernel.run("%qwq_doctor", cell_id=None, allow_stdin=False)

    assert console.of_type("display_data") == []
    assert console.text().splitlines()[-1].startswith("✓ qwq-32b at")
    assert len(batch.of_type("display_data", "update_display_data")) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%qwq_doctor now", "Unexpected arguments. Use %qwq_doctor [-s SERVER] [-m MODEL]."),
        ("%qwq_doctor --fresh", "Unexpected arguments. Use %qwq_doctor [-s SERVER] [-m MODEL]."),
        ("%qwq_doctor -s nope", "Unknown server 'nope'. Known: demo"),
    ],
)
def test_a_wrong_line_says_how_to_write_it(kernel: Kernel, line: str, message: str) -> None:
    done = kernel.run(line)

    assert message in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_loading_imports_nothing_of_it() -> None:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")

        loaded = kernel.run(
            "import sys; print([m for m in sys.modules if m.startswith("
            "('qwq_magic.doctor', 'qwq_magic.client', 'httpx'))])"
        )

    assert loaded.text() == "[]\n"
