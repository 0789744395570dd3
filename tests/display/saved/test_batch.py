"""The final output of a batch: its data, its Markdown in every host, and its size."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from batches import PROMPT
from display.inertness import HOSTS, Page, problems
from hostile.corpus import taken_texts

from qwq_magic.batch import Batch, Sample
from qwq_magic.display.saved.batch import BATCH_MIME, MAX_SAMPLES, batch_bundle
from qwq_magic.errors import RateLimited
from qwq_magic.events import Usage
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Timing, Turn
from qwq_magic.turns.prefix import Prefix

ANSWERS = ["**9.9** is larger.", "**9.11** is larger.", "**9.9**, of course.", "It depends."]


def turn(number: int, answer: str, **values: Any) -> Turn:
    known = {
        "prompt": PROMPT,
        "reasoning": "Let me see. So the answer is 9.9. Let me check.",
        "model": "qwq-plus",
        "server": "demo",
        "complete": True,
        "usage": Usage(output_tokens=100 + number),
        "timing": Timing(total_s=2.0),
    }
    return Turn(f"t{number}", answer=answer, **{**known, **values})


def batch(turns: list[Turn], *, rows: int = 1, **values: Any) -> Batch:
    n = max(1, len(turns) // rows)
    samples = [
        Sample(index // n, index % n + 1, each.model, str(index), each)
        for index, each in enumerate(turns)
    ]
    known = {"rows": [{}] * rows, "template": PROMPT, "elapsed_s": 12.0}
    return Batch(samples, **{**known, **values})


def samples() -> Batch:
    failed = turn(4, "", complete=False, error=RateLimited("Too many requests. Wait a minute."))
    stopped = Turn("t5", PROMPT, model="qwq-plus")
    return batch([*(turn(n, answer) for n, answer in enumerate(ANSWERS)), failed, stopped])


def data(of: Batch, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = batch_bundle(of, **options)[BATCH_MIME]
    return found


def test_data_comes_first_then_markdown_then_text() -> None:
    assert list(batch_bundle(samples())) == [BATCH_MIME, "text/markdown", "text/plain"]


def test_the_data_holds_figures_groups_and_a_record_for_each_sample() -> None:
    found = data(samples(), name="runs", places=[TurnPosition(3, n + 1) for n in range(6)])

    assert found["figures"] == {
        "state": "stopped",
        "total": 6,
        "done": 4,
        "failed": 1,
        "stopped": 1,
        "running": 0,
        "texts": ["510 tokens", "12 s"],
        "notice": "",
        "errors": [["rate limit", 1]],
        "elapsed_s": 12.0,
    }
    assert found["groups"] == [
        {"value": "9.9", "count": 2, "share": 0.6667, "low": 0.2077, "high": 0.9385},
        {"value": "9.11", "count": 1, "share": 0.3333, "low": 0.0615, "high": 0.7923},
    ]
    assert (found["without_value"], found["left_out"], found["name"]) == (1, 0, "runs")
    first = dict(found["lanes"][0])
    assert first.pop("turn")["answer"] == ANSWERS[0]
    assert first == {
        "index": 0,
        "row": 0,
        "number": 1,
        "state": "complete",
        "line": "9.9 is larger.",
        "length": 47,
        "tokens": "100",
        "value": "9.9",
        "seconds": 2.0,
        "place": "3.1",
        "seen": 0.7234,
    }
    assert [lane["state"] for lane in found["lanes"]][3:] == ["complete", "error", "stopped"]
    assert [lane["line"] for lane in found["lanes"]][4:] == [
        "Too many requests. Wait a minute.",
        "not asked",
    ]


def test_the_share_where_a_value_is_first_seen_is_that_of_the_metrics() -> None:
    given = "Let me see. So it is 9.9. "
    forked = turn(
        0, "**9.9**", prefix=Prefix(reasoning=given), reasoning=f"{given}So it is 9.9. Ok."
    )
    whole = turn(1, "**9.9**", reasoning="Hm. So it is 9.9. Let me check. Yes.")
    lanes = data(batch([forked, whole]))["lanes"]

    shares = [each.metrics.first_seen for each in (forked, whole)]
    assert [lane["seen"] for lane in lanes] == [round(s.share, 4) for s in shares if s]


def test_a_reply_that_used_up_its_tokens_is_not_shown_as_whole() -> None:
    cut = data(batch([turn(1, "", finish_reason="length")]))["lanes"][0]

    assert cut["state"] == "cut"
    assert cut["line"].startswith("Ran out of tokens while thinking")


def test_markdown_holds_the_vote_the_leading_reply_and_the_others_folded() -> None:
    markdown = batch_bundle(samples())["text/markdown"]

    assert markdown.startswith(
        "<p><strong>9.9 leads with 2 of 3 final values "
        "(67 %, 95 % interval 21 % to 94 %).</strong></p>"
    )
    assert "| 9.11 | 1 | 33 % | 6 % to 79 % |" in markdown
    assert "<strong>9.9</strong> is larger." in markdown
    assert [line for line in markdown.split("\n") if line.startswith("<summary>sample")] == [
        "<summary>sample 2: 9.11</summary>",
        "<summary>sample 3: 9.9</summary>",
        "<summary>sample 4: no final value</summary>",
    ]
    assert "<p>1 failed: rate limit 1</p>" in markdown
    assert markdown.endswith("<p><sub>4 of 6 samples · 510 tokens · 12 s</sub></p>")


def test_the_text_is_the_same_and_short() -> None:
    text = batch_bundle(samples())["text/plain"]

    assert text.startswith("9.9 leads with 2 of 3 final values (67 %, 95 % interval 21 % to 94 %).")
    assert "9.11: 1\nwithout a final value: 1\n" in text
    assert text.endswith(
        "1 failed: rate limit 1\n1 stopped or not asked\n4 of 6 samples · 510 tokens · 12 s"
    )


def test_a_map_is_a_table_of_its_first_rows() -> None:
    turns = [
        turn(n, f"It is **{n * n}**.", prompt=f"Solve it: what is {n} times {n}?")
        for n in range(30)
    ]
    turns[3] = replace(turns[3], answer="", complete=False, error=RateLimited("Too many requests."))
    bundle = batch_bundle(batch(turns, rows=30), name="squares")

    assert "| 2 | 2 times 2? | 4 | complete |" in bundle["text/markdown"]
    assert "| 3 | 3 times 3? | Too many requests. | error |" in bundle["text/markdown"]
    assert "10 more rows" in bundle["text/markdown"]
    assert "squares.to_frame()" in bundle["text/plain"]
    assert bundle["text/plain"].endswith("29 of 30 rows · 3,435 tokens · 12 s")
    # The values of different prompts are not votes.
    assert bundle[BATCH_MIME]["groups"] == []


def test_labels_of_a_table_group_though_they_are_of_different_prompts() -> None:
    turns = [turn(n, f"The answer is **{'yes' if n % 3 else 'no'}**.") for n in range(12)]
    found = data(batch(turns, rows=12))

    assert [(group["value"], group["count"]) for group in found["groups"]] == [
        ("yes", 8),
        ("no", 4),
    ]
    assert "low" not in found["groups"][0]


def test_rows_of_several_samples_have_a_share() -> None:
    turns = [turn(n, f"It is **{n // 4 if n % 4 else 7}**.") for n in range(8)]
    markdown = batch_bundle(batch(turns, rows=2))["text/markdown"]

    assert "| 1 | 1 | 3 of 4 | complete |" in markdown


def test_the_output_of_a_large_batch_is_bounded_and_counts_the_rest() -> None:
    turns = [turn(n, f"It is **{n}**.", reasoning="Hm. " * 2_000) for n in range(2_000)]
    bundle = batch_bundle(batch(turns, rows=2_000))
    found = bundle[BATCH_MIME]

    assert (len(found["lanes"]), found["left_out"]) == (MAX_SAMPLES, 1_500)
    with_turns = [lane for lane in found["lanes"] if "turn" in lane]
    assert 0 < sum(len(lane["turn"]["reasoning"]) for lane in with_turns) <= 200_000
    assert len(json.dumps(bundle)) < 500_000


def test_a_short_turn_after_a_long_one_still_fits() -> None:
    turns = [turn(0, "**1**", reasoning="x" * 300_000), turn(1, "**1**")]

    assert ["turn" in lane for lane in data(batch(turns))["lanes"]] == [False, True]


def test_nothing_was_asked() -> None:
    bundle = batch_bundle(batch([Turn("t", PROMPT)]))

    assert bundle["text/plain"] == (
        "No sample has a final value.\n1 stopped or not asked\n0 of 1 sample · 12 s"
    )
    assert "turn" not in bundle[BATCH_MIME]["lanes"][0]


def test_surrogates_and_controls_reach_no_output() -> None:
    hostile = "\ud800 \x1b[1m**9.9**\u202e"
    of = batch([turn(0, hostile, model=hostile, reasoning=hostile)], template=hostile)

    text = json.dumps(batch_bundle(of), ensure_ascii=False)
    assert text.encode()
    assert "\x1b" not in batch_bundle(of)["text/plain"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_batch_reads_the_same_in_every_host(host: str) -> None:
    page = Page(HOSTS[host](batch_bundle(samples())["text/markdown"]))

    assert page.problems == []
    assert page.elements.count("table") == 1
    assert page.elements.count("details") == 4
    assert "9.9 leads with 2 of 3" in page.text


def test_nothing_of_a_hostile_batch_is_live_in_any_host() -> None:
    live: dict[str, list[str]] = {}
    for payload in taken_texts(core=15):
        turns = [
            turn(0, payload, reasoning=payload, model=payload),
            turn(1, f"The answer is **9** {payload}", model="b"),
            turn(2, "", complete=False, error=RateLimited(payload), prompt=payload),
        ]
        for rows in (1, 3):
            of = batch(turns, rows=rows, template=payload, ending=payload)
            if found := problems(batch_bundle(of, name="batch")["text/markdown"]):
                live[payload] = found

    assert live == {}
