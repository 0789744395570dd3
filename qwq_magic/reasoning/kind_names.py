"""The kinds a step can be of, and the four groups they are coloured by."""

from __future__ import annotations

from enum import Enum


class Group(str, Enum):
    """A coarse family of kinds; likely, not certain."""

    ORIENT = "orient"
    WORK = "work"
    REFLECT = "reflect"
    CONCLUDE = "conclude"
    UNCLASSIFIED = "unclassified"

    __str__ = str.__str__


class Kind(str, Enum):
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

    __str__ = str.__str__

    @property
    def group(self) -> Group:
        return _GROUPS[self]


_GROUPS = {
    Kind.SETUP: Group.ORIENT,
    Kind.PLAN: Group.ORIENT,
    Kind.RECALL: Group.ORIENT,
    Kind.COMPUTE: Group.WORK,
    Kind.CHECK: Group.REFLECT,
    Kind.DOUBT: Group.REFLECT,
    Kind.SWITCH: Group.REFLECT,
    Kind.CONCLUDE: Group.CONCLUDE,
    Kind.ANSWER: Group.CONCLUDE,
    Kind.UNCLASSIFIED: Group.UNCLASSIFIED,
}
