"""The kinds a step can be of, and the four groups they are coloured by."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """A coarse family of kinds; likely, not certain."""

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
        """The letter that stands for it in a step record."""
        return _TABLE[self][0]


# The one table of kinds: `step_kinds.js` repeats it, and a test holds the two equal.
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
