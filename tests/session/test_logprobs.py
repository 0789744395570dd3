"""Log-probabilities that a server sends, on a real socket: kept with the turn and its steps."""

from __future__ import annotations

from typing import Any

import pytest
from server import DONE, Reply, Request, ScriptedServer, chat, sse

from qwq_magic import Session, Turn

REASONING = "We add the numbers of the two rows first. So the sum of both is twenty. "
ANSWER = "It is **20**."


def _chunk(text: str, field: str, logprob: float, *, beside: str = "content") -> bytes:
    top = [{"logprob": -0.1}, {"logprob": -3}]
    token = {"token": text, "logprob": logprob, "top_logprobs": top}
    choice = {"index": 0, "delta": {field: text}, "logprobs": {beside: [token]}}
    return sse({"id": "c", "choices": [choice]})


def _reply(beside: str) -> Reply:
    words = [f"{word} " for word in REASONING.split(" ")[:-1]]
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return Reply(
        [
            *(_chunk(word, "reasoning_content", -0.25, beside=beside) for word in words),
            *(_chunk(part, "content", -0.5) for part in ("It is ", "**20**.")),
            sse({"id": "c", "choices": [last]}),
            DONE,
        ]
    )


@pytest.mark.parametrize("beside", ["content", "reasoning_content"])
def test_a_turn_has_the_log_probabilities_of_its_steps_and_of_its_answer(beside: str) -> None:
    def play(request: Request) -> Reply:
        assert request.json["logprobs"] is True
        return _reply(beside)

    with ScriptedServer(play) as local:
        session = Session("custom", "m", base_url=local.url)
        turn = session.ask("The sum?", parameters={"logprobs": True, "top_logprobs": 2})

    assert (turn.reasoning, turn.answer) == (REASONING, ANSWER)
    assert [step.logprob for step in turn.steps] == [-0.25] * len(turn.steps)
    assert all(step.entropy is not None and step.entropy > 0 for step in turn.steps)
    assert turn.logprobs is not None
    assert sum(mark.tokens for mark in turn.logprobs.reasoning) == len(REASONING.split())
    assert turn.logprobs.answer_probability == pytest.approx(0.3679, abs=0.001)
    assert Turn.from_dict(turn.to_dict()).steps == turn.steps


def test_a_reply_without_them_has_none() -> None:
    with ScriptedServer(lambda _request: chat(reasoning="Hm.", answer="20")) as local:
        turn = Session("custom", "m", base_url=local.url).ask("The sum?")

    assert turn.logprobs is None
    assert "logprobs" not in turn.to_dict()
    assert turn.steps[0].logprob is None


@pytest.mark.parametrize("logprobs", [None, "all", {"content": [{"token": {}}]}, {"content": 3}])
def test_a_form_that_is_not_known_costs_no_text(logprobs: Any) -> None:
    choice = {"index": 0, "delta": {"content": "20"}, "logprobs": logprobs}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    steps = [sse({"id": "c", "choices": [choice]}), sse({"id": "c", "choices": [last]}), DONE]
    with ScriptedServer(lambda _request: Reply(steps)) as local:
        turn = Session("custom", "m", base_url=local.url).ask("The sum?")

    assert (turn.answer, turn.complete, turn.logprobs) == ("20", True, None)
