"""A corpus in one test hides no failing case, and its sample leaves no class out."""

from __future__ import annotations

import inspect

import corpora
import pytest
from corpora import check_each, each, spread, taken
from hostile.corpus import PAYLOADS, family_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def in_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "_is_whole", False)


def test_every_case_that_fails_is_named_with_its_reason() -> None:
    def check(number: int) -> None:
        assert number < 3, f"{number} is large"

    with pytest.raises(AssertionError) as raised:
        check_each([1, 4, 2, 5], check, ids="number {}".format)

    message = str(raised.value)
    assert message.startswith("2 of 4 cases fail:")
    assert "number 4\n    AssertionError: 4 is large" in message
    assert "number 5\n    AssertionError: 5 is large" in message
    assert "number 1" not in message


@pytest.mark.parametrize("error", [ValueError("x"), pytest.fail.Exception("x")])
def test_whatever_is_raised_is_a_failure(error: BaseException) -> None:
    def check(_: int) -> None:
        raise error

    with pytest.raises(AssertionError, match="2 of 2 cases fail"):
        check_each([1, 2], check)


def test_a_corpus_without_cases_fails() -> None:
    with pytest.raises(AssertionError, match="proves nothing"):
        check_each([], print)


def test_a_test_is_called_with_each_case_and_keeps_its_fixtures() -> None:
    seen: list[tuple[str, str]] = []

    @each("case", {"a": 1, "b": 2}, core=2)
    def test(tmp: str, case: str) -> None:
        seen.append((tmp, case))

    assert list(inspect.signature(test).parameters) == ["tmp"]
    test(tmp="t")
    assert seen == [("t", "a"), ("t", "b")]


def test_a_property_is_tried_for_each_case() -> None:
    seen: set[str] = set()

    @each("case", "ab", core=2)
    @given(number=st.integers(0, 3))
    def test(case: str, number: int) -> None:
        seen.add(case)
        assert case == "a"

    assert not hasattr(test, "hypothesis")
    with pytest.raises(AssertionError, match="1 of 2 cases fail"):
        test()
    assert seen == {"a", "b"}


def test_a_sample_is_spread_from_the_first_to_the_last() -> None:
    assert spread(range(10), 4) == [0, 3, 6, 9]
    assert spread(range(10), 1) == [0]
    assert spread(range(3), 10) == [0, 1, 2]


def test_a_sample_has_every_class(in_core: None) -> None:
    sample = taken(PAYLOADS, core=2, by=family_of)

    families = [payload.family for payload in sample]
    assert families == ["script"] * 2 + ["load"] * 2 + ["navigation"] * 2 + ["spoofing"] * 2


def test_a_full_run_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "_is_whole", True)

    assert taken(range(1000), core=2) == list(range(1000))
