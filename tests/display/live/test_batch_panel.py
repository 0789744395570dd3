"""The kernel's side of a live batch: how much is sent, and that it is enough."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from batches import FedBatch
from display.clocks import Clock
from recording_comm import Message, custom

from qwq_magic.display.live.batch_panel import BatchPanel, batch_panel_for
from qwq_magic.display.live.lane_frames import FRAME_BYTES
from qwq_magic.turns import Turn

Sent = list[tuple[str, Message]]


class Page:
    """What a page knows: a snapshot, and the frames since."""

    def __init__(self, panel: BatchPanel) -> None:
        self.known: dict[str, Any] = json.loads(json.dumps(panel.pane.get_state()["batch"]))

    def read(self, messages: list[Message]) -> None:
        for message in messages:
            if message.get("type") == "batch":
                self.known = json.loads(json.dumps(message["batch"]))
            if message.get("type") == "frame":
                self._apply(json.loads(json.dumps(message["frame"])))

    def _apply(self, frame: dict[str, Any]) -> None:
        fixed = ("index", "row", "number", "model")
        for record in frame.pop("lanes", []):
            lane = self.known["lanes"][record["index"]]
            kept = {name: lane[name] for name in fixed if name in lane}
            self.known["lanes"][record["index"]] = {**record, **kept}
        self.known |= frame

    def states(self) -> list[str]:
        return [lane["state"] for lane in self.known["lanes"]]


def new_panel(fed: FedBatch, clock: Clock, **options: Any) -> BatchPanel:
    return BatchPanel(fed.progress, **{"actions": {}, "clock": clock, **options})


def run_map(fed: FedBatch, panel: BatchPanel, clock: Clock, *, at_once: int) -> float:
    """Stream all rows, a delta of each running one every 50 ms; return how long it took."""
    rng, began_s, next_row = random.Random(1), clock.now_s, 0
    while next_row < len(fed.lanes) or fed.progress.running:
        while len(fed.progress.running) < at_once and next_row < len(fed.lanes):
            fed.start(next_row)
            next_row += 1
        for index in list(fed.progress.running):
            if fed.lanes[index].characters < 400:
                fed.think(index, "Let me see what is given here. ")
            elif rng.random() < 0.05:
                fed.fail(index)
            else:
                fed.answer(index, f"The answer is **{index}**.")
                fed.end(index)
        clock.now_s += 0.05
        panel.tick()
    return clock.now_s - began_s


def test_two_thousand_rows_at_three_hundred_streams_cost_twenty_messages_a_second(
    sent: Sent,
) -> None:
    clock = Clock()
    fed = FedBatch([f"What is {n} + 1?" for n in range(2_000)], limit=300, clock=clock)
    panel = new_panel(fed, clock)
    page = Page(panel)
    sent.clear()
    took_s = run_map(fed, panel, clock, at_once=300)

    sizes = [len(json.dumps(data)) for _, data in sent]
    assert len(sizes) <= 20 * took_s
    # A record is text and names of fields; what is around the lanes is small.
    assert max(sizes) <= 2 * FRAME_BYTES
    assert sum(sizes) <= 2 * FRAME_BYTES * 5 * (took_s + 1)
    for _ in range(40):
        clock.now_s += 0.2
        panel.tick()
    page.read(custom(sent))
    assert page.states() == [lane.state for lane in fed.lanes]
    assert page.known["figures"]["failed"] == fed.progress.errors.total() > 0
    assert page.known["lanes"][7]["row"] == 7


def test_a_long_reply_costs_as_much_as_it_is_long(sent: Sent) -> None:
    def cost(seconds: int) -> int:
        clock = Clock()
        fed = FedBatch(n=2, clock=clock)
        panel = new_panel(fed, clock)
        fed.start(0, 1)
        sent.clear()
        for _ in range(20 * seconds):
            clock.now_s += 0.05
            fed.think(0, "Let me see what is given. ")
            panel.tick()
        return sum(len(json.dumps(data)) for _, data in sent)

    assert cost(80) < 2.3 * cost(40)


def test_lanes_that_do_not_change_cost_nothing(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=50, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0)
    clock.now_s += 1
    panel.tick()
    sent.clear()
    for _ in range(100):
        clock.now_s += 0.05
        panel.tick()

    frames = [message["frame"] for message in custom(sent)]
    # The elapsed time changes once a second.
    assert len(frames) <= 6
    assert not any("lanes" in frame for frame in frames)


def test_the_lanes_whose_lines_do_not_fit_follow_in_turn(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch([str(n) for n in range(300)], limit=300, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(*range(300))
    shown: set[int] = set()
    for _ in range(30):
        for index in range(300):
            fed.think(index, "x" * 80)
        clock.now_s += 0.2
        sent.clear()
        panel.tick()
        lanes = [lane for m in custom(sent) for lane in m["frame"].get("lanes", ())]
        shown |= {lane["index"] for lane in lanes if len(lane.get("line", "")) == 160}

    assert shown == set(range(300))


def test_a_lane_whose_request_is_repeated_waits_again(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    panel = new_panel(fed, clock)
    page = Page(panel)
    fed.start(0)
    clock.now_s += 1
    panel.tick()
    fed.fail_before_text(0)
    clock.now_s += 1
    panel.tick()
    page.read(custom(sent))

    assert page.states() == ["waiting", "waiting"]
    assert "began_s" not in page.known["lanes"][0]


def test_a_page_that_missed_a_frame_gets_all(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0)
    fed.think(0, "Hm.")
    clock.now_s += 1
    panel.tick()
    sent.clear()
    panel.pane._handle_custom_msg({"type": "resync"}, [])

    [message] = custom(sent)
    assert message["type"] == "batch"
    assert message["batch"]["lanes"][0]["line"] == "Hm."
    assert message["batch"]["lanes"][0]["began_s"] == 1.0
    assert message["batch"]["number"] == 1


def test_the_state_of_a_page_that_loads_late_is_whole(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, models=("a", "b"), clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0)
    fed.answer(0, "The answer is **9.9**.")
    fed.end(0)
    state = panel.pane.get_state()["batch"]

    assert state["models"] == ["a", "b"]
    assert [lane["model"] for lane in state["lanes"]] == [0, 0, 1, 1]
    assert state["lanes"][0]["value"] == "9.9"
    assert [group["value"] for group in state["groups"]] == ["9.9"]


def test_stop_is_passed_on_and_acknowledged(sent: Sent) -> None:
    stops: list[str] = []
    clock = Clock()
    actions = {"stop": lambda: stops.append("stop")}
    panel = new_panel(FedBatch(n=2, clock=clock), clock, actions=actions)
    sent.clear()
    panel.pane._handle_custom_msg({"type": "stop"}, [])

    assert stops == ["stop"]
    assert custom(sent) == [{"type": "stopping"}]


def test_message_of_any_shape_is_survived(sent: Sent) -> None:
    clock = Clock()
    panel = new_panel(FedBatch(n=2, clock=clock), clock)
    message: Any
    for message in (None, [], "stop", {}, {"type": None}, {"type": "open", "index": "x"}):
        panel.pane._handle_custom_msg(message, [])
    for index in (-1, 99, 10**30):
        panel.pane._handle_custom_msg({"type": "open", "index": index}, [])
        clock.now_s += 1
        panel.tick()

    assert panel.pane.get_state()["batch"]["open"] is None


def opened(panel: BatchPanel, index: int | None, clock: Clock) -> None:
    panel.pane._handle_custom_msg({"type": "open", "index": index}, [])
    clock.now_s += 0.05
    panel.tick()


def deltas(sent: Sent) -> str:
    return "".join(m["text"] for m in custom(sent) if m.get("type") == "delta")


def test_an_open_lane_streams_into_panes_of_its_own(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0, 1)
    fed.think(1, "Let me see. ")
    clock.now_s += 1
    panel.tick()
    sent.clear()
    opened(panel, 1, clock)
    [frame] = [m["frame"] for m in custom(sent) if m.get("type") == "frame"]
    assert frame["open"]["index"] == 1
    assert frame["open"]["turn_id"] == fed.builders[1].request.turn_id
    assert len(frame["open"]["panes"]) == 2

    for word in ("So ", "the ", "sum ", "is ", "9. "):
        fed.think(1, word)
        clock.now_s += 0.05
        panel.tick()
    fed.answer(1, "It is **9**.")
    fed.end(1)
    for _ in range(10):
        clock.now_s += 0.05
        panel.tick()

    assert deltas(sent) == "Let me see. So the sum is 9. It is **9**."


def test_an_open_lane_does_not_raise_the_number_of_messages(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=8, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(*range(8))
    opened(panel, 3, clock)
    sent.clear()
    for _ in range(200):
        for index in range(8):
            fed.think(index, "word ")
        clock.now_s += 0.05
        panel.tick()

    assert len(sent) <= 20 * 10
    assert deltas(sent).count("word") > 190


def test_another_lane_closes_the_one_that_was_open(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=3, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0, 1, 2)
    opened(panel, 0, clock)
    opened(panel, 2, clock)
    assert panel.pane.get_state()["batch"]["open"]["index"] == 2
    assert [kind for kind, _ in sent].count("comm_close") == 2

    opened(panel, None, clock)
    assert panel.pane.get_state()["batch"]["open"] is None
    assert [kind for kind, _ in sent].count("comm_close") == 4


def test_a_lane_that_is_asked_again_begins_again_in_its_panes(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=1, clock=clock)
    panel = new_panel(fed, clock)
    fed.start(0)
    opened(panel, 0, clock)
    fed.think(0, "First. ")
    clock.now_s += 0.05
    panel.tick()
    fed.start(0)
    fed.think(0, "Second.")
    for _ in range(4):
        clock.now_s += 0.05
        panel.tick()

    assert panel._opened is not None
    assert str(panel._opened.reasoning.shown) == "Second."


def test_finish_closes_every_comm(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    panel = new_panel(fed, clock)
    panel.open()
    fed.start(0)
    opened(panel, 0, clock)
    sent.clear()
    panel.finish(fed.finish())

    assert [kind for kind, _ in sent].count("comm_close") == 4  # the batch, two panes, a layout
    assert custom(sent)[-1]["frame"]["figures"]["state"] == "stopped"


def test_a_batch_that_came_to_nothing_leaves_no_comm_open(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    panel = new_panel(fed, clock)
    panel.open()
    opened(panel, 0, clock)
    sent.clear()
    panel.abandon()

    assert [kind for kind, _ in sent] == ["comm_close"] * 4


def test_a_sample_that_need_not_be_asked_is_sent_once(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=4, clock=clock)
    panel = new_panel(fed, clock)
    page = Page(panel)
    for index in (2, 3):
        fed.lanes[index].state = "saved"
        fed.progress.saved += 1
        clock.now_s += 1
        panel.tick()
    page.read(custom(sent))

    frames = [m["frame"] for m in custom(sent)]
    indices = [lane["index"] for frame in frames for lane in frame.get("lanes", ())]
    assert indices == [2, 3]
    assert page.states() == ["waiting", "waiting", "saved", "saved"]
    assert page.known["figures"]["total"] == 2


def test_the_text_of_a_lane_in_another_process_comes_at_its_end(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=1, clock=clock)
    panel = new_panel(fed, clock)
    fed.progress.show_remote(fed.lanes[0], "reasoning", 30, "the last line")
    opened(panel, 0, clock)
    state = panel.pane.get_state()["batch"]
    assert state["open"]["elsewhere"] is True
    assert state["lanes"][0]["line"] == "the last line"

    ended = Turn("t", "p", reasoning="Hm.", answer="**9**", complete=True)
    fed.progress.end(fed.lanes[0], ended)
    for _ in range(8):
        clock.now_s += 0.05
        panel.tick()
    assert deltas(sent) == "Hm.**9**"
    assert panel.pane.get_state()["batch"]["open"]["elsewhere"] is False


def test_lanes_that_are_known_late_are_shown(sent: Sent) -> None:
    clock = Clock()
    fed = FedBatch(n=2, clock=clock)
    lanes, fed.progress.lanes = fed.progress.lanes, []
    panel = new_panel(fed, clock)
    page = Page(panel)
    fed.progress.begin(lanes, rows=1)
    clock.now_s += 1
    panel.tick()
    page.read(custom(sent))

    assert page.states() == ["waiting", "waiting"]


@pytest.mark.parametrize(
    ("live", "is_rich", "kind"),
    [
        ("widgets", True, "BatchPanel"),
        ("text", True, "FinalBatch"),
        ("text", False, "BatchTerminal"),
        ("none", True, "FinalBatch"),
    ],
)
def test_each_front_end_has_its_own_display(
    live: Any, is_rich: bool, kind: str, sent: Sent
) -> None:
    panel = batch_panel_for(live, FedBatch(n=2).progress, {}, is_rich)

    assert type(panel).__name__ == kind
