"""A reply that outlives its connection, on a server that keeps it under an id of the client's.

llama.cpp goes on generating when such a connection breaks, keeps what it has written, and sends
it again from any byte on. So the client reads on where it was, and a reply that is left early has
to be ended with a request of its own: without that, the server would go on to its last token.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace

import httpx

from qwq_magic.client.bodies import body_of, encoding_of
from qwq_magic.client.connections import Authorization, opened, shared_client
from qwq_magic.errors import QwqError
from qwq_magic.settings import Settings

_CHAT, _STREAM = "/chat/completions", "/stream"
# The pauses before the tries to read on; they begin again with each byte that arrives.
_PAUSES_S = (0.1, 1.0)
_END_TIMEOUT_S = 2.0
# A request that has just been sent may be known to the server only after the first try to end it.
_END_PAUSES_S = (0.0, 1.0)
# Not a timeout, which has taken minutes already.
_BROKEN = (httpx.NetworkError, httpx.RemoteProtocolError)

# The event loop itself keeps no tasks.
_ending: set[asyncio.Task[None]] = set()


class Resumption:
    """One reply, from its request to its end."""

    def __init__(self, settings: Settings, url: httpx.URL, authorization: Authorization) -> None:
        """Open nothing yet; see `resumption_of`."""
        # With the id, anyone can read the reply and end it.
        self._id = secrets.token_hex(16)
        self._settings = settings
        path = url.path.rstrip("/").removesuffix(_CHAT) + _STREAM
        self._url = url.copy_with(path=path).copy_merge_params({"conv_id": self._id})
        self._authorization = authorization
        self._has_begun = False
        self._is_over = False

    @property
    def headers(self) -> Mapping[str, str]:
        """What the request needs, for the server to keep the reply."""
        return {"X-Conversation-Id": self._id}

    async def body(
        self, response: httpx.Response, client: httpx.AsyncClient
    ) -> AsyncGenerator[bytes, None]:
        """The body, read on from where its connection breaks.

        Raises:
            httpx.HTTPError: as `body_of`; for a break, if the rest cannot be had.
        """
        self._has_begun = True
        received, tries = 0, iter(_PAUSES_S)
        async with AsyncExitStack() as stack:
            while True:
                try:
                    async with aclosing(body_of(response)) as reads:
                        async for data in reads:
                            received, tries = received + len(data), iter(_PAUSES_S)
                            yield data
                    return
                except _BROKEN as raised:
                    broken = raised
                # The server counts bytes as it wrote them.
                rest = None
                if not encoding_of(response):
                    rest = await self._rest(received, client, stack, tries)
                if rest is None:
                    raise broken
                response = rest

    async def _rest(
        self,
        received: int,
        client: httpx.AsyncClient,
        stack: AsyncExitStack,
        tries: Iterator[float],
    ) -> httpx.Response | None:
        for pause_s in tries:
            await asyncio.sleep(pause_s)
            url = self._url.copy_merge_params({"from": str(received)})
            with suppress(httpx.HTTPError):
                response = await stack.enter_async_context(
                    opened(
                        client,
                        str(url),
                        self._settings,
                        body=None,
                        headers={"Accept": "text/event-stream"},
                        authorization=self._authorization,
                    )
                )
                if response.status_code == httpx.codes.OK and not encoding_of(response):
                    return response
        return None

    def note_end(self) -> None:
        """Take note that the server has ended the reply, or not begun it."""
        self._is_over = True

    def leave(self) -> None:
        """End the reply if it is not over; nothing is waited for."""
        if not self._is_over:
            self._is_over = True
            task = asyncio.get_running_loop().create_task(self._end())
            _ending.add(task)
            task.add_done_callback(_ending.discard)

    async def _end(self) -> None:
        for pause_s in _END_PAUSES_S[: 1 if self._has_begun else None]:
            await asyncio.sleep(pause_s)
            # Without an answer, nothing can be done.
            with suppress(httpx.HTTPError, QwqError, TimeoutError, RuntimeError):
                async with (
                    asyncio.timeout(_END_TIMEOUT_S),
                    opened(
                        await shared_client(str(self._url)),
                        str(self._url),
                        replace(self._settings, connect_timeout_s=_END_TIMEOUT_S),
                        method="DELETE",
                        body=None,
                        headers={},
                        authorization=self._authorization,
                    ),
                ):
                    pass


def resumption_of(settings: Settings, url: str, authorization: Authorization) -> Resumption | None:
    """What makes the reply to a request resumable; None where the server cannot do that."""
    chat = httpx.URL(url)
    if not (settings.preset.resumes and chat.path.rstrip("/").endswith(_CHAT)):
        return None
    return Resumption(settings, chat, authorization)
