"""A model on an HTTP server: send a request, stream the reply, retry where that helps.

A request is retried only as long as none of its text was delivered, and each retry is
announced in a notice, which explains the wait. A server that still loads the model is waited
for, with one notice, and without a retry being counted.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

import httpx

from qwq_magic.client.attempt import HttpAttempt
from qwq_magic.client.beginnings import Beginnings
from qwq_magic.client.connections import require_sendable_key, require_valid_url, shared_client
from qwq_magic.client.continuations import Continuations
from qwq_magic.client.model_listing import Limits, look_up
from qwq_magic.client.retries import MAX_LOADING_S, MAX_RETRIES, delay_s, loading_delay_s
from qwq_magic.errors import ConfigurationError, InvalidRequest, ModelLoading, QwqError
from qwq_magic.events import AnswerDelta, Event, Notice, ReasoningDelta
from qwq_magic.plain_text import well_formed
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import Continues
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.turns.prefix import Way
from qwq_magic.wire.addresses import endpoint
from qwq_magic.wire.framing import json_document
from qwq_magic.wire.protocols import protocol_of

# A probe asks for eight tokens, of a server that may have to read its model first.
_PROBE_TIMEOUT_S = 30.0
_CONTROL = Limits(timeout_s=2.0, most_bytes=100_000)


class HttpChatModel:
    """A `ChatModel` that continues a given text, where its server can.

    The last four arguments are for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        beginnings: Beginnings | None = None,
        continuations: Continuations | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open nothing yet.

        Args:
            settings: how the server is reached.
            beginnings: what earlier replies have shown of how replies begin.
            continuations: what is known of how servers continue a given text.
            transport: see `httpx.AsyncClient`.
            sleep: pauses for a number of seconds.
            random: returns a number from 0 to 1.
            clock: returns seconds since the epoch.

        Raises:
            ConfigurationError: the protocol is unknown, or the base URL invalid.
        """
        self._settings = settings
        self._preset = settings.preset
        self._protocol = protocol_of(settings)
        # Checked here, so that a wrong setting is reported where it was made.
        require_valid_url(self._url_for(settings.model))
        self._beginnings = beginnings or Beginnings()
        self._continuations = continuations or Continuations()
        # The reply that streams, by its turn: the server's name for it.
        self._reply_ids: dict[str, str] = {}
        # How often a request is repeated; 0 where the caller repeats it.
        self.max_retries = MAX_RETRIES
        self._transport = transport
        self._sleep = sleep
        self._random = random
        self._clock = clock

    @property
    def server(self) -> str:
        return self._settings.server

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """Yield the reply's events; closing the generator closes the connection.

        Raises:
            QwqError: see `ChatModel.stream`.
        """
        require_sendable_key(self._settings)
        url, payload = self.written(request)
        body = _encoded(payload)
        client = await self._client(url)
        retry, loading = 0, _LoadingWait()
        while True:
            attempt = self._attempt(request, url)
            has_text = False
            try:
                async with aclosing(attempt.stream(client, body)) as events:
                    async for event in events:
                        has_text = has_text or isinstance(event, (ReasoningDelta, AnswerDelta))
                        self._reply_ids[request.turn_id] = attempt.reply_id
                        yield event
            finally:
                self._reply_ids.pop(request.turn_id, None)
            if attempt.failure is None:
                return
            error, cause, may_repeat = attempt.failure
            # Not counted as a retry: the request is another one, and sent without a delay.
            if self._dropped_refused_field(error, payload):
                body = _encoded(payload)
                continue
            if isinstance(error, ModelLoading) and not has_text:
                # Not counted as a retry either: nothing has gone wrong yet.
                if loading.is_first:
                    yield Notice(_LOADING, wait_s=MAX_LOADING_S)
                wait_s = loading.next_s(error.retry_after_s)
                if wait_s is None:
                    raise _still_loading(error) from cause
                await self._sleep(wait_s)
                continue
            wait_s = None
            if may_repeat and not has_text and retry < self.max_retries:
                wait_s = delay_s(retry, retry_after_s=error.retry_after_s, random=self._random())
            if wait_s is None:
                raise error from cause
            yield _announcement(error, wait_s, retry)
            retry += 1
            await self._sleep(wait_s)

    def written(self, request: ChatRequest) -> tuple[str, dict[str, Json]]:
        """See `WritesRequests.written`."""
        server = replace(self._preset, continues=self._continues(request))
        if server.continues in ("none", "auto"):
            # A dry run asks no server, so it cannot show how the beginning would be given.
            request = replace(request, prefix=None)
        return self._url_for(request.model), self._protocol.encode(request, server)

    def _continues(self, request: ChatRequest) -> Continues:
        return self._continuations.known(self._settings, request.model)

    async def way_for(self, request: ChatRequest) -> Way:
        """See `ContinuesReplies.way_for`; a server that is not known is asked, once a kernel."""
        found = await self._continuations.of(self._settings, request.model, self._probe)
        return "quoted" if found == "none" else "native"

    def expected_way(self, request: ChatRequest) -> Way:
        """See `ContinuesReplies.expected_way`."""
        ways: dict[Continues, Way] = {"none": "quoted", "auto": ""}
        return ways.get(self._continues(request), "native")

    async def _probe(self, request: ChatRequest, continues: Continues) -> str:
        """Return the text of one short reply, in this way of giving its beginning.

        Raises:
            QwqError: the server rejects it, or cannot be reached.
        """
        require_sendable_key(self._settings)
        url = self._url_for(request.model)
        server = replace(self._preset, continues=continues)
        body = _encoded(self._protocol.encode(request, server))
        attempt = self._attempt(request, url)
        texts: list[str] = []
        async with (
            asyncio.timeout(_PROBE_TIMEOUT_S),
            aclosing(attempt.stream(await self._client(url), body)) as events,
        ):
            async for event in events:
                if isinstance(event, (ReasoningDelta, AnswerDelta)):
                    texts.append(event.text)
        if attempt.failure is not None and not texts:
            raise attempt.failure.error
        return "".join(texts)

    async def end_reasoning(self, request: ChatRequest) -> bool:
        """Ask the server to end the reasoning of the reply that streams; False if it cannot."""
        reply_id = self._reply_ids.get(request.turn_id, "")
        if not (self._preset.ends_reasoning and reply_id):
            return False
        url = f"{self._url_for(request.model)}/control"
        posted = {"id": reply_id, "action": "reasoning_end"}
        try:
            body = await look_up(url, self._settings, _CONTROL, posted=posted)
        except QwqError:
            # An older server has no such path.
            return False
        answer = json_document(body)
        return isinstance(answer, dict) and answer.get("success") is True

    def _attempt(self, request: ChatRequest, url: str) -> HttpAttempt:
        return HttpAttempt(
            self._settings,
            self._protocol,
            url=url,
            request=request,
            clock=self._clock,
            beginnings=self._beginnings,
            is_in_content=self._continues(request) == "think_in_content",
        )

    def _url_for(self, model: str) -> str:
        return endpoint(self._settings.base_url, self._protocol.path_for(model))

    def _dropped_refused_field(self, error: QwqError, payload: dict[str, Json]) -> bool:
        """Drop the field that the server rejected by name and the request can do without."""
        if not isinstance(error, InvalidRequest):
            return False
        for path in self._protocol.optional_fields:
            name, _, inner = path.partition(".")
            value = payload.get(name)
            if value is None or name not in error.message:
                continue
            if not inner:
                del payload[name]
                return True
            if isinstance(value, dict) and inner in value:
                # The rest of the object may be the user's, and stays.
                payload[name] = {key: value[key] for key in value if key != inner}
                if not payload[name]:
                    del payload[name]
                return True
        return False

    async def _client(self, url: str) -> httpx.AsyncClient:
        if self._transport is not None:
            return httpx.AsyncClient(transport=self._transport)
        return await shared_client(url)


class _LoadingWait:
    """The waits for one server that loads the model."""

    def __init__(self) -> None:
        self._attempts = 0
        self._waited_s = 0.0

    @property
    def is_first(self) -> bool:
        return not self._attempts

    def next_s(self, retry_after_s: float | None) -> float | None:
        """Seconds until the next attempt; None to give up."""
        wait_s = loading_delay_s(
            self._attempts, waited_s=self._waited_s, retry_after_s=retry_after_s
        )
        self._attempts += 1
        self._waited_s += wait_s or 0.0
        return wait_s


_LOADING = (
    f"The server is loading the model; waiting for it for up to {MAX_LOADING_S / 60:g} minutes."
)


def _still_loading(error: ModelLoading) -> ModelLoading:
    return ModelLoading(
        f"The server was still loading the model after {MAX_LOADING_S / 60:g} minutes. "
        f"{error.message}",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retryable=True,
        retry_after_s=error.retry_after_s,
    )


def _announcement(error: QwqError, wait_s: float, retry: int) -> Notice:
    # A damaged stream has the status 200, which would not explain the retry.
    is_refusal = error.status is None or error.status >= 400
    parts = (error.status, error.code) if is_refusal else ()
    # Some servers repeat the status as the code.
    label = " ".join(dict.fromkeys(str(part) for part in parts if part))
    cause = f"The server answered {label}" if label else error.message.split(". ")[0].rstrip(".")
    text = f"{cause}; retrying in {round(wait_s, 1):g} s ({retry + 1} of {MAX_RETRIES})."
    return Notice(text, wait_s=wait_s)


def _encoded(payload: Mapping[str, Json]) -> bytes:
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"A parameter cannot be written as JSON: {error}. Check the values given with -p."
        ) from error
    # A lone surrogate in a prompt cannot be encoded as UTF-8.
    return well_formed(text).encode()
