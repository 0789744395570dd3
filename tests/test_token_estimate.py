import re
from pathlib import Path

import pytest

import qwq_magic
from qwq_magic.token_estimate import (
    CHARACTERS_PER_TOKEN,
    CJK_CLASS,
    CJK_PER_TOKEN,
    estimate_tokens,
)

VIEW = Path(qwq_magic.__file__).parent / "display" / "static" / "safe_text.js"


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("word" * 9, 10), ("想" * 15, 10), ("。，𠀀", 2), ("🙂" * 18, 5)]
)
def test_latin_and_chinese_have_rates_of_their_own(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == pytest.approx(tokens)


def test_the_view_estimates_by_the_same_rule() -> None:
    source = VIEW.read_text("utf-8")
    [characters] = re.findall(r"^const CJK = /\[(.+)\]/gu;$", source, re.MULTILINE)
    rates = dict(re.findall(r"^const (\w+_PER_TOKEN) = ([\d.]+);$", source, re.MULTILINE))

    assert re.sub(r"\\u\{(\w+)\}", lambda m: rf"\U{m[1]:0>8}", characters) == CJK_CLASS
    assert rates == {
        "CHARACTERS_PER_TOKEN": str(CHARACTERS_PER_TOKEN),
        "CJK_PER_TOKEN": str(CJK_PER_TOKEN),
    }
