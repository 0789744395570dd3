from __future__ import annotations

import pytest
from display.inertness import HOSTS, Page, problems
from hostile.corpus import taken_texts

from qwq_magic.display.saved.comparison import comparison_bundle
from qwq_magic.turns import Turn


def turn(text: str, **values: str) -> Turn:
    return Turn("t", "why?", reasoning=text, answer=text, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", HOSTS)
def test_a_comparison_is_a_table_in_every_host(host: str) -> None:
    left, right = turn("So the total is 18.", model="a|b"), turn("Hm, is it 19?", model="m_c_*d*")
    page = Page(HOSTS[host](comparison_bundle(left.compare(right))["text/markdown"]))

    assert page.problems == []
    assert [tag for tag in page.elements if tag in ("ul", "li", "table")] == [
        *("ul", "li", "li", "li", "table")
    ]
    assert "18 only on the left, step 1: So the total is 18." in page.text
    assert page.text.count("a|b") == page.text.count("m_c_*d*") == 2


def test_nothing_of_a_hostile_turn_is_live_in_any_host() -> None:
    live = {
        payload: found
        for payload in taken_texts(core=15)
        for bundle in [comparison_bundle(turn(payload, model=payload).compare(turn("No. Wait.")))]
        if (found := problems(bundle["text/markdown"]))
    }

    assert live == {}
