import asyncio
import os
import subprocess
import sys

import pytest
from fakes import EndlessModel, ScriptedModel

from qwq_magic import Session
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import AnswerDelta
from qwq_magic.turns import ChatRequest, Turn


class WhichLoop:
    """Remembers the loop its request passed on."""

    async def before(self, request: ChatRequest) -> None:
        self.loop = asyncio.get_running_loop()


def test_the_notebook_runner_streams_on_the_loop_of_the_caller() -> None:
    advisor = WhichLoop()

    async def cell() -> tuple[Turn, asyncio.AbstractEventLoop]:
        # As in a notebook: the loop runs, and the cell's code waits without awaiting.
        turn = Session(model=ScriptedModel(), runner="notebook").ask("why?", advisors=[advisor])
        return turn, asyncio.get_running_loop()

    turn, loop = asyncio.run(cell())

    assert turn.answer == "42"
    assert advisor.loop is loop


def test_the_notebook_runner_stops_the_reply_itself() -> None:
    model = EndlessModel([AnswerDelta("So")])

    async def cell() -> Turn:
        with Session(model=model, runner="notebook").start("why?") as run:
            for event in run.events():
                if event == AnswerDelta("So"):
                    run.stop()
            return run.turn()

    turn = asyncio.run(cell())

    assert (turn.state, turn.answer, model.is_closed) == ("stopped", "So", True)


def test_the_thread_runner_leaves_the_callers_loop_alone() -> None:
    advisor = WhichLoop()

    async def cell() -> asyncio.AbstractEventLoop:
        Session(model=ScriptedModel()).ask("why?", advisors=[advisor])
        return asyncio.get_running_loop()

    loop = asyncio.run(cell())

    assert advisor.loop is not loop


def test_an_unknown_runner_is_one_clear_line() -> None:
    with pytest.raises(ConfigurationError, match="Known: thread, notebook"):
        Session(model=ScriptedModel(), runner="x").ask("why?")  # type: ignore[arg-type]  # wrong on purpose


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )


def test_a_process_ends_quietly_while_a_stream_runs() -> None:
    done = _python(
        "from qwq_magic import Session\n"
        "run = Session(server='demo').start('Which is larger, 9.11 or 9.9?')\n"
        "next(event for event in run.events() if event is not None)\n"
        "print('bye')\n"
    )

    assert (done.stdout, done.stderr, done.returncode) == ("bye\n", "", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_can_ask() -> None:
    done = _python(
        "import os, sys, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)  # forking beside a thread\n"
        "from qwq_magic import Session\n"
        "session = Session(server='demo')\n"
        "ask = lambda: session.ask('Which is larger, 9.11 or 9.9?', parameters={'speed': 1e9})\n"
        "ask()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    print(ask().complete, flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )

    assert (done.stdout, done.stderr) == ("True\n", "")


def test_importing_the_package_imports_nothing_heavy() -> None:
    done = _python(
        "import sys, qwq_magic\n"
        "heavy = {'IPython', 'httpx', 'ipywidgets', 'anywidget', 'markdown_it', 'nest_asyncio2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")
