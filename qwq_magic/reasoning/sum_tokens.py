r"""Cut a text into the tokens of sums: numbers, signs, words and what ends a sum.

Besides the kinds that `arithmetic` evaluates there are relations (`=`, `is`, `about`, `other`),
words (`word`), what has an unknown value (`unknown`), and what separates sums (`stop`, `dash`).
Layout, such as `$`, `\left` and emphasis, has no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from qwq_magic.reasoning.arithmetic import PI, Token, binomial

_LONGEST_NUMBER = 60

# Without a space after a number, other letters are unknowns: 2x, 3ab.
_UNIT_WORDS = (
    "m s g h L N J W V A K C km cm mm nm kg mg ml mL min ms kJ kW kWh kPa Pa Hz mol cal kcal "
    "ft in lb oz mph kph eV GB MB KB kB hr hrs sec Ω kΩ μm μs"
)
UNITS = frozenset(_UNIT_WORDS.split())
_FUNCTION_WORDS = (
    "sin cos tan cot csc arcsin arccos arctan log ln lg exp gcd lcm max floor ceil lim "
    "det abs round phi factorial choose mean average len sum"
)
_FUNCTIONS = frozenset(_FUNCTION_WORDS.split())
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_VULGAR = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}
_NUMERALS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_PLACES = {"十": 10, "百": 100, "千": 1_000}
_MAGNITUDES = {
    **{"thousand": 3, "million": 6, "billion": 9, "trillion": 12},
    **{"百万": 6, "千万": 7, "万": 4, "萬": 4, "亿": 8, "億": 8},
}

_NUMERAL = "[零一二两三四五六七八九十百千]"
_DIGITS = (
    r"(?P<unknown>0[xXbBoO][0-9a-fA-F]+|\d+(?:\.\d+){2,}|\d{4}-\d{1,2}-\d{1,2}|\d+:\d[\d:]*|"
    r"\d+(?:st|nd|rd|th)\b|\d*\.\d*(?:\\(?:overline|dot|bar)\b|\(\d+\))|\d[\d,.]*_|"
    r"\d+\s?(?:[aApP]\.?[mM]\b|o['’]clock)|\d+分之)|"
    r"(?P<choose>\d{1,3}C\d{1,3}(?!\w))|"
    r"(?P<number>(?:\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?!,?\d)|\d+(?!\d|,\d))(?:\.\d+)?"
    r"(?:[eE][-+]?\d{1,3}(?!\w))?|\.\d+)|"
    r"(?P<unknown2>\d[\d,.]*)"
)
_LETTERS = (
    r"(?P<relation>(?:(?:is|are)\s)?equal\sto\b|equals\b)|"
    r"(?P<other>(?:is|are|does|do|was|were)(?:\snot|n['’]t)\b(?:\sequals?\b)?(?:\sto\b)?|"
    r"not\sequal\b(?:\sto\b)?|cannot\b)|"
    r"(?P<is>(?:is|are|gives|makes|yields)\b(?:\s(?:just|exactly|indeed|then)\b)?)|"
    r"(?P<mul>[xX](?=\s?\d)(?<=\d.)|[xX](?=\s\d)(?<=\d\s.)|times\b|multiplied\sby\b)|"
    r"(?P<of>of\b(?=\s\W{0,2}\d))|"
    r"(?P<parted>divided\sby\b)|(?P<plus>plus\b)|(?P<minus>minus\b)|(?P<mod>mod(?:ulo)?\b)|"
    r"(?P<percent>percent\b)|(?P<squared>squared\b)|(?P<cubed>cubed\b)|"
    r"(?P<power>(?:raised\s)?to\sthe\spower(?:\sof)?\b)|"
    r"(?P<choose>C\s?\(\s?\d{1,3}\s?,\s?\d{1,3}\s?\)|C_\{?\d{1,3}\}?\^\{?\d{1,3}\}?)|"
    r"(?P<sqrt>sqrt(?=\s?\())|(?P<magnitude>(?:thousand|[mbtr]{1,2}illion)\b)|"
    r"(?P<word>(?:[kcm]?m|in|ft|s|units?)\s?\^\s?\{?[23]\}?(?![\d{]))|"
    r"(?P<unknown>[^\W\d_]+(?:[_^(\[]|['’](?!\w)))|"
    r"(?P<letters>[^\W\d_\u3040-\u9fff]+(?:['’-][^\W\d_\u3040-\u9fff]+)*[²³]?)"
)
_CHINESE = (
    r"(?P<unit>千[米克瓦卡]|百帕|十足|一共|一下|一起|一样|第[一二三四五六七八九十]|同样|一定|万一)|"
    rf"(?P<parts>{_NUMERAL}{{1,9}}分之{_NUMERAL}{{1,9}}|百分之\d{{1,9}}(?:\.\d{{1,9}})?)|"
    r"(?P<other>不等于|不是|是不是|是否|并非|不能)|"
    r"(?P<about>约(?:等于|为|是)?|大约(?:是|为)?|近似(?:等于|为|是)?)|"
    r"(?P<relation>[就也]?等[于於])|(?P<is>[就也]?是|得到?|[为為])|"
    r"(?P<mul>乘[以上]|乘(?![法积方])|(?:(?<=\d)|(?<=\d\s))的(?=\s?\d{1,9}(?:\.\d{1,9})?\s?[%％]))|"
    r"(?P<parted>除以)|(?P<plus>加上|加(?![起法速倍权在入]))|(?P<minus>减去|减(?![法少小半]))|"
    r"(?P<squared>的平方(?!根))|(?P<cubed>的立方(?!根))|(?P<times_power>的\d{1,3}次方)|"
    rf"(?P<magnitude>(?<=\d)(?:[百千]万|[万萬亿億]))|(?P<numeral>{_NUMERAL}{{1,12}})|"
    rf"(?P<word>(?:(?!{_NUMERAL}|[万萬亿億等得加减乘除是为為约不就也近大并])"
    r"[\u3040-\u30ff\u4e00-\u9fff]){1,40}|[\u3040-\u30ff\u4e00-\u9fff])"
)
_COMMANDS = (
    r"(?P<layout>\\[()\[\],;:! ]|\\(?:left|right|[bB]igg?[lr]?|q?quad|displaystyle|boldsymbol|"
    r"textbf|mathbf|boxed)\b|\\(?:begin|end)\{[a-z*]{1,12}\}|\\\\\s{0,9}(?=[&\s]{0,9}=)|\\\$)|"
    r"(?P<stop>\\\\)|"
    r"(?P<mul>\\(?:times|cdot|ast)\b)|(?P<parted>\\div\b)|(?P<mod>\\bmod\b)|(?P<percent>\\%)|"
    r"(?P<frac>\\[dtc]?frac(?=\s?\{))|(?P<root>\\sqrt(?=\s?\[[23]\]))|(?P<sqrt>\\sqrt(?=\s?\{))|"
    r"(?P<choose>\\[dt]?binom\s?\{\s?\d{1,3}\s?\}\s?\{\s?\d{1,3}\s?\})|(?P<pi>\\pi\b)|"
    r"(?P<about>\\(?:approx|simeq)\b)|(?P<unknown2>\\[lc]?dots[bc]?\b)|"
    r"(?P<other>\\(?:neq?|equiv|leq?|geq?|lt|gt|to|rightarrow|Rightarrow|implies|iff|sim|cong)\b)|"
    r"(?P<word>\\(?:text|mathrm|textrm|mbox)\s?\{[^{}]{0,60}\}|\\circ\b)|(?P<brace>\\[{}])|"
    r"(?P<unknown>\\[A-Za-z]*)"
)
# The sign of a list item, and its label: `- `, `(a) `.
_ITEM = r"(?:[-*+•–]\s)?(?:\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\)\s(?=[\d\\$√A-Za-z]))?"
_SIGNS = (
    rf"(?P<newline>\n[ \t>]*(?=[&$]{{0,2}}\s?=)|\n\s*{_ITEM})|"
    r"(?P<layout>[^\S\n]+|[$£€₹]+|&)|"
    r"(?P<factorial_is>!=(?<=\d!=)(?=\d))|(?P<relation>=(?![=>])|＝)|"
    r"(?P<other>[!:<>+*/-]=|=[=>]+|[≠≡<>≤≥→⇒∼∝≅]|-+>)|(?P<about>[≈≒~])|"
    r"(?P<power>\*\*(?=\d|\()(?<=[\d)]\*\*)|\*\*(?=\s[\d(])(?<=[\d)]\s\*\*)|\^)|"
    r"(?P<layout2>\*{2,3}|__|\*(?<![\w)\]}%!$²³]\*)(?<![\w)\]}%!$²³]\s\*))|"
    r"(?P<mul>[*×·⋅∙✕✖∗])|(?P<whole>//)|(?P<div>[/∕⁄／])|(?P<parted>÷)|(?P<plus>[+＋])|"
    r"(?P<dash>[-–—](?<=\s.)(?=\s[^\W\d_]{2})|—+)|(?P<minus>[-−–‐－])|"
    r"(?P<mod>%(?=\s?\d))|(?P<percent>[%％])|"
    r"(?P<unknown>(?:!!|！！)|\.{2,}|…+|['’]|!(?=\d)(?<![\d)}\]].))|"
    r"(?P<factorial>[!！](?<=[\d)}\]].))|"
    r"(?P<sqrt>√)|(?P<pi>π)|(?P<vulgar>[½¼¾⅓⅔])|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]{1,9})|"
    r"(?P<open>[(\[（])|(?P<close>[)\]）])|(?P<brace>[{}])|(?P<word>°[CF]?|[℃℉])|"
    r"(?P<stop>[,;:.?!。，；：、！？|\"“”‘「」∴]+|[\u2700-\u27bf\U0001f300-\U0001faff])|(?P<unknown2>.)"
)
_KINDS = {
    "mul": "*",
    "div": "/",
    "parted": "÷",
    "plus": "+",
    "minus": "-",
    "power": "^",
    "whole": "//",
    "percent": "%",
    "factorial": "!",
    "open": "(",
    "close": ")",
    "newline": "stop",
    "unknown2": "unknown",
    "unit": "word",
}
_BULLET = re.compile(rf"\s*{_ITEM}")
_CODE = re.compile(r"(`{1,8})(?!`).{0,20000}?(?<!`)\1(?!`)", re.DOTALL)


def tokens_of(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the tokens of a part of a text."""
    end = len(text) if end is None else end
    at = _match_end(_BULLET, text, start, end)
    tokens: list[Token] = []
    while at < end:
        match = _pattern(text[at]).match(text, at, end)
        assert match is not None, "the last alternative matches any character"
        kind = str(match.lastgroup)
        at = match.end()
        if not kind.startswith("layout"):
            _add(tokens, kind, match)
    return tokens


