"""What a `%%qwq` cell costs in a real kernel, beside reading the same bytes with httpx.

    PYTHONPATH=tests:. python tests/benchmarks/whole_kernel.py [--short] [--peers]

Everything is measured in one run: CPU seconds of the kernel's process, iopub messages and
bytes as they come over the wire, and the time from the server's sending to the text on
iopub. The floors are cells in the same kernel: httpx reading the raw bytes, httpx with a
plain split and JSON, and an empty cell, which is subtracted from all. A ratio is of two
cells that ran one after the other, and the median of such pairs is printed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import accumulate

import nbformat
from benchmarks.kernel_run import Measured, ask, compiled_kernel, measure
from benchmarks.peers import print_peers
from benchmarks.reading import READ_AND_PARSE, READ_RAW
from benchmarks.replay_server import replay_server, text_of, word
from kernel import Kernel

FULL_SPEED = ((2_500, 9), (32_000, 7), (200_000, 3))
SHORT = ((2_500, 3), (10_000, 3), (32_000, 3))
PACED = (1_500, 200)
# 120,000 characters.
LONG = 27_600


@dataclass(frozen=True)
class Row:
    """Medians of one size."""

    chunks: int
    characters: int
    raw_s: float
    json_s: float
    qwq_s: float
    ratio: float
    wall_s: float
    first_ms: float
    frames: int
    messages: int
    bytes: int
    kinds: str
    lags_ms: tuple[float, ...]

    def line(self) -> str:
        return (
            f"{self.chunks:>8,} {self.raw_s:>7.3f} {self.json_s:>7.3f} {self.qwq_s:>7.3f} "
            f"{self.ratio:>6.2f} {self.wall_s:>7.2f} {self.first_ms:>6.1f} "
            f"{self.frames:>6} {self.messages:>5} {self.bytes / self.characters:>6.2f}"
        )


HEADINGS = (
    f"{'chunks':>8} {'httpx':>7} {'+ JSON':>7} {'%%qwq':>7} {'ratio':>6} {'wall':>7} {'first':>6} "
    f"{'frames':>6} {'msgs':>5} {'bytes':>6}\n"
    f"{'':>8} {'CPU s':>7} {'CPU s':>7} {'CPU s':>7} {'×':>6} {'s':>7} {'ms':>6} "
    f"{'':>6} {'':>5} {'× text':>6}"
)


class Bench:
    """A kernel with the extension loaded, and a server to ask."""

    def __init__(self, kernel: Kernel, address: str) -> None:
        self._kernel = kernel
        self._address = address
        self._asked = 0
        self._empty_s = statistics.median(measure(kernel, "pass").cpu_s for _ in range(5))

    def load(self) -> tuple[float, float, float]:
        """CPU milliseconds to load the extension, to ask first, and to ask again."""
        costs = (
            measure(self._kernel, "%load_ext qwq_magic"),
            self.ask(10, 0),
            self.ask(10, 0),
        )
        load, first, second = (1e3 * (cost.cpu_s - self._empty_s) for cost in costs)
        return load, first, second

    def row(self, chunks: int, repeats: int, per_s: int = 0) -> Row:
        raw, plain, asked, firsts, lags = [], [], [], [], []
        for _ in range(repeats):
            raw.append(self._read(READ_RAW, chunks, per_s))
            asked.append(self.ask(chunks, per_s))
            sent_s = self._sent_s()
            firsts.append(1e3 * (asked[-1].deltas[0].at_s - sent_s[0]))
            lags += _lags_ms(asked[-1], sent_s, self._asked) if per_s else []
            plain.append(self._read(READ_AND_PARSE, chunks, per_s))
        middle = sorted(asked, key=lambda found: found.cpu_s)[len(asked) // 2]
        pairs = zip(asked, raw, strict=True)
        return Row(
            chunks=chunks,
            characters=len(text_of(chunks)),
            raw_s=statistics.median(raw),
            json_s=statistics.median(plain),
            qwq_s=middle.cpu_s - self._empty_s,
            ratio=statistics.median(
                (found.cpu_s - self._empty_s) / floor for found, floor in pairs
            ),
            wall_s=middle.wall_s,
            first_ms=statistics.median(firsts),
            frames=middle.frames,
            messages=middle.messages.total(),
            bytes=middle.iopub_bytes,
            kinds=", ".join(
                f"{count} {kind} ({middle.bytes[kind]:,} B)"
                for kind, count in middle.messages.most_common()
            ),
            lags_ms=tuple(sorted(lags)),
        )

    def file_ratio(self, chunks: int) -> float:
        """How many times a saved notebook holds the text."""
        output = nbformat.v4.new_output("display_data", self.ask(chunks, 0).bundle)
        cell = nbformat.v4.new_code_cell(outputs=[output])
        notebook = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
        return len(notebook.encode()) / len(text_of(chunks).encode())

    def ask(self, chunks: int, per_s: int) -> Measured:
        # A cell of its own and another text each time: a re-run would keep the old attempt.
        self._asked += 1
        return ask(self._kernel, self._url(chunks, per_s), cell_id=f"bench-{self._asked}")

    def _read(self, code: str, chunks: int, per_s: int) -> float:
        url = self._url(chunks, per_s)
        return measure(self._kernel, code.format(url=url)).cpu_s - self._empty_s

    def _url(self, chunks: int, per_s: int) -> str:
        return f"{self._address}/{chunks}/{per_s}/{self._asked}/v1"

    def _sent_s(self) -> list[float]:
        with urllib.request.urlopen(f"{self._address}/sent") as reply:
            sent_s: list[float] = json.loads(reply.read())
        return sent_s


def _lags_ms(found: Measured, sent_s: Sequence[float], variant: int) -> list[float]:
    """For each frame, how long after its last chunk was sent it was on iopub."""
    # The last thing that was sent says that no more comes.
    ends = list(accumulate(len(word(number, variant)) for number in range(len(sent_s) - 1)))
    sent_at = dict(zip(ends, sent_s, strict=False))
    reasoning = found.deltas[0].pane
    thought = max(delta.end for delta in found.deltas if delta.pane == reasoning)
    return [
        1e3 * (delta.at_s - sent_at[delta.end + (0 if delta.pane == reasoning else thought)])
        for delta in found.deltas
    ]


def exponent(rows: Sequence[Row], value: str) -> float:
    """The slope of `value` over chunks, both logarithmic: 1 is linear."""
    xs = [math.log(row.chunks) for row in rows]
    ys = [math.log(getattr(row, value)) for row in rows]
    return statistics.linear_regression(xs, ys).slope


def print_costs_of_the_first(address: str, repeats: int) -> None:
    """Each in a kernel of its own, since only the first time counts."""
    costs = []
    for _ in range(repeats):
        with compiled_kernel(address) as kernel:
            costs.append(Bench(kernel, address).load())
    load, first, second = map(statistics.median, zip(*costs, strict=True))
    print(
        f"%load_ext {load:.0f} ms CPU, first %%qwq {first:.0f} ms, second {second:.0f} ms "
        f"(medians of {repeats})"
    )


def print_table(bench: Bench, sizes: Sequence[tuple[int, int]]) -> None:
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


def print_paced(bench: Bench, repeats: int) -> None:
    chunks, per_s = PACED
    print(f"paced at {per_s} tokens/s:")
    row = bench.row(chunks, repeats, per_s)
    late = row.lags_ms[int(0.95 * len(row.lags_ms))]
    print(row.line())
    print(
        f"{row.frames / row.wall_s:.1f} frames/s; behind the server by "
        f"{statistics.median(row.lags_ms):.1f} ms (median), {late:.1f} ms (95 %), "
        f"{row.lags_ms[-1]:.1f} ms (most); {row.kinds}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer and smaller sizes")
    parser.add_argument("--peers", action="store_true", help="also other ways, installed for it")
    options = parser.parse_args()
    names = ("ipykernel", "ipywidgets", "anywidget", "httpx", "ipython")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions}; {os.cpu_count()} cores")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with replay_server() as address:
        print_costs_of_the_first(address, 3 if options.short else 5)
        with compiled_kernel(address) as kernel:
            bench = Bench(kernel, address)
            bench.load()
            print_table(bench, SHORT if options.short else FULL_SPEED)
            print_paced(bench, 1 if options.short else 5)
            print(
                f"a saved notebook holds {len(text_of(LONG)):,} characters "
                f"{bench.file_ratio(LONG):.2f} times"
            )
        if options.peers:
            print_peers(address)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
