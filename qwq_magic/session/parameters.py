"""The parameters of a request, and the limits that are watched instead of sent."""

from __future__ import annotations

from dataclasses import replace

from qwq_magic.settings import Settings
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.turns import ChatRequest, Json, Limits

# A user who sets one of these has decided whether and how much the model thinks.
_ABOUT_THINKING = frozenset(
    {"enable_thinking", "thinking_budget", "reasoning_effort", "thinking", "reasoning"}
)


def parameters_for(settings: Settings) -> dict[str, Json]:
    """The user's parameters, and those that make a model think which the user did not name."""
    given = _with_budget(settings)
    is_decided = settings.model_is_pinned or bool(_ABOUT_THINKING & settings.parameters.keys())
    if is_decided or rules_for(settings.model).always_thinks:
        return given
    return {**settings.preset.default_parameters, **given}


def _with_budget(settings: Settings) -> dict[str, Json]:
    """The user's parameters, and a limit of tokens as the budget that the server has for it."""
    given = dict(settings.parameters)
    limits, spelling = settings.limits, settings.preset.spellings.get("thinking_budget")
    if limits is None or limits.tokens is None or limits.then != "answer":
        return given
    if spelling is None or not spelling.has_effect or spelling.hint:
        return given
    most = rules_for(settings.model).most_thinking_tokens
    is_accepted = not spelling.bounds_missed_by(limits.tokens) and (
        most is None or limits.tokens <= most
    )
    if is_accepted and not _ABOUT_THINKING & given.keys():
        given["thinking_budget"] = limits.tokens
    return given


def watched_limits(settings: Settings, request: ChatRequest) -> Limits | None:
    """The limits, with a budget that the server would count from the given reasoning on."""
    limits, budget = settings.limits, request.parameters.get("thinking_budget")
    is_sent = not (request.prefix and settings.preset.budget_counts_prefix)
    if is_sent or type(budget) is not int or budget <= 0:
        return limits
    if limits is not None and limits.tokens is not None:
        return limits
    return replace(limits or Limits(), tokens=budget)
