"""Whatever is asked, stopped, run again, taken out or loaded: what is sent stays in order.

A machine takes random steps on a real session in front of a scripted model, and keeps a
simple model of its own: slots in a list, and a clock that ticks with every ask and every
ending. After each step both must agree on what would be sent, and what is marked.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest
from corpora import in_full
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from memory.turns import plain

from qwq_magic import Session
from qwq_magic.display.text.memory_tables import conversation_table
from qwq_magic.errors import QwqError, ServerFailure
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.memory import ConversationMemory, Conversations, Window
from qwq_magic.memory.contents import Contents
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.session.run import Run
from qwq_magic.turns import ChatRequest, Message

GENERATIONS = itertools.count(1)
CASES = int(os.environ.get("QWQ_MEMORY_CASES", in_full("25", core="8")))
WAIT_S = 20.0

Phase = Literal["nothing", "reasoning", "blank", "answer"]
Ending = Literal["whole", "stopped", "failed"]


@dataclass
class Plan:
    """How far the reply to one prompt comes, how it ends, and when it may."""

    phase: Phase
    ending: Ending
    gate: threading.Event = field(default_factory=threading.Event)
    is_asked: threading.Event = field(default_factory=threading.Event)
    is_out: threading.Event = field(default_factory=threading.Event)
    request: ChatRequest | None = None

    @property
    def reasoning(self) -> str:
        return "" if self.phase == "nothing" else "thought "

    @property
    def answer(self) -> str:
        return {"answer": "answer ", "blank": " \n"}.get(self.phase, "")


class PlannedModel:
    """Answers each prompt by its plan."""

    name = "scripted-1"

    def __init__(self, server: str) -> None:
        self.server = server
        self.plans: dict[str, Plan] = {}

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        plan = self.plans[request.prompt]
        plan.request = request
        plan.is_asked.set()
        while not plan.gate.is_set():
            await asyncio.sleep(0.0005)
        if plan.reasoning:
            yield ReasoningDelta(plan.reasoning + request.prompt)
        if plan.answer:
            yield AnswerDelta(plan.answer + (request.prompt if plan.answer.strip() else ""))
        plan.is_out.set()
        if plan.ending == "stopped":
            await asyncio.Event().wait()
        if plan.ending == "failed":
            raise ServerFailure("The server failed. Try again.", status=500)
        yield StreamFinished("stop")


@dataclass
class Kept:
    """An attempt, as the machine remembers it."""

    prompt: str
    reasoning: str
    answer: str
    asked_at: int
    kept_at: int


@dataclass
class ModelTurn:
    cell: str | None
    attempts: list[Kept]
    is_hidden: bool = False


@dataclass
class Pending:
    """An ask in the background."""

    prompt: str
    cell: str | None
    run: Run
    asked_at: int = 0
    generation: int = 0
    is_stopped: bool = False


@dataclass
class State:
    places: list[ModelTurn] = field(default_factory=list)
    window: int | None = None
    in_messages: bool = False
    generation: int = field(default_factory=lambda: next(GENERATIONS))


@dataclass
class Expected:
    """One conversation, as the machine remembers it."""

    state: State = field(default_factory=State)
    levels: list[State] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)

    def above(self, cell: str | None) -> list[ModelTurn]:
        for at, place in enumerate(self.state.places):
            if cell is not None and place.cell == cell:
                return self.state.places[:at]
        return self.state.places

    def sent(self, cell: str | None, *, with_reasoning: bool) -> list[Message]:
        """What goes before a prompt."""
        sendable = [
            place.attempts[-1]
            for place in self.above(cell)
            if not place.is_hidden and place.attempts[-1].answer.strip()
        ]
        if self.state.window is not None:
            sendable = sendable[-self.state.window :]
        return [
            message
            for kept in sendable
            for message in (
                Message("user", kept.prompt),
                Message("assistant", kept.answer, kept.reasoning if with_reasoning else ""),
            )
        ]

    def keep(self, kept: Kept, cell: str | None, *, generation: int = 0) -> None:
        """In the latest state no newer than that generation; without one, in the present state."""
        states = [*self.levels, self.state]
        generation = generation or self.state.generation
        found = [at for at, state in enumerate(states) if state.generation <= generation]
        if not found:
            return
        del self.levels[: found[-1]]
        for place in states[found[-1]].places:
            if cell is not None and place.cell == cell:
                place.attempts.append(kept)
                return
        states[found[-1]].places.append(ModelTurn(cell, [kept]))

    def change(self, **changes: object) -> None:
        """Undo goes back to what stands now."""
        self.levels.append(self.state)
        self.state = replace(self.state, **{"places": copy.deepcopy(self.state.places), **changes})  # type: ignore[arg-type]  # whatever the change is of

    @property
    def outdated(self) -> list[bool]:
        return [
            any(above.attempts[-1].kept_at > place.attempts[-1].asked_at for above in places)
            for at, place in enumerate(self.state.places)
            for places in [self.state.places[:at]]
        ]


CELLS = st.sampled_from([None, "a", "b", "c"])
PHASES = st.sampled_from(["nothing", "reasoning", "blank", "answer", "answer", "answer"])
ENDINGS = st.sampled_from(["whole", "whole", "whole", "stopped", "failed"])
PICK = st.integers(0, 10**6)


class MemoryMachine(RuleBasedStateMachine):
    server = "scripted"
    parameters: dict[str, object] = {}  # noqa: RUF012  # hypothesis makes the instances

    def __init__(self) -> None:
        super().__init__()
        self.model = PlannedModel(self.server)
        self.session = Session(model=self.model, parameters=self.parameters)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "all.db"
        self.stored = StoredConversations(self.path)
        self.clock = 0
        self.names = 0
        self.expected = {"main": Expected()}
        self.session.memory_of("main")

    @property
    def with_reasoning(self) -> bool:
        return bool(self.parameters)

    @property
    def memory(self) -> ConversationMemory:
        return self.session.memory

    @property
    def current(self) -> Expected:
        return self.expected[self.session.conversation]

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def new_name(self) -> str:
        self.names += 1
        return f"c{self.names}"

    def start(self, plan: Plan, cell: str | None, *, append: bool = False) -> Pending:
        prompt = f"prompt {self.tick()}"
        self.model.plans[prompt] = plan
        run = self.session.start(prompt, cell_id=cell, append=append)
        return Pending(prompt, None if append else cell, run)

    def begin(self, expected: Expected, ask: Pending) -> None:
        """The ask's turn has come: it is sent what stands above it now."""
        plan = self.model.plans[ask.prompt]
        assert plan.is_asked.wait(WAIT_S)
        ask.asked_at, ask.generation = self.tick(), expected.state.generation
        sent = expected.sent(ask.cell, with_reasoning=self.with_reasoning)
        assert plan.request is not None
        assert list(plan.request.messages) == [*sent, Message("user", ask.prompt)]

    def end(self, expected: Expected, ask: Pending, *, is_stopped: bool = False) -> None:
        """Let a begun ask end, by its plan or because it is stopped; it is kept."""
        plan = self.model.plans[ask.prompt]
        if is_stopped:
            ask.run.stop()
        else:
            plan.gate.set()
            assert plan.is_out.wait(WAIT_S)
            if plan.ending == "stopped":
                ask.run.stop()
        turn = ask.run.turn()
        if not is_stopped:
            assert (
                turn.state
                == {"whole": "complete", "stopped": "stopped", "failed": "error"}[plan.ending]
            )
        kept = Kept(ask.prompt, turn.reasoning, turn.answer, ask.asked_at, self.tick())
        expected.keep(kept, ask.cell, generation=ask.generation)

    def go_on(self, expected: Expected) -> None:
        """Whoever is first now begins; who was stopped while waiting is kept as it stands."""
        while expected.pending and expected.pending[0].is_stopped:
            ask = expected.pending.pop(0)
            asked_at = self.tick()
            expected.keep(Kept(ask.prompt, "", "", asked_at, self.tick()), ask.cell)
        if expected.pending:
            self.begin(expected, expected.pending[0])

    # Asking.

    @precondition(lambda self: not self.current.pending)
    @rule(cell=CELLS, phase=PHASES, ending=ENDINGS, append=st.booleans())
    def ask(self, cell: str | None, phase: Phase, ending: Ending, append: bool) -> None:
        ask = self.start(Plan(phase, ending), cell, append=append)
        self.begin(self.current, ask)
        self.end(self.current, ask)

    @precondition(lambda self: not self.current.pending)
    @rule(history=st.one_of(st.none(), st.integers(0, 3)))
    def ask_with_less(self, history: int | None) -> None:
        prompt = f"prompt {self.tick()}"
        plan = self.model.plans[prompt] = Plan("answer", "whole")
        plan.gate.set()
        asked_at = self.tick()
        whole = Expected(State(self.current.state.places, window=history or 0))
        sent = whole.sent(None, with_reasoning=self.with_reasoning)
        if whole.state.window == 0:
            sent = []

        turn = self.session.ask(prompt, fresh=history is None, history=history)

        assert plan.request is not None
        assert list(plan.request.messages[:-1]) == sent
        kept = Kept(prompt, turn.reasoning, turn.answer, asked_at, self.tick())
        self.current.keep(kept, None)

    @precondition(lambda self: len(self.current.pending) < 4)
    @rule(cell=CELLS, phase=PHASES, ending=ENDINGS)
    def ask_in_the_background(self, cell: str | None, phase: Phase, ending: Ending) -> None:
        ask = self.start(Plan(phase, ending), cell)
        self.current.pending.append(ask)
        if len(self.current.pending) == 1:
            self.begin(self.current, ask)

    @precondition(lambda self: any(e.pending for e in self.expected.values()))
    @rule(pick=PICK)
    def let_one_in_the_background_end(self, pick: int) -> None:
        busy = [expected for expected in self.expected.values() if expected.pending]
        expected = busy[pick % len(busy)]
        self.end(expected, expected.pending.pop(0))
        self.go_on(expected)

    @precondition(lambda self: any(e.pending for e in self.expected.values()))
    @rule(pick=PICK)
    def stop_one_in_the_background(self, pick: int) -> None:
        asks = [
            (expected, at)
            for expected in self.expected.values()
            for at, ask in enumerate(expected.pending)
            if not ask.is_stopped
        ]
        expected, at = asks[pick % len(asks)]
        if at == 0:
            self.end(expected, expected.pending.pop(0), is_stopped=True)
            self.go_on(expected)
        else:
            ask = expected.pending[at]
            ask.run.stop()
            assert ask.run.turn().state == "stopped"
            ask.is_stopped = True

    # Steering.

    @rule()
    def undo(self) -> None:
        expected = self.current
        assert self.memory.undoes == bool(expected.levels)
        self.memory.undo()
        if expected.levels:
            expected.state = expected.levels.pop()
        elif expected.state.places:
            last = max(expected.state.places, key=lambda place: place.attempts[-1].kept_at)
            last.attempts.pop()
            if not last.attempts:
                expected.state.places.remove(last)

    @rule()
    def clear(self) -> None:
        self.memory.clear()
        self.current.change(places=[], generation=next(GENERATIONS))

    @precondition(lambda self: self.current.state.places)
    @rule(picks=st.lists(PICK, min_size=1, max_size=3))
    def drop(self, picks: list[int]) -> None:
        expected = self.current
        numbers = {pick % len(expected.state.places) + 1 for pick in picks}
        self.memory.drop(*numbers)
        expected.change()
        expected.state.places = [
            place for number, place in enumerate(expected.state.places, 1) if number not in numbers
        ]

    @precondition(lambda self: self.current.state.places)
    @rule(pick=PICK, is_hidden=st.booleans())
    def hide_or_unhide(self, pick: int, is_hidden: bool) -> None:
        number = pick % len(self.current.state.places) + 1
        (self.memory.hide if is_hidden else self.memory.unhide)(number)
        if self.current.state.places[number - 1].is_hidden != is_hidden:
            self.current.change()
            self.current.state.places[number - 1].is_hidden = is_hidden

    @rule(size=st.none() | st.integers(1, 4), in_messages=st.booleans())
    def window(self, size: int | None, in_messages: bool) -> None:
        in_messages = in_messages and size is not None
        if size is None:
            self.memory.window = Window()
        else:
            self.memory.window = Window(2 * size, "messages") if in_messages else Window(size)
        state = self.current.state
        if (state.window, state.in_messages) != (size, in_messages):
            self.current.change(window=size, in_messages=in_messages)

    @precondition(lambda self: len(self.expected) < 4)
    @rule(pick=PICK, is_whole=st.booleans())
    def fork(self, pick: int, is_whole: bool) -> None:
        name, state = self.new_name(), self.current.state
        up_to = None if is_whole or not state.places else pick % len(state.places) + 1
        self.session.conversations.fork(self.session.conversation, name, up_to=up_to)
        forked = State(copy.deepcopy(state.places[:up_to]), state.window, state.in_messages)
        self.expected[name] = Expected(forked)

    @rule(pick=PICK)
    def switch(self, pick: int) -> None:
        names = list(self.expected)
        self.session.conversation = names[pick % len(names)]

    @precondition(lambda self: len(self.expected) < 4)
    @rule()
    def switch_to_a_new_one(self) -> None:
        self.session.conversation = self.new_name()
        self.expected[self.session.conversation] = Expected()
        assert len(self.memory) == 0

    @rule()
    def rename(self) -> None:
        name = self.new_name()
        self.session.conversations.rename(self.session.conversation, name)
        self.expected = {
            name if old == self.session.conversation else old: expected
            for old, expected in self.expected.items()
        }
        self.session.conversation = name

    @rule()
    def save_and_load(self) -> None:
        """In the same session: as after a restart, what is under way does not come back."""
        path = Path(self.folder.name) / "all.jsonl"
        before = {name: memory.contents for name, memory in self.session.conversations.items()}
        self.session.conversations.save(path)
        other = Conversations()
        other.load(path, current=self.session.conversation)
        assert {name: plain(memory.contents) for name, memory in other.items()} == {
            name: plain(memory.contents) for name, memory in self.session.conversations.items()
        }
        self.session.conversations.load(path, current=self.session.conversation)
        for name, expected in self.expected.items():
            assert len(before[name].slots) == len(expected.state.places)
            expected.change(generation=next(GENERATIONS))

    @rule()
    def keep(self) -> None:
        """In the store, in which only what has changed is written."""
        self.stored.save(self.session.conversations)
        kept = self.kept()
        for name, memory in self.session.conversations.items():
            # A conversation that never had a turn is not in the file, and one that was cleared
            # does not hide an earlier one of its name.
            if len(memory):
                assert plain(kept[name]) == plain(memory.contents)

    @rule()
    def keep_and_load(self) -> None:
        """As `save_and_load`; what another one was replaced by or renamed from is there, too."""
        self.keep()
        kept = self.kept()
        memories = self.session.conversations
        if len(kept) < 2 or not all(name in kept and len(memories[name]) for name in memories):
            return
        self.stored.load(memories, current=self.session.conversation)
        for expected in self.expected.values():
            expected.change(generation=next(GENERATIONS))
        for name in kept.keys() - self.expected.keys():
            memories._by_name.pop(name)

    def kept(self) -> Mapping[str, Contents]:
        return read_conversations(self.path).conversations if self.path.exists() else {}

    # What must always hold.

    @invariant()
    def what_would_be_sent_is_in_order_and_what_is_shown(self) -> None:
        for name, expected in self.expected.items():
            memory = self.session.conversations[name]
            context = self.session.recall().context(memory)
            messages = list(context.messages)
            assert messages == expected.sent(None, with_reasoning=self.with_reasoning)
            roles = [message.role for message in messages]
            assert roles == ["user", "assistant"] * (len(roles) // 2)
            assert all(message.text.strip() for message in messages)
            assert self.with_reasoning or not any(message.reasoning for message in messages)
            table = conversation_table(
                memory.entries(),
                sent=set(context.numbers),
                bracket_of=lambda turn: "",
                is_gone=lambda turn: False,
            )
            shown = [(row[2], row[3]) for row in table.rows if row[-1] == "yes"]
            texts = [message.text for message in messages]
            assert shown == list(zip(texts[::2], texts[1::2], strict=True))

    @invariant()
    def turns_and_marks_are_those_remembered(self) -> None:
        for name, expected in self.expected.items():
            memory = self.session.conversations[name]
            places = expected.state.places
            assert memory.window.size in (
                expected.state.window,
                expected.state.window and 2 * expected.state.window,
            )
            assert [
                (entry.turn.prompt, entry.turn.answer, entry.attempts, entry.is_hidden)
                for entry in memory.entries()
            ] == [
                (p.attempts[-1].prompt, p.attempts[-1].answer, len(p.attempts), p.is_hidden)
                for p in places
            ]
            assert [entry.is_outdated for entry in memory.entries()] == expected.outdated
            for number, entry in enumerate(memory.entries(), 1):
                assert memory.place_of(entry.turn) == (number, entry.attempts)

    def teardown(self) -> None:
        for expected in self.expected.values():
            for ask in expected.pending:
                ask.run.stop()
            for ask in expected.pending:
                ask.run.turn()
        self.stored.close()
        self.folder.cleanup()


class ReasoningIsWanted(MemoryMachine):
    """The server takes earlier reasoning back, and the user wants it to have it."""

    server = "dashscope"
    parameters = {"preserve_thinking": True}  # noqa: RUF012


@pytest.mark.parametrize("machine", [MemoryMachine, ReasoningIsWanted])
def test_what_is_sent_is_in_order_after_any_steps(machine: type[MemoryMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=CASES,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_an_error_is_a_qwq_error_and_its_turn_is_kept() -> None:
    """What the machine takes for granted of its model."""
    model = PlannedModel("scripted")
    plan = model.plans["hi"] = Plan("answer", "failed")
    plan.gate.set()
    session = Session(model=model)

    with pytest.raises(QwqError):
        session.ask("hi")

    assert [turn.state for turn in session.memory.turns] == ["error"]
