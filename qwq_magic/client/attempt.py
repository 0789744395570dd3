"""One request and its response, from connecting to the last byte.

An attempt never raises: it keeps its failure, so that the caller can raise the error from
a frame whose local variables never held the key or a server's echo of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import NamedTuple

import httpx

from qwq_magic.client.beginnings import Beginnings
from qwq_magic.client.bodies import anext_or_none, body_of, within
from qwq_magic.client.connections import opened
from qwq_magic.client.failures import interruption, no_answer, origin_of, without_frames
from qwq_magic.client.masked_events import masked_events
from qwq_magic.client.refusals import refusal
from qwq_magic.client.resumption import Resumption, resumption_of
from qwq_magic.errors import QwqError, StreamInterrupted
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    ReasoningBecameAnswer,
    ReasoningDelta,
)
from qwq_magic.settings import Settings
from qwq_magic.settings.layers import InlineThink
from qwq_magic.turns import ChatRequest
from qwq_magic.wire.prefixes import ends_with_space
from qwq_magic.wire.think_tags import Beginning
from qwq_magic.wire.wire_protocol import Decoder, WireProtocol

# How long to wait for the usage after a finish reason, which may come seconds later, and then
# for the end of the body. A body that is read to its end leaves a connection that can be used
# again.
_USAGE_TIMEOUT_S = 10.0
_DRAIN_TIMEOUT_S = 0.25


class Failure(NamedTuple):
    """Why an attempt failed, and whether to retry."""

    error: QwqError
    cause: Exception | None
    may_repeat: bool


class HttpAttempt:
    """One request; `failure` is set if the events of `stream` ended too early."""

    def __init__(
        self,
        settings: Settings,
        protocol: WireProtocol,
        *,
        url: str,
        request: ChatRequest,
        clock: Callable[[], float],
        beginnings: Beginnings,
        is_in_content: bool = False,
    ) -> None:
        """Open nothing yet.

        Args:
            settings: how the server is reached.
            protocol: the protocol of request and response.
            url: the address of the request.
            request: the request.
            clock: returns seconds since the epoch.
            beginnings: what earlier replies have shown of how replies begin.
            is_in_content: whether the beginning of the reply, if given, is in its content.
        """
        self.failure: Failure | None = None
        self._settings = settings
        self._protocol = protocol
        self._url = url
        self._request = request
        self._clock = clock
        self._beginnings = beginnings
        self._is_in_content = is_in_content
        self._response_began = False
        self._decoder: Decoder | None = None
        self._resumption: Resumption | None = None
        self._origin = origin_of(settings, model=request.model)

    @property
    def reply_id(self) -> str:
        """The server's name for the reply; "" until it has sent one."""
        return self._decoder.reply_id if self._decoder else ""

    async def stream(self, client: httpx.AsyncClient, body: bytes) -> AsyncGenerator[Event, None]:
        authorization = self._protocol.authorization
        resumption = resumption_of(self._settings, self._url, authorization)
        self._resumption = resumption
        try:
            async with opened(
                client,
                self._url,
                self._settings,
                body=body,
                headers={
                    "Accept": "text/event-stream, application/json",
                    **self._protocol.headers,
                    **(resumption.headers if resumption else {}),
                },
                authorization=authorization,
            ) as response:
                self._response_began = True
                error = await refusal(
                    response, url=self._url, origin=self._origin, now=self._clock()
                )
                if error is not None:
                    self._note_end()
                    self._fail(error)
                    return
                reply = self._reply(response, client)
                if self._is_in_content and self._request.prefix and self._request.prefix.closed:
                    reply = _as_answer(reply)
                if self._request.prefix and ends_with_space(self._request.prefix):
                    reply = _without_first_space(reply)
                for secret in self._settings.secrets:
                    reply = masked_events(reply, secret)
                async with aclosing(reply) as events:
                    async for event in events:
                        yield event
        except httpx.HTTPError as raised:
            if isinstance(raised, (httpx.ConnectError, httpx.ConnectTimeout)):
                self._note_end()
            self._fail_by(raised)
        finally:
            if resumption is not None:
                resumption.leave()

    def _note_end(self) -> None:
        """Take note that the server generates nothing, or nothing any more."""
        if self._resumption is not None:
            self._resumption.note_end()

    def _body(
        self, response: httpx.Response, client: httpx.AsyncClient
    ) -> AsyncGenerator[bytes, None]:
        if self._resumption is None:
            return body_of(response)
        return self._resumption.body(response, client)

    async def _reply(
        self, response: httpx.Response, client: httpx.AsyncClient
    ) -> AsyncGenerator[Event, None]:
        inline_think, beginning = self._beginning()
        self._decoder = decoder = self._protocol.decoder(
            self._request,
            server=self._settings.preset,
            inline_think=inline_think,
            beginning=beginning,
            origin=self._origin,
        )
        broken: httpx.HTTPError | None = None
        try:
            async with aclosing(self._body(response, client)) as reads:
                async for data in reads:
                    for event in decoder.feed(data):
                        yield event
                    # A finish reason before any text is not the end: the model may still think.
                    if decoder.is_done or (decoder.is_complete and decoder.has_text):
                        break
                async with aclosing(_last_events(reads, decoder)) as last:
                    async for event in last:
                        yield event
        except httpx.HTTPError as raised:
            # A connection that breaks after the end of the reply loses nothing.
            broken = None if decoder.is_at_end else raised
        for event in decoder.close(is_broken=broken is not None):
            yield event
        if self._request.prefix is None:
            self._beginnings.learn(self._settings, self._request, decoder.began_inside)
        self._conclude(decoder, broken)

    def _conclude(self, decoder: Decoder, broken: httpx.HTTPError | None) -> None:
        if broken is not None:
            self._fail_by(broken, has_text=decoder.has_text)
            return
        if decoder.is_complete:
            self._note_end()
        if decoder.error is not None:
            self._fail(decoder.error)

    def _beginning(self) -> tuple[InlineThink, Beginning]:
        prefix, mode = self._request.prefix, self._settings.inline_think
        if prefix is None:
            return self._beginnings.of(self._settings, self._request)
        # The text goes on where the given text ends, whatever replies of this model begin with.
        if prefix.closed or mode == "off":
            return "off" if mode == "off" else "auto", "unknown"
        return "auto", "inside"

    def _fail(self, error: QwqError) -> None:
        # An interrupted reply is not retryable for callers, who may have its text already;
        # the client retries it as long as no text has arrived.
        may_repeat = error.retryable or isinstance(error, StreamInterrupted)
        self.failure = Failure(error, None, may_repeat)

    def _fail_by(self, raised: httpx.HTTPError, *, has_text: bool = False) -> None:
        if self._response_began:
            error = interruption(raised, self._origin, self._settings, has_text=has_text)
        else:
            error = no_answer(raised, self._origin, self._settings)
        # An idle timeout takes minutes, and a retry would double the wait.
        has_waited = isinstance(raised, httpx.ReadTimeout)
        may_repeat = not has_waited and (error.retryable or self._response_began)
        self.failure = Failure(error, without_frames(raised, self._origin), may_repeat)


