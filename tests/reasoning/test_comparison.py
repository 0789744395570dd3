import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning import PAIR_COLUMNS, AnswerPart, MetricPair, StepPair
from qwq_magic.reasoning.comparison_text import metric_rows
from qwq_magic.reasoning.partings import Parting
from qwq_magic.turns import Turn

LEFT = (
    "Let me add the stations one by one. The first line has 12 + 7 = 19 stations. "
    "Wait, I counted the central one twice. So the total is 18 stations."
)
RIGHT = (
    "Let me add the stations one by one! On the first line there are 12 + 7 = 19 of them. "
    "Alternatively, use a map instead. The total: 18 stations."
)


def _turn(reasoning: str, answer: str = "", model: str = "qwq-plus") -> Turn:
    return Turn("t", "how many?", reasoning=reasoning, answer=answer, model=model, server="demo")


def test_steps_meet_by_their_words_and_numbers() -> None:
    comparison = _turn(LEFT).compare(_turn(RIGHT))

    assert comparison.pairs == (
        StepPair(0, 0, "same"),
        StepPair(1, 1, "similar"),
        StepPair(2, None, "none"),
        StepPair(None, 2, "none"),
        StepPair(3, 3, "similar"),
    )
    assert (comparison.divergence, comparison.parting) == (None, None)


def test_turns_diverge_at_a_value_and_not_at_wording() -> None:
    right = RIGHT.replace("The total: 18", "Then 19 − 2 = 17, so the total is 17")
    comparison = _turn(LEFT, "18").compare(_turn(right, "17"))

    assert comparison.parting == Parting("left", 3, "18")
    assert comparison.divergence is not None
    assert comparison.pairs[comparison.divergence].left == 3


def test_a_turn_does_not_diverge_from_itself() -> None:
    comparison = _turn(LEFT, "18").compare(_turn(LEFT, "18"))

    assert {pair.match for pair in comparison.pairs} == {"same"}
    assert comparison.divergence is None
    assert comparison.answer_diff == (AnswerPart("both", "18"),)


def test_answers_are_diffed_by_words_and_signs() -> None:
    comparison = _turn("", "There are 18 stations.").compare(_turn("", "There are 19, I think."))

    assert comparison.answer_diff == (
        AnswerPart("both", "There are "),
        AnswerPart("left", "18 stations"),
        AnswerPart("right", "19, I think"),
        AnswerPart("both", "."),
    )


def test_metrics_are_paired() -> None:
    metrics = {pair.name: pair for pair in _turn(LEFT).compare(_turn(LEFT[:40])).metrics}

    assert metrics["steps"] == MetricPair("steps", 4, 1, -3)
    assert metrics["first_seen_value"].difference is None
    assert metrics["tokens_estimated"] == MetricPair("tokens_estimated", True, True, None)
    assert metrics["ttft_s"] == MetricPair("ttft_s", None, None, None)


@given(st.text("ab .\n等", max_size=120), st.text("ab .\n等", max_size=120))
def test_every_step_is_in_one_pair_and_the_answer_parts_join(left: str, right: str) -> None:
    comparison = _turn(left, right).compare(_turn(right, left))
    diff, pairs = comparison.answer_diff, comparison.pairs

    assert "".join(part.text for part in diff if part.side != "right") == right
    assert "".join(part.text for part in diff if part.side != "left") == left
    assert [p.left for p in pairs if p.left is not None] == list(range(len(_turn(left).steps)))
    assert [p.right for p in pairs if p.right is not None] == list(range(len(_turn(right).steps)))


def test_a_comparison_is_plain_json_with_all_it_takes_to_draw_it() -> None:
    data = json.loads(json.dumps(_turn(LEFT, "18").compare(_turn(RIGHT, "19")).to_dict()))

    assert list(data) == [
        *("left", "right", "pairs", "divergence", "parting", "answer_diff", "metrics")
    ]
    assert (data["divergence"], data["parting"]) == (None, None)
    assert data["pairs"][2] == {"left": 2, "right": None, "match": "none"}
    steps = data["left"]["steps"]
    assert "".join(LEFT[step["start"] : step["end"]] for step in steps) == LEFT
    assert list(steps[0]) == [
        *("start", "end", "kind", "cue", "group", "episode", "seconds", "tokens")
    ]


def test_the_table_of_pairs_has_a_row_per_pair() -> None:
    pytest.importorskip("pandas")
    frame = _turn(LEFT).compare(_turn(RIGHT)).to_frame()

    assert tuple(frame.columns) == PAIR_COLUMNS
    assert list(frame["match"]) == ["same", "similar", "none", "none", "similar"]
    assert frame["left_text"].iloc[2].startswith("Wait, I counted")
    assert frame["right_index"].isna().tolist() == [False, False, True, False, False]


def test_it_says_in_words_what_differs() -> None:
    right = RIGHT.replace("18", "17")
    text = repr(_turn(LEFT, "18").compare(_turn(right, "19", model="other")))

    assert text.splitlines()[:4] == [
        "Comparison of qwq-plus · demo and other · demo",
        "  steps       1 the same, 2 similar, 1 only on the left, 1 only on the right",
        "  divergence  18 only on the left, step 4: So the total is 18 stations.",
        "  answers     1 word only on the left, 1 only on the right",
    ]


def test_the_step_of_the_answer_counts_from_1_as_every_step_that_is_read() -> None:
    left = _turn(f"{LEFT} The answer is 18.", "The answer is **18**.")
    comparison = left.compare(left)

    assert left.metrics.first_seen is not None
    assert left.metrics.first_seen.step == 3
    assert MetricPair("first_seen_step", 3, 3, 0) in comparison.metrics
    assert ("first_seen_step", "4", "4", "0") in metric_rows(comparison)


def test_two_attempts_of_one_model_are_named_by_their_ids() -> None:
    left, right = replace(_turn(""), id="a" * 32), replace(_turn(""), id="task-7")

    assert repr(left.compare(right)).startswith(
        "Comparison of qwq-plus · demo, aaaaaaaaa… (left) and qwq-plus · demo, task-7 (right)\n"
    )


def test_a_turn_and_its_copy_are_left_and_right() -> None:
    assert repr(_turn("").compare(_turn(""))).startswith(
        "Comparison of qwq-plus · demo (left) and qwq-plus · demo (right)\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x " * 100_000,
        "...!!!" * 20_000,
        "No. Wait, no. " * 10_000,
        "$x " * 30_000,
        "等等。" * 30_000,
    ],
)
def test_hostile_texts_can_be_compared(text: str) -> None:
    comparison = _turn(text, text).compare(_turn(text[::-1], text[::-1]))

    assert len(repr(comparison)) < 3_000
