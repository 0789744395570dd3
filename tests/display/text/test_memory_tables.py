from __future__ import annotations

from dataclasses import replace

from qwq_magic.display.text.memory_tables import attempts_side_by_side, attempts_table
from qwq_magic.turns import Turn

PLAIN = Turn("t", "why?", answer="so", model="qwq-plus", complete=True)
WARM = replace(PLAIN, parameters={"temperature": 0.6})


def test_parameters_are_listed_only_if_an_attempt_has_some() -> None:
    tables = [attempts_table([PLAIN, PLAIN]), attempts_table([PLAIN, WARM])]
    beside = [attempts_side_by_side([PLAIN, PLAIN]), attempts_side_by_side([PLAIN, WARM])]

    assert ["parameters" in table.headings for table in tables] == [False, True]
    assert ["parameters" in next(zip(*t.rows, strict=True)) for t in beside] == [False, True]
