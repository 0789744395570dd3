"""`python -m qwq_magic doctor` as a script calls it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from clean_environment import clean_environment
from server import Reply, ScriptedServer, chat, failure

from qwq_magic.__main__ import NOTEBOOK_ONLY
from qwq_magic.magics.qwq import QwqMagics
from qwq_magic.settings.layers import CHOICES

ROOT = Path(__file__).parent.parent
KEY = "sk-4c1d9e7a02f85b36qrst"


def doctor(*words: str, at: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qwq_magic", *words],
        env=clean_environment(**{"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environ}),
        cwd=at,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def test_a_model_that_answers_is_exit_state_0(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text("[tool.qwq_magic]\nsystem = 'Be brief.'\nshow = 'answer'\n")
    with ScriptedServer(chat(answer="OK")) as server:
        done = doctor(
            "doctor", at=tmp_path, QWQ_BASE_URL=server.url, QWQ_MODEL="m", QWQ_API_KEY=KEY
        )

        assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r" works: first token after \d+\.\d\d s\.$", done.stdout.splitlines()[-1])
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["model", "m", "QWQ_MODEL"] in lines
    assert ["key", "found", "QWQ_API_KEY"] in lines
    assert any(line[:4] == ["system", "Be", "brief.", "[tool.qwq_magic]"] for line in lines)
    assert any(line[:3] == ["show", "answer", "[tool.qwq_magic]"] for line in lines)
    assert KEY not in done.stdout


def test_a_model_that_does_not_is_exit_state_1() -> None:
    with ScriptedServer(failure(401, {"error": {"message": f"no {KEY}"}})) as server:
        done = doctor(
            "doctor", "-m", "m", QWQ_BASE_URL=server.url, QWQ_API_KEY=KEY, PYTHONIOENCODING="ascii"
        )

    assert done.returncode == 1
    assert "Check the key from QWQ_API_KEY" in done.stdout.splitlines()[-1]
    assert KEY not in done.stdout + done.stderr


def test_the_demo_is_no_model() -> None:
    done = doctor("doctor")

    assert done.returncode == 1
    assert "No model is set up" in done.stdout.splitlines()[-1]


def test_a_wrong_setting_is_told_in_the_report_or_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.qwq_magic]\napi_key = '{KEY}'\n")

    refused = doctor("doctor", at=tmp_path)
    wrong = doctor("doctor", QWQ_PROTOCOL="grpc")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "sets api_key: a key in a file is shared" in refused.stderr
    assert KEY not in refused.stderr
    assert wrong.returncode == 1
    assert "QWQ_PROTOCOL: Unknown protocol 'grpc'. Known: auto" in wrong.stdout.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that is in use")
def test_a_folder_that_was_deleted_has_no_project(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$0" -m qwq_magic doctor', sys.executable],
        env=clean_environment(PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8"),
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "No model is set up" in done.stdout.splitlines()[-1]


def test_a_wrong_call_is_exit_state_2() -> None:
    assert doctor().returncode == doctor("doctor", "-s", "nope").returncode == 2


@contextmanager
def running_doctor(**environ: str) -> Iterator[subprocess.Popen[str]]:
    """A doctor at work, which does not outlive the test, whatever becomes of that."""
    # Tests that a shell runs in the background ignore Ctrl-C, and so would their children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "qwq_magic", "doctor"],
            env=clean_environment(PYTHONPATH=str(ROOT), **environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_an_interrupt_ends_the_report_and_the_request() -> None:
    never = threading.Event()
    with (
        ScriptedServer(Reply([never])) as server,
        running_doctor(QWQ_BASE_URL=server.url, QWQ_MODEL="m") as running,
    ):
        server.wait_for_request()

        running.send_signal(signal.SIGINT)

        output, _ = running.communicate(timeout=30)
        assert server.requests[0].disconnected.wait(10)
        never.set()
    assert running.returncode == 1
    assert "Stopped before a model answered." in output


def test_who_reads_no_further_gets_no_traceback() -> None:
    with running_doctor() as running:
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None

        _, errors = running.communicate(timeout=60)

    assert errors == ""
    assert running.returncode == 1


def test_a_doctor_does_not_outlive_a_test_that_fails() -> None:
    with (
        ScriptedServer(Reply([threading.Event()])) as server,
        suppress(ZeroDivisionError),
        running_doctor(QWQ_BASE_URL=server.url, QWQ_MODEL="m") as running,
    ):
        server.wait_for_request()
        raise ZeroDivisionError

    assert running.returncode == -signal.SIGKILL


def test_the_terminal_knows_every_setting_of_a_notebook() -> None:
    settings = QwqMagics.class_trait_names(config=True)

    assert set(settings) == {*CHOICES, *NOTEBOOK_ONLY}
