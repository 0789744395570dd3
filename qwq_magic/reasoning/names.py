"""Read an answer that is a name: `**Paris**`, "The capital is **Canberra**, not Sydney."

Only proper names count, which begin with capitals or are written in Chinese characters; what a
sentence says of its subject in other words ("the poem is calm") is not a value.
"""

from __future__ import annotations

import re

from qwq_magic.reasoning import value_cues as cues
from qwq_magic.reasoning.canonical_value import Value, read_value

_SPOKEN = r"[A-ZÀ-ÖØ-ÞЀ-Я][\w'’.-]{1,20}"
# Characters that make it a sentence.
_NO_NAME = "我你您他她它这那是有在会要能取不可的了吗呢就也为和与请"
_NAME = re.compile(
    rf"(?:(?:the|The|la|el|le|die|der|das)\s)?{_SPOKEN}(?:\s(?:(?:of|the|de|la|du|von|van|and)\s){{0,2}}"
    rf"{_SPOKEN}){{0,3}}|(?:(?![{_NO_NAME}])[\u3040-\u30ff\u4e00-\u9fff·]){{2,10}}"
)
# Replies that answer nothing, and headings.
_COURTESY = re.compile(
    r"(?:ok(?:ay)?|h[ae]llo|hi|hey|thanks?|thank you|sure|sorry|welcome|goodbye|bye|done|great|"
    r"nice|understood|noted|exactly|absolutely|certainly|please|well|good \w+|happy \w+|hola|hallo|"
    r"bonjour|danke|gracias|merci|salut|note|summary|overview|introduction|conclusion|proof|theorem|"
    r"explanation|solution|answer|step|beweis|lösung|erklärung|solución|explicación|preuve|"
    r"你好|您好|谢谢|好的|当然|抱歉|再见|没问题|解答|说明|总结|证明|こんにちは|ありがとう|はい|了解)\b.*",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"(?P<marks>\*\*)?(?P<name>[^*\n.!?。！？]{2,60})(?:\.?\*\*\.?|[.。]?)")
_EMPHASISED = re.compile(
    r"(?:\b(?:is|was|are|ist|war|es|fue|est|était|è)\s|[是为為はが])\*\*([^*\n]{2,60})\*\*"
)
_PLAIN = re.compile(
    r"(?:The|Its|Der|Die|Das|La|El|Le)\s(?:\w{1,20}\s){1,8}(?:is|was|ist|war|es|fue|est|était)\s"
    r"([^*\n.!?]{2,60})[.!]?"
)


def read_name(text: str) -> Value | None:
    """Return the name that a reply consists of, or that its first sentence states."""
    if len(text) <= 64 and (match := _WHOLE.fullmatch(text)) and (value := _named(match["name"])):
        return value
    if len(text) <= 160 and (match := _PLAIN.fullmatch(text)):
        return _named(match[1])
    line = text.split("\n", 1)[0]
    match = _EMPHASISED.search(line[:300])
    before = line[: match.start()] if match else ""
    if match is None or "**" in before or cues.HEDGE.search(line[:300]) or len(before) > 120:
        return None
    return None if re.search(r"[.!?:。！？：]", before) else _named(match[1])


def _named(name: str) -> Value | None:
    name = name.strip(" .,:")
    if not _NAME.fullmatch(name) or _COURTESY.fullmatch(name) or cues.HEDGE.search(name):
        return None
    value = read_value(name)
    return value if value and value.kind == "text" else None
