"""A key goes to the one host it was given for."""

from __future__ import annotations

import pytest

from qwq_magic import Session
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.settings import resolve
from qwq_magic.settings.key_ring import KeyRing, keys_at_hand, require_no_key_in
from qwq_magic.settings.layers import Choices, layer_of
from qwq_magic.settings.presets import SERVERS

KEY = "sk-0123456789abcdefghij"
OTHER = "sk-9876543210zyxwvutsrq"


def ring_with(server: str, base_url: str = "", key: str = KEY) -> KeyRing:
    keys = KeyRing()
    preset = SERVERS[server]
    keys.put(ApiKey(key, source="%qwq_login"), server=preset, base_url=base_url or preset.base_url)
    return keys


@pytest.mark.parametrize(
    ("choices", "is_sent"),
    [
        (Choices(server="dashscope"), True),
        (Choices(server="dashscope", base_url="https://dashscope.aliyuncs.com/api/v1"), True),
        (Choices(base_url="https://DashScope.aliyuncs.com/api/v1", model="m"), True),
        (Choices(base_url="https://dashscope.aliyuncs.com.evil.example/v1", model="m"), False),
        (Choices(server="ollama"), False),
    ],
)
def test_a_key_given_by_hand_goes_to_its_host_and_nowhere_else(
    choices: Choices, is_sent: bool
) -> None:
    settings = resolve(choices, {}, ring_with("dashscope"))

    assert (settings.api_key is not None) == is_sent


@pytest.mark.parametrize(
    ("project", "environ", "withheld"),
    [
        ({"base_url": "http://h/v1"}, {"QWQ_API_KEY": KEY}, "QWQ_API_KEY"),
        ({"server": "vllm", "base_url": "http://h/v1"}, {"VLLM_API_KEY": KEY}, "VLLM_API_KEY"),
        ({"server": "vllm"}, {"VLLM_API_KEY": KEY}, ""),
        ({"base_url": "http://h/v1"}, {"GROQ_API_KEY": KEY}, ""),
    ],
)
def test_a_variable_whose_key_stays_here_is_known(
    project: dict[str, str], environ: dict[str, str], withheld: str
) -> None:
    layer = layer_of({**project, "model": "m"}, "pyproject.toml")

    assert resolve(Choices(), environ, project=layer).withheld_key == withheld


def test_a_key_for_one_region_is_not_sent_to_another() -> None:
    with pytest.raises(ConfigurationError, match="No key for dashscope-intl"):
        resolve(Choices(server="dashscope-intl"), {}, ring_with("dashscope"))


def test_a_key_given_by_hand_goes_before_a_variable() -> None:
    settings = resolve(
        Choices(server="dashscope"), {"DASHSCOPE_API_KEY": OTHER}, ring_with("dashscope")
    )

    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY


def test_a_key_of_one_call_goes_before_all() -> None:
    choices = Choices(server="dashscope", api_key=OTHER)

    settings = resolve(choices, {}, ring_with("dashscope"))

    assert settings.api_key is not None
    assert settings.api_key.reveal() == OTHER


def test_the_server_a_key_was_given_for_is_the_one_to_ask() -> None:
    keys = ring_with("deepseek")

    assert resolve(Choices(), {"DASHSCOPE_API_KEY": OTHER}, keys).server == "deepseek"
    assert resolve(Choices(), {"QWQ_SERVER": "ollama"}, keys).server == "ollama"


def test_a_forgotten_key_is_gone() -> None:
    keys = ring_with("deepseek")

    keys.drop(next(iter(keys)))

    assert resolve(Choices(), {}, keys).server == "demo"


def test_no_repr_shows_a_key() -> None:
    keys = ring_with("deepseek")

    assert KEY not in f"{keys!r} {vars(keys)!r} {[*keys]!r}"


def test_keys_at_hand_are_those_that_could_be_sent() -> None:
    environ = {"DEEPSEEK_API_KEY": OTHER, "QWQ_API_KEY": "", "FOREIGN_API_KEY": "x"}

    sources = [key.source for key in keys_at_hand(environ, ring_with("groq"))]

    assert sources == ["%qwq_login", "DEEPSEEK_API_KEY"]


def test_a_text_that_holds_a_key_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_no_key_in(f"Is {KEY} right?", None, KeyRing(), {"GROQ_API_KEY": KEY})

    assert "GROQ_API_KEY" in caught.value.message
    assert KEY not in caught.value.message
    require_no_key_in("Is EMPTY right?", None, KeyRing(), {"VLLM_API_KEY": "EMPTY"})


@pytest.mark.parametrize(
    "call",
    [
        {"prompt": f"Is {KEY} right?"},
        {"prompt": "Hi", "system": f"My key is {KEY}."},
        {"prompt": "Hi", "parameters": {"user": [KEY]}},
    ],
)
def test_a_session_sends_no_key_to_its_model(call: dict[str, object]) -> None:
    session = Session(base_url="http://127.0.0.1:9/v1", model="m", api_key=KEY)

    with pytest.raises(ConfigurationError, match="contains the key from api_key"):
        session.ask(**call)  # type: ignore[arg-type]

    assert len(session.memory) == 0
