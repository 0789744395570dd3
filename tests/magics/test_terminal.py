"""`%qwq` in plain IPython, in a real pseudo-terminal and through a pipe."""

import re
import subprocess
import sys
import threading

import pytest
from clean_environment import clean_environment
from server import DONE, Reply, ScriptedServer, chat, delta

pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals on this system")

DIM = "\x1b[2m"
PROMPT = re.compile(r"In \[\d+\]: ")


@pytest.fixture
def environ(tmp_path):
    return clean_environment(
        IPYTHONDIR=str(tmp_path), QWQ_DEMO_SPEED="1e9", TERM="xterm-256color", NO_COLOR="1"
    )


def _ipython(code, environ):
    command = [sys.executable, "-m", "IPython", "--no-banner", "-c", code]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def test_a_pipe_gets_plain_text_with_reasoning_and_answer(environ):
    done = _ipython("%load_ext qwq_magic\n%qwq Which is larger, 9.11 or 9.9?", environ)

    assert "\x1b" not in done.stdout
    assert "Let me double-check by subtracting" in done.stdout
    assert "**9.9 is larger.**" in done.stdout
    assert "Demo: this replays a written recording" in done.stdout
    assert done.stderr == ""


def test_a_model_cannot_drive_the_terminal(environ):
    hostile = ["\x1b]0;owned\x07", "\x1b[2", "J\x1b[31mred", "\u202etxt\x9b1m\r", "over"]
    with ScriptedServer(chat(reasoning=hostile, answer=hostile)) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}

        done = _ipython("%load_ext qwq_magic\n%qwq hi", environ)

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)
    assert "red" in done.stdout


def test_reasoning_is_dim_the_answer_is_not_and_ctrl_c_stops_cleanly(environ):
    reached, never = threading.Event(), threading.Event()
    steps = [
        delta(reasoning_content="Hm, let me think."),
        delta(content="So far so good"),
        reached.set,
        never,
        DONE,
    ]
    with ScriptedServer(Reply(steps), chat(answer="next one")) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}
        shell = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--no-banner", "--simple-prompt", "--colors=NoColor"],
            env=environ,
            encoding="utf-8",
            timeout=60,
        )
        shell.expect(PROMPT)
        shell.sendline("%load_ext qwq_magic")
        shell.expect(PROMPT)
        shell.sendline("%qwq hi")
        shell.expect_exact("So far so good")
        streamed = shell.before
        assert reached.wait(30)

        shell.sendintr()

        shell.expect(PROMPT)
        ending = shell.before
        assert server.requests[0].disconnected.wait(10)
        shell.sendline("(_qwq.complete, _qwq.answer)")
        shell.expect(PROMPT)
        kept = shell.before
        shell.sendline("%qwq and then?")
        shell.expect_exact("next one")
        never.set()
        shell.expect(PROMPT)
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
        shell.close()
    assert f"{DIM}Hm, let me think." in streamed
    assert "\x1b[0m" in streamed.rpartition(DIM)[2] or "\x1b[22m" in streamed.rpartition(DIM)[2]
    assert "Stopped" in ending
    assert "Traceback" not in ending
    assert "KeyboardInterrupt" not in ending
    assert "(False, 'So far so good')" in kept
    assert shell.exitstatus == 0
