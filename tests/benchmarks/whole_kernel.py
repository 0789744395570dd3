"""What a `%%qwq` cell costs in a real kernel, beside reading the same bytes with httpx.

    PYTHONPATH=tests:. python tests/benchmarks/whole_kernel.py [--short]

Everything is measured in one run: CPU seconds of the kernel's process, iopub messages and
bytes as they come over the wire, the time from the server's first chunk to the first text on
iopub, and memory. The floors are cells in the same kernel: httpx reading the raw bytes,
httpx with a plain split and JSON, and an empty cell, which is subtracted from all.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from benchmarks.kernel_run import Measured, measure
from benchmarks.replay_server import replay_server, text_of
from kernel import Kernel

FULL_SPEED = ((2_500, 5), (32_000, 5), (200_000, 3))
SHORT = ((2_500, 1), (10_000, 1), (32_000, 1))
PACED = (1_500, 200)

_RAW = """
import asyncio, httpx, threading
async def _read():
    async with httpx.AsyncClient() as client:
        async with client.stream("POST", {url!r} + "/chat/completions", content=b"{{}}") as reply:
            async for _ in reply.aiter_raw(): pass
_thread = threading.Thread(target=asyncio.run, args=(_read(),)); _thread.start(); _thread.join()
"""
_JSON = """
import asyncio, httpx, json, threading
async def _read():
    texts, rest = [], b""
    async with httpx.AsyncClient() as client:
        async with client.stream("POST", {url!r} + "/chat/completions", content=b"{{}}") as reply:
            async for data in reply.aiter_raw():
                *lines, rest = (rest + data).split(b"\\n\\n")
                for line in lines:
                    if line.startswith(b"data: {{"):
                        delta = json.loads(line[6:])["choices"][0]["delta"]
                        texts.append(delta.get("content") or delta.get("reasoning_content"))
_thread = threading.Thread(target=asyncio.run, args=(_read(),)); _thread.start(); _thread.join()
"""
_QWQ = "%%qwq --fresh\nbenchmark"


@dataclass(frozen=True)
class Row:
    """Medians of one size."""

    chunks: int
    characters: int
    raw_s: float
    json_s: float
    qwq_s: float
    wall_s: float
    first_ms: float
    frames: int
    messages: int
    bytes: int
    rss_growth: int
    kinds: str

    def line(self) -> str:
        return (
            f"{self.chunks:>8,} {self.raw_s:>7.3f} {self.json_s:>7.3f} {self.qwq_s:>7.3f} "
            f"{self.qwq_s / self.raw_s:>6.2f} {self.wall_s:>7.2f} {self.first_ms:>6.1f} "
            f"{self.frames:>6} {self.messages:>5} {self.bytes / self.characters:>6.2f} "
            f"{self.rss_growth / self.characters:>6.2f}"
        )


HEADINGS = (
    f"{'chunks':>8} {'httpx':>7} {'+ JSON':>7} {'%%qwq':>7} {'ratio':>6} {'wall':>7} {'first':>6} "
    f"{'frames':>6} {'msgs':>5} {'bytes':>6} {'memory':>6}\n"
    f"{'':>8} {'CPU s':>7} {'CPU s':>7} {'CPU s':>7} {'×':>6} {'s':>7} {'ms':>6} "
    f"{'':>6} {'':>5} {'× text':>6} {'× text':>6}"
)


class Bench:
    """A kernel with the extension loaded, and a server to ask."""

    def __init__(self, kernel: Kernel, address: str) -> None:
        self._kernel = kernel
        self._address = address
        self._cells = 0
        self._empty_s = statistics.median(measure(kernel, "pass").cpu_s for _ in range(5))

    def load(self) -> str:
        """Load the extension and ask once; says what each cost."""
        load = measure(self._kernel, "%load_ext qwq_magic")
        first = self._ask(10, 0)
        second = self._ask(10, 0)
        return (
            f"%load_ext {1e3 * (load.cpu_s - self._empty_s):.0f} ms CPU, first %%qwq "
            f"{1e3 * (first.cpu_s - self._empty_s):.0f} ms, second "
            f"{1e3 * (second.cpu_s - self._empty_s):.0f} ms"
        )

    def row(self, chunks: int, repeats: int, per_s: int = 0) -> Row:
        url = self._url(chunks, per_s)
        raw, plain, asked, firsts = [], [], [], []
        for _ in range(repeats):
            raw.append(measure(self._kernel, _RAW.format(url=url)).cpu_s - self._empty_s)
            plain.append(measure(self._kernel, _JSON.format(url=url)).cpu_s - self._empty_s)
            asked.append(self._ask(chunks, per_s))
            firsts.append(self._first_ms(asked[-1]))
        middle = sorted(asked, key=lambda found: found.cpu_s)[len(asked) // 2]
        return Row(
            chunks=chunks,
            characters=len(text_of(chunks)),
            raw_s=statistics.median(raw),
            json_s=statistics.median(plain),
            qwq_s=middle.cpu_s - self._empty_s,
            wall_s=middle.wall_s,
            first_ms=statistics.median(firsts),
            frames=middle.frames,
            messages=middle.messages.total(),
            bytes=middle.iopub_bytes,
            rss_growth=middle.rss_growth,
            kinds=", ".join(
                f"{count} {kind} ({middle.bytes[kind]:,} B)"
                for kind, count in middle.messages.most_common()
            ),
        )

    def _url(self, chunks: int, per_s: int) -> str:
        return f"{self._address}/{chunks}/{per_s}/v1"

    def _ask(self, chunks: int, per_s: int) -> Measured:
        url = self._url(chunks, per_s)
        self._kernel.run(f"%config QwqMagics.base_url = {url!r}\n%config QwqMagics.model = 'm'")
        # A cell of its own each time, as in a notebook; a re-run would keep the old attempt.
        self._cells += 1
        return measure(self._kernel, _QWQ, cell_id=f"bench-{self._cells}")

    def _first_ms(self, found: Measured) -> float:
        with urllib.request.urlopen(f"{self._address}/first-sent") as reply:
            first_sent_s = float(reply.read())
        return (
            math.nan if found.first_delta_s is None else 1e3 * (found.first_delta_s - first_sent_s)
        )


def exponent(rows: Sequence[Row], value: str) -> float:
    """The slope of `value` over chunks, both logarithmic: 1 is linear."""
    xs = [math.log(row.chunks) for row in rows]
    ys = [math.log(getattr(row, value)) for row in rows]
    return statistics.linear_regression(xs, ys).slope


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer and smaller sizes")
    sizes = SHORT if parser.parse_args().short else FULL_SPEED
    names = ("ipykernel", "ipywidgets", "anywidget", "httpx", "ipython")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions}")
    with replay_server() as address, Kernel() as kernel:
        bench = Bench(kernel, address)
        print(bench.load())
        print(HEADINGS)
        rows = []
        for chunks, repeats in sizes:
            rows.append(bench.row(chunks, repeats))
            print(rows[-1].line(), flush=True)
        print(
            f"grows with chunks to the power of: CPU {exponent(rows, 'qwq_s'):.2f}, "
            f"bytes {exponent(rows, 'bytes'):.2f}"
        )
        print(f"messages of the last: {rows[-1].kinds}")
        chunks, per_s = PACED
        print(f"paced at {per_s} tokens/s:")
        row = bench.row(chunks, 1, per_s)
        print(row.line())
        print(f"{row.frames / row.wall_s:.1f} frames/s; {row.kinds}")


if __name__ == "__main__":
    main()
