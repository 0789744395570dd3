"""Conversations in a store: what is loaded is what was held, and only changes are written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from full_disk import full_disk
from hypothesis import given, settings
from hypothesis import strategies as st
from memory.turns import a_memory, a_turn, plain
from store.files import names_in, rows

from qwq_magic.errors import FileError
from qwq_magic.memory import ConversationMemory, Conversations, Window
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.turns import Message, Parent, Turn


class KernelState:
    """What one kernel has: its conversations, and the store that keeps them."""

    def __init__(self, path: Path) -> None:
        self.conversations = Conversations()
        self.stored = StoredConversations(path)

    def ask(self, turn: Turn, name: str = "main") -> None:
        memory = self.conversations.of(name)
        context = memory.context(cell_id=turn.cell_id)
        sent = (*context.messages, Message("user", turn.prompt))
        memory.commit(replace(turn, messages=sent), context)
        self.save()

    def save(self) -> None:
        self.stored.save(self.conversations)

    def load(self, current: str = "main") -> tuple[str, ...]:
        return self.stored.load(self.conversations, current=current)

    @property
    def main(self) -> ConversationMemory:
        return self.conversations.of("main")

    def prompts(self, name: str = "main") -> list[str]:
        return [turn.prompt for turn in self.conversations[name].turns]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def new_kernel(path: Path) -> Iterator[Callable[[], KernelState]]:
    """Makes kernels that share the file, and that end with the test."""
    kernels: list[KernelState] = []

    def make() -> KernelState:
        kernels.append(KernelState(path))
        return kernels[-1]

    yield make
    for kernel in kernels:
        kernel.stored.close()


@pytest.fixture
def kernel(new_kernel: Callable[[], KernelState]) -> KernelState:
    return new_kernel()


def _held(conversations: Conversations) -> dict[str, object]:
    return {name: plain(memory.contents) for name, memory in conversations.items() if len(memory)}


def _saved(path: Path) -> dict[str, object]:
    return {name: plain(one) for name, one in read_conversations(path).conversations.items()}


def _prompts_in(path: Path) -> dict[str, list[str]]:
    found = read_conversations(path).conversations
    return {name: [slot.turn.prompt for slot in one.slots] for name, one in found.items()}


def test_looking_at_the_memory_creates_no_file(kernel: KernelState, path: Path) -> None:
    kernel.conversations.of("main")
    kernel.save()

    assert not path.exists()


def test_all_conversations_are_in_the_file_after_each_turn(kernel: KernelState, path: Path) -> None:
    for number in range(3):
        kernel.ask(a_turn(number))
        kernel.ask(a_turn(10 + number, cell_id="cell"), "other")

        assert _saved(path) == _held(kernel.conversations)


@pytest.mark.parametrize(
    "change",
    [
        lambda memory: memory.drop(1),
        lambda memory: memory.drop(2, 4),
        lambda memory: memory.drop(1, 2, 3, 4, 5),
        lambda memory: memory.hide(1, 3),
        lambda memory: memory.clear(),
        lambda memory: memory.undo(),
        lambda memory: setattr(memory, "window", Window(3)),
        lambda memory: memory.put_contents(a_memory(a_turn(50)).contents),
    ],
)
def test_a_change_is_saved_and_so_is_its_undoing(
    kernel: KernelState, path: Path, change: Callable[[ConversationMemory], None]
) -> None:
    for number in range(1, 6):
        kernel.ask(a_turn(number, cell_id=f"c{number}"))
    kernel.ask(a_turn(6, cell_id="c2"))
    before = plain(kernel.main.contents)
    change(kernel.main)
    kernel.save()
    assert plain(read_conversations(path).choose("main")) == plain(kernel.main.contents) != before

    kernel.main.undo()
    kernel.save()
    assert plain(read_conversations(path).choose("main")) == plain(kernel.main.contents)
    kernel.ask(a_turn(7))
    assert plain(read_conversations(path).choose("main")) == plain(kernel.main.contents)


def test_a_file_that_is_loaded_over_a_conversation_leaves_it_in_the_store(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1))
    file = path.with_name("old.jsonl")
    a_memory(a_turn(2)).save(file)

    kernel.conversations.load(file, current="main")
    kernel.save()

    assert _prompts_in(path) == {"main": ["prompt 2"], "main (2)": ["prompt 1"]}
    kernel.main.undo()
    kernel.save()
    assert _prompts_in(path) == {"main": ["prompt 1"], "main (2)": ["prompt 2"]}


def test_the_store_keeps_turns_that_left_their_conversation(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1))
    kernel.main.clear()
    kernel.save()

    assert _prompts_in(path) == {"main": []}
    assert rows(path, "SELECT id FROM turns") == [("t1",)]


def test_a_fork_and_a_renamed_conversation_are_saved(kernel: KernelState, path: Path) -> None:
    for number in range(3):
        kernel.ask(a_turn(number))
    kernel.conversations.fork("main", "side", up_to=2)
    kernel.conversations.rename("main", "old")
    kernel.save()
    kernel.ask(a_turn(5), "side")

    assert _saved(path) == _held(kernel.conversations)
    assert rows(path, "SELECT count(*) FROM turns") == [(4,)]


def test_a_new_kernel_starts_empty_and_goes_on_after_loading(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    yesterday = new_kernel()
    for number in range(3):
        yesterday.ask(a_turn(number, cell_id=f"c{number}"))
    yesterday.ask(a_turn(9), "other")
    yesterday.stored.close()
    today = new_kernel()
    today.save()
    assert today.conversations.held == ()

    assert sorted(today.load()) == ["main", "other"]

    assert _held(today.conversations) == _held(yesterday.conversations)
    today.ask(a_turn(4, cell_id="c1"))
    assert today.prompts() == ["prompt 0", "prompt 4", "prompt 2"]
    assert _saved(path) == _held(today.conversations)


def _changes(path: Path, act: Callable[[], None]) -> dict[str, int]:
    """How many rows of each table an act adds."""
    tables = ("turns", "messages", "attempts", "conversations")

    def counts() -> dict[str, int]:
        return {name: rows(path, f"SELECT count(*) FROM {name}")[0][0] for name in tables}

    before = counts()
    act()
    return {name: count - before[name] for name, count in counts().items()}


def test_after_loading_only_what_is_new_is_written(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    yesterday = new_kernel()
    for number in range(50):
        yesterday.ask(a_turn(number))
    today = new_kernel()
    today.load()

    assert _changes(path, today.save) == dict.fromkeys(
        ("turns", "messages", "attempts", "conversations"), 0
    )
    # The latest answer has never been sent before.
    assert _changes(path, lambda: today.ask(a_turn(99))) == {
        "turns": 1,
        "messages": 2,
        "attempts": 1,
        "conversations": 0,
    }
    assert rows(path, "SELECT json_array_length(sent) FROM turns WHERE id = 't99'") == [(2,)]


def test_statements_do_not_become_more_with_the_conversation(
    kernel: KernelState, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.ask(a_turn(0))
    assert kernel.stored._store is not None
    connection = kernel.stored._store._connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)

    def count(act: Callable[[], None]) -> int:
        statements.clear()
        act()
        return len(statements)

    few = count(lambda: kernel.ask(a_turn(1, cell_id="a")))
    for number in range(2, 200):
        kernel.ask(a_turn(number))

    assert count(lambda: kernel.ask(a_turn(500))) <= few + 1
    assert count(lambda: kernel.ask(a_turn(501, cell_id="a"))) <= few + 1
    kernel.main.hide(3)
    assert count(kernel.save) < 10
    kernel.main.drop(1)
    assert count(kernel.save) < 10
    assert count(kernel.save) == 0
    connection.set_trace_callback(None)


def test_two_kernels_with_one_file_lose_nothing(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    for number in range(5):
        first.ask(a_turn(number))
        second.ask(a_turn(100 + number))

    second_prompts, first_prompts = second.prompts(), first.prompts()
    assert _prompts_in(path) == {"main": second_prompts, "main (2)": first_prompts}


def test_a_conversation_that_another_kernel_has_loaded_and_changed_is_copied(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    first.ask(a_turn(1))
    second.load()
    second.ask(a_turn(2))
    first.ask(a_turn(3))
    second.ask(a_turn(4))

    assert second.prompts() == ["prompt 1", "prompt 2", "prompt 4"]
    assert first.prompts() == ["prompt 1", "prompt 3"]
    assert _prompts_in(path) == {"main": second.prompts(), "main (2)": first.prompts()}
    assert rows(path, "SELECT count(*) FROM turns") == [(4,)]


def test_a_conversation_that_changed_after_it_was_loaded_is_copied(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    first.ask(a_turn(1))
    second.load()
    first.ask(a_turn(2))
    second.ask(a_turn(3))

    assert _prompts_in(path) == {"main": ["prompt 1", "prompt 3"], "main (2)": first.prompts()}


def test_of_each_name_the_latest_comes_first_and_no_other_is_lost(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    for number in range(3):
        kernel = new_kernel()
        kernel.ask(a_turn(number))
        kernel.ask(a_turn(10 + number), "main (2)" if number == 1 else "other")
    last = new_kernel()

    names = last.load()

    assert sorted(names) == ["main", "main (2)", "main (3)", "main (4)", "other", "other (2)"]
    assert last.prompts() == ["prompt 2"]
    assert last.prompts("main (2)") == ["prompt 11"]
    assert last.prompts("main (3)") == ["prompt 1"]
    assert last.prompts("main (4)") == ["prompt 0"]
    assert _changes(path, last.save) == dict.fromkeys(
        ("turns", "messages", "attempts", "conversations"), 0
    )


def test_a_cleared_conversation_hides_none_with_turns(
    new_kernel: Callable[[], KernelState],
) -> None:
    first, second, third = new_kernel(), new_kernel(), new_kernel()
    first.ask(a_turn(1))
    second.ask(a_turn(2))
    second.main.clear()
    second.save()

    assert third.load() == ("main",)
    assert third.prompts() == ["prompt 1"]


def test_a_single_conversation_becomes_the_current_one_and_its_next_change_its_name(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    first.ask(a_turn(1), "theirs")

    assert second.load("mine") == ("mine",)

    second.save()
    assert list(_prompts_in(path)) == ["theirs"]
    second.ask(a_turn(2), "mine")
    assert _prompts_in(path) == {"mine": ["prompt 1", "prompt 2"]}


def test_a_conversation_that_is_loaded_into_another_one_becomes_a_copy(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1), "work")

    assert kernel.load("copy") == ("copy",)

    kernel.ask(a_turn(2), "copy")
    kernel.ask(a_turn(3), "work")
    assert _prompts_in(path) == {
        "work": ["prompt 1", "prompt 3"],
        "copy": ["prompt 1", "prompt 2"],
    }
    assert _saved(path) == _held(kernel.conversations)


def test_undoing_a_load_loses_neither_what_was_loaded_nor_what_was_held(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    second.ask(a_turn(2))
    first.ask(a_turn(1))
    second.load()
    assert second.prompts() == ["prompt 1"]

    second.main.undo()
    second.save()

    # What this kernel had saved before is loaded, too, as `main (2)`.
    found = sorted(map(tuple, _prompts_in(path).values()))
    assert found == [("prompt 1",), ("prompt 2",), ("prompt 2",)]
    second.ask(a_turn(3))
    found = sorted(map(tuple, _prompts_in(path).values()))
    assert found == [("prompt 1",), ("prompt 2",), ("prompt 2", "prompt 3")]


def test_undoing_a_load_in_an_empty_kernel_leaves_the_file_as_it_was(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    first.ask(a_turn(1))
    second.main.put_contents(a_memory(a_turn(2)).contents)
    second.main.clear()
    second.load()
    for _ in range(3):
        second.main.undo()
        second.save()

    assert second.prompts() == []
    assert ["prompt 1"] in _prompts_in(path).values()


def test_what_could_not_be_written_is_written_later(kernel: KernelState, path: Path) -> None:
    kernel.ask(a_turn(1))
    for number in (2, 3):
        with full_disk(), pytest.raises(FileError, match="the disk is full or failed"):
            kernel.ask(a_turn(number))
    assert kernel.prompts() == ["prompt 1", "prompt 2", "prompt 3"]
    assert _prompts_in(path) == {"main": ["prompt 1"]}

    kernel.ask(a_turn(4))

    assert _saved(path) == _held(kernel.conversations)


def test_a_disk_that_is_full_from_the_start_costs_nothing_written_later(
    kernel: KernelState, path: Path
) -> None:
    with full_disk(), pytest.raises(FileError, match="the disk is full or failed"):
        kernel.ask(a_turn(1))
    kernel.ask(a_turn(2))

    assert _saved(path) == _held(kernel.conversations)


def test_an_interrupt_at_any_statement_costs_nothing_written_later(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(0))
    assert kernel.stored._store is not None
    connection = kernel.stored._store._connection
    left = 0

    class Interrupt(BaseException):
        pass

    def interrupt() -> int:
        nonlocal left
        left -= 1
        return left < 0

    for steps in range(0, 400, 7):
        left = steps
        connection.set_progress_handler(interrupt, 1)
        try:
            kernel.ask(a_turn(1 + steps, cell_id="a"))
        except FileError:
            pass
        finally:
            connection.set_progress_handler(None, 1)
    kernel.save()

    assert _saved(path) == _held(kernel.conversations)


def test_an_interrupt_between_the_commit_and_its_note_costs_nothing(
    kernel: KernelState, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.ask(a_turn(1))
    assert kernel.stored._store is not None

    with monkeypatch.context() as patched:
        put = kernel.stored._store.put

        def put_then_interrupt(*changes: Any) -> None:
            put(*changes)
            raise KeyboardInterrupt

        patched.setattr(kernel.stored._store, "put", put_then_interrupt)
        with pytest.raises(KeyboardInterrupt):
            kernel.ask(a_turn(2))
    kernel.ask(a_turn(3))

    assert _saved(path) == _held(kernel.conversations)
    assert list(_prompts_in(path)) == ["main"]


@pytest.mark.parametrize("how", ["removed", "emptied", "replaced"])
def test_a_file_that_was_removed_or_replaced_gets_everything_again(
    new_kernel: Callable[[], KernelState], path: Path, how: str
) -> None:
    kernel = new_kernel()
    kernel.ask(a_turn(1))
    kernel.ask(a_turn(2), "other")
    old = path.with_name("old.db")
    path.rename(old)
    if how == "emptied":
        path.touch()
    if how == "replaced":
        other = new_kernel()
        for number in range(5, 9):
            other.ask(a_turn(number))

    kernel.save()

    found = _prompts_in(path)
    assert found.pop("main (2)", None) == (
        ["prompt 5", "prompt 6", "prompt 7", "prompt 8"] if how == "replaced" else None
    )
    assert found == {"main": ["prompt 1"], "other": ["prompt 2"]}
    assert _prompts_in(old) == found


def test_closing_and_saving_again_goes_on_in_the_same_conversations(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1))
    kernel.stored.close()
    kernel.ask(a_turn(2))

    assert _prompts_in(path) == {"main": ["prompt 1", "prompt 2"]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_goes_on_with_copies(kernel: KernelState, path: Path) -> None:
    kernel.ask(a_turn(1))
    child = os.fork()
    if not child:
        try:
            kernel.ask(a_turn(2))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    kernel.ask(a_turn(3))

    assert _prompts_in(path) == {
        "main": ["prompt 1", "prompt 3"],
        "main (2)": ["prompt 1", "prompt 2"],
    }


def test_a_turn_whose_text_was_edited_keeps_both_texts(
    new_kernel: Callable[[], KernelState], path: Path
) -> None:
    first, second = new_kernel(), new_kernel()
    first.ask(a_turn(1))
    second.ask(a_turn(1, answer="edited"))

    assert rows(path, "SELECT id, edition, answer FROM turns ORDER BY number") == [
        ("t1", 0, "answer 1"),
        ("t1", 1, "edited"),
    ]
    assert _saved(path)["main"] == _held(second.conversations)["main"]


def test_a_turn_that_ends_after_its_conversation_was_cleared_is_kept(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1))
    context = kernel.main.context()
    kernel.main.clear()
    kernel.main.commit(a_turn(2), context)

    kernel.stored.save(kernel.conversations, a_turn(2))

    assert rows(path, "SELECT id FROM turns") == [("t1",), ("t2",)]
    assert _prompts_in(path) == {"main": []}
    kernel.main.undo()
    kernel.save()
    assert _prompts_in(path) == {"main": ["prompt 1", "prompt 2"]}


def test_a_steered_turn_comes_back(kernel: KernelState, path: Path) -> None:
    kernel.ask(a_turn(1, cell_id="a"))
    kernel.ask(a_turn(2, cell_id="b", parent=Parent("t1", 3, "edit")))

    assert _saved(path) == _held(kernel.conversations)
    assert rows(path, "SELECT parent FROM turns ORDER BY number") == [(None,), ("t1",)]


def test_ten_thousand_earlier_messages_add_one_row_each_and_no_more(
    kernel: KernelState, path: Path
) -> None:
    history = tuple(Message("user", f"prompt {number}") for number in range(10_000))
    memory = kernel.main
    memory.commit(a_turn(1, messages=history), memory.context())
    kernel.save()
    size = path.stat().st_size
    for number in range(2, 30):
        turn = a_turn(number, messages=(*history, Message("user", f"new {number}")))
        memory.commit(turn, memory.context())
        kernel.save()

    assert rows(path, "SELECT count(*) FROM messages") == [(10_000 + 28,)]
    assert path.stat().st_size - size < 28 * 4_096
    assert _saved(path) == _held(kernel.conversations)


def test_a_value_that_cannot_be_saved_is_one_line_until_it_is_dropped(
    kernel: KernelState, path: Path
) -> None:
    kernel.ask(a_turn(1))
    with pytest.raises(FileError, match=r"a value that cannot be saved .* Drop that turn\."):
        kernel.ask(a_turn(2, parameters={"x": object()}))
    kernel.main.drop(2)
    kernel.ask(a_turn(3))

    assert _prompts_in(path) == {"main": ["prompt 1", "prompt 3"]}


TEXTS = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["lone \ud83d half", "\ud83d\ude00 in halves", "nul \x00", "\u2028\u2029\x85\r\n", "中文 😊"]
)


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=15)
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, reasoning: str, answer: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "notes.db"
    kernel = KernelState(path)
    kernel.ask(a_turn(1, prompt=prompt, reasoning=reasoning, answer=answer, notices=(answer,)))
    kernel.ask(a_turn(2, finish_reason=answer, started_at=prompt, cell_id=reasoning))
    kernel.stored.close()

    assert read_conversations(path).choose("main") == kernel.main.contents
    assert names_in(path.parent) == ["notes.db"]
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
