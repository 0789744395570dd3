r"""Extract the value a reply commits to, normalised so that equal values are equal strings.

`$\boxed{1{,}234}$ cm²` and `1234 cm` both become `1234`: LaTeX markup, thousands separators
and units are removed. This makes values comparable; it does not check them.
"""

from __future__ import annotations

import re

_LONGEST_VALUE = 200
_COMMITS_WITHIN = 20_000  # characters at the end of a text

_NUMBER = r"[-+−]?[$€£¥]?\d[\d.,]*(?:\s?/\s?\d+)?|\\[dt]?frac\{[^{}]{1,30}\}\{[^{}]{1,30}\}"
_MARKED_UP = r"\*\*[^*\n]{1,60}\*\*|\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)"
_WORD = r"(?:yes|no|true|false|[A-H])\b|[是否对错]"
_GAP = r"\s{0,3}[*:：\\(\[]{0,6}\s{0,3}"

# From the most to the least certain.
_COMMITS = (
    re.compile(
        r"(?:\banswer\s?(?:is|should be|must be|would be|[:：])|"
        r"答案(?:就|应该|应当)?(?:是|为|应为|[:：])|"
        rf"最终结果[是为]|故选){_GAP}(?P<value>{_MARKED_UP}|{_NUMBER}|{_WORD})",
        re.IGNORECASE,
    ),
    re.compile(rf"\A\s*\*\*(?P<value>{_NUMBER})[^*\n]{{0,80}}\*\*"),
    re.compile(
        r"(?:\b(?:therefore|thus|hence|so|in total)\b|所以|因此|综上|总共)"
        r"(?:[^.?!。？！\n]|\.\d){0,200}"
        rf"(?:\bis|\bare|=|≈|[是为有]){_GAP}(?P<value>{_NUMBER})",
        re.IGNORECASE,
    ),
    re.compile(rf"\*\*(?P<value>{_NUMBER})[^*\n]{{0,80}}\*\*"),
    # A one-line answer that ends with the value.
    re.compile(
        rf"\A[^\n]{{0,200}}?(?:\b(?:is|are)\b|=|≈|[是为有]){_GAP}(?P<value>{_NUMBER})[^\d\n=]{{0,40}}\Z",
        re.IGNORECASE,
    ),
)
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]{1,60})\}|(\d))\s*(?:\{([^{}]{1,60})\}|(\d))")
_WRAPPED = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|boldsymbol|operatorname)\s*\{([^{}]{0,80})\}"
)
_MARKUP = re.compile(
    r"\\(?:left|right|displaystyle|quad|qquad|[,;:!()\[\]]|\s)|[$*`{}]|\\?[%°]|\^\\circ"
)
_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SIGNS = str.maketrans({"−": "-", "–": "-", "，": ",", "×": "*", "·": "*", "：": ":"})
_ZEROS = re.compile(r"(?<![\d.])(\d+\.(?:\d*[1-9])?)0+(?!\d)")
_UNIT = re.compile(r"^([-+]?[\d./]*\d)\s*[a-z²³\u4e00-\u9fff][^\d=+*/^]{0,30}$")
_BLANKS = re.compile(r"\s+")


def boxed_values(text: str) -> list[str]:
    r"""Return the content of each `\boxed{…}` with balanced braces, in order."""
    values = []
    for match in re.finditer(r"\\boxed\s{0,3}\{", text):
        # Patterns cannot match nested braces, so they are counted.
        depth = 1
        for at in range(match.end(), min(len(text), match.end() + _LONGEST_VALUE)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0:
                values.append(text[match.end() : at])
                break
    return values


def normalised(text: str) -> str:
    """Return lowercase text without LaTeX markup, thousands separators or extra blanks."""
    text = text.translate(_SIGNS)
    text = _WRAPPED.sub(r" \1 ", text)
    text = _FRACTION.sub(r"\1\2/\3\4", text)
    text = _MARKUP.sub("", text.replace("{,}", ","))
    text = _ZEROS.sub(lambda match: match.group(1).rstrip("."), _COMMA.sub("", text))
    return _BLANKS.sub(" ", text).strip().lower()


def without_unit(value: str) -> str:
    """Return a number without the unit after it; any other value unchanged."""
    match = _UNIT.match(value)
    return match.group(1) if match else value


def committed_value(text: str) -> str | None:
    """Return the normalised value of the last box or, without one, the last clear claim.

    None if the text does not commit to a value.
    """
    text = text[-_COMMITS_WITHIN:].strip()
    boxed = boxed_values(text)
    # Intermediate results are boxed or claimed as well; the last one is the answer.
    if boxed:
        return without_unit(normalised(boxed[-1])) or None
    for pattern in _COMMITS:
        commits = list(pattern.finditer(text))
        if commits:
            return without_unit(normalised(commits[-1]["value"]).rstrip(".,:")) or None
    return None
