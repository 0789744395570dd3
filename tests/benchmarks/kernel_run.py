"""One execution in a real kernel, measured: CPU, messages, bytes, and when its text came.

Python's own compiled files are used, as in an installed package: a kernel that had to compile
the package would be charged for that.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kernel import Kernel

# What a cell leaves behind for the next to read.
_BEFORE = "import time, gc; gc.collect(); _cpu_s = time.process_time()"
_AFTER = "print(time.process_time() - _cpu_s)"


@dataclass(frozen=True)
class Delta:
    """A frame of text: when it came, to which pane, and where its text ends there."""

    at_s: float
    pane: str
    end: int


@dataclass
class Measured:
    """Figures of one cell."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    messages: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    deltas: list[Delta] = field(default_factory=list)
    bundle: dict[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return len(self.deltas)

    @property
    def iopub_bytes(self) -> int:
        return sum(self.bytes.values())


@contextmanager
def compiled_kernel(address: str) -> Iterator[Kernel]:
    """A kernel that finds all compiled that asking a server at `address` needs."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        with Kernel(**environ) as first:
            first.run("%load_ext qwq_magic")
            ask(first, f"{address}/10/0/0/v1", cell_id="first")
        with Kernel(**environ) as kernel:
            yield kernel


def ask(kernel: Kernel, url: str, *, cell_id: str) -> Measured:
    """Ask with `%%qwq`, in a cell of its own as in a notebook."""
    kernel.point_at(url)
    return measure(kernel, "%%qwq --fresh\nbenchmark", cell_id=cell_id)


def measure(kernel: Kernel, code: str, *, cell_id: str | None = None) -> Measured:
    """Run `code` in a cell of its own."""
    found = Measured()
    kernel.run(_BEFORE)
    started_s = time.monotonic()
    message_id = kernel.send(code, cell_id=cell_id)
    _collect(kernel, message_id, found)
    found.wall_s = time.monotonic() - started_s
    found.cpu_s = float(kernel.run(_AFTER).text())
    return found


def _collect(kernel: Kernel, message_id: str, found: Measured) -> None:
    """Read this execution's iopub messages as they come over the wire, until it is idle."""
    client = kernel.client
    socket = client.iopub_channel.socket
    while True:
        frames = socket.recv_multipart()
        now_s = time.monotonic()
        _, parts = client.session.feed_identities(frames)
        message: dict[str, Any] = client.session.deserialize(parts)
        if message["parent_header"].get("msg_id") != message_id:
            continue
        kind = message["msg_type"]
        content = message["content"]
        found.messages[kind] += 1
        found.bytes[kind] += sum(map(len, frames))
        if kind == "error":
            raise RuntimeError(content["evalue"])
        if kind == "comm_msg" and content["data"].get("content", {}).get("type") == "delta":
            delta = content["data"]["content"]
            end = delta["offset"] + len(delta["text"])
            found.deltas.append(Delta(now_s, content["comm_id"], end))
        if kind == "update_display_data":
            found.bundle = content["data"]
        if kind == "status" and content["execution_state"] == "idle":
            return
