"""The corpus of hostile model text: every payload once, with the family it belongs to.

A payload names itself in what it does: it calls `fired(N)`, asks for a host of its own
or hands N to a command, so that what came alive can be told apart in one page.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from corpora import taken
from hostile.loads import LOADS
from hostile.navigations import NAVIGATIONS
from hostile.scripts import SCRIPTS
from hostile.spoofs import SPOOFS

Family: TypeAlias = Literal["script", "load", "navigation", "spoofing"]

DOMAIN = "evil.example"
COMMAND = "hostile:fire"


@dataclass(frozen=True, slots=True)
class Payload:
    number: int
    family: Family
    text: str


def _payload(number: int, family: Family, template: str) -> Payload:
    text = (
        template.replace("RUN", f"fired({number})")
        .replace("HOST", f"p{number}.{DOMAIN}")
        .replace("NUMBER", str(number))
    )
    return Payload(number, family, text)


_FAMILIES: dict[Family, list[str]] = {
    "script": SCRIPTS,
    "load": LOADS,
    "navigation": NAVIGATIONS,
    "spoofing": SPOOFS,
}
_TEMPLATES = [(family, template) for family, items in _FAMILIES.items() for template in items]

PAYLOADS = [_payload(number, *item) for number, item in enumerate(_TEMPLATES)]
# What takes the whole way through a kernel, where each delta costs a server milliseconds.
STREAMED = PAYLOADS[::3]
TEXTS = [payload.text for payload in PAYLOADS]


def family_of(payload: Payload) -> Family:
    return payload.family


def taken_texts(*, core: int) -> list[str]:
    """All texts in a full run, or for the core so many of each family."""
    return [payload.text for payload in taken(PAYLOADS, core=core, by=family_of)]


def pieces(text: str, count: int) -> list[str]:
    """The text cut into that many deltas, or one a character where it is shorter."""
    bounds = sorted({len(text) * index // count for index in range(count + 1)})
    return [text[start:end] for start, end in pairwise(bounds)]
