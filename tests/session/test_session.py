import asyncio
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import REPLY, EndlessModel, ScriptedModel
from server import ScriptedServer, chat

from qwq_magic import Session
from qwq_magic.advisors import CallNext, ThinkTags
from qwq_magic.errors import (
    AdvisorFailed,
    ConfigurationError,
    ModelFailed,
    QwqError,
    RateLimited,
    StreamInterrupted,
)
from qwq_magic.events import AnswerDelta, Event, Notice, ReasoningDelta, StreamFinished
from qwq_magic.session.run import Run
from qwq_magic.turns import ChatRequest, Message, Turn


def _stop_once_it_has(run: Run, event: Event) -> None:
    """Stop a run as soon as it has shown `event`, and drain it."""
    for shown in run.events():
        if shown == event:
            run.stop()


def test_ask_gives_the_turn() -> None:
    turn = Session(model=ScriptedModel()).ask("why?")

    assert (turn.prompt, turn.reasoning, turn.answer) == ("why?", "Hm. Yes.", "42")
    assert (turn.complete, turn.server, turn.model) == (True, "scripted", "scripted-1")
    assert turn.messages == (Message("user", "why?"),)


def test_a_follow_up_is_sent_what_came_before_without_reasoning() -> None:
    model = ScriptedModel()
    session = Session(model=model)
    session.ask("first")

    session.ask("second")

    assert model.requests[1].messages == (
        Message("user", "first"),
        Message("assistant", "42"),
        Message("user", "second"),
    )


def test_fresh_sends_no_earlier_turns_and_keeps_the_new_one() -> None:
    model = ScriptedModel()
    session = Session(model=model)
    session.ask("first")

    session.ask("second", fresh=True)

    assert model.requests[1].messages == (Message("user", "second"),)
    assert len(session.memory) == 2


def test_conversations_do_not_know_of_each_other() -> None:
    model = ScriptedModel()
    session = Session(model=model)
    session.ask("first")

    session.ask("second", conversation="other")

    assert model.requests[1].messages == (Message("user", "second"),)
    assert sorted(session.conversations) == ["main", "other"]


def test_a_system_message_comes_first() -> None:
    model = ScriptedModel()
    session = Session(model=model, system="Be brief.")
    session.ask("first")

    session.ask("second")

    assert [message.role for message in model.requests[1].messages] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_the_turn_in_memory_is_the_one_returned() -> None:
    session = Session(model=ScriptedModel())

    turn = session.ask("why?")

    assert session.memory.turns[-1] is turn


def test_an_empty_prompt_is_refused_before_anything_is_sent() -> None:
    model = ScriptedModel()

    with pytest.raises(ConfigurationError, match="The prompt is empty"):
        Session(model=model).ask(" \n")

    assert model.requests == []


def test_an_error_carries_the_turn_as_far_as_it_came() -> None:
    error = RateLimited("Too fast. Wait.", status=429, retryable=True)
    session = Session(model=ScriptedModel([AnswerDelta("part")], error=error))

    with pytest.raises(RateLimited) as caught:
        session.ask("why?")

    assert caught.value.partial is not None
    assert caught.value.partial.answer == "part"
    assert session.memory.turns == (caught.value.partial,)


def test_a_stream_that_ends_without_finishing_is_an_error() -> None:
    session = Session(model=ScriptedModel([AnswerDelta("half")]))

    with pytest.raises(StreamInterrupted) as caught:
        session.ask("why?")

    assert caught.value.partial is not None
    assert caught.value.partial.answer == "half"
    assert not caught.value.retryable


def test_a_stopped_turn_is_kept_and_the_connection_closed() -> None:
    model = EndlessModel([ReasoningDelta("Hm"), AnswerDelta("So")])
    session = Session(model=model)

    with session.start("why?") as run:
        _stop_once_it_has(run, AnswerDelta("So"))
        turn = run.turn()

    assert (turn.state, turn.reasoning, turn.answer) == ("stopped", "Hm", "So")
    assert session.memory.turns == (turn,)
    assert model.is_closed


def test_a_stop_before_the_first_event_still_gives_a_turn() -> None:
    with Session(model=EndlessModel()).start("why?") as run:
        run.stop()

        assert run.turn().state == "stopped"


def test_an_interrupted_turn_is_sent_on_only_if_it_has_an_answer() -> None:
    session = Session(model=EndlessModel([ReasoningDelta("Hm")]))
    with session.start("first") as run:
        _stop_once_it_has(run, ReasoningDelta("Hm"))
    model = ScriptedModel()

    session.ask("second", model=model)

    assert model.requests[0].messages == (Message("user", "second"),)
    assert [turn.state for turn in session.memory.turns] == ["stopped", "complete"]


def test_a_cell_that_runs_again_replaces_its_turn() -> None:
    model = ScriptedModel()
    session = Session(model=model)
    session.ask("first", cell_id="a")
    session.ask("second", cell_id="b")

    session.ask("first, changed", cell_id="a")

    assert [turn.prompt for turn in session.memory.turns] == ["first, changed", "second"]
    assert model.requests[2].messages == (Message("user", "first, changed"),)


