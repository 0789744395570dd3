"""Read a date and spell it as in ISO 8601: `July 4, 1776` and `1776年7月4日` are `1776-07-04`."""

from __future__ import annotations

import re

# English, German, Spanish and French, by their first letters without accents.
_MONTHS = (
    r"jan(?:uary|uar|vier)?|enero|jänner",
    r"feb(?:ruary|ruar|rero)?|février|fevrier",
    r"mar(?:ch|zo|s)?|märz",
    r"apr(?:il)?|abril|avril",
    r"may|mai|mayo",
    r"june?|juni|junio|juin",
    r"july?|juli|julio|juillet",
    r"aug(?:ust)?|agosto|août",
    r"sept?(?:ember|iembre|embre)?",
    r"o[ck]t(?:ober|ubre|obre)?",
    r"nov(?:ember|iembre|embre)?",
    r"de[cz](?:ember)?|diciembre|décembre",
)
_MONTH = "|".join(f"(?P<m{number}>{names})" for number, names in enumerate(_MONTHS, 1))
_ANY_MONTH = rf"(?:{'|'.join(_MONTHS)})\b\.?"
_YEAR = r"[12]\d{3}(?!\d)"
_PATTERN = (
    rf"{_ANY_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR}|"
    rf"(?<![\d.,])\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:(?:of|de)\s)?{_ANY_MONTH},?\s(?:de\s)?{_YEAR}|"
    rf"(?<!\d){_YEAR}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?[日号]"
)
DATE = re.compile(rf"(?i:(?<![^\W\d_])(?:{_PATTERN}))")
_WITH_ARTICLE = re.compile(rf"(?:(?:the|on|am|der|le|el|du|del)\s)?{DATE.pattern}", re.IGNORECASE)
_NAME = re.compile(rf"\b(?:{_MONTH})\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,4}")


def read_date(text: str) -> str | None:
    """Return a date of day, month and year in its one spelling; None for anything else.

    Weekdays and dates without a year are left as they are.
    """
    if not _WITH_ARTICLE.fullmatch(text):
        return None
    numbers = [int(number) for number in _NUMBERS.findall(text)]
    if match := _NAME.search(text):
        numbers.insert(1, int(str(match.lastgroup)[1:]))
    year, day = max(numbers[0], numbers[2]), min(numbers[0], numbers[2])
    is_date = 1 <= numbers[1] <= 12 and 1 <= day <= 31
    return f"{year}-{numbers[1]:02}-{day:02}" if is_date else None
