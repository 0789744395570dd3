"""Many streams at once in one process; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/many.py [ROWS] [STREAMS]

The CPU of a map over a table, beside that of raw httpx which reads the same bytes on as many
connections, in the same run; then the same with faults and a rate limit: how each row ends, what
the server saw, and the memory that is left. Exits with 1 if a rule is broken.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from qwq_magic import Session
from qwq_magic.session.batch_run import BatchRun

CHUNKS = 200
PER_SECOND = 50.0
FAULTS = 0.05
RATE = 200.0
MOST_CPU = 2.0
MOST_FRAMES = 20.0


@contextmanager
def many_server(
    *, chunks: int = CHUNKS, per_second: float = PER_SECOND, faults: float = 0.0, rate: float = 0.0
) -> Iterator[str]:
    """Run the server in a process of its own; yield its address."""
    command = [sys.executable, "-m", "benchmarks.many_server"]
    command += [str(value) for value in (chunks, per_second, faults, rate, 7)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def log_of(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/log") as response:
        found: dict[str, Any] = json.load(response)
    return found


def rss() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


async def read_raw(address: str, *, rows: int, streams: int) -> int:
    """Read the same replies with httpx alone; return the number of bytes."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=streams)
    received = 0
    free = asyncio.Semaphore(streams)
    async with httpx.AsyncClient(limits=limits, timeout=60.0, trust_env=False) as client:

        async def read(row: int) -> None:
            nonlocal received
            body = {"model": "m", "stream": True, "messages": [message(row)]}
            url = f"{address}/v1/chat/completions"
            async with free, client.stream("POST", url, json=body) as response:
                async for data in response.aiter_raw():
                    received += len(data)

        await asyncio.gather(*(read(row) for row in range(rows)))
    return received


def message(row: int) -> dict[str, str]:
    return {"role": "user", "content": f"Question {row}"}


def table(rows: int) -> list[dict[str, int]]:
    return [{"number": row} for row in range(rows)]


def show_cpu(rows: int, streams: int) -> bool:
    """Compare the CPU with that of raw httpx, in the order raw, map, raw."""
    seconds: dict[str, list[tuple[float, float]]] = {"raw": [], "map": []}
    for name in ("raw", "map", "raw", "map"):
        with many_server() as address:
            began, cpu = time.monotonic(), time.process_time()
            if name == "raw":
                asyncio.run(read_raw(address, rows=rows, streams=streams))
            else:
                batch = Session(base_url=f"{address}/v1", model="m").map(
                    table(rows), "Question {{ number }}", concurrency=streams
                )
                assert all(turn.complete for turn in batch), batch
                del batch
            seconds[name].append((time.process_time() - cpu, time.monotonic() - began))
            print(
                f"{name}: {seconds[name][-1][0]:.1f} s of CPU in {seconds[name][-1][1]:.1f} s",
                flush=True,
            )
    raw, ours = (min(cpu for cpu, _ in seconds[name]) for name in ("raw", "map"))
    chunks = rows * CHUNKS
    print(f"{ours / chunks * 1e6:.0f} µs a chunk, {raw / chunks * 1e6:.0f} µs with raw httpx")
    print(f"ratio {ours / raw:.2f} (at most {MOST_CPU})")
    return ours <= MOST_CPU * raw


def show_memory(rows: int, streams: int) -> bool:
    """Run one batch after the other: what is left of each when nothing refers to it any more."""
    sizes = []
    text = 0
    with many_server(per_second=10_000.0) as address:
        session = Session(base_url=f"{address}/v1", model="m")
        for number in range(4):
            batch = session.map(
                table(rows), f"Batch {number}, question {{{{ number }}}}", concurrency=streams
            )
            text = sum(len(turn.reasoning) + len(turn.answer) for turn in batch)
            del batch
            # The session remembers the latest batch, so that it could go on.
            session._latest_samples.clear()
            gc.collect()
            sizes.append(rss())
    grown = (sizes[-1] - sizes[0]) / 1e6
    print(
        f"memory after four batches of {text / 1e6:.1f} MB of text: "
        f"{', '.join(f'{size / 1e6:.0f} MB' for size in sizes)}; {grown:+.1f} MB since the first"
    )
    return grown <= 3 * text / 1e6


