"""Search in prompts, reasonings and answers: of a store by its index, of turns one by one.

Both follow the same rules. Every word of a query must be in the turn; one of two characters or
more may be the beginning of a word there. "Words in quotes" must follow one another. A hit is the
place where the words are closest together, in the reasoning if it has as many of them as the
prompt and the answer.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Literal, TypeAlias

from qwq_magic.errors import FileError
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.segmenter import StepSegmenter
from qwq_magic.store.schema import has_fts5, has_search
from qwq_magic.store.text import text_of
from qwq_magic.store.turn_rows import in_parts
from qwq_magic.store.words import Word, aligned, is_unspaced, pattern_of, plain_words, words_in
from qwq_magic.turns import Turn

Part: TypeAlias = Literal["prompt", "reasoning", "answer"]

# A part that is named first wins if another one has as many of the words.
_PARTS: tuple[Part, ...] = ("reasoning", "answer", "prompt")
_QUERY_PART = re.compile(r'"([^"]*)"?|([^\s"]+)')
_MOST_TERMS = 32
# Places of one term in one text that are considered.
_MOST_PLACES = 1_000
_BEFORE, _AFTER = 40, 110
_CHUNK = 2_048


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that was found, and the place in it.

    Attributes:
        turn_id: the turn's id.
        conversation: the name of the conversation that the turn was sent in.
        part: `prompt`, `reasoning` or `answer`.
        step: the step of the reasoning, from 1; None in another part.
        offset: where the match begins in the part, in characters.
        snippet: the text around the match, in one line.
        match: where the match begins and ends in the snippet, in characters.
        started_at: when the turn was sent, ISO 8601 in UTC.
        row: the number of the turn in the store; 0 for a turn that was searched itself.
    """

    turn_id: str
    conversation: str
    part: Part
    step: int | None
    offset: int
    snippet: str
    match: tuple[int, int]
    started_at: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class _Searched:
    """What a hit needs of a turn."""

    row: int
    turn_id: str
    conversation: str
    started_at: str
    prompt: str
    reasoning: str
    answer: str


