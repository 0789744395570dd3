"""Conversations: their turns, which of them are sent, and their files."""

from qwq_magic.memory.contents import TurnPosition
from qwq_magic.memory.context import Context
from qwq_magic.memory.conversation import ConversationMemory
from qwq_magic.memory.conversations import Conversations
from qwq_magic.memory.window import Window

__all__ = ["Context", "ConversationMemory", "Conversations", "TurnPosition", "Window"]
