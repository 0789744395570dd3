"""Damaged and forged stores: refused in one line, and nothing in them is run."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from corpora import in_full
from memory.turns import a_memory, a_turn, plain
from store.files import names_in, rows, run, save, save_turns

from qwq_magic.errors import FileError, RateLimited
from qwq_magic.events import Usage
from qwq_magic.memory import ConversationMemory, Window
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.store import Store
from qwq_magic.store.looks import search_in
from qwq_magic.turns import Message


def _rich_memories() -> list[ConversationMemory]:
    """Everything a store can hold, over several pages."""
    sent = (Message("system", "Be brief."), Message("user", "prompt 1", "r", "s"))
    memory = a_memory(
        a_turn(1, cell_id="a", reasoning="thought " * 900, messages=sent, signature="s"),
        a_turn(2, usage=Usage(1, 2, 3, 4, None), messages=(*sent, Message("assistant", "\ud83d"))),
        a_turn(3, cell_id="a", answer="nul \0 " * 500, parameters={"t": 0.6}, notices=("one",)),
        a_turn(4, answer="", complete=False, error=RateLimited("Too fast.", status=429)),
    )
    memory.hide(2)
    memory.window = Window(8_000, "tokens")
    return [memory, a_memory(*(a_turn(number) for number in range(5, 40)), name="other")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


def _plain_of(path: Path) -> Mapping[str, object]:
    return {name: plain(one) for name, one in read_conversations(path).conversations.items()}


def _refused_or_loaded(path: Path) -> Mapping[str, object] | None:
    """What is loaded; None if it was refused, in one line."""
    try:
        return _plain_of(path)
    except FileError as error:
        _assert_one_line(error)
        return None


def _assert_one_line(error: FileError) -> None:
    assert error.message.isprintable()


@pytest.mark.parametrize("seed", range(in_full(40, core=4)))
def test_flipped_bits_are_refused_or_change_nothing(path: Path, seed: int) -> None:
    save(path, *_rich_memories())
    whole, sound = path.read_bytes(), _plain_of(path)
    chance = random.Random(seed)
    for _ in range(50):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 50])):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)

        assert _refused_or_loaded(path) in (None, sound)
        # Also the index, which is not read for this.
        for act in (lambda: search_in(path, "thought"), lambda: Store(path).close()):
            try:
                act()
            except FileError as error:
                _assert_one_line(error)


@pytest.mark.parametrize("seed", range(in_full(20, core=3)))
def test_a_file_cut_off_anywhere_is_refused(path: Path, seed: int) -> None:
    save(path, *_rich_memories())
    whole = path.read_bytes()
    chance = random.Random(seed)
    for _ in range(20):
        path.write_bytes(whole[: chance.randrange(len(whole))])

        assert _refused_or_loaded(path) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON turns BEGIN DELETE FROM turns; END",
        "CREATE TRIGGER evil AFTER INSERT ON attempts BEGIN DELETE FROM turns; END",
        "CREATE INDEX evil ON turns (length(prompt) * 2)",
        "CREATE INDEX evil ON turns (prompt) WHERE length(prompt) > 5",
        "ALTER TABLE turns RENAME TO old; CREATE VIEW turns AS SELECT * FROM old",
        "ALTER TABLE turns RENAME TO old; CREATE TABLE turns AS SELECT * FROM old",
        "ALTER TABLE attempts RENAME TO old; CREATE VIEW attempts AS "
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
        "DROP TABLE samples",
        "DROP TABLE messages; CREATE VIRTUAL TABLE messages USING fts5(number, role, text)",
        "ALTER TABLE turns ADD COLUMN evil GENERATED ALWAYS AS (zeroblob(1000000))",
        "DROP TABLE search; CREATE TABLE search (prompt, reasoning, answer)",
        "DROP TABLE search; CREATE VIEW search AS SELECT 1",
    ],
)
def test_a_schema_that_was_changed_is_refused(path: Path, statement: str) -> None:
    save_turns(path, [a_turn(1)])
    run(path, statement)
    before = path.read_bytes()

    for opened in (Store, read_conversations, lambda path: search_in(path, "prompt")):
        with pytest.raises(FileError, match=r"was changed by another program|is damaged") as caught:
            opened(path)
        assert "\n" not in caught.value.message

    assert path.read_bytes() == before
    assert names_in(path.parent) == ["notes.db"]


def test_tables_and_views_of_ones_own_do_no_harm(path: Path) -> None:
    save_turns(path, [a_turn(1)])
    run(path, "CREATE VIEW mine AS SELECT prompt FROM turns; CREATE TABLE notes (text)")

    save_turns(path, [a_turn(2)], name="other")

    assert len(_plain_of(path)) == 2
    assert rows(path, "SELECT * FROM mine") == [("prompt 1",), ("prompt 2",)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE turns SET prompt = x'ff00'",
        "UPDATE turns SET prompt = x'ff'",
        "UPDATE turns SET details = '[]'",
        "UPDATE turns SET details = '{'",
        "UPDATE turns SET details = '{\"prompt\": 5}'",
        "UPDATE turns SET details = '{\"messages\": [1]}'",
        'UPDATE turns SET details = \'{"usage": {"input_tokens": -1}}\'',
        'UPDATE turns SET details = \'{"timing": {"total_s": 1e999}}\'',
        "UPDATE turns SET details = '{\"sevrer\": 1}'",
        "UPDATE turns SET details = replace(hex(zeroblob(100000)), '0', '[')",
        "UPDATE turns SET sent = '5'",
        "UPDATE turns SET sent = '[[1]]'",
        "UPDATE turns SET sent = '[[1, 9223372036854775807]]'",
        "UPDATE turns SET sent = '[[1, 1e9]]'",
        "UPDATE turns SET sent = '[[-5, 5]]'",
        "UPDATE turns SET finish_reason = x'ff'",
        "DELETE FROM turns",
        "DELETE FROM messages",
        "UPDATE messages SET role = 'root'",
        "UPDATE messages SET text = x'ff'",
        "DELETE FROM conversations",
        "UPDATE conversations SET name = ''",
        "UPDATE conversations SET name = char(27) || '[2J'",
        "UPDATE conversations SET name = x'00'",
        "UPDATE conversations SET window_size = -1",
        "UPDATE conversations SET window_size = 'many'",
        "UPDATE conversations SET window_size = 3, window_unit = 'cells'",
        "UPDATE conversations SET revision = 'many'",
        "UPDATE conversations SET revision = 0",
        "UPDATE conversations SET attempts = 7",
        "UPDATE conversations SET version = 'new'",
        "UPDATE conversations SET created_at = x'ff'",
        "DELETE FROM attempts WHERE slot = 1",
        "UPDATE attempts SET attempt = 2 WHERE slot = 1",
        "UPDATE attempts SET turn = 99",
        "UPDATE attempts SET turn = 'x'",
        "UPDATE attempts SET sent_at = -1",
        "UPDATE attempts SET sent_at = 9",
        "UPDATE attempts SET committed_at = 1000",
        "UPDATE attempts SET is_hidden = 5",
        "UPDATE attempts SET slot = -slot",
    ],
)
def test_values_that_cannot_be_are_refused(path: Path, change: str) -> None:
    sent = (Message("user", "prompt"),)
    save_turns(path, [a_turn(1, messages=sent), a_turn(2, messages=sent)])
    # Rows without a checksum are those that a user has edited.
    tables = ("turns", "messages", "conversations", "attempts")
    run(path, *(f"UPDATE {table} SET checksum = NULL" for table in tables))
    assert len(_plain_of(path)) == 1
    run(path, change)

    assert _refused_or_loaded(path) is None
    stored, conversations = StoredConversations(path), ConversationMemory()
    with pytest.raises(FileError, match="is damaged"):
        conversations.load(path)
    stored.close()


def test_a_text_may_be_corrected_with_any_tool(path: Path) -> None:
    save_turns(path, [a_turn(1)])
    run(path, "UPDATE turns SET answer = 'corrected'")
    with pytest.raises(FileError, match="is damaged"):
        read_conversations(path)

    run(path, "UPDATE turns SET checksum = NULL")

    assert read_conversations(path).choose("main").slots[0].turn.answer == "corrected"


def test_a_small_forged_file_cannot_fill_the_memory(path: Path) -> None:
    sent = tuple(Message("user", f"{number}") for number in range(3_000))
    save_turns(path, [a_turn(1, messages=sent)])
    [(runs,)] = rows(path, "SELECT sent FROM turns")
    run(path, f"UPDATE turns SET checksum = NULL, sent = '[{', '.join([runs[1:-1]] * 50_000)}]'")

    assert _refused_or_loaded(path) is None


def test_no_key_and_no_address_is_in_the_file(path: Path) -> None:
    from server import ScriptedServer, chat

    from qwq_magic import Session

    key = "sk-0123456789abcdef0123456789abcdef"
    with ScriptedServer(chat(reasoning="Hm.", answer="Yes.")) as server:
        session = Session("custom", base_url=server.url, model="m", api_key=key)
        session.ask("Is it?")
    stored = StoredConversations(path)
    stored.save(session.conversations)
    stored.close()

    data = path.read_bytes()
    assert b"Is it?" in data
    assert key.encode() not in data
    assert server.url.encode() not in data


_AS_A_USER = """
import os, sys
from pathlib import Path
from qwq_magic.errors import FileError
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.memory import stored
from qwq_magic.store import Store
# Another user may not be able to read the modules.
os.setuid(65534)
path = Path(sys.argv[1])
for act in (read_conversations, Store):
    try:
        found = act(path)
        print(list(found.conversations) if act is read_conversations else "opened")
    except FileError as error:
        print(error)
