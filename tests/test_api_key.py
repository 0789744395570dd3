"""A key shows itself to nobody but the client."""

from __future__ import annotations

import base64
import pickle
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.api_key import ApiKey

KEY = "sk-0123456789/abcdef+XYZ"


def test_a_key_looks_like_stars() -> None:
    key = ApiKey(KEY, source="QWQ_API_KEY")

    assert repr(key) == str(key) == f"{key}" == "***"
    assert key.reveal() == KEY
    assert KEY not in repr([getattr(key, name) for name in ApiKey.__slots__])


def test_a_key_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(ApiKey(KEY, source="x"))


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        urllib.parse.quote(KEY, safe=""),
        KEY[-8:],
    ],
)
def test_every_form_of_an_echoed_key_is_masked(form: str) -> None:
    shown = ApiKey(KEY, source="x").redact(f"bad key '{form}', sorry")

    assert shown == "bad key '***', sorry"


def test_the_end_of_a_short_key_is_not_masked_in_words() -> None:
    key = ApiKey("sk-local-key", source="x")

    assert key.redact("the local-key of sk-local-key") == "the local-key of ***"


@given(
    before=st.text("sk-01 a", max_size=20),
    after=st.text("sk-01 a", max_size=20),
    data=st.data(),
)
def test_a_key_in_a_streamed_text_is_masked_wherever_it_is_cut(
    before: str, after: str, data: st.DataObject
) -> None:
    key = ApiKey(KEY, source="test")
    text = f"{before}{KEY}{after}"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    mask = key.mask()

    deltas = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    masked = "".join([*(mask.feed(delta) for delta in deltas), mask.flush()])

    assert masked == key.redact(text)
    assert KEY not in masked


def test_a_text_without_the_key_passes_unchanged() -> None:
    mask = ApiKey(KEY, source="test").mask()
    text = "sk- is how keys begin, s, sk, and so on: " + KEY[:-9]

    assert "".join([*(mask.feed(character) for character in text), mask.flush()]) == text