def test_ask_works_inside_a_running_loop() -> None:
    async def main() -> Turn:
        return Session(model=ScriptedModel()).ask("why?")

    assert asyncio.run(main()).answer == "42"


def test_ask_async_gives_the_turn() -> None:
    assert asyncio.run(Session(model=ScriptedModel()).ask_async("why?")).answer == "42"


def test_ask_async_raises_the_error() -> None:
    error = RateLimited("Too fast. Wait.")

    with pytest.raises(RateLimited):
        asyncio.run(Session(model=ScriptedModel([], error=error)).ask_async("why?"))


def test_a_cancelled_ask_async_stops_the_reply_and_keeps_it() -> None:
    model = EndlessModel([AnswerDelta("So")])
    session = Session(model=model)

    async def main() -> None:
        task = asyncio.create_task(session.ask_async("why?"))
        while not model.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not session.memory.turns:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 10))

    assert session.memory.turns[0].state == "stopped"


def test_stream_yields_the_events_without_notices() -> None:
    model = ScriptedModel([Notice("slow today"), *REPLY])
    session = Session(model=model)

    async def main() -> list[Event]:
        return [event async for event in session.stream("why?")]

    assert asyncio.run(main()) == list(REPLY)
    assert session.memory.turns[0].notices == ("slow today",)


def test_leaving_a_stream_stops_it() -> None:
    model = EndlessModel([AnswerDelta("So")])
    session = Session(model=model)

    async def main() -> None:
        async with aclosing(session.stream("why?")) as events:
            async for event in events:
                assert event == AnswerDelta("So")
                break
        while not session.memory.turns:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 10))

    assert session.memory.turns[0].answer == "So"


def test_a_chat_model_can_be_given_for_one_call() -> None:
    session = Session(model=ScriptedModel([AnswerDelta("a"), StreamFinished("stop")]))

    turn = session.ask("why?", model=ScriptedModel())

    assert turn.answer == "42"


def test_many_threads_can_ask_one_session_at_once() -> None:
    session = Session(model=ScriptedModel())
    threads = [
        threading.Thread(target=session.ask, args=(f"prompt {n}",), kwargs={"conversation": str(n)})
        for n in range(20)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(memory) for memory in session.conversations.values()] == [1] * 20


def test_what_an_advisor_raises_is_one_line_with_its_cause() -> None:
    class Broken:
        def before(self, request: ChatRequest) -> None:
            raise ZeroDivisionError("oops")

    session = Session(model=ScriptedModel(), advisors=[Broken()])

    with pytest.raises(
        AdvisorFailed,
        match=r"The advisor Broken failed with ZeroDivisionError: oops\. Fix it, or remove it\.",
    ) as e:
        session.ask("why?")

    assert isinstance(e.value.__cause__, ZeroDivisionError)


def test_an_advisor_that_waits_for_another_ask_is_told_how_to() -> None:
    session = Session(model=ScriptedModel())

    class Nested:
        async def before(self, request: ChatRequest) -> None:
            session.ask("inner", conversation="inner")

    with pytest.raises(ConfigurationError, match="ask_async"):
        session.ask("outer", advisors=[Nested()])


def test_an_advisor_may_ask_async() -> None:
    session = Session(model=ScriptedModel())

    class Nested:
        async def before(self, request: ChatRequest) -> None:
            self.inner = await session.ask_async("inner", conversation="inner")

    nested = Nested()
    session.ask("outer", advisors=[nested])

    assert nested.inner.answer == "42"


@pytest.mark.parametrize("raised", [SystemExit(1), KeyboardInterrupt(), ValueError("oops")])
def test_whatever_an_advisor_raises_the_next_ask_works(raised: BaseException) -> None:
    class Broken:
        async def before(self, request: ChatRequest) -> None:
            raise raised

    session = Session(model=ScriptedModel())

    with pytest.raises(AdvisorFailed, match=f"Broken failed with {type(raised).__name__}"):
        session.ask("why?", advisors=[Broken()])

    assert session.ask("and now?").answer == "42"


def test_what_a_model_raises_is_told_from_what_an_advisor_raises() -> None:
    session = Session(model=ScriptedModel([AnswerDelta("part")], error=ValueError("oops")))

    with pytest.raises(
        ModelFailed, match=r"ScriptedModel failed with ValueError: oops\. Fix it, or"
    ):
        session.ask("why?")

    assert [turn.state for turn in session.memory.turns] == ["error"]


@pytest.mark.parametrize("event", ["text", AnswerDelta(None), None])  # type: ignore[arg-type]  # wrong on purpose
def test_a_model_that_yields_no_event_is_named(event: Event) -> None:
    with pytest.raises(ModelFailed, match="is not an event"):
        Session(model=ScriptedModel([event])).ask("why?")


