"""A model that is given the beginning of its reply, natively where it can take it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from qwq_magic.events import Event, Notice
from qwq_magic.settings.presets import Spellings
from qwq_magic.steering.quotation import quoted
from qwq_magic.turns import ChatRequest
from qwq_magic.turns.chat_model import ChatModel, ContinuesReplies
from qwq_magic.turns.prefix import Way


class SteeredModel:
    """Wraps a model: a request with a prefix is passed on, or quoted where it has to be."""

    def __init__(self, model: ChatModel, spellings: Spellings) -> None:
        """`spellings`: how the server spells parameters, to switch its thinking off."""
        self._model = model
        self._spellings = spellings

    @property
    def server(self) -> str:
        return self._model.server

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        if request.prefix:
            way = await self._way_for(request)
            yield Notice(way_notice(way, self.server), way=way)
            if way == "quoted":
                request = quoted(request, self._spellings)
        async with aclosing(self._model.stream(request)) as events:  # type: ignore[type-var]  # a model's stream is a generator
            async for event in events:
                yield event

    async def _way_for(self, request: ChatRequest) -> Way:
        if isinstance(self._model, ContinuesReplies):
            return await self._model.way_for(request)
        return "quoted"


def way_notice(way: Way, server: str) -> str:
    """Return the line that names the quoted way; "" for the native one."""
    if way != "quoted":
        return ""
    return (
        f"{server} cannot continue a given text, so the text so far is quoted in the prompt, and "
        "the model begins a new reply."
    )
