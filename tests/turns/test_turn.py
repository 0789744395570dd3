import json
import weakref
from typing import Any

import pytest

from qwq_magic.display.captions import reasoning_caption
from qwq_magic.display.saved.bundle import final_bundle
from qwq_magic.errors import ConfigurationError, QwqError, RateLimited, error_class
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.reasoning.analysis import passing_steps, reasoning_tokens_in
from qwq_magic.turns import ChatRequest, Message, Timing, Turn, TurnBuilder, is_cut

REQUEST = ChatRequest(
    prompt="why?",
    model="qwq-plus",
    messages=(Message("user", "why?"),),
    parameters={"max_tokens": 9},
    turn_id="t1",
    cell_id="c1",
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _build(clock: Clock, *steps: tuple[float, Event]) -> TurnBuilder:
    builder = TurnBuilder(REQUEST, server="dashscope", clock=clock)
    for at, event in steps:
        clock.now = 100.0 + at
        builder.add(event)
    return builder


def test_a_whole_stream_becomes_a_complete_turn() -> None:
    clock = Clock()
    usage = Usage(input_tokens=3, output_tokens=5)
    builder = _build(
        clock,
        (1.0, ReasoningDelta("Hm. ")),
        (2.0, ReasoningDelta("Yes.")),
        (3.5, AnswerDelta("42")),
        (4.0, UsageReported(usage)),
        (4.0, StreamFinished("stop")),
    )

    turn = builder.finish()

    assert (turn.reasoning, turn.answer, turn.usage) == ("Hm. Yes.", "42", usage)
    assert turn.timing == Timing(ttft_s=1.0, thinking_s=2.5, total_s=4.0)
    assert (turn.state, turn.complete, turn.finish_reason) == ("complete", True, "stop")
    assert (turn.id, turn.model, turn.server, turn.cell_id) == ("t1", "qwq-plus", "dashscope", "c1")


def test_a_count_that_is_none_is_not_kept() -> None:
    builder = TurnBuilder(REQUEST, server="my own")
    builder.add(UsageReported(Usage(3, 10**400, -7, reasoning_tokens=True)))

    assert builder.finish().usage == Usage(input_tokens=3)


def test_a_turn_knows_how_long_each_step_took() -> None:
    builder = _build(
        Clock(),
        (1.0, ReasoningDelta("Let me look")),
        (1.5, ReasoningDelta(" at this. ")),
        (3.5, ReasoningDelta("Wait, that is not right.")),
        (4.0, AnswerDelta("42")),
    )
    turn = builder.finish()

    assert turn.arrivals == ((11, 1.0), (21, 1.5), (45, 3.5))
    assert [step.seconds for step in turn.steps] == [0.5, 2.0]
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))) == turn


def test_a_reasoning_that_starts_over_is_timed_anew() -> None:
    builder = _build(Clock(), (1.0, ReasoningDelta("x")), (2.0, ReasoningDelta("y")))
    builder.start_over()

    assert builder.finish().arrivals == ()


def test_a_stopped_turn_keeps_what_came_and_is_not_complete() -> None:
    builder = _build(Clock(), (1.0, ReasoningDelta("Hm")), (3.0, Notice("slow")))

    turn = builder.finish()

    assert (turn.state, turn.complete, turn.error, turn.reasoning) == ("stopped", False, None, "Hm")
    assert turn.timing.thinking_s == 2.0
    assert turn.notices == ("slow",)


def test_an_error_and_its_turn_know_each_other() -> None:
    error = RateLimited("Too fast. Wait.", status=429, retryable=True)

    turn = _build(Clock(), (1.0, AnswerDelta("part"))).finish(error)

    assert (turn.state, turn.error, error.partial) == ("error", error, turn)


def test_a_notice_can_say_that_another_model_answers() -> None:
    builder = _build(Clock(), (0.0, Notice("gone", model="qwen3.6-plus")))

    assert builder.finish().model == "qwen3.6-plus"


@pytest.mark.parametrize("text", ["plain", "中文 😊", "\x00 \ud83d lone", "`$x$` <b>"])
def test_a_turn_comes_back_from_json(text: str) -> None:
    error = RateLimited("Too fast. Wait.", status=429, code="x", request_id="r", retryable=True)
    turn = _build(Clock(), (1.0, AnswerDelta(text)), (1.0, Notice(text))).finish(error)

    back = Turn.from_dict(json.loads(json.dumps(turn.to_dict())))

    assert back.to_dict() == turn.to_dict()
    assert isinstance(back.error, RateLimited)
    assert back.error.partial is back


