"""The metrics of a reasoning, none of which requires the correct answer.

Values that depend on guesses, such as the kinds of steps, are marked with `≈`.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TypeAlias

from qwq_magic.reasoning.candidates import Candidate, candidates_of
from qwq_magic.reasoning.first_seen import FirstSeen, first_seen
from qwq_magic.reasoning.kind_names import Kind
from qwq_magic.reasoning.loops import Loop, loops_of
from qwq_magic.reasoning.masked_spans import iter_unmasked
from qwq_magic.reasoning.steps import Steps, received, steps_of
from qwq_magic.reasoning.sum_checks import SumChecker
from qwq_magic.shown_record import record_line, record_table
from qwq_magic.token_estimate import split_tokens

MetricValue: TypeAlias = float | int | str | bool | None

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one turn; None if a value is unknown or cannot be measured.

    Attributes:
        ttft_s: seconds from the request to the first text.
        thinking_s: seconds from the first reasoning text to the first answer text.
        total_s: seconds from the request to the end.
        reasoning_tokens: tokens of the reasoning; ≈ where `tokens_estimated`.
        answer_tokens: tokens of the answer; ≈ where `tokens_estimated`.
        tokens_estimated: whether tokens are estimated from characters, because the server
            did not count them.
        reasoning_share: reasoning ÷ (reasoning + answer) in tokens, 0 to 1; ≈ where
            `tokens_estimated`.
        tokens_per_s: tokens per second from the first text to the end; ≈ where
            `tokens_estimated`.
        steps: number of steps.
        episodes: ≈ number of episodes; every switch but an initial one starts a new one.
        switches_per_100_steps: ≈ steps of kind `switch` per 100 steps; kinds are guesses.
        checks: ≈ number of steps of kind `check`; kinds are guesses.
        mean_episode_steps: ≈ mean number of steps per episode; switches are guesses.
        first_seen: ≈ where the final answer is first asserted: the step, and the share of
            the characters up to its end; None without an answer that commits to a value.
        post_answer_ratio: ≈ share of the characters after the step that first asserts the
            final answer, 0 to 1.
        repetition: share of 8-grams (words, Chinese characters, signs) that repeat an
            earlier one, 0 to 1.
        loops: number of places where 20 to 1,000 characters are repeated three or more
            times in a row.
        language_mix: Chinese characters ÷ (Chinese characters + Latin letters), without
            math and code, 0 to 1.
        flips: ≈ how often the candidate answer changes; see `Turn.candidates`.
        sums: number of equalities between numbers that were recomputed; see `Step.checks`.
        sums_wrong: how many of them do not hold.
    """

    ttft_s: float | None = None
    thinking_s: float | None = None
    total_s: float | None = None
    reasoning_tokens: int = 0
    answer_tokens: int = 0
    tokens_estimated: bool = True
    reasoning_share: float | None = None
    tokens_per_s: float | None = None
    steps: int = 0
    episodes: int = 0
    switches_per_100_steps: float | None = None
    checks: int = 0
    mean_episode_steps: float | None = None
    first_seen: FirstSeen | None = None
    post_answer_ratio: float | None = None
    repetition: float = 0.0
    loops: int = 0
    language_mix: float | None = None
    flips: int = 0
    sums: int = 0
    sums_wrong: int = 0

    def __repr__(self) -> str:
        return record_line(self)

    def _repr_html_(self) -> str:
        return record_table(self)


