"""The effect of each part of a reasoning, from replies that are sampled again from cuts."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from continuing import listing
from server import Reply, Request, ScriptedServer, chat_steps, failure

from qwq_magic import Budget, QwqError, Session, Turn
from qwq_magic.studies import Importance
from qwq_magic.studies.importance import SEGMENT_COLUMNS, difference

SENTENCES = tuple(
    f"This is the step with the number {number} of forty. " for number in range(1, 41)
)
DECISIVE = 23
TURN = Turn(
    "studied", "Which?", reasoning="".join(SENTENCES), answer="It is **20**.", server="llamacpp",
    model="m", complete=True,
)  # fmt: skip


class Undecided:
    """A model whose answer one step decides; before it, one reply in four is the later answer."""

    def __init__(self, decisive: int = DECISIVE) -> None:
        self._sign = f"number {decisive} of"
        self._replies = itertools.count()

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET":
            return listing("llamacpp")
        given = request.json["messages"][-1].get("reasoning_content", "")
        is_lucky = next(self._replies) % 4 == 0
        value = 20 if self._sign in given or is_lucky else 19
        return Reply(chat_steps(answer=f"It is **{value}**."))


def _session(local: ScriptedServer, **settings: Any) -> Session:
    return Session(server="llamacpp", model="m", base_url=local.url, **settings)


def _asked(local: ScriptedServer) -> int:
    return sum(request.method == "POST" for request in local.requests)


def test_the_decisive_step_is_found_by_halving() -> None:
    with ScriptedServer(Undecided()) as local:
        found = _session(local).importance(TURN, samples=20, cuts=5, rounds=6)

    largest = found.largest
    assert largest is not None
    assert (largest.first, largest.last) == (DECISIVE - 1, DECISIVE - 1)
    assert largest.low > 0.3
    assert largest.effect == pytest.approx(0.75, abs=0.15)
    others = [segment for segment in found if segment is not largest]
    assert not any(segment.is_clear for segment in others)
    # Ten steps are halved to one in three or four rounds.
    assert len(found.cuts) in (8, 9)
    assert _asked(local) == 20 * len(found.cuts)


def test_without_any_effect_it_is_settled_at_once() -> None:
    with ScriptedServer(Undecided(decisive=99)) as local:
        found = _session(local).importance(TURN, samples=8, cuts=4)

    assert found.largest is None
    assert _asked(local) == 8 * 4
    assert repr(found) == "<Importance for 20: no clear effect; 32 samples at 4 cuts>"


def test_the_share_of_another_value_can_be_measured() -> None:
    with ScriptedServer(Undecided()) as local:
        found = _session(local).importance(TURN, samples=12, cuts=3, rounds=0, value="19")

    assert found.largest is not None
    assert found.largest.effect < 0


def test_a_value_is_found_in_any_of_its_spellings() -> None:
    with ScriptedServer(Undecided()) as local:
        found = _session(local).importance(TURN, samples=2, cuts=2, rounds=0, value="20.0 minutes")

    assert found.value == "20"
    assert found.cuts[-1].hits == 2


def test_where_every_sample_failed_nothing_was_measured() -> None:
    def refusing(request: Request) -> Reply:
        return listing("llamacpp") if request.method == "GET" else failure(400, {})

    with ScriptedServer(refusing) as local:
        found = _session(local).importance(TURN, samples=2, cuts=3)

    assert repr(found) == (
        "<Importance for 20: nothing was measured; 0 samples at 3 cuts (6 failed)>"
    )
    assert found.failure.startswith("6 of 6 samples failed. The first: llamacpp answered 400")
    assert found.remarks == (found.failure,)


def test_segments_follow_each_other_and_are_data() -> None:
    # A runner closes its loop also where another test has nested loops; `asyncio.run` does not.
    with ScriptedServer(Undecided()) as local, asyncio.Runner() as runner:
        study = _session(local).importance_async(TURN, samples=4, cuts=5, rounds=0)
        found = runner.run(study)
    frame = found.to_frame()

    assert isinstance(found, Importance)
    assert tuple(frame.columns) == SEGMENT_COLUMNS
    assert frame["first"].tolist() == [0, *(last + 1 for last in frame["last"].tolist()[:-1])]
    assert frame["last"].tolist()[-1] == len(TURN.steps) - 1
    for segment in found:
        assert segment.low <= segment.effect <= segment.high


def test_the_same_study_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    with ScriptedServer(Undecided()) as local:
        _session(local).importance(TURN, samples=3, cuts=3, rounds=0, store=store)
        again = _session(local).importance(TURN, samples=4, cuts=3, rounds=0, store=store)

    assert _asked(local) == 4 * 3
    assert [cut.total for cut in again.cuts] == [4, 4, 4]


def test_a_budget_ends_it_in_order() -> None:
    with ScriptedServer(Undecided()) as local:
        found = _session(local).importance(
            TURN, samples=10, cuts=5, rounds=4, budget=Budget(tokens=2_000), concurrency=1
        )

    assert _asked(local) < 50
    assert sum(cut.total for cut in found.cuts) == _asked(local)


def test_all_stages_share_one_budget() -> None:
    usage = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}

    def counted(request: Request) -> Reply:
        if request.method == "GET":
            return listing("llamacpp")
        given = request.json["messages"][-1].get("reasoning_content", "")
        value = 20 if f"number {DECISIVE} of" in given else 19
        return Reply(chat_steps(answer=f"It is **{value}**.", usage=usage))

    with ScriptedServer(counted) as local:
        found = _session(local).importance(
            TURN, samples=10, cuts=2, budget=Budget(tokens=2_500), concurrency=1
        )

    # The cuts at both ends take 2,000 tokens, so the next one gets half of its samples.
    assert _asked(local) == 25
    assert [cut.total for cut in found.cuts] == [10, 5, 10]
    assert found.remarks == (
        "5 of 30 samples were not asked, or did not end.",
        "The budget of 2,500 tokens is used up.",
    )


def test_the_cost_is_an_upper_bound_and_known_before() -> None:
    with ScriptedServer(Undecided()) as local:
        session = _session(local)
        cost = session.importance_cost(TURN, samples=10, cuts=5, rounds=4)
        assert local.requests == []

    assert cost.calls == 90
    for wrong in ({"samples": 0}, {"cuts": "x"}, {"rounds": -1}):
        with pytest.raises(QwqError, match="Use a whole number"):
            session.importance_cost(TURN, **wrong)
    with pytest.raises(QwqError, match="The turn has no reasoning to study"):
        session.importance_cost(Turn("a", "", answer="12"))
    assert cost.input_tokens > 10 * cost.new_tokens


@pytest.mark.parametrize(
    ("turn", "options", "message"),
    [
        (Turn("a", "", answer="12"), {}, "The turn has no reasoning to study."),
        (Turn("a", "", reasoning="Hm."), {}, "The turn has no final value to measure. Name one"),
        (TURN, {"cuts": 1}, "cuts is 1. Use a whole number, 2 or more."),
        (TURN, {"samples": 0}, "samples is 0. Use a whole number, 1 or more."),
        (TURN, {"rounds": -1}, "rounds is -1. Use a whole number, 0 or more."),
        (TURN, {"value": ""}, "value is ''. Use a text such as value=\"42\"."),
        (TURN, {"value": 20}, 'value is 20. Use a text such as value="42".'),
        (TURN, {"n": 3}, "Unknown setting 'n'."),
    ],
)
def test_what_cannot_be_studied_is_refused(
    turn: Turn, options: dict[str, Any], message: str
) -> None:
    with ScriptedServer(Undecided()) as local:
        with pytest.raises(QwqError) as error:
            _session(local).importance(turn, **options)
        assert str(error.value).startswith(message)
        assert local.requests == []


def test_the_interval_of_a_difference_is_the_published_one() -> None:
    # Newcombe (1998), table II, method 10, case (a): 56/70 and 48/80.
    effect, low, high = difference(48, 80, 56, 70)

    assert (round(effect, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)
