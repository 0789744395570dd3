import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.records import openai_messages
from qwq_magic.turns import Message, Turn


def _turn(
    number: int, *, answer: str | None = None, cell_id: str | None = None, reasoning: str = ""
) -> Turn:
    answer = f"answer {number}" if answer is None else answer
    return Turn(
        id=f"t{number}",
        prompt=f"prompt {number}",
        answer=answer,
        reasoning=reasoning,
        cell_id=cell_id,
        complete=True,
    )


def _memory(*turns: Turn) -> ConversationMemory:
    memory = ConversationMemory()
    for turn in turns:
        memory.commit(turn, memory.context())
    return memory


def test_what_is_sent_alternates_and_has_no_reasoning() -> None:
    memory = _memory(_turn(1, reasoning="secret thought"), _turn(2))

    assert memory.context().messages == (
        Message("user", "prompt 1"),
        Message("assistant", "answer 1"),
        Message("user", "prompt 2"),
        Message("assistant", "answer 2"),
    )


def test_reasoning_goes_along_where_it_is_asked_for() -> None:
    memory = _memory(_turn(1, reasoning="a thought"))

    assert memory.context(with_reasoning=True).messages == (
        Message("user", "prompt 1"),
        Message("assistant", "answer 1", "a thought"),
    )


@pytest.mark.parametrize("blank", ["", " \n"])
@pytest.mark.parametrize("side", ["prompt", "answer"])
def test_a_turn_without_prompt_or_answer_text_is_kept_but_not_sent(side: str, blank: str) -> None:
    without: dict[str, Any] = {side: blank}
    memory = _memory(_turn(1), replace(_turn(2), **without))

    assert len(memory.turns) == 2
    assert len(openai_messages(memory.contents)) == 2
    assert [message.text for message in memory.context().messages] == ["prompt 1", "answer 1"]


def test_a_cell_that_runs_again_replaces_its_turn_and_keeps_the_attempt() -> None:
    memory = _memory(_turn(1, cell_id="a"), _turn(2, cell_id="b"), _turn(3, cell_id="a"))

    assert [turn.id for turn in memory.turns] == ["t3", "t2"]
    assert [turn.id for turn in memory.attempts(1)] == ["t1", "t3"]


def test_a_cell_that_runs_again_is_sent_only_what_stands_above_it() -> None:
    memory = _memory(_turn(1, cell_id="a"), _turn(2, cell_id="b"), _turn(3, cell_id="c"))

    texts = [message.text for message in memory.context(cell_id="b").messages]

    assert texts == ["prompt 1", "answer 1"]


def test_turns_without_a_cell_are_always_added() -> None:
    assert len(_memory(_turn(1), _turn(2)).turns) == 2


def test_a_turn_that_began_before_a_clearing_does_not_come_back() -> None:
    memory = _memory(_turn(1))
    context = memory.context()

    memory.clear()
    memory.commit(_turn(2), context)

    assert memory.turns == ()


def test_undo_takes_back_the_last_turn() -> None:
    memory = _memory(_turn(1), _turn(2))

    assert memory.undo() == _turn(2)
    assert memory.turns == (_turn(1),)
    assert ConversationMemory().undo() is None


def test_undo_takes_back_the_latest_attempt_of_a_cell_that_ran_again() -> None:
    memory = _memory(_turn(1, cell_id="a"), _turn(2, cell_id="b"))
    memory.commit(_turn(3, cell_id="a"), memory.context(cell_id="a"))

    assert memory.undo() == _turn(3, cell_id="a")
    assert memory.turns == (_turn(1, cell_id="a"), _turn(2, cell_id="b"))
    assert memory.undo() == _turn(2, cell_id="b")
    assert memory.undo() == _turn(1, cell_id="a")
    assert len(memory) == 0


@pytest.mark.parametrize("change", ["clear", "load"])
def test_a_turn_asked_after_a_change_that_is_undone_is_kept_with_what_came_back(
    change: str, tmp_path: Path
) -> None:
    memory = _memory(_turn(1))
    memory.save(tmp_path / "chat.jsonl")
    if change == "clear":
        memory.clear()
    else:
        memory.load(tmp_path / "chat.jsonl")
    context = memory.context()
    memory.undo()

    memory.commit(_turn(2), context)

    assert memory.turns == (_turn(1), _turn(2))


def test_undo_takes_back_one_change_after_the_other_of_any_kind(tmp_path: Path) -> None:
    memory = _memory(_turn(1), _turn(2), _turn(3))
    memory.save(tmp_path / "chat.jsonl")
    states = [memory.contents]
    changes: tuple[Callable[[], object], ...] = (
        lambda: memory.drop(1),
        lambda: memory.hide(1),
        lambda: setattr(memory, "window", 6),
        lambda: memory.unhide(1),
        lambda: memory.load(tmp_path / "chat.jsonl"),
        memory.clear,
    )
    for change in changes:
        change()
        states.append(memory.contents)

    for state in reversed(states[:-1]):
        assert memory.undoes
        assert memory.undo() is None
        assert memory.contents is state
    assert not memory.undoes
    assert memory.undo() == _turn(3)


def test_a_new_turn_ends_what_undo_can_take_back() -> None:
    memory = _memory(_turn(1), _turn(2))
    memory.drop(1)
    memory.hide(1)

    memory.commit(_turn(3), memory.context())

    assert not memory.undoes
    assert memory.undo() == _turn(3)
    assert memory.turns == (_turn(2),)


