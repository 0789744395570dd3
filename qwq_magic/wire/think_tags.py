"""Split content into reasoning and answer, wherever the reasoning is, delta by delta.

A tag can straddle two deltas, so any tail that might begin a tag is held back until the next
delta settles it, and the result is the same however the text is cut. Only tags that open the
content open a reasoning, and after a first one those at the start of a line: all others are
text that mentions them. A closing tag without an opening one shows that the reply began inside
the reasoning. Where a server has a field for the reasoning, tags are text, unless the content
repeats what the field has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from copy import copy
from enum import Enum, auto
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    ReasoningBecameAnswer,
    ReasoningDelta,
)
from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.reasoning_marks import (
    HARMONY,
    HARMONY_ANSWERS,
    LONE,
    MARKS,
    THINK,
    WRAPPERS,
    Mark,
    found_at_start,
    held_tail,
    may_become,
)
from qwq_magic.wire.text_so_far import TextSoFar
from qwq_magic.wire.two_places import Place, TwoPlaces

# Where a reply begins: `inside` the reasoning, as earlier replies did, unless no closing tag
# follows; `likely` there, as the name of the model suggests, which a closing tag confirms.
Beginning: TypeAlias = Literal["unknown", "likely", "inside"]

# White space may precede a tag, but is not held back without a limit. More of it is text.
_MAX_SPACE: Final = 256
_PARAGRAPH: Final = "\n\n"
_OPENS: Final = tuple(MARKS)
_LONE_CLOSES: Final = tuple(LONE)
# Each counts, so that a pair of tags in an answer is a quotation.
_QUOTABLE: Final = (*_LONE_CLOSES, *(mark.opens[0] for mark in LONE.values()))
_FIRST_TAGS: Final = (*_OPENS, *HARMONY_ANSWERS, *_LONE_CLOSES)


class _State(Enum):
    # Nothing but white space has arrived.
    START = auto()
    # After an opening tag, which some models write twice.
    OPENED = auto()
    REASONING = auto()
    # After a closing tag.
    CLOSED = auto()
    ANSWER = auto()
    # An answer without any tag so far.
    PLAIN = auto()
    # A field has had reasoning, and this content may repeat it.
    REPEATING = auto()
    # Tags are text.
    LITERAL = auto()


class ThinkTagSplitter:
    """Turns the content of a reply, and the texts of its reasoning field, into deltas."""

    def __init__(self, mode: InlineThink, *, beginning: Beginning = "unknown") -> None:
        """`mode`: see `Settings.inline_think`.

        `beginning`: where the reply probably begins, in the mode `auto`.
        """
        self._state = _State.LITERAL if mode == "off" else _State.START
        self._is_off = mode == "off"
        self._is_sure = mode == "open"
        self._begins_inside = mode == "open" or (mode == "auto" and beginning == "inside")
        # A closing tag of such a model is hardly ever a quotation.
        self._is_likely = beginning == "likely"
        # Whether the reasoning under way was opened by no tag.
        self._is_guess = False
        # What the reply shows of how replies of this model begin; None while it shows nothing.
        self.began_inside: bool | None = None
        self._held = ""
        self._mark = THINK
        self._ends: tuple[str, ...] = ()
        self._answer = TextSoFar()
        self._reasoning_newlines = 0
        self._has_reasoning = self._has_answer = False
        # Whether the next text is that of another block, a paragraph of its own.
        self._joins_reasoning = self._joins_answer = False
        self._trims = False
        self._quoted: Counter[Mark] = Counter()
        self._places = TwoPlaces()
        self._has_field = False
        self._blank_field: list[str] = []
        # Content that repeats the field so far, in case that it turns out to be an answer.
        self._repeated: list[str] = []
        self._is_repeated_tagged = False
        self._gap: list[str] = []
        if self._is_off:
            self._places.close()
        self._events: list[Event] = []

    def split(self, text: str) -> list[Event]:
        """The deltas of more content."""
        text, self._held = self._held + text, ""
        while text:
            text = _STEPS[self._state](self, text)
        return self._take()

    def add_field(self, text: str) -> list[Event]:
        """The deltas of more text in a reasoning field, which the content may have had already."""
        if not self._has_field:
            # White space alone does not show that the server has a field for the reasoning.
            self._blank_field.append(text)
            if not text.strip():
                return []
            text = self._take_blank_field()
            self._has_field = True
            if not self._is_off:
                self._meet_field()
        self._reason(self._places.add(text, Place.FIELD))
        return self._take()

    def flush(self, *, is_good_end: bool = False) -> list[Event]:
        """The deltas of what was held back, at the end of the reply.

        `is_good_end`: whether the model ended the reply, so that no closing tag can follow.
        """
        # The stream may end inside what looked like a tag, which then is text.
        held, self._held = self._held, ""
        self._reason(self._take_blank_field())
        state = self._state
        if state is _State.PLAIN:
            self._flush_plain(held)
        elif state is _State.REPEATING:
            self._quote(held)
        elif state in (_State.OPENED, _State.REASONING):
            self._reason_inline(held)
        elif state is _State.START and self._begins_inside:
            self._is_guess = not self._is_sure
            self._reason_inline(held)
        elif state is _State.ANSWER:
            self._say(self._without_end(held))
        else:
            self._say(held)
        if self._is_guess and is_good_end and self._has_reasoning and not self._has_field:
            self.began_inside = False
            self._move_to_answer()
        return self._take()

    # What each state does with text: it returns the rest, for the next state.

    def _start(self, text: str) -> str:
        stripped = text.lstrip()
        space = len(text) - len(stripped)
        if space <= _MAX_SPACE:
            tag = found_at_start(_FIRST_TAGS, stripped)
            # A longer tag may begin with this one.
            if may_become(_FIRST_TAGS, stripped):
                return self._hold(text)
            if tag:
                return self._first_tag(tag, stripped[len(tag) :])
        if self._begins_inside:
            self._is_guess = not self._is_sure
            self._state = _State.REASONING
        else:
            self._state = _State.PLAIN
        return text

    def _first_tag(self, tag: str, rest: str) -> str:
        if tag in MARKS:
            self._open(MARKS[tag])
        else:
            self._mark = LONE.get(tag, HARMONY)
            if tag in LONE and self._begins_inside:
                self.began_inside = True
            self._state = _State.CLOSED
        return rest

    def _opened(self, text: str) -> str:
        stripped = text.lstrip()
        tag = found_at_start(self._mark.opens, stripped)
        space = len(text) - len(stripped)
        if space <= _MAX_SPACE:
            if may_become(self._mark.opens, stripped):
                return self._hold(text)
            if tag:
                text = stripped[len(tag) :]
        self._state = _State.REASONING
        return text

    def _reasoning(self, text: str) -> str:
        tags = self._mark.closes
        at, tag = _first_of(tags, text)
        if not tag:
            held = held_tail(tags, text)
            self._reason_inline(text[: len(text) - held])
            return self._hold(text[len(text) - held :])
        self._reason_inline(text[:at])
        if self._is_guess or self._is_sure:
            self.began_inside = True
        self._is_guess = False
        self._state = _State.CLOSED
        return text[at + len(tag) :]

    def _closed(self, text: str) -> str:
        text = text.lstrip()
        closes, wrappers = self._mark.closes, tuple(WRAPPERS)
        # Some models open or close twice.
        skipped = (*closes, *self._mark.skipped)
        tags = (*skipped, *self._mark.opens, *wrappers)
        if may_become(tags, text):
            return self._hold(text)
        tag = found_at_start(tags, text)
        if not tag:
            self._ends = self._mark.ends
            self._state = _State.ANSWER
            return text
        if tag in self._mark.opens:
            self._open(self._mark)
        elif tag in WRAPPERS and tag not in skipped:
            self._ends = (WRAPPERS[tag],)
            self._state, self._trims = _State.ANSWER, True
        return text[len(tag) :]

    def _answering(self, text: str) -> str:
        """Answer after a reasoning: look for further blocks, and for tags that end it."""
        if self._trims:
            text = text.lstrip()
            self._trims = not text
        opens = () if self._is_wrapped else self._mark.opens
        tags = (*opens, *self._ends)
        at, tag = _first_of(tags, text)
        if not tag:
            keep = len(text) - held_tail(tags, text)
            keep -= self._space_before(text, keep)
            self._say(text[:keep])
            return self._hold(text[keep:])
        before, rest = text[:at], text[at + len(tag) :]
        if tag in opens:
            return self._next_block(before, tag, rest)
        return self._end_answer(before, tag, rest)

    def _next_block(self, before: str, tag: str, rest: str) -> str:
        space = self._space_before(before, len(before))
        self._say(before[: len(before) - space])
        gap = before[len(before) - space :]
        line = copy(self._answer)
        line.add(gap)
        if line.is_in_fence or not (line.is_at_line_start and line.newlines):
            self._say(gap + tag)
            return rest
        self._joins_answer = True
        if self._has_field:
            self._begin_repeating(gap + tag, is_tagged=True)
        else:
            self._open(self._mark)
        return rest

    def _end_answer(self, before: str, tag: str, rest: str) -> str:
        following = rest.lstrip()
        if len(rest) - len(following) <= _MAX_SPACE:
            restart = self._mark.restarts
            keep = len(before) - self._space_before(before, len(before))
            if not following or (restart and may_become((restart,), following)):
                self._say(before[:keep])
                return self._hold(before[keep:] + tag + rest)
            if restart and following.startswith(restart):
                self._say(before[:keep])
                self._joins_answer = True
                self._state = _State.CLOSED
                return following
        self._say(before + tag)
        return rest

    def _plain(self, text: str) -> str:
        """An answer without an opening tag, which a closing tag shows to be a reasoning."""
        at, tag = _first_of(_QUOTABLE, text)
        if not tag:
            keep = len(text) - held_tail(_QUOTABLE, text)
            self._say(text[:keep])
            return self._hold(text[keep:])
        self._say(text[:at])
        rest = text[at + len(tag) :]
        if tag not in LONE:
            self._quoted[MARKS[tag]] += 1
            self._say(tag)
            return rest
        mark = LONE[tag]
        if self._is_likely:
            verdict = self._answer.verdict_in_code
        else:
            verdict = "quoted" if self._quoted[mark] else self._answer.verdict(rest[:1])
        if verdict == "open":
            return self._hold(tag)
        if verdict == "quoted":
            self._quoted[mark] = max(0, self._quoted[mark] - 1)
            self._say(tag)
        else:
            self._close_unopened(mark)
        return rest

    def _repeating(self, text: str) -> str:
        """Content after a reasoning field: tags are text, unless it repeats the field."""
        if not self._repeated:
            return self._begin_repeat(text)
        closes = self._mark.closes if self._is_repeated_tagged else _LONE_CLOSES
        at, tag = _first_of(closes, text)
        end = at if tag else len(text) - held_tail(closes, text)
        piece, rest = text[:end], text[end:]
        size, is_equal = self._places.matched(piece, Place.CONTENT)
        self._repeated.append(piece[:size])
        piece = piece[size:]
        if not piece.strip() and self._places.is_even:
            # The places may differ in the white space before the closing tag.
            self._repeated.append(piece)
            self._gap.append(piece)
            piece = ""
        if piece and is_equal and self._is_repeated_tagged and self._places.has_matched:
            # The content is ahead of the field, so it is the same reasoning.
            text = "".join(self._gap) + piece + rest
            self._end_repeating(_State.REASONING)
            return text
        if piece:
            return self._quote(piece + rest)
        if not tag:
            return self._hold(rest)
        if self._places.is_even or not self._places.has_matched:
            if not self._is_repeated_tagged:
                self._mark = LONE[tag]
            self._end_repeating(_State.CLOSED)
            return rest[len(tag) :]
        return self._quote(rest)

    def _begin_repeat(self, text: str) -> str:
        stripped = text.lstrip()
        space = text[: len(text) - len(stripped)]
        if len(space) > _MAX_SPACE:
            return self._quote(text)
        if may_become(_FIRST_TAGS, stripped):
            return self._hold(text)
        tag = found_at_start((*_OPENS, *_LONE_CLOSES), stripped)
        if tag in LONE:
            # The server's parser has left it.
            self._mark = LONE[tag]
            self._end_repeating(_State.CLOSED)
        else:
            self._mark = MARKS.get(tag, THINK)
            self._begin_repeating(space + tag, is_tagged=bool(tag))
        return stripped[len(tag) :]

    def _literal(self, text: str) -> str:
        self._say(text)
        return ""

    # Changes of state.

    @property
    def _is_wrapped(self) -> bool:
        return bool(self._ends) and self._ends != self._mark.ends

    def _open(self, mark: Mark) -> None:
        self._mark = mark
        self._ends = ()
        self._joins_reasoning = self._has_reasoning
        self._state = _State.OPENED

    def _close_unopened(self, mark: Mark) -> None:
        """All of the answer so far was reasoning."""
        self._events.append(AnswerBecameReasoning())
        self.began_inside = True
        self._has_reasoning = self._has_reasoning or self._has_answer
        self._reasoning_newlines = min(2, self._answer.newlines)
        self._has_answer, self._answer = False, TextSoFar()
        self._mark = mark
        self._state = _State.CLOSED

    def _move_to_answer(self) -> None:
        self._events.append(ReasoningBecameAnswer())
        self._has_answer, self._has_reasoning = True, False
        self._is_guess = False

    def _take_blank_field(self) -> str:
        text = "".join(self._blank_field)
        self._blank_field.clear()
        return text

    def _meet_field(self) -> None:
        """A reasoning field has its first text: what does the content so far mean?"""
        if self._state is _State.START:
            self._state = _State.REPEATING
        elif self._state is _State.PLAIN:
            held, self._held = self._held, ""
            self._say(held)
            self._state = _State.LITERAL
            self._places.close()
        elif self._is_guess:
            # The content was an answer all along, since this server has a field.
            held, self._held = self._held, ""
            self._reason_inline(held)
            self._move_to_answer()
            self._state = _State.LITERAL
            self._places.close()

    def _begin_repeating(self, raw: str, *, is_tagged: bool) -> None:
        self._repeated = [raw]
        self._is_repeated_tagged = is_tagged
        self._gap = []
        self._places.has_matched = False
        self._state = _State.REPEATING

    def _end_repeating(self, state: _State) -> None:
        self._repeated, self._gap = [], []
        self._state = state

    def _quote(self, text: str) -> str:
        """This content does not repeat the field, so all of it is answer."""
        self._say("".join(self._repeated) + text)
        self._places.close()
        self._end_repeating(_State.LITERAL)
        return ""

    # Text out.

    def _hold(self, text: str) -> str:
        self._held = text
        return ""

    def _reason_inline(self, text: str) -> None:
        if self._joins_reasoning:
            text = text.lstrip()
            if not text:
                return
            self._joins_reasoning = False
            self._reason(_PARAGRAPH[self._reasoning_newlines :])
        self._reason(self._places.add(text, Place.CONTENT))

    def _reason(self, text: str) -> None:
        if text:
            self._has_reasoning = True
            visible = text.rstrip("\n")
            before = 0 if visible else self._reasoning_newlines
            self._reasoning_newlines = min(2, before + len(text) - len(visible))
            self._events.append(ReasoningDelta(text))

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._joins_answer and self._has_answer:
            text = _PARAGRAPH[min(2, self._answer.newlines) :] + text
        self._joins_answer = False
        self._events.append(AnswerDelta(text))
        self._answer.add(text)
        self._has_answer = True

    def _space_before(self, text: str, end: int) -> int:
        """How much white space before `end` may precede another tag."""
        visible = len(text[:end].rstrip())
        space = end - visible
        run = space if visible else space + self._answer.space
        return space if run <= _MAX_SPACE else 0

    def _without_end(self, held: str) -> str:
        """The text held back in an answer, without a tag that ends it."""
        return "" if held.strip() in self._ends else held

    def _flush_plain(self, held: str) -> None:
        if held in LONE and self._answer.verdict_at_end() == "mark":
            self._close_unopened(LONE[held])
        else:
            self._say(held)

    def _take(self) -> list[Event]:
        events, self._events = self._events, []
        return events


_STEPS: Final[dict[_State, Callable[[ThinkTagSplitter, str], str]]] = {
    _State.START: ThinkTagSplitter._start,
    _State.OPENED: ThinkTagSplitter._opened,
    _State.REASONING: ThinkTagSplitter._reasoning,
    _State.CLOSED: ThinkTagSplitter._closed,
    _State.ANSWER: ThinkTagSplitter._answering,
    _State.PLAIN: ThinkTagSplitter._plain,
    _State.REPEATING: ThinkTagSplitter._repeating,
    _State.LITERAL: ThinkTagSplitter._literal,
}


def _first_of(tags: tuple[str, ...], text: str) -> tuple[int, str]:
    """Where the first of the tags begins, and which it is; the end of the text, and "" for none."""
    found = _pattern(tags).search(text) if tags else None
    return (found.start(), found[0]) if found else (len(text), "")


@lru_cache(maxsize=64)
def _pattern(tags: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first: one tag may begin with another.
    return re.compile("|".join(map(re.escape, sorted(tags, key=len, reverse=True))))
