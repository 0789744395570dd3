"""What tests evaluate in a page, from the `.js` files beside this one: one expression each."""

from __future__ import annotations

from pathlib import Path


def script(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
