"""Answer now and Stop at any instant: nothing that arrived is lost, and memory stays in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from corpora import in_full

from qwq_magic import Limits, Session
from qwq_magic.errors import QwqError, ServerFailure
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.turns import ChatRequest
from qwq_magic.turns.prefix import Way

WORDS = [f"w{number} " for number in range(12)]
CASES = int(in_full("150", core="25"))


class SteeredModel:
    """Thinks in words and answers in words; goes on natively, ends its reasoning if it can.

    Whatever it has sent is kept, to be compared with what the turn has.
    """

    server = "scripted"
    name = "scripted-1"

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ends_on_request = chance.random() < 0.5
        self._fails = chance.random() < 0.2
        self._is_ended = False
        self.sent = ""
        self.requests: list[ChatRequest] = []

    async def way_for(self, request: ChatRequest) -> Way:
        await asyncio.sleep(0)
        return self.expected_way(request)

    def expected_way(self, request: ChatRequest) -> Way:
        del request
        return "native"

    async def end_reasoning(self, request: ChatRequest) -> bool:
        del request
        await asyncio.sleep(self._chance.choice((0, 0.001)))
        self._is_ended = self._ends_on_request
        return self._is_ended

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.requests.append(request)
        prefix = request.prefix
        if prefix is not None:
            # What arrived is what the reply goes on from, word for word.
            assert prefix.reasoning + prefix.answer == self.sent
        if prefix is None or not prefix.closed:
            for word in WORDS:
                if self._is_ended:
                    break
                await self._wait()
                self.sent += word
                yield ReasoningDelta(word)
        if self._fails:
            raise ServerFailure("The server failed. Try again.", status=500)
        for word in ("A", "n", "s."):
            await self._wait()
            self.sent += word
            yield AnswerDelta(word)
        yield StreamFinished("stop")

    async def _wait(self) -> None:
        await asyncio.sleep(self._chance.choice((0, 0, 0.0005)))


@pytest.mark.parametrize("seed", range(CASES))
def test_presses_at_any_instant_lose_nothing(seed: int) -> None:
    chance = random.Random(seed)
    model = SteeredModel(chance)
    session = Session(model=model)
    limits = Limits(tokens=chance.randrange(1, 12)) if chance.random() < 0.3 else None
    presses = sorted(chance.randrange(20) for _ in range(chance.randrange(1, 4)))
    stops = chance.random() < 0.4

    with session.start("9.9?", limits=limits) as run:
        for count, _event in enumerate(run.events(tick_s=0.001)):
            for press in [press for press in presses if press <= count]:
                presses.remove(press)
                if stops and not presses:
                    run.stop()
                else:
                    run.answer_now()
        turn = run.turn()

    assert turn.reasoning + turn.answer == model.sent
    assert session.memory.turns == (turn,)
    assert turn.state in ("complete", "stopped", "error")
    if turn.complete:
        assert turn.answer == "Ans."
    if turn.stopped_by is not None:
        assert turn.stopped_by.characters <= len(turn.reasoning)
    assert len(model.requests) <= 2
    # The next prompt is sent after it, in order.
    model.sent = ""
    _ask_again(session)
    roles = [message.role for message in model.requests[-1].messages]
    assert roles == (["user", "assistant", "user"] if turn.answer.strip() else ["user"])


def _ask_again(session: Session) -> None:
    try:
        session.ask("And then?")
    except QwqError as error:
        assert isinstance(error, ServerFailure)  # noqa: PT017  # the model fails by its plan
