"""A key is masked wherever it stands, and nothing else is."""

from __future__ import annotations

import base64
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.keys.mask import KeyFinder, KeyMask

KEY = "sk-0123456789/abcdef+XYZ"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        encoded(KEY),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        encoded(KEY).rstrip("="),
        urllib.parse.quote(KEY, safe=""),
        KEY[-8:],
        KEY[:11],
        KEY[:20],
        encoded(KEY[:18]),
        urllib.parse.quote(KEY[:20], safe=""),
    ],
)
def test_every_form_of_an_echoed_key_is_masked(form: str) -> None:
    shown = KeyFinder(KEY).redact(f"bad key '{form}', sorry")

    assert shown == "bad key '***', sorry"


@pytest.mark.parametrize("before", ["Bearer ", "api:", "x", "xy"])
def test_base64_of_more_than_the_key_does_not_give_it_away(before: str) -> None:
    shown = KeyFinder(KEY).redact(encoded(f"{before}{KEY} and more"))

    # One character may hold two bits of the key at either end.
    assert b"01234" not in base64.b64decode(shown.partition("***")[0] + "====")
    assert encoded(KEY)[8:16] not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("sk-or-v1-0123456789abcdef", "keys begin with sk-or-v1- and a few like 01234"),
        ("sk-local-key", "the local-key of a house"),
        (KEY, "sk-01234**********XYZ"),
        ("EMPTY", "EMPTY is a word"),
        ("ollama", "ollama serves it"),
        ("lm-studio", "open lm-studio"),
        ("", "nothing"),
    ],
)
def test_what_is_no_secret_is_no_stars(key: str, text: str) -> None:
    assert KeyFinder(key).redact(text) == text


def test_a_short_key_is_masked_whole() -> None:
    assert KeyFinder("sk-local-key").redact("not sk-local-key") == "not ***"


@given(
    before=st.text("sk-01 a", max_size=20),
    echo=st.sampled_from([KEY, KEY[:12], KEY[-9:], encoded(KEY), encoded(KEY[:14])]),
    after=st.text("sk-01 a", max_size=20),
    data=st.data(),
)
def test_a_key_in_a_streamed_text_is_masked_wherever_it_is_cut(
    before: str, echo: str, after: str, data: st.DataObject
) -> None:
    finder = KeyFinder(KEY)
    text = f"{before}{echo}{after}"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    mask = KeyMask(finder)

    deltas = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    masked = "".join([*(mask.feed(delta) for delta in deltas), mask.flush()])

    assert masked == finder.redact(text)
    assert KEY[-8:] not in masked
    assert KEY[:11] not in masked


UNSEEN = ["\x1b[0m", "\x00", "\u202e", "\u200b", "\u2060", "\xad", "\x1b]0;title\x07", "\x9b1;31m"]


@pytest.mark.parametrize("between", UNSEEN, ids=ascii)
def test_a_key_with_unseen_characters_between_its_own_is_masked(between: str) -> None:
    finder = KeyFinder(KEY)
    text = f"a{between}b {between.join(KEY)}{between} c"

    assert finder.redact(text) == f"a{between}b ***{between} c"
    for size in (1, 2, 3, 7, len(text)):
        mask = KeyMask(finder)
        deltas = [text[at : at + size] for at in range(0, len(text), size)]
        masked = "".join([*(mask.feed(delta) for delta in deltas), mask.flush()])
        assert masked == f"a{between}b ***{between} c"


def test_what_is_held_back_for_unseen_characters_has_an_end() -> None:
    mask = KeyMask(KeyFinder(KEY))

    assert mask.feed("sk-0" + "\u200b" * 1_000) == ""
    assert len(mask.feed("\u200b" * 4_000)) == 5_004


def test_a_text_without_the_key_passes_unchanged() -> None:
    mask = KeyMask(KeyFinder(KEY))
    text = "sk- is how keys begin, s, sk, and so on: " + KEY[:8]

    assert "".join([*(mask.feed(character) for character in text), mask.flush()]) == text


def test_a_long_text_that_ends_like_a_key_is_looked_through_once() -> None:
    mask = KeyMask(KeyFinder(KEY))

    assert mask.feed("x" * 3_000_000 + "sk-0") == "x" * 3_000_000
