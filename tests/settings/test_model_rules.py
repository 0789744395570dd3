"""What a name tells about a model."""

from __future__ import annotations

import pytest

from qwq_magic.settings.model_rules import thinks


@pytest.mark.parametrize(
    "model",
    [
        "qwq-plus",
        "Qwen/QwQ-32B",
        "qwen3:8b",
        "qwen3-4b-thinking-2507",
        "qwen3.8-max",
        "qwen3-vl-8b-thinking",
        "deepseek-r1:7b",
        "accounts/fireworks/models/deepseek-r1-0528",
        "deepseek-reasoner",
        "openai/gpt-oss-20b",
        "o3-mini",
        "kimi-k2-thinking",
        "phi-4-reasoning",
    ],
)
def test_a_family_that_thinks_is_known_by_its_name(model: str) -> None:
    assert thinks(model)


@pytest.mark.parametrize(
    "model",
    [
        "llama3.1",
        "gpt-4o",
        "deepseek-chat",
        "qwen2.5-72b-instruct",
        "qwen3-30b-a3b-instruct-2507",
        "qwen3-coder",
        "qwen3-embedding-8b",
        "x-non-thinking",
        "text-embedding-3-small",
    ],
)
def test_other_names_promise_nothing(model: str) -> None:
    assert not thinks(model)
