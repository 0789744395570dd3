"""Samples and maps through a session, against a real server on this machine."""

from __future__ import annotations

import asyncio
import pickle
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fakes import EndlessModel, ScriptedModel
from server import DROP, Reply, Request, ScriptedServer, chat, chat_steps, failure

from qwq_magic import Limits, QwqError, Session, Turn
from qwq_magic.batch import Batch, Budget
from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.events import AnswerDelta, StreamFinished
from qwq_magic.store import Store
from qwq_magic.turns import ChatRequest

_TABLE = [{"question": f"{number} + 1"} for number in range(12)]


class Asked:
    """A server that counts how often each prompt was asked, and replies by a function."""

    def __init__(self, reply: Callable[[Request, int], Reply] | None = None) -> None:
        self._reply = reply
        self.prompts: Counter[str] = Counter()
        self.bodies: list[Any] = []

    def __call__(self, request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        self.prompts[prompt] += 1
        self.bodies.append(request.json)
        if self._reply is not None:
            return self._reply(request, self.prompts[prompt])
        return chat(reasoning="Hm.", answer=f"The answer is {self.prompts.total() % 2 + 41}.")


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def session(asked: Asked) -> Iterator[Session]:
    with ScriptedServer(asked) as server:
        yield Session(base_url=server.url, model="m")


def test_a_map_asks_each_row_and_keeps_their_order(session: Session, asked: Asked) -> None:
    batch = session.map(_TABLE, "Solve: {{ question }}")
    assert [turn.prompt for turn in batch] == [f"Solve: {row['question']}" for row in _TABLE]
    assert all(turn.complete for turn in batch)
    assert set(asked.prompts.values()) == {1}
    assert batch.ending == ""


def test_rows_are_not_part_of_any_conversation(session: Session, asked: Asked) -> None:
    session.ask("First.")
    session.map(_TABLE[:2], "{{ question }}")
    assert len(session.memory) == 1
    assert [len(body["messages"]) for body in asked.bodies] == [1, 1, 1]


def test_samples_of_each_row_by_each_model_are_in_order(session: Session) -> None:
    batch = session.map(_TABLE[:2], "{{ question }}", n=2, models=["a", "b"])
    found = [(sample.row, sample.model, sample.number) for sample in batch.samples]
    assert found == [(row, model, n) for row in (0, 1) for model in "ab" for n in (1, 2)]
    assert len(batch.of_row(1)) == 4


def test_samples_are_attempts_at_one_turn_and_the_vote_says_which_counts(
    session: Session, asked: Asked
) -> None:
    batch = session.sample("Why?", n=5)
    vote = batch.vote()[0]
    assert (vote.value, vote.count, vote.total) == ("42", 3, 5)
    assert len(session.memory) == 1
    attempts = session.memory.attempts(1)
    assert {turn.id for turn in attempts} == {turn.id for turn in batch}
    assert attempts[-1].final_value == "42"
    session.ask("And then?")
    assert [m["content"] for m in asked.bodies[-1]["messages"]] == [
        "Why?",
        attempts[-1].answer,
        "And then?",
    ]


def test_samples_are_sent_the_earlier_turns(session: Session, asked: Asked) -> None:
    session.ask("First.")
    session.sample("Second.", n=3)
    assert [len(body["messages"]) for body in asked.bodies] == [1, 3, 3, 3]


def test_undo_takes_all_samples_away(session: Session) -> None:
    session.ask("First.")
    session.sample("Second.", n=3)
    session.memory.undo()
    assert [turn.prompt for turn in session.memory] == ["First."]


def test_nothing_is_asked_twice(session: Session, asked: Asked) -> None:
    first = session.map(_TABLE, "{{ question }}", n=2)
    again = session.map(_TABLE, "{{ question }}", n=2)
    assert asked.prompts.total() == 24
    assert [turn.id for turn in again] == [turn.id for turn in first]
    assert all(sample.is_reused for sample in again.samples)
    # Further rows and samples are asked for alone.
    session.map([*_TABLE, {"question": "new"}], "{{ question }}", n=2)
    assert asked.prompts.total() == 26


def test_a_store_keeps_replies_for_other_sessions(
    session: Session, asked: Asked, tmp_path: Path
) -> None:
    store = tmp_path / "batch.db"
    session.map(_TABLE[:4], "{{ question }}", store=store)
    other = Session(base_url=session.choices.base_url, model="m")
    again = other.map(_TABLE, "{{ question }}", store=store)
    assert sum(sample.is_reused for sample in again.samples) == 4
    assert asked.prompts.total() == 12


@pytest.mark.parametrize(
    "changed",
    [
        {"parameters": {"top_p": 0.5}},
        {"model": "other"},
        {"system": "Be short."},
        {"limits": Limits(tokens=5_000)},
    ],
)
def test_another_request_is_asked(session: Session, asked: Asked, changed: dict[str, Any]) -> None:
    session.map(_TABLE[:1], "{{ question }}")
    session.map(_TABLE[:1], "{{ question }}", **changed)
    assert asked.prompts.total() == 2


def test_rows_that_are_the_same_are_asked_once(session: Session, asked: Asked) -> None:
    batch = session.map(["a", "b", "a"], n=2)
    assert asked.prompts == {"a": 2, "b": 2}
    assert [turn.id for turn in batch.of_row(0)] == [turn.id for turn in batch.of_row(2)]


def test_again_asks_all_of_them_again(session: Session, asked: Asked) -> None:
    session.map(_TABLE[:2], "{{ question }}")
    session.map(_TABLE[:2], "{{ question }}", again=True)
    assert set(asked.prompts.values()) == {2}


def test_rows_that_fail_are_turns_with_errors_and_retry_asks_only_for_them() -> None:
    def reply(request: Request, times: int) -> Reply:
        if request.json["messages"][-1]["content"] == "3 + 1" and times == 1:
            return failure(400, {"error": {"message": "no such thing"}})
        return chat(answer="4")

    asked = Asked(reply)
    with ScriptedServer(asked) as server:
        batch = Session(base_url=server.url, model="m").map(_TABLE, "{{ question }}")
        assert [turn.prompt for turn in batch.errors] == ["3 + 1"]
        assert batch[3].error is not None
        assert batch.retry() is batch
    assert not batch.errors
    assert asked.prompts.total() == 13


def test_a_reply_that_breaks_off_is_kept_and_not_asked_again_by_itself() -> None:
    asked = Asked(lambda _request, _times: Reply([*chat_steps(reasoning="Hm.")[:2], DROP]))
    with ScriptedServer(asked) as server:
        batch = Session(base_url=server.url, model="m").map(_TABLE[:2], "{{ question }}")
    assert [turn.reasoning for turn in batch] == ["Hm.", "Hm."]
    assert {turn.error.kind for turn in batch if turn.error} == {"incomplete_stream"}
    assert asked.prompts.total() == 2


def test_one_pause_holds_all_requests_as_long_as_the_server_demands() -> None:
    times: list[float] = []
    refused = threading.Event()

    def reply(_request: Request, _times: int) -> Reply:
        times.append(time.monotonic())
        if not refused.is_set():
            refused.set()
            return failure(429, {"error": {"message": "slow down"}}, {"Retry-After": "1"})
        return chat(answer="4")

    with ScriptedServer(Asked(reply)) as server:
        session = Session(base_url=server.url, model="m")
        batch = session.map(_TABLE, "{{ question }}", concurrency=4)
    assert all(turn.complete for turn in batch)
    # Those of the first burst were sent already; all others wait.
    assert sum(at - times[0] < 0.9 for at in times) <= 4


def test_a_wrong_key_ends_the_batch_and_costs_few_requests() -> None:
    asked = Asked(lambda _request, _times: failure(401, {"error": {"message": "bad key"}}))
    with ScriptedServer(asked) as server:
        session = Session(base_url=server.url, model="m", api_key="sk-" + "x" * 30)
        batch = session.map([str(number) for number in range(120)], concurrency=4)
    assert asked.prompts.total() <= 8
    assert "key" in batch.ending
    assert re.match("Not asked. .*key", batch[-1].notices[0])
    assert len(batch.missing) == 120


def test_a_budget_of_tokens_ends_it_in_order(session: Session, asked: Asked) -> None:
    table = [f"{number} + 1" for number in range(240)]
    batch = session.map(table, budget=Budget(tokens=60), concurrency=2)
    assert batch.ending == "The budget of 60 tokens is used up."
    assert 5 < asked.prompts.total() < 40
    # Nothing is cut: what was asked has ended by itself.
    assert {turn.state for turn in batch if turn.messages} == {"complete"}
    assert not batch.errors


def test_a_budget_of_seconds_ends_it(session: Session) -> None:
    slow = ScriptedModel([AnswerDelta("4"), StreamFinished("stop")])
    table = [str(number) for number in range(20_000)]
    batch = session.map(table, model=slow, budget=Budget(seconds=0.2), concurrency=1)
    assert batch.ending == "The budget of 0.2 s is used up."


def test_a_budget_of_money_needs_a_price() -> None:
    asked = Asked(
        lambda _request, _times: chat(
            answer="4", usage={"prompt_tokens": 100, "completion_tokens": 50}
        )
    )
    with ScriptedServer(asked) as server:
        session = Session(base_url=server.url, model="m")
        unknown = session.map(_TABLE, "{{ question }}", budget=Budget(cost=1.0), concurrency=1)
        assert "reports no cost of m. Pass prices={'m': (INPUT, OUTPUT)}" in unknown.ending
        options: dict[str, Any] = {"concurrency": 1, "again": True, "prices": {"m": (1.0, 2.0)}}
        known = session.map(_TABLE, "{{ question }}", budget=Budget(cost=0.0005), **options)
    assert known.ending == "The budget of 0.0005 is used up."
    assert known.cost == pytest.approx(0.0006)


def test_a_settled_vote_saves_requests() -> None:
    asked = Asked(lambda _request, _times: chat(answer="The answer is 42."))
    with ScriptedServer(asked) as server:
        session = Session(base_url=server.url, model="m")
        batch = session.map(_TABLE[:3], "{{ question }}", n=20, settle=0.95)
    assert asked.prompts.total() == 12
    assert (len(batch), batch.saved) == (12, 48)
    assert {vote.value for vote in batch.vote()} == {"42"}


def test_stop_keeps_what_arrived_and_the_next_run_asks_only_the_rest(tmp_path: Path) -> None:
    goes_on = threading.Event()

    def reply(request: Request, _times: int) -> Reply:
        number = int(request.json["messages"][-1]["content"].split()[0])
        steps = chat_steps(reasoning="Hm.", answer="4")
        return Reply(steps if number < 4 else [*steps[:2], goes_on, *steps[2:]])

    asked = Asked(reply)
    with ScriptedServer(asked) as server:
        session = Session(base_url=server.url, model="m")
        run = session.start_map(_TABLE, "{{ question }}", store=tmp_path / "b.db", concurrency=6)
        while len(run.progress.ended) < 4 or run.progress.begun < 5:
            time.sleep(0.01)
        began = time.monotonic()
        run.stop()
        stopped = run.batch()
        assert time.monotonic() - began < 2
        assert stopped.ending == "Stopped."
        assert [turn.state for turn in stopped].count("complete") == 4
        assert "Hm." in {turn.reasoning for turn in stopped if turn.state == "stopped"}
        goes_on.set()
        before = asked.prompts.copy()
        batch = session.map(_TABLE, "{{ question }}", store=tmp_path / "b.db")
    assert all(turn.complete for turn in batch)
    again = asked.prompts - before
    assert sorted(again) == sorted(row["question"] for row in _TABLE[4:])


def test_turns_are_reported_as_they_end_by_the_calling_thread(session: Session) -> None:
    reported: list[tuple[Turn, int]] = []
    batch = session.map(
        _TABLE, "{{ question }}", on_turn=lambda t: reported.append((t, threading.get_ident()))
    )
    assert {turn.id for turn, _ in reported} == {turn.id for turn in batch}
    assert {thread for _, thread in reported} == {threading.get_ident()}


def test_a_map_in_async_code_streams_its_turns(session: Session) -> None:
    async def stream() -> list[Turn]:
        return [turn async for turn in session.map_stream(_TABLE, "{{ question }}")]

    async def whole() -> Batch:
        return await session.map_async(_TABLE, "{{ question }}")

    turns = asyncio.run(stream())
    assert sorted(turn.prompt for turn in turns) == sorted(row["question"] for row in _TABLE)
    # The same rows are known by now.
    assert all(sample.is_reused for sample in asyncio.run(whole()).samples)


def test_a_stream_of_turns_has_those_that_are_known_too(session: Session, asked: Asked) -> None:
    async def stream(rows: list[dict[str, str]]) -> list[Turn]:
        return [turn async for turn in session.map_stream(rows, "{{ question }}", on_turn=ended)]

    reported: list[Turn] = []
    ended = reported.append
    first = asyncio.run(stream(_TABLE[:4]))
    again = asyncio.run(stream(_TABLE[:6]))
    assert {turn.id for turn in again[:4]} == {turn.id for turn in first}
    assert sorted(turn.prompt for turn in again) == [row["question"] for row in _TABLE[:6]]
    assert asked.prompts.total() == 6
    # What was reported once is not reported again.
    assert len(reported) == 6


def test_leaving_a_stream_of_turns_stops_the_rest() -> None:
    model = EndlessModel()
    session = Session(model=model)

    async def leave() -> None:
        turns = session.map_stream(_TABLE, "{{ question }}")
        waiting = asyncio.ensure_future(anext(turns))
        while not model.requests:
            await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await turns.aclose()
        while not model.is_closed:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(leave(), 5))
    assert len(model.requests) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"n": True}, "n is True"),
        ({"models": "a"}, "models is 'a'"),
        ({"models": ["a", "a"]}, "a name twice"),
        ({"models": ["a"], "model": "b"}, "cannot be combined"),
        ({"budget": 5}, "budget is 5"),
        ({"concurrency": "fast"}, "concurrency is 'fast'"),
        ({"settle": 2}, "settle is 2"),
        ({"rpm": -1}, "rpm is -1"),
        ({"concurency": 3}, "Did you mean concurrency"),
        ({"n": 500_000}, "at most 1,000,000"),
        ({"store": 5}, "store is 5"),
        ({"executor": 5}, "executor is 5"),
        ({"on_turn": 5}, "on_turn is 5"),
        ({"on_turn": asyncio.sleep}, "map_stream"),
    ],
)
def test_a_wrong_option_is_an_error_before_anything_is_sent(
    session: Session, asked: Asked, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        session.map(_TABLE, "{{ question }}", **options)
    assert not asked.prompts


def test_a_store_that_cannot_be_opened_is_one_line(session: Session, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a store")
    with pytest.raises(QwqError, match=r"notes\.txt"):
        session.map(_TABLE, "{{ question }}", store=tmp_path / "notes.txt")


def test_a_row_that_cannot_be_sent_is_an_error_of_its_own(session: Session) -> None:
    key = "sk-" + "abcdefghijklmnop" * 2
    batch = session.map(["fine", f"my key is {key}", "fine too"], api_key=key)
    assert [turn.state for turn in batch] == ["complete", "error", "complete"]
    assert key not in str(batch[1].error)


def test_what_a_full_disk_refuses_stays_in_memory_and_is_written_by_the_next_run(
    session: Session, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "b.db"
    session.map(_TABLE[:2], "{{ question }}", store=store)

    def refuse(*_: object) -> None:
        raise FileError("The disk is full. Make room.")

    with monkeypatch.context() as full:
        full.setattr(Store, "add_samples", refuse)
        run = session.start_map(_TABLE, "{{ question }}", store=store)
        batch = run.batch()
    assert all(turn.complete for turn in batch)
    assert batch.warning == "The disk is full. Make room."
    again = session.map(_TABLE, "{{ question }}", store=store)
    assert asked.prompts.total() == 12
    assert [turn.id for turn in again] == [turn.id for turn in batch]
    # By now they are in the file.
    other = Session(base_url=session.choices.base_url, model="m")
    assert all(s.is_reused for s in other.map(_TABLE, "{{ question }}", store=store).samples)
    assert asked.prompts.total() == 12


def test_no_key_is_in_the_repr_or_the_store(session: Session, tmp_path: Path) -> None:
    key = "sk-" + "abcdefghijklmnop" * 2
    batch = session.map(_TABLE, "{{ question }}", api_key=key, store=tmp_path / "b.db")
    assert key not in repr(batch)
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_all_rows_are_sent_the_turns_that_the_batch_found(session: Session, asked: Asked) -> None:
    session.ask("First.")
    # Each turn of the batch adds one to the conversation while the others wait.
    session.map(
        _TABLE[:6],
        "{{ question }}",
        history=5,
        concurrency=1,
        on_turn=lambda turn: session.memory.commit(turn, session.memory.context()),
    )
    assert len(session.memory) > 1
    assert [len(body["messages"]) for body in asked.bodies[1:]] == [3] * 6


def test_a_number_of_numpy_is_a_number_of_samples(session: Session) -> None:
    numpy = pytest.importorskip("numpy")
    assert len(session.map(_TABLE[:2], "{{ question }}", n=numpy.int64(2))) == 4


def test_advisors_that_are_an_iterator_see_every_request(session: Session) -> None:
    class Counts:
        order = 10
        seen = 0

        def before(self, request: ChatRequest) -> ChatRequest:
            self.seen += 1
            return request

    counts = Counts()
    session.map(_TABLE, "{{ question }}", advisors=iter([counts]))
    assert counts.seen == len(_TABLE)


def test_a_store_with_nothing_but_batches_has_no_conversation_to_load(
    session: Session, tmp_path: Path
) -> None:
    session.map(_TABLE[:1], "{{ question }}", store=tmp_path / "b.db")
    with pytest.raises(FileError, match=r"b\.db contains no conversation"):
        session.memory.load(tmp_path / "b.db")


def test_a_batch_is_pickled_without_the_session_and_its_key(session: Session) -> None:
    key = "sk-" + "abcdefghijklmnop" * 2
    table = ["fine", f"my key is {key}"]
    batch = session.map(table, api_key=key)
    data = pickle.dumps(batch)
    assert key.encode() not in data
    copy = pickle.loads(data)
    assert [turn.to_dict() for turn in copy] == [turn.to_dict() for turn in batch]
    assert copy.vote()[0] == batch.vote()[0]
    assert str(copy.errors[0].error) == str(batch.errors[0].error)
    with pytest.raises(QwqError, match="no session"):
        copy.retry()
    assert deepcopy(batch).to_frame().equals(batch.to_frame())


@pytest.mark.parametrize("is_shared_out", [False, True])
def test_a_key_in_a_table_is_neither_sent_nor_kept_nor_shown(
    session: Session, asked: Asked, tmp_path: Path, is_shared_out: bool
) -> None:
    key = "sk-" + "abcdefghijklmnop" * 2
    table = [
        {"q": "fine"},
        {"q": f"my key is {key}"},
        {"q": "fine too", "notes": {"keys": [key]}, "n": 3},
    ]
    with ThreadPoolExecutor(1) as executor:
        batch = session.map(
            table,
            "{{ q }}",
            api_key=key,
            store=tmp_path / "b.db",
            executor=executor if is_shared_out else None,
        )
        again = batch.retry()
    assert [turn.state for turn in again] == ["complete", "error", "complete"]
    assert "contains the key from api_key" in str(again[1].error)
    for name in ("b.parquet", "b.jsonl", "b.json"):
        again.export(tmp_path / name)
    shown = [repr(again.rows), again[1].prompt, again.to_frame().to_string(), str(again.inspect())]
    assert key not in "".join(shown)
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert again.rows[2]["n"] == 3
    assert asked.prompts == {"fine": 1, "fine too": 1}
