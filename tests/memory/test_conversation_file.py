import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from corpora import in_full
from hypothesis import given, settings
from hypothesis import strategies as st
from memory.turns import a_memory, a_turn, plain

from qwq_magic.errors import FileError, RateLimited
from qwq_magic.events import Usage
from qwq_magic.memory import ConversationMemory, Window
from qwq_magic.memory.contents import Contents
from qwq_magic.memory.conversation_file import read_conversations, write_conversations
from qwq_magic.turns import Message, Timing, Turn

TEXTS = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "lone \ud83d half",
        "\ud83d\ude00 in halves",
        "nul \x00",
        "\u2028\u2029\x85\r\n",
        '"\\',
        "中文 😊",
    ]
)


def _rich_memory() -> ConversationMemory:
    """Everything a file can hold."""
    memory = a_memory(
        a_turn(1, cell_id="a", reasoning="thought", arrivals=((3, 0.5), (7, 1.25)), signature="s"),
        a_turn(2, cell_id="b", usage=Usage(1, 2, 3, 4, None), timing=Timing(0.1, 0.2, 0.3)),
        a_turn(3, cell_id="c", notices=("one", "two"), parameters={"stop": ["a"], "t": 0.6}),
        a_turn(4, cell_id="a", finish_reason="length", started_at="2026-01-01T00:00:00+00:00"),
        a_turn(5, answer="", complete=False, error=RateLimited("Too fast.", status=429)),
    )
    memory.hide(2)
    memory.window = Window(8_000, "tokens")
    return memory


def test_everything_comes_back(tmp_path: Path) -> None:
    memory = _rich_memory()
    memory.save(tmp_path / "chat.jsonl")
    other = ConversationMemory()

    other.load(tmp_path / "chat.jsonl")

    assert plain(other.contents) == plain(memory.contents)
    assert [entry.is_outdated for entry in other.entries()] == [False, True, True, False]
    assert other.turns[-1].error is not None
    assert other.turns[-1].error.partial is other.turns[-1]
    assert (
        other.context() == memory.context() or other.context().messages == memory.context().messages
    )


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=in_full(60, core=15))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, reasoning: str, answer: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "chat.jsonl"
    turn = a_turn(1, prompt=prompt, reasoning=reasoning, answer=answer, notices=(answer,))
    memory = a_memory(turn, a_turn(2, messages=(Message("user", prompt, reasoning),)))

    memory.save(path)

    assert read_conversations(path).choose("main") == memory.contents


def test_several_conversations_come_back_by_name(tmp_path: Path) -> None:
    contents = {
        "main": _rich_memory().contents,
        "中文 😊": a_memory(a_turn(1)).contents,
        "empty": ConversationMemory().contents,
    }

    write_conversations(tmp_path / "all.jsonl", contents)

    found = read_conversations(tmp_path / "all.jsonl").conversations
    assert list(found) == list(contents)
    assert {name: plain(one) for name, one in found.items()} == {
        name: plain(one) for name, one in contents.items()
    }


