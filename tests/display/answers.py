"""Answers such as models write: mathematics, code, tables, Chinese, Japanese, Arabic and others."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).with_suffix(".md")


def _answers() -> dict[str, str]:
    """The answers of the file beside this one; a line of equals signs and a name begins each."""
    sections = _FILE.read_text(encoding="utf-8").split("\n=========== ")
    pairs = (section.split("\n", 1) for section in sections[1:])
    return {name: text.strip("\n") for name, text in pairs}


ANSWERS = _answers()
