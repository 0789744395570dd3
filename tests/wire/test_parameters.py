"""Users type one name; each server gets its own."""

from __future__ import annotations

from typing import Any

import pytest

from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.wire.openai import encode
from qwq_magic.wire.parameters import spelled


@pytest.mark.parametrize(
    ("server", "parameters", "expected"),
    [
        ("dashscope", {"enable_thinking": True, "thinking_budget": 9}, None),
        ("siliconflow", {"enable_thinking": True, "thinking_budget": 9}, None),
        ("custom", {"enable_thinking": True, "reasoning_effort": "low"}, None),
        (
            "vllm",
            {"enable_thinking": False, "thinking_budget": 9, "top_k": 1},
            {
                "chat_template_kwargs": {"enable_thinking": False},
                "thinking_token_budget": 9,
                "top_k": 1,
            },
        ),
        (
            "sglang",
            {"enable_thinking": True, "chat_template_kwargs": {"a": 1}},
            {"chat_template_kwargs": {"a": 1, "enable_thinking": True}},
        ),
        (
            "llamacpp",
            {"enable_thinking": True, "chat_template_kwargs": {"enable_thinking": False}},
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        (
            "openrouter",
            {"enable_thinking": True, "thinking_budget": 9, "reasoning_effort": "low"},
            {"reasoning": {"enabled": True, "effort": "low", "max_tokens": 9}},
        ),
        ("together", {"enable_thinking": False}, {"reasoning": {"enabled": False}}),
        ("deepseek", {"enable_thinking": True}, {"thinking": {"type": "enabled"}}),
        ("deepseek", {"enable_thinking": False}, {"thinking": {"type": "disabled"}}),
        ("ollama", {"enable_thinking": False}, {"reasoning_effort": "none"}),
        (
            "groq",
            {"enable_thinking": True, "reasoning_effort": "high"},
            {"reasoning_effort": "high"},
        ),
        ("transformers", {"reasoning_effort": "high"}, {}),
    ],
)
def test_a_parameter_goes_under_the_servers_own_name(
    server: str, parameters: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    expected = parameters if expected is None else expected

    assert spelled(parameters, SERVERS[server].spellings) == expected


def test_the_users_own_object_stays_as_it_is() -> None:
    own = {"a": 1}

    spelled({"chat_template_kwargs": own, "enable_thinking": True}, SERVERS["vllm"].spellings)

    assert own == {"a": 1}


def test_usage_is_asked_for_only_where_that_is_allowed() -> None:
    request = ChatRequest("Hi", "m", (Message("user", "Hi"),))

    assert "stream_options" not in encode(request, SERVERS["transformers"])
    assert encode(request, SERVERS["tgi"])["stream_options"] == {"include_usage": True}
