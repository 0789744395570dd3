"""A turn as a value: what was sent, what came back, and how a stream of events becomes one."""

from qwq_magic.turns.builder import TurnBuilder
from qwq_magic.turns.messages import ChatRequest, Json, Message
from qwq_magic.turns.turn import State, Timing, Turn

__all__ = ["ChatRequest", "Json", "Message", "State", "Timing", "Turn", "TurnBuilder"]
