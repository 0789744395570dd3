from collections.abc import Callable

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings import resolve
from qwq_magic.settings.layers import Choices, InlineThink
from qwq_magic.settings.presets import SERVERS, ServerPreset

KEY = "sk-0123456789abcdef0123456789"


def test_without_a_key_and_a_server_it_is_the_demo() -> None:
    settings = resolve(Choices(), {})

    assert (settings.server, settings.base_url, settings.api_key) == ("demo", "", None)


@pytest.mark.parametrize("variable", ["AI_DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY", "QWQ_API_KEY"])
def test_a_dashscope_key_is_enough_to_use_dashscope(variable: str) -> None:
    settings = resolve(Choices(), {variable: KEY})

    assert settings.server == "dashscope"
    assert settings.base_url == "https://dashscope.aliyuncs.com/compatible-mode/v1"
    assert settings.model == "qwq-plus"
    assert not settings.model_is_pinned
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY
    assert settings.api_key.source == variable


def test_the_spring_variable_wins_over_the_sdk_variable() -> None:
    settings = resolve(Choices(), {"DASHSCOPE_API_KEY": "b" * 20, "AI_DASHSCOPE_API_KEY": KEY})

    assert settings.api_key is not None
    assert settings.api_key.source == "AI_DASHSCOPE_API_KEY"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("dashscope", "dashscope.aliyuncs.com"),
        ("dashscope-intl", "dashscope-intl.aliyuncs.com"),
        ("dashscope-us", "dashscope-us.aliyuncs.com"),
        ("dashscope-hk", "cn-hongkong.dashscope.aliyuncs.com"),
    ],
)
def test_each_region_has_its_preset(name: str, host: str) -> None:
    settings = resolve(Choices(server=name), {"DASHSCOPE_API_KEY": KEY})

    assert settings.base_url == f"https://{host}/compatible-mode/v1"


def test_the_lane_at_half_the_price_may_be_silent_for_an_hour() -> None:
    environ = {"DASHSCOPE_API_KEY": KEY}
    settings = resolve(Choices(server="dashscope-batch"), environ)

    assert settings.base_url == "https://batch.dashscope.aliyuncs.com/compatible-mode/v1"
    assert settings.idle_timeout_s > 3_600
    own = resolve(Choices(server="dashscope-batch", idle_timeout_s=5.0), environ)
    assert own.idle_timeout_s == 5.0


@pytest.mark.parametrize(
    ("base_url", "server"),
    [
        ("https://ws1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://dashscope-intl.aliyuncs.com/api/v1", "dashscope-intl"),
        ("https://openrouter.ai/api/v1", "openrouter"),
    ],
)
def test_an_address_of_a_known_host_brings_its_preset(base_url: str, server: str) -> None:
    variable = SERVERS[server].key_variables[-1]

    settings = resolve(Choices(base_url=base_url), {variable: KEY})

    assert (settings.server, settings.base_url) == (server, base_url)
    assert settings.model == SERVERS[server].model
    assert settings.api_key is not None
    assert settings.api_key.source == variable


@pytest.mark.parametrize(
    "host", ["mine.oss-cn-beijing.aliyuncs.com", "dashscope.aliyuncs.com.example.com", "127.0.0.1"]
)
def test_a_host_that_only_looks_known_gets_no_key(host: str) -> None:
    environ = {"DASHSCOPE_API_KEY": KEY, "VLLM_API_KEY": KEY}

    settings = resolve(Choices(base_url=f"https://{host}/v1", model="m"), environ)

    assert (settings.server, settings.api_key) == (host, None)


@pytest.mark.parametrize(
    "server", [s for s in SERVERS.values() if s.name not in ("demo", "custom")]
)
def test_every_preset_is_whole(server: ServerPreset) -> None:
    environ = dict.fromkeys(server.key_variables, KEY)

    settings = resolve(Choices(server=server.name, model="m"), environ)

    assert settings.base_url == server.base_url
    assert settings.base_url.startswith("https:") == server.needs_key
    assert bool(server.start_hint) != server.needs_key


