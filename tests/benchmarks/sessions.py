"""What long sessions leave behind in a kernel; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/sessions.py [TURNS]

A thousand turns one after the other, then a hundred streams at once: memory beside the text
that is kept, and what is open after them, each beside what was open before.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise

from benchmarks.kernel_run import ask, compiled_kernel
from benchmarks.replay_server import replay_server, text_of
from kernel import Kernel

CHUNKS = 2_500
AT_ONCE = 100
_STATE = """
import gc, os, threading, ipywidgets
gc.collect()
_pages = int(open("/proc/self/statm").read().split()[1])
print(
    _pages * os.sysconf("SC_PAGESIZE"),
    len(ipywidgets.widgets.widget._instances),
    len(get_ipython().kernel.comm_manager.comms),
    threading.active_count(),
    sum("socket:" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}") or os.path.islink(f"/proc/self/fd/{fd}")),
)
"""
_ALL_AT_ONCE = """
import asyncio
from qwq_magic import Session
_sessions = [Session("custom", base_url={url!r}, model="m") for _ in range({count})]
async def _ask_all():
    return await asyncio.gather(*(session.ask_async("benchmark") for session in _sessions))
_turns = await _ask_all()
print({{turn.state for turn in _turns}}, sum(len(turn.reasoning + turn.answer) for turn in _turns))
del _turns, _sessions
"""


class State:
    """What a kernel holds."""

    def __init__(self, kernel: Kernel) -> None:
        numbers = map(int, kernel.run(_STATE).text().split())
        self.rss, self.widgets, self.comms, self.threads, self.sockets = numbers

    def __str__(self) -> str:
        return (
            f"{self.rss / 1e6:.1f} MB, {self.widgets} widgets, {self.comms} comms, "
            f"{self.threads} threads, {self.sockets} sockets"
        )


def many_turns(kernel: Kernel, address: str, turns: int) -> None:
    marks = sorted({10, turns // 4, turns // 2, turns})
    states = {}
    for number in range(1, turns + 1):
        ask(kernel, f"{address}/{CHUNKS}/0/{number}/v1", cell_id=f"turn-{number}")
        if number in marks:
            states[number] = State(kernel)
            print(f"after {number:,} turns: {states[number]}", flush=True)
    for (early, before), (late, after) in pairwise(states.items()):
        kept = (late - early) * len(text_of(CHUNKS))
        print(
            f"turns {early:,} to {late:,}: memory grows by "
            f"{(after.rss - before.rss) / kept:.2f} times the text they keep"
        )


def many_at_once(kernel: Kernel, address: str) -> None:
    url = f"{address}/{CHUNKS}/100/0/v1"
    for _ in range(2):
        print(f"before {AT_ONCE} streams at once: {State(kernel)}")
        print(kernel.run(_ALL_AT_ONCE.format(url=url, count=AT_ONCE)).text().strip())
        print(f"after them: {State(kernel)}", flush=True)


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with replay_server() as address, compiled_kernel(address) as kernel:
        kernel.run("%load_ext qwq_magic")
        many_turns(kernel, address, turns)
        many_at_once(kernel, address)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
