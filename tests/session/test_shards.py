"""Maps by the workers of an executor: threads, processes, and a Dask cluster on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedModel
from server import Reply, Request, ScriptedServer, chat, chat_steps, failure

from qwq_magic import QwqError, Session, Turn
from qwq_magic.batch import Budget
from qwq_magic.batch.progress import Lane
from qwq_magic.batch.shards import cut, worker_count

_TABLE = [f"{number} + 1" for number in range(60)]
# Nothing but Python's own start method `spawn` is safe in a process with threads.
_SPAWN = get_context("spawn")


class Asked:
    """A server that notes the prompts and the keys it was sent."""

    def __init__(self, reply: Callable[[Request], Reply] | None = None) -> None:
        self._reply = reply
        self.prompts: list[str] = []
        self.keys: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        self.prompts.append(request.json["messages"][-1]["content"])
        self.keys.add(request.headers.get("authorization", ""))
        if self._reply is not None:
            return self._reply(request)
        return chat(reasoning="Hm.", answer="The answer is 4.")


@contextmanager
def _threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@contextmanager
def _processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=_SPAWN) as executor:
        yield executor


@contextmanager
def _dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed")
    # Real workers, each a process of its own.
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


@contextmanager
def _ipyparallel() -> Iterator[Executor]:
    ipyparallel = pytest.importorskip("ipyparallel")
    with ipyparallel.Cluster(n=2) as client:
        yield client.executor()


_EXECUTORS = [
    pytest.param(_threads, id="threads"),
    pytest.param(_processes, id="processes", marks=pytest.mark.full),
    pytest.param(_dask, id="dask", marks=pytest.mark.full),
    pytest.param(_ipyparallel, id="ipyparallel", marks=pytest.mark.full),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", _EXECUTORS)
def test_workers_ask_every_row_once_and_send_turns_back_as_they_end(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    reported: list[Turn] = []
    asked = Asked()
    with ScriptedServer(asked) as server, make() as executor:
        session = Session(base_url=server.url, model="m")
        options: dict[str, Any] = {"executor": executor, "store": tmp_path / "b.db"}
        batch = session.map(_TABLE, n=2, on_turn=reported.append, **options)
        assert batch.ending == ""
        assert all(turn.complete for turn in batch)
        assert [turn.prompt for turn in batch] == [text for text in _TABLE for _ in (1, 2)]
        assert sorted(asked.prompts) == sorted(_TABLE * 2)
        assert {turn.id for turn in reported} == {turn.id for turn in batch}
        # The store has them, so nothing is asked again.
        session.map(_TABLE, n=2, **options)
        assert len(asked.prompts) == 120


def _kill_a_worker(executor: Any) -> None:
    client = getattr(executor, "_client", None)
    if client is None:
        os.kill(next(iter(executor._processes)), signal.SIGKILL)
        return
    nannies = client.cluster.workers.values()
    os.kill(next(iter(nannies)).process.pid, signal.SIGKILL)


def test_an_executor_that_would_run_each_shard_on_all_engines_is_refused() -> None:
    class DirectView:
        pass

    executor: Any = ThreadPoolExecutor(1)
    executor.view = DirectView()
    with executor, pytest.raises(QwqError, match=r"Pass client\.executor\(\) instead"):
        Session(model=ScriptedModel()).map(_TABLE[:1], executor=executor)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [_EXECUTORS[1], _EXECUTORS[2]])
def test_a_dead_worker_loses_no_finished_turn_and_its_shard_is_asked_again(
    make: Callable[[], Any],
) -> None:
    goes_on = threading.Event()

    def reply(request: Request) -> Reply:
        number = int(request.json["messages"][-1]["content"].split()[0])
        steps = chat_steps(reasoning="Hm.", answer="4")
        return Reply(steps if number % 30 < 10 else [*steps[:2], goes_on, *steps[2:]])

    asked = Asked(reply)
    ended: list[Turn] = []
    with ScriptedServer(asked) as server, make() as executor:

        def note(turn: Turn) -> None:
            ended.append(turn)
            if len(ended) == 12:
                _kill_a_worker(executor)
                goes_on.set()

        session = Session(base_url=server.url, model="m")
        batch = session.map(_TABLE, executor=executor, on_turn=note, concurrency=8)
    assert all(turn.complete for turn in batch), batch.ending
    # What had ended before is in the batch, as it was.
    assert {turn.id for turn in ended[:12]} <= {turn.id for turn in batch}
    # Only what had not ended is asked again: at most what streamed, four in each worker.
    twice = {prompt for prompt in asked.prompts if asked.prompts.count(prompt) > 1}
    assert not twice & {turn.prompt for turn in ended[:12]}


def test_a_key_is_sent_to_workers_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-" + "abcdefghijklmnop" * 2
    asked = Asked()
    with ScriptedServer(asked) as server, _threads() as executor:
        session = Session(base_url=server.url, model="m", api_key=key)
        session.map(_TABLE[:4], executor=executor)
        assert asked.keys == {""}
        session.map(_TABLE[:4], executor=executor, send_key=True, again=True)
        assert asked.keys == {"", f"Bearer {key}"}


def test_a_shard_does_not_show_the_key() -> None:
    from qwq_magic.session.shard_worker import Shard

    shard = Shard(0, (), {}, {}, key="sk-secret", headers={"X": "hidden"}, secret="random")
    assert not {"sk-secret", "hidden", "random"} & set(repr(shard).replace("'", " ").split())


def test_workers_stop_with_the_batch() -> None:
    goes_on = threading.Event()
    asked = Asked(lambda _request: Reply([*chat_steps(reasoning="Hm.")[:2], goes_on]))
    with ScriptedServer(asked) as server, _threads() as executor:
        session = Session(base_url=server.url, model="m")
        run = session.start_map(_TABLE, executor=executor)
        while run.progress.begun < 16:
            assert not run.has_ended
            time.sleep(0.01)
        run.stop()
        batch = run.batch()
        goes_on.set()
    assert batch.ending == "Stopped."
    assert {turn.state for turn in batch} == {"stopped"}
    assert {turn.reasoning for turn in batch} == {"", "Hm."}
    assert len(asked.prompts) == 16


def test_a_budget_holds_over_all_workers() -> None:
    asked = Asked()
    with ScriptedServer(asked) as server, _threads() as executor:
        session = Session(base_url=server.url, model="m")
        table = [str(number) for number in range(4_000)]
        batch = session.map(table, executor=executor, budget=Budget(tokens=500), concurrency=2)
    assert batch.ending == "The budget of 500 tokens is used up."
    assert len(asked.prompts) < 2_000


def test_replies_that_stream_on_workers_end_by_themselves_when_a_budget_is_used_up() -> None:
    used_up = threading.Event()

    def reply(request: Request) -> Reply:
        steps = chat_steps(reasoning="Hm.", answer="The answer is 4.")
        if request.json["messages"][-1]["content"] == "0":
            return Reply(steps)
        return Reply([*steps[:2], used_up, *steps[2:]])

    asked = Asked(reply)
    with ScriptedServer(asked) as server, _threads() as executor:
        session = Session(base_url=server.url, model="m")
        run = session.start_map(
            [str(number) for number in range(200)],
            executor=executor,
            concurrency=8,
            budget=Budget(tokens=1),
            on_turn=lambda turn: used_up.set() if turn.prompt == "0" else None,
        )
        batch = run.batch()
    assert batch.ending == "The budget of 1 tokens is used up."
    complete = [turn for turn in batch if turn.complete]
    # One in each of eight streams, and a few that began before the workers knew.
    assert 8 <= len(asked.prompts) < 20
    assert sorted(turn.prompt for turn in complete) == sorted(asked.prompts)


def test_a_wrong_key_on_the_workers_ends_the_batch() -> None:
    asked = Asked(lambda _request: failure(401, {"error": {"message": "bad key"}}))
    with ScriptedServer(asked) as server, _threads() as executor:
        session = Session(base_url=server.url, model="m")
        batch = session.map([str(n) for n in range(400)], executor=executor, concurrency=4)
    assert "key" in batch.ending
    assert len(asked.prompts) < 100


def test_a_model_that_cannot_be_sent_is_one_line() -> None:
    class Local(ScriptedModel):
        pass

    with _processes() as executor, pytest.raises(QwqError, match="cannot be sent to workers"):
        Session(model=Local()).map(_TABLE[:2], executor=executor)


def test_an_executor_that_was_shut_down_leaves_the_rest_to_this_process() -> None:
    executor = ThreadPoolExecutor(2)
    executor.shutdown()
    asked = Asked()
    with ScriptedServer(asked) as server:
        run = Session(base_url=server.url, model="m").start_map(_TABLE[:4], executor=executor)
        batch = run.batch()
    assert all(turn.complete for turn in batch)
    assert "The executor is broken" in run.progress.warning


def _lanes(rows: int, n: int) -> list[Lane]:
    places = [(row, number) for row in range(rows) for number in range(1, n + 1)]
    return [Lane(at, row, number, "m", "?") for at, (row, number) in enumerate(places)]


@pytest.mark.parametrize(
    ("rows", "n", "workers"), [(1, 8, 2), (60, 2, 2), (2_000, 1, 4), (3, 9, 8)]
)
def test_shards_have_every_sample_once_and_rows_whole(rows: int, n: int, workers: int) -> None:
    lanes = _lanes(rows, n)
    shards = cut(lanes, workers=workers)
    assert [lane for shard in shards for lane in shard] == lanes
    assert sum(len({lane.row for lane in shard}) for shard in shards) == rows
    assert len(shards) <= 4 * workers


def test_workers_are_counted() -> None:
    with _threads() as executor:
        assert worker_count(executor) == 2
    assert worker_count(Executor()) >= 1


def test_workers_are_sent_the_earlier_turns_that_the_samples_go_on_from() -> None:
    asked, sent = Asked(), list[list[str]]()

    def reply(request: Request) -> Reply:
        sent.append([message["content"] for message in request.json["messages"]])
        return asked(request)

    with ScriptedServer(reply) as server, ThreadPoolExecutor(2) as executor:
        session = Session(base_url=server.url, model="m")
        for prompt in ("First.", "Second."):
            session.ask(prompt)
        batch = session.sample("Third.", n=2, executor=executor)
        assert (
            sent[2:]
            == [["First.", "The answer is 4.", "Second.", "The answer is 4.", "Third."]] * 2
        )
        assert [message.text for message in batch[0].messages] == sent[-1]
        session.map(["row"], history=1, executor=executor)
        assert sent[-1] == ["Third.", "The answer is 4.", "row"]
        session.map(["row"], executor=executor)
        assert sent[-1] == ["row"]
