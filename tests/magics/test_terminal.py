"""`%qwq` in plain IPython, in a real pseudo-terminal and through a pipe."""

import re
import threading
from pathlib import Path

import pytest
from clean_environment import clean_environment
from server import DONE, Reply, ScriptedServer, Step, chat, delta
from shell import PROMPT, open_shell, piped_ipython, run_in

DIM = "\x1b[2m"
SIMPLE = ("IPython", "--no-banner", "--simple-prompt", "--colors=NoColor")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return clean_environment(
        IPYTHONDIR=str(tmp_path), QWQ_DEMO_SPEED="1e9", TERM="xterm-256color", NO_COLOR="1"
    )


def test_a_pipe_gets_plain_text_with_reasoning_and_answer(environ: dict[str, str]) -> None:
    done = piped_ipython("%load_ext qwq_magic\n%qwq Which is larger, 9.11 or 9.9?", environ)

    assert "\x1b" not in done.stdout
    assert "Let me double-check by subtracting" in done.stdout
    assert "**9.9 is larger.**" in done.stdout
    assert "Demo: this is a prewritten recording" in done.stdout
    assert done.stderr == ""


def test_a_model_cannot_drive_the_terminal(environ: dict[str, str]) -> None:
    hostile = ["\x1b]0;owned\x07", "\x1b[2", "J\x1b[31mred", "\u202etxt\x9b1m\r", "over"]
    with ScriptedServer(chat(reasoning=hostile, answer=hostile)) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}

        done = piped_ipython("%load_ext qwq_magic\n%qwq hi", environ)

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)
    assert "red" in done.stdout


def test_reasoning_is_dim_the_answer_is_not_and_ctrl_c_stops_cleanly(
    environ: dict[str, str],
) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [
        delta(reasoning_content="Hm, let me think."),
        delta(content="So far so good"),
        reached.set,
        never,
        DONE,
    ]
    with ScriptedServer(Reply(steps), chat(answer="next one")) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}
        with open_shell(*SIMPLE, environ=environ) as shell:
            shell.expect(PROMPT)
            run_in(shell, "%load_ext qwq_magic")
            shell.sendline("%qwq hi")
            shell.expect_exact("So far so good")
            streamed = shell.before
            assert reached.wait(30)

            shell.sendintr()

            shell.expect(PROMPT)
            ending = shell.before
            assert server.requests[0].disconnected.wait(10)
            kept = run_in(shell, "(_qwq.complete, _qwq.answer)")
            shell.sendline("%qwq and then?")
            shell.expect_exact("next one")
            never.set()
            shell.expect(PROMPT)
    assert f"{DIM}Hm, let me think." in streamed
    assert "\x1b[0m" in streamed.rpartition(DIM)[2] or "\x1b[22m" in streamed.rpartition(DIM)[2]
    assert "Stopped" in ending
    assert "Traceback" not in ending
    assert "KeyboardInterrupt" not in ending
    assert "(False, 'So far so good')" in kept
    assert shell.exitstatus == 0


def test_a_job_in_the_background_writes_nothing_between_what_is_typed(
    environ: dict[str, str],
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    steps = [delta(reasoning_content="Hm."), reached.set, go_on, *chat(answer="late").steps]
    with ScriptedServer(Reply(steps)) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}
        with open_shell(*SIMPLE, environ=environ) as shell:
            shell.expect(PROMPT)
            run_in(shell, "%load_ext qwq_magic")
            started = run_in(shell, "%qwq --background -o late what is it?")
            assert reached.wait(30)
            meanwhile = run_in(shell, "6 * 7")
            run_in(shell, "import time")
            run_in(shell, "[job] = get_ipython().magics_manager.registry['QwqMagics'].context.jobs")
            go_on.set()
            shell.sendline("ended = [time.sleep(0.01) for n in range(3000) if job.turn is None]")
            shell.expect_exact("Job 1 is complete: what is it? (%qwq_jobs result 1 shows it)")
            shell.expect(PROMPT)
            assert "'late'" in run_in(shell, "late.answer")
    assert "Job 1 started in the background; %qwq_jobs lists it." in started
    assert "Hm." not in started + meanwhile
    assert "42" in meanwhile
    assert "Job" not in meanwhile
    assert shell.exitstatus == 0


def test_code_of_an_answer_stands_at_the_next_prompt(environ: dict[str, str]) -> None:
    options = ("--no-banner", "--colors=NoColor", "--no-confirm-exit")
    # Nobody here answers where the cursor is, and the prompt would wait for it.
    environ = {**environ, "PROMPT_TOOLKIT_NO_CPR": "1"}
    with ScriptedServer(chat(answer="```python\nx = 6 * 7\n```")) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}
        with open_shell("IPython", *options, environ=environ, size=(50, 200)) as shell:
            shell.expect_exact("In [")
            shell.sendline("%load_ext qwq_magic")
            shell.expect_exact("In [")
            shell.sendline("%qwq --code hi")
            shell.expect_exact("]: x = 6 * 7")
            shell.sendline("")
            shell.sendline("print('x is', x)")
            shell.expect_exact("x is 42")


def test_a_terminal_has_no_chat_and_says_what_to_do(environ: dict[str, str]) -> None:
    done = piped_ipython("%load_ext qwq_magic\n%qwq_chat", environ)

    assert (done.stdout + done.stderr).strip() == (
        "UsageError: A chat needs a notebook. In a terminal, use %qwq."
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_a_terminal_that_cannot_encode_shows_what_it_can(
    environ: dict[str, str], encoding: str
) -> None:
    with ScriptedServer(
        chat(reasoning="想一想 → 9 ≈ 9.11 ✓. So.", answer="中文 café 🎉 →")
    ) as server:
        environ = {
            **environ,
            "QWQ_BASE_URL": server.url,
            "QWQ_MODEL": "模型",
            "PYTHONIOENCODING": encoding,
        }
        lines = [
            "%load_ext qwq_magic",
            "%qwq 你好 →?",
            "%qwq_memory",
            "%qwq_memory show 1",
            "%qwq_inspect 1",
            "%qwq --dry-run 你好 ≈?",
            "%qwq_inspect 1 1",
            "%qwq_jobs",
            "get_ipython().display_formatter.format(_qwq)",
            "display(_qwq)",
            "x = %qwq 你好 →?",
            "print('done')",
        ]

        done = piped_ipython("\n".join(lines), environ, encoding=encoding)

    assert "Traceback" not in done.stdout + done.stderr
    assert "UnicodeEncodeError" not in done.stdout + done.stderr
    assert done.stdout.strip().endswith("done")


def test_an_assigned_prompt_is_its_turn_and_a_prompt_alone_prints_it_once(
    environ: dict[str, str],
) -> None:
    with ScriptedServer(chat(answer="It pours.")) as server:
        environ = {**environ, "QWQ_BASE_URL": server.url, "QWQ_MODEL": "m"}

        cells = ["x = %qwq is it raining?", "(x is _qwq, x.prompt)", "%qwq hello"]
        code = "\n".join(
            ["%load_ext qwq_magic", *(f"_ = get_ipython().run_cell({c!r})" for c in cells)]
        )
        done = piped_ipython(code, environ)

    assert "(True, 'is it raining?')" in done.stdout
    assert done.stdout.count("It pours.") == 2
    assert done.stdout.count("Out[") == 1
    assert done.stderr == ""