class CountingView:
    """Counts the ticks, each of which sends a frame at most."""

    def __init__(self) -> None:
        self.ticks = 0
        self.ended = 0

    def open(self) -> None: ...

    def tick(self) -> None:
        self.ticks += 1

    def finish(self, batch: object) -> None: ...

    def abandon(self) -> None: ...


def show_faults(rows: int, streams: int) -> bool:
    """Run against a server with faults, stop it once, and run it again to the end."""
    with TemporaryDirectory() as folder, many_server(faults=FAULTS, rate=RATE) as address:
        session = Session(base_url=f"{address}/v1", model="m", idle_timeout_s=5.0)
        options: dict[str, Any] = {"concurrency": streams, "store": Path(folder) / "load.db"}
        run: BatchRun = session.start_map(table(rows), "Question {{ number }}", **options)
        while len(run.progress.ended) < rows // 3:
            time.sleep(0.05)
        began = time.monotonic()
        run.stop()
        first = run.batch()
        stopped_s = time.monotonic() - began
        whole = sum(turn.complete for turn in first)
        print(f"stopped within {stopped_s:.2f} s, with {whole:,} whole replies of {rows:,}")
        asked = log_of(address)
        view, began = CountingView(), time.monotonic()
        batch = session.start_map(table(rows), "Question {{ number }}", **options).wait(view)
        took_s = time.monotonic() - began
        log = log_of(address)
    reused = sum(sample.is_reused for sample in batch.samples)
    errors = {turn.error.kind for turn in batch if turn.error}
    ended = all(turn.complete or turn.error for turn in batch)
    twice = sum(count > 1 for count in log["whole"].values())
    print(f"run again: {reused:,} known, {len(batch) - reused:,} asked, in {took_s:.0f} s")
    print(f"every row ended: {ended}; {len(batch.errors):,} errors, of kinds {sorted(errors)}")
    print(f"whole replies that were asked again: {twice}")
    print(f"at most {log['most_streaming']} streams at once; {log['refused']} requests refused")
    print(
        f"at most {log['peak']} requests a second, with a limit of {RATE:g} and {streams} streams"
    )
    print(f"{view.ticks / took_s:.1f} frames a second at most")
    assert asked["whole"]
    return bool(
        stopped_s <= 2.0
        and reused == whole
        and ended
        and not twice
        and log["peak"] <= RATE + streams
        and view.ticks / took_s <= MOST_FRAMES + 1
    )


def show_scale() -> None:
    """How far one loop goes: more and more streams of 50 chunks a second, on one processor."""
    print(
        "streams | tokens/s | CPU | µs a chunk | kB a stream | slowest reply, 4.0 s if unhindered"
    )
    for streams in (50, 100, 200, 400, 800):
        with many_server() as address:
            session = Session(base_url=f"{address}/v1", model="m")
            # What is loaded once is not part of the measurement.
            session.map(table(2), "Warm {{ number }}")
            gc.collect()
            before, peak = rss(), 0
            began, cpu = time.monotonic(), time.process_time()
            run = session.start_map(table(streams), "Question {{ number }}", concurrency=streams)
            while not run.has_ended:
                peak = max(peak, rss())
                time.sleep(0.1)
            batch = run.batch()
            cpu, took = time.process_time() - cpu, time.monotonic() - began
        slowest = max(turn.timing.total_s or 0.0 for turn in batch)
        chunks = streams * CHUNKS
        print(
            f"{streams} | {chunks / took:,.0f} | {cpu / took:.0%} | {cpu / chunks * 1e6:.0f} | "
            f"{(peak - before) / streams / 1e3:.0f} | {slowest:.1f} s",
            flush=True,
        )


def main(rows: int, streams: int) -> int:
    show_scale()
    holds = [show_cpu(rows, streams), show_memory(rows, streams), show_faults(rows, streams)]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    rows, streams = (int(text) for text in (sys.argv[1:] or ("2000", "300")))
    raise SystemExit(main(rows, streams))
