"""Options of a call: a misspelt one is refused, by the type checker and at run time."""

from __future__ import annotations

import inspect

import pytest

from qwq_magic import Session
from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.options import CellOptions
from qwq_magic.session.call_options import CallOptions
from qwq_magic.settings.layers import CHOICES, ChoiceOptions


def test_a_misspelt_option_names_the_one_that_was_meant() -> None:
    session = Session(server="demo")

    with pytest.raises(ConfigurationError, match=r"'histroy'\. Did you mean history"):
        # mypy reports the ignore as unused, should it ever accept the word.
        session.ask("hi", histroy=3)  # type: ignore[call-arg]  # must fail type checking, too
    with pytest.raises(ConfigurationError, match="Did you mean base_url"):
        Session(base_ulr="http://127.0.0.1:1/v1")  # type: ignore[call-arg]  # must fail type checking, too


def test_the_options_are_listed_in_one_order() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Settings: server, model, base_url, .*, cell_id\."
    ):
        Session(server="demo").ask("hi", zzz=1)  # type: ignore[call-arg]


def test_the_options_of_a_call_are_all_settings_and_those_about_the_conversation() -> None:
    about_the_conversation = {
        *("conversation", "history", "fresh", "prefix", "append", "advisors", "cell_id"),
    }

    assert set(ChoiceOptions.__optional_keys__) == set(CHOICES)
    # The key has a parameter of its own, so that no traceback prints it among the others.
    assert set(CallOptions.__optional_keys__) == {*CHOICES, *about_the_conversation} - {"api_key"}
    for method in (Session.ask, Session.ask_async, Session.stream, Session.start, Session.preview):
        assert "api_key" in inspect.signature(method).parameters


def test_a_cell_gives_only_options_that_a_call_takes() -> None:
    assert CellOptions().call(cell_id="c1").keys() <= CallOptions.__optional_keys__
