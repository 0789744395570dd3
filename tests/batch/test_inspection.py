from __future__ import annotations

import re

import pytest
from batch.columns import columns_of, documented_columns
from batch.made import answering, batch_of, turn
from hostile.corpus import taken_texts
from reasoning.hostile_reasonings import PATTERNS, hostile

from qwq_magic import Session
from qwq_magic.batch import INSPECTION_COLUMNS, Assertion, Batch
from qwq_magic.errors import ConfigurationError, RateLimited
from qwq_magic.reasoning import first_seen
from qwq_magic.turns import Prefix, Turn

# Five steps each; both begin at 5, and the first goes over to 20 before it comes to 19.
OVER_20 = (
    "We need to count them all here. So the answer is 5. Wait, I forgot some of them. "
    "Thus the total is 20. Hmm, one was counted twice. Therefore, the answer is 19."
)
AT_ONCE = "We need to count them all here. So the answer is 5. Therefore, the answer is 20."
FROM_7 = "We need to count them all here. So there are 7 of them. Therefore, the answer is 19."


def reached(number: int, reasoning: str, value: str) -> Turn:
    return turn(number, reasoning, f"\\boxed{{{value}}}")


@pytest.fixture
def batch() -> Batch:
    return batch_of(
        [
            reached(1, OVER_20, "19"),
            reached(2, AT_ONCE, "20"),
            reached(3, OVER_20, "19"),
            turn(4, "Hm, hard to see.", "I do not know."),
            turn(5, complete=False, error=RateLimited("Too many requests. Try again later.")),
        ]
    )


def values_of(batch: Batch) -> list[list[str]]:
    groups = batch.inspect().row(0).groups
    return [[f.value for f in trail.assertions] for group in groups for trail in group.trails]


def test_values_are_in_the_order_of_their_first_assertion(batch: Batch) -> None:
    assert values_of(batch) == [["5", "20", "19"], ["5", "20", "19"], ["5", "20"], [], []]


def test_samples_are_grouped_by_final_value_and_those_without_one_are_last(batch: Batch) -> None:
    groups = batch.inspect().row(0).groups

    assert [(group.value, len(group.trails)) for group in groups] == [
        ("19", 2),
        ("20", 1),
        (None, 2),
    ]


def test_steps_and_shares_are_those_of_first_seen(batch: Batch) -> None:
    for group in batch.inspect().row(0).groups[:2]:
        for trail in group.trails:
            sample = trail.sample.turn
            seen = first_seen(sample.steps, answer=sample.answer)
            last = trail.assertions[-1]
            assert seen is not None
            assert (last.value, last.step, last.share) == (seen.value, seen.step + 1, seen.share)


def test_they_agree_with_first_seen_in_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QWQ_DEMO_SPEED", "1e9")
    row = Session(server="demo").sample("Which is larger, 9.11 or 9.9?").inspect().row(0)

    trails = [trail for group in row.groups for trail in group.trails]
    assert len(trails) == 8
    for trail in trails:
        seen = trail.sample.turn.metrics.first_seen
        found = [found for found in trail.assertions if found.value == trail.final_value]
        expected = [Assertion(seen.value, seen.step + 1, seen.share)] if seen else []
        assert found == expected


def test_groups_part_at_the_first_value_that_only_one_of_them_has(batch: Batch) -> None:
    first, second, _ = batch.inspect().row(0).groups

    # 5 and 20 are asserted in both groups.
    assert first.parting is not None
    assert (first.parting.value, first.parting.share) == ("19", 1.0)
    assert second.parting is None


def test_a_value_of_one_sample_is_not_its_groups() -> None:
    plain = reached(2, "So the answer is 5. Therefore, the answer is 19.", "19")
    turns = [reached(1, FROM_7, "19"), plain, plain, reached(4, AT_ONCE, "20")]
    first, second = batch_of(turns).inspect().row(0).groups

    assert first.parting is not None
    assert first.parting.value == "19"
    assert second.parting is not None
    assert second.parting.value == "20"


def test_of_three_groups_each_parts_from_all_others_and_the_leading_two_from_each_other() -> None:
    turns = [
        reached(1, "So the answer is 5. Then it is 7, so the answer is 7.", "7"),
        reached(2, "So the answer is 5. Then it is 7, so the answer is 7.", "7"),
        reached(3, "So the answer is 6. Then it is 8, so the answer is 8.", "8"),
        reached(4, "So the answer is 6. Then it is 8, so the answer is 8.", "8"),
        reached(5, "So the answer is 5. So the answer is 6. Therefore, it is 9.", "9"),
    ]
    row = batch_of(turns).inspect().row(0)

    assert [group.parting and group.parting.value for group in row.groups] == ["7", "8", "9"]
    assert [found and found.value for found in row.partings] == ["5", "6"]
    assert "7: 2 of 5 samples, parts at 7 at step 2 (100 %)" in str(batch_of(turns).inspect())


def test_given_text_asserts_nothing() -> None:
    given = "So the answer is 5. "
    found = turn(
        1, given + "Wait. Therefore, the answer is 19.", "\\boxed{19}", prefix=Prefix(given)
    )

    assert values_of(batch_of([found])) == [["19"]]


def test_the_text_has_a_block_for_each_group_and_says_where_they_part(batch: Batch) -> None:
    assert str(batch.inspect()) == (
        "Where the samples of row 0 part\n"
        "\n"
        "19: 2 of 3 samples\n"
        "  1  5 at step 2 (33 %) → 20 at step 4 (65 %) → 19 at step 6 (100 %)\n"
        "  3  5 at step 2 (33 %) → 20 at step 4 (65 %) → 19 at step 6 (100 %)\n"
        "\n"
        "20: 1 of 3 samples\n"
        "  2  5 at step 2 (65 %) → 20 at step 3 (100 %)\n"
        "\n"
        "no final value: 2 samples\n"
        "  4  asserts no value\n"
        "  5  no reasoning\n"
        "\n"
        "19 and 20 part: samples of 19 first assert 19 at step 6 (100 %)."
    )
    assert repr(batch.inspect()) == str(batch.inspect())


