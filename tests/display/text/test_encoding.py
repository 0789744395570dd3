"""Text for a stream that cannot encode all of it is written with substitutes."""

from __future__ import annotations

import io

import pytest

from qwq_magic.display.text.encoding import encodable


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("cp1252", "≈ 12 tokens → café … 中文", "? 12 tokens ? café … ??"),
        ("ascii", "✓ done · é “x”", "? done ? ? ?x?"),
        ("latin-1", "■ stopped — é", "? stopped ? é"),
        ("cp437", "│ 🎉", "│ ?"),
        ("utf-8", "≈ 中文 🎉", "≈ 中文 🎉"),
        ("utf-8", "half \ud83d", "half \ufffd"),
        ("shift_jis", "日本 ✓", "日本 ?"),
    ],
)
def test_a_character_that_is_missing_is_replaced(encoding: str, text: str, expected: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)

    shown = encodable(text, stream)

    assert shown == expected
    stream.write(shown)


def test_a_stream_without_an_encoding_takes_all() -> None:
    assert encodable("≈ 中文", io.StringIO()) == "≈ 中文"
    assert encodable("≈ 中文", object()) == "≈ 中文"