def test_of_several_the_one_of_the_name_is_loaded_and_else_none(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    write_conversations(
        path, {"a": a_memory(a_turn(1)).contents, "b": a_memory(a_turn(2)).contents}
    )
    memory, stranger = ConversationMemory("b"), ConversationMemory("c")

    memory.load(path)

    assert memory.turns == (a_turn(2),)
    with pytest.raises(FileError, match="contains several conversations: a, b"):
        stranger.load(path)


def test_a_file_of_the_first_schema_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    sent = [{"role": "user", "text": "hi", "reasoning": ""}]
    old = {"id": "t1", "prompt": "hi", "answer": "Hello.", "complete": True, "messages": sent}
    again = {**old, "id": "t2", "answer": "Hello again."}
    later = {
        **old,
        "id": "t3",
        "messages": [*sent, {"role": "assistant", "text": "Hello."}, {"role": "user", "text": "?"}],
    }
    lines = [
        {"format": "qwq_magic.conversation", "schema": 1, "name": "main"},
        {"number": 1, "turn": old},
        {"number": 1, "turn": again},
        {"number": 2, "turn": later},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    memory = ConversationMemory()

    memory.load(path)

    assert [turn.id for turn in memory.attempts(1)] == ["t1", "t2"]
    assert [turn.id for turn in memory.turns] == ["t2", "t3"]
    assert memory.turns[1].messages == (
        Message("user", "hi"),
        Message("assistant", "Hello."),
        Message("user", "?"),
    )
    assert [(e.is_hidden, e.is_outdated) for e in memory.entries()] == [(False, False)] * 2


@pytest.mark.parametrize("line", [0, 3])
def test_a_newer_file_is_refused_and_not_overwritten(tmp_path: Path, line: int) -> None:
    path = tmp_path / "new.jsonl"
    write_conversations(
        path, {"a": a_memory(a_turn(1), a_turn(2)).contents, "b": a_memory(a_turn(3)).contents}
    )
    lines = path.read_text().splitlines()
    lines[line] = lines[line].replace('"schema": 2', '"schema": 3')
    path.write_text("\n".join(lines))
    before = path.read_bytes()

    with pytest.raises(FileError, match=r"written by a newer qwq_magic\. Upgrade"):
        read_conversations(path)

    if line == 0:
        with pytest.raises(FileError, match="written by a newer qwq_magic"):
            a_memory(a_turn(9)).save(path)
        assert path.read_bytes() == before


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """The bytes of a file with two conversations, and a path to damage it at."""
    path = tmp_path_factory.mktemp("damaged") / "chat.jsonl"
    write_conversations(
        path, {"main": _rich_memory().contents, "other": a_memory(a_turn(1), a_turn(2)).contents}
    )
    return path.read_bytes(), path.with_name("copy.jsonl")


def _load_damaged(path: Path, data: bytes) -> Mapping[str, Contents] | None:
    """The conversations in damaged data; None where it was refused, and nothing was changed."""
    path.write_bytes(data)
    memory = a_memory(a_turn(7))
    before = memory.contents
    try:
        return read_conversations(path).conversations
    except FileError:
        with pytest.raises(FileError) as caught:
            memory.load(path)
        assert "\n" not in caught.value.message
        assert memory.contents is before
        return None


def test_a_file_cut_off_anywhere_is_refused(saved: tuple[bytes, Path]) -> None:
    whole, path = saved
    ends = [at for at in range(len(whole)) if whole.startswith(b"\n", at)]
    sizes = {*range(0, len(whole), 13), *(end + by for end in ends for by in (-1, 0, 1))}
    sizes.discard(len(whole))

    survivors = [size for size in sizes if _load_damaged(path, whole[:size]) is not None]

    # Without its last newline it says the same.
    assert survivors == [len(whole) - 1]


@given(st.data())
@settings(max_examples=in_full(300, core=50))
def test_a_flipped_bit_is_refused_or_stays_inside_a_value(
    saved: tuple[bytes, Path], data: st.DataObject
) -> None:
    whole, path = saved
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))

    found = _load_damaged(path, bytes(flipped))

    if found is not None:
        _assert_same_but_for_one_value(found, path, whole)


def _assert_same_but_for_one_value(found: Mapping[str, Contents], path: Path, whole: bytes) -> None:
    path.write_bytes(whole)
    sound = read_conversations(path).conversations
    leaves, sound_leaves = (
        [leaf for name, one in each.items() for leaf in _leaves((name, plain(one)))]
        for each in (found, sound)
    )
    assert len(leaves) == len(sound_leaves)
    # One text stands in several places: in its turn, and in what later turns were sent.
    changed = {repr(new) for new, old in zip(leaves, sound_leaves, strict=True) if new != old}
    assert len(changed) <= 1


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in (key, *_leaves(item))]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(saved: tuple[bytes, Path], data: bytes) -> None:
    _, path = saved

    assert _load_damaged(path, data) is None


@pytest.mark.parametrize("change", ["missing", "doubled"])
def test_a_line_that_is_missing_or_doubled_is_refused(
    saved: tuple[bytes, Path], change: str
) -> None:
    whole, path = saved
    lines = whole.splitlines(keepends=True)
    for at, line in enumerate(lines):
        instead = [] if change == "missing" else [line, line]

        damaged = b"".join([*lines[:at], *instead, *lines[at + 1 :]])

        assert _load_damaged(path, damaged) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 3},
        {"number": 0},
        {"number": "1"},
        {"asked": -1},
        {"asked": 9},
        {"kept": 10**9},
        {"is_hidden": 1},
        {"is_hiddeo": True},
        {"turn": []},
        {"turn": {"id": "a", "prompt": "b", "ansver": "lost"}},
        {"turn": {"id": "a", "prompt": "b", "usage": {"jnput_tokens": 3}}},
        {"turn": {"id": "a", "prompt": "b", "error": {"kjnd": "auth"}}},
        {"turn": {"id": "a", "prompt": "b", "timing": {"total_s": float("nan")}}},
        {"turn": {"id": "a", "prompt": "b", "timing": {"total_s": float("inf")}}},
        {"turn": {"id": "a", "prompt": "b", "timing": {"total_s": 10**400}}},
        {"turn": {"id": "a", "prompt": "b", "timing": {"total_s": -1.0}}},
        {"turn": {"id": "a", "prompt": "b", "usage": {"output_tokens": 10**400}}},
        {"turn": {"id": "a", "prompt": "b", "usage": {"output_tokens": -7}}},
        {"turn": {"id": "a", "prompt": "b", "usage": {"output_tokens": 1.5}}},
        {"turn": {"id": "a", "prompt": "b", "messages": [[0, 0]]}},
        {"turn": {"id": "a", "prompt": "b", "messages": [[0, 10**9]]}},
    ],
    ids=str,
)
def test_a_line_that_says_what_cannot_be_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = tmp_path / "chat.jsonl"
    header = {"format": "qwq_magic.conversation", "schema": 2, "revision": 1}
    line = {"number": 1, "asked": 0, "kept": 1, "turn": {"id": "a", "prompt": "b"}}
    path.write_text(json.dumps(header) + "\n" + json.dumps(line))
    assert len(read_conversations(path).choose("main").slots) == 1
    path.write_text(json.dumps(header) + "\n" + json.dumps({**line, **changes}))

    with pytest.raises(FileError, match="is damaged at line 2"):
        read_conversations(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 5},
        {"name": ""},
        {"name": "esc \x1b[2J"},
        {"window": 5},
        {"window": [0, "turns"]},
        {"window": [5, "cells"]},
        {"window": [True, "turns"]},
        {"revision": "many"},
        {"lines_after": "some"},
        {"windov": [5, "turns"]},
    ],
    ids=str,
)
def test_a_header_that_says_what_cannot_be_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = tmp_path / "chat.jsonl"
    header = {"format": "qwq_magic.conversation", "schema": 2, **changes}
    path.write_text(json.dumps(header))

    with pytest.raises(FileError, match="has a damaged header"):
        read_conversations(path)


