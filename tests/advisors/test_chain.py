import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fakes import REPLY, EndlessModel, ScriptedModel

from qwq_magic import Session
from qwq_magic.advisors import CallNext, Chain, Events, ThinkTags
from qwq_magic.errors import AdvisorFailed, ConfigurationError, RateLimited
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
)
from qwq_magic.turns import ChatRequest, Message, Turn

REQUEST = ChatRequest("why?", "m", (Message("user", "why?"),))


def _events(chain: Chain) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in chain.stream(REQUEST)]

    return asyncio.run(collect())


class Named:
    """Writes down when it sees the request, and when the reply ended."""

    def __init__(self, name: str, order: float, seen: list[str]) -> None:
        self.name, self.order, self.seen = name, order, seen

    async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
        self.seen.append(f"{self.name} asks")
        async for event in call_next(request):
            yield event
        self.seen.append(f"{self.name} done")


def test_a_lower_order_is_further_out() -> None:
    seen: list[str] = []

    _events(Chain([Named("inner", 2, seen), Named("outer", 1, seen)], ScriptedModel()))

    assert seen == ["outer asks", "inner asks", "inner done", "outer done"]


def test_an_advisor_without_advice_changes_nothing() -> None:
    assert _events(Chain([], ScriptedModel())) == list(REPLY)


def test_an_async_advisor_may_change_events() -> None:
    class Loud:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            async for event in call_next(request):
                yield AnswerDelta(event.text.upper()) if isinstance(event, AnswerDelta) else event

    model = ScriptedModel([AnswerDelta("hi"), StreamFinished("stop")])

    assert _events(Chain([Loud()], model)) == [AnswerDelta("HI"), StreamFinished("stop")]


def test_a_sync_advisor_may_change_the_request() -> None:
    class Polite:
        def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
            return call_next(replace(request, parameters={"please": True}))

    model = ScriptedModel()
    _events(Chain([Polite()], model))

    assert model.requests[0].parameters == {"please": True}


def test_an_advisor_may_wait_before_it_asks() -> None:
    class Slow:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
            await asyncio.sleep(0)
            return call_next(request)

    assert _events(Chain([Slow()], ScriptedModel())) == list(REPLY)


def test_an_advisor_may_answer_without_the_model() -> None:
    class Cached:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            yield AnswerDelta("known")
            yield StreamFinished("stop")

    model = ScriptedModel()

    assert _events(Chain([Cached()], model)) == [AnswerDelta("known"), StreamFinished("stop")]
    assert model.requests == []


@pytest.mark.parametrize("is_async", [False, True])
def test_hooks_may_be_sync_or_async(is_async: bool) -> None:
    seen = []

    class Hooks:
        if is_async:

            async def before(self, request: ChatRequest) -> ChatRequest:
                return replace(request, parameters={"x": 1})

            async def after(self, turn: Turn) -> None:
                seen.append(turn.answer)

        else:

            def before(self, request: ChatRequest) -> ChatRequest:  # type: ignore[misc]  # not async
                return replace(request, parameters={"x": 1})

            def after(self, turn: Turn) -> None:  # type: ignore[misc]  # not async
                seen.append(turn.answer)

    model = ScriptedModel()
    _events(Chain([Hooks()], model))

    assert (model.requests[0].parameters, seen) == ({"x": 1}, ["42"])


def test_a_hook_that_returns_nothing_leaves_the_request() -> None:
    class Looks:
        def before(self, request: ChatRequest) -> None:
            pass

    model = ScriptedModel()
    _events(Chain([Looks()], model))

    assert model.requests == [REQUEST]


def test_after_is_told_of_an_error_too() -> None:
    seen = []

    class After:
        def after(self, turn: Turn) -> None:
            seen.append((turn.state, turn.answer))

    model = ScriptedModel([AnswerDelta("part")], error=RateLimited("Too fast. Wait."))

    with pytest.raises(RateLimited):
        _events(Chain([After()], model))

    assert seen == [("error", "part")]


def test_a_careless_advisor_cannot_keep_a_stream_open() -> None:
    class Careless:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            async for event in call_next(request):
                yield event  # Nothing here closes what `call_next` opened.

    model = EndlessModel([AnswerDelta("So")])

    async def leave_early() -> None:
        stream = Chain([Careless()], model).stream(REQUEST)
        await stream.__anext__()
        await stream.aclose()

    asyncio.run(leave_early())

    assert model.is_closed


def test_something_that_is_no_advisor_is_named() -> None:
    with pytest.raises(ConfigurationError, match="int is not an advisor"):
        Chain([3], ScriptedModel())


