from __future__ import annotations

import pytest
from batches import FedBatch
from display.clocks import Clock

from qwq_magic.display.batch_figures import (
    cost_words,
    error_words,
    figures_of,
    final_figures,
    left_words,
    whole_seconds,
)


def test_a_running_batch_and_the_one_it_becomes_have_the_same_counts() -> None:
    clock = Clock()
    fed = FedBatch(n=5, clock=clock)
    fed.start(0, 1, 2)
    fed.answer(0, "**9.9**")
    fed.end(0)
    fed.fail(1)
    running = figures_of(fed.progress)
    assert (running.done, running.failed, running.stopped, running.running) == (1, 1, 0, 1)
    assert (running.state, running.total, running.ended) == ("running", 5, 2)

    ended = final_figures(fed.finish())
    last = figures_of(fed.progress)
    counts = [(f.state, f.total, f.done, f.failed, f.stopped, f.errors) for f in (ended, last)]
    assert counts == [("stopped", 5, 1, 1, 3, (("rate limit", 1),))] * 2


def test_a_pause_says_how_long_and_why() -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    fed.progress.pause(12, "rate limit")
    assert figures_of(fed.progress).notice == "waiting 12 s: rate limit"

    clock.now_s += 13
    assert figures_of(fed.progress).notice == ""


def test_a_cost_is_shown_only_where_it_is_known() -> None:
    fed = FedBatch(n=2)
    assert not any("cost" in text for text in figures_of(fed.progress).texts)

    fed.progress.cost = 0.0123
    assert "cost 0.012" in figures_of(fed.progress).texts
    assert [cost_words(cost) for cost in (None, 0.0, 1234.5)] == ["", "cost 0", "cost 1,234.50"]


def test_what_was_not_paid_for_again_is_shown() -> None:
    fed = FedBatch(n=3)
    fed.start(0)
    fed.answer(0, "**9.9**")
    turn = fed.builders[0].finish()
    fed.progress.end(fed.lanes[0], turn, is_reused=True)
    fed.progress.saved = 1

    texts = figures_of(fed.progress).texts
    assert "1 from the store" in texts
    assert "1 ask saved" in texts


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds left"),
        (12, "≈ 10 s left"),
        (88, "≈ 90 s left"),
        (600, "≈ 10 min left"),
        (9_000, "≈ 2.5 h left"),
    ],
)
def test_time_left_is_no_more_exact_than_it_is_known(seconds: float, words: str) -> None:
    assert left_words(seconds) == words


def test_durations_have_no_fractions() -> None:
    assert [whole_seconds(s) for s in (0.4, 59.4, 59.6, 125, 4_830)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "2 min 5 s",
        "1 h 20 min",
    ]


def test_kinds_of_errors_are_words() -> None:
    assert [error_words(kind) for kind in ("rate_limit", "incomplete_stream", "auth")] == [
        "rate limit",
        "connection broke",
        "key refused",
    ]