def test_a_conversation_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"format": "qwq_magic.conversation", "schema": 2}\n' * 2)

    with pytest.raises(FileError, match="contains two conversations with the same name"):
        read_conversations(path)


def test_a_file_grows_with_the_text_alone(tmp_path: Path) -> None:
    def size_of(turns: int) -> int:
        memory = ConversationMemory()
        for number in range(turns):
            sent = (*memory.context().messages, Message("user", "Go on."))
            turn = a_turn(number, prompt="Go on.", messages=sent)
            memory.commit(turn, memory.context())
        memory.save(tmp_path / "chat.jsonl")
        return (tmp_path / "chat.jsonl").stat().st_size

    assert size_of(500) < 2.2 * size_of(250)


def test_a_turns_messages_are_compared_as_often_as_it_was_sent_messages(tmp_path: Path) -> None:
    """Not with every message there is: a long conversation is saved after each of its turns."""
    compared = 0

    class Counted(Message):
        __slots__ = ()
        __hash__ = Message.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)

    turns: list[Turn] = []
    before: list[Message] = []
    for number in range(200):
        prompt = Counted("user", f"prompt {number}")
        turns.append(a_turn(number, messages=(*before, prompt)))
        before += [Counted("user", f"prompt {number}"), Counted("assistant", f"answer {number}")]

    a_memory(*turns).save(tmp_path / "chat.jsonl")

    assert compared < 10 * len(turns)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    a_memory(a_turn(1)).save(path)
    before = path.read_bytes()
    unsavable = a_memory(a_turn(1), a_turn(2, parameters={"temperature": object()}))

    with pytest.raises(FileError, match="a turn contains a value that cannot be saved"):
        unsavable.save(path)

    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["chat.jsonl"]


@pytest.mark.parametrize(
    "fields",
    [
        {"cell_id": 3},
        {"model": None},
        {"notices": (b"bytes",)},
        {"usage": Usage("many")},  # type: ignore[arg-type]  # wrong on purpose
        {"messages": (Message("user", ["a", "list"]),)},  # type: ignore[arg-type]  # wrong on purpose
    ],
    ids=str,
)
def test_what_could_not_be_read_again_is_not_written(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    with pytest.raises(FileError, match="a turn contains a value that cannot be saved"):
        a_memory(Turn(**{"id": "t", "prompt": "p", **fields})).save(tmp_path / "chat.jsonl")

    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    a_memory(a_turn(1)).save(path)
    before = path.read_bytes()

    class Interrupting(dict[str, Contents]):
        def items(self) -> NoReturn:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_conversations(path, Interrupting(a=a_memory(a_turn(2)).contents))

    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["chat.jsonl"]


def test_a_saved_file_is_private_also_where_the_old_one_was_not(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    a_memory(a_turn(1)).save(path)
    path.chmod(0o644)

    a_memory(a_turn(1)).save(path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_and_the_file_it_leads_to_is_saved(tmp_path: Path) -> None:
    path, link = tmp_path / "chat.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(path.name)

    a_memory(a_turn(1)).save(link)

    assert link.is_symlink()
    assert read_conversations(path).choose("main").slots
    assert sorted(tmp_path.iterdir()) == [path, link]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_in_place_of_a_file_is_one_clear_line_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)

    with pytest.raises(FileError, match=r"Cannot write .* Not a regular file"):
        a_memory(a_turn(1)).save(path)
    with pytest.raises(FileError, match=r"Cannot read .* Not a regular file"):
        ConversationMemory().load(path)

    assert path.is_fifo()
    assert [child.name for child in tmp_path.iterdir()] == ["pipe.jsonl"]


def test_a_folder_in_place_of_a_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="Cannot write"):
        a_memory(a_turn(1)).save(tmp_path)
    with pytest.raises(FileError, match="Cannot read"):
        read_conversations(tmp_path)