def test_think_tags_put_the_reasoning_before_the_answer_once() -> None:
    session = Session(model=ScriptedModel(), advisors=[ThinkTags()])

    turn = session.ask("why?")

    assert (turn.answer, turn.reasoning) == ("<think>Hm. Yes.</think>42", "")


def test_think_tags_do_not_reach_memory() -> None:
    session = Session(model=ScriptedModel(), advisors=[ThinkTags()])

    session.ask("why?")

    assert session.memory.turns[0].answer == "42"
    assert session.memory.turns[0].reasoning == "Hm. Yes."
    with pytest.raises(ConfigurationError, match="would put reasoning into memory"):
        ThinkTags(order=300)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([AnswerDelta("42")], [AnswerDelta("42")]),
        ([ReasoningDelta("Hm")], [AnswerDelta("<think>Hm"), AnswerDelta("</think>")]),
        (
            [ReasoningDelta("Hm"), AnswerDelta("4"), ReasoningDelta("late"), AnswerDelta("2")],
            [
                AnswerDelta("<think>Hm"),
                AnswerDelta("</think>4"),
                ReasoningDelta("late"),
                AnswerDelta("2"),
            ],
        ),
        (
            [AnswerDelta("Hm"), AnswerBecameReasoning(), AnswerDelta("42")],
            [
                AnswerDelta("Hm"),
                AnswerBecameReasoning(),
                AnswerDelta("<think>"),
                ReasoningBecameAnswer(),
                AnswerDelta("</think>"),
                AnswerDelta("42"),
            ],
        ),
        (
            [ReasoningDelta("42"), ReasoningBecameAnswer()],
            [AnswerDelta("<think>42"), AnswerDelta("</think>")],
        ),
    ],
    ids=["no reasoning", "only reasoning", "late reasoning", "moved there", "moved back"],
)
def test_think_tags_come_as_one_pair_or_not_at_all(
    events: list[Event], expected: list[Event]
) -> None:
    end = StreamFinished("stop")

    assert _events(Chain([ThinkTags()], ScriptedModel([*events, end]))) == [*expected, end]


def test_think_tags_are_closed_when_the_stream_breaks() -> None:
    session = Session(
        model=ScriptedModel([ReasoningDelta("Hm")], error=RateLimited("Too fast. Wait.")),
        advisors=[ThinkTags()],
    )

    with pytest.raises(RateLimited) as caught:
        session.ask("why?")

    assert caught.value.partial is not None
    assert caught.value.partial.answer == "<think>Hm</think>"


def test_think_tags_are_closed_when_the_reply_is_stopped() -> None:
    model = EndlessModel([ReasoningDelta("Hm")])

    with Session(model=model, advisors=[ThinkTags()]).start("why?") as run:
        for event in run.events():
            if event == AnswerDelta("<think>Hm"):
                run.stop()

        assert run.turn().answer == "<think>Hm</think>"


def test_an_order_that_is_no_number_is_named() -> None:
    class Odd:
        order = None

        def before(self, request: ChatRequest) -> None:
            pass

    with pytest.raises(ConfigurationError, match="The order of Odd is None"):
        Chain([Odd()], ScriptedModel())


class Wrong:
    """Sends on something that is no request, or gives something that are no events."""

    order = 0

    def __init__(self, result: object) -> None:
        self.result = result


class WrongBefore(Wrong):
    def before(self, request: ChatRequest) -> object:
        return self.result


class WrongAdvice(Wrong):
    def advise(self, request: ChatRequest, call_next: CallNext) -> object:
        return self.result


@pytest.mark.parametrize(
    ("advisor", "said"),
    [
        (WrongBefore(5), "WrongBefore failed with TypeError: int is not a ChatRequest"),
        (WrongBefore(replace(REQUEST, messages=())), "ValueError: the request has no messages"),
        (WrongAdvice(None), "WrongAdvice failed with TypeError: advise returned NoneType, not"),
    ],
)
def test_who_sends_on_no_request_is_blamed_and_not_the_next(advisor: Wrong, said: str) -> None:
    inner = Named("inner", 400, [])

    with pytest.raises(AdvisorFailed, match=said):
        _events(Chain([advisor, inner], ScriptedModel()))
    assert inner.seen == []


def test_what_an_advisor_yields_must_be_an_event() -> None:
    class Careless:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
            yield "text"  # type: ignore[misc]  # the mistake

    session = Session(model=ScriptedModel())

    with pytest.raises(
        AdvisorFailed, match="Careless failed with TypeError: 'text' is not an event"
    ):
        session.ask("why?", advisors=[Careless()])
    assert [turn.state for turn in session.memory.turns] == ["error"]
