"""`%qwq` in a real `jupyter console`: a kernel's front end that shows text and names no cell."""

import re
import sys
import threading

import pytest
from clean_environment import clean_environment
from server import DONE, Reply, ScriptedServer, chat, delta

pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals on this system")
pytest.importorskip("jupyter_console", reason="jupyter-console is not installed")

PROMPT = re.compile(r"In \[\d+\]: ")


@pytest.fixture
def console(tmp_path):
    """Start a console whose asks go to a server."""
    started = []

    def console_(server):
        folders = {f"JUPYTER_{name}_DIR": str(tmp_path) for name in ("CONFIG", "DATA", "RUNTIME")}
        shell = pexpect.spawn(
            sys.executable,
            ["-m", "jupyter_console", "--simple-prompt"],
            env=clean_environment(
                IPYTHONDIR=str(tmp_path), QWQ_BASE_URL=server.url, QWQ_MODEL="m", **folders
            ),
            encoding="utf-8",
            timeout=60,
            dimensions=(50, 120),
        )
        started.append(shell)
        shell.expect(PROMPT)
        return shell

    yield console_
    for shell in started:
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
        shell.close()


def _run(shell, code):
    """What the console wrote, behind the line that was typed."""
    shell.sendline(code)
    shell.expect(PROMPT)
    return shell.before.partition("\n")[2].replace("\r", "").strip()


def test_a_console_shows_text_as_it_comes_then_one_line_and_tables_as_text(console):
    reached, go_on = threading.Event(), threading.Event()
    steps = [
        delta(reasoning_content="Hm, 9.90 is more. "),
        delta(reasoning_content="Wait, let me check."),
        delta(content="**9.9**"),
        reached.set,
        go_on,
        *chat(answer=" is larger.").steps,
    ]
    with ScriptedServer(Reply(steps)) as server:
        shell = console(server)
        _run(shell, "%load_ext qwq_magic")
        shell.sendline("%qwq Which is larger?")
        shell.expect_exact("**9.9**")
        live = shell.before
        assert reached.wait(30)
        go_on.set()
        shell.expect(PROMPT)
        ending = shell.before.replace("\r", "")
        table = _run(shell, "%qwq_memory")
        inspected = _run(shell, "%qwq_inspect")

    assert "Reasoning\r\nHm, 9.90 is more. Wait, let me check." in live
    assert re.fullmatch(
        r" is larger\.\n\nThought for [\d.]+ s · ≈ \d+ tokens; m · .*main · turn 1\n\n?",
        ending,
    )
    assert re.search(r"^1 +Which is larger\? ", table, re.MULTILINE)
    assert re.search(r"^ +\d+  \w+ +.*Wait, let me check\.$", inspected, re.MULTILINE)
    assert not re.search(r"application/|<[\w.]+ object|\{'", live + ending + table + inspected)


def test_ctrl_c_in_a_console_stops_the_turn_and_keeps_what_came(console):
    reached, never = threading.Event(), threading.Event()
    steps = [delta(content="So far so good"), reached.set, never, DONE]
    with ScriptedServer(Reply(steps)) as server:
        shell = console(server)
        _run(shell, "%load_ext qwq_magic")
        shell.sendline("%qwq hi")
        shell.expect_exact("So far so good")
        assert reached.wait(30)

        shell.sendintr()

        shell.expect(PROMPT)
        ending = shell.before
        assert server.requests[0].disconnected.wait(10)
        never.set()
        kept = _run(shell, "(_qwq.complete, _qwq.answer)")

    assert "Stopped" in ending
    assert "Traceback" not in ending
    assert "(False, 'So far so good')" in kept
