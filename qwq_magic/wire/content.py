"""The `content` of a message: one string, or parts, some of which may be reasoning.

Parts of a known kind without text, such as images, are left out. Of an unknown kind the
strings are used and the rest is reported as missing, so that no text is lost silently.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_REASONING_KINDS = ("thinking", "reasoning")
# DashScope writes parts without a `type`: the name of the field is the kind.
_KNOWN = frozenset({"type", "text", "image", "audio", "video", *_REASONING_KINDS})


class Content(NamedTuple):
    """The texts found; `is_whole` if nothing else in the content may have been text."""

    reasoning: str = ""
    answer: str = ""
    is_whole: bool = True


def content_of(value: Any) -> Content:
    """The texts of a message's content: a string, one part or a list of parts."""
    if isinstance(value, str):
        return Content(answer=value)
    if value is None:
        return Content()
    parts = [_part(item) for item in (value if isinstance(value, list) else [value])]
    return Content(
        "".join(part.reasoning for part in parts),
        "".join(part.answer for part in parts),
        all(part.is_whole for part in parts),
    )


def text_in(items: Any) -> str:
    """A string, or the joined texts of a list of typed items."""
    if isinstance(items, str):
        return items
    if not isinstance(items, list):
        return ""
    texts = (
        # OpenRouter's `reasoning_details` may be summaries in place of texts.
        item.get("text") or item.get("summary") if isinstance(item, dict) else item
        for item in items
    )
    return "".join(text for text in texts if isinstance(text, str))


def _part(item: Any) -> Content:
    if isinstance(item, str):
        return Content(answer=item)
    if not isinstance(item, dict):
        return Content(is_whole=item is None)
    for kind in _REASONING_KINDS:
        if item.get(kind):
            text = text_in(item[kind])
            return Content(reasoning=text, is_whole=bool(text))
    # OpenAI sends a refusal as a part of its own, in place of the text.
    text = item.get("text") or item.get("refusal") or ""
    if not isinstance(text, str):
        return Content(is_whole=False)
    if item.get("type") in _REASONING_KINDS:
        return Content(reasoning=text)
    return Content(answer=text, is_whole=not item or bool(_KNOWN & item.keys()))
