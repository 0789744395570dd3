"""The kinds of steps, and the groups that determine their colours."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """A group of kinds; likely, not certain."""

    ORIENT = "orient"
    WORK = "work"
    REFLECT = "reflect"
    CONCLUDE = "conclude"
    UNCLASSIFIED = "unclassified"


class Kind(StrEnum):
    """What a step probably does."""

    ANSWER = "answer"
    SWITCH = "switch"
    DOUBT = "doubt"
    CHECK = "check"
    SETUP = "setup"
    RECALL = "recall"
    CONCLUDE = "conclude"
    PLAN = "plan"
    COMPUTE = "compute"
    UNCLASSIFIED = "unclassified"

    @property
    def group(self) -> Group:
        return _TABLE[self][1]

    @property
    def letter(self) -> str:
        """The letter of the kind in a step record."""
        return _TABLE[self][0]


# `step_kinds.js` repeats this table, and a test keeps the two equal.
# Saved notebooks contain the letters, so they must not change. `S` and `C` are switch and
# conclude, so setup, check and compute have others.
_TABLE = {
    Kind.SETUP: ("U", Group.ORIENT),
    Kind.PLAN: ("P", Group.ORIENT),
    Kind.RECALL: ("R", Group.ORIENT),
    Kind.COMPUTE: ("W", Group.WORK),
    Kind.CHECK: ("V", Group.REFLECT),
    Kind.DOUBT: ("D", Group.REFLECT),
    Kind.SWITCH: ("S", Group.REFLECT),
    Kind.CONCLUDE: ("C", Group.CONCLUDE),
    Kind.ANSWER: ("A", Group.CONCLUDE),
    Kind.UNCLASSIFIED: ("X", Group.UNCLASSIFIED),
}
# The kinds by which people label steps, in the order of the keys 1 to 9.
LABEL_KINDS = tuple(kind for kind in _TABLE if kind is not Kind.UNCLASSIFIED)