@dataclass(frozen=True, slots=True)
class _Term:
    """Words that must follow one another; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return the first places of the term in a text."""
        plain = aligned(text)
        if plain is None:
            found = self._places_among(list(words_in(text)))
        else:
            pattern = pattern_of(self.words, is_prefix=self.is_prefix)
            found = (match.span() for match in pattern.finditer(plain))
        return list(islice(found, _MOST_PLACES))

    def _places_among(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        *first, last = self.words
        size = len(self.words)
        for at in range(len(words) - size + 1):
            end = words[at + size - 1]
            is_last = end.word.startswith(last) if self.is_prefix else end.word == last
            if is_last and all(words[at + by].word == word for by, word in enumerate(first)):
                yield words[at].start, end.end


def terms_of(query: str) -> tuple[_Term, ...]:
    """Return the terms of a query as a user types it; there is no other syntax than quotes."""
    terms = []
    for quoted, word in _QUERY_PART.findall(query):
        words = tuple(plain_words(quoted or word))
        if words:
            # A single letter or digit would begin most words of most texts.
            is_prefix = not quoted and len(words[-1]) > 1
            terms.append(_Term(words, is_prefix=is_prefix and not is_unspaced(words[-1])))
    return tuple(dict.fromkeys(terms))[:_MOST_TERMS]


def index_turn(connection: sqlite3.Connection, number: int, turn: Turn) -> None:
    """Add a turn to the index."""
    _index(connection, number, (turn.prompt, turn.reasoning, turn.answer))


def _index(connection: sqlite3.Connection, number: int, texts: Iterable[str]) -> None:
    words = (" ".join(plain_words(text)) for text in texts)
    connection.execute(
        "INSERT INTO search (rowid, prompt, reasoning, answer) VALUES (?, ?, ?, ?)",
        (number, *words),
    )


def index_missing(connection: sqlite3.Connection) -> None:
    """Index the turns that were written where SQLite has no full-text search.

    Raises:
        TypeError, ValueError: a turn is damaged.
        sqlite3.Error: the file is damaged, or cannot be written.
    """
    if not has_search(connection):
        return
    counts = "SELECT (SELECT count(*) FROM turns), (SELECT count(*) FROM search_docsize)"
    turns, indexed = connection.execute(counts).fetchone()
    if turns == indexed:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        query = (
            "SELECT number, prompt, reasoning, answer FROM turns "
            "WHERE number NOT IN (SELECT id FROM search_docsize)"
        )
        for number, *cells in connection.execute(query).fetchall():
            _index(connection, number, map(text_of, cells))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def search(connection: sqlite3.Connection, query: str, *, limit: int) -> list[Hit]:
    """Return the hits in a store, one a turn, the latest turn first.

    Raises:
        FileError: this build of SQLite has no full-text search.
        sqlite3.Error: the file is damaged.
    """
    if not has_search(connection):
        why = "the store was made by" if has_fts5(connection) else "this Python has"
        raise FileError(
            f"Cannot search: {why} an SQLite without FTS5. Use a Python whose sqlite3 has it."
        )
    terms = terms_of(query)
    if not terms:
        return []
    found = connection.execute(
        "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?",
        (" AND ".join(map(_match_of, terms)), limit),
    )
    numbers = [number for [number] in found]
    columns = "number, id, conversation, started_at, prompt, reasoning, answer"
    rows = in_parts(connection, f"SELECT {columns} FROM turns WHERE number IN ", numbers)  # noqa: S608
    turns = (_Searched(row, *map(text_of, cells)) for row, *cells in sorted(rows, reverse=True))
    return [hit for turn in turns for hit in _hits(terms, turn)]


def search_turns(turns: Iterable[Turn], query: str, *, limit: int) -> list[Hit]:
    """Return the hits in turns, which are given in the order of the hits."""
    terms = terms_of(query)
    hits: list[Hit] = []
    for turn in turns if terms else ():
        if len(hits) == limit:
            break
        texts = (turn.prompt, turn.reasoning, turn.answer)
        hits += _hits(terms, _Searched(0, turn.id, turn.conversation, turn.started_at, *texts))
    return hits


def _match_of(term: _Term) -> str:
    # Words consist of letters and digits, so nothing in them needs an escape.
    return f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'


def _hits(terms: Sequence[_Term], turn: _Searched) -> Iterator[Hit]:
    """Yield the hit in a turn, if all terms are in it."""
    found: set[_Term] = set()
    best: tuple[int, Part, int, int] | None = None
    for part in _PARTS:
        text = getattr(turn, part)
        places = {term: term.places(text) for term in terms}
        here = [term for term in terms if places[term]]
        found.update(here)
        if here and (best is None or len(here) > best[0]):
            best = (len(here), part, *_closest([places[term] for term in here]))
        if len(here) == len(terms):
            break
    if best is None or len(found) < len(terms):
        return
    _, part, start, end = best
    text = getattr(turn, part)
    snippet, match = _snippet(text, start, end)
    yield Hit(
        turn_id=turn.turn_id,
        conversation=turn.conversation,
        part=part,
        step=step_at(text, start) if part == "reasoning" else None,
        offset=start,
        snippet=snippet,
        match=match,
        started_at=turn.started_at,
        row=turn.row,
    )


def _closest(places: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
    """Return the first place in the shortest span that has a place of each term."""
    marked = merge(*([(*place, which) for place in each] for which, each in enumerate(places)))
    latest: dict[int, tuple[int, int]] = {}
    best: tuple[int, int, int] | None = None
    for start, end, which in marked:
        latest[which] = (start, end)
        if len(latest) == len(places):
            first, first_end = min(latest.values())
            if best is None or end - first < best[0]:
                best = (end - first, first, first_end)
    assert best is not None, "each term has a place"
    return best[1:]


def step_at(reasoning: str, offset: int) -> int:
    """Return the number of the step that has the character at `offset`, from 1.

    Only the text up to there is cut into steps.
    """
    segmenter = StepSegmenter()
    number = 0
    for at in range(0, len(reasoning), _CHUNK):
        for piece in segmenter.feed(reasoning[at : at + _CHUNK]):
            number += 1
            if piece.end > offset:
                return number
    for piece in segmenter.close():
        number += 1
        if piece.end > offset:
            return number
    return max(1, number)


def _snippet(text: str, start: int, end: int) -> tuple[str, tuple[int, int]]:
    """Return the text around a place in one line, and the place in it."""
    begin, stop = max(0, start - _BEFORE), min(len(text), start + _AFTER)
    end = min(end, stop)
    if begin:
        # From a whole word on, if there is a blank before one.
        blank = text.find(" ", begin, start)
        begin = blank + 1 if blank >= 0 else begin
    before, match, after = (
        one_line(part) for part in (text[begin:start], text[start:end], text[end:stop])
    )
    gap_before = " " if text[begin:start][-1:].isspace() and before else ""
    gap_after = " " if text[end:stop][:1].isspace() and after else ""
    head = f"{'… ' if begin else ''}{before}{gap_before}"
    tail = f"{gap_after}{after}{' …' if stop < len(text) else ''}"
    return f"{head}{match}{tail}", (len(head), len(head) + len(match))
