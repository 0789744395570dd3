"""Turns: what was sent, what was received, and how a stream of events becomes a turn."""

from qwq_magic.turns.builder import TurnBuilder
from qwq_magic.turns.limits import Limits, StoppedBy
from qwq_magic.turns.messages import ChatRequest, Json, Message
from qwq_magic.turns.parent import Parent
from qwq_magic.turns.prefix import Prefix
from qwq_magic.turns.turn import State, Timing, Turn, ending_in, is_cut

__all__ = [
    "ChatRequest",
    "Json",
    "Limits",
    "Message",
    "Parent",
    "Prefix",
    "State",
    "StoppedBy",
    "Timing",
    "Turn",
    "TurnBuilder",
    "ending_in",
    "is_cut",
]