def test_an_advisor_that_asks_twice_makes_one_turn() -> None:
    class Twice:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            async for _ in call_next(request):
                pass
            async for event in call_next(request):
                yield event

    model = ScriptedModel()
    session = Session(model=model, advisors=[Twice()])

    turn = session.ask("why?")

    assert session.memory.turns == (turn,)
    assert [len(request.messages) for request in model.requests] == [1, 1]


def test_a_turn_says_what_was_sent() -> None:
    class Adds:
        def before(self, request: ChatRequest) -> ChatRequest:
            return replace(request, parameters={**request.parameters, "seed": 1})

    session = Session(model=ScriptedModel(), advisors=[Adds(), ThinkTags()])
    session.ask("first")

    turn = session.ask("second")

    assert [message.text for message in turn.messages] == ["first", "42", "second"]
    assert turn.parameters == {"seed": 1}


def test_an_answer_that_an_advisor_gives_alone_is_remembered_as_it_was_shown() -> None:
    class Cached:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            yield AnswerDelta("known")
            yield StreamFinished("stop")

    session = Session(model=ScriptedModel(), advisors=[Cached()])

    turn = session.ask("why?")

    assert (turn.answer, turn.state) == ("known", "complete")
    assert session.memory.turns == (turn,)


def test_what_was_said_along_the_way_is_remembered_where_an_advisor_changes_the_text() -> None:
    session = Session(model=ScriptedModel(), advisors=[ThinkTags()])
    session.memory.window = 1
    session.ask("first")
    session.ask("second")

    turn = session.ask("third")

    [notice] = turn.notices
    assert notice.startswith("context: turn 2, ≈ ")
    assert session.memory.turns[-1].notices == (notice,)
    assert session.memory.turns[-1].answer == "42"


def test_a_turn_stopped_before_it_was_sent_is_kept_too() -> None:
    class Slow:
        async def before(self, request: ChatRequest) -> None:
            await asyncio.Event().wait()

    session = Session(model=ScriptedModel(), advisors=[Slow()])

    with session.start("why?") as run:
        run.stop()
        turn = run.turn()

    assert session.memory.turns == (turn,)


def test_a_stop_that_an_advisor_ignores_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwq_magic.session.run._STOP_TIMEOUT_S", 0.1)
    release = threading.Event()

    class Stubborn:
        async def before(self, request: ChatRequest) -> None:
            while not release.is_set():
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.01)

    with Session(model=ScriptedModel()).start("why?", advisors=[Stubborn()]) as run:
        run.stop()
        turn = run.turn()
    release.set()

    assert turn.state == "stopped"


class _Nameless:
    """A model but for the name of its server."""

    stream = ScriptedModel.stream


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: Session(model=5),  # type: ignore[arg-type]  # wrong on purpose
            "int is not a model. Pass a model name, or an object with `server`",
        ),
        (lambda: Session(model=_Nameless()), "_Nameless is not a model."),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Session(api_key=5), "The api_key is of type int"),  # type: ignore[arg-type]  # wrong on purpose
        (
            lambda: Session(model=ScriptedModel()).ask("a", conversation=""),
            "'' is not a valid conversation name",
        ),
        (lambda: Session(model=ScriptedModel()).ask(None), "The prompt is of type NoneType"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Session(model=ScriptedModel()).ask(b"x"), "The prompt is of type bytes"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Session(model=ScriptedModel()).ask("a", history=True), "history is True"),
        (
            lambda: Session(model=ScriptedModel()).ask("a", fresh=True, history=5),
            "fresh and history contradict each other: fresh sends no earlier turns",
        ),
    ],
)
def test_a_wrong_argument_is_one_clear_line(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ask()


KEY = "sk-0123456789abcdef0123456789"


def test_a_key_that_a_server_streams_back_is_masked_everywhere(tmp_path: Path) -> None:
    pieces = [KEY[:7], KEY[7:20], KEY[20:] + " is it"]
    with ScriptedServer(chat(reasoning=pieces, answer=[f"Your key: {KEY}"])) as server:
        session = Session(base_url=server.url, model="m", api_key=KEY)

        turn = session.ask("what did I send?")

    session.memory.save(tmp_path / "chat.jsonl")
    assert (turn.reasoning, turn.answer) == ("*** is it", "Your key: ***")
    assert KEY not in (tmp_path / "chat.jsonl").read_text()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Session(server="typo", api_key=KEY),
        lambda: Session(colour="red", api_key=KEY),  # type: ignore[call-arg]  # wrong on purpose
        lambda: Session(model=ScriptedModel()).ask(" ", api_key=KEY),
        lambda: Session(model=ScriptedModel([], error=RateLimited("x"))).ask("y", api_key=KEY),
        lambda: asyncio.run(Session(model=ScriptedModel()).ask_async(" ", api_key=KEY)),
    ],
)
def test_no_frame_of_ours_holds_a_key(ask: Callable[[], object]) -> None:
    with pytest.raises(QwqError) as caught:
        ask()

    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if "qwq_magic" in frame.f_code.co_filename]
    assert ours
    assert KEY not in repr([frame.f_locals for frame in ours])
