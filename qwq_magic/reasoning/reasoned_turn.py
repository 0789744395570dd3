"""The protocol of a turn that can be compared, plotted or exported, and its name."""

from __future__ import annotations

from typing import Protocol

from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.metrics import Metrics
from qwq_magic.reasoning.steps import Steps


# A protocol, because `Turn` is in a layer above this one.
class ReasonedTurn(Protocol):
    """The parts of a turn that the analysis uses."""

    @property
    def id(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def server(self) -> str: ...
    @property
    def conversation(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def started_at(self) -> str: ...
    @property
    def reasoning(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def steps(self) -> Steps: ...
    @property
    def metrics(self) -> Metrics: ...


def name_of(turn: ReasonedTurn, *, limit_bytes: int = 60) -> str:
    """Return the model and the server on one line; "" if both are unknown."""
    return one_line(" · ".join(filter(None, (turn.model, turn.server))), limit_bytes=limit_bytes)
