"""The section about steering: what of it the server can do, as far as that is known.

Nothing is asked for this. How a server continues a given text is found out by the first act.
"""

from __future__ import annotations

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section
from qwq_magic.session.model_choice import MODEL_CHOICES
from qwq_magic.session.session import continuations
from qwq_magic.settings import Settings
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.settings.presets import DEMO, Continues, Spelling
from qwq_magic.wire.protocols import protocol_of

_WAYS: dict[Continues, str] = {
    "reasoning_field": "natively, in the reasoning field",
    "think_in_content": "natively, in the content",
    "none": "only quoted in the prompt",
    "auto": "not known yet: found out with the first act",
}
_ENDS: dict[Continues, str] = {
    "none": "by closing the stream and asking again, with the text so far as a quotation",
    "auto": "by closing the stream and going on from the text so far",
}


def steering_section(settings: Settings) -> Section:
    """Return the section for the model that the next prompt is sent to."""
    if settings.server == DEMO.name:
        rows = [
            ("continue a given text", "natively, with prewritten branches"),
            ("end a reasoning", _ENDS["auto"]),
            ("limit the reasoning", "in this client only: -l tokens=2000"),
        ]
    else:
        rows = _rows(settings)
    return Section("Steering", Table(("to", "here"), rows))


def _rows(settings: Settings) -> list[tuple[str, str]]:
    choice = MODEL_CHOICES.known(settings)
    model = settings.model if choice is None else choice.model
    protocol = protocol_of(settings)
    continues = continuations().known(settings, model)
    # The reply is ended by its id, which only requests in OpenAI's protocol ask for.
    is_ended = settings.preset.ends_reasoning and protocol.takes_prefixes
    ends = "natively, in the same reply" if is_ended else _ENDS.get(continues, _ENDS["auto"])
    spelling = protocol.spellings(settings.preset).get("thinking_budget")
    return [
        ("continue a given text", _WAYS[continues]),
        ("end a reasoning", ends),
        ("limit the reasoning", _budget(spelling, model)),
    ]


def _budget(spelling: Spelling | None, model: str) -> str:
    """The parameter that limits the reasoning, with the server's name for it and its bounds."""
    if spelling is None:
        return "in this client; no thinking_budget is known for this server"
    if not spelling.has_effect:
        return f"in this client; the server has no thinking_budget, so {spelling.hint}"
    name = spelling.path
    sent = "" if name in ("", "thinking_budget") else f", sent as {name}"
    most = spelling.most or rules_for(model).most_thinking_tokens
    least = "" if spelling.least is None else f"{spelling.least:,}"
    bounds = f"{least} to {most:,} tokens" if most else f"{least or 0} tokens or more"
    needs = f"; {spelling.hint}" if spelling.hint else ""
    return f"thinking_budget{sent}: {bounds}{needs}"
