"""The kernel's side of the live panes: pacing, offsets, snapshots, and the joined module."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from recording_comm import Message, custom

import qwq_magic
from qwq_magic.display.live.live_panel import FrameBuffer, LivePanel, run_actions
from qwq_magic.display.live.panes import AnswerPane, ReasoningPane, StatusLine
from qwq_magic.display.live.view_source import join_modules
from qwq_magic.display.panel import Show
from qwq_magic.display.saved.bundle import TURN_MIME
from qwq_magic.display.saved.step_records import LiveRecords, step_records
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    Usage,
    UsageReported,
)
from qwq_magic.reasoning import LoopDetector, StepReader, steps_of
from qwq_magic.session.run import Run
from qwq_magic.turns import Timing, Turn

STATIC = Path(qwq_magic.__file__).parent / "display" / "static"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def new_panel(clock: Clock | None = None, **options: Any) -> LivePanel:
    defaults: dict[str, Any] = {
        "model": "qwq-plus",
        "server": "demo",
        "conversation": "main",
        "actions": {"stop": lambda: None},
        "clock": clock or Clock(),
    }
    return LivePanel("turn", **{**defaults, **options})


def test_first_delta_leaves_at_once() -> None:
    buffer = FrameBuffer(0.05)
    buffer.append("a")

    assert buffer.take(0.0) == "a"


def test_later_deltas_wait_for_their_frame() -> None:
    buffer = FrameBuffer(0.05)
    buffer.append("a")
    buffer.take(10.0)
    buffer.append("b")
    buffer.append("c")

    assert [buffer.take(10.01), buffer.take(10.049), buffer.take(10.05)] == ["", "", "bc"]


def test_frame_is_never_empty() -> None:
    buffer = FrameBuffer(0.05)
    buffer.append("")

    assert buffer.take(0.0) == ""
    buffer.append("a")
    assert buffer.take(0.0) == "a"


def test_the_rest_can_be_taken_at_any_time() -> None:
    buffer = FrameBuffer(0.05)
    buffer.append("a")
    buffer.take(0.0)
    buffer.append("b")

    assert (buffer.take_rest(), buffer.take_rest()) == ("b", "")


def test_an_analysis_that_fails_takes_no_text_from_the_panes(
    sent: list[tuple[str, Message]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OverflowError

    monkeypatch.setattr(StepReader, "feed", fail)
    monkeypatch.setattr(LoopDetector, "feed", fail)
    clock = Clock()
    panel = new_panel(clock)

    for delta in ("Hm. ", "Wait. ", "So. "):
        panel.show_event(ReasoningDelta(delta))
        clock.now_s += 1.0
    panel.tick()

    deltas = [message for message in custom(sent) if message.get("type") == "delta"]
    assert "".join(delta["text"] for delta in deltas) == "Hm. Wait. So. "


def test_a_final_output_that_fails_ends_the_panes(
    sent: list[tuple[str, Message]],
) -> None:
    panel = new_panel()
    panel.open()
    turn = Turn("t", "p", answer="a", complete=True, timing=Timing(total_s=cast("float", "soon")))

    with pytest.raises(TypeError):
        panel.finish(turn, place=None)

    assert panel.status.state == "complete"
    panel.close()


def test_at_most_twenty_messages_a_second_per_pane(sent: list[tuple[str, Message]]) -> None:
    clock = Clock()
    panel = new_panel(clock)
    for step in range(1000):
        clock.now_s = 100.0 + step / 1000
        panel.show_event(ReasoningDelta("x"))
        panel.tick()

    assert len(custom(sent)) <= 20
    assert "".join(message["text"] for message in custom(sent)).count("x") > 900


def test_offsets_count_code_points(sent: list[tuple[str, Message]]) -> None:
    pane = AnswerPane("turn")
    pane.append("a𝟙")
    pane.append("好")

    assert custom(sent) == [
        {"type": "delta", "offset": 0, "text": "a𝟙"},
        {"type": "delta", "offset": 2, "text": "好"},
    ]


def test_resync_is_answered_with_a_snapshot(sent: list[tuple[str, Message]]) -> None:
    pane = ReasoningPane("turn")
    pane.append("first ")
    pane.append("second")
    sent.clear()
    pane._handle_custom_msg({"type": "resync"}, [])

    assert custom(sent) == [{"type": "snapshot", "text": "first second", "steps": ""}]


def test_steps_travel_in_the_frames_of_their_text(sent: list[tuple[str, Message]]) -> None:
    clock = Clock()
    panel = new_panel(clock)
    text = "Let me see what is given. So the total is 12. "
    text += "Wait, is that right? Hmm, let me add them up again."
    for at in range(0, len(text), 9):
        clock.now_s += 0.05
        panel.show_event(ReasoningDelta(text[at : at + 9]))

    frames = custom(sent)
    records = ""
    for frame in frames:
        assert frame.get("steps_offset", len(records)) == len(records)
        records += frame.get("steps", "")
    assert "".join(frame["text"] for frame in frames) == text
    assert records.replace("~1", "") == step_records(steps_of(text)[:2])
    assert panel.reasoning is not None
    panel.reasoning._handle_custom_msg({"type": "resync"}, [])
    assert custom(sent)[-1] == {"type": "snapshot", "text": text, "steps": records}


def test_a_burst_is_not_held_up_by_its_steps(sent: list[tuple[str, Message]]) -> None:
    records = LiveRecords()
    sentence = "So this sentence has fifty characters in all here. "
    records.append(sentence * 100, at_s=1.0)

    taken = [len(re.findall("[A-Z]", records.take())) for _ in range(3)]
    assert [8 <= count <= 12 for count in taken] == [True] * 3


def test_state_holds_the_whole_text_though_no_frame_pushed_it(
    sent: list[tuple[str, Message]],
) -> None:
    pane = ReasoningPane("turn")
    pane.append("first ")
    pane.append("second")

    assert [data for _, data in sent if "text" in data.get("state", {})][1:] == []
    assert pane.get_state()["text"] == "first second"


def test_stop_is_passed_on_and_acknowledged(sent: list[tuple[str, Message]]) -> None:
    stops: list[str] = []
    line = StatusLine("turn", elapsed=lambda: 0.0, actions={"stop": lambda: stops.append("stop")})
    line._handle_custom_msg({"type": "stop"}, [])

    assert stops == ["stop"]
    assert custom(sent) == [{"type": "stopping"}]


def test_a_button_of_the_header_does_what_its_name_stands_for_and_no_more() -> None:
    presses: list[str] = []
    line = StatusLine("turn", elapsed=lambda: 0.0, actions={"retry": lambda: presses.append("r")})
    for name in ("retry", "unknown", None):
        line._handle_custom_msg({"type": "action", "name": name}, [])

    assert presses == ["r"]
    assert line.actions == ["retry"]


def test_every_button_of_the_header_has_an_action_in_the_kernel() -> None:
    source = (STATIC / "header_buttons.js").read_text("utf-8")
    run = SimpleNamespace(stop=lambda: None, answer_now=lambda: None)

    names = re.findall(r'\{ name: "(\w+)"', source)
    assert names == list(run_actions(cast(Run, run)))


def test_message_of_any_shape_is_survived(sent: list[tuple[str, Message]]) -> None:
    pane = AnswerPane("turn")
    message: Any
    for message in (None, [], "stop", {}, {"type": None}, {"type": {"a": 1}}):
        pane._handle_custom_msg(message, [])

    assert custom(sent) == []


def test_state_moves_forward_only(sent: list[tuple[str, Message]]) -> None:
    panel = new_panel()
    states = [panel.status.state]
    for event in (ReasoningDelta("a"), AnswerDelta("b"), ReasoningDelta("c"), AnswerDelta("d")):
        panel.show_event(event)
        states.append(panel.status.state)

    assert states == ["connecting", "reasoning", "answering", "answering", "answering"]


def test_usage_and_notices_reach_the_status_line(sent: list[tuple[str, Message]]) -> None:
    panel = new_panel()
    panel.show_event(UsageReported(Usage(output_tokens=5, reasoning_tokens=3)))
    panel.show_event(Notice("Retrying in 2 s."))
    panel.tick()

    assert panel.status.usage == {"output_tokens": 5, "reasoning_tokens": 3}
    assert panel.status.notices == ["Retrying in 2 s."]


def test_a_wait_as_long_as_the_one_before_is_counted_down_too(
    sent: list[tuple[str, Message]],
) -> None:
    clock = Clock()
    panel = new_panel(clock)
    panel.show_event(Notice("Retrying in 5 s.", wait_s=5.0))
    clock.now_s += 6.0
    panel.show_event(Notice("Retrying in 5 s.", wait_s=5.0))

    states = [data.get("state", {}) for _, data in sent]
    assert [state["waits_until_s"] for state in states if "waits_until_s" in state] == [
        0.0,
        5.0,
        11.0,
    ]


def test_advice_to_stop_a_looping_reply_is_shown_until_it_recovers(
    sent: list[tuple[str, Message]],
) -> None:
    clock = Clock()
    panel = new_panel(clock)
    advice = []
    for text in (
        "Let me see. ",
        "But wait, I should look again. " * 3,
        "Ah, it is 9.9, of course.",
    ):
        panel.show_event(ReasoningDelta(text))
        clock.now_s += 1.0
        panel.tick()
        advice.append(panel.status.advice)

    assert [bool(words) for words in advice] == [False, True, False]
    assert "Stop it" in advice[1]


def test_advice_is_sought_twice_a_second_at_the_most(sent: list[tuple[str, Message]]) -> None:
    panel = new_panel()
    panel.tick()
    panel.show_event(ReasoningDelta("But wait, I should look again. " * 3))
    panel.tick()

    assert panel.status.advice == ""


@pytest.mark.parametrize(
    ("show", "panes"),
    [("both", (True, True)), ("reasoning", (True, False)), ("answer", (False, True))],
)
def test_only_what_is_shown_is_sent(
    sent: list[tuple[str, Message]], show: str, panes: tuple[bool, bool]
) -> None:
    panel = new_panel(show=show)
    panel.show_event(ReasoningDelta("a"))
    panel.show_event(AnswerDelta("b"))

    assert (panel.reasoning is not None, panel.answer is not None) == panes
    assert len(custom(sent)) == sum(panes)


def test_a_usage_at_every_token_costs_no_message_at_every_token(
    sent: list[tuple[str, Message]],
) -> None:
    now_s = 0.0
    panel = LivePanel("turn", model="", server="", conversation="", actions={}, clock=lambda: now_s)
    sent.clear()
    for count in range(100):
        now_s = count / 100
        panel.show_event(UsageReported(Usage(output_tokens=count)))
        panel.tick()

    assert len(sent) == 2


def test_finish_sends_the_rest_and_closes_every_comm(sent: list[tuple[str, Message]]) -> None:
    panel = new_panel()
    panel.show_event(AnswerDelta("a"))
    panel.show_event(AnswerDelta("b"))
    sent.clear()
    panel.give_way_to({TURN_MIME: {"state": "stopped"}})

    assert [message["text"] for message in custom(sent)] == ["b"]
    assert panel.status.state == "stopped"
    assert [kind for kind, _ in sent].count("comm_close") == 4  # three panes, one layout


def test_source_travels_once_not_with_every_pane(sent: list[tuple[str, Message]]) -> None:
    AnswerPane("first")
    sent.clear()
    AnswerPane("second")

    size = sum(len(str(data)) for kind, data in sent if kind == "comm_open")
    assert 0 < size < 4000


def test_modules_are_joined_in_the_order_they_need() -> None:
    modules = {
        "entry.js": 'import { b } from "./second.js";\nexport function start() { return b; }\n',
        "second.js": 'import { a } from "./first.js";\nexport const b = a;\nconst local = 1;\n',
        "first.js": "export const a = 1;\nconst local = 2;\n",
    }

    joined = join_modules("entry.js", modules.__getitem__)

    assert joined.index("first_module") < joined.index("second_module")
    assert re.findall(r"^export .*", joined, re.MULTILINE) == [
        "export function start() { return b; }"
    ]
    assert "import" not in joined


def test_shipped_modules_join_without_a_rest() -> None:
    joined = join_modules("live_panes.js")

    assert not re.search(r"^import ", joined, re.MULTILINE)
    assert re.findall(r"^export (?:function )?(\w+|\{.*\})", joined, re.MULTILINE) == [
        "start",
        "render",
        "{ useStyle }",
    ]


@pytest.mark.parametrize("show", ["both", "reasoning", "answer"])
def test_text_that_was_reasoning_moves_to_its_pane(
    show: Show, sent: list[tuple[str, Message]]
) -> None:
    panel = new_panel(show=show)
    for event in (AnswerDelta("Hm. "), AnswerDelta("Yes."), AnswerBecameReasoning()):
        panel.show_event(event)

    assert panel.status.state == "reasoning"
    panel.show_event(AnswerDelta("42"))
    panel.end("complete")

    if panel.answer is not None:
        assert (str(panel.answer.shown), panel.answer.run) == ("42", 1)
        assert {"type": "snapshot", "run": 1, "text": ""} in custom(sent)
        assert {"type": "delta", "run": 1, "offset": 0, "text": "42"} in custom(sent)
    if panel.reasoning is not None:
        assert str(panel.reasoning.shown) == "Hm. Yes."


def test_reasoning_that_was_the_answer_moves_back(sent: list[tuple[str, Message]]) -> None:
    panel = new_panel()
    for event in (ReasoningDelta("It is 42. So there."), ReasoningBecameAnswer()):
        panel.show_event(event)
    panel.end("complete")

    assert panel.answer is not None
    assert panel.reasoning is not None
    assert str(panel.answer.shown) == "It is 42. So there."
    assert str(panel.reasoning.shown) == str(panel.reasoning.records) == ""


def test_nothing_of_a_panes_text_is_given_unless_said() -> None:
    assert ReasoningPane("turn").given == AnswerPane("turn").given == 0
    assert ReasoningPane("turn", given=5).get_state()["given"] == 5
    assert ReasoningPane("turn").start == "auto"
