"""Inline tags split reasoning from answer, wherever they are cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    ReasoningBecameAnswer,
    ReasoningDelta,
)
from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.think_tags import Beginning, ThinkTagSplitter

MARKS = [
    json.loads(line)
    for line in (Path(__file__).parent / "marks.jsonl").read_text(encoding="utf-8").splitlines()
]


class Field(str):
    """Text of a reasoning field, among deltas of content."""


def texts_of(events: list[Event]) -> tuple[str, str]:
    reasoning = answer = ""
    for event in events:
        match event:
            case ReasoningDelta(text):
                reasoning += text
            case AnswerDelta(text):
                answer += text
            case AnswerBecameReasoning():
                reasoning, answer = reasoning + answer, ""
            case ReasoningBecameAnswer():
                reasoning, answer = "", answer + reasoning
    return reasoning, answer


def events_of(
    mode: InlineThink, *deltas: str, beginning: Beginning = "unknown", is_good_end: bool = True
) -> list[Event]:
    splitter = ThinkTagSplitter(mode, beginning=beginning)
    events: list[Event] = []
    for delta in deltas:
        is_field = isinstance(delta, Field)
        events += splitter.add_field(delta) if is_field else splitter.split(delta)
    return events + splitter.flush(is_good_end=is_good_end)


def split(mode: InlineThink, *deltas: str) -> tuple[str, str]:
    return texts_of(events_of(mode, *deltas))


def by_characters(deltas: tuple[str, ...]) -> list[str]:
    """The content by characters; a field's deltas arrive whole, as a chunk does."""
    cut: list[str] = []
    for delta in deltas:
        cut += [delta] if isinstance(delta, Field) else delta
    return cut


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("auto", "<think>a</think>b", ("a", "b")),
        ("auto", " \n<think>a</think>b", ("a", "b")),
        ("auto", "b <think>a</think>", ("", "b <think>a</think>")),
        ("auto", "a</think>b", ("a", "b")),
        ("auto", "<thinking>a", ("a", "")),
        ("auto", "<think>a</think>b<think>c</think>d", ("a", "b<think>c</think>d")),
        ("auto", "<think>a<think>b</think>c", ("a<think>b", "c")),
        ("auto", "<think>never closed</thi", ("never closed</thi", "")),
        ("auto", "  <thi", ("", "  <thi")),
        ("auto", "<think></think>b", ("", "b")),
        ("open", "a</think>b", ("a", "b")),
        ("open", "<think>a</think>b", ("a", "b")),
        ("open", "<thi", ("<thi", "")),
        ("open", "a</think>b</think>c", ("a", "b</think>c")),
        ("off", "<think>a</think>b", ("", "<think>a</think>b")),
    ],
)
def test_a_text_splits_the_same_whole_and_by_characters(
    mode: InlineThink, text: str, expected: tuple[str, str]
) -> None:
    assert split(mode, text) == expected
    assert split(mode, *text) == expected


def test_nothing_but_a_possible_tag_is_held_back() -> None:
    splitter = ThinkTagSplitter("open")

    assert splitter.split("thought") == [ReasoningDelta("thought")]
    assert splitter.split(" a < b </th") == [ReasoningDelta(" a < b ")]
    assert splitter.split("ink") == []
    assert splitter.split(">answer") == [AnswerDelta("answer")]


def test_a_reasoning_field_makes_tags_literal() -> None:
    assert split("open", Field("r"), "<think>a</think>") == ("r", "<think>a</think>")


def test_text_held_back_before_a_reasoning_field_is_answer() -> None:
    assert split("open", "<thi", Field("r")) == ("r", "<thi")


def test_endless_white_space_is_not_waited_through() -> None:
    splitter = ThinkTagSplitter("auto")

    answers = [texts_of(splitter.split(" "))[1] for _ in range(1_000)]

    assert "".join(answers) == " " * 1_000