def _match_end(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    match = pattern.match(text, start, end)
    return match.end() if match else start


_DIGITS_FIRST = re.compile(_DIGITS)
_LETTERS_FIRST = re.compile(_LETTERS)
_CHINESE_FIRST = re.compile(_CHINESE)
_COMMANDS_FIRST = re.compile(_COMMANDS)
_SIGNS_FIRST = re.compile(_SIGNS, re.DOTALL)


def _pattern(sign: str) -> re.Pattern[str]:
    if "0" <= sign <= "9":
        return _DIGITS_FIRST
    if sign.isascii():
        if sign.isalpha():
            return _LETTERS_FIRST
        return _COMMANDS_FIRST if sign == "\\" else _SIGNS_FIRST
    if "\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff":
        return _CHINESE_FIRST
    # A Greek letter, but π is a number.
    return _LETTERS_FIRST if sign.isalpha() and sign != "π" else _SIGNS_FIRST


def _add(tokens: list[Token], kind: str, match: re.Match[str]) -> None:
    start, end = match.span()
    if make := _MAKERS.get(kind):
        tokens += make(match)
    elif follow := _FOLLOWERS.get(kind):
        tokens += follow(tokens, match)
    elif kind == "newline":
        # A line that begins with a relation goes on with the sum of the line before.
        goes_on = match.string.startswith(("=", "&=", "&", "$=", " ="), end)
        if not goes_on and not (tokens and tokens[-1].kind == "relation"):
            tokens.append(Token("stop", start, end))
    elif kind == "brace":
        tokens.append(Token(match[0][-1], start, end))
    else:
        tokens.append(Token(_KINDS.get(kind, kind), start, end))


def _number(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    start, end = match.span()
    if tokens and tokens[-1].end == start and _is_name(match.string, tokens[-1]):
        return [Token("unknown", start, end)]
    digits = match[0]
    if digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
        return [Token("n", start, end, Fraction(int(digits)))]
    digits = re.sub(r"\{,\}|\\,|,", "", digits)
    if len(digits) > _LONGEST_NUMBER:
        return [Token("unknown", start, end)]
    mantissa, _, power = digits.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    slack = Fraction(10) ** (int(power or 0) - places) / 2 if places else Fraction(0)
    return [Token("n", start, end, Fraction(digits), slack)]


def _is_name(text: str, token: Token) -> bool:
    """Whether digits right after the token belong to a name, such as x2 or row3."""
    return token.kind in ("word", "unknown") and (
        text[token.start].isascii()
        and (text[token.end - 1].isalpha() and text[token.start] != "\\")
    )


def _letters(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    word = match[0].rstrip("²³")
    follows = bool(tokens) and tokens[-1].end == match.start() and tokens[-1].kind in ("n", ")")
    is_unit = word in UNITS
    is_unknown = len(word) == 1 or (follows and len(word) <= 3) or word in _FUNCTIONS
    kind = "unknown" if is_unknown and not is_unit else "word"
    return [Token(kind, *match.span())]


def _choose(match: re.Match[str]) -> list[Token]:
    above, below = map(int, re.findall(r"\d+", match[0]))
    # The Chinese way writes the larger number below: C_5^2.
    value = binomial(above, below)
    return [Token("n", *match.span(), value)] if value else [Token("unknown", *match.span())]


def _numeral(match: re.Match[str]) -> list[Token]:
    value = _read_numeral(match[0])
    kind = "word" if value is None else "n"
    return [Token(kind, *match.span(), Fraction(value or 0))]


def _read_numeral(text: str) -> int | None:
    """Return the value of a Chinese numeral below ten thousand; None if it is not one."""
    total, digit = 0, None
    for sign in text:
        if sign in _NUMERALS:
            if digit:
                return None
            digit = _NUMERALS[sign]
        else:
            total += (1 if digit is None else digit) * _PLACES[sign]
            digit = None
    return total + (digit or 0)


def _parts(match: re.Match[str]) -> list[Token]:
    below, above = match[0].split("分之")
    if below == "百":
        return [Token("n", *match.span(), Fraction(above) / 100)]
    values = [_read_numeral(above), _read_numeral(below)]
    if not values[0] or not values[1]:
        return [Token("unknown", *match.span())]
    return [Token("n", *match.span(), Fraction(values[0], values[1]))]


def _pi(match: re.Match[str]) -> list[Token]:
    return [Token("n", *match.span(), PI)]


def _vulgar(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    value = Token("n", *match.span(), Fraction(*_VULGAR[match[0]]))
    return [Token("unknown", *match.span())] if tokens and tokens[-1].kind == "n" else [value]


def _raised(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    digits = match[0].translate(_RAISED)
    if not digits.lstrip("-").isdigit():
        return [Token("unknown", *match.span())]
    if tokens and tokens[-1].kind == "word":
        return []
    return _to_the(Fraction(digits), match)


def _times_power(match: re.Match[str]) -> list[Token]:
    return _to_the(Fraction(re.findall(r"\d+", match[0])[0]), match)


def _squared(match: re.Match[str]) -> list[Token]:
    return _to_the(Fraction(2), match)


def _cubed(match: re.Match[str]) -> list[Token]:
    return _to_the(Fraction(3), match)


def _factorial_is(match: re.Match[str]) -> list[Token]:
    """`3!=6` may be a factorial or a difference, so it is only judged if it holds."""
    at = match.start()
    return [Token("!", at, at + 1), Token("about", at + 1, at + 2)]


def _to_the(power: Fraction, match: re.Match[str]) -> list[Token]:
    # In a group, so that nothing after it belongs to the exponent.
    start, end = match.span()
    number = Token("n", start, end, power)
    return [Token("^", start, end), Token("{", start, end), number, Token("}", start, end)]


def _magnitude(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    power = _MAGNITUDES.get(match[0])
    if power is None or not tokens or tokens[-1].kind != "n":
        return [Token("word", *match.span())]
    last = tokens.pop()
    scale = 10**power
    return [Token("n", last.start, match.end(), last.value * scale, last.slack * scale)]


def _of(tokens: list[Token], match: re.Match[str]) -> list[Token]:
    """20% of 50 and 3/4 of 12 are products."""
    before = [token.kind for token in tokens[-3:]]
    is_product = before[-1:] == ["%"] or before == ["n", "/", "n"] or before[-1:] == ["}"]
    return [Token("*" if is_product else "word", *match.span())]


_MAKERS: Final[Mapping[str, Callable[[re.Match[str]], list[Token]]]] = {
    "choose": _choose,
    "numeral": _numeral,
    "parts": _parts,
    "pi": _pi,
    "times_power": _times_power,
    "squared": _squared,
    "cubed": _cubed,
    "factorial_is": _factorial_is,
}
# What these are depends on the tokens before them.
_FOLLOWERS: Final[Mapping[str, Callable[[list[Token], re.Match[str]], list[Token]]]] = {
    "number": _number,
    "letters": _letters,
    "vulgar": _vulgar,
    "raised": _raised,
    "magnitude": _magnitude,
    "of": _of,
}


def without_code(text: str) -> str:
    """Return a text of the same length whose code is blanked out."""
    if "`" not in text:
        return text
    return _CODE.sub(lambda match: "|" * len(match[0]), text)
