"""A corpus is gone through inside one test: all of it in a full run, a spread sample in the core.

Every case is tried, and whatever fails is named: the first failure hides no other.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

_SHOWN_CHARACTERS = 600
_is_whole = False


def take_whole(is_whole: bool) -> None:
    """Does this run go through every corpus whole? To be settled before tests are collected."""
    global _is_whole
    _is_whole = is_whole


def is_taken_whole() -> bool:
    return _is_whole


def in_full(full: T, *, core: T) -> T:
    """A number of cases, or a choice of them: the one for a full run, or that for the core."""
    return full if _is_whole else core


def taken(cases: Iterable[T], *, core: int, by: Callable[[T], Hashable] | None = None) -> list[T]:
    """All cases in a full run; in the core, so many of each class, spread over it."""
    found = list(cases)
    return found if _is_whole else spread(found, core, by=by)


def spread(cases: Sequence[T], count: int, *, by: Callable[[T], Hashable] | None = None) -> list[T]:
    """So many cases of each class (without `by`: in all), evenly, the first and last included."""
    classes: dict[Hashable, list[int]] = {}
    for at, case in enumerate(cases):
        classes.setdefault(by(case) if by else None, []).append(at)
    places = [at for members in classes.values() for at in _evenly(members, count)]
    return [cases[at] for at in sorted(places)]


def _evenly(members: list[int], count: int) -> list[int]:
    last = len(members) - 1
    if count > last:
        return members
    return [members[last * step // max(1, count - 1)] for step in range(count)]


def each(
    name: str,
    cases: Mapping[str, Any] | Collection[Any],
    *,
    core: int,
    by: Callable[[Any], Hashable] | None = None,
    ids: Callable[[Any], str] = lambda case: ascii(case)[:80],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call a test with each case in turn as its argument `name`, instead of one item a case.

    Of a mapping, the cases are the keys, as with `pytest.mark.parametrize`.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        # Without what else Hypothesis hangs on a test: the loop is none of its own.
        @functools.wraps(test, updated=())
        def try_each(**fixtures: Any) -> None:
            check_each(
                taken(cases, core=core, by=by),
                lambda case: test(**fixtures, **{name: case}),
                ids=ids,
            )

        signature = inspect.signature(test)
        others = [p for p in signature.parameters.values() if p.name != name]
        try_each.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        try_each.__dict__["pytestmark"] = getattr(test, "pytestmark", [])
        return try_each

    return decorate


def check_each(
    cases: Iterable[T],
    check: Callable[[T], object],
    *,
    ids: Callable[[T], str] = lambda case: ascii(case)[:80],
) -> None:
    """Check all cases; those that fail are reported together, each with its reason."""
    failures: list[str] = []
    first: BaseException | None = None
    tried = list(cases)
    assert tried, "A corpus without cases proves nothing."
    for case in tried:
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:
            failures.append(f"{ids(case)}\n{_indented(error)}")
            first = first or error
    if failures:
        report = "\n".join([f"{len(failures)} of {len(tried)} cases fail:", *failures])
        raise AssertionError(report) from first


def _indented(error: BaseException) -> str:
    reason = f"{type(error).__name__}: {error}"
    return re.sub("^", "    ", reason[:_SHOWN_CHARACTERS], flags=re.MULTILINE)
