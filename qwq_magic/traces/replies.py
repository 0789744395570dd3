"""A reply as reasoning and answer, in whichever way a file has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    ReasoningBecameAnswer,
    ReasoningDelta,
)
from qwq_magic.plain_text import well_formed
from qwq_magic.wire.think_tags import ThinkTagSplitter

# The splitter copies what follows each tag, so it is given short pieces of a long text.
_PIECE = 4_096
_REASONING_PARTS = ("reasoning", "thinking", "reasoning_content")
_TEXT_PARTS = ("text", "output_text", "input_text")


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The two texts of a reply."""

    reasoning: str
    answer: str

    def __bool__(self) -> bool:
        return bool(self.reasoning.strip() or self.answer.strip())


def split_reply(content: Any, reasoning: Any = None) -> ReplyText:
    """Return the texts of a reply.

    Args:
        content: its text, with inline tags unless the reasoning is given, or a list of parts.
        reasoning: its reasoning, where that has a place of its own.
    """
    parts = list(_parts(content))
    field = text_in(reasoning) or "\n\n".join(text for is_reasoning, text in parts if is_reasoning)
    texts = [text for is_reasoning, text in parts if not is_reasoning]
    return _split(field, "\n\n".join(texts))


def _split(field: str, content: str) -> ReplyText:
    splitter = ThinkTagSplitter("auto")
    reasoning: list[str] = []
    answer: list[str] = []
    for event in _events(splitter, field, content):
        match event:
            case ReasoningDelta(text):
                reasoning.append(text)
            case AnswerDelta(text):
                answer.append(text)
            case AnswerBecameReasoning():
                reasoning += answer
                answer.clear()
            case ReasoningBecameAnswer():
                answer += reasoning
                reasoning.clear()
    return ReplyText(well_formed("".join(reasoning)), well_formed("".join(answer)))


def _events(splitter: ThinkTagSplitter, field: str, content: str) -> Iterator[object]:
    # First, since content that repeats a field is recognised by what the field had.
    for at in range(0, len(field), _PIECE):
        yield from splitter.add_field(field[at : at + _PIECE])
    for at in range(0, len(content), _PIECE):
        yield from splitter.split(content[at : at + _PIECE])
    yield from splitter.flush()


def text_in(value: Any) -> str:
    """Return the text of a value: one itself, or a list of parts with texts."""
    if isinstance(value, str):
        return well_formed(value)
    return well_formed("\n\n".join(text for _, text in _parts(value) if text))


def _parts(value: Any) -> Iterator[tuple[bool, str]]:
    """Yield the texts of a value, each with whether it is a part of the reasoning."""
    if isinstance(value, str):
        yield False, value
    elif isinstance(value, dict):
        yield from _part(value)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield False, item
            elif isinstance(item, dict):
                yield from _part(item)


def _part(part: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    kind = part.get("type")
    if kind in _REASONING_PARTS:
        # The text of a redacted reasoning is encrypted; there may be a summary of it.
        names = (
            ("summary",) if part.get("redacted") else ("reasoning", "thinking", "text", "summary")
        )
        yield True, next((part[n] for n in names if isinstance(part.get(n), str)), "")
    elif kind in _TEXT_PARTS or kind is None:
        text = part.get("text", part.get("content"))
        if isinstance(text, str):
            yield False, text
