"""A key shows itself to nobody but the client."""

from __future__ import annotations

import copy
import pickle

import pytest

from qwq_magic.keys import ApiKey

KEY = "sk-0123456789/abcdef+XYZ"


def test_a_key_looks_like_stars() -> None:
    key = ApiKey(KEY, source="QWQ_API_KEY")
    key.redact(KEY)

    assert repr(key) == str(key) == f"{key}" == "***"
    assert key.reveal() == KEY
    slots = [name for name in ApiKey.__slots__ if name != "__weakref__"]
    assert KEY not in repr([getattr(key, name) for name in slots])


def test_a_key_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(ApiKey(KEY, source="x"))


def test_a_copied_configuration_holds_the_same_key() -> None:
    key = ApiKey(KEY, source="x")

    assert copy.deepcopy({"api_key": key})["api_key"] is copy.copy(key) is key


def test_a_key_of_half_characters_is_masked_like_another() -> None:
    assert ApiKey("sk-\ud800-0123456789", source="x").redact("fine") == "fine"


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (KEY, f"My key is {KEY}.", True),
        (KEY, f"My key is {KEY[:-1]}.", False),
        ("local-key", "the local-key of a house", False),
        ("", "nothing", False),
    ],
)
def test_a_text_holds_a_key_only_whole(key: str, text: str, expected: bool) -> None:
    assert ApiKey(key, source="x").is_in(text) == expected
