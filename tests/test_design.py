"""docs/design.md is a map: everything in the package is on it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qwq_magic

ROOT = Path(__file__).parent.parent
PACKAGE = Path(qwq_magic.__file__).parent
MAP = (ROOT / "docs" / "design.md").read_text("utf-8")


def _names() -> list[str]:
    """Every module and folder at the root of the package, and every folder below."""
    roots = [path.stem for path in PACKAGE.glob("*.py")]
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir() and _holds_code(path)]
    return [*roots, *(f"{path.name}/" for path in folders)]


def _holds_code(folder: Path) -> bool:
    return "__pycache__" not in folder.parts and any(
        path.suffix in {".py", ".js", ".json"} for path in folder.iterdir()
    )


@pytest.mark.parametrize("name", sorted(set(_names()) - {"recordings/"}))
def test_every_name_at_the_root_and_every_folder_is_on_the_map(name: str) -> None:
    assert f"`{name}`" in MAP


def test_every_layer_on_the_map_is_there() -> None:
    table = MAP.partition("| layer |")[2].partition("\n\n")[0]
    layers = [name for row in table.splitlines() for name in re.findall(r"`([\w/]+)`", _first(row))]

    assert len(layers) > 15
    assert [name for name in layers if not _is_there(name)] == []


def _first(row: str) -> str:
    """The first cell of a table's row."""
    return row.split("|")[1] if row.startswith("|") else ""


def _is_there(name: str) -> bool:
    return (PACKAGE / name).is_dir() if name.endswith("/") else (PACKAGE / f"{name}.py").is_file()


def test_a_newcomer_reads_one_page() -> None:
    assert len(MAP.splitlines()) <= 120


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/design.md", "README.md"])
def test_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    paths = re.findall(r"`((?:qwq_magic|tests|scripts|docs)/[\w./]+\.\w+)`", text)
    inner = re.findall(r"`((?:settings|wire|magics|display|reasoning)/[\w./]+\.\w+)`", text)

    missing = [path for path in paths if not (ROOT / path).exists()]
    missing += [path for path in inner if not (PACKAGE / path).exists()]
    assert missing == []
