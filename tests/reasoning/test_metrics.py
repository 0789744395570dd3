import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning import FirstSeen, Metrics, measure, steps_of
from qwq_magic.reasoning.metrics import language_mix_of, repetition_of
from qwq_magic.turns import Turn

REASONING = (
    "Okay, so I have this problem about trains. Let me think step by step.\n\n"
    "Alternatively, count the stations one by one. So the total is 14. "
    "Let me double-check that number. Yes, it matches what I had."
)


def test_an_empty_reasoning_measures_nothing() -> None:
    assert measure("") == Metrics()


def test_a_reasoning_in_numbers() -> None:
    steps = steps_of(REASONING)
    metrics = measure(
        REASONING,
        "There are \\boxed{14} stations.",
        ttft_s=0.5,
        thinking_s=4.0,
        total_s=5.5,
        output_tokens=100,
        reasoning_tokens=80,
    )

    share = steps[3].end / len(REASONING)
    assert metrics == Metrics(
        ttft_s=0.5,
        thinking_s=4.0,
        total_s=5.5,
        reasoning_tokens=80,
        answer_tokens=20,
        tokens_estimated=False,
        reasoning_share=0.8,
        tokens_per_s=20.0,
        steps=6,
        episodes=2,
        switches_per_100_steps=100 / 6,
        checks=2,
        mean_episode_steps=3.0,
        first_seen=FirstSeen("14", 3, share),
        post_answer_ratio=1 - share,
        repetition=0.0,
        loops=0,
        language_mix=0.0,
    )


def test_tokens_are_estimates_where_the_server_counts_only_their_sum() -> None:
    metrics = measure("a" * 300, "b" * 100, output_tokens=200)

    assert (metrics.reasoning_tokens, metrics.answer_tokens) == (150, 50)
    assert metrics.tokens_estimated
    assert metrics.tokens_per_s is None


@pytest.mark.parametrize(
    ("text", "share"),
    [("", 0.0), ("one two three", 0.0), ("a b c d e f g h " * 2, 1 / 9), ("no " * 108, 100 / 101)],
)
def test_repetition_is_the_share_of_8_grams_seen_before(text: str, share: float) -> None:
    assert repetition_of(text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "mix"),
    [
        ("only letters", 0.0),
        ("只有汉字", 1.0),
        ("四个汉字 four", 0.5),
        ("四个汉字 four $\\frac{abc}{d}$ and `code` \\(x\\)", 4 / 11),
        ("123 + 4", None),
    ],
)
def test_language_mix_leaves_math_and_code_out(text: str, mix: float) -> None:
    assert language_mix_of(text) == (None if mix is None else pytest.approx(mix))


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_can_be_measured(reasoning: str, answer: str) -> None:
    metrics = measure(reasoning, answer)

    assert 0 <= metrics.repetition <= 1
    assert metrics.post_answer_ratio is None or 0 <= metrics.post_answer_ratio <= 1


def test_a_megabyte_can_be_measured() -> None:
    reasoning = (REASONING + " So \\(x = 5\\) is the answer.\n\n") * 6_000
    metrics = measure(reasoning, "\\boxed{99}", steps=steps_of(reasoning[:1_000]))

    assert metrics.repetition > 0.9


def test_a_turn_knows_its_steps_and_metrics() -> None:
    turn = Turn("t1", "how many?", reasoning=REASONING, answer="\\boxed{14}")

    assert turn.steps == steps_of(REASONING)
    assert turn.steps is turn.steps
    assert turn.metrics is turn.metrics
    assert turn.metrics.first_seen == FirstSeen("14", 3, turn.steps[3].end / len(REASONING))
    assert Turn("t2", "empty").metrics == Metrics()
