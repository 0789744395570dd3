"""Turns: what was sent, what was received, and how a stream of events becomes a turn."""

from qwq_magic.turns.builder import TurnBuilder
from qwq_magic.turns.messages import ChatRequest, Json, Message
from qwq_magic.turns.turn import State, Timing, Turn, ending_in, is_cut

__all__ = [
    "ChatRequest",
    "Json",
    "Message",
    "State",
    "Timing",
    "Turn",
    "TurnBuilder",
    "ending_in",
    "is_cut",
]
