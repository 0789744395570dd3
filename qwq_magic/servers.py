"""Servers by name: where they listen, which variable holds their key, what they serve."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

_DASHSCOPE_KEYS = ("AI_DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY")


@dataclass(frozen=True, slots=True)
class Server:
    """A preset.

    Attributes:
        name: what the user types after `-s`.
        base_url: what its documentation calls the base; "" where the user must give one.
        model: asked for when the user names none; "" where there is no sensible default.
        key_variables: environment variables that may hold its key, the first found wins.
        needs_key: is a request without a key pointless?
        start_hint: how to get it running, for a server on the user's own machine.
    """

    name: str
    base_url: str
    model: str = ""
    key_variables: tuple[str, ...] = ()
    needs_key: bool = False
    start_hint: str = ""


def _dashscope(name: str, host: str) -> Server:
    return Server(
        name,
        f"https://{host}/compatible-mode/v1",
        model="qwq-plus",
        key_variables=_DASHSCOPE_KEYS,
        needs_key=True,
    )


DEMO = Server("demo", "", model="demo (recording)")

SERVERS = MappingProxyType(
    {
        server.name: server
        for server in (
            DEMO,
            # A key belongs to one region; the wrong one gets a 401.
            _dashscope("dashscope", "dashscope.aliyuncs.com"),
            _dashscope("dashscope-intl", "dashscope-intl.aliyuncs.com"),
            _dashscope("dashscope-us", "dashscope-us.aliyuncs.com"),
            Server(
                "deepseek",
                "https://api.deepseek.com/v1",
                model="deepseek-reasoner",
                key_variables=("DEEPSEEK_API_KEY",),
                needs_key=True,
            ),
            Server(
                "openrouter",
                "https://openrouter.ai/api/v1",
                model="qwen/qwq-32b",
                key_variables=("OPENROUTER_API_KEY",),
                needs_key=True,
            ),
            Server(
                "ollama",
                "http://127.0.0.1:11434/v1",
                model="qwq",
                start_hint="`ollama serve`, then `ollama pull qwq`",
            ),
            Server(
                "vllm",
                "http://127.0.0.1:8000/v1",
                model="Qwen/QwQ-32B",
                key_variables=("VLLM_API_KEY",),
                start_hint="`vllm serve Qwen/QwQ-32B --reasoning-parser deepseek_r1`",
            ),
            Server(
                "sglang",
                "http://127.0.0.1:30000/v1",
                model="Qwen/QwQ-32B",
                start_hint="`python -m sglang.launch_server --model-path Qwen/QwQ-32B`",
            ),
            Server(
                "llamacpp",
                "http://127.0.0.1:8080/v1",
                model="qwq-32b",
                start_hint="`llama-server -m qwq-32b.gguf`",
            ),
            Server(
                "lmstudio",
                "http://127.0.0.1:1234/v1",
                model="qwq-32b",
                start_hint="the Developer tab of LM Studio",
            ),
            # Any other OpenAI-compatible server; the user gives its address and model.
            Server("custom", ""),
        )
    }
)


def is_dashscope(base_url: str) -> bool:
    """Is this one of Alibaba's own hosts, regional or a workspace's?"""
    host = urlsplit(base_url).hostname or ""
    return host == "aliyuncs.com" or host.endswith(".aliyuncs.com")