def test_unknown_keys_of_a_saved_turn_are_ignored() -> None:
    assert Turn.from_dict({"id": "a", "prompt": "b", "colour": "red"}) == Turn(id="a", prompt="b")


def test_code_is_the_fenced_blocks_with_their_languages() -> None:
    turn = Turn(
        id="a", prompt="b", answer="See\n\n```python\nprint(1)\n```\n\n- item\n  ```\n  x\n  ```\n"
    )

    assert turn.code == ["print(1)\n", "x\n"]
    assert [block.language for block in turn.code] == ["python", ""]


@pytest.mark.parametrize(
    ("answer", "value"),
    [("The ratio is $\\frac{6}{16}$.", "3/8"), ("It depends.", None), ("", None)],
)
def test_a_turn_knows_the_value_that_its_answer_commits_to(answer: str, value: str | None) -> None:
    assert Turn("t", "why?", reasoning="So the answer is 5.", answer=answer).final_value == value


def test_the_repr_of_a_turn_is_one_short_line() -> None:
    turn = Turn(id="a", prompt="b", reasoning="x" * 10_000)

    assert len(repr(turn)) < 120
    assert "\n" not in repr(turn)


def test_every_error_is_found_again_by_its_kind() -> None:
    def all_classes(cls: Any) -> Any:
        return [cls, *(each for child in cls.__subclasses__() for each in all_classes(child))]

    classes = all_classes(QwqError)

    assert [error_class(cls.kind) for cls in classes] == classes
    assert error_class("no such kind") is QwqError


def test_an_error_can_be_caught_as_one_of_ours() -> None:
    with pytest.raises(QwqError, match="No key"):
        raise ConfigurationError("No key for x. Set X_KEY.")


def test_steps_are_kept_for_whoever_asks_for_them_and_not_for_a_final_output() -> None:
    turn = Turn("t", "", reasoning="First, let me add them up. Then I will check the sum.\n\n" * 20)

    final_bundle(turn, place=None)
    passing = weakref.ref(passing_steps(turn))
    assert passing() is None
    assert turn.steps is turn.steps


def test_all_that_is_said_of_a_reasonings_tokens_agrees() -> None:
    reasoning = "First, let me add them up. Then I will check the sum.\n\n" * 20
    turn = Turn("t", "", reasoning=reasoning, answer="42", usage=Usage(output_tokens=400))

    count = reasoning_tokens_in(turn)

    assert count == 399
    assert turn.metrics.reasoning_tokens == sum(step.tokens for step in turn.steps) == count  # type: ignore[misc]  # None would fail it
    assert reasoning_caption(turn).endswith(f"≈ {count} tokens")


def test_an_answer_that_was_reasoning_moves_with_its_times() -> None:
    clock = Clock()
    builder = _build(
        clock,
        (1.0, AnswerDelta("Hm. ")),
        (2.0, AnswerDelta("Yes.")),
        (3.0, AnswerBecameReasoning()),
        (4.0, AnswerDelta("42")),
        (4.0, StreamFinished("stop")),
    )

    turn = builder.finish()

    assert (turn.reasoning, turn.answer, turn.complete) == ("Hm. Yes.", "42", True)
    assert turn.timing.ttft_s == 1.0
    assert turn.timing.thinking_s == 3.0
    assert turn.arrivals == ((4, 1.0), (8, 2.0))


def test_a_reasoning_that_was_the_answer_moves_back() -> None:
    clock = Clock()
    builder = _build(
        clock,
        (1.0, ReasoningDelta("42")),
        (2.0, ReasoningBecameAnswer()),
        (2.0, StreamFinished(None)),
    )

    turn = builder.finish()

    assert (turn.reasoning, turn.answer) == ("", "42")
    assert (turn.timing.ttft_s, turn.timing.thinking_s, turn.arrivals) == (1.0, None, ())


def test_a_server_that_ends_a_reply_early_leaves_it_incomplete_without_an_error() -> None:
    builder = _build(Clock(), (1.0, AnswerDelta("4")), (2.0, StreamFinished("content_filter")))

    turn = builder.finish()

    assert (turn.complete, turn.state, turn.error, is_cut(turn)) == (False, "stopped", None, True)
    assert not is_cut(_build(Clock(), (1.0, AnswerDelta("4"))).finish())
