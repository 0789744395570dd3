"""The way back from workers: each sends its turns as they end, not only when its shard is done.

A worker connects to the process that called, and proves with a random secret that it was given
the shard. Messages are JSON in both directions, so that nothing received is ever executed. Where
a worker cannot connect, its turns come with the result of its shard.

A message of a worker is `{"shard": K}` first, then `{"index": I, "turn": …}` for each turn that
ended, `{"saved": [I, …]}`, and `{"running": [[I, state, characters, last line], …]}` now and then.
Its last one is `{"ended": true}`. The caller answers the first with `{"needed": [I, …]}` and the
last with `{"received": true}`, after which the result of the shard arrives; and may send
`{"stop": true}`.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
_LOOPBACK = "127.0.0.1"
_CLOSE_TIMEOUT_S = 1.0
# What a connection raises once the other side is gone, or another thread has closed it.
GONE = (EOFError, OSError, ValueError, TypeError, AuthenticationError)


class BackChannel:
    """Listens for the workers of one batch; threads of its own receive what they send."""

    def __init__(
        self,
        host: str,
        *,
        needed: Callable[[int], list[int]],
        receive: Callable[[int, Json], None],
    ) -> None:
        """Listen on a free port.

        Args:
            host: the address that workers can reach.
            needed: returns which samples of a shard are still to be asked; called in any thread.
            receive: called with a shard and each message of its worker, in any thread.

        Raises:
            OSError: it cannot listen there.
        """
        self._needed = needed
        self._receive = receive
        self.secret = secrets.token_hex(32)
        self._listener = Listener((host, 0), authkey=self.secret.encode())
        self.address: tuple[str, int] = (host, int(self._listener.address[1]))
        self._lock = threading.Lock()
        self._connections: set[Connection[Any, Any]] = set()
        self._is_closed = self._is_stopped = False
        self._thread = threading.Thread(target=self._accept, name="qwq-magic workers", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection = self._listener.accept()
            except GONE:
                # A stranger who does not know the secret, or the end of the batch.
                continue
            with self._lock:
                self._connections.add(connection)
            threading.Thread(
                target=self._serve, args=(connection,), name="qwq-magic worker", daemon=True
            ).start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        with suppress(*GONE), connection:
            shard = int(receive_json(connection)["shard"])
            send_json(connection, {"needed": [] if self._is_stopped else self._needed(shard)})
            while not (message := receive_json(connection)).get("ended"):
                self._receive(shard, message)
            send_json(connection, {"received": True})
        with self._lock:
            self._connections.discard(connection)

    def stop(self) -> None:
        """Ask all workers to stop; they send what has arrived."""
        self._is_stopped = True
        self._tell_all({"stop": True})

    def finish(self) -> None:
        """Ask all workers to begin no further replies; those that stream end by themselves."""
        self._is_stopped = True
        self._tell_all({"finish": True})

    def _tell_all(self, message: Mapping[str, Any]) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(*GONE):
                send_json(connection, message)

    def close(self) -> None:
        self._is_closed = True
        # A thread that waits for a connection does not notice that its socket was closed.
        with suppress(OSError):
            socket.create_connection(self.address, timeout=_CLOSE_TIMEOUT_S).close()
        self._thread.join(_CLOSE_TIMEOUT_S)
        self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.close()


def connect(address: tuple[str, int], secret: str) -> Connection[Any, Any]:
    """Connect from a worker.

    Raises:
        OSError, EOFError, AuthenticationError: the caller cannot be reached from here.
    """
    return Client((address[0], address[1]), authkey=secret.encode())


def send_json(connection: Connection[Any, Any], message: Mapping[str, Any]) -> None:
    connection.send_bytes(json.dumps(message).encode())


def receive_json(connection: Connection[Any, Any]) -> Json:
    """Wait for the next message.

    Raises:
        EOFError, OSError: the other side is gone.
        ValueError: it sent something else.
    """
    message = json.loads(connection.recv_bytes())
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return message


def reachable_host(executor: Executor) -> str:
    """Return the address of this machine that the executor's workers can reach."""
    if type(executor).__module__.startswith(("concurrent.", "loky", "joblib")):
        return _LOOPBACK
    scheduler = getattr(getattr(executor, "_client", None), "scheduler", None)
    host = urlsplit(str(getattr(scheduler, "address", ""))).hostname or ""
    if host in ("", _LOOPBACK, "localhost", "::1"):
        return _LOOPBACK
    # The way to the scheduler is the one by which its workers come back; nothing is sent.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((host, 9))
        return str(probe.getsockname()[0])
    return _LOOPBACK
