"""Pass connections on to a server, note each request, and break a connection where asked to."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"(GET|POST|DELETE) (/[^ ?]*)\S* HTTP/1\.1\r\n")
_PIECE = 1 << 16
_SECONDS_TO_START = 5.0


class Relay:
    """Stands before a server; `cuts` may be set and `requests` be read from any thread."""

    def __init__(self, origin: str) -> None:
        target = urlsplit(origin)
        self._host, self._port = target.hostname, target.port
        # After how many bytes of its replies the next connection, and so on, is broken.
        self.cuts: list[int] = []
        self._sent: list[bytearray] = []
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[str]:
        """The requests so far, such as `POST /v1/chat/completions`, by connection."""
        found = (match for sent in self._sent for match in _REQUEST.findall(bytes(sent)))
        return [f"{method.decode()} {path.decode()}" for method, path in found]

    def forget(self) -> None:
        """Forget the requests so far."""
        for sent in self._sent:
            sent.clear()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        most = self.cuts.pop(0) if self.cuts else None
        from_server, to_server = await asyncio.open_connection(self._host, self._port)
        sent = bytearray()
        self._sent.append(sent)
        ways = [
            asyncio.ensure_future(_pass_on(reader, to_server, sent)),
            asyncio.ensure_future(_pass_on(from_server, writer, None, most)),
        ]
        try:
            # Either side may close: a client that leaves is noticed by the server as well.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for side in (writer, to_server):
                side.close()


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: bytearray | None,
    most: int | None = None,
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_PIECE if most is None else min(_PIECE, most)):
            if seen is not None:
                seen += data
            writer.write(data)
            await writer.drain()
            if most is not None:
                most -= len(data)
                if not most:
                    return


@contextmanager
def relay_to(origin: str) -> Iterator[Relay]:
    """A relay that runs in a thread while the block does."""
    relay, loop, ready = Relay(origin), asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        async with await asyncio.start_server(relay.accept, "127.0.0.1", 0) as server:
            relay.port = server.sockets[0].getsockname()[1]
            ready.set()
            await asyncio.Event().wait()

    serving = loop.create_task(serve())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)
        # Closing the server does not end the connections.
        for connection in asyncio.all_tasks(loop):
            connection.cancel()
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(connection)
        loop.close()

    thread = threading.Thread(target=run, name="relay", daemon=True)
    thread.start()
    assert ready.wait(_SECONDS_TO_START)
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(_SECONDS_TO_START)
