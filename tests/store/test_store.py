"""The file of a store: how it is created, which files are refused, and what happens to it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from full_disk import full_disk
from memory.turns import a_memory, a_turn
from store.files import names_in, rows, run, save_turns

from qwq_magic.errors import FileError
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.store import Store, is_store, schema
from qwq_magic.store.looks import labels_in
from qwq_magic.turns import Turn


def _add(store: Store, turn: Turn) -> None:
    store.add_sample(1, row=0, number=0, model="m", key=turn.id, turn=turn)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


def test_a_new_file_is_private_and_alone_once_it_is_closed(path: Path) -> None:
    with Store(path) as store:
        _add(store, a_turn(1))
        assert rows(path, "PRAGMA journal_mode") == [("wal",)]

    assert names_in(path.parent) == ["notes.db"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_store(path)
    assert rows(path, "PRAGMA user_version") == [(len(schema.STEPS),)]


def test_nothing_is_imported_of_sqlite_without_a_store() -> None:
    code = (
        "import sys; import qwq_magic, qwq_magic.memory, qwq_magic.store, qwq_magic.magics;"
        "print('sqlite3' in sys.modules and 'IPython.core.history' not in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()

    Store(path).close()

    assert is_store(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"my notes", r"notes\.db is not a store\. Choose another file\."),
        (b"\0" * 5_000, r"notes\.db is not a store\. Choose another file\."),
        (b"SQLite format 3\0" + b"\1" * 5_000, r"is not a store|is damaged"),
    ],
    ids=["text", "zeros", "forged"],
)
def test_a_file_of_another_kind_is_refused_and_left_alone(
    path: Path, content: bytes, message: str
) -> None:
    path.write_bytes(content)

    with pytest.raises(FileError, match=message):
        Store(path)

    assert path.read_bytes() == content
    assert names_in(path.parent) == ["notes.db"]


def test_a_saved_conversation_is_refused_with_the_way_to_load_it(tmp_path: Path) -> None:
    path = tmp_path / "chat.qwq.jsonl"
    a_memory(a_turn(1)).save(path)
    before = path.read_bytes()

    with pytest.raises(FileError) as caught:
        Store(path)

    assert caught.value.message == (
        f"{path} is a saved conversation, not a store. Load it with %qwq_memory load, and choose "
        "another file for the store, such as chat.qwq.db."
    )
    assert path.read_bytes() == before


def test_a_store_is_not_written_over_by_a_saved_conversation(path: Path) -> None:
    save_turns(path, [a_turn(1)])
    with Store(path), pytest.raises(FileError, match="is a store, not a saved conversation"):
        a_memory(a_turn(2)).save(path)

    assert rows(path, "SELECT id FROM turns") == [("t1",)]


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    run(path, "CREATE TABLE bookmarks (url)")
    before = path.read_bytes()

    with pytest.raises(FileError, match="is an SQLite database of another program"):
        Store(path)
    with pytest.raises(FileError, match="is an SQLite database of another program"):
        read_conversations(path)

    assert path.read_bytes() == before


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    save_turns(path, [a_turn(1)])
    run(path, "PRAGMA user_version = 99")
    before = path.read_bytes()

    for opened in (Store, read_conversations):
        with pytest.raises(FileError, match=r"was written by a newer qwq_magic\. Upgrade to read"):
            opened(path)

    assert path.read_bytes() == before


def test_a_file_of_version_0_gets_the_tables(path: Path) -> None:
    run(path, f"PRAGMA application_id = {schema.APPLICATION_ID}")

    save_turns(path, [a_turn(1)])

    assert [*read_conversations(path).conversations] == ["main"]


def test_a_file_of_version_0_can_be_read_too(path: Path) -> None:
    run(path, f"PRAGMA application_id = {schema.APPLICATION_ID}")

    assert read_conversations(path).conversations == {}
    assert names_in(path.parent) == ["notes.db"]


def _as_version_1(path: Path) -> None:
    """Make a file what the first version wrote."""
    run(path, "DROP TABLE labels", "PRAGMA user_version = 1")


def test_an_older_file_is_read_as_it_is(path: Path) -> None:
    save_turns(path, [a_turn(1), a_turn(2)])
    sound = read_conversations(path).choose("main")
    _as_version_1(path)
    before = path.read_bytes()

    assert read_conversations(path).choose("main") == sound
    assert list(labels_in(path)) == []
    assert path.read_bytes() == before
    assert names_in(path.parent) == ["notes.db"]


def test_an_older_file_is_updated_when_it_is_written_and_keeps_its_turns(path: Path) -> None:
    save_turns(path, [a_turn(1), a_turn(2)])
    before = read_conversations(path).choose("main")
    _as_version_1(path)

    Store(path).close()

    assert read_conversations(path).choose("main") == before
    assert rows(path, "PRAGMA user_version") == [(2,)]
    assert rows(path, "SELECT * FROM labels") == []


def test_an_update_that_fails_leaves_the_older_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_turns(path, [a_turn(1)])
    steps = schema.STEPS
    monkeypatch.setattr(schema, "STEPS", (*steps, "CREATE TABLE marks (turn);CREATE TABLE turns"))

    with pytest.raises(FileError, match=r"notes\.db"):
        Store(path)

    monkeypatch.setattr(schema, "STEPS", steps)
    assert len(read_conversations(path).choose("main").slots) == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "notes.db", Path("a\0b")):
        with pytest.raises(FileError) as caught:
            Store(path)
        assert "\n" not in caught.value.message
        assert "Choose another path." in caught.value.message
    assert names_in(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_is_refused_and_stays(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(FileError, match="Not a regular file"):
        Store(path)

    assert path.is_fifo()


def test_a_link_stays_and_the_file_it_leads_to_is_written(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path.name)

    save_turns(link, [a_turn(1)])

    assert link.is_symlink()
    assert names_in(path.parent) == ["link.db", "notes.db"]
    assert rows(path, "SELECT id FROM turns") == [("t1",)]


def test_a_file_in_use_may_be_copied(path: Path) -> None:
    with Store(path) as store:
        for number in range(20):
            _add(store, a_turn(number))
            copy = path.with_name("copy.db")
            shutil.copy(path, copy)
            with Store(copy) as copied:
                assert copied.known([f"t{number}"]).keys() == {f"t{number}"}


def test_a_full_disk_leaves_no_new_file(path: Path) -> None:
    with full_disk(), pytest.raises(FileError, match="the disk is full or failed"):
        Store(path)

    assert names_in(path.parent) == []


def test_a_disk_that_is_full_for_a_while_costs_nothing_written_later(path: Path) -> None:
    with Store(path) as store:
        _add(store, a_turn(1))
        with full_disk(), pytest.raises(FileError, match="the disk is full or failed"):
            _add(store, a_turn(2))
        assert store.known(["t1", "t2"]).keys() == {"t1"}
        _add(store, a_turn(2))
        _add(store, a_turn(3))

        assert store.known(["t1", "t2", "t3"]).keys() == {"t1", "t2", "t3"}


def test_a_locked_file_is_one_line_and_written_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qwq_magic.store.connection.BUSY_S", 0.01)
    with Store(path) as store:
        program = "import sqlite3; c = sqlite3.connect({!r}, isolation_level=None); "
        program += "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", program.format(str(path))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdout is not None
            assert other.stdin is not None
            assert other.stdout.readline() == "locked\n"
            with pytest.raises(FileError, match="another program has locked it"):
                _add(store, a_turn(1))
            other.stdin.write("\n")
        _add(store, a_turn(1))

        assert store.known(["t1"]).keys() == {"t1"}


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_is_removed_or_replaced_is_opened_again(path: Path, how: str) -> None:
    with Store(path) as store:
        _add(store, a_turn(1))
        path.rename(path.with_name("old.db"))
        if how == "replaced":
            save_turns(path, [a_turn(9)])
        _add(store, a_turn(2))
        assert store.opened == 2

    assert rows(path, "SELECT key FROM samples") == [("t2",)]
    assert rows(path.with_name("old.db"), "SELECT key FROM samples") == [("t1",)]


def test_a_folder_that_is_gone_for_a_while_is_one_line(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "notes.db"
    with Store(path) as store:
        folder.rename(tmp_path / "elsewhere")
        for _ in range(2):
            with pytest.raises(FileError, match="Cannot write"):
                _add(store, a_turn(1))
        folder.mkdir()
        _add(store, a_turn(1))

        assert store.known(["t1"]).keys() == {"t1"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_writes_too_and_harms_nothing(path: Path) -> None:
    with Store(path) as store:
        _add(store, a_turn(1))
        child = multiprocessing.get_context("fork").Process(target=_add, args=(store, a_turn(2)))
        child.start()
        child.join()
        _add(store, a_turn(3))

        assert child.exitcode == 0
        assert store.known(["t1", "t2", "t3"]).keys() == {"t1", "t2", "t3"}
    assert names_in(path.parent) == ["notes.db"]


def test_a_store_that_is_forgotten_is_closed(path: Path) -> None:
    store = Store(path)
    _add(store, a_turn(1))

    del store

    assert names_in(path.parent) == ["notes.db"]


def test_at_exit_a_store_is_closed(path: Path) -> None:
    code = f"from qwq_magic.store import Store\nstore = Store({str(path)!r})\n"
    code += "store.begin_batch('t', [], started_at='')"

    subprocess.run([sys.executable, "-c", code], check=True)

    assert names_in(path.parent) == ["notes.db"]


def test_a_second_connection_does_not_break_the_locks_of_the_first(path: Path) -> None:
    """On POSIX, closing a file that SQLite has open drops its locks; another process would see."""
    with Store(path) as store:
        _add(store, a_turn(1))
        for _ in range(3):
            assert is_store(path)
            read_conversations(path)
            with pytest.raises(FileError):
                a_memory(a_turn(1)).save(path)
        # Another process that closes the file would remove the log if it saw no lock.
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"from qwq_magic.store import Store; Store({str(path)!r}).close()",
            ],
            check=True,
        )
        assert names_in(path.parent) == ["notes.db", "notes.db-shm", "notes.db-wal"]
        _add(store, a_turn(2))

        assert store.known(["t1", "t2"]).keys() == {"t1", "t2"}
