"""The model of a prompt for which the user named none, chosen from what the server offers.

The server is asked for its list once a kernel, briefly, and never for the demo, for a model
that was named, or for a dry run. Names die within months, so a preset has several, and no
prompt is sent to one that the list does not have.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from qwq_magic.errors import ConfigurationError, ModelNotFound, ProtocolError, QwqError
from qwq_magic.plain_text import one_line
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import DEMO, ServerPreset

if TYPE_CHECKING:
    # %load_ext imports this module, and must be fast.
    from qwq_magic.session.ask import Sending
    from qwq_magic.wire.model_list import ListedModel

TIMEOUT_S = 2.0
_SHOWN_MODELS = 3
# Models of a list that cannot chat.
_NO_CHAT = re.compile(r"(?i)embed|rerank|whisper|tts|asr|moderation|image|diffusion|guard")

_Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The chosen model, and why it was chosen.

    Attributes:
        model: its name, as the server spells it.
        reason: for a report, such as `the only model that vllm offers`.
        is_expected: whether it is what the preset prefers, which needs no notice.
    """

    model: str
    reason: str
    is_expected: bool = False

    @property
    def notice(self) -> str:
        return "" if self.is_expected else f"Using {self.model}: {self.reason}."


def choice_among(
    offered: Sequence[ListedModel], preset: ServerPreset, server: str
) -> ModelChoice | None:
    """Return the choice among the models offered; None if the user has to decide.

    In this order: the first preference that is offered, the only model, the first that thinks.
    """
    for at, preferred in enumerate(preset.preferences):
        name = _offered_as(preferred, offered)
        if name and at == 0:
            return ModelChoice(name, f"the first preference of {server}", is_expected=True)
        if name:
            return ModelChoice(name, f"{server} does not offer {preset.preferences[0]}")
    candidates = [model for model in offered if not _NO_CHAT.search(model.name)]
    if len(candidates) == 1:
        return ModelChoice(candidates[0].name, f"the only model that {server} offers")
    first = next((model.name for model in candidates if model.thinks), "")
    return ModelChoice(first, f"the first reasoning model that {server} offers") if first else None


def _offered_as(preferred: str, offered: Sequence[ListedModel]) -> str:
    """Return the name under which a model is offered, perhaps with a tag: `qwq:32b`."""
    exact = (model.name for model in offered if model.is_named(preferred))
    tagged = (
        m.name for m in offered if m.name.casefold().partition(":")[0] == preferred.casefold()
    )
    return next(exact, "") or next(tagged, "")


class ModelChoices:
    """The choices of this kernel, by address."""

    def __init__(self) -> None:
        self._known: dict[_Key, ModelChoice] = {}
        self._running: dict[_Key, asyncio.Task[ModelChoice]] = {}

    def known(self, settings: Settings) -> ModelChoice | None:
        """Return an earlier choice; None if none was made, or if the user named a model."""
        return None if settings.model_is_pinned else self._known.get(_key(settings))

    async def choose(self, settings: Settings) -> ModelChoice:
        """Return the choice, after asking the server if it has not been made.

        Raises:
            QwqError: the user has to decide.
        """
        key = _key(settings)
        if key in self._known:
            return self._known[key]
        running = self._running.get(key)
        # Prompts in several conversations may start at once; another loop's task is not ours.
        if running is None or running.get_loop() is not asyncio.get_running_loop():
            running = self._running[key] = asyncio.create_task(self._look_up(key, settings))
        return await asyncio.shield(running)

    def forget(self, settings: Settings) -> None:
        """Forget the choice, for a model that turned out to be gone."""
        self._known.pop(_key(settings), None)

    def clear(self) -> None:
        self._known.clear()
        self._running.clear()

    async def _look_up(self, key: _Key, settings: Settings) -> ModelChoice:
        try:
            choice, is_final = await _looked_up(settings)
        finally:
            self._running.pop(key, None)
        if is_final:
            self._known[key] = choice
        return choice


# One per process, so that sessions of one kernel share it.
MODEL_CHOICES = ModelChoices()


def _key(settings: Settings) -> _Key:
    return settings.base_url, settings.protocol, settings.preset.name


async def _looked_up(settings: Settings) -> tuple[ModelChoice, bool]:
    """Return the choice, and whether to keep it: a server that was down is asked again."""
    from qwq_magic.client.model_listing import Limits, listed_models  # imports httpx

    server, preset = settings.server, settings.preset
    try:
        async with asyncio.timeout(TIMEOUT_S):
            offered = await listed_models(settings, Limits(timeout_s=TIMEOUT_S))
    except TimeoutError:
        # Kept, since every prompt would wait as long again.
        return _without_list(settings, f"its list of models took over {TIMEOUT_S:g} s"), True
    except QwqError as error:
        has_none = isinstance(error, (ModelNotFound, ProtocolError))
        why = "it has no list of models" if has_none else "its list of models cannot be read"
        return _without_list(settings, why), has_none
    if not offered:
        return _without_list(settings, "its list of models is empty"), False
    choice = choice_among(offered, preset, server)
    if choice is None:
        names = ", ".join(one_line(m.name, limit_bytes=80) for m in offered[:_SHOWN_MODELS])
        raise ConfigurationError(
            f"{server} offers no model that qwq_magic would choose by itself. Choose one with "
            f"-m MODEL, such as {names}; %qwq_models lists all {len(offered):,}."
        )
    return choice, True


def _without_list(settings: Settings, why: str) -> ModelChoice:
    preferences = settings.preset.preferences
    if not preferences:
        raise ConfigurationError(
            f"No model is set for {settings.server}, and {why}. Choose one with -m MODEL."
        )
    reason = f"default of {settings.server}; {why}"
    return ModelChoice(preferences[0], reason, is_expected=True)


@dataclass(frozen=True, slots=True)
class UnnamedModel:
    """The model of one prompt for which the user named none.

    Attributes:
        settings: how the server is reached.
        planned: what would be sent to a model of this name.
        is_known: whether it was chosen for an earlier prompt.
    """

    settings: Settings
    planned: Callable[[str], Sending]
    is_known: bool

    async def chosen(self) -> tuple[Sending, str]:
        """Return what is sent, and a notice, "" for none.

        Raises:
            QwqError: the user has to decide, or the prompt is too long for the chosen model.
        """
        choice = await MODEL_CHOICES.choose(self.settings)
        return self.planned(choice.model), choice.notice

    def forget(self) -> None:
        MODEL_CHOICES.forget(self.settings)

    @property
    def preview_notice(self) -> str:
        """What a dry run, which asks no server, has to leave open; "" for nothing."""
        if self.is_known:
            return ""
        return (
            f"No model is named: with the prompt, {self.settings.server} is asked which models it "
            "offers, and one of them is chosen."
        )


def needs_choice(settings: Settings) -> bool:
    """Whether the model of these settings is to be chosen from the server's list."""
    return not settings.model_is_pinned and settings.server != DEMO.name
