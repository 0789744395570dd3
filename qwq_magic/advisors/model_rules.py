"""The model-rules advisor: refuses what a model or its server rejects, warns about the idle.

Its rules come from `settings.model_rules` and from the server's spellings of parameters; the
errors it raises cost no request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from qwq_magic.advisors.chain import MODEL_RULES_ORDER, CallNext, Events
from qwq_magic.errors import ConfigurationError, ModelNotFound, UnsupportedFeature
from qwq_magic.events import Notice
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.plain_text import one_line
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.settings.presets import Spellings
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire.error_fixes import NOTHING_THERE

# The client sets these itself.
_RESERVED = frozenset({"model", "messages", "stream", "stream_options"})


@dataclass(slots=True)
class SessionNotices:
    """The notices that a session has shown, and the models it found to be retired.

    Shared by all requests of a session, so that each notice appears once.
    """

    shown: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)


class ModelRulesAdvisor:
    """Applies the rules of the model and of its server to one request."""

    order = MODEL_RULES_ORDER

    def __init__(
        self,
        session_notices: SessionNotices,
        *,
        is_hosted: bool,
        is_pinned: bool,
        server: str = "",
        spellings: Spellings | None = None,
    ) -> None:
        """Create the advisor for one request.

        Args:
            session_notices: the notices shown so far in this session.
            is_hosted: whether the model's vendor runs it and ignores sampling parameters.
            is_pinned: whether the user chose the model, so that it is never replaced.
            server: the server's name, for messages.
            spellings: which parameters have an effect on the server, and their bounds.
        """
        self._session_notices = session_notices
        self._is_hosted = is_hosted
        self._is_pinned = is_pinned
        self._server = server
        self._spellings: Spellings = spellings or {}

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        _refuse(request)
        _refuse_out_of_bounds(request.parameters, self._spellings, self._server)
        # A gateway passes requests for a closed model on to its vendor.
        is_hosted = self._is_hosted or rules_for(request.model).is_closed
        if is_hosted:
            _refuse_excess(request)
        for text in (
            *_discouraged(request, is_hosted=is_hosted),
            *_idle(request.parameters, self._spellings, self._server),
        ):
            if text not in self._session_notices.shown:
                self._session_notices.shown.add(text)
                yield Notice(text)
        if is_hosted:
            request = _without_ineffective(request)
        # A model that is known to be retired costs no second request.
        known_retired = request.model in self._session_notices.retired and not self._is_pinned
        if not known_retired:
            try:
                async for event in call_next(request):
                    yield event
                return
            except ModelNotFound as error:
                # No other model is found at a wrong address either.
                is_about_model = NOTHING_THERE not in error.message
                if not (is_hosted and is_about_model and rules_for(request.model).successor):
                    raise
                self._require_default(request.model, error)
        successor = _with_successor(request)
        text = (
            ""
            if known_retired
            else f"{request.model} has been retired; using {successor.model} instead."
        )
        self._session_notices.retired.add(request.model)
        # Yielded even without a text, so that the turn records the model that replies.
        yield Notice(text, model=successor.model)
        async for event in call_next(successor):
            yield event

    def _require_default(self, model: str, error: ModelNotFound) -> None:
        """Raise if the user chose the model, with a message that names its successor."""
        if self._is_pinned:
            successor = rules_for(model).successor
            raise ModelNotFound(
                f"{error.message} {model} is being retired; use its successor: -m {successor}.",
                status=error.status,
                code=error.code,
                request_id=error.request_id,
            ) from error


def _refuse(request: ChatRequest) -> None:
    """Raise for parameters that the server would reject."""
    rules = rules_for(request.model)
    for name in request.parameters:
        if name in _RESERVED:
            raise ConfigurationError(
                f"Parameter {name!r} is set automatically. Remove it from the parameters (-p)."
            )
        reason = rules.refused.get(name)
        if reason:
            raise UnsupportedFeature(f"{request.model} does not accept {name!r}: {reason}.")
    rivals = sorted(rules.exclusive & request.parameters.keys())
    if len(rivals) > 1:
        raise UnsupportedFeature(
            f"{request.model} does not accept {' and '.join(rivals)} together: keep one."
        )


def _refuse_out_of_bounds(
    parameters: Mapping[str, Json], spellings: Spellings, server: str
) -> None:
    """Raise for values that the server rejects or, worse, ignores."""
    for name, value in parameters.items():
        accepted = spellings[name].bounds_missed_by(value) if name in spellings else ""
        if accepted:
            shown = without_lookalikes(one_line(repr(value), limit_bytes=60))
            raise UnsupportedFeature(f"{server} does not accept {name}={shown}. Use {accepted}.")


def _refuse_excess(request: ChatRequest) -> None:
    """Raise for a budget above the model's own, which its vendor rejects."""
    budget, most = (
        request.parameters.get("thinking_budget"),
        rules_for(request.model).most_thinking_tokens,
    )
    if most is not None and isinstance(budget, int) and budget > most:
        raise UnsupportedFeature(
            f"{request.model} accepts a thinking_budget of at most {most:,}, not {budget:,}."
        )


def _idle(parameters: Mapping[str, Json], spellings: Spellings, server: str) -> Iterator[str]:
    """Yield a line for each parameter that has no effect, needs more to have one, or costs more."""
    for name in parameters:
        spelling = spellings.get(name)
        if spelling is None or not (spelling.hint or not spelling.has_effect):
            continue
        if spelling.has_effect:
            yield f"For {name} to have an effect on {server}, {spelling.hint}."
        else:
            yield f"{name} has no effect on {server}, so it is not sent; {spelling.hint}."
    replies, spelling = parameters.get("n"), spellings.get("n")
    if type(replies) is int and replies > 1 and (spelling is None or spelling.has_effect):
        price = "double" if replies == 2 else f"{replies:,} times as much"
        yield f"n={replies} costs {price} and only the first reply is shown."


def _discouraged(request: ChatRequest, *, is_hosted: bool) -> Iterator[str]:
    rules = rules_for(request.model)
    idle = [name for name in request.parameters if name in rules.ineffective]
    if idle and is_hosted:
        yield f"{', '.join(idle)}: no effect on hosted {request.model}, so not sent."
    if rules.suggested and not is_hosted and request.parameters.get("temperature") == 0:
        yield f"{request.model} tends to loop at temperature 0; {rules.suggested}."
    if rules.system_discouraged and request.messages[0].role == "system":
        yield f"{request.model} works best without a system message; yours is sent anyway."


def _without_ineffective(request: ChatRequest) -> ChatRequest:
    ineffective = rules_for(request.model).ineffective
    return replace(
        request,
        parameters={
            name: value for name, value in request.parameters.items() if name not in ineffective
        },
    )


def _with_successor(request: ChatRequest) -> ChatRequest:
    rules = rules_for(request.model)
    return replace(
        request,
        model=rules.successor,
        parameters={**rules.successor_parameters, **request.parameters},
    )
