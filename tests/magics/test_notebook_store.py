"""The store of a notebook, without a kernel: which file is meant, and hints for the old name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import Kernel
from memory.turns import a_memory, a_turn
from store.files import conversations_of, rows

from qwq_magic.errors import FileError
from qwq_magic.magics.notebook_store import NotebookStore
from qwq_magic.memory import Conversations
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.settings.environment import renamed_variables, unknown_variables

HINT = "autosave is now store, one SQLite file: %config QwqMagics.store = "


@pytest.fixture
def store(tmp_path: Path) -> Iterator[NotebookStore]:
    store = NotebookStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def conversations() -> Conversations:
    return conversations_of(a_memory(a_turn(1)))


def _names(path: Path) -> list[str]:
    return [*read_conversations(path).conversations]


def test_the_file_stays_where_it_is_when_cells_change_to_another_folder(
    store: NotebookStore,
    conversations: Conversations,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "sub").mkdir()
    store.save(conversations, "notes.db")
    monkeypatch.chdir(tmp_path / "sub")
    conversations["main"].commit(a_turn(2), conversations["main"].context())
    store.save(conversations, "notes.db")

    assert len(read_conversations(tmp_path / "notes.db").choose("main").slots) == 2
    assert list((tmp_path / "sub").iterdir()) == []


@pytest.mark.parametrize("typed", ["notes.db", "../notes.db", "../link.db"])
def test_the_file_is_known_by_any_name_when_it_is_loaded(
    store: NotebookStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.db").symlink_to("notes.db")
    earlier = NotebookStore(tmp_path)
    earlier.save(conversations_of(a_memory(a_turn(1))), "notes.db")
    earlier.close()
    monkeypatch.chdir(tmp_path / "sub")
    conversations = Conversations()

    assert store.load(conversations, typed, file="notes.db", current="main") == ("main",)

    store.save(conversations, "notes.db")
    assert rows(tmp_path / "notes.db", "SELECT count(*) FROM conversations") == [(1,)]


def test_another_store_is_loaded_and_not_written(
    store: NotebookStore, conversations: Conversations, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    earlier = NotebookStore(tmp_path)
    earlier.save(conversations, "other.db")
    earlier.close()
    before = other.read_bytes()
    loaded = Conversations()

    store.load(loaded, str(other), file="notes.db", current="main")
    store.save(loaded, "notes.db")

    assert other.read_bytes() == before
    assert _names(tmp_path / "notes.db") == ["main"]


def test_an_old_file_of_autosave_loads(
    store: NotebookStore, conversations: Conversations, tmp_path: Path
) -> None:
    conversations.save(tmp_path / "chat.qwq.jsonl")
    loaded = Conversations()

    store.load(loaded, str(tmp_path / "chat.qwq.jsonl"), file="notes.db", current="main")
    store.save(loaded, "notes.db")

    assert read_conversations(tmp_path / "notes.db").choose("main") == loaded["main"].contents


def test_another_file_gets_everything(
    store: NotebookStore, conversations: Conversations, tmp_path: Path
) -> None:
    store.save(conversations, "notes.db")
    store.save(conversations, "other.db")

    assert _names(tmp_path / "notes.db") == _names(tmp_path / "other.db") == ["main"]


def test_a_file_that_is_missing_is_not_created_by_loading(
    store: NotebookStore, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=r"Cannot read .*: No such file or directory"):
        store.load(Conversations(), "notes.db", file="notes.db", current="main")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["~nobody-of-this-name/a.db", "a\0b", "no/such/folder/c.db"])
def test_a_place_that_is_none_is_one_clear_line(
    store: NotebookStore, conversations: Conversations, file: str
) -> None:
    with pytest.raises(FileError, match="Choose another"):
        store.save(conversations, file)


def test_the_old_variable_gives_a_hint() -> None:
    [line] = unknown_variables({"QWQ_AUTOSAVE": "chat.jsonl"}, ["store"])

    assert line == renamed_variables({"QWQ_AUTOSAVE": "chat.jsonl"})[0]
    assert line.startswith(f"QWQ_AUTOSAVE: {HINT}")
    assert renamed_variables({"QWQ_AUTOSAVE": ""}) == []


def test_the_old_name_gives_one_hint_wherever_it_is_set(tmp_path: Path) -> None:
    profile = tmp_path / "profile_default"
    profile.mkdir()
    (profile / "ipython_config.py").write_text("c.QwqMagics.autosave = 'chat.jsonl'\n")
    with Kernel(IPYTHONDIR=str(tmp_path), QWQ_AUTOSAVE="chat.jsonl") as kernel:
        loaded = kernel.run("%load_ext qwq_magic").text("stderr")
        configured = kernel.run("%config QwqMagics.autosave = 'chat.jsonl'").text("stderr")
        other = kernel.run("%config QwqMagics.show = 'answer'").text("stderr")
        sections = kernel.run("%config QwqMagics").text()

    assert [line.partition("%config")[0] for line in sorted(loaded.splitlines())] == [
        "QWQ_AUTOSAVE: autosave is now store, one SQLite file: ",
        "autosave is now store, one SQLite file: ",
    ]
    assert configured.splitlines() == [loaded.splitlines()[0].removeprefix("QWQ_AUTOSAVE: ")]
    assert other == ""
    assert "QwqMagics.store=" in sections
    assert "autosave" not in sections


def test_the_setting_comes_from_a_variable_and_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.qwq_magic]\nstore = "of_project.db"\n')
    for environ, name in (({}, "of_project.db"), ({"QWQ_STORE": "mine.db"}, "mine.db")):
        with Kernel(**environ) as kernel:
            kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")
            kernel.run("%%qwq\nWhich is larger, 9.11 or 9.9?")

        assert _names(tmp_path / name) == ["main"]
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
