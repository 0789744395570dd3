"""Limits of a reasoning, which the client watches on any server, and what they did."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from qwq_magic.errors import ConfigurationError
from qwq_magic.turns.prefix import WAYS, Way

# What happens at a limit: the answer is asked for, or the reply is stopped.
Then: TypeAlias = Literal["answer", "stop"]
# What ended a reasoning before the model did: one of the limits, or the user.
Cause: TypeAlias = Literal["tokens", "seconds", "loops", "same", "match", "user"]

_COUNTS = ("tokens", "loops", "same")


@dataclass(frozen=True, slots=True)
class Limits:
    """Rules that end the reasoning of a reply; None for no limit. The first that strikes counts.

    Attributes:
        tokens: ≈ tokens of reasoning. A server with a budget of its own is sent this as well.
        seconds: seconds from the first reasoning text.
        loops: how many loops were noticed; see `qwq_magic.reasoning.Loop`.
        same: how many times the same value was asserted.
        match: a regular expression that the text matches, in Python's syntax. A repetition
            within a repetition, such as `(x+)+`, may take very long.
        then: `answer` asks for the answer, `stop` stops the reply.
    """

    tokens: int | None = None
    seconds: float | None = None
    loops: int | None = None
    same: int | None = None
    match: str | None = None
    then: Then = "answer"

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigurationError: a value is not valid.
        """
        for name in _COUNTS:
            value = getattr(self, name)
            # `type`, which does not accept True as a number.
            if value is not None and not (type(value) is int and value > 0):
                raise ConfigurationError(
                    f"The limit {name} is {value!r}. Use a whole number above 0."
                )
        seconds = self.seconds
        if seconds is not None and not (type(seconds) in (int, float) and 0 < seconds < math.inf):
            raise ConfigurationError(f"The limit seconds is {seconds!r}. Use a number above 0.")
        if self.match is not None:
            _check_pattern(self.match)
        if self.then not in get_args(Then):
            raise ConfigurationError(f"then is {self.then!r}. Choose one of answer, stop.")

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return any(getattr(self, name) is not None for name in _FIELDS if name != "then")

    def to_dict(self) -> dict[str, Any]:
        """Return the limits as plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, value: Limits | Mapping[str, Any] | None) -> Limits | None:
        """Return `value` as limits, or None.

        Raises:
            ConfigurationError: a name or a value is not valid.
        """
        if value is None or isinstance(value, Limits):
            return value
        if not isinstance(value, Mapping):
            raise ConfigurationError(f"limits is {value!r}. Use Limits(tokens=2000), for example.")
        for name in value:
            if name not in _FIELDS:
                raise ConfigurationError(f"Unknown limit {name!r}. Limits: {', '.join(_FIELDS)}.")
        return cls(**value)


_FIELDS = tuple(f.name for f in fields(Limits))


def _check_pattern(pattern: object) -> None:
    if not isinstance(pattern, str):
        raise ConfigurationError(f"The limit match is {pattern!r}. Use a regular expression.")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(
            f"The limit match={pattern!r} is not a valid regular expression: {error}."
        ) from None


@dataclass(frozen=True, slots=True)
class StoppedBy:
    """What ended a reasoning before the model did, and when.

    Attributes:
        limit: the limit that struck, or `user` for Answer now.
        value: the value of the limit; None for `user`.
        seconds: seconds since the request.
        characters: characters of reasoning by then, given text included.
        then: what followed.
        way: how the model was asked for the answer, see `Prefix.way`; `native` also where the
            server itself ended the reasoning.
    """

    limit: Cause
    value: float | str | None = None
    seconds: float | None = None
    characters: int = 0
    then: Then = "answer"
    way: Way = ""

    def __str__(self) -> str:
        """Return what struck: `tokens=2000`."""
        return self.limit if self.value is None else f"{self.limit}={self.value}"

    def to_dict(self) -> dict[str, Any]:
        """Return the values as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StoppedBy:
        """Build the value from the result of `to_dict`.

        Raises:
            LookupError, TypeError, ValueError: the data do not describe one.
        """
        limit, then = data["limit"], data.get("then", "answer")
        seconds, characters = data.get("seconds"), data.get("characters", 0)
        if limit not in get_args(Cause) or then not in get_args(Then):
            raise ValueError("an unknown limit")
        if not (seconds is None or type(seconds) in (int, float)) or type(characters) is not int:
            raise TypeError("a value of the wrong type")
        value = data.get("value")
        if not (value is None or type(value) in (int, float, str)):
            raise TypeError("a value of the wrong type")
        way = data.get("way", "")
        if way not in WAYS:
            raise ValueError("an unknown way")
        return cls(limit, value, seconds, characters, then, way)
