from collections.abc import Sequence
from typing import Any

import pytest
from memory.turns import a_memory, a_turn

from qwq_magic.memory import ConversationMemory, Window
from qwq_magic.memory.contents import Attempt, Slot
from qwq_magic.memory.context import Context, context_of, number_spans
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Message


def _numbers(memory: ConversationMemory, **options: Any) -> tuple[int, ...]:
    return memory.context(**options).numbers


def test_whole_turns_are_sent_and_never_half_a_pair() -> None:
    memory = a_memory(*(a_turn(n) for n in range(1, 8)))
    for window in (Window(3), Window(7, "messages"), Window(20, "tokens"), Window(1, "messages")):
        memory.window = window

        context = memory.context()

        assert [message.role for message in context.messages] == ["user", "assistant"] * len(
            context.numbers
        )
        assert context.messages == tuple(
            message
            for number in context.numbers
            for message in (
                Message("user", f"prompt {number}"),
                Message("assistant", f"answer {number}"),
            )
        )


@pytest.mark.parametrize(
    ("window", "numbers"),
    [
        (Window(), (1, 2, 3, 4)),
        (Window(3), (2, 3, 4)),
        (Window(9), (1, 2, 3, 4)),
        (Window(4, "messages"), (3, 4)),
        # A message more is no turn more.
        (Window(5, "messages"), (3, 4)),
        (Window(1, "messages"), ()),
    ],
)
def test_a_window_is_counted_from_the_end(window: Window, numbers: tuple[int, ...]) -> None:
    memory = a_memory(*(a_turn(n) for n in range(1, 5)))
    memory.window = window

    context = memory.context()

    assert context.numbers == numbers
    assert context.left_out_by == ("" if len(numbers) == 4 else "window")


def test_a_window_of_tokens_takes_the_turns_that_fit_in_whole() -> None:
    memory = a_memory(*(a_turn(n, prompt="p" * 40, answer="a" * 360) for n in range(1, 5)))
    each = estimate_tokens("p" * 40) + estimate_tokens("a" * 360)
    memory.window = Window(int(2.9 * each), "tokens")

    context = memory.context()

    assert context.numbers == (3, 4)
    assert context.tokens == round(2 * each)


def test_the_models_limit_leaves_the_oldest_turns_out() -> None:
    memory = a_memory(*(a_turn(n, prompt="p" * 40, answer="a" * 360) for n in range(1, 5)))
    each = estimate_tokens("p" * 40) + estimate_tokens("a" * 360)

    context = memory.context(max_tokens=3 * each)

    assert (context.numbers, context.left_out_by) == ((2, 3, 4), "limit")
    assert _numbers(memory, max_tokens=4 * each) == (1, 2, 3, 4)


def test_a_newest_turn_that_is_too_large_lets_no_older_one_past_it() -> None:
    memory = a_memory(a_turn(1), a_turn(2, answer="a" * 10_000))

    assert memory.context(max_tokens=100).spans == "no earlier turns"


def test_history_goes_before_the_window() -> None:
    memory = a_memory(*(a_turn(n) for n in range(1, 5)))
    memory.window = Window(1)

    assert _numbers(memory, history=3) == (2, 3, 4)
    assert _numbers(memory, history=0) == ()


def test_hidden_and_unanswered_turns_are_passed_over_and_take_no_room() -> None:
    memory = a_memory(a_turn(1), a_turn(2), a_turn(3, answer=" \n"), a_turn(4), a_turn(5))
    memory.hide(4)
    memory.window = Window(2)

    context = memory.context()

    assert (context.numbers, context.spans) == ((2, 5), "turns 2, 5")


def test_nothing_is_left_out_where_only_what_is_never_sent_is_missing() -> None:
    memory = a_memory(a_turn(1, answer=""), a_turn(2))
    memory.window = Window(1)

    assert memory.context().left_out_by == ""


def test_a_cell_that_ran_before_is_counted_from_its_own_place() -> None:
    memory = a_memory(*(a_turn(n, cell_id=f"c{n}") for n in range(1, 6)))
    memory.window = Window(2)

    context = memory.context(cell_id="c4")

    assert (context.numbers, context.spans) == ((2, 3), "turns 2–3")


def test_reasoning_counts_where_it_is_sent() -> None:
    memory = a_memory(a_turn(1, reasoning="r" * 3_600))

    with_it = memory.context(with_reasoning=True)

    assert with_it.tokens - memory.context().tokens == round(estimate_tokens("r" * 3_600))
    assert [message.reasoning for message in with_it.messages] == ["", "r" * 3_600]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((), ""), ((1,), "1"), ((1, 2), "1–2"), ((1, 2, 3, 5, 7, 8), "1–3, 5, 7–8")],
)
def test_numbers_are_said_in_short(numbers: tuple[int, ...], words: str) -> None:
    assert number_spans(numbers) == words


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (Context(above=3), "no earlier turns"),
        (Context(numbers=(3,), above=3), "turn 3"),
        (Context(numbers=(4, 5, 6, 7, 8, 9), above=9), "turns 4–9"),
    ],
)
def test_a_context_says_which_turns_it_is(context: Context, words: str) -> None:
    assert context.spans == words


class _Counted(Sequence[Slot]):
    """Slots that count how many of them are looked at."""

    def __init__(self, slots: list[Slot]) -> None:
        self.slots, self.looked_at = slots, 0

    def __len__(self) -> int:
        return len(self.slots)

    def __getitem__(self, index: Any) -> Any:
        self.looked_at += 1
        return self.slots[index]


@pytest.mark.parametrize(
    "limits",
    [
        {"window": Window(6)},
        {"window": Window(40, "tokens")},
        {"window": Window(), "max_tokens": 40},
    ],
    ids=str,
)
def test_as_many_slots_are_looked_at_as_are_sent_and_one_more(limits: dict[str, Any]) -> None:
    slots = _Counted([Slot((Attempt(a_turn(n)),)) for n in range(2_000)])

    context = context_of(slots, **limits)

    assert 4 < len(context.numbers) < 8
    assert slots.looked_at == len(context.numbers) + 1
