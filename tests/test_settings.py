import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings import Choices, resolve

KEY = "sk-0123456789abcdef0123456789"


def test_without_a_key_and_a_server_it_is_the_demo():
    settings = resolve(Choices(), {})

    assert (settings.server, settings.base_url, settings.api_key) == ("demo", "", None)


@pytest.mark.parametrize("variable", ["AI_DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY", "QWQ_API_KEY"])
def test_a_dashscope_key_is_enough_to_use_dashscope(variable):
    settings = resolve(Choices(), {variable: KEY})

    assert settings.server == "dashscope"
    assert settings.base_url == "https://dashscope.aliyuncs.com/compatible-mode/v1"
    assert settings.model == "qwq-plus"
    assert not settings.model_is_pinned
    assert settings.api_key.reveal() == KEY
    assert settings.api_key.source == variable


def test_the_spring_variable_wins_over_the_sdk_variable():
    settings = resolve(Choices(), {"DASHSCOPE_API_KEY": "b" * 20, "AI_DASHSCOPE_API_KEY": KEY})

    assert settings.api_key.source == "AI_DASHSCOPE_API_KEY"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("dashscope", "dashscope.aliyuncs.com"),
        ("dashscope-intl", "dashscope-intl.aliyuncs.com"),
        ("dashscope-us", "dashscope-us.aliyuncs.com"),
    ],
)
def test_each_region_has_its_preset(name, host):
    settings = resolve(Choices(server=name), {"DASHSCOPE_API_KEY": KEY})

    assert settings.base_url == f"https://{host}/compatible-mode/v1"


def test_the_qwq_variables_choose_server_model_address_and_key():
    environ = {
        "QWQ_BASE_URL": "http://127.0.0.1:9/v1/",
        "QWQ_MODEL": "m",
        "QWQ_API_KEY": KEY,
    }

    settings = resolve(Choices(), environ)

    assert (settings.server, settings.base_url) == ("127.0.0.1:9", "http://127.0.0.1:9/v1")
    assert (settings.model, settings.model_is_pinned) == ("m", True)
    assert settings.api_key.source == "QWQ_API_KEY"


def test_a_key_for_one_host_is_not_sent_to_another():
    environ = {"QWQ_BASE_URL": "http://a.example/v1", "QWQ_MODEL": "m", "QWQ_API_KEY": KEY}

    for choices in (
        Choices(server="ollama"),
        Choices(base_url="http://b.example/v1", model="m"),
        Choices(base_url="http://a.example/v1", api_key=KEY).override(server="ollama"),
    ):
        assert resolve(choices, environ).api_key is None


def test_a_server_named_for_one_call_drops_what_was_chosen_for_another():
    choices = Choices(base_url="http://a.example/v1", model="a-model", api_key=KEY, system="be")

    settings = resolve(choices.override(server="ollama"), {})

    assert (settings.base_url, settings.model) == ("http://127.0.0.1:11434/v1", "qwq")
    assert settings.api_key is None
    assert settings.system == "be"


def test_parameters_of_a_call_join_those_of_the_session():
    choices = Choices(parameters={"a": 1, "b": 2}).override(parameters={"b": 3})

    assert choices.parameters == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("https://h.example/v1/chat/completions", "https://h.example/v1"),
        (" http://[::1]:1/v1 ", "http://[::1]:1/v1"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(url, clean):
    assert resolve(Choices(base_url=url, model="m"), {}).base_url == clean


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda: Choices(server="nope"), "Unknown server 'nope'. Known: demo, dashscope"),
        (lambda: Choices(protocol="grpc"), "Unknown protocol 'grpc'. Known: auto, openai"),
        (lambda: Choices().override(colour=1), "Unknown setting 'colour'. Settings: server"),
        (lambda: resolve(Choices(server="dashscope"), {}), "Set AI_DASHSCOPE_API_KEY or"),
        (lambda: resolve(Choices(server="custom"), {}), "has no address"),
        (lambda: resolve(Choices(base_url="localhost:8000", model="m"), {}), "Not an address"),
        (lambda: resolve(Choices(base_url="http://h:x/v1", model="m"), {}), "Not an address"),
        (lambda: resolve(Choices(base_url="http://u:p@h/v1", model="m"), {}), "api_key instead"),
        (lambda: resolve(Choices(base_url="http://h/v1"), {}), "No model is named"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(choose, message):
    with pytest.raises(ConfigurationError) as caught:
        choose()

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_repr_shows_a_key():
    choices = Choices(api_key=KEY)

    assert KEY not in repr(choices)
    assert KEY not in repr(resolve(choices, {}))
