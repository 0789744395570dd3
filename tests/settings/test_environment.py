"""Each setting has a variable."""

from __future__ import annotations

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings import resolve
from qwq_magic.settings.environment import environment_layer
from qwq_magic.settings.layers import CHOICES, Choices, Chosen


def test_a_variable_is_read_as_its_setting_wants_it() -> None:
    environ = {
        "QWQ_MODEL": "8",
        "QWQ_IDLE_TIMEOUT_S": "2.5",
        "QWQ_MAX_INPUT_TOKENS": "4000",
        "QWQ_ALLOW_INSECURE_KEY": "True",
        "QWQ_PARAMETERS": '{"top_k": 20}',
        "QWQ_SHOW": "answer",
        "QWQ_SYSTEM": " ",
        "QWQ_API_KEY": "sk-0123456789abcdef0123456789",
    }

    layer = environment_layer(environ, (*CHOICES, "show"))

    assert layer == {
        "model": Chosen("8", "QWQ_MODEL"),
        "idle_timeout_s": Chosen(2.5, "QWQ_IDLE_TIMEOUT_S"),
        "max_input_tokens": Chosen(4000, "QWQ_MAX_INPUT_TOKENS"),
        "allow_insecure_key": Chosen(True, "QWQ_ALLOW_INSECURE_KEY"),
        "parameters": Chosen({"top_k": 20}, "QWQ_PARAMETERS"),
        "show": Chosen("answer", "QWQ_SHOW"),
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("QWQ_IDLE_TIMEOUT_S", "soon", "idle_timeout_s is 'soon'. Use a number of seconds."),
        ("QWQ_IDLE_TIMEOUT_S", "NaN", "idle_timeout_s is nan. Use a number above zero."),
        ("QWQ_MAX_INPUT_TOKENS", "0", "max_input_tokens is 0. Use a number above zero."),
        ("QWQ_PARAMETERS", "top_k=2", "parameters is 'top_k=2'. Use a mapping"),
        ("QWQ_PROTOCOL", "grpc", "Unknown protocol 'grpc'. Known: auto, openai"),
        ("QWQ_ALLOW_INSECURE_KEY", "yes", "Unknown allow_insecure_key 'yes'. Known: True, False."),
    ],
)
def test_a_wrong_value_names_the_variable_and_what_is_allowed(
    name: str, text: str, message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(Choices(), {name: text})

    assert str(caught.value).startswith(f"{name}: {message}")


def test_code_goes_before_variables_and_these_before_the_preset() -> None:
    environ = {"QWQ_SERVER": "ollama", "QWQ_MODEL": "m", "QWQ_IDLE_TIMEOUT_S": "9"}

    settings = resolve(Choices(idle_timeout_s=5), environ)

    assert (settings.server, settings.model, settings.idle_timeout_s) == ("ollama", "m", 5)
    assert settings.connect_timeout_s == 10
