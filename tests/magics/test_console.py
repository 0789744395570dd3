"""`%qwq` in a real `jupyter console`: a kernel's front end that shows text and names no cell."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from clean_environment import clean_environment
from server import DONE, Reply, ScriptedServer, Step, chat, delta
from shell import PROMPT, open_shell, run_in

pytest.importorskip("jupyter_console", reason="jupyter-console is not installed")


OpenConsole: TypeAlias = Callable[[ScriptedServer], AbstractContextManager[Any]]


@pytest.fixture
def console(tmp_path: Path) -> OpenConsole:
    """Open a console whose asks go to a server."""
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path) for name in ("CONFIG", "DATA", "RUNTIME")}

    def console_(server: ScriptedServer) -> AbstractContextManager[Any]:
        environ = clean_environment(
            IPYTHONDIR=str(tmp_path), QWQ_BASE_URL=server.url, QWQ_MODEL="m", **folders
        )
        return open_shell("jupyter_console", "--simple-prompt", environ=environ, size=(50, 120))

    return console_


def test_a_console_shows_text_as_it_comes_then_one_line_and_tables_as_text(
    console: OpenConsole,
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    steps = [
        delta(reasoning_content="Hm, 9.90 is more. "),
        delta(reasoning_content="Wait, let me check."),
        delta(content="**9.9**"),
        reached.set,
        go_on,
        *chat(answer=" is larger.").steps,
    ]
    with ScriptedServer(Reply(steps)) as server, console(server) as shell:
        shell.expect(PROMPT)
        run_in(shell, "%load_ext qwq_magic")
        shell.sendline("%qwq Which is larger?")
        shell.expect_exact("**9.9**")
        live = shell.before
        assert reached.wait(30)
        go_on.set()
        shell.expect(PROMPT)
        ending = shell.before.replace("\r", "")
        table = run_in(shell, "%qwq_memory")
        inspected = run_in(shell, "%qwq_inspect")

    assert "Reasoning\r\nHm, 9.90 is more. Wait, let me check." in live
    assert re.fullmatch(
        r" is larger\.\n\nThought for [\d.]+ s · ≈ \d+ tokens; ≈ 10 reasoning · ≈ 5 answer · "
        r".*· m · .*main · turn 1\n\n?",
        ending,
    )
    assert re.search(r"^1 +Which is larger\? ", table, re.MULTILINE)
    assert re.search(r"^ +\d+  \w+ +.*Wait, let me check\.$", inspected, re.MULTILINE)
    assert not re.search(r"application/|<[\w.]+ object|\{'", live + ending + table + inspected)


def test_ctrl_c_in_a_console_stops_the_turn_and_keeps_what_came(console: OpenConsole) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [delta(content="So far so good"), reached.set, never, DONE]
    with ScriptedServer(Reply(steps)) as server, console(server) as shell:
        shell.expect(PROMPT)
        run_in(shell, "%load_ext qwq_magic")
        shell.sendline("%qwq hi")
        shell.expect_exact("So far so good")
        assert reached.wait(30)

        shell.sendintr()

        shell.expect(PROMPT)
        ending = shell.before
        assert server.requests[0].disconnected.wait(10)
        never.set()
        kept = run_in(shell, "(_qwq.complete, _qwq.answer)")

    assert "Stopped" in ending
    assert "Traceback" not in ending
    assert "(False, 'So far so good')" in kept
