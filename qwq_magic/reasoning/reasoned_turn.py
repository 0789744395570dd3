"""What a turn must show to be compared, drawn or exported, and what it is called."""

from __future__ import annotations

from typing import Protocol

from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.metrics import Metrics
from qwq_magic.reasoning.steps import Steps


class ReasonedTurn(Protocol):
    """A turn as the analysis sees it."""

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
    """Its model and its server on one line; "" where neither is known."""
    return one_line(" · ".join(filter(None, (turn.model, turn.server))), limit_bytes=limit_bytes)
