"""The chain of advisors between a session and its model.

From the outside in, by `order`: the user's advisors (0), think-tags (100), logging (200),
memory (300), model rules (400), and then the model.
"""

from qwq_magic.advisors.chain import Advisor, CallNext, Chain, Events
from qwq_magic.advisors.logging import LoggingAdvisor
from qwq_magic.advisors.memory import MemoryAdvisor
from qwq_magic.advisors.model_rules import ModelRulesAdvisor
from qwq_magic.advisors.think_tags import ThinkTags

__all__ = [
    "Advisor",
    "CallNext",
    "Chain",
    "Events",
    "LoggingAdvisor",
    "MemoryAdvisor",
    "ModelRulesAdvisor",
    "ThinkTags",
]
