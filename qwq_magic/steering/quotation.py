"""The quoted way: a reply's beginning in the prompt, for servers that take none of their own.

It is another thing than a continued reply. The model reads its reasoning as a text of the
user's, and begins a new reply, so every view names this way.
"""

from __future__ import annotations

from dataclasses import replace

from qwq_magic.settings.model_rules import rules_for
from qwq_magic.settings.presets import Spellings
from qwq_magic.turns import ChatRequest, Json, Message, Prefix

_BEGUN = "You have begun to think about this. Your reasoning so far, word for word:"
_GO_ON = (
    "Go on with this reasoning exactly where it ends, without repeating or summarising it; then "
    "answer."
)
_ANSWER = (
    "Your time for thinking is over. Do not think any further: give your final answer now, going "
    "by this reasoning."
)
_ANSWERED = "You have begun to answer. Your answer so far, word for word:"
_GO_ON_ANSWERING = "Go on with this answer exactly where it ends, without repeating any of it."


def quoted(request: ChatRequest, spellings: Spellings) -> ChatRequest:
    """Return the request with its prefix quoted in the prompt, and no prefix."""
    assert request.prefix is not None
    # A turn from a file may have any messages, or none that asks.
    *before, prompt = request.messages or (Message("user", request.prompt),)
    if prompt.role != "user":
        before, prompt = [*before, prompt], Message("user", request.prompt)
    message = Message("user", f"{prompt.text}\n\n{quotation(request.prefix)}")
    return replace(
        request,
        messages=(*before, message),
        parameters=_parameters(request, spellings),
        prefix=None,
    )


def quotation(prefix: Prefix) -> str:
    """Return what is added to the prompt."""
    parts = []
    if prefix.reasoning.strip():
        parts += [_BEGUN, f"<reasoning>\n{prefix.reasoning}\n</reasoning>"]
    if prefix.answer.strip():
        parts += [_ANSWERED, f"<answer>\n{prefix.answer}\n</answer>", _GO_ON_ANSWERING]
    else:
        parts.append(_ANSWER if prefix.closed else _GO_ON)
    return "\n\n".join(parts)


def _parameters(request: ChatRequest, spellings: Spellings) -> dict[str, Json]:
    """The parameters, with thinking switched off for an answer, where that is possible."""
    assert request.prefix is not None
    given = dict(request.parameters)
    can_switch = "enable_thinking" in given or (
        "enable_thinking" in spellings and spellings["enable_thinking"].has_effect
    )
    if not request.prefix.closed or not can_switch or rules_for(request.model).always_thinks:
        return given
    # Without thinking, a budget or an effort for it would be rejected by some servers.
    for name in ("thinking_budget", "reasoning_effort"):
        given.pop(name, None)
    return {**given, "enable_thinking": False}
