import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.commands.memory_line import (
    COMMANDS,
    CommandLine,
    as_word,
    complete_command,
    describe_commands,
    numbers_of,
    parse_command,
    words_of,
)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", CommandLine("list")),
        ("all", CommandLine("list", ("all",))),
        ("drop 3 5-7", CommandLine("drop", ("3", "5-7"))),
        ("-c side show 1", CommandLine("show", ("1",), "side")),
        ("show 1 -c side", CommandLine("show", ("1",), "side")),
        ("export -c side chat.md", CommandLine("export", ("chat.md",), "side")),
        ("--conversation side", CommandLine("list", (), "side")),
        ('switch "two words"', CommandLine("switch", ("two words",))),
        (r"save C:\new\chat.jsonl", CommandLine("save", (r"C:\new\chat.jsonl",))),
        ("save it#1.jsonl", CommandLine("save", ("it#1.jsonl",))),
        ("switch 中文", CommandLine("switch", ("中文",))),
        ("window 8000 tok", CommandLine("window", ("8000", "tok"))),
    ],
)
def test_a_line_is_read_as_it_was_typed(line: str, command: CommandLine) -> None:
    assert parse_command(line) == command


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("shwo 1", "Unknown command 'shwo'. Commands: list, show"),
        ("show", "Wrong number of arguments (0). Use %qwq_memory show N: show turn N in full"),
        ("show 1 2", "Wrong number of arguments (2). Use %qwq_memory show N: show turn N in full"),
        ("clear all", "Wrong number of arguments (1). Use %qwq_memory clear: remove all turns"),
        ("switch 'a", "A quote is not closed"),
        ("show 1 -c", "-c needs a value: -c NAME"),
        ("show 1 -c side -c main", "Wrong number of arguments (3). Use %qwq_memory show N"),
        ("-c", "-c needs a value: -c NAME"),
    ],
)
def test_a_mistake_says_what_to_write(line: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_command(line)

    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("side", "side"),
        ("中文", "中文"),
        (r"C:\new\chat.jsonl", r"C:\new\chat.jsonl"),
        ("two words", '"two words"'),
        ("it's", '"it\'s"'),
        ('so "called"', "'so \"called\"'"),
        ("why?", '"why?"'),
        ("", '""'),
    ],
)
def test_a_suggested_word_is_quoted_where_it_must_be(text: str, word: str) -> None:
    assert as_word(text) == word


@given(st.text(st.characters() | st.sampled_from("\"' \\#?"), max_size=20))
def test_a_suggested_word_is_read_as_what_it_stands_for(text: str) -> None:
    assert words_of(as_word(text)) == [text]


@given(st.text(max_size=40))
def test_any_line_is_a_command_or_a_mistake_of_the_user(line: str) -> None:
    with contextlib.suppress(ConfigurationError):
        parse_command(line)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [(("3",), (3,)), (("3", "5-7"), (3, 5, 6, 7)), (("3,5-6",), (3, 5, 6)), (("2-2",), (2,))],
)
def test_numbers_are_read_as_people_write_them(
    words: tuple[str, ...], numbers: tuple[int, ...]
) -> None:
    assert numbers_of(words) == numbers


@pytest.mark.parametrize("word", ["x", "-1", "1-", "5-3", "1.5", "999999", "1-2-3"])
def test_what_is_no_number_says_so(word: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is not a turn number|ends before it begins"):
        numbers_of((word,))


def test_every_command_stands_in_the_help() -> None:
    assert all(f"  {command.name} " in describe_commands() for command in COMMANDS)


NAMES = ("main", "maths", "two words")


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ([], "un", ["undo", "unhide"]),
        ([], "al", ["all"]),
        (["switch"], "ma", ["main", "maths"]),
        (["switch"], "", ["main", "maths", '"two words"']),
        (["switch", "main"], "", []),
        (["-c"], "mat", ["maths"]),
        (["-c", "maths"], "sho", ["show"]),
        (["-c", "maths", "switch"], "ma", ["main", "maths"]),
        (["show", "1", "-c"], "mat", ["maths"]),
        (["attempts", "3", "-c", "maths"], "s", ["side"]),
        (["attempts", "3"], "s", ["side"]),
        (["window"], "", ["all"]),
        (["export", "chat.md"], "--", ["--overwrite"]),
        (["fork"], "ma", []),
    ],
)
def test_tab_offers_what_may_stand_there(words: list[str], text: str, found: list[str]) -> None:
    assert complete_command(words, text, NAMES) == found
