"""A protocol is found by its name, or by the address."""

from __future__ import annotations

from typing import get_args

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings.layers import ProtocolName
from qwq_magic.settings.presets import SERVERS, server_at
from qwq_magic.wire.protocols import PROTOCOLS, protocol_at, wire_protocol

BASE = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "openai"),
        ("https://dashscope.aliyuncs.com/api/v1", "dashscope"),
        ("https://cn-hongkong.dashscope.aliyuncs.com/api/v1/", "dashscope"),
        ("https://ws1.eu-central-1.maas.aliyuncs.com/api/v1", "dashscope"),
        ("https://openrouter.ai/api/v1", "openai"),
        ("https://dashscope.aliyuncs.com.example.com/api/v1", "openai"),
        ("http://127.0.0.1:8000/v1", "openai"),
        ("http://127.0.0.1:11434/v1", "openai"),
        ("http://127.0.0.1:11434", "ollama"),
        ("http://gpu-box:11434/", "ollama"),
        ("http://gpu-box:11434/api", "ollama"),
        ("https://models.example.com/api/chat", "ollama"),
        ("https://api.openai.com/v1", "openai"),
        ("https://api.x.ai/v1", "openai"),
        ("https://api.openai.com/v1/responses", "responses"),
        ("http://127.0.0.1:8080/v1/responses/", "responses"),
        ("http://127.0.0.1:8080/v1/messages", "anthropic"),
        ("https://dashscope.aliyuncs.com/apps/anthropic", "anthropic"),
        ("https://api.deepseek.com/anthropic", "anthropic"),
        ("http://127.0.0.1:8000", ""),
        ("https://gateway.example.com/llm", ""),
    ],
)
def test_the_address_names_the_protocol_or_leaves_it_open(base_url: str, expected: str) -> None:
    assert protocol_at(base_url) == expected


def test_the_names_a_user_may_choose_are_the_protocols_there_are() -> None:
    assert ("auto", *PROTOCOLS) == get_args(ProtocolName)
    assert {server.native_protocol for server in SERVERS.values()} <= {"", *PROTOCOLS}


@pytest.mark.parametrize("base_url", ["https://api.anthropic.com/v1", "https://api.anthropic.com"])
def test_anthropics_own_host_speaks_its_own_protocol(base_url: str) -> None:
    assert wire_protocol("auto", base_url, server_at(base_url)) is PROTOCOLS["anthropic"]
    assert wire_protocol("openai", base_url, server_at(base_url)) is PROTOCOLS["openai"]


def test_a_name_outweighs_the_address() -> None:
    assert wire_protocol("ollama", BASE) is PROTOCOLS["ollama"]
    assert wire_protocol("auto", BASE) is PROTOCOLS["openai"]


def test_the_native_path_depends_on_the_model() -> None:
    path_for = PROTOCOLS["dashscope"].path_for

    assert path_for("qwq-plus") == "/services/aigc/text-generation/generation"
    assert path_for("qwen3-max") == "/services/aigc/text-generation/generation"
    for model in ("qwen3.6-plus", "qwen3.8-max", "qwen-vl-max", "qvq-max"):
        assert path_for(model) == "/services/aigc/multimodal-generation/generation"


def test_an_unknown_protocol_names_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match="auto, openai, dashscope, ollama, responses, anthropic"
    ):
        wire_protocol("carrier-pigeon", BASE)