@pytest.mark.parametrize("case", MARKS, ids=[case["name"] for case in MARKS])
def test_reasoning_is_found_wherever_models_put_it(case: dict[str, object]) -> None:
    deltas = [str(delta) for delta in case["deltas"]]  # type: ignore[attr-defined]
    expected = (case["reasoning"], case["answer"])

    assert split("auto", *deltas) == expected
    assert split("auto", *"".join(deltas)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let me add.\n</think>\n\n4", ("Let me add.\n", "4")),
        ("我想想。</think>四。", ("我想想。", "四。")),
        ("Done. </think>4", ("Done. ", "4")),
        ("Let me add.</think>", ("Let me add.", "")),
        ("</think>\n\n4", ("", "4")),
        ("Let me add.</think>\n<answer>\n4\n</answer>\n", ("Let me add.", "4")),
        ("Hm.</think>\n\nA.\n<think>Ho.</think>\nB.", ("Hm.\n\nHo.", "A.\n\nB.")),
        ("<think>Hm.</think>\n<think>Ho.</think>4", ("Hm.\n\nHo.", "4")),
        ("<think>\n<think>\nHm.</think></think>4", ("\nHm.", "4")),
        ("<think>Hm.</think><response>4</response>", ("Hm.", "4")),
        ("<think>Hm.</think><answer>4</answer> and 5", ("Hm.", "4</answer> and 5")),
        ("<thought>Hm.</thought>4", ("Hm.", "4")),
        ("<reasoning>Hm.</reasoning>4", ("Hm.", "4")),
        ("<mm:think>Hm.</mm:think>4", ("Hm.", "4")),
        ("<seed:think>Hm.</seed:think>4", ("Hm.", "4")),
        ("◁think▷Hm.◁/think▷4", ("Hm.", "4")),
        (
            "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>4<|END_RESPONSE|>",
            ("Hm.", "4"),
        ),
        (
            "<|begin_of_thought|>Hm.<|end_of_thought|>\n<|begin_of_solution|>4<|end_of_solution|>",
            ("Hm.", "4"),
        ),
        ("<|channel|>final<|message|>4<|return|>", ("", "4")),
        (
            "<|channel|>commentary<|message|>Wait.<|end|><|start|>assistant<|channel|>final"
            "<|message|>4<|return|>",
            ("", "Wait.\n\n4"),
        ),
        (
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>analysis"
            "<|message|>Ho.<|end|><|start|>assistant<|channel|>final<|message|>4",
            ("Hm.\n\nHo.", "4"),
        ),
        ("<|channel>thought\n<channel|>4", ("", "4")),
        ("Hm.[/THINK]4", ("Hm.", "4")),
    ],
)
def test_other_forms_of_reasoning_are_found_too(text: str, expected: tuple[str, str]) -> None:
    assert split("auto", text) == expected
    assert split("auto", *text) == expected
    for at in range(len(text)):
        assert split("auto", text[:at], text[at:]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It ends with `</think>`, always.",
        "It ends with the </think> tag.",
        'The tag is "</think>".',
        "Put it between <think> and </think>.",
        "```\nHm.\n</think>\n\n4\n```\nThat is the format.",
        "<p>Hm</p> (</think>) closes it.",
        "思考以</think>结束。",
        "analysisHm.assistantfinal4",
        "thought\nHm.",
        "Use <answer> and </answer>.",
        "1. <think>\n2. </think>\n",
    ],
)
def test_tags_that_a_plain_answer_mentions_stay_text(text: str) -> None:
    assert split("auto", text) == ("", text)
    assert split("auto", *text) == ("", text)


def test_an_example_of_tags_in_an_answer_after_reasoning_stays_text() -> None:
    example = "Like this:\n```\n<think>\nHm.\n</think>\n4\n```\nOr <think>so</think>."

    assert split("auto", *f"<think>Ho.</think>{example}") == ("Ho.", example)


