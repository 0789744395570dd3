"""Prepare a text in which values are looked for: no code, formulas in `$…$`, decimal points."""

from __future__ import annotations

import re

from qwq_magic.reasoning.value_cues import COMMA_WORDS, ENGLISH_WORDS

_FENCE = re.compile(r"^[ \t>]{0,9}(`{3,}|~{3,})([^\n]*)", re.MULTILINE)
_DISPLAY = re.compile(
    r"\$\$\s{0,5}([^$]{1,300}?)\s{0,5}\$\$|\\\[\s{0,5}(.{1,300}?)\s{0,5}\\\]", re.DOTALL
)
_INLINE = re.compile(r"\\\(\s{0,3}([^\n$]{1,200}?)\s{0,3}\\\)")
_SPACED = re.compile(r"(?<![\\$\w])\$[ \t]([^$\n]{1,120}?)[ \t]\$(?![\d$])")
_WIDE = str.maketrans("０１２３４５６７８９．％＝＋－（）／", "0123456789.%=+-()/")
_WIDE_COMMA = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")
_POINTS = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?:\.\d{3}){1,8})(?![\d.])(,\d{1,20})?")
# With points and a comma, the comma is decimal in any language.
_SURE_POINTS = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?:\.\d{3}){1,8})(,\d{1,2})(?![\d.,])")
_DECIMAL = re.compile(r"(?<![\d.,(\[{])(\d{1,20})(?:,|\{,\})(\d{1,20})(?![\d,)\]}])")
_MAY_BE_COMMA = re.compile(r"\d(?:,|\{,\}|\.\d{3})\d?")
_NARROW = re.compile(r"(?<=\d)[\u00a0\u202f\u2009'](?=\d{3}(?!\d))")
_MINUS = re.compile(
    r"(?:(?<=\bis )|(?<=\bes )|(?<=\bist )|(?<=[:：] ))(?:negative|minus|menos) (?=\d)"
)
_PM = re.compile(r"(?<=\d)(\s?)([ap])\.m\.", re.IGNORECASE)


def without_code(text: str, length: int) -> str:
    """Return the last `length` characters of a text, without fenced code."""
    start = max(0, len(text) - length)
    if "```" not in text and "~~~" not in text:
        return text[start:]
    parts, begin, fence = [], 0, ""
    for match in _FENCE.finditer(text):
        if not fence:
            parts.append(text[max(begin, start) : match.start()])
            fence = match[1]
        elif match[1].startswith(fence) and not match[2].strip():
            begin, fence = match.end(), ""
    if not fence:
        parts.append(text[max(begin, start) :])
    return "\n".join(parts)


def plain_numbers(text: str) -> str:
    """Return a text with formulas in `$…$` on one line, and numbers with a decimal point."""
    text = _NARROW.sub("", _WIDE_COMMA.sub(",", text.translate(_WIDE)))
    if "$$" in text or "\\[" in text:
        text = _DISPLAY.sub(_one_line, text)
    if "\\(" in text:
        text = _INLINE.sub(r"$\1$", text)
    if "$" in text:
        text = _SPACED.sub(r"$\1$", text)
    text = _MINUS.sub("-", text)
    text = _PM.sub(r"\1\2m", text)
    text = _SURE_POINTS.sub(_without_points, text)
    if not _MAY_BE_COMMA.search(text) or ENGLISH_WORDS.search(text):
        return text
    if COMMA_WORDS.search(text):
        text = _POINTS.sub(_without_points, text)
        text = _DECIMAL.sub(r"\1.\2", text)
    return text


def _one_line(match: re.Match[str]) -> str:
    return f"${' '.join((match[1] or match[2]).split())}$"


def _without_points(match: re.Match[str]) -> str:
    return match[1].replace(".", "") + (match[2] or "").replace(",", ".")