@pytest.mark.parametrize(
    ("server", "model", "chosen", "expected"),
    [
        ("tgi", "Qwen/QwQ-32B", "auto", "open"),
        ("tgi", "Qwen/Qwen3-4B-Thinking-2507", "auto", "open"),
        ("tgi", "meta/Llama-3", "auto", "auto"),
        ("tgi", "Qwen/QwQ-32B", "off", "off"),
        ("vllm", "Qwen/QwQ-32B", "auto", "auto"),
    ],
)
def test_text_begins_inside_reasoning_where_only_the_template_opens_it(
    server: str, model: str, chosen: InlineThink, expected: str
) -> None:
    settings = resolve(Choices(server=server, model=model, inline_think=chosen), {})

    assert settings.inline_think == expected


def test_the_qwq_variables_choose_server_model_address_and_key() -> None:
    environ = {
        "QWQ_BASE_URL": "http://127.0.0.1:9/v1/",
        "QWQ_MODEL": "m",
        "QWQ_API_KEY": KEY,
    }

    settings = resolve(Choices(), environ)

    assert (settings.server, settings.base_url) == ("127.0.0.1:9", "http://127.0.0.1:9/v1")
    assert (settings.model, settings.model_is_pinned) == ("m", True)
    assert settings.api_key is not None
    assert settings.api_key.source == "QWQ_API_KEY"


def test_a_key_for_one_host_is_not_sent_to_another() -> None:
    environ = {"QWQ_BASE_URL": "http://a.example/v1", "QWQ_MODEL": "m", "QWQ_API_KEY": KEY}

    for choices in (
        Choices(server="ollama"),
        Choices(base_url="http://b.example/v1", model="m"),
        Choices(base_url="http://a.example/v1", api_key=KEY).override(server="ollama"),
    ):
        assert resolve(choices, environ).api_key is None


def test_a_server_named_for_one_call_drops_what_was_chosen_for_another() -> None:
    choices = Choices(base_url="http://a.example/v1", model="a-model", api_key=KEY, system="be")

    settings = resolve(choices.override(server="ollama"), {})

    assert (settings.base_url, settings.model) == ("http://127.0.0.1:11434/v1", "qwq")
    assert settings.api_key is None
    assert settings.system == "be"


