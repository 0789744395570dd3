r"""Spell LaTeX and typographic signs in plain characters: `\dfrac{\sqrt{3}}{2}` is `sqrt(3)/2`.

The result is for comparing, not for reading: layout is dropped, but no letter or digit is.
"""

from __future__ import annotations

import re
import unicodedata

# Nested groups are resolved from the inside out; a value has hardly more levels than this.
_DEEPEST = 12

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–‐‑‒", "-"),
        **dict.fromkeys("×·⋅∙", "*"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’", "'"),
        "÷": "/",
        "⁄": "/",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "∞": "inf",
        "π": "pi",
        "∅": "{}",
        "º": "°",
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]{1,20}")
_VULGAR = re.compile(r"[¼½¾⅐-⅞]")
_ROOT = re.compile(r"√\s?(\d{1,20}|[A-Za-z]|\([^()]{1,40}\))")
_NAMES = {
    **dict.fromkeys(("times", "cdot", "ast"), "*"),
    **dict.fromkeys(("le", "leq", "leqslant"), "<="),
    **dict.fromkeys(("ge", "geq", "geqslant"), ">="),
    **dict.fromkeys(("ne", "neq"), "!="),
    **dict.fromkeys(("lt",), "<"),
    **dict.fromkeys(("gt",), ">"),
    **dict.fromkeys(("emptyset", "varnothing"), "\x01\x02"),
    **dict.fromkeys(("degree", "circ"), "°"),
    **dict.fromkeys(("approx", "simeq"), "≈"),
    **dict.fromkeys(("lbrace",), "\x01"),
    **dict.fromkeys(("rbrace",), "\x02"),
    **dict.fromkeys(("or", "lor"), " or "),
    **dict.fromkeys(("and", "land"), " and "),
    "div": "/",
    "pm": "±",
    "infty": "inf",
    "cup": "∪",
    "cap": "∩",
    "in": "∈",
    # Layout.
    **dict.fromkeys(
        ("left", "right", "displaystyle", "limits", "bigl", "bigr", "Bigl", "Bigr", "big", "Big"),
        "",
    ),
    **dict.fromkeys(("quad", "qquad", "newline"), " "),
}
_TEXT = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|mbox|boldsymbol|bm|"
    r"operatorname)\s{0,3}\{([^{}]{0,200})\}"
)
_SHORT_FRACTION = re.compile(
    r"\\[dtc]?frac\s{0,3}(\d|\{[^{}]{1,120}\})\s{0,3}(\d|\{[^{}]{1,120}\})"
)
_RADICAL = re.compile(r"\\sqrt\s{0,3}(?:\[(\d{1,3})\])?\s{0,3}(\d|[A-Za-z]|\{[^{}]{1,120}\})")
_RAISED = re.compile(r"([\^_])\s{0,3}\{([^{}]{0,120})\}")
_BINOMIAL = re.compile(r"\\[dt]?binom\s{0,3}\{([^{}]{1,60})\}\s{0,3}\{([^{}]{1,60})\}")
_COMMAND = re.compile(r"\\([A-Za-z]{1,20})\s?")
_ESCAPED = re.compile(r"\\([%$#&_])")
_SPACE = re.compile(r"\\[,;:! ]|\\\\|~")
_GROUPED = re.compile(r"(?<=\d)(?:\{,\}|\\[,;:! ])(?=\d{3}(?!\d))")
_BEFORE_RAISED = re.compile(r"(?<=[A-Za-z]) {1,9}(?=\^)")
_DEGREES = re.compile(r"\^\s?(?:\{\s?)?°(?:\s?\})?")
_ATOM = re.compile(r"-?(?:[A-Za-z0-9.]{1,60}|[A-Za-z]{0,10}\([^()]{0,120}\))")
_FACTOR = re.compile(r"(?:[A-Za-z]|[0-9.]{1,60}|[A-Za-z]{1,10}\([^()]{0,120}\)|\([^()]{0,120}\))")
_WHOLE = re.compile(r"\d{1,60}")


def plain_math(text: str) -> str:
    """Return a short text without LaTeX; `{` and `}` are left only around a set."""
    text = _ROOT.sub(r"sqrt(\1)", _SUPERSCRIPT.sub(_raised_digits, text))
    text = _VULGAR.sub(lambda match: f" {unicodedata.normalize('NFKC', match[0])} ", text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    if "\\" in text or "{" in text:
        text = _without_latex(text)
    return text


def _raised_digits(match: re.Match[str]) -> str:
    return f"^{match[0].translate(_SUPERSCRIPTS)}"


def _without_latex(text: str) -> str:
    text = _GROUPED.sub("", text).replace("{,}", ",")
    text = _SPACE.sub(" ", text.replace("\\{", "\x01").replace("\\}", "\x02"))
    text = _ESCAPED.sub(r"\1", text)
    for _ in range(_DEEPEST):
        resolved = _resolved(text)
        if resolved == text:
            break
        text = resolved
    text = _DEGREES.sub("°", _BEFORE_RAISED.sub("", _COMMAND.sub(_named, text)))
    text = text.strip(" $")
    # Braces that LaTeX would not show still mean a set to many models: `$x \in {1, 2}$`.
    if text.startswith("{") and text.endswith("}") and "," in text:
        text = f"\x01{text[1:-1]}\x02"
    return text.replace("{", "").replace("}", "").replace("\x01", "{").replace("\x02", "}")


def _resolved(text: str) -> str:
    """Resolve the innermost groups."""
    text = _TEXT.sub(r" \1 ", text)
    text = _RADICAL.sub(_radical, text)
    text = _BINOMIAL.sub(r"binom(\1,\2)", text)
    text = _RAISED.sub(_raised, text)
    return _SHORT_FRACTION.sub(_fraction, text)


def _named(match: re.Match[str]) -> str:
    name = _NAMES.get(match[1], match[1])
    after = match.string[match.end() : match.end() + 1]
    # The blank after a command separates it from a name.
    return f"{name} " if name.isalpha() and after.isalpha() else name


def _radical(match: re.Match[str]) -> str:
    inner = match[2].strip("{} ")
    return f"({inner})^(1/{match[1]})" if match[1] else f"sqrt({inner})"


def _raised(match: re.Match[str]) -> str:
    inner = match[2].strip()
    is_short = not inner or _WHOLE.fullmatch(inner) or len(inner) == 1
    return match[1] + (inner if is_short or inner == "\\circ" else f"({inner})")


def _fraction(match: re.Match[str]) -> str:
    above, below = (part.strip("{}").strip() for part in match.groups())
    both_whole = _WHOLE.fullmatch(above) and _WHOLE.fullmatch(below)
    before = match.string[: match.start()].rstrip()[-1:]
    above = above if _ATOM.fullmatch(above) or _is_product(above) else f"({above})"
    below = below if _FACTOR.fullmatch(below) else f"({below})"
    if both_whole and before.isdigit():
        return f" {above}/{below}"  # a mixed number, such as 2¼
    return f"({above}/{below})" if before.isalnum() or before == ")" else f"{above}/{below}"


def _is_product(text: str) -> bool:
    return not any(sign in text.lstrip("-") for sign in "+-/=<>, ")
