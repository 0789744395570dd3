"""Records of figures as the value of a cell: what is known, and no more digits than one reads."""

from __future__ import annotations

from qwq_magic.events import Usage
from qwq_magic.reasoning import measure


def test_a_record_shows_only_what_is_known() -> None:
    assert repr(Usage(input_tokens=19, output_tokens=595)) == (
        "Usage(input_tokens=19, output_tokens=595)"
    )
    assert repr(Usage()) == "Usage()"
    assert Usage()._repr_html_() == "<p>Usage: nothing is known</p>"


def test_numbers_are_rounded_and_texts_are_escaped() -> None:
    metrics = measure("So the answer is 12. " * 3, "It is **<b>12</b>**.")

    assert f"reasoning_share={metrics.reasoning_share:.4g}" in repr(metrics)
    assert "<th>steps</th><td>3</td>" in metrics._repr_html_()
    assert "<b>" not in metrics._repr_html_()
