"""Prepare an answer so that a CommonMark parser reads it as models mean it.

Everything is done by characters that the parser takes for letters and that are replaced after
parsing, so what turns out to be code keeps its text. `answer_source.js` does the same, with the
same patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from qwq_magic.display.saved.math import formula_at
from qwq_magic.display.saved.view_patterns import view_patterns

if TYPE_CHECKING:
    from markdown_it.token import Token

# An invisible letter between characters that the parser must not see together.
_JOINER = "\ufdd4"
# A pipe that does not end a table cell.
_PIPE = "\ufdd5"
# A star that does not emphasise.
_STAR = "\ufdd8"
_MARKS = re.compile("[\ufdd0-\ufdef]")
# The parser encodes the marks in an address.
_ENCODED_MARK = re.compile("%EF%B7%9([458])")

_RULES = view_patterns("markdown_patterns.js")
_BOLDS_IN_A_ROW = re.compile(_RULES["BOLDS_IN_A_ROW"])
_LITERAL_STARS = re.compile(_RULES["LITERAL_STARS"])
_ENDING_STARS = re.compile(_RULES["ENDING_STARS"])
_BEGINNING_STARS = re.compile(_RULES["BEGINNING_STARS"])
_DEFINITION = re.compile(_RULES["DEFINITION"], re.IGNORECASE)
_TABLE_RULE = re.compile(_RULES["TABLE_RULE"])
_LABEL = re.compile(r"\[([^\[\]\n]{1,200})\]")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_CLOSING_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_BLANK = re.compile(r"[ \t>]*")
_BEFORE_DEFINITION = re.compile(r"[ \t>]*(?:$|#)")
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
_MAX_CODE_MARKS = 200


def prepared(text: str) -> str:
    """Return the answer's text with marks for `restore` to replace after parsing."""
    text = _MARKS.sub("", text)
    if "]:" in text:
        text = _guard_definitions(text)
    if "*" in text:
        text = _meant_stars(text)
    if "|" in text and ("`" in text or "$" in text or "\\" in text):
        text = _keep_cells(text)
    return text


def _meant_stars(text: str) -> str:
    text = _LITERAL_STARS.sub(lambda stars: _STAR * len(stars[0]), text)
    text = _BOLDS_IN_A_ROW.sub(_apart, text)
    text = _ENDING_STARS.sub(rf"{_JOINER}\g<0>", text)
    return _BEGINNING_STARS.sub(rf"\g<0>{_JOINER}", text)


def _apart(bolds: re.Match[str]) -> str:
    return bolds[0].replace("****", f"{_JOINER}**{_JOINER}**{_JOINER}")


def restore(tokens: Sequence[Token]) -> None:
    """Replace the marks in the parsed answer."""
    for token in tokens:
        token.content = _restored(token.content)
        token.markup = _restored(token.markup)
        token.info = _restored(token.info)
        for name, value in token.attrs.items():
            if isinstance(value, str):
                token.attrs[name] = _restored(_ENCODED_MARK.sub(_decoded, value))
        restore(token.children or ())


def _decoded(match: re.Match[str]) -> str:
    return chr(0xFDD0 + int(match[1]))


def _restored(text: str) -> str:
    return text.replace(_JOINER, "").replace(_PIPE, "|").replace(_STAR, "*")


def _guard_definitions(text: str) -> str:
    """Make every definition text that the answer does not refer to."""
    lines = list(_lines(text))
    labels = {
        _normalised(label)
        for line, own, is_code in lines
        if own is None and not is_code
        for label in _LABEL.findall(line)
    }
    return "\n".join(
        line if own is not None and own in labels else line.replace("]:", f"]{_JOINER}:")
        for line, own, _ in lines
    )


def _normalised(label: str) -> str:
    return " ".join(label.split()).lower()


def _lines(text: str) -> Iterator[tuple[str, str | None, bool]]:
    """Yield each line with the label it defines, if any, and whether it is in a fence."""
    fence = ""
    may_define = True
    for line in text.split("\n"):
        if fence:
            closing = _CLOSING_FENCE.fullmatch(line)
            fence = "" if closing and closing[1].startswith(fence) else fence
            may_define = not fence
            yield line, None, True
            continue
        if opening := _FENCE.match(line):
            fence = opening[1]
            yield line, None, True
            continue
        match = _DEFINITION.match(line) if may_define else None
        may_define = match is not None or _BEFORE_DEFINITION.match(line) is not None
        yield line, _normalised(match[1]) if match else None, False


def _keep_cells(text: str) -> str:
    """Keep pipes within code and formulas from ending a table cell."""
    lines = text.split("\n")
    columns = 0
    for index, line in enumerate(lines):
        if _BLANK.fullmatch(line):
            columns = 0
        below = lines[index + 1] if index + 1 < len(lines) else ""
        if not columns and _TABLE_RULE.match(below):
            columns = _cells_in(below)
        if columns and "|" in line:
            kept = _keep_formulas(line)
            lines[index] = _keep_code(kept) if _cells_in(kept) > columns else kept
    return "\n".join(lines)


def _cells_in(row: str) -> int:
    inner = row.strip(" \t>").removeprefix("|").removesuffix("|")
    return len(_UNESCAPED_PIPE.findall(inner)) + 1


def _keep_formulas(row: str) -> str:
    kept: list[str] = []
    done = 0
    spans = _code_spans(row)
    for match in re.finditer(r"[$\\]", row):
        start = match.start()
        if start < done or any(first <= start < last for first, last in spans):
            continue
        end = formula_at(row, start)
        if end is None:
            # The character that a backslash escapes begins nothing.
            done_at = start + (2 if match[0] == "\\" else 1)
            kept.append(row[done:done_at])
            done = done_at
            continue
        kept += row[done:start], _without_pipes(row[start:end])
        done = end
    return "".join(kept) + row[done:]


def _keep_code(row: str) -> str:
    kept: list[str] = []
    done = 0
    for start, end in _code_spans(row):
        kept += row[done:start], _without_pipes(row[start:end])
        done = end
    return "".join(kept) + row[done:]


def _without_pipes(text: str) -> str:
    return text.replace("\\|", _PIPE).replace("|", _PIPE)


def _code_spans(row: str) -> list[tuple[int, int]]:
    runs = [match.span() for match in re.finditer("`+", row)]
    if len(runs) > _MAX_CODE_MARKS:
        return []
    spans = []
    index = 0
    while index < len(runs):
        start, end = runs[index]
        index += 1
        for later in range(index, len(runs)):
            if runs[later][1] - runs[later][0] == end - start:
                spans.append((start, runs[later][1]))
                index = later + 1
                break
    return spans
