"""Processes that are killed, and processes that write to one store at once: nothing is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from corpora import in_full
from store.files import names_in, rows

from qwq_magic.memory.conversation_file import read_conversations

_SETUP = """
import sys
from qwq_magic.memory import Conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.turns import Message, Turn
path, name = sys.argv[1:3]
conversations, stored = Conversations(), StoredConversations(path)
memory = conversations.of(name)
def ask(number):
    context = memory.context()
    prompt = f"{name} prompt {number}"
    sent = (*context.messages, Message("user", prompt))
    turn = Turn(f"{name}{number}", prompt, "Hm. " * 500, "Yes. " * 50, complete=True, messages=sent)
    memory.commit(turn, context)
    stored.save(conversations)
    print(turn.id, flush=True)
"""
# Until it is killed; every third turn is a change besides.
_ENDLESS = f"""{_SETUP}
for number in range(10**6):
    ask(number)
    if number % 3 == 2:
        memory.hide(number)
        stored.save(conversations)
"""
_SOME = f"""{_SETUP}
for number in range(int(sys.argv[3])):
    ask(number)
stored.close()
"""


@contextmanager
def _writing(path: Path, program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, str(path), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _ids_of(path: Path) -> dict[str, list[str]]:
    return {
        name: [slot.turn.id for slot in contents.slots]
        for name, contents in read_conversations(path).conversations.items()
    }


@pytest.mark.parametrize("seed", range(in_full(20, core=4)))
def test_a_killed_process_has_saved_every_turn_that_had_ended(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "notes.db"
    chance = random.Random(seed)
    ended: dict[str, list[str]] = {}
    for name in ("a", "b", "c"):
        with _writing(path, _ENDLESS, name) as process:
            assert process.stdout is not None
            wanted = chance.randrange(1, 40)
            ended[name] = [process.stdout.readline().strip() for _ in range(wanted)]
            # Somewhere in the middle of the next write.
            for _ in range(chance.randrange(20_000)):
                pass
            process.kill()
            ended[name] += [line.strip() for line in process.stdout if line.endswith("\n")]

        found = _ids_of(path)

        assert {each: found[each][: len(ids)] for each, ids in ended.items()} == ended
        # A turn may have been saved, and the process killed before it had printed the id.
        assert all(len(found[each]) <= len(ids) + 1 for each, ids in ended.items())
        assert names_in(tmp_path) == ["notes.db"]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    names, turns = ("main", "other", "third"), 40
    with (
        _writing(path, _SOME, names[0], str(turns)) as first,
        _writing(path, _SOME, names[1], str(turns)) as second,
        _writing(path, _SOME, names[2], str(turns)) as third,
    ):
        for process in (first, second, third):
            output, _ = process.communicate(timeout=60)
            assert len(output.split()) == turns
            assert process.returncode == 0

    assert _ids_of(path) == {name: [f"{name}{number}" for number in range(turns)] for name in names}
    for name, contents in read_conversations(path).conversations.items():
        prompts = [message.text for message in contents.slots[-1].turn.messages[::2]]
        assert prompts == [f"{name} prompt {number}" for number in range(turns)]
    # A turn costs one run of messages, although the processes wrote by turns.
    runs = "SELECT max(json_array_length(sent)) FROM turns"
    assert rows(path, runs) == [(1,)]
    assert names_in(tmp_path) == ["notes.db"]


def test_processes_with_a_conversation_of_one_name_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with (
        _writing(path, _SOME, "main", "10") as first,
        _writing(path, _SOME, "main", "20") as second,
    ):
        for process in (first, second):
            process.communicate(timeout=60)

    found = _ids_of(path)

    assert sorted(found) == ["main", "main (2)"]
    assert sorted(map(len, found.values())) == [10, 20]
