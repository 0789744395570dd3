"""Lists of models, in the shapes that servers send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.wire.model_list import ListedModel, models_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"object": "list", "data": [{"id": "Qwen/QwQ-32B", "owned_by": "vllm"}]},
            (ListedModel("Qwen/QwQ-32B", thinks=True, owner="vllm"),),
        ),
        (
            {"models": [{"name": "llama3:8b", "model": "llama3:8b"}]},
            (ListedModel("llama3:8b", thinks=False),),
        ),
        (
            [{"id": "a"}, {"id": "a"}, {"id": "b"}],
            (ListedModel("a", False), ListedModel("b", False)),
        ),
        ({"data": []}, ()),
        ({"data": [3, {}, {"id": 5}, {"id": "a\nb"}, {"id": "\x1b[31mred"}]}, ()),
        ({"data": [{"id": "x" * 201}, {"id": "\u202eevil"}, {"id": "\ud800"}]}, ()),
        ({"data": "x"}, None),
        ({"error": "no"}, None),
        ("x", None),
    ],
)
def test_a_list_is_read_and_what_cannot_be_typed_is_left_out(
    value: Any, expected: tuple[ListedModel, ...] | None
) -> None:
    assert models_in(json.dumps(value).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_what_is_no_list_is_none(body: bytes) -> None:
    assert models_in(body) is None


@pytest.mark.parametrize(
    ("said", "thinks"),
    [
        ({"supported_parameters": ["reasoning", "stop"]}, True),
        ({"supported_parameters": ["stop"]}, False),
        ({"capabilities": ["completion", "thinking"]}, True),
        ({"capabilities": ["completion"]}, False),
        ({"capabilities": {"thinking": True}}, True),
        ({"capabilities": {"vision": True}}, True),
        ({"capabilities": {"thinking": {"supported": True, "types": {}}}}, True),
        ({"capabilities": {"thinking": {"supported": False, "types": {}}}}, False),
        ({"capabilities": {"thinking": None}}, False),
        ({}, True),
    ],
)
def test_what_a_server_says_goes_before_what_the_name_tells(
    said: dict[str, Any], thinks: bool
) -> None:
    models = models_in(json.dumps({"data": [{"id": "qwq-32b", **said}]}).encode())

    assert models == (ListedModel("qwq-32b", thinks=thinks),)
