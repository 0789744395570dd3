"""What a reply costs in messages, bytes and objects: counts, which no slow machine changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import pytest
from benchmarks.kernel_run import Measured, ask
from benchmarks.replay_server import replay_server, text_of
from kernel import Kernel

from qwq_magic.display.live.live_panel import FRAME_S
from qwq_magic.display.saved.step_records import LiveRecords
from qwq_magic.reasoning import found_cues, steps_of

SMALL, LARGE = 2_000, 16_000
# The envelope of a message. A slow machine needs more time, and so more frames, for a text.
_ENVELOPE_BYTES = 700
_LEFT_OPEN = (
    "(len(__import__('ipywidgets').widgets.widget._instances),"
    " len(get_ipython().kernel.comm_manager.comms), __import__('threading').active_count())"
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with replay_server() as address:
        yield address


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    """One that counts the clients it makes."""
    with Kernel() as running:
        running.run(
            "import httpx\n"
            "clients_made = 0\n"
            "class CountedClient(httpx.AsyncClient):\n"
            "    def __init__(self, *args, **options):\n"
            "        global clients_made\n"
            "        clients_made += 1\n"
            "        super().__init__(*args, **options)\n"
            "httpx.AsyncClient = CountedClient\n"
            "%load_ext qwq_magic"
        )
        yield running


@pytest.fixture(scope="module")
def replies(kernel: Kernel, server: str) -> dict[int, Measured]:
    return {
        chunks: ask(kernel, f"{server}/{chunks}/0/0/v1", cell_id=f"reply-{chunks}")
        for chunks in (SMALL, LARGE)
    }


def payload(reply: Measured) -> int:
    """The bytes that do not depend on how many messages they came in."""
    return reply.iopub_bytes - _ENVELOPE_BYTES * reply.messages.total()


def exponent(small: float, large: float) -> float:
    return math.log(large / small) / math.log(len(text_of(LARGE)) / len(text_of(SMALL)))


def test_two_asks_share_one_client(kernel: Kernel, replies: dict[int, Measured]) -> None:
    assert len(replies) == 2
    assert kernel.value("clients_made") == "1"


def test_a_pane_gets_a_frame_every_50_ms_at_the_most(replies: dict[int, Measured]) -> None:
    for reply in replies.values():
        frames = Counter(delta.pane for delta in reply.deltas)

        # The first goes at once, and the rest when it has ended.
        assert max(frames.values()) <= 2 + reply.wall_s / FRAME_S


def test_what_is_sent_is_a_few_messages_and_no_more_than_the_text_3_5_times(
    replies: dict[int, Measured],
) -> None:
    reply = replies[LARGE]

    assert reply.messages.total() - reply.frames <= 25
    assert payload(reply) <= 3.5 * len(text_of(LARGE))


def test_what_is_sent_grows_with_the_text(replies: dict[int, Measured]) -> None:
    assert exponent(payload(replies[SMALL]), payload(replies[LARGE])) <= 1.05


def test_a_step_is_searched_for_cues_once_live_and_final_together() -> None:
    reasoning = text_of(SMALL, variant=1)
    live = LiveRecords()
    before = found_cues.cues_in.cache_info().misses

    live.append(reasoning, at_s=0.0)
    while live.take():
        pass
    steps = steps_of(reasoning)

    # One more for the empty text before the first.
    assert found_cues.cues_in.cache_info().misses - before <= len(steps) + 1


def test_nothing_stays_open_after_twenty_turns(
    kernel: Kernel, server: str, replies: dict[int, Measured]
) -> None:
    before = kernel.value(_LEFT_OPEN)

    for number in range(20):
        ask(kernel, f"{server}/50/0/{number}/v1", cell_id=f"turn-{number}")

    assert kernel.value(_LEFT_OPEN) == before
