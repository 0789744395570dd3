import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.memory.message_table import MessageReader, MessageWriter
from qwq_magic.turns import Message

MESSAGES = st.builds(
    Message,
    st.sampled_from(["user", "assistant", "system"]),
    st.sampled_from(["", "Go on.", "a", "b", "\ud83d", "\x00\u2028"]),
    st.sampled_from(["", "r"]),
    st.sampled_from(["", "s"]),
)

Sent: TypeAlias = tuple[Message, ...]


def _written_and_read(sent: list[Sent]) -> list[Sent]:
    writer, reader = MessageWriter(), MessageReader()
    return [reader.read(json.loads(json.dumps(writer.write(messages)))) for messages in sent]


@given(st.lists(st.lists(MESSAGES).map(tuple)))
def test_what_was_written_is_read_whatever_repeats(sent: list[Sent]) -> None:
    assert _written_and_read(sent) == sent


def _conversation(
    turns: int, *, prompt: str = "prompt {}", answer: str = "answer {}"
) -> Iterator[Sent]:
    """What each turn of a conversation without a window is sent, and the prompts anew each time."""
    before: list[Message] = []
    for number in range(turns):
        yield (*before, Message("user", prompt.format(number)))
        before += [
            Message("user", prompt.format(number)),
            Message("assistant", answer.format(number)),
        ]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("prompt {}", "answer {}"),
        ("Go on.", "answer {}"),
        ("prompt {}", "Yes."),
        ("Go on.", "Yes."),
    ],
)
def test_a_turn_costs_a_run_and_two_messages_even_where_texts_repeat(
    prompt: str, answer: str
) -> None:
    writer = MessageWriter()

    items = [writer.write(sent) for sent in _conversation(100, prompt=prompt, answer=answer)]

    assert max(map(len, items)) <= 3


def test_a_window_and_an_answer_anew_cost_two_runs_at_most() -> None:
    writer = MessageWriter()
    *_, whole = _conversation(50)
    writer.write(whole)
    anew = (*whole[:11], Message("assistant", "another"), *whole[12:])

    assert writer.write(whole[40:]) == [[40, 98]]
    assert writer.write(anew) == [
        [0, 10],
        {"role": "assistant", "text": "another", "reasoning": ""},
        [12, 98],
    ]


@pytest.mark.parametrize(
    "items",
    [
        [[0, 0]],
        [[-1, 0]],
        [[1, 0]],
        [[0, 1, 2]],
        [[0]],
        [["0", "0"]],
        [[0.0, 0.0]],
        [[None, None]],
        ["text"],
        [5],
        [None],
        [{}],
        [{"role": "user"}],
        [{"role": "root", "text": "x"}],
        [{"role": "user", "text": 5}],
        [{"role": "user", "text": "x", "reasoning": None}],
        [{"role": "user", "text": "x", "signature": 5}],
        [{"role": "user", "text": "x", "reasonjng": "lost"}],
    ],
    ids=str,
)
def test_forged_items_are_refused(items: Any) -> None:
    with pytest.raises((TypeError, LookupError, ValueError)):
        MessageReader().read(items)


def test_a_small_forged_file_cannot_fill_the_memory() -> None:
    reader = MessageReader()
    reader.read([{"role": "user", "text": "x"}])
    for _ in range(20):
        reader.read([[0, len(reader._messages) - 1]])
        if len(reader._messages) < 1_000:
            reader.read([{"role": "user", "text": "x"}] * 1_000)

    with pytest.raises(LookupError):
        reader.read([[0, 1_000]] * 50_001)


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(TypeError):
        MessageWriter().write([Message("user", ["a", "list"])])  # type: ignore[arg-type]  # wrong on purpose