@pytest.mark.parametrize(
    ("turns", "end"),
    [
        (answering("42", "42"), "All samples with a final value reach 42."),
        ([turn(1, "Hm", "I do not know.")], "No sample has a final value."),
        (
            [turn(1, "Hm.", "\\boxed{1}"), turn(2, "Hm.", "\\boxed{2}")],
            "1 and 2 do not part at any value: most samples assert the same ones.",
        ),
    ],
)
def test_the_last_line_is_right_where_nothing_parts(turns: list[Turn], end: str) -> None:
    assert str(batch_of(turns).inspect()).rpartition("\n")[2] == end


def test_samples_of_several_models_have_its_name() -> None:
    batch = batch_of(answering("42", "41"), models=["qwq-plus", "qwen3"])

    lines = str(batch.inspect()).splitlines()
    assert "  1 qwq-plus  42 at step 2 (100 %)" in lines
    assert "  1 qwen3  41 at step 2 (100 %)" in lines


def test_the_columns_are_these_and_documented(batch: Batch) -> None:
    pytest.importorskip("pandas")
    frame = batch.inspect().to_frame()

    assert (
        *("row", "sample", "model", "final_value", "value", "step", "share", "is_parting"),
    ) == INSPECTION_COLUMNS
    assert documented_columns("Asserted values") == columns_of(frame)
    assert list(batch_of([]).inspect().to_frame().dtypes) == list(frame.dtypes)


def test_the_table_has_a_row_for_each_sample_and_value(batch: Batch) -> None:
    pytest.importorskip("pandas")
    frame = batch.inspect().to_frame()

    assert list(frame["sample"]) == [1, 1, 1, 3, 3, 3, 2, 2]
    assert list(frame["value"]) == ["5", "20", "19"] * 2 + ["5", "20"]
    assert list(frame["is_parting"]) == [False, False, True] * 2 + [False, False]
    assert list(frame["step"]) == [2, 4, 6] * 2 + [2, 3]


def test_several_rows_are_a_line_each() -> None:
    rows = [{"question": str(n)} for n in range(3)]
    batch = batch_of([*answering("1", "1", "2", "2"), turn(5), turn(6)], rows=rows)

    assert str(batch.inspect()) == (
        "Where the samples of 3 rows part\n"
        "  row 0: 1: 2 of 2 (100 %), first seen at 100 % on median\n"
        "  row 1: 2: 2 of 2 (100 %), first seen at 100 % on median\n"
        "  row 2: no final value"
    )
    assert str(batch.inspect(row=1)).startswith("Where the samples of row 1 part\n\n2: 2 of 2")


def test_at_most_fifty_rows_are_shown_and_only_those_are_read() -> None:
    batch = batch_of(answering("1") * 60, rows=[{}] * 60)

    lines = str(batch.inspect()).splitlines()
    assert len(lines) == 52
    assert lines[-1] == "  … 10 more: see to_frame()"
    assert len(batch._trails) == 50


@pytest.mark.parametrize("row", [-1, 1])
def test_a_row_that_is_not_there_is_one_line(batch: Batch, row: int) -> None:
    with pytest.raises(ConfigurationError, match=f"There is no row {row}. The batch has 1."):
        batch.inspect(row=row)


def test_a_reasoning_is_read_once(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    before = str(batch.inspect())

    monkeypatch.setattr("qwq_magic.batch.inspection.pieces_of", None)
    assert str(batch.inspect()) == before


def test_a_long_list_of_values_samples_or_groups_is_short() -> None:
    texts = ["".join(f"So the answer is {n}. " for n in range(300))] * 40
    turns = [turn(n % 50, text, f"\\boxed{{{n}}}") for n, text in enumerate(texts)]
    turns += [turn(n, texts[0], "\\boxed{299}") for n in range(40)]
    text = str(batch_of(turns).inspect())

    assert len(text.splitlines()) < 80
    assert max(map(len, text.splitlines())) < 400
    assert "→ … 293 more → 298 at step 299 (" in text
    assert "  … 20 more\n" in text
    assert "… 29 more groups: see to_frame()" in text


@pytest.mark.parametrize("name", PATTERNS)
def test_hostile_reasonings_are_inspected(name: str) -> None:
    text = hostile(name, 3_000)
    batch = batch_of([turn(1, text, text[-300:]), turn(2, text[::-1], "\\boxed{5}")])

    assert len(str(batch.inspect())) < 5_000
    str(batch.inspect()).encode()


def test_hostile_values_are_short_lines_without_controls() -> None:
    for text in [*taken_texts(core=10), "\x1b[31mred\x07", "a\nb\rc\u2028d", "\ud83d" * 90]:
        claimed = f"So the answer is \\boxed{{{text[:150]}}}. "
        shown = str(batch_of([turn(1, claimed * 3, claimed), *answering("1")]).inspect())

        shown.encode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", shown)
        # A line for each sample, and those around them: two samples agree, or there are two groups.
        lines = shown.splitlines()
        assert len(lines) in (7, 9)
        assert max(map(len, lines)) < 400


def test_a_value_is_first_asserted_where_it_says() -> None:
    found = batch_of([reached(1, AT_ONCE, "20")]).inspect().row(0).groups[0].trails[0]

    steps = found.sample.turn.steps
    assert found.assertions[0] == Assertion("5", 2, steps[1].end / steps[-1].end)
