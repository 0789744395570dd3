"""Asks in one conversation, one after the other, through the session that queues them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from fakes import GatedModel

from qwq_magic import Session
from qwq_magic.advisors import CallNext
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import Event, Notice
from qwq_magic.memory.ask_queue import AskQueue
from qwq_magic.session.run import Run
from qwq_magic.turns import ChatRequest

WAITS = Notice("Waiting for the previous reply in conversation 'main'.")


@pytest.fixture
def model() -> GatedModel:
    return GatedModel()


@pytest.fixture
def session(model: GatedModel) -> Session:
    return Session(model=model)


def _until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.001)


def _first_event(run: Run) -> Event:
    return next(event for event in run.events() if event is not None)


def _prompts(request: ChatRequest) -> list[str]:
    return [message.text for message in request.messages]


def test_the_second_of_two_asks_waits_says_so_and_is_reminded_of_the_first(
    session: Session, model: GatedModel
) -> None:
    gate = model.gate("one")
    first = session.start("one")
    second = session.start("two")
    assert _first_event(second) == WAITS
    assert len(model.requests) == 1

    gate.set()

    assert (first.turn().answer, second.turn().answer) == ("ONE", "TWO")
    assert _prompts(model.requests[1]) == ["one", "ONE", "two"]
    assert second.turn().notices == (WAITS.text,)


def test_asks_go_in_the_order_they_came(session: Session, model: GatedModel) -> None:
    gate = model.gate("0")
    runs = [session.start(str(number)) for number in range(20)]

    gate.set()
    for run in runs:
        run.turn()

    assert [turn.prompt for turn in session.memory.turns] == [str(number) for number in range(20)]
    assert [len(_prompts(request)) for request in model.requests] == [
        2 * number + 1 for number in range(20)
    ]


def test_asks_in_two_conversations_do_not_wait_for_each_other(
    session: Session, model: GatedModel
) -> None:
    gate = model.gate("one")
    first = session.start("one")

    assert session.ask("two", conversation="other").answer == "TWO"

    gate.set()
    assert first.turn().answer == "ONE"


def test_places_on_different_loops_wait_for_each_other_too() -> None:
    queue, joined, gone = AskQueue(), threading.Event(), []
    first = copy_context().run(queue.join)

    async def come_second() -> None:
        place = queue.join()
        assert place.must_wait
        joined.set()
        await place.wait()
        gone.append("second")

    other = threading.Thread(target=lambda: asyncio.run(come_second()))
    other.start()
    assert joined.wait(10)

    gone.append("first")
    first.leave()

    other.join(10)
    assert gone == ["first", "second"]


def test_the_clock_of_an_ask_that_waits_starts_when_it_goes(
    session: Session, model: GatedModel
) -> None:
    gate = model.gate("one")
    first = session.start("one")
    second = session.start("two")
    _first_event(second)
    since = time.monotonic()
    _until(lambda: time.monotonic() - since > 0.2)
    went = time.perf_counter()
    gate.set()

    turn = second.turn()

    assert turn.timing.total_s is not None
    assert turn.timing.total_s < time.perf_counter() - went
    assert turn.started_at > first.turn().started_at


def test_an_ask_stopped_while_it_waits_is_kept_behind_the_one_before_it(
    session: Session, model: GatedModel
) -> None:
    gate = model.gate("one")
    first = session.start("one")
    second = session.start("two")
    _first_event(second)
    third = session.start("three")

    second.stop()

    assert second.turn().state == "stopped"
    assert session.memory.turns == ()
    gate.set()
    assert third.turn().answer == "THREE"
    assert [turn.prompt for turn in session.memory.turns] == ["one", "two", "three"]  # type: ignore[var-annotated]  # it was () above
    assert [entry.is_outdated for entry in session.memory.entries()] == [False] * 3
    assert [request.prompt for request in model.requests] == ["one", "three"]
    assert first.turn().answer == "ONE"


def test_a_conversation_cleared_while_an_ask_waits_is_begun_by_that_ask(
    session: Session, model: GatedModel
) -> None:
    gate = model.gate("one")
    session.start("one")
    second = session.start("two")
    _first_event(second)

    session.memory.clear()
    gate.set()
    second.turn()

    assert [turn.prompt for turn in session.memory.turns] == ["two"]
    assert _prompts(model.requests[1]) == ["two"]


@pytest.mark.parametrize("how", ["clear", "load"])
def test_a_reply_under_way_comes_back_with_what_was_cleared_or_loaded_over(
    session: Session, model: GatedModel, tmp_path: Path, how: str
) -> None:
    session.ask("one")
    session.memory.save(tmp_path / "chat.jsonl")
    gate = model.gate("two")
    run = session.start("two")
    _until(lambda: len(model.requests) == 2)
    if how == "clear":
        session.memory.clear()
    else:
        session.memory.load(tmp_path / "chat.jsonl")
    session.memory.window = 6
    replaced = session.memory.contents

    gate.set()
    run.turn()

    assert session.memory.contents.slots is replaced.slots
    session.memory.undo()
    session.memory.undo()
    assert [turn.answer for turn in session.memory.turns] == ["ONE", "TWO"]
    assert not session.memory.undoes


class _Nested:
    """Asks in the same conversation in the middle of an ask."""

    def __init__(self, session: Session, *, is_async: bool) -> None:
        self.session = session
        self.order = 0
        self.before: Callable[[ChatRequest], object]
        if is_async:
            self.before = self._before_async
        else:
            self.before = self._before

    def _before(self, request: ChatRequest) -> None:
        if request.prompt == "outer":
            self.session.ask("inner")

    async def _before_async(self, request: ChatRequest) -> None:
        if request.prompt == "outer":
            await self.session.ask_async("inner")


@pytest.mark.parametrize("is_async", [True, False])
def test_an_ask_inside_another_one_does_not_wait_for_it(session: Session, is_async: bool) -> None:
    session.advisors.append(_Nested(session, is_async=is_async))

    turn = session.ask("outer")

    assert turn.answer == "OUTER"
    assert [kept.prompt for kept in session.memory.turns] == ["inner", "outer"]
    assert turn.notices == ()


def test_after_an_ask_inside_another_one_the_next_still_waits(
    session: Session, model: GatedModel
) -> None:
    session.advisors.append(_Nested(session, is_async=True))
    gate = model.gate("outer")
    outer = session.start("outer")
    _until(lambda: len(model.requests) == 2)

    after = session.start("after")

    assert _first_event(after) == WAITS
    gate.set()
    outer.turn()
    after.turn()
    assert _prompts(model.requests[2])[-3:] == ["outer", "OUTER", "after"]


class _Deaf:
    """An advisor that does not heed a stop until it is let go."""

    order = 0

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.is_reached = threading.Event()

    async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
        while request.prompt == "deaf" and not self.let_go.is_set():
            self.is_reached.set()
            try:
                await asyncio.sleep(0.005)
            except asyncio.CancelledError:
                continue
        async for event in call_next(request):
            yield event


def test_an_ask_that_does_not_heed_a_stop_lets_the_next_one_go(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qwq_magic.session.run._STOP_TIMEOUT_S", 0.1)
    deaf = _Deaf()
    session.advisors.append(deaf)
    stuck = session.start("deaf")
    assert deaf.is_reached.wait(10)
    after = session.start("after")
    _first_event(after)

    stuck.stop()

    assert after.turn().answer == "AFTER"
    assert stuck.turn().state == "stopped"
    deaf.let_go.set()
    _until(lambda: len(session.memory) == 2)
    assert [turn.prompt for turn in session.memory.turns] == ["after", "deaf"]


def test_an_ask_that_fails_lets_the_next_one_go(session: Session) -> None:
    class Broken:
        order = 0

        def before(self, request: ChatRequest) -> None:
            if request.prompt == "broken":
                raise RuntimeError("no")

    session.advisors.append(Broken())
    broken = session.start("broken")

    assert session.ask("after").answer == "AFTER"
    assert broken.turn().state == "error"


def test_an_ask_whose_events_nobody_can_take_lets_the_next_one_go(
    session: Session, model: GatedModel
) -> None:
    """The caller's loop is closed in the middle of it."""
    gate = model.gate("one")

    async def leave_at_once() -> None:
        stream = session.stream("one")
        asking = asyncio.ensure_future(anext(stream))
        while not model.requests:
            await asyncio.sleep(0.001)
        asking.cancel()

    asyncio.run(leave_at_once())
    gate.set()

    assert session.ask("two").answer == "TWO"
    assert [turn.prompt for turn in session.memory.turns] == ["one", "two"]


@pytest.mark.parametrize("history", [-1, "3", 1.5])
def test_a_history_that_is_no_number_is_refused_before_anybody_waits_for_it(
    session: Session, history: Any
) -> None:
    with pytest.raises(ConfigurationError, match="Use a number of turns"):
        session.ask("one", history=history)

    assert session.ask("two").answer == "TWO"


def test_leaving_twice_is_leaving_once() -> None:
    queue = AskQueue()
    done = []
    place = copy_context().run(queue.join)

    place.leave(lambda: done.append(1))
    place.leave(lambda: done.append(2))

    assert done == [1]