def metric_values(metrics: Metrics) -> dict[str, MetricValue]:
    """Return the metrics by name, with `first_seen` as three: value, step and share."""
    values = asdict(metrics)
    seen = metrics.first_seen
    values["first_seen"] = {
        "first_seen_value": seen and seen.value,
        "first_seen_step": seen and seen.step,
        "first_seen_share": seen and seen.share,
    }
    flat: dict[str, MetricValue] = {}
    for name, value in values.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def measure(
    reasoning: str,
    answer: str = "",
    *,
    steps: Steps | None = None,
    loops: tuple[Loop, ...] | None = None,
    candidates: tuple[Candidate, ...] | None = None,
    ttft_s: float | None = None,
    thinking_s: float | None = None,
    total_s: float | None = None,
    output_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    given: tuple[int, int] = (0, 0),
) -> Metrics:
    """Return the metrics of a reasoning and its answer.

    Args:
        reasoning: the whole reasoning.
        answer: the whole answer.
        steps: the steps of the reasoning, if already known.
        loops: the loops of the reasoning, if already known.
        candidates: the candidate answers of the reasoning, if already known.
        ttft_s: seconds from the request to the first text.
        thinking_s: seconds from the first reasoning to the first answer text.
        total_s: seconds from the request to the end.
        output_tokens: the server's count of reasoning and answer tokens; None if unknown.
        reasoning_tokens: the server's count of reasoning tokens; None if unknown. Tokens are
            estimated unless the server counted both.
        given: how many characters at the start of the reasoning and of the answer were given;
            nothing counts them.
    """
    own, own_answer = reasoning[given[0] :], answer[given[1] :]
    thought, answered, estimated = split_tokens(
        own, own_answer, output_tokens=output_tokens, reasoning_tokens=reasoning_tokens
    )
    if steps is None:
        steps = steps_of(reasoning, reasoning_tokens=thought, given=given[0])
    steps = received(steps, given[0])
    # The speed needs only the total, which may be exact when its parts are estimates.
    produced = thought + answered if output_tokens is None else output_tokens
    episodes = steps[-1].episode - steps[0].episode + 1 if steps else 0
    switches = sum(step.kind is Kind.SWITCH for step in steps)
    seen = first_seen(steps, answer=answer)
    if candidates is None:
        candidates = candidates_of(steps, answer=answer)
    checker = SumChecker()
    sums = [check.holds for step in steps for check in checker.checks_of(step.text)]
    return Metrics(
        ttft_s=ttft_s,
        thinking_s=thinking_s,
        total_s=total_s,
        reasoning_tokens=thought,
        answer_tokens=answered,
        tokens_estimated=estimated,
        reasoning_share=thought / (thought + answered) if thought + answered else None,
        tokens_per_s=_per_second(produced, ttft_s, total_s),
        steps=len(steps),
        episodes=episodes,
        switches_per_100_steps=100 * switches / len(steps) if steps else None,
        checks=sum(step.kind is Kind.CHECK for step in steps),
        mean_episode_steps=len(steps) / episodes if episodes else None,
        first_seen=seen,
        post_answer_ratio=1 - seen.share if seen else None,
        flips=max(0, len(candidates) - 1),
        repetition=repetition_of(own),
        loops=len(loops_of(own) if loops is None else loops),
        language_mix=language_mix_of(own),
        sums=len(sums),
        sums_wrong=sums.count(False),
    )


def _per_second(tokens: int, ttft_s: float | None, total_s: float | None) -> float | None:
    if total_s is None or not tokens:
        return None
    # The wait for the first text is not part of the speed of writing.
    streaming_s = total_s - (ttft_s or 0.0)
    return tokens / streaming_s if streaming_s > 0 else None


def language_mix_of(text: str) -> float | None:
    """Return Chinese ÷ (Chinese + Latin letters) outside math and code; None without any."""
    chinese = latin = 0
    for part in iter_unmasked(text):
        chinese += sum(map(len, _CJK.findall(part)))
        latin += sum(map(len, _LATIN.findall(part)))
    return chinese / (chinese + latin) if chinese + latin else None


GRAM = 8

# A word, a Chinese character, or a sign.
_ITEM = re.compile(r"[^\W\u3040-\u9fff]+|[\u3040-\u9fff]|[^\w\s]")


def repetition_of(text: str) -> float:
    """Return 1 − unique 8-grams ÷ 8-grams, 0 to 1; 0 for a text of fewer than 8 items."""
    items = _ITEM.findall(text.lower())
    count = len(items) - GRAM + 1
    if count < 1:
        return 0.0
    grams = zip(*(items[begin:] for begin in range(GRAM)), strict=False)
    # Hashes take less memory than the grams; a collision would hardly change the share.
    unique = set(map(hash, grams))
    return 1 - len(unique) / count
