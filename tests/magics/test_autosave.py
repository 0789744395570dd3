"""Autosave, without a kernel: which file is written, which is put aside, which is refused."""

import os
from pathlib import Path
from typing import TypeAlias

import pytest

from qwq_magic.errors import FileError
from qwq_magic.magics.autosave import Autosave
from qwq_magic.memory import Conversations
from qwq_magic.turns import Turn

KernelState: TypeAlias = tuple[Conversations, Autosave]


def _ask(conversations: Conversations, prompt: str, name: str = "main") -> None:
    memory = conversations.of(name)
    memory.commit(Turn(prompt, prompt, answer="a", complete=True), memory.context())


def _prompts(path: Path) -> list[str]:
    conversations = Conversations()
    conversations.load(path, current="main")
    return [turn.prompt for turn in conversations["main"].turns]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.qwq.jsonl"


@pytest.fixture
def kernel(tmp_path: Path) -> KernelState:
    """What one kernel has: its conversations and its autosave."""
    return Conversations(), Autosave(tmp_path)


@pytest.fixture
def yesterday(path: Path) -> None:
    conversations = Conversations()
    _ask(conversations, "yesterday")
    conversations.save(path)


def test_the_file_holds_all_conversations_after_each_turn(path: Path, kernel: KernelState) -> None:
    conversations, autosave = kernel
    for number in range(3):
        _ask(conversations, str(number))
        assert autosave.save(conversations, str(path)) == ""
        assert _prompts(path) == [str(n) for n in range(number + 1)]
    _ask(conversations, "aside", "other")
    autosave.save(conversations, str(path))

    found = Conversations()
    assert found.load(path, current="main") == ("main", "other")


def test_the_file_stays_where_it_is_when_cells_change_to_another_folder(
    path: Path, kernel: KernelState, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversations, autosave = kernel
    _ask(conversations, "one")
    autosave.save(conversations, path.name)
    (path.parent / "sub").mkdir()
    monkeypatch.chdir(path.parent / "sub")
    _ask(conversations, "two")

    assert autosave.save(conversations, path.name) == ""

    assert _prompts(path) == ["one", "two"]
    assert list((path.parent / "sub").iterdir()) == []


def test_a_file_that_is_loaded_from_another_folder_is_known_again(
    path: Path,
    kernel: KernelState,
    yesterday: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversations, autosave = kernel
    (path.parent / "sub").mkdir()
    monkeypatch.chdir(path.parent / "sub")
    conversations.load(f"../{path.name}", current="main")
    autosave.adopt(f"../{path.name}")
    _ask(conversations, "today")

    assert autosave.save(conversations, path.name) == ""

    assert _prompts(path) == ["yesterday", "today"]


def test_looking_before_loading_leaves_the_old_file_where_it_is(
    path: Path, kernel: KernelState, yesterday: None
) -> None:
    conversations, autosave = kernel
    conversations.of("main")

    assert autosave.save(conversations, str(path)) == ""

    assert _prompts(path) == ["yesterday"]
    assert list(path.parent.iterdir()) == [path]


def test_after_loading_the_file_goes_on(path: Path, kernel: KernelState, yesterday: None) -> None:
    conversations, autosave = kernel
    conversations.load(path, current="main")
    autosave.adopt(str(path))
    _ask(conversations, "today")

    assert autosave.save(conversations, str(path)) == ""

    assert _prompts(path) == ["yesterday", "today"]
    assert list(path.parent.iterdir()) == [path]


def test_a_turn_without_loading_puts_the_old_file_aside_and_says_where(
    path: Path, kernel: KernelState, yesterday: None
) -> None:
    conversations, autosave = kernel
    (path.parent / "chat.qwq.1.jsonl").write_text("taken")
    _ask(conversations, "today")

    message = autosave.save(conversations, str(path))

    assert message == (
        "chat.qwq.jsonl was written by an earlier kernel. It is now chat.qwq.2.jsonl."
    )
    assert _prompts(path) == ["today"]
    assert _prompts(path.with_name("chat.qwq.2.jsonl")) == ["yesterday"]
    _ask(conversations, "later")
    assert autosave.save(conversations, str(path)) == ""


def test_a_file_that_another_kernel_writes_too_is_left_alone(
    path: Path, kernel: KernelState
) -> None:
    conversations, autosave = kernel
    _ask(conversations, "mine")
    autosave.save(conversations, str(path))
    others = Conversations()
    _ask(others, "theirs")
    others.save(path)
    _ask(conversations, "mine again")

    with pytest.raises(FileError, match="was changed by another process"):
        autosave.save(conversations, str(path))

    assert _prompts(path) == ["theirs"]


def test_what_has_not_changed_is_not_written_again(path: Path, kernel: KernelState) -> None:
    conversations, autosave = kernel
    _ask(conversations, "one")
    autosave.save(conversations, str(path))
    before = path.stat().st_ino

    autosave.save(conversations, str(path))
    assert path.stat().st_ino == before

    conversations["main"].hide(1)
    autosave.save(conversations, str(path))
    assert path.stat().st_ino != before


def test_a_cleared_memory_is_saved_as_cleared(path: Path, kernel: KernelState) -> None:
    conversations, autosave = kernel
    _ask(conversations, "one")
    autosave.save(conversations, str(path))

    conversations["main"].clear()
    autosave.save(conversations, str(path))

    assert _prompts(path) == []


def test_a_file_that_was_removed_is_written_again(path: Path, kernel: KernelState) -> None:
    conversations, autosave = kernel
    _ask(conversations, "one")
    autosave.save(conversations, str(path))
    path.unlink()

    assert autosave.save(conversations, str(path)) == ""

    assert _prompts(path) == ["one"]


def test_a_file_of_another_kind_is_neither_written_nor_moved(
    path: Path, kernel: KernelState
) -> None:
    conversations, autosave = kernel
    path.write_text("my notes")
    _ask(conversations, "one")

    with pytest.raises(FileError, match="is not a saved conversation"):
        autosave.save(conversations, str(path))

    assert path.read_text() == "my notes"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "file", ["~nobody-of-this-name/chat.jsonl", "a\0b", "no/such/folder/c.jsonl"]
)
def test_a_place_that_is_none_is_one_clear_line(kernel: KernelState, file: str) -> None:
    conversations, autosave = kernel
    _ask(conversations, "one")

    with pytest.raises(FileError, match="Choose another"):
        autosave.save(conversations, file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_is_neither_written_nor_put_aside(path: Path, kernel: KernelState) -> None:
    conversations, autosave = kernel
    _ask(conversations, "today")
    os.mkfifo(path)

    with pytest.raises(FileError, match="Not a regular file"):
        autosave.save(conversations, str(path))

    assert path.is_fifo()
    assert list(path.parent.iterdir()) == [path]