def test_text_moves_at_the_closing_tag_while_it_streams() -> None:
    splitter = ThinkTagSplitter("auto")

    assert splitter.split("Let me add.") == [AnswerDelta("Let me add.")]
    assert splitter.split("</thi") == []
    assert splitter.split("nk>") == [AnswerBecameReasoning()]
    assert splitter.began_inside
    assert splitter.split("4") == [AnswerDelta("4")]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ((Field("The user"), "<think>The user", "</think>\n\nFour."), ("The user", "Four.")),
        (("<think>The user", Field("The user"), "</think>\n\nFour."), ("The user", "Four.")),
        ((Field("Hm."), "</think>\n\nFour."), ("Hm.", "Four.")),
        ((Field("Hm."), "\n</think>\n\nFour."), ("Hm.", "Four.")),
        ((Field("Hm."), "<think>\nHm.\n</think>\n\nFour."), ("Hm.", "Four.")),
        ((Field("Hm."), "<think>\n\n</think>\n\nFour."), ("Hm.", "Four.")),
        (
            (Field("A"), "<think>A", Field(" b"), " b", Field("\n"), "\n", "</think>4"),
            ("A b\n", "4"),
        ),
        ((Field("Hm."), "Hm.", "</think>4"), ("Hm.", "4")),
        ((Field("Hm."), "<mm:think>Hm.</mm:think>4"), ("Hm.", "4")),
        ((Field("Hm."), "<think>Ho.</think>4"), ("Hm.", "<think>Ho.</think>4")),
        ((Field("Hm."), "Hm. It is 4."), ("Hm.", "Hm. It is 4.")),
        ((Field("Hm."), "Hm."), ("Hm.", "Hm.")),
        ((Field("Hm."), "So</think>4"), ("Hm.", "So</think>4")),
        (("4", Field("Late.")), ("Late.", "4")),
    ],
)
def test_reasoning_in_two_places_counts_once(
    deltas: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert split("auto", *deltas) == expected
    assert split("auto", *by_characters(deltas)) == expected


def test_a_model_that_began_inside_reasoning_is_expected_to_again() -> None:
    inside = events_of("auto", "Hm.", "</think>4", beginning="inside")

    assert inside == [ReasoningDelta("Hm."), AnswerDelta("4")]


@pytest.mark.parametrize("is_good_end", [True, False])
def test_an_expected_reasoning_without_an_end_is_an_answer_only_at_a_good_end(
    is_good_end: bool,
) -> None:
    events = events_of("auto", "Four.", beginning="inside", is_good_end=is_good_end)

    assert texts_of(events) == (("", "Four.") if is_good_end else ("Four.", ""))
    assert texts_of(events_of("open", "Four.", is_good_end=is_good_end)) == ("Four.", "")


def test_a_field_refutes_that_the_content_began_inside_reasoning() -> None:
    assert texts_of(events_of("auto", "4", Field("Hm."), " is it", beginning="inside")) == (
        "Hm.",
        "4 is it",
    )


def test_a_closing_tag_of_a_likely_model_is_a_mark_in_the_middle_of_a_line() -> None:
    assert split("auto", "so it is </think> 4") == ("", "so it is </think> 4")
    assert texts_of(events_of("auto", "so it is </think> 4", beginning="likely")) == (
        "so it is ",
        "4",
    )


@given(
    mode=st.sampled_from(["auto", "open", "off"]),
    beginning=st.sampled_from(["unknown", "likely", "inside"]),
    deltas=st.lists(
        st.sampled_from(
            [
                *("<think>", "</think>", "<", "\n", " ", "a", "Hm.", "`", "```\n", " " * 300),
                *("<answer>", "</answer>", "[THINK]", "[/THINK]", "<|channel>thought\n"),
                *("<|channel|>analysis<|message|>", "<|end|>", "<|start|>assistant", "<channel|>"),
                *("<|channel|>final<|message|>", "想", Field("Hm."), Field("a"), Field("\n")),
            ]
        ),
        max_size=8,
    ),
)
def test_any_mixture_of_marks_has_one_outcome_however_it_is_cut(
    mode: InlineThink, beginning: Beginning, deltas: list[str]
) -> None:
    joined: list[str] = []
    for delta in deltas:
        if joined and type(joined[-1]) is type(delta):
            joined[-1] = type(delta)(joined[-1] + delta)
        else:
            joined.append(delta)
    cuts = (deltas, joined, by_characters(tuple(deltas)))

    outcomes = {texts_of(events_of(mode, *cut, beginning=beginning)) for cut in cuts}

    assert len(outcomes) == 1


@pytest.mark.parametrize(
    "delta", ["<", "\n", " ", "</think", "`", "<think>", "</answer>", "a</think>b ", "\n<think>"]
)
def test_a_hostile_content_costs_time_in_proportion(delta: str) -> None:
    def steps(count: int) -> int:
        splitter, size = ThinkTagSplitter("auto"), 0
        splitter.split("<think>a</think><answer>b")
        for _ in range(count):
            splitter.split(delta)
            # What is held back is read again with the next delta.
            size += len(splitter._held)
        return size

    assert steps(4_000) < 4 * steps(1_000) + 300 * 4_000


@given(
    mode=st.sampled_from(["auto", "open", "off"]),
    deltas=st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", "a", " "])),
)
def test_cuts_change_nothing_and_lose_nothing(mode: InlineThink, deltas: list[str]) -> None:
    whole = split(mode, "".join(deltas))

    assert split(mode, *deltas) == whole
    assert split(mode, *"".join(deltas)) == whole
    if mode == "off":
        assert whole == ("", "".join(deltas))
