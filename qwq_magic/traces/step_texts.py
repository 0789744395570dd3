"""Lists of steps, into which other tools have cut a reasoning: joined to one text again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qwq_magic.plain_text import well_formed

_TEXTS = ("chunk", "text", "sentence", "step", "content")


def is_step_list(value: Any) -> bool:
    """Whether a value is a list of steps: of texts, or of objects that have one each."""
    return (
        isinstance(value, list) and bool(value) and all(_text(item) is not None for item in value)
    )


def step_texts(steps: Sequence[Any]) -> list[str]:
    """Return the texts of a list of steps."""
    return [well_formed(text) for item in steps if (text := _text(item)) is not None]


def _text(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        return None
    return next((item[name] for name in _TEXTS if isinstance(item.get(name), str)), None)


def joined_steps(steps: Sequence[Any]) -> str:
    """Return the reasoning that steps are parts of.

    Where the blanks between two of them were removed, they become two paragraphs, so that each
    is a step again.
    """
    parts: list[str] = []
    for text in step_texts(steps):
        if not text:
            continue
        if parts and not parts[-1][-1].isspace() and not text[0].isspace():
            parts.append("\n\n")
        parts.append(text)
    return "".join(parts)


def texts_within(texts: Sequence[str], whole: str) -> bool:
    """Whether a text has all of these texts, one after the other."""
    # Each search goes on where the last one ended, so the whole text is read once.
    at = 0
    for text in texts:
        found = whole.find(text.strip(), at)
        if found < 0:
            return False
        at = found + len(text.strip())
    return bool(texts)
