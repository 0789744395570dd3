from __future__ import annotations

from typing import Any

from batch.made import answering, batch_of, turn
from display.inertness import problems
from hostile.corpus import taken_texts

from qwq_magic.display.saved.batch_inspection import batch_inspection_bundle


def markdown_of(texts: list[str], **values: Any) -> str:
    turns = [turn(n, text, text) for n, text in enumerate(texts)]
    return str(batch_inspection_bundle(batch_of(turns, **values).inspect())["text/markdown"])


def test_the_samples_of_a_row_are_a_sentence_and_a_table() -> None:
    batch = batch_of([*answering("42", "41", "42"), turn(9, "Hm.", "I do not know.")])
    bundle = batch_inspection_bundle(batch.inspect())

    assert bundle["text/markdown"] == (
        "<p><strong>42 and 41 part: samples of 42 first assert 42 at step 2 (100 %), "
        "samples of 41 first assert 41 at step 2 (100 %).</strong></p>\n\n"
        "| final value | samples | sample | its reasoning asserts |\n"
        "|:---|:---|:---|:---|\n"
        "| 42 | 2 of 3 samples | 1 | 42 at step 2 (100 %) |\n"
        "|  |  | 3 | 42 at step 2 (100 %) |\n"
        "| 41 | 1 of 3 samples | 2 | 41 at step 2 (100 %) |\n"
        "| no final value | 1 sample | 4 | asserts no value |"
    )
    assert bundle["text/plain"] == str(batch.inspect())


def test_several_rows_are_a_row_each_and_at_most_fifty() -> None:
    batch = batch_of([*answering(*"12" * 51), turn(1), turn(2)], rows=[{}] * 52)
    markdown = batch_inspection_bundle(batch.inspect())["text/markdown"]

    assert "| 0 | 1 (tied) | 1 of 2 (50 %) | 100 % |" in markdown
    assert markdown.endswith("<p>2 more rows: see to_frame()</p>")
    assert len(markdown.splitlines()) == 2 + 50 + 2


def test_samples_beyond_twenty_are_counted() -> None:
    assert "| … | 5 more |" in markdown_of(["So the answer is \\boxed{1}."] * 25)


def test_nothing_of_a_hostile_value_is_live_in_any_host() -> None:
    live = {}
    for payload in taken_texts(core=15):
        claimed = f"So the answer is \\boxed{{{payload}}}. "
        for markdown in (
            markdown_of([claimed, "So it is \\boxed{1}."]),
            markdown_of([claimed, claimed], models=[payload[:30], "b"]),
        ):
            if found := problems(markdown):
                live[payload] = found

    assert live == {}
