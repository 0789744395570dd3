"""Layers of choices: what holds in the end, and where it stood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings import resolve
from qwq_magic.settings.key_ring import KeyRing
from qwq_magic.settings.layers import Choices, Chosen, Layer, effective, layer_of, stacked
from qwq_magic.settings.settings import server_and_address

LOW = layer_of({"server": "vllm", "model": "a", "system": "be", "parameters": {"n": 1}}, "low")


def test_a_higher_layer_wins_setting_by_setting() -> None:
    found = effective(LOW, layer_of({"model": "b"}, "high"))

    assert {name: (chosen.value, chosen.source) for name, chosen in found.items()} == {
        "server": ("vllm", "low"),
        "model": ("b", "high"),
        "system": ("be", "low"),
        "parameters": ({"n": 1}, "low"),
    }


@pytest.mark.parametrize("named", [{"server": "ollama"}, {"base_url": "http://h/v1"}])
def test_a_server_named_above_drops_what_was_chosen_for_the_one_below(
    named: dict[str, str],
) -> None:
    choices = stacked(LOW, layer_of(named, "high"))

    assert choices.chosen == {**named, "system": "be", "parameters": {"n": 1}}


def test_what_is_no_choice_of_a_session_is_never_dropped() -> None:
    layers: tuple[Layer, ...] = (
        layer_of({"show": "answer"}, "low"),
        layer_of({"server": "vllm"}, "high"),
    )

    assert effective(*layers)["show"].source == "low"
    assert stacked(*layers) == Choices(server="vllm")


def test_parameters_of_all_layers_are_sent() -> None:
    found = effective(LOW, layer_of({"parameters": {"n": 2, "m": 3}}, "high"))["parameters"]

    assert (found.value, found.source) == ({"n": 2, "m": 3}, "high, low")


@pytest.mark.parametrize(("low", "high"), [(5, {"n": 1}), ({"n": 1}, "n")])
def test_a_value_that_is_no_parameters_is_not_joined(low: object, high: object) -> None:
    layers = layer_of({"parameters": low}, "low"), layer_of({"parameters": high}, "high")

    assert effective(*layers) == {"parameters": Chosen(high, "high")}
    with pytest.raises(ConfigurationError, match=r"parameters is (5|'n')\. Use a mapping"):
        stacked(*layers)


def test_a_wrong_value_says_where_it_stood() -> None:
    with pytest.raises(ConfigurationError, match=r"^below: Unknown protocol 'grpc'. Known: auto"):
        stacked(layer_of({"protocol": "grpc"}, "below"), LOW)


def _address(choices: Choices, environ: dict[str, str], *, project: Layer) -> object:
    return server_and_address(choices, environ, KeyRing(), project=project)


@pytest.mark.parametrize(
    ("url", "said"),
    [("nourl", "'nourl' is not a valid base_url"), ("http://u:p@h/v1", "The base_url contains")],
)
@pytest.mark.parametrize("look", [resolve, _address])
def test_a_wrong_address_says_where_it_stood(look: Callable[..., Any], url: str, said: str) -> None:
    project = layer_of({"base_url": url, "model": "m"}, "/p/pyproject.toml")

    with pytest.raises(ConfigurationError, match=f"^QWQ_BASE_URL: {said}"):
        look(Choices(), {"QWQ_BASE_URL": url}, project=project)
    with pytest.raises(ConfigurationError, match=f"^/p/pyproject.toml: {said}"):
        look(Choices(), {}, project=project)
    with pytest.raises(ConfigurationError, match=f"^{said}"):
        look(Choices(base_url=url), {}, project=project)
