"""The search: what a query finds, by the index of a store and in turns one by one alike."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from corpora import in_full
from hypothesis import given, settings
from hypothesis import strategies as st
from memory.turns import a_turn
from store.files import run, save_turns

from qwq_magic.errors import FileError
from qwq_magic.reasoning.segmenter import pieces_of
from qwq_magic.store import Hit, Store, schema
from qwq_magic.store.looks import search_in
from qwq_magic.store.search import search_turns, step_at
from qwq_magic.store.words import aligned, plain_words, words_in
from qwq_magic.turns import Turn

REASONING = (
    "Okay, the user asks about decimals. Let me compare 9.11 with 9.9 first. "
    "Wait, 0.90 is larger than 0.11. So 9.9 is larger, which settles the matter."
)
TURNS = (
    a_turn(1, prompt="Which is larger?", reasoning=REASONING, answer="9.9 is larger."),
    a_turn(
        2,
        prompt="鸡兔同笼，共有35个头",
        reasoning="先假设全部是鸡。然后计算兔的数量。",
        answer="23",
    ),
    a_turn(3, prompt="Café crème?", answer="Use max_tokens=2000 in naïve code. ﬁnally"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "notes.db"
    save_turns(path, TURNS)
    return path


def _search(path: Path, query: str) -> list[Hit]:
    """The hits in the store, which are those in the turns."""
    hits = search_in(path, query)
    plain = search_turns(reversed(TURNS), query, limit=20)
    assert [(h.turn_id, h.part, h.offset, h.step, h.snippet, h.match) for h in hits] == [
        (h.turn_id, h.part, h.offset, h.step, h.snippet, h.match) for h in plain
    ]
    return hits


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("9.11", ["t1"]),
        ("9.9", ["t1"]),
        ("9.12", []),
        ("larger", ["t1"]),
        ("LARG", ["t1"]),
        ("arger", []),
        ("larger decimals", ["t1"]),
        ("larger café", []),
        ('"is larger"', ["t1"]),
        ('"larger is"', []),
        ('"is larg"', []),
        ("9.9 settl", ["t1"]),
        ("鸡兔", ["t2"]),
        ("兔同", ["t2"]),
        ("兔鸡", []),
        ("鸡 数量", ["t2"]),
        ("35个", ["t2"]),
        ("共有35", ["t2"]),
        ("cafe CREME", ["t3"]),
        ("naive", ["t3"]),
        ("finally", ["t3"]),
        ("max_tokens=2000", ["t3"]),
        ("max tok", ["t3"]),
        ("tokens max", ["t3"]),
        ("9", ["t1"]),
        ("2", []),
        ("l", []),
        ("9.1", []),
        ("23", ["t2"]),
        ("t1", []),
    ],
)
def test_a_query_finds(store: Path, query: str, found: list[str]) -> None:
    assert [hit.turn_id for hit in _search(store, query)] == found


@pytest.mark.parametrize(
    "query",
    ['"', '""', "*", "^x", "a AND", "OR b", "NOT", "NEAR(a b)", "prompt: x", "{a b}: c", "-x", "(",
     "'; DROP TABLE turns; --", "a*b", 'a"b"c', "\\", "\0", "\ud83d", "\x1b[2J", "😀", "a" * 10_000,
     "x " * 5_000],
)  # fmt: skip
def test_no_syntax_of_the_index_gets_into_a_query(store: Path, query: str) -> None:
    assert _search(store, query) == []


@given(st.text(max_size=40))
@settings(max_examples=in_full(500, core=50))
def test_any_query_finds_the_same_in_a_store_and_in_turns(store: Path, query: str) -> None:
    _search(store, query)


@given(st.text(st.sampled_from("aB1 .,_é鸡ß\u0301ﬁ½²ΣςéガІ\ud83dกำ9"), max_size=30), st.data())
@settings(max_examples=in_full(500, core=80))
def test_what_a_turn_contains_is_found_in_it(text: str, data: st.DataObject) -> None:
    words = list(words_in(text))
    turn = a_turn(1, prompt="", answer=text)
    if not words:
        return
    first, last = sorted(data.draw(st.integers(0, len(words) - 1)) for _ in range(2))
    part = text[words[first].start : words[last].end]

    [hit] = search_turns([turn], f'"{part}"', limit=1)

    at, end = hit.offset, hit.offset + len(part)
    found, wanted = plain_words(turn.answer[at : max(end, at + 1)]), plain_words(part)
    assert found[0][:1] == wanted[0][:1]


@given(st.text(max_size=60) | st.text(st.sampled_from("aB1 é鸡ß\u0301ﬁ½ς"), max_size=20))
def test_an_aligned_text_has_the_same_words_in_the_same_places(text: str) -> None:
    plain = aligned(text)

    if plain is not None:
        assert len(plain) == len(text)
        words = list(words_in(text))
        assert [plain[word.start : word.end] for word in words] == [word.word for word in words]


def test_a_hit_names_its_place(store: Path) -> None:
    [hit] = _search(store, "larger settles")

    assert (hit.turn_id, hit.conversation, hit.part) == ("t1", "main", "reasoning")
    assert REASONING[hit.offset :].startswith("larger, which settles")
    assert hit.step is not None
    assert "settles" in pieces_of(REASONING)[hit.step - 1].text
    start, end = hit.match
    assert hit.snippet[start:end] == "larger"
    assert "larger, which settles the matter." in hit.snippet


def test_the_step_is_the_one_of_the_inspector() -> None:
    reasoning = REASONING * 40
    [turn] = [a_turn(1, reasoning=reasoning)]
    for offset in range(0, len(reasoning), 37):
        step = turn.steps[step_at(reasoning, offset) - 1]

        assert step.start <= offset < step.end


def test_a_snippet_is_one_line_without_controls() -> None:
    turn = a_turn(1, answer="a\n\x1b[2J\x00b\u202e\nneedle\r\n| *x* <b>\ud83d" + "y" * 500)

    [hit] = search_turns([turn], "needle", limit=1)

    assert hit.snippet.isprintable()
    assert hit.snippet[slice(*hit.match)] == "needle"
    assert len(hit.snippet) < 200


def test_the_latest_turns_come_first_and_no_more_than_wanted(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    save_turns(path, [a_turn(number, answer="needle") for number in range(30)])

    with Store(path) as store:
        assert [hit.turn_id for hit in store.search("needle", limit=3)] == ["t29", "t28", "t27"]
        assert len(store.search("needle")) == 20


def test_a_turn_is_found_as_soon_as_it_is_saved_and_not_if_it_was_not(tmp_path: Path) -> None:
    with Store(tmp_path / "notes.db") as store:

        def add(turn: Turn) -> None:
            store.add_sample(1, row=0, number=0, model="m", key="k", turn=turn)

        with pytest.raises(FileError):
            add(a_turn(1, answer="needle", parameters={"x": object()}))
        assert store.search("needle") == []
        add(a_turn(1, answer="needle"))
        assert len(store.search("needle")) == 1
        add(a_turn(1, answer="needle"))
        assert len(store.search("needle")) == 1


def test_an_sqlite_without_the_search_is_one_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.db"
    with monkeypatch.context() as without:
        without.setattr(schema, "has_fts5", lambda _: False)
        without.setattr("qwq_magic.store.search.has_fts5", lambda _: False)
        save_turns(path, TURNS)
        with pytest.raises(FileError, match="this Python has an SQLite without FTS5"):
            search_in(path, "larger")
        save_turns(path, [a_turn(9, answer="needle")], name="other")

    Store(path).close()

    assert len(search_in(path, "larger")) == 1
    assert len(search_in(path, "needle")) == 1


def test_an_index_that_was_dropped_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    save_turns(path, TURNS)
    run(path, "DROP TABLE search")
    with pytest.raises(FileError, match="Cannot search"):
        search_in(path, "larger")

    Store(path).close()

    assert len(search_in(path, "larger")) == 1


def test_other_tools_can_use_the_index(store: Path) -> None:
    connection = sqlite3.connect(store)
    found = connection.execute(
        "SELECT id FROM turns WHERE number IN (SELECT rowid FROM search('larger'))"
    ).fetchall()
    connection.close()

    assert found == [("t1",)]
