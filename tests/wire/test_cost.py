"""What a server charged, which few report: OpenRouter does, in its usage."""

from __future__ import annotations

from typing import Any

import pytest
from server import ScriptedServer, chat

from qwq_magic import Session, Turn


def _turn(usage: dict[str, Any]) -> Turn:
    with ScriptedServer(chat(answer="42", usage={"prompt_tokens": 5, **usage})) as server:
        return Session(base_url=server.url, model="m").ask("Why?")


def test_a_reported_cost_is_part_of_the_turn_and_of_its_file() -> None:
    turn = _turn({"cost": 0.0123})
    assert turn.cost == 0.0123
    assert Turn.from_dict(turn.to_dict()).cost == 0.0123


@pytest.mark.parametrize("cost", [None, "0.01", -1, True, 1e300, [], float("inf")])
def test_what_cannot_be_a_cost_is_none(cost: Any) -> None:
    turn = _turn({"cost": cost})
    assert turn.cost is None
    # Versions before it do not read a file in which they find it.
    assert "cost" not in turn.to_dict()
