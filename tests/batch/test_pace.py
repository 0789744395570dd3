from __future__ import annotations

import pytest

from qwq_magic import QwqError
from qwq_magic.batch.pace import MAX_LIMIT, Pace
from qwq_magic.errors import RateLimited, ServerFailure


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A server that brings so many characters a second for each stream, up to some streams."""

    def __init__(self, clock: Clock, pace: Pace, *, takes: int) -> None:
        self.clock, self.pace, self.takes = clock, pace, takes
        self.characters = self.begun = 0

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.2)):
            self.clock.now += 0.2
            self.characters += 20 * min(self.pace.limit, self.takes)
            self.begun += self.pace.limit
            self.pace.measure(running=self.pace.limit, begun=self.begun, characters=self.characters)


def test_it_begins_with_eight_and_grows_while_more_streams_bring_more_text() -> None:
    clock = Clock()
    pace = Pace("auto", clock=clock)
    assert pace.limit == 8
    Server(clock, pace, takes=200).run(60)
    assert 200 <= pace.limit <= 310


def test_it_does_not_grow_where_more_streams_bring_no_more() -> None:
    clock = Clock()
    pace = Pace("auto", clock=clock)
    Server(clock, pace, takes=4).run(20)
    assert pace.limit == 8


def test_it_does_not_grow_while_not_all_of_them_are_needed() -> None:
    clock = Clock()
    pace = Pace("auto", clock=clock)
    for second in range(60):
        clock.now += 1
        pace.measure(running=3, begun=3 * second, characters=1000 * second)
    assert pace.limit == 8


def test_a_number_is_where_it_begins_and_its_most() -> None:
    clock = Clock()
    pace = Pace(300, clock=clock)
    assert pace.limit == 300
    Server(clock, pace, takes=10_000).run(60)
    assert pace.limit == 300


def test_a_refusal_halves_it_and_a_burst_of_them_counts_once() -> None:
    clock = Clock()
    pace = Pace(64, clock=clock)
    for _ in range(64):
        clock.now += 0.001
        pace.refused(RateLimited("slow down"), began_at=99.0)
    assert pace.limit == 32
    clock.now += 5
    pace.refused(ServerFailure("busy"), began_at=clock.now - 1)
    assert pace.limit <= 32


def test_all_wait_as_long_as_the_server_demands() -> None:
    clock = Clock()
    pace = Pace(8, clock=clock)
    pace.refused(RateLimited("slow down", retry_after_s=7.0), began_at=99.5)
    assert pace.paused_s == pytest.approx(7.0)
    # A later refusal of the same burst prolongs the pause, and never shortens it.
    pace.refused(RateLimited("slow down", retry_after_s=3.0), began_at=99.5)
    assert pace.paused_s == pytest.approx(7.0)
    clock.now += 7.1
    assert pace.paused_s == 0


def test_refusals_in_a_row_pause_longer_each_time() -> None:
    clock = Clock()
    pace = Pace(8, clock=clock)
    pauses = []
    for _ in range(4):
        pauses.append(pace.refused(RateLimited("slow down"), began_at=clock.now))
        clock.now += pauses[-1] + 0.1
    assert pauses == pytest.approx([1.0, 2.0, 4.0, 8.0])
    pace.ended()
    assert pace.refused(RateLimited("slow down"), began_at=clock.now) == pytest.approx(1.0)


def test_it_comes_back_to_where_it_was_refused_and_goes_beyond() -> None:
    clock = Clock()
    pace = Pace("auto", clock=clock)
    server = Server(clock, pace, takes=10_000)
    server.run(12)
    before = pace.limit
    pace.refused(RateLimited("slow down"), began_at=clock.now)
    assert pace.limit == before // 2
    limits = []
    for _ in range(30):
        server.run(1.0)
        limits.append(pace.limit)
    assert limits == sorted(limits)
    # Slowest where the server refused: a tenth from there on either side for five seconds.
    near = [limit for limit in limits if abs(limit - before) <= before / 10]
    assert len(near) >= 5
    assert before < limits[-1] <= MAX_LIMIT


@pytest.mark.parametrize("concurrency", [0, -1, True, "many", 2.5, 10**6])
def test_another_concurrency_is_an_error_that_names_it(concurrency: object) -> None:
    with pytest.raises(QwqError, match=r'Use "auto", or a number from 1 to 10,000'):
        Pace(concurrency)  # type: ignore[arg-type]
