from __future__ import annotations

import io

from batches import FedBatch
from display.clocks import Clock

from qwq_magic.display.batch_figures import figures_of
from qwq_magic.display.text.batch_terminal import BatchTerminal, progress_line


def fed_batch(clock: Clock) -> FedBatch:
    fed = FedBatch(n=4, clock=clock)
    fed.start(0, 1, 2)
    fed.think(0, "Let me see. " * 20)
    fed.answer(0, "The answer is **9.9**.")
    fed.end(0, tokens=70)
    fed.fail(1)
    return fed


def test_the_line_holds_what_matters_first_and_only_what_fits() -> None:
    clock = Clock()
    fed = fed_batch(clock)
    clock.now_s += 10
    figures = figures_of(fed.progress)

    whole = "2 of 4 · 1 streaming · 1 failed · ≈ 10 s left · 10 s · up to 8 at once"
    assert progress_line(figures, width=200) == whole
    assert progress_line(figures, width=40) == "2 of 4 · 1 streaming · 1 failed"


def test_a_terminal_has_one_line_that_is_rewritten_four_times_a_second() -> None:
    clock, stream = Clock(), io.StringIO()
    fed = fed_batch(clock)
    terminal = BatchTerminal(fed.progress, stream=stream, is_tty=True, clock=clock)
    terminal.open()
    for _ in range(100):
        clock.now_s += 0.05
        terminal.tick()
    lines = stream.getvalue().split("\r\x1b[K")
    terminal.finish(fed.finish())

    assert len(lines) <= 22
    assert not any("\n" in line for line in lines)
    end = stream.getvalue().rpartition("\r\x1b[K")[2]
    assert end.startswith("9.9 has 1 of 1 final value")
    assert end.endswith("1 of 4 samples · 70 tokens · 5 s\n")


def test_without_a_terminal_only_the_end_is_written() -> None:
    clock, stream = Clock(), io.StringIO()
    fed = fed_batch(clock)
    terminal = BatchTerminal(fed.progress, stream=stream, is_tty=False, clock=clock)
    terminal.open()
    clock.now_s += 10
    terminal.tick()
    assert stream.getvalue() == ""

    terminal.finish(fed.finish())
    assert "\x1b" not in stream.getvalue()
    assert "1 failed: rate limit 1" in stream.getvalue()


def test_a_narrow_encoding_ends_no_batch() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    fed = fed_batch(Clock())
    BatchTerminal(fed.progress, stream=stream, is_tty=False).finish(fed.finish())
    stream.flush()

    assert b"1 of 4 samples ? 70 tokens" in written.getvalue()
