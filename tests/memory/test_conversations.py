import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memory.turns import a_memory, a_turn

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.memory import ConversationMemory, Conversations, Window
from qwq_magic.turns import Turn


def _conversations(**turns: list[Turn]) -> Conversations:
    conversations = Conversations()
    for name, own in turns.items():
        memory = conversations.of(name)
        for turn in own:
            memory.commit(turn, memory.context())
    return conversations


def test_a_conversation_is_made_on_first_use_and_then_the_same() -> None:
    conversations = Conversations()

    first = conversations.of("main")

    assert conversations.of("main") is first
    assert list(conversations) == ["main"]
    with pytest.raises(KeyError):
        conversations["other"]


def test_many_threads_get_the_same_conversation() -> None:
    conversations, found, start = Conversations(), [], threading.Barrier(8)

    def look() -> None:
        start.wait()
        found.append(conversations.of("main"))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(memory) for memory in found}) == 1


@pytest.mark.parametrize(
    "name", ["", " ", " main", "two\nlines", "\x1b[2J", "\ud83d", "\u202eniam", "x" * 201, None, 5]
)
def test_what_cannot_be_typed_shown_and_saved_is_no_name(name: Any) -> None:
    conversations = _conversations(main=[a_turn(1)])
    for use in (
        conversations.of,
        ConversationMemory,
        lambda name: conversations.fork("main", name),
        lambda name: conversations.rename("main", name),
    ):
        with pytest.raises(ConfigurationError, match="is not a valid conversation name"):
            use(name)

    assert [(name, memory.name) for name, memory in conversations.items()] == [("main", "main")]


@pytest.mark.parametrize("name", ["中文 😊", "a b", "👩\u200d🔬", "-c", "x" * 200])
def test_a_name_in_any_script_comes_back_from_a_file(tmp_path: Path, name: str) -> None:
    conversations, other = _conversations(**{name: [a_turn(1)], "b": []}), Conversations()
    conversations.save(tmp_path / "all.jsonl")

    assert other.load(tmp_path / "all.jsonl", current="main") == (name, "b")
    assert other[name].turns == (a_turn(1),)


def test_a_fork_has_the_turns_and_marks_and_goes_its_own_way() -> None:
    conversations = _conversations(main=[a_turn(1), a_turn(2), a_turn(3)])
    conversations["main"].hide(1)
    conversations["main"].window = Window(6)

    fork = conversations.fork("main", "side", up_to=2)
    fork.commit(a_turn(4), fork.context())

    assert [turn.id for turn in conversations["main"].turns] == ["t1", "t2", "t3"]
    assert [turn.id for turn in conversations["side"].turns] == ["t1", "t2", "t4"]
    assert [entry.is_hidden for entry in fork.entries()] == [True, False, False]
    assert fork.window == Window(6)
    assert fork.context().numbers == (2, 3)


@pytest.mark.parametrize("change", [Conversations.fork, Conversations.rename])
def test_a_name_that_is_taken_is_refused(
    change: Callable[[Conversations, str, str], object],
) -> None:
    conversations = _conversations(main=[a_turn(1)], other=[a_turn(2)])

    with pytest.raises(ConfigurationError, match="A conversation named 'other' already exists"):
        change(conversations, "main", "other")

    assert [turn.id for memory in conversations.values() for turn in memory.turns] == ["t1", "t2"]


@pytest.mark.parametrize("up_to", [0, 4])
def test_a_fork_up_to_a_turn_that_is_not_there_makes_nothing(up_to: int) -> None:
    conversations = _conversations(main=[a_turn(1)])

    with pytest.raises(ConfigurationError, match=f"No turn {up_to}"):
        conversations.fork("main", "side", up_to=up_to)

    assert list(conversations) == ["main"]


def test_a_renamed_conversation_keeps_its_place_and_its_turns() -> None:
    conversations = _conversations(a=[a_turn(1)], b=[a_turn(2)])

    conversations.rename("a", "c")

    assert list(conversations) == ["c", "b"]
    assert (conversations["c"].name, conversations["c"].turns) == ("c", (a_turn(1),))


def test_a_turn_is_found_after_its_conversation_was_renamed() -> None:
    conversations = _conversations(main=[a_turn(1), a_turn(2)])

    conversations.rename("main", "old")
    conversations.of("main")

    assert conversations.place_of(a_turn(2)) == (2, 1)


def test_a_turn_is_found_in_its_own_conversation_before_a_fork_of_it() -> None:
    conversations = _conversations(main=[a_turn(1), a_turn(2)])
    conversations.fork("main", "side")
    conversations["side"].drop(1)

    assert conversations.place_of(a_turn(2)) == (2, 1)
    conversations["main"].clear()
    assert conversations.place_of(a_turn(2)) == (1, 1)
    assert conversations.place_of(a_turn(1)) is None


def test_a_single_conversation_of_a_file_becomes_the_current_one(tmp_path: Path) -> None:
    a_memory(a_turn(1), name="theirs").save(tmp_path / "one.jsonl")
    conversations = _conversations(main=[a_turn(2)])

    assert conversations.load(tmp_path / "one.jsonl", current="main") == ("main",)

    assert conversations["main"].turns == (a_turn(1),)
    conversations["main"].undo()
    assert conversations["main"].turns == (a_turn(2),)


def test_several_conversations_of_a_file_replace_those_of_their_names(tmp_path: Path) -> None:
    _conversations(a=[a_turn(1)], b=[a_turn(2)]).save(tmp_path / "all.jsonl")
    conversations = _conversations(b=[a_turn(3)], c=[a_turn(4)])

    assert conversations.load(tmp_path / "all.jsonl", current="c") == ("a", "b")

    ids = {name: [turn.id for turn in memory.turns] for name, memory in conversations.items()}
    assert ids == {"a": ["t1"], "b": ["t2"], "c": ["t4"]}


def test_a_file_that_cannot_be_read_changes_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    _conversations(a=[a_turn(1)], b=[a_turn(2)]).save(path)
    path.write_bytes(path.read_bytes()[:-20])
    conversations = _conversations(a=[a_turn(3)])

    with pytest.raises(FileError):
        conversations.load(path, current="a")

    assert [*conversations] == ["a"]
    assert conversations["a"].turns == (a_turn(3),)


def test_a_turn_asked_before_a_clearing_comes_back_with_what_was_cleared() -> None:
    memory = a_memory(a_turn(1))
    context = memory.context()

    memory.clear()
    memory.undo()
    memory.commit(a_turn(2), context)

    assert [turn.id for turn in memory.turns] == ["t1", "t2"]


def test_a_turn_asked_before_a_clearing_does_not_come_back_after_a_second_one() -> None:
    memory = a_memory(a_turn(1))
    memory.clear()
    between = memory.context()
    memory.undo()

    memory.clear()
    memory.commit(a_turn(2), between)

    assert memory.turns == ()
