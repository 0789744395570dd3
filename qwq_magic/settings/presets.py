"""Presets of servers: their address, the variables with their key, and their dialect.

A server that needs something special of its protocol gets a field here, and no branch
elsewhere. Sources: the vendors' API references as of 2026, and the servers' own code.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from qwq_magic.turns import Json

# The hosts of workspaces. Anyone can rent other names under aliyuncs.com.
_DASHSCOPE_HOSTS = (".dashscope.aliyuncs.com", ".maas.aliyuncs.com")
_DASHSCOPE_KEYS = ("AI_DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a server spells a parameter, and what it accepts.

    Attributes:
        path: its name, with dots for nested objects; "" for a parameter that is not sent.
        values: the server's spelling of some values; others are sent unchanged.
        levels: the words that it accepts, beside those in `values`; () if that is not known.
        least: the lowest number that it accepts; None for a parameter that is not a number.
        most: the highest number that it accepts; None if that is not known.
        accepts_zero: does 0, which turns thinking off, count although it is below `least`?
        has_effect: does the server do anything with it? If not, the user is warned.
        hint: what to use instead if it has no effect, or what it needs to have one.
    """

    path: str
    values: Mapping[Any, Any] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    accepts_zero: bool = False
    has_effect: bool = True
    hint: str = ""

    def value_of(self, value: Any) -> Any:
        return self.values.get(value, value) if isinstance(value, Hashable) else value

    def bounds_missed_by(self, value: Any) -> str:
        """Return what the server accepts if it rejects this value, otherwise ""."""
        if self.levels:
            is_known = isinstance(value, str) and value in (*self.levels, *self.values)
            return "" if is_known else f"one of {', '.join(self.levels)}"
        if self.least is None or (self.accepts_zero and value == 0 and type(value) is int):
            return ""
        is_low_enough = self.most is None or (type(value) is int and value <= self.most)
        if type(value) is int and value >= self.least and is_low_enough:
            return ""
        if self.most is None:
            return f"a whole number of tokens, {self.least:,} or more"
        return f"a whole number of tokens from {self.least:,} to {self.most:,}"


Spellings: TypeAlias = Mapping[str, Spelling]

# The levels of effort of OpenAI's API; which of them a model accepts depends on the model.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def without_effect(hint: str) -> Spelling:
    """Return the spelling of a parameter that the server ignores or rejects."""
    return Spelling("", has_effect=False, hint=hint)


NO_BUDGET = without_effect("use reasoning_effort")
ONE_REPLY = without_effect("it generates one reply")

_BY_TEMPLATE: Spellings = MappingProxyType(
    {"enable_thinking": Spelling("chat_template_kwargs.enable_thinking")}
)
# Parameters that nothing but the model's own template or prompt could obey.
_NO_SWITCH: Spellings = MappingProxyType(
    {
        name: without_effect("it has no parameter for this")
        for name in ("enable_thinking", "reasoning_effort", "thinking_budget")
    }
)
_BY_REASONING_OBJECT: Spellings = MappingProxyType(
    {
        "enable_thinking": Spelling("reasoning.enabled"),
        "reasoning_effort": Spelling("reasoning.effort", levels=EFFORTS),
        "thinking_budget": Spelling("reasoning.max_tokens", least=0),
    }
)


def _by_effort(
    *,
    on: str,
    levels: tuple[str, ...] = (),
    nearest: Mapping[str, str] | None = None,
) -> Spellings:
    """For servers that know levels of effort only: `none` turns thinking off, `on` turns it on.

    `nearest` has the level that is sent for another server's level.
    """
    return MappingProxyType(
        {
            "reasoning_effort": Spelling("reasoning_effort", nearest or {}, levels),
            "enable_thinking": Spelling(
                "reasoning_effort", MappingProxyType({True: on, False: "none"})
            ),
            "thinking_budget": NO_BUDGET,
        }
    )


# Levels of effort for servers that know fewer.
OLLAMA_EFFORTS = ("none", "low", "medium", "high", "max")
OLLAMA_NEAREST: Mapping[str, str] = MappingProxyType({"minimal": "low", "xhigh": "max"})
_UP_TO_HIGH: Mapping[str, str] = MappingProxyType(
    {"minimal": "low", "xhigh": "high", "max": "high"}
)


# A parameter that the client obeys by sending the reasoning back; the server has none for it.
_NOT_SENT: Spellings = MappingProxyType({"preserve_thinking": Spelling("")})


