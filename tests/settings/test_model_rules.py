"""What a name tells about a model."""

from __future__ import annotations

import pytest

from qwq_magic.settings.model_rules import thinks, thinks_adaptively


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
        "gpt-5.6-mini",
        "openai/gpt-5",
        "grok-4-1-fast-reasoning",
        "grok-3-mini",
        "claude-3-7-sonnet-20250219",
        "claude-opus-4-8",
        "anthropic/claude-sonnet-4.5",
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
        "gpt-5-chat-latest",
        "grok-4-1-fast-non-reasoning",
        "grok-3",
        "claude-3-5-haiku-latest",
    ],
)
def test_other_names_promise_nothing(model: str) -> None:
    assert not thinks(model)


@pytest.mark.parametrize(
    ("model", "is_adaptive"),
    [
        ("claude-opus-4-6", True),
        ("claude-opus-4-8", True),
        ("anthropic/claude-sonnet-4.6", True),
        ("claude-sonnet-5", True),
        ("claude-mythos-preview", True),
        ("claude-opus-4-5-20251101", False),
        ("claude-opus-4-1", False),
        ("claude-sonnet-4", False),
        ("claude-sonnet-4-20250514", False),
        ("claude-sonnet-4@20250514", False),
        ("claude-haiku-4.5", False),
        ("claude-3-7-sonnet-latest", False),
        ("claude-2.1", False),
        ("qwen3", False),
    ],
)
def test_claude_models_since_4_6_decide_themselves_how_much_they_think(
    model: str, is_adaptive: bool
) -> None:
    assert thinks_adaptively(model) is is_adaptive
