"""Streams without measure, many at once, and stopping."""

from __future__ import annotations

import asyncio
import itertools
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from faults.asking import Asking, arrived, assert_is_one_clean_line
from faults.table import (
    GZIP,
    SAID,
    compressed_start,
)
from server import (
    TIMEOUT_S,
    Reply,
    Request,
    ScriptedServer,
    chat,
    chat_steps,
    delta,
    failure,
    sse,
)

from qwq_magic import QwqError, Session
from qwq_magic.errors import (
    ProtocolError,
)
from qwq_magic.events import Notice
from qwq_magic.turns import Turn
from qwq_magic.wire.reply import MAX_CHARACTERS


@contextmanager
def memory_growth_below(limit_mb: float) -> Iterator[None]:
    """The server's share included, which is in this process as well."""
    tracemalloc.start()
    try:
        yield
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak_mb < limit_mb


def test_an_endless_reply_is_cut_at_its_limit_in_bounded_memory() -> None:
    piece = delta(content="x" * 50_000)
    with ScriptedServer(Reply(itertools.repeat(piece))) as server, memory_growth_below(50):
        asking = Asking(server.url)
        error = asking.fail()
        assert server.disconnected.wait(TIMEOUT_S)

    assert type(error) is ProtocolError
    assert_is_one_clean_line(error.message, ("exceeds 4 million characters", "max_tokens"))
    assert error.partial is not None
    assert MAX_CHARACTERS < len(error.partial.answer) < MAX_CHARACTERS + 1_000_000


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("content", [b"\0", b"data: x\n"])
def test_a_bomb_does_not_unfold_in_memory(content: bytes, status: int) -> None:
    bomb = compressed_start(SAID + content * (30_000_000 // len(content)))
    with ScriptedServer(Reply([bomb], status, GZIP)) as server, memory_growth_below(25):
        error = Asking(server.url).fail()

    assert isinstance(error, QwqError)
    assert error.status == status or "exceeds 8 MB" in error.message


@pytest.mark.parametrize(
    "step", [b": alive\n\n", b"data: \n\n", delta(), sse({"usage": {"total_tokens": 1}})]
)
def test_an_endless_stream_without_text_can_be_stopped(step: bytes) -> None:
    with ScriptedServer(Reply(itertools.chain([SAID], itertools.repeat(step)))) as server:
        asking = Asking(server.url)
        with asking.session.start("first?") as run:
            assert arrived.wait(TIMEOUT_S)
            run.stop()
            turn = run.turn()
        assert server.disconnected.wait(TIMEOUT_S)

    assert (turn.reasoning, turn.answer, turn.state) == ("Hm", "So", "stopped")


def test_a_wait_that_the_server_asked_for_can_be_stopped() -> None:
    with ScriptedServer(failure(429, {}, {"Retry-After": "50"})) as server:
        session = Session(base_url=server.url, model="m")
        with session.start("first?") as run:
            event = next(event for event in run.events() if event is not None)
            run.stop()
            turn = run.turn()

    assert event == Notice("The server answered 429; retrying in 50 s (1 of 2).")
    assert turn.state == "stopped"
    assert len(server.requests) == 1


def ask_a_hundred(session: Session) -> list[Turn]:
    async def ask_all() -> list[Turn]:
        asks = [session.ask_async(f"<{n}>", conversation=f"c{n}") for n in range(100)]
        return await asyncio.gather(*asks)

    return asyncio.run(ask_all())


def test_a_hundred_streams_at_once_keep_apart() -> None:
    def echo(request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        return chat(reasoning=["r", prompt], answer=["a", prompt])

    with ScriptedServer(echo) as server:
        session = Session(base_url=server.url, model="m")
        turns = ask_a_hundred(session)

    assert [turn.answer for turn in turns] == [f"a<{n}>" for n in range(100)]
    assert [turn.reasoning for turn in turns] == [f"r<{n}>" for n in range(100)]
    assert all(len(session.memory_of(f"c{n}")) == 1 for n in range(100))


def test_a_hundred_streams_leave_few_connections_and_no_thread() -> None:
    all_came = threading.Event()

    def wait_for_all(_: Request) -> Reply:
        if len(server.requests) == 101:
            all_came.set()
        return Reply([SAID, all_came, *chat_steps(answer=".")])

    with ScriptedServer(chat(answer="warm"), wait_for_all) as server:
        session = Session(base_url=server.url, model="m")
        session.ask("warm up", conversation="warm")
        threads = threading.active_count()

        turns = ask_a_hundred(session)

        assert all(turn.complete for turn in turns)
        assert server.connections == 100
        # What is kept open for the next turns.
        assert server.closed_down_to(8)
        assert threading.active_count() == threads


def test_a_hundred_streams_can_be_stopped_at_once() -> None:
    never = threading.Event()
    with ScriptedServer(Reply([SAID, never])) as server:
        session = Session(base_url=server.url, model="m")
        runs = [session.start("?", conversation=f"c{n}") for n in range(100)]
        server.wait_for_request(100)

        for run in runs:
            run.stop()
        turns = [run.turn() for run in runs]

        assert {turn.state for turn in turns} == {"stopped"}
        assert server.closed_down_to(0)
    never.set()


def test_running_out_of_tokens_while_thinking_is_a_whole_turn_without_answer() -> None:
    with ScriptedServer(chat(reasoning="Hm", finish_reason="length"), chat(answer="b")) as server:
        session = Session(base_url=server.url, model="m")
        turn = session.ask("first?")
        session.ask("second?")

    assert (turn.finish_reason, turn.reasoning, turn.answer) == ("length", "Hm", "")
    assert [m["content"] for m in server.requests[1].json["messages"]] == ["second?"]
