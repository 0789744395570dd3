"""Samples of batches in a store: what is asked once is found again."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from memory.turns import a_turn

from qwq_magic.errors import FileError, RateLimited
from qwq_magic.store import Store
from qwq_magic.turns import Message, Turn


def _add(store: Store, turn: Turn, key: str, *, batch: int = 1) -> None:
    store.add_sample(batch, row=0, number=0, model="m", key=key, turn=turn)


def _rows(path: Path, query: str) -> list[Any]:
    """The rows as any SQLite tool shows them."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


def test_a_batch_and_its_rows_are_readable_with_any_tool(path: Path) -> None:
    with Store(path) as store:
        rows = [{"question": "鸡兔同笼", "n": 2, "when": Path("a"), "x": float("nan")}, {}]
        batch = store.begin_batch("Solve: {{ question }}", rows, started_at="2026-01-01")
        store.add_sample(batch, row=1, number=3, model="qwq", key="k", turn=a_turn(1))

    assert _rows(path, "SELECT template, started_at FROM batches") == [
        ("Solve: {{ question }}", "2026-01-01")
    ]
    [first, second] = _rows(path, "SELECT input FROM batch_rows ORDER BY number")
    assert json.loads(first[0]) == {"question": "鸡兔同笼", "n": 2, "when": "a", "x": "nan"}
    assert second == ("{}",)
    joined = (
        "SELECT row, samples.number, samples.model, prompt, answer, state FROM samples "
        "JOIN turns ON turns.number = turn"
    )
    assert _rows(path, joined) == [(1, 3, "qwq", "prompt 1", "answer 1", "complete")]


def test_batches_have_ids_of_their_own(path: Path) -> None:
    with Store(path) as store:
        ids = {store.begin_batch("t", [], started_at="") for _ in range(3)}
    with Store(path) as store:
        ids.add(store.begin_batch("t", [], started_at=""))

    assert len(ids) == 4


def test_what_is_complete_or_was_ended_by_the_server_need_not_be_asked_again(path: Path) -> None:
    whole, long = a_turn(1), a_turn(2, finish_reason="length")
    cut = a_turn(3, complete=False, finish_reason="content_filter")
    stopped = a_turn(4, complete=False)
    failed = a_turn(5, complete=False, error=RateLimited("Too fast.", status=429))
    turns = {"whole": whole, "long": long, "cut": cut, "stopped": stopped, "failed": failed}

    with Store(path) as store:
        for key, turn in turns.items():
            _add(store, turn, key)

        assert store.finished([*turns, "unknown"]) == {"whole": whole, "long": long, "cut": cut}
        known = store.known([*turns, "unknown"])

    assert {key: turn.to_dict() for key, turn in known.items()} == {
        key: turn.to_dict() for key, turn in turns.items()
    }


def test_the_latest_turn_of_a_key_counts_and_the_latest_that_is_finished(path: Path) -> None:
    with Store(path) as store:
        for turn in (a_turn(1), a_turn(2), a_turn(3, complete=False)):
            _add(store, turn, "key")

        assert store.known(["key"])["key"].id == "t3"
        assert store.finished(["key"])["key"].id == "t2"


def test_a_turn_that_is_in_the_store_is_not_written_twice(path: Path) -> None:
    with Store(path) as store:
        for batch in (1, 2):
            _add(store, a_turn(1), "key", batch=batch)

    assert _rows(path, "SELECT count(*) FROM turns") == [(1,)]
    assert _rows(path, "SELECT count(*) FROM samples") == [(2,)]


def test_thousands_of_keys_are_found_at_once(path: Path) -> None:
    with Store(path) as store:
        _add(store, a_turn(1), "1999")

        assert list(store.finished(map(str, range(3_000)))) == ["1999"]


def test_everything_of_a_turn_comes_back_after_a_restart(path: Path) -> None:
    sent = (Message("system", "s" * 600), Message("user", "lone \ud83d half"))
    turn = a_turn(1, prompt="nul \0", answer="\ud83d", messages=sent, parameters={"t": [0.5]})
    with Store(path) as store:
        _add(store, turn, "lone \ud83d")
        _add(store, a_turn(2, messages=sent), "other")
    with Store(path) as store:
        assert store.finished(["lone \ud83d"]) == {"lone \ud83d": turn}

    long = "SELECT count(*) FROM messages WHERE role = 'system'"
    assert _rows(path, long) == [(1,)]


def test_samples_may_come_from_any_thread(path: Path) -> None:
    with Store(path) as store:
        threads = [
            threading.Thread(target=_add, args=(store, a_turn(number), str(number)))
            for number in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(store.finished(map(str, range(20)))) == 20


def test_a_closed_store_writes_nothing_in_one_line(path: Path) -> None:
    store = Store(path)
    store.close()
    store.close()

    with pytest.raises(FileError, match="is closed"):
        _add(store, a_turn(1), "key")


def test_a_turn_that_cannot_be_saved_is_one_line_and_leaves_nothing(path: Path) -> None:
    with Store(path) as store:
        with pytest.raises(FileError, match="a value that cannot be saved"):
            _add(store, a_turn(1, parameters={"x": object()}), "key")
        assert store.known(["key"]) == {}
        _add(store, a_turn(2), "key")

        assert store.known(["key"])["key"].id == "t2"