async def _as_answer(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """All text as answer: a parser that has not seen the given tags calls it reasoning."""
    async with aclosing(events):
        async for event in events:
            match event:
                case ReasoningDelta(text):
                    yield AnswerDelta(text)
                case AnswerBecameReasoning() | ReasoningBecameAnswer():
                    pass
                case _:
                    yield event


async def _without_first_space(
    events: AsyncGenerator[Event, None],
) -> AsyncGenerator[Event, None]:
    """All but the space that the text begins with: the given text has it already."""
    is_first = True
    async with aclosing(events):
        async for event in events:
            if is_first and isinstance(event, (ReasoningDelta, AnswerDelta)):
                is_first = False
                event = replace(event, text=event.text.removeprefix(" "))
                if not event.text:
                    continue
            yield event


async def _last_events(
    reads: AsyncGenerator[bytes, None], decoder: Decoder
) -> AsyncGenerator[Event, None]:
    """What follows a finish reason: usage, the end of the body, and perhaps more text.

    Some servers send a finish reason with every chunk, so the wait begins again with each text.
    """
    now = asyncio.get_running_loop().time
    give_up_at = now() + _USAGE_TIMEOUT_S
    while decoder.is_complete and not decoder.is_done:
        data = await within(give_up_at - now(), anext_or_none(reads))
        if data is None:
            return
        events = decoder.feed(data)
        if any(isinstance(event, (ReasoningDelta, AnswerDelta)) for event in events):
            give_up_at = now() + _USAGE_TIMEOUT_S
        for event in events:
            yield event
    if decoder.error is None:
        # Read to the end, so that the next request can use the connection.
        await within(_DRAIN_TIMEOUT_S, anext_or_none(reads))
