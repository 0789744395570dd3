"""Limits of a reasoning: each strikes once, is kept in the turn, and costs little to watch."""

from __future__ import annotations

from typing import Any

import pytest
from continuing import ANSWER, REASONING, SENTENCES, HeldServer, llama_cpp, vllm, words
from server import Request, ScriptedServer, chat, failure

from qwq_magic import Limits, Prefix, Session
from qwq_magic.errors import ConfigurationError
from qwq_magic.steering.limit_watch import LimitWatch

LOOP = "Let me check this once again, from the start. "


def _session(local: ScriptedServer, **settings: Any) -> Session:
    return Session(server="vllm", model="m", base_url=local.url, **settings)


@pytest.mark.parametrize(
    ("limits", "thought", "struck"),
    [
        (Limits(tokens=10), REASONING, "tokens=10"),
        (Limits(loops=1), LOOP * 20, "loops=1"),
        (
            Limits(same=2),
            "So the answer is 42. Let me check it. So the answer is 42. Hm.",
            "same=2",
        ),
        (Limits(match=r"\btenths\b"), REASONING, r"match=\btenths\b"),
    ],
)
def test_a_limit_ends_the_reasoning_and_asks_for_the_answer(
    limits: Limits, thought: str, struck: str
) -> None:
    def play(request: Request) -> Any:
        if request.json["messages"][-1]["role"] == "assistant":
            return chat(answer=ANSWER)
        return vllm(request)

    held = HeldServer(play, thought=thought + " And so on.")
    with held.server as local:
        session = _session(local)
        turn = session.ask("9.9?", limits=limits)

    assert turn.complete
    assert turn.answer == ANSWER
    assert str(turn.stopped_by) == struck
    assert turn.stopped_by is not None
    # All that had arrived by then, what struck included.
    assert turn.stopped_by.characters == len(turn.reasoning)
    assert f"Limit reached ({struck}): answering now." in turn.notices
    assert session.memory.turns == (turn,)


def test_seconds_strike_while_nothing_arrives() -> None:
    held = HeldServer(vllm)
    with held.server as local:
        turn = _session(local).ask("9.9?", limits=Limits(seconds=0.05))

    assert str(turn.stopped_by) == "seconds=0.05"
    assert turn.answer == ANSWER


def test_a_limit_may_stop_instead() -> None:
    held = HeldServer(vllm)
    with held.server as local:
        turn = _session(local).ask("9.9?", limits=Limits(match="whole parts", then="stop"))

        assert len(local.requests) == 1
    assert turn.state == "stopped"
    assert turn.error is None
    assert turn.stopped_by is not None
    assert (turn.stopped_by.limit, turn.stopped_by.then) == ("match", "stop")


def test_limits_do_not_touch_the_answer() -> None:
    with ScriptedServer(chat(reasoning="Hm.", answer="A long answer, word after word.")) as local:
        turn = _session(local).ask("9.9?", limits=Limits(tokens=5, match="word"))

    assert turn.stopped_by is None
    assert turn.answer == "A long answer, word after word."


def test_limits_may_be_a_setting_which_a_call_takes_back() -> None:
    held = HeldServer(vllm)
    with held.server as local:
        session = _session(local, limits={"tokens": 5})
        first = session.ask("9.9?")
        second = session.ask("9.9?", limits=Limits())

    assert str(first.stopped_by) == "tokens=5"
    assert second.stopped_by is None


def test_a_limit_of_tokens_is_the_budget_of_a_server_that_has_one() -> None:
    with ScriptedServer(chat(answer="42")) as local:
        session = _session(local)
        session.ask("9.9?", limits=Limits(tokens=500))
        session.ask("9.9?", limits=Limits(tokens=500), parameters={"thinking_budget": 9})
        session.ask("9.9?", limits=Limits(tokens=500, then="stop"))
        budgets = [r.json.get("thinking_token_budget") for r in local.requests]

    assert budgets == [500, 9, None]


def test_a_budget_that_would_count_the_given_reasoning_is_watched_instead() -> None:
    def play(request: Request) -> Any:
        if request.path.endswith("/control"):
            held.gate.set()
            return failure(200, {"success": True})
        return llama_cpp(request)

    held = HeldServer(play)
    with held.server as local:
        session = Session(server="llamacpp", model="m", base_url=local.url, idle_timeout_s=5)
        turn = session.ask("9.9?", prefix=Prefix("Hm. " * 99), parameters={"thinking_budget": 10})
        sent = [r.json for r in local.requests]

    assert "thinking_budget_tokens" not in sent[0]
    assert sent[1:] == [{"id": "c1", "action": "reasoning_end"}]
    assert str(turn.stopped_by) == "tokens=10"
    assert turn.answer == ANSWER
    assert turn.parameters["thinking_budget"] == 10


def test_no_thinking_is_a_budget_that_llama_cpp_obeys() -> None:
    with ScriptedServer(chat(answer="42")) as local:
        session = Session(server="llamacpp", model="m", base_url=local.url)
        session.ask("9.9?", parameters={"thinking_budget": 0})

        assert local.requests[0].json["thinking_budget_tokens"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"tokens": 0},
        {"tokens": True},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"loops": 1.5},
        {"match": "("},
        {"match": 3},
        {"then": "wait"},
        {"tokns": 3},
    ],
)
def test_a_wrong_limit_costs_no_request(wrong: dict[str, Any]) -> None:
    with ScriptedServer(chat(answer="42")) as local:
        with pytest.raises(ConfigurationError):
            _session(local).ask("9.9?", limits=wrong)

        assert local.requests == []


def test_watching_looks_at_each_character_a_few_times_at_most() -> None:
    """Counted, not timed: what a pattern is asked to look at, for a text in tiny pieces."""
    watch = LimitWatch(Limits(match="never there"))
    looked_at = 0

    class Counting:
        def search(self, window: str, begin: int = 0) -> None:
            nonlocal looked_at
            looked_at += len(window) - begin

    watch._pattern = Counting()  # type: ignore[assignment]
    pieces = words(REASONING) * 400
    for piece in pieces:
        assert watch.feed(piece) is None

    # 200 characters with each piece, and now and then a longer look back.
    assert looked_at < len(pieces) * 220 + 3 * len("".join(pieces))


def test_a_match_is_found_wherever_it_is_cut() -> None:
    for size in (1, 3, 7, 50):
        watch = LimitWatch(Limits(match="parts are equal"))
        text = "".join(SENTENCES)
        struck = [watch.feed(text[at : at + size]) for at in range(0, len(text), size)]

        assert any(struck)


def test_a_limit_does_not_keep_a_model_from_thinking() -> None:
    def play(request: Request) -> Any:
        if request.method == "GET":
            return failure(200, {"data": [{"id": "qwen3.6-plus"}]})
        return chat(reasoning="Hm.", answer="42")

    with ScriptedServer(play) as local:
        session = Session(server="dashscope", base_url=local.url, api_key="k")
        session.ask("9.9?", limits=Limits(tokens=500))
        body = local.requests[-1].json

    assert (body["enable_thinking"], body["thinking_budget"]) == (True, 500)
