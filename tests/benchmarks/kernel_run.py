"""One execution in a real kernel, measured: CPU, messages, bytes, the first visible text."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kernel import Kernel

# What a cell leaves behind for the next to read.
_BEFORE = "import time, gc; gc.collect(); _cpu_s = time.process_time()"
_AFTER = "print(time.process_time() - _cpu_s)"
_RSS = (
    "import os\nprint(int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGESIZE'))"
)


@dataclass
class Measured:
    """Figures of one cell."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    first_delta_s: float | None = None
    messages: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    rss_growth: int = 0

    @property
    def iopub_bytes(self) -> int:
        return sum(self.bytes.values())


def measure(kernel: Kernel, code: str, *, cell_id: str | None = None) -> Measured:
    """Run `code` in a cell of its own."""
    found = Measured()
    rss = int(kernel.run(_RSS).text())
    kernel.run(_BEFORE)
    started_s = time.monotonic()
    message_id = kernel.send(code, cell_id=cell_id)
    _collect(kernel, message_id, found)
    found.wall_s = time.monotonic() - started_s
    found.cpu_s = float(kernel.run(_AFTER).text())
    found.rss_growth = int(kernel.run(_RSS).text()) - rss
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
            found.frames += 1
            if found.first_delta_s is None:
                found.first_delta_s = now_s
        if kind == "status" and content["execution_state"] == "idle":
            return