def test_a_change_that_changes_nothing_is_none_to_take_back() -> None:
    memory = _memory(_turn(1))
    memory.hide(1)

    memory.hide(1)
    memory.window = None
    memory.drop()
    memory.undo()

    assert not memory.undoes
    assert [entry.is_hidden for entry in memory.entries()] == [False]


def test_undo_goes_back_fifty_changes() -> None:
    memory = _memory(_turn(1))
    for size in range(1, 61):
        memory.window = size

    while memory.undoes:
        memory.undo()

    assert memory.window.size == 10


def test_a_fork_goes_its_own_way() -> None:
    memory = _memory(_turn(1))
    fork = memory.fork("other")

    fork.commit(_turn(2), fork.context())

    assert (len(memory), len(fork), fork.name) == (1, 2, "other")


def test_numbers_count_from_one() -> None:
    memory = _memory(_turn(1), _turn(2))

    assert memory.place_of(_turn(2)) == (2, 1)
    assert memory.place_of(_turn(9)) is None
    with pytest.raises(ConfigurationError, match="No turn 3 in conversation 'main', which has 2"):
        memory.attempts(3)


@pytest.mark.parametrize("text", ["中文 😊", "lone \ud83d half", "nul \x00", "two\nlines\u2028"])
def test_a_saved_conversation_comes_back_whole(tmp_path: Path, text: str) -> None:
    memory = _memory(_turn(1, cell_id="a"), _turn(2, answer=text), _turn(3, cell_id="a"))
    memory.save(tmp_path / "chat.jsonl")
    other = ConversationMemory()

    other.load(tmp_path / "chat.jsonl")

    assert other.turns == memory.turns
    assert other.attempts(1) == memory.attempts(1)


def test_a_saved_conversation_is_private(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"

    _memory(_turn(1)).save(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert [child.name for child in tmp_path.iterdir()] == ["chat.jsonl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a saved conversation"),
        ("import os\n", "is not a saved conversation"),
        ("[1]\n", "is not a saved conversation"),
        ('{"format": "qwq_magic.conversation", "schema": 99}\n', "written by a newer qwq_magic"),
        ('{"format": "qwq_magic.conversation", "schema": 1}\n{"x"\n', "is damaged at line 2"),
        (
            '{"format": "qwq_magic.conversation", "schema": 1}\n'
            + json.dumps({"number": 1, "turn": {"id": "a", "prompt": ["no", "text"]}}),
            "is damaged at line 2",
        ),
    ],
)
def test_a_bad_file_is_refused_and_changes_nothing(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(content)
    memory = _memory(_turn(1))

    with pytest.raises(FileError, match=message):
        memory.load(path)

    assert memory.turns == (_turn(1),)


@pytest.mark.parametrize(
    "changes",
    [
        {"notices": "abc"},
        {"notices": [1]},
        {"cell_id": ["x"]},
        {"conversation": {}},
        {"usage": {"input_tokens": "many"}},
        {"usage": [1]},
        {"timing": {"total_s": True}},
        {"arrivals": [4, -20]},
        {"messages": [{"role": "root", "text": "x"}]},
        {"messages": [{"role": "user", "text": 5}]},
        {"messages": "abc"},
        {"parameters": [1]},
        {"complete": "yes"},
        {"error": "boom"},
    ],
    ids=str,
)
def test_a_turn_with_a_value_of_another_kind_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = tmp_path / "chat.jsonl"
    turn = {"id": "a", "prompt": "b", **changes}
    path.write_text(
        '{"format": "qwq_magic.conversation", "schema": 1}\n'
        + json.dumps({"number": 1, "turn": turn})
    )

    with pytest.raises(FileError, match="is damaged at line 2"):
        ConversationMemory().load(path)


def test_a_header_too_deep_to_read_is_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text("[" * 9_000)

    with pytest.raises(FileError, match="is not a saved conversation"):
        ConversationMemory().load(path)


def test_a_file_of_another_kind_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")

    with pytest.raises(FileError, match="is not a saved conversation"):
        _memory(_turn(1)).save(path)

    assert path.read_text() == "mine"


def test_a_missing_file_and_folder_are_one_clear_line(tmp_path: Path) -> None:
    memory = ConversationMemory()

    with pytest.raises(FileError, match="Check the path"):
        memory.load(tmp_path / "none.jsonl")
    with pytest.raises(FileError, match="Choose another path"):
        memory.save(tmp_path / "none" / "chat.jsonl")


def test_a_turn_sent_after_another_is_not_outdated_by_it_in_whichever_state_they_end() -> None:
    memory = _memory(_turn(1))
    early = memory.context()
    memory.clear()
    memory.commit(_turn(2), early)
    late = memory.context()
    memory.undo()

    memory.commit(_turn(3), late)

    assert [entry.turn.prompt for entry in memory.entries()] == [
        _turn(number).prompt for number in (1, 2, 3)
    ]
    assert not any(entry.is_outdated for entry in memory.entries())


def test_a_turn_sent_from_loaded_contents_is_not_outdated_by_those_from_before() -> None:
    memory = _memory(_turn(1), _turn(2))
    memory.put_contents(_memory(_turn(3)).contents)
    context = memory.context()
    memory.undo()

    memory.commit(_turn(4), context)

    assert not any(entry.is_outdated for entry in memory.entries())
