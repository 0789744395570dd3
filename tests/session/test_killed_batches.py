"""A process that is killed within a map: nothing that had ended is lost or asked again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from clean_environment import clean_environment
from server import Delay, Reply, Request, ScriptedServer, chat_steps

from qwq_magic import Session

_ROWS = 60
_PROGRAM = """
import sys
from qwq_magic import Session
url, store, rows = sys.argv[1:]
table = [f"{number} + 1" for number in range(int(rows))]

def ended(turn):
    print(turn.id, turn.prompt, flush=True)

Session(base_url=url, model="m").map(table, store=store, on_turn=ended, concurrency=6)
"""


def _run_until_killed(url: str, store: Path, *, after: int) -> dict[str, str]:
    """Return the turns that had ended, as the process reported them: prompts by id."""
    command = [sys.executable, "-c", _PROGRAM, url, str(store), str(_ROWS)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=clean_environment()
    ) as process:
        assert process.stdout is not None
        ended: dict[str, str] = {}
        for line in process.stdout:
            turn_id, _, prompt = line.strip().partition(" ")
            ended[turn_id] = prompt
            if len(ended) == after:
                os.kill(process.pid, signal.SIGKILL)
        return ended


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.full)])
def test_no_finished_turn_is_lost_and_none_is_asked_twice(kills: int, tmp_path: Path) -> None:
    generator = random.Random(kills)
    asked: Counter[str] = Counter()

    def reply(request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        asked[prompt] += 1
        # At random, so that a kill meets replies at every point.
        pauses = [Delay(generator.random() * 0.02) for _ in range(2)]
        steps = chat_steps(reasoning="Hm.", answer="The answer is 4.")
        return Reply([steps[0], pauses[0], *steps[1:3], pauses[1], *steps[3:]])

    store = tmp_path / "batch.db"
    ended: dict[str, str] = {}
    # How often what has ended was asked by then.
    counts: dict[str, int] = {}
    with ScriptedServer(reply) as server:
        for _ in range(kills):
            most = max(1, (_ROWS - len(ended)) // 4)
            found = _run_until_killed(server.url, store, after=generator.randint(1, most))
            assert not found.keys() & ended.keys()
            ended |= found
            counts |= {prompt: asked[prompt] for prompt in found.values()}
        session = Session(base_url=server.url, model="m")
        batch = session.map([f"{number} + 1" for number in range(_ROWS)], store=store)
    assert all(turn.complete for turn in batch)
    assert ended.items() <= {turn.id: turn.prompt for turn in batch}.items()
    assert {prompt: asked[prompt] for prompt in counts} == counts
    assert [path.name for path in tmp_path.iterdir()] == ["batch.db"]
