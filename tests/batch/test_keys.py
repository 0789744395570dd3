from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qwq_magic import Limits, Prefix
from qwq_magic.batch.keys import sample_key
from qwq_magic.turns import ChatRequest, Message

_REQUEST = ChatRequest("Why?", "m", (Message("user", "Why?"),), {"top_p": 0.9, "max_tokens": 5})


def _key(request: ChatRequest = _REQUEST, **changed: Any) -> str:
    return sample_key(request, **{"server": "s", "limits": None, "number": 1, **changed})


def test_what_is_asked_again_has_the_same_key() -> None:
    again = replace(_REQUEST, turn_id="2", cell_id="c", conversation="other")
    assert _key(again) == _key()
    assert _key(replace(_REQUEST, parameters={"max_tokens": 5, "top_p": 0.9})) == _key()


@pytest.mark.parametrize(
    "request_",
    [
        replace(_REQUEST, messages=(Message("user", "Why not?"),)),
        replace(_REQUEST, messages=(Message("system", "Be short."), *_REQUEST.messages)),
        replace(_REQUEST, model="n"),
        replace(_REQUEST, parameters={}),
        replace(_REQUEST, prefix=Prefix("Hm.")),
    ],
)
def test_another_request_has_another_key(request_: ChatRequest) -> None:
    assert _key(request_) != _key()


@pytest.mark.parametrize("changed", [{"server": "t"}, {"limits": Limits(tokens=5)}, {"number": 2}])
def test_another_server_limit_or_sample_has_another_key(changed: dict[str, Any]) -> None:
    assert _key(**changed) != _key()


def test_half_a_surrogate_pair_has_a_key() -> None:
    assert len(_key(replace(_REQUEST, messages=(Message("user", "\ud83d"),)))) == 64
