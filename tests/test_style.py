"""The prose of the package: the words and turns of its old dialect must not come back.

Messages, help texts, docstrings and comments are checked, in Python and in JavaScript; words that
are data, such as the cues of a reasoning, are not.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import qwq_magic

ROOT = Path(__file__).parent.parent
PACKAGE = Path(qwq_magic.__file__).parent
PYTHON = sorted(PACKAGE.rglob("*.py"))
JAVASCRIPT = sorted(PACKAGE.rglob("*.js"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

# Each with what to write instead.
TURNS = {
    r"(?<!there )\b(?:is|are|was|be) no (?!longer|more|less|other)": "“X is not a valid path”",
    r"\bsaid\b": "“replied”, “reported”, or the thing itself",
    r"\btold\b": "“reported”, “given”, “known”",
    r"\bwhoever\b": "the person or the part that is meant",
    r"\bnobody\b": "“no one”, rarely; better the fact",
    r"\bsomebody\b": "“a user”, “another program”",
    r"\b(?:stands|stood)\b": "“is”, “is at”, “is in”",
    r"\bgo(?:es)? by\b": "“uses”, “follows”",
    r"\bhears? of\b": "“learns of”, “is notified of”",
    r"\banew\b": "“again”",
    r"\bafresh\b": "“again”, “from the beginning”",
    r"\bsays? so\b": "what it says",
    r"\bin all\b(?! (?:front|three|four|languages|of|the|cells|its|cases|other))": "“total”",
    r"\bthere is none\b": "“it does not exist”, “none was found”",
    r"\bis meant\b": "“means”, “refers to”",
    r"\bbehind it\b": "“after it”",
    r"\bwho wants\b": "“to …”",
}
PATTERN = re.compile("|".join(f"(?:{turn})" for turn in TURNS), re.IGNORECASE)
# Words that models write, and texts of recordings, are data.
DATA = {
    "reasoning/cues.py",
    "reasoning/value_cues.py",
    "reasoning/values.py",
    "reasoning/comparison.py",
}


def _prose_of(source: str) -> Iterator[tuple[int, str]]:
    """Every comment, docstring and string literal with a blank in it, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "type: ignore" not in token.string:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def _strings_of_messages(source: str, *, is_data: bool) -> Iterator[tuple[int, str]]:
    for line, text in _prose_of(source):
        if is_data and not text.startswith("#"):
            continue
        yield line, text


def _found(texts: Iterator[tuple[int, str]], name: str) -> list[str]:
    return [
        f"{name}:{line}: …{text[max(0, hit.start() - 30) : hit.end() + 30]}…".replace("\n", " ")
        for line, text in texts
        for hit in PATTERN.finditer(text)
    ]


@pytest.mark.parametrize("folder", sorted({path.relative_to(PACKAGE).parts[0] for path in PYTHON}))
def test_python_is_written_in_plain_english(folder: str) -> None:
    found: list[str] = []
    for path in PYTHON:
        name = path.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] == folder:
            texts = _strings_of_messages(path.read_text("utf-8"), is_data=name in DATA)
            found += _found(texts, name)

    assert found == []


def test_javascript_is_written_in_plain_english() -> None:
    found = [
        hit
        for path in JAVASCRIPT
        for hit in _found(iter(enumerate(path.read_text("utf-8").splitlines(), 1)), path.name)
    ]

    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_are_written_in_plain_english(page: Path) -> None:
    lines = enumerate(page.read_text("utf-8").splitlines(), 1)

    assert _found(iter(lines), page.name) == []


@pytest.mark.parametrize(
    "sentence",
    ["That is no path.", "The server said no.", "what stands above", "Nobody knows.", "Ask anew."],
)
def test_the_list_finds_the_dialect(sentence: str) -> None:
    assert PATTERN.search(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["X is not a valid path.", "There is no answer.", "It is in all three views."],
)
def test_the_list_leaves_plain_sentences_alone(sentence: str) -> None:
    assert not PATTERN.search(sentence)


def test_comments_explain_why_often_enough() -> None:
    """At least four comment lines in 100 lines of code, over the whole package."""
    lines = comments = 0
    for path in PYTHON:
        source = path.read_text("utf-8")
        lines += sum(1 for line in source.splitlines() if line.strip())
        comments += sum(1 for line in source.splitlines() if line.strip().startswith("#"))

    assert comments / lines >= 0.04
