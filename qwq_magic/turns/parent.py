"""The parent of a turn: the turn whose reply it begins with, and what was done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from qwq_magic.turns.prefix import WAYS, Way

# What was done to the parent:
# - continue: its reply goes on where it ended, or where a step ends;
# - edit: a step was replaced by the user's text;
# - answer_now: its reasoning was ended, and the answer asked for;
# - resample: the reply was sampled again from a step on;
# - rescue: its reasoning had taken all tokens, and the answer was asked for;
# - probe: a short answer was asked for, to see what the model believed at a step.
ParentKind: TypeAlias = Literal["continue", "edit", "answer_now", "resample", "rescue", "probe"]
PARENT_KINDS: tuple[ParentKind, ...] = get_args(ParentKind)


@dataclass(frozen=True, slots=True)
class Parent:
    """The turn that another turn came from.

    Attributes:
        id: the parent's id.
        step: the step before which the parent's text ends, from 1; None for its end.
        kind: what was done.
        way: how the model got the parent's text, see `Prefix.way`.
    """

    id: str
    step: int | None
    kind: ParentKind
    way: Way = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the parent as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Parent:
        """Build a parent from the result of `to_dict`.

        Raises:
            LookupError, TypeError, ValueError: the data do not describe a parent.
        """
        step, kind, way = data.get("step"), data["kind"], data.get("way", "")
        if not isinstance(data["id"], str) or not (step is None or type(step) is int):
            raise TypeError("a parent with a value of the wrong type")
        if kind not in PARENT_KINDS or way not in WAYS:
            raise ValueError("an unknown kind or way")
        return cls(data["id"], step, kind, way)
