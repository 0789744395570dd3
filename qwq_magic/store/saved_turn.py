"""Validate a saved turn: known keys only, each value of the right type.

The file may be forged or damaged. A wrong value would raise much later, when the turn is
displayed, and a key with a flipped bit would silently lose its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, get_args

from qwq_magic.errors import QwqError
from qwq_magic.events import Usage, is_cost, is_count
from qwq_magic.turns import Message, Parent, Prefix, StoppedBy, Timing, Turn
from qwq_magic.turns.messages import Role

_TEXTS = (
    "id",
    "prompt",
    "reasoning",
    "answer",
    "model",
    "server",
    "conversation",
    "started_at",
    "signature",
)
_MAYBE_TEXTS = ("finish_reason", "cell_id")
_TURN_KEYS = frozenset(f.name for f in fields(Turn))
_USAGE_KEYS = frozenset(f.name for f in fields(Usage))
_TIMING_KEYS = frozenset(f.name for f in fields(Timing))
_MAX_SECONDS = 10**12
_ERROR_KEYS = frozenset(QwqError("").to_dict())
_ROLES = get_args(Role)
# The exceptions that damaged or forged data can raise.
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def turn_from(data: Any, messages: Sequence[Message]) -> Turn:
    """Return the turn that was sent these messages; invalid data raise one of `DAMAGE`."""
    require_turn(data)
    turn = replace(Turn.from_dict({**data, "messages": []}), messages=tuple(messages))
    if turn.error is not None:
        turn.error.partial = turn
    return turn


def require_turn(data: Any) -> None:
    """Check everything but the messages.

    Also called before writing, so that a file that could not be read back is never written.
    """
    require_keys(data, _TURN_KEYS)
    require(all(isinstance(data.get(name, ""), str) for name in _TEXTS))
    require(all(isinstance(data.get(name) or "", str) for name in _MAYBE_TEXTS))
    _require_counts(data.get("usage") or {})
    _require_seconds(data.get("timing") or {})
    require_keys(data.get("error") or {}, _ERROR_KEYS)
    require(data.get("cost") is None or is_cost(data["cost"]))
    checked(data.get("parameters", {}), dict)
    checked(data.get("complete", False), bool)
    _require_steering(data)
    checked(data.get("messages") or [], list)
    require(all(isinstance(notice, str) for notice in checked(data.get("notices") or [], list)))


def require_message(role: Any, text: Any, reasoning: Any, signature: Any) -> None:
    """Check the values of a message, also before it is written."""
    require(role in _ROLES and all(type(value) is str for value in (text, reasoning, signature)))


def _require_steering(data: Any) -> None:
    for name, part in (("prefix", Prefix), ("parent", Parent), ("stopped_by", StoppedBy)):
        value = data.get(name)
        if value is not None:
            require_keys(value, frozenset(f.name for f in fields(part)))
            part.from_dict(value)
    # The given text is the beginning of the turn's, or marks would be drawn beside other text.
    given = data.get("prefix") or {}
    for name in ("reasoning", "answer"):
        require(data.get(name, "").startswith(given.get(name, "")))


def _require_counts(data: Any) -> None:
    require_keys(data, _USAGE_KEYS)
    require(all(value is None or is_count(value) for value in data.values()))


def _require_seconds(data: Any) -> None:
    require_keys(data, _TIMING_KEYS)
    for value in data.values():
        # JSON has no infinity, but Python reads `1e999` as one.
        require(value is None or (type(value) in (int, float) and 0 <= value < _MAX_SECONDS))


def require_keys(data: Any, known: frozenset[str]) -> None:
    checked(data, dict)
    require(data.keys() <= known)


def checked(value: Any, kind: type) -> Any:
    # Not `isinstance`, which accepts a boolean as an integer.
    require(type(value) is kind)
    return value


def require(holds: bool) -> None:
    if not holds:
        raise TypeError("a value of the wrong type")