"""


def _as_a_user(path: Path) -> list[str]:
    """What a user who is not root, for whom permissions do not count, sees of a file."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_A_USER, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that any user may enter."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may become another user"
)
def test_a_file_in_a_read_only_folder_is_read_and_not_written(open_folder: Path) -> None:
    path = open_folder / "notes.db"
    save_turns(path, [a_turn(1)])
    path.chmod(0o444)
    open_folder.chmod(0o555)

    read, written = _as_a_user(path)

    assert read == "['main']"
    assert written.startswith(f"Cannot write {path}: ")
    assert names_in(open_folder) == ["notes.db"]


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may become another user"
)
def test_a_log_that_cannot_be_read_in_is_not_left_out(open_folder: Path) -> None:
    path = open_folder / "notes.db"
    save_turns(path, [a_turn(1)])
    code = "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    code += "c.execute('PRAGMA wal_autocheckpoint = 0'); c.execute('DELETE FROM samples')\n"
    code += "c.execute('CREATE TABLE mine (x)'); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    path.with_name("notes.db-shm").unlink()
    assert path.with_name("notes.db-wal").stat().st_size
    for each in open_folder.iterdir():
        each.chmod(0o444)
    open_folder.chmod(0o555)

    read, _ = _as_a_user(path)

    assert read.startswith(f"Cannot read {path}: ")


def test_what_any_tool_reads_in_the_file(path: Path) -> None:
    save(path, *_rich_memories())

    found: list[Any] = rows(
        path,
        "SELECT c.name, a.slot, a.attempt, a.is_hidden, t.prompt, t.state, json_valid(t.details) "
        "FROM conversations c JOIN attempts a ON a.conversation = c.id "
        "JOIN turns t ON t.number = a.turn WHERE c.name = 'main' ORDER BY a.slot, a.attempt",
    )

    assert found == [
        ("main", 1, 1, 0, "prompt 1", "complete", 1),
        ("main", 1, 2, 0, "prompt 3", "complete", 1),
        ("main", 2, 1, 1, "prompt 2", "complete", 1),
        ("main", 3, 1, 0, "prompt 4", "error", 1),
    ]
    assert isinstance(sqlite3.sqlite_version, str)
