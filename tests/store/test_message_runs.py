from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.store.message_runs import Known, MessageRuns, New
from qwq_magic.turns import Message

MESSAGES = st.builds(Message, st.just("user"), st.sampled_from(["", "Go on.", "a", "b", "x" * 600]))
SENT = st.lists(st.lists(MESSAGES, max_size=6).map(tuple), max_size=8)


def _read(items: list[Known | New], table: dict[int, Message]) -> tuple[Message, ...]:
    found: list[Message] = []
    for item in items:
        if isinstance(item, New):
            assert item.number not in table
            table[item.number] = item.message
            found.append(item.message)
        else:
            found += [table[number] for number in range(item.first, item.last + 1)]
    return tuple(found)


@given(SENT, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_what_was_split_is_read_whatever_was_forgotten_and_wherever_a_block_starts(
    sent: list[tuple[Message, ...]], forgotten: set[int], blocks: set[int]
) -> None:
    runs, table = MessageRuns(), dict[int, Message]()
    for at, messages in enumerate(sent):
        runs.mark()
        if at in blocks:
            runs.start_block(100 * (at + 1))
        written = dict(table)
        assert _read(runs.split(messages), written) == messages
        if at in forgotten:
            runs.forget()
        else:
            table = written


@given(SENT, SENT)
def test_what_was_read_is_not_written_again(
    before: list[tuple[Message, ...]], after: list[tuple[Message, ...]]
) -> None:
    runs, table = MessageRuns(), dict[int, Message]()
    for messages in before:
        _read(runs.split(messages), table)
    later = MessageRuns()
    later.start_block(1_000)
    later.seed(table)

    for messages in after:
        assert _read(later.split(messages), table) == messages


def test_a_history_that_was_read_costs_one_run() -> None:
    history = tuple(Message("user", f"prompt {number}") for number in range(100))
    runs = MessageRuns()
    runs.start_block(1_000)
    runs.seed(dict(enumerate(history, 5)))

    assert runs.split((*history, Message("user", "new"))) == [
        Known(5, 104),
        New(1_000, Message("user", "new")),
    ]


def test_a_long_message_is_written_once_even_alone() -> None:
    system = Message("system", "x" * 500)
    runs = MessageRuns()
    runs.split((system, Message("user", "a")))

    assert runs.split((system, Message("user", "b"))) == [
        Known(0, 0),
        New(2, Message("user", "b")),
    ]
