"""Which models' replies begin inside the reasoning, as their names and earlier replies suggest.

A chat template may open the reasoning in the prompt, and a server without a parser for the
model then sends a closing tag only. A name is a guess, which the first replies confirm or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qwq_magic.settings import Settings
from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.turns import ChatRequest
from qwq_magic.wire.think_tags import Beginning

# Parameters that switch the reasoning off, and the values with which they do.
_SWITCHES = {
    "enable_thinking": (False,),
    "thinking": (False, "disabled", "off"),
    "think": (False,),
    "reasoning_effort": ("none",),
    "thinking_budget": (0,),
    "type": ("disabled",),
    "enabled": (False,),
    "effort": ("none",),
}
# Parameters whose fields are such switches.
_GROUPS = ("chat_template_kwargs", "thinking", "reasoning", "extra_body")


class Beginnings:
    """What is known of how replies begin, by address and model."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def of(self, settings: Settings, request: ChatRequest) -> tuple[InlineThink, Beginning]:
        """How to read the tags of the next reply, and where it probably begins."""
        mode = settings.inline_think
        opens = rules_for(request.model).opens_reasoning
        # The settings choose `open` by the name where a server never splits the reasoning. That
        # is a guess, too, which a reply may refute.
        is_guess = mode == "open" and opens and not settings.preset.splits_reasoning
        if mode != "auto" and not is_guess:
            return mode, "unknown"
        if _is_switched_off(request.parameters):
            return "auto", "unknown"
        known = self._known.get((settings.base_url, request.model))
        if known or (known is None and is_guess):
            return "auto", "inside"
        return "auto", "likely" if opens else "unknown"

    def learn(self, settings: Settings, request: ChatRequest, began_inside: bool | None) -> None:
        """Keep what a reply has shown; None shows nothing."""
        if began_inside is not None and not _is_switched_off(request.parameters):
            self._known[settings.base_url, request.model] = began_inside


def _is_switched_off(parameters: Mapping[str, Any]) -> bool:
    for name, value in parameters.items():
        if name in _GROUPS and isinstance(value, Mapping):
            if _is_switched_off(value):
                return True
        # `0 == False`, so the type counts as well.
        elif any(type(value) is type(off) and value == off for off in _SWITCHES.get(name, ())):
            return True
    return False