def test_parameters_of_a_call_join_those_of_the_session() -> None:
    choices = Choices(parameters={"a": 1, "b": 2}).override(parameters={"b": 3})

    assert choices.parameters == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("https://h.example/v1/chat/completions", "https://h.example/v1"),
        ("https://h.example/v1/chat/completions/", "https://h.example/v1/chat/completions/"),
        (" http://[::1]:1/v1 ", "http://[::1]:1/v1"),
        (
            "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
            "https://dashscope.aliyuncs.com/api/v1",
        ),
    ],
)
def test_an_address_is_taken_as_people_paste_it(url: str, clean: str) -> None:
    assert resolve(Choices(base_url=url, model="m", api_key=KEY), {}).base_url == clean


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda: Choices(server="nope"), "Unknown server 'nope'. Known: demo, dashscope"),
        (
            lambda: Choices(protocol="grpc"),  # type: ignore[arg-type]  # wrong on purpose
            "Unknown protocol 'grpc'. Known: auto, openai, dashscope, ollama",
        ),
        (lambda: Choices().override(colour=1), "Unknown setting 'colour'. Settings: server"),  # type: ignore[call-arg]  # wrong on purpose
        (lambda: resolve(Choices(server="dashscope"), {}), "Set AI_DASHSCOPE_API_KEY or"),
        (lambda: resolve(Choices(server="custom"), {}), "has no address"),
        (
            lambda: resolve(Choices(base_url="localhost:8000", model="m"), {}),
            "is not a valid base_url",
        ),
        (
            lambda: resolve(Choices(base_url="http://h:x/v1", model="m"), {}),
            "is not a valid base_url",
        ),
        (lambda: resolve(Choices(base_url="http://u:p@h/v1", model="m"), {}), "api_key instead"),
        (lambda: resolve(Choices(base_url="http://h/v1"), {}), "No model is set for http://h/v1"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(
    choose: Callable[[], object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose()

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_repr_shows_a_key() -> None:
    choices = Choices(api_key=KEY)

    assert KEY not in repr(choices)
    assert KEY not in repr(resolve(choices, {}))


@pytest.mark.parametrize(
    "choose",
    [
        lambda key: Choices(server=key),
        lambda key: Choices(protocol=key),
        lambda key: resolve(Choices(base_url=key, model="m"), {}),
        lambda key: resolve(Choices(), {"QWQ_SERVER": key}),
        lambda key: resolve(Choices(), {"QWQ_BASE_URL": key, "QWQ_MODEL": "m"}),
    ],
)
def test_a_key_in_a_wrong_place_is_not_quoted(choose: Callable[[str], object]) -> None:
    key = "sk-f3a91c07b2e84d6590"

    with pytest.raises(ConfigurationError) as caught:
        choose(key)

    assert key not in str(caught.value)
    assert "***" in str(caught.value)


@pytest.mark.parametrize(
    ("choices", "environ", "is_sent"),
    [
        (Choices(server="dashscope"), {"DASHSCOPE_API_KEY": KEY}, True),
        (
            Choices(server="dashscope", base_url="https://x.cn-beijing.maas.aliyuncs.com/v1"),
            {"DASHSCOPE_API_KEY": KEY},
            True,
        ),
        (
            Choices(server="dashscope", base_url="https://evil.example/v1"),
            {"DASHSCOPE_API_KEY": KEY},
            False,
        ),
        (
            Choices(server="deepseek", base_url="https://dashscope.aliyuncs.com/v1"),
            {"DEEPSEEK_API_KEY": KEY},
            False,
        ),
        (Choices(server="vllm", base_url="http://gpu:8000/v1"), {"VLLM_API_KEY": KEY}, True),
        (Choices(server="sglang"), {"QWQ_API_KEY": KEY}, True),
        (Choices(server="custom", base_url="http://h/v1", model="m"), {"QWQ_API_KEY": KEY}, True),
        (
            Choices(base_url="http://a/v1", model="m"),
            {"QWQ_BASE_URL": "http://a/v1", "QWQ_API_KEY": KEY},
            True,
        ),
        (
            Choices(base_url="http://b/v1", model="m"),
            {"QWQ_BASE_URL": "http://a/v1", "QWQ_API_KEY": KEY},
            False,
        ),
        (
            Choices(base_url="http://MyHost:8000/v1", model="m"),
            {"QWQ_BASE_URL": " http://myhost:8000/v1", "QWQ_API_KEY": KEY},
            True,
        ),
        (Choices(server="ollama"), {"QWQ_BASE_URL": "http://[::1", "QWQ_API_KEY": KEY}, False),
        (Choices(server="ollama"), {"QWQ_SERVER": "vllm", "QWQ_API_KEY": KEY}, False),
    ],
)
def test_a_key_goes_where_it_was_set_for_and_nowhere_else(
    choices: Choices, environ: dict[str, str], is_sent: bool
) -> None:
    assert (resolve(choices, environ).api_key is not None) == is_sent


def test_a_vendors_name_is_not_lent_to_another_host() -> None:
    choices = Choices(server="dashscope", base_url="http://127.0.0.1:9/v1")

    assert resolve(choices, {}).server == "127.0.0.1:9"


def test_what_is_unsafe_elsewhere_is_not_carried_to_another_server() -> None:
    choices = Choices(base_url="http://gpu/v1", inline_think="open", allow_insecure_key=True)

    other = choices.override(server="vllm")

    assert (other.inline_think, other.allow_insecure_key) == (None, None)


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda: Choices(parameters="abc"), "parameters is 'abc'. Use a mapping"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Choices().override(parameters=[1]), "parameters is [1]. Use a mapping"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Choices(base_url=5), "base_url is 5. Use a string."),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Choices(idle_timeout_s=-1), "idle_timeout_s is -1. Use a number above zero."),
        (lambda: Choices(connect_timeout_s="x"), "Use a number of seconds."),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: resolve(Choices(base_url="ftp://u:hunter2@h", model="m"), {}), "ftp://***@h"),
        (
            lambda: resolve(Choices(server="demo", base_url="http://h/v1"), {}),
            'server="demo" and base_url contradict each other',
        ),
        (lambda: resolve(Choices(), {"QWQ_SERVER": "nope"}), "QWQ_SERVER: Unknown server 'nope'"),
    ],
)
def test_a_value_of_another_kind_is_one_clear_line(
    choose: Callable[[], object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose()

    assert message in str(caught.value)