# How a server continues a reply whose beginning is given, as measured on running servers:
# - reasoning_field: the last message has the reasoning in its own field, and a flag;
# - think_in_content: the last message has `<think>` and the reasoning in its content, and a flag;
# - none: it cannot, so the reasoning so far has to be quoted in a new message;
# - auto: not known, and to be found out from the server.
Continues: TypeAlias = Literal["reasoning_field", "think_in_content", "none", "auto"]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A document that only one kind of server has: its path, and the type of one field in it."""

    path: str
    field: str
    value_type: type


@dataclass(frozen=True, slots=True)
class ServerPreset:
    """What is known of a server, or of a kind of server that people run themselves.

    Attributes:
        name: what the user types after `-s`.
        base_url: the base URL in its documentation; "" where the user must give one.
        preferences: the models to choose from where the user names none, best first; the first
            one that the server lists is taken.
        default_parameters: what makes such a model think, unless it always does.
        key_variables: environment variables that may hold its key; the first one set counts.
        needs_key: does it reject requests without a key?
        start_hint: how to start it, for a server on the user's own machine.
        spellings: its own spelling of `enable_thinking`, `thinking_budget`, `reasoning_effort`
            and other parameters, with their bounds.
        accepts_stream_options: does it report usage on request, rather than reject the request?
        splits_reasoning: does it separate reasoning from answer, once it is started right?
        reasoning_fields: fields of its own in which it sends the reasoning, looked at before
            the common ones (`reasoning_content`, `reasoning`, `thinking`).
        history_field: the field in which it takes earlier reasoning back, where the user
            asks for that; "" where it has none. By default no reasoning is sent.
        continues: how it continues a reply whose beginning is given.
        ends_reasoning: does it end the reasoning of a reply that streams, on request?
        budget_counts_prefix: does its budget of thinking include a given reasoning? One that is
            used up by it then has no effect, so the client watches the budget instead.
        resumes: does it go on with a reply whose connection breaks, and send the rest later?
        native_protocol: the protocol that it speaks beside OpenAI's; "" for none.
        lists_owner: the `owned_by` that it writes into its list of models, and no other does.
        fingerprint: an address by which it is recognised.
        idle_timeout_s: how long it may be silent, in seconds, where that is longer than usual.
    """

    name: str
    base_url: str
    preferences: tuple[str, ...] = ()
    default_parameters: Mapping[str, Json] = field(default_factory=dict)
    key_variables: tuple[str, ...] = ()
    needs_key: bool = False
    start_hint: str = ""
    spellings: Spellings = field(default_factory=dict)
    accepts_stream_options: bool = True
    splits_reasoning: bool = True
    reasoning_fields: tuple[str, ...] = ()
    history_field: str = ""
    continues: Continues = "auto"
    ends_reasoning: bool = False
    budget_counts_prefix: bool = False
    resumes: bool = False
    native_protocol: str = ""
    lists_owner: str = ""
    fingerprint: Fingerprint | None = None
    idle_timeout_s: float | None = None

    @property
    def model(self) -> str:
        """The model for a server whose list cannot be had; "" where none is sensible."""
        return self.preferences[0] if self.preferences else ""


def _dashscope(name: str, host: str, **fields: Any) -> ServerPreset:
    return ServerPreset(
        name,
        f"https://{host}/compatible-mode/v1",
        preferences=("qwq-plus", "qwen3.6-plus", "qwen3.8-max"),
        default_parameters={"enable_thinking": True},
        key_variables=_DASHSCOPE_KEYS,
        needs_key=True,
        # The highest budget depends on the model, see `model_rules`.
        spellings={
            "enable_thinking": Spelling("enable_thinking"),
            "thinking_budget": Spelling("thinking_budget", least=0),
            "reasoning_effort": Spelling("reasoning_effort", levels=EFFORTS),
        },
        # With `preserve_thinking`, which newer models have on.
        history_field="reasoning_content",
        # `partial` works in non-thinking mode only.
        continues="none",
        **{"native_protocol": "dashscope", **fields},
    )


def _service(name: str, base_url: str, **fields: Any) -> ServerPreset:
    """A hosted service, whose key is in a variable named after it."""
    variable = f"{name.upper()}_API_KEY"
    return ServerPreset(name, base_url, key_variables=(variable,), needs_key=True, **fields)


# Its recordings have branches.
DEMO = ServerPreset("demo", "", preferences=("demo (recording)",), continues="reasoning_field")
# Any other server; the user gives its address and model.
CUSTOM = ServerPreset("custom", "")

SERVERS = MappingProxyType(
    {
        server.name: server
        for server in (
            DEMO,
            # A key is valid in one region, and the other regions reply with a 401.
            _dashscope("dashscope", "dashscope.aliyuncs.com"),
            _dashscope("dashscope-intl", "dashscope-intl.aliyuncs.com"),
            _dashscope("dashscope-us", "dashscope-us.aliyuncs.com"),
            _dashscope("dashscope-hk", "cn-hongkong.dashscope.aliyuncs.com"),
            # Half the price, and a reply may begin up to an hour later. From its documentation;
            # it was not tried.
            _dashscope(
                "dashscope-batch",
                "batch.dashscope.aliyuncs.com",
                native_protocol="",
                idle_timeout_s=3_700.0,
            ),
            _service(
                "deepseek",
                "https://api.deepseek.com/v1",
                preferences=("deepseek-v4-pro", "deepseek-flash"),
                default_parameters={"enable_thinking": True},
                spellings={
                    **_NOT_SENT,
                    "enable_thinking": Spelling(
                        "thinking.type", MappingProxyType({True: "enabled", False: "disabled"})
                    ),
                    "reasoning_effort": Spelling(
                        "reasoning_effort",
                        MappingProxyType({"minimal": "low", "medium": "high", "xhigh": "max"}),
                        levels=("low", "high", "max"),
                    ),
                    "thinking_budget": NO_BUDGET,
                },
                # In turns with tools it is required: the request fails without.
                history_field="reasoning_content",
                # `prefix` exists on /beta only, and how it treats reasoning is unverified.
                continues="none",
            ),
            _service(
                "openrouter",
                "https://openrouter.ai/api/v1",
                preferences=(
                    "qwen/qwen3.6-plus",
                    "deepseek/deepseek-v4-pro",
                    "openai/gpt-oss-120b",
                ),
                spellings={**_NOT_SENT, **_BY_REASONING_OBJECT},
                history_field="reasoning",
            ),
            _service(
                "groq",
                "https://api.groq.com/openai/v1",
                preferences=("openai/gpt-oss-120b", "openai/gpt-oss-20b"),
                # Its Qwen models have no levels but `none` and `default`.
                spellings=_by_effort(
                    on="default",
                    levels=("none", "default", "low", "medium", "high"),
                    nearest=_UP_TO_HIGH,
                ),
            ),
            _service(
                "together",
                "https://api.together.xyz/v1",
                preferences=("openai/gpt-oss-120b", "deepseek-ai/DeepSeek-V4-Pro"),
                spellings={
                    "enable_thinking": Spelling("reasoning.enabled"),
                    "thinking_budget": NO_BUDGET,
                },
            ),
            _service(
                "fireworks",
                "https://api.fireworks.ai/inference/v1",
                preferences=(
                    "accounts/fireworks/models/deepseek-v4-pro",
                    "accounts/fireworks/models/glm-5p2",
                    "accounts/fireworks/models/gpt-oss-20b",
                ),
                spellings=_by_effort(on="medium"),
            ),
            # Chat completions have no reasoning here: that needs protocol="responses".
            _service(
                "openai",
                "https://api.openai.com/v1",
                preferences=("gpt-5.6", "gpt-5.5"),
                spellings={**_NOT_SENT, **_by_effort(on="medium", levels=EFFORTS)},
                continues="none",
            ),
            _service(
                "xai",
                "https://api.x.ai/v1",
                preferences=("grok-4.5", "grok-4.3"),
                spellings={
                    **_NOT_SENT,
                    **_by_effort(
                        on="medium",
                        levels=("none", "low", "medium", "high"),
                        nearest=_UP_TO_HIGH,
                    ),
                },
                continues="none",
            ),
            _service(
                "anthropic",
                "https://api.anthropic.com/v1",
                preferences=("claude-opus-5-5", "claude-haiku-5-5"),
                default_parameters={"enable_thinking": True},
                continues="none",
                native_protocol="anthropic",
            ),
            _service(
                "siliconflow",
                "https://api.siliconflow.cn/v1",
                preferences=("deepseek-ai/DeepSeek-V4-Pro",),
                spellings={
                    "enable_thinking": Spelling("enable_thinking"),
                    "thinking_budget": Spelling("thinking_budget", least=128, most=32_768),
                },
            ),
            ServerPreset(
                "ollama",
                "http://127.0.0.1:11434/v1",
                preferences=("qwq", "qwen3.6", "qwen3", "gpt-oss", "deepseek-r1"),
                start_hint="`ollama serve`, then `ollama pull qwq`",
                # `think` belongs to the native protocol; the compatible one ignores it.
                spellings={
                    **_by_effort(on="medium", levels=OLLAMA_EFFORTS, nearest=OLLAMA_NEAREST),
                    "n": ONE_REPLY,
                },
                # Only the templates of some models continue a given beginning.
                continues="auto",
                native_protocol="ollama",
                lists_owner="library",
                fingerprint=Fingerprint("/api/version", "version", str),
            ),
            ServerPreset(
                "vllm",
                "http://127.0.0.1:8000/v1",
                preferences=("Qwen/QwQ-32B",),
                key_variables=("VLLM_API_KEY",),
                start_hint="`vllm serve Qwen/QwQ-32B --reasoning-parser deepseek_r1`",
                spellings={
                    **_BY_TEMPLATE,
                    "thinking_budget": Spelling("thinking_token_budget", least=0),
                },
                # It ignores reasoning fields of a message.
                continues="think_in_content",
                lists_owner="vllm",
            ),
            ServerPreset(
                "sglang",
                "http://127.0.0.1:30000/v1",
                preferences=("Qwen/QwQ-32B",),
                start_hint=(
                    "`python -m sglang.launch_server --model-path Qwen/QwQ-32B "
                    "--reasoning-parser deepseek-r1 --port 30000`"
                ),
                spellings={
                    **_BY_TEMPLATE,
                    "thinking_budget": Spelling(
                        "custom_params.thinking_budget",
                        least=0,
                        hint="the server has to be started with --enable-strict-thinking",
                    ),
                },
                # Content that is not a string becomes a user message instead.
                continues="think_in_content",
                lists_owner="sglang",
            ),
            ServerPreset(
                "llamacpp",
                "http://127.0.0.1:8080/v1",
                preferences=("qwq-32b", "qwen/qwq-32b"),
                start_hint="`llama-server -m qwq-32b.gguf`",
                spellings={
                    **_BY_TEMPLATE,
                    "reasoning_effort": Spelling("chat_template_kwargs.reasoning_effort"),
                    # 0 has no effect after a template that opens the reasoning with a newline: that
                    # newline takes the place of the end that the server would force.
                    "thinking_budget": Spelling(
                        "thinking_budget_tokens", MappingProxyType({0: 1}), least=0
                    ),
                },
                continues="reasoning_field",
                ends_reasoning=True,
                budget_counts_prefix=True,
                resumes=True,
                lists_owner="llamacpp",
            ),
            ServerPreset(
                "lmstudio",
                "http://127.0.0.1:1234/v1",
                preferences=("qwq-32b", "qwen/qwq-32b"),
                start_hint="the Developer tab of LM Studio",
                spellings={"thinking_budget": NO_BUDGET},
                lists_owner="organization_owner",
                fingerprint=Fingerprint("/api/v0/models", "data", list),
            ),
            ServerPreset(
                "tgi",
                "http://127.0.0.1:3000/v1",
                preferences=("Qwen/QwQ-32B",),
                start_hint="`text-generation-launcher --model-id Qwen/QwQ-32B`",
                splits_reasoning=False,
                spellings=_NO_SWITCH,
            ),
            ServerPreset(
                "transformers",
                "http://127.0.0.1:8000/v1",
                preferences=("Qwen/QwQ-32B",),
                start_hint="`transformers serve`",
                # It rejects parameters that it knows and does not use.
                accepts_stream_options=False,
                spellings={
                    **_BY_TEMPLATE,
                    "reasoning_effort": without_effect("use enable_thinking"),
                    "thinking_budget": without_effect("use max_tokens"),
                },
                # It answers 422.
                continues="none",
            ),
            ServerPreset(
                "litellm",
                "http://127.0.0.1:4000/v1",
                key_variables=("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
                start_hint="`litellm --config config.yaml`",
            ),
            CUSTOM,
        )
    }
)


def usual_addresses() -> tuple[str, ...]:
    """The default addresses of the servers that people run themselves."""
    found = (server.base_url for server in SERVERS.values() if server.start_hint)
    return tuple(dict.fromkeys(found))


def server_at(base_url: str) -> ServerPreset:
    """The preset of this address, by its host; `custom` if none, and for this machine."""
    # Several kinds of server run on this machine, some on the same default port.
    host = _host(base_url)
    for server in SERVERS.values():
        if server.base_url.startswith("https:") and _host(server.base_url) == host:
            return server
    return SERVERS["dashscope"] if host.endswith(_DASHSCOPE_HOSTS) else CUSTOM


def preset_of(name: str, base_url: str) -> ServerPreset:
    """The preset of this name, or else of this address; `name` may also be a host."""
    return SERVERS.get(name) or server_at(base_url)


def is_dashscope(base_url: str) -> bool:
    """Is this one of Alibaba's hosts, of a region or of a workspace?"""
    host = _host(base_url)
    return host == "aliyuncs.com" or host.endswith(".aliyuncs.com")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
