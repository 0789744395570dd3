"""Check what the package does with a real llama-server: given, continued and ended reasonings.

`check_llama_server.py` runs these checks after those of the server itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from relay import Relay, relay_to

from qwq_magic import Limits, Prefix, Session, Turn
from qwq_magic.errors import QwqError
from qwq_magic.events import ReasoningDelta
from qwq_magic.session.run import Run

QUESTION = "first question"
CHAT, CONTROL = "POST /v1/chat/completions", "POST /v1/chat/completions/control"
RESUMED, ENDED = "GET /v1/stream", "DELETE /v1/stream"
GIVEN = "so we try"
# The likeliest token each time, so that the same text goes on with the same text.
SHORT = {"max_tokens": 40, "temperature": 0}
LONG = {"max_tokens": 2_000}
BEGUN = 60  # characters of reasoning, after which a run is stopped or asked to answer

Check = Callable[[str, bool, object], None]


class SteeringChecks:
    """A session with the server, by way of a relay that notes the requests."""

    def __init__(self, relay: Relay, origin: str, check: Check) -> None:
        self._relay = relay
        self._origin = origin
        self._check = check
        self._session = Session(server="llamacpp", base_url=relay.base_url, model="tiny")
        self._whole = Turn("", "")

    def run(self) -> None:
        for checks in (
            self._prefixes,
            self._answer_now,
            self._acts_on_a_stopped_turn,
            self._acts_on_a_cut_turn,
            self._forks,
            self._limits,
            self._budgets,
            self._without_a_preset,
            self._broken_connections,
            self._ended_replies,
        ):
            try:
                checks()
            except (QwqError, AssertionError) as problem:
                self._check(checks.__name__.strip("_"), False, repr(problem))

    def _prefixes(self) -> None:
        ask = self._session.ask
        self._whole = whole = ask(QUESTION, parameters=SHORT)
        half = whole.reasoning[: whole.reasoning.index(" ", len(whole.reasoning) // 2)]
        turn = ask(QUESTION, parameters=SHORT, fresh=True, prefix=Prefix(half))
        is_same = turn.reasoning.startswith(whole.reasoning)
        self._check("an open prefix goes on as it did before", is_same and _is_native(turn), turn)
        turn = ask(QUESTION, parameters=SHORT, fresh=True, prefix=Prefix(GIVEN, closed=True))
        holds = turn.reasoning == GIVEN and bool(turn.answer) and _is_native(turn)
        self._check("a closed prefix is answered at once", holds, turn)

    def _answer_now(self) -> None:
        with self._requests() as requests, self._begun() as run:
            run.answer_now()
            turn = run.turn()
        by = turn.stopped_by
        is_native = by is not None and (by.limit, by.way) == ("user", "native")
        holds = is_native and bool(turn.answer) and requests == [CHAT, CONTROL]
        self._check("answer_now of a run is a control request", holds, f"{turn}, {requests}")

    def _acts_on_a_stopped_turn(self) -> None:
        with self._begun() as run:
            run.stop()
            stopped = run.turn()
        self._check("a run is stopped", stopped.state == "stopped", stopped)
        turn = self._session.answer_now(stopped, parameters=SHORT)
        holds = turn.reasoning == stopped.reasoning and bool(turn.answer)
        self._check("answer_now of a stopped turn", holds and _is_native(turn), turn)
        self._goes_on("go_on after a stop", stopped, self._session.go_on(stopped, parameters=SHORT))

    def _acts_on_a_cut_turn(self) -> None:
        cut = self._whole
        self._goes_on("go_on after max_tokens", cut, self._session.go_on(cut))
        turn = self._session.answer_now(cut)
        holds = turn.reasoning == cut.reasoning and bool(turn.answer)
        self._check("answer_now after max_tokens", holds and _kind(turn) == "rescue", turn)
        turn = self._session.go_on(turn)
        holds = turn.reasoning == cut.reasoning and turn.given[1] < len(turn.answer)
        self._check("go_on within the answer", holds and _is_native(turn), turn)

    def _forks(self) -> None:
        whole, fork = self._whole, self._session.fork
        kept = whole.reasoning[: whole.steps[1].start]
        turn = fork(whole, 2)
        assert isinstance(turn, Turn)
        # Not the same words again: the steps end with a space, see `spaces` of the other checks.
        holds = turn.reasoning.startswith(kept) and "  " not in turn.reasoning
        self._check("fork samples a step again", holds and _kind(turn) == "resample", turn)
        turn = fork(whole, 2, GIVEN)
        assert isinstance(turn, Turn)
        holds = turn.reasoning.startswith(kept) and turn.reasoning.count(GIVEN) == 1
        self._check("fork with a text", holds and _kind(turn) == "edit", turn)
        turn = self._session.think_on(whole)
        holds = turn.reasoning.startswith(f"{whole.reasoning}\n\nWait") and _is_native(turn)
        self._check("think_on", holds and turn.given[0] < len(turn.reasoning), turn)

    def _goes_on(self, fact: str, before: Turn, turn: Turn) -> None:
        is_longer = len(turn.reasoning) > len(before.reasoning)
        holds = turn.reasoning.startswith(before.reasoning) and is_longer
        self._check(fact, holds and _is_native(turn) and _kind(turn) == "continue", turn)

    def _limits(self) -> None:
        for limits in (Limits(tokens=20), Limits(match="maybe"), Limits(seconds=0.1)):
            with self._requests() as requests:
                turn = self._session.ask(QUESTION, parameters=LONG, limits=limits)
            holds = bool(turn.stopped_by and turn.answer) and requests == [CHAT, CONTROL]
            self._check(f"a limit: {turn.stopped_by}", holds, turn)
        stopping = Limits(match="maybe", then="stop")
        turn = self._session.ask(QUESTION, parameters=LONG, limits=stopping)
        holds = turn.state == "stopped" and "maybe" in turn.reasoning
        self._check("a limit that stops", holds, turn)

    def _budgets(self) -> None:
        """The server's own budget counts the given reasoning, so the client watches it then."""
        longer = {**LONG, "thinking_budget": 10}
        turn = self._session.ask(QUESTION, parameters=longer)
        self._check("thinking_budget 10", bool(turn.answer) and not turn.stopped_by, turn)
        turn = self._session.ask(QUESTION, parameters={**longer, "thinking_budget": 0})
        self._check("thinking_budget 0", bool(turn.answer) and not turn.reasoning, turn)
        turn = self._session.go_on(self._whole, parameters=longer)
        self._check("thinking_budget 10 after a longer reasoning", bool(turn.answer), turn)

    def _without_a_preset(self) -> None:
        # A name of its own: what a session has found out of a model is known to the others.
        session = Session(base_url=self._relay.base_url, model="unknown")
        with self._requests() as requests:
            turn = session.ask(QUESTION, parameters=SHORT, prefix=Prefix(GIVEN))
        holds = _is_native(turn) and set(requests) == {"GET /v1/models", CHAT}
        self._check("a server without a preset is recognised", holds, f"{turn}, {requests}")

    def _broken_connections(self) -> None:
        """Bytes of a first, a second and a third connection, the head of each among them."""
        whole = self._whole
        for cuts in ([1_000], [4_321], [700, 900, 5_000]):
            # At an address of its own, to which no connection has been kept.
            with relay_to(self._origin) as relay:
                relay.cuts = list(cuts)
                session = Session(server="llamacpp", base_url=relay.base_url, model="tiny")
                turn = session.ask(QUESTION, parameters=SHORT)
                requests = relay.requests
            is_whole = turn.reasoning == whole.reasoning and turn.complete
            holds = is_whole and requests == [CHAT, *[RESUMED] * len(cuts)]
            fact = f"a reply whose connection breaks after {cuts} bytes"
            self._check(fact, holds, f"{turn}, {requests}")

    def _ended_replies(self) -> None:
        """A reply that is left goes on at the server, unless that is told."""
        for ending in (Run.stop, Run.__exit__):
            with self._requests() as requests, self._begun(max_tokens=20_000) as run:
                begun_at = time.monotonic()
                ending(run)
                turn = run.turn()
                seconds = time.monotonic() - begun_at
                is_idle = self._is_idle()
            holds = is_idle and turn.state == "stopped" and requests == [CHAT, ENDED]
            fact = f"{ending.__name__.strip('_')} of a run ends its generation"
            self._check(fact, holds and seconds < 1, f"{seconds:.2f} s, {requests}")

    def _is_idle(self) -> bool:
        """Whether the server generates nothing, or stops to do so within a second."""
        for _ in range(20):
            slots = httpx.get(f"{self._origin}/slots", trust_env=False).json()
            if not any(slot["is_processing"] for slot in slots):
                return True
            time.sleep(0.05)
        return False

    @contextmanager
    def _requests(self) -> Iterator[list[str]]:
        """The requests that are made in the block, complete at its end."""
        self._relay.forget()
        made: list[str] = []
        yield made
        made += self._relay.requests

    @contextmanager
    def _begun(self, max_tokens: int = 2_000) -> Iterator[Run]:
        """A run that is in the middle of its reasoning."""
        with self._session.start(QUESTION, parameters={"max_tokens": max_tokens}) as run:
            size = 0
            for event in run.events():
                size += len(event.text) if isinstance(event, ReasoningDelta) else 0
                if size > BEGUN:
                    break
            yield run


def _is_native(turn: Turn) -> bool:
    return turn.prefix is not None and turn.prefix.way == "native"


def _kind(turn: Turn) -> str:
    return turn.parent.kind if turn.parent else ""
