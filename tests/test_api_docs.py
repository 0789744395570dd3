"""docs/api.md describes the public names as they are, and the check reports when it does not."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import qwq_magic

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "api_docs.py"
MODULES = ("qwq_magic", "qwq_magic.advisors", "qwq_magic.memory", "qwq_magic.reasoning")


@pytest.fixture(scope="module")
def api_docs() -> Any:
    if not SCRIPT.exists():
        pytest.skip("a source distribution does not contain the script")
    spec = importlib.util.spec_from_file_location("api_docs", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up here.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _run(api_docs: ModuleType, page: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr(api_docs, "PAGE", page)
    code: int = api_docs.main([*options])
    return code


def test_the_page_is_current(api_docs: ModuleType) -> None:
    assert api_docs.main(["--check"]) == 0, "Run: python scripts/api_docs.py"


def test_an_outdated_page_fails_the_check_until_it_is_written_again(
    api_docs: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "api.md"

    assert _run(api_docs, page, monkeypatch, "--check") == 1
    assert "Run: python scripts/api_docs.py" in capsys.readouterr().err
    assert not page.exists()
    assert _run(api_docs, page, monkeypatch) == 0
    assert _run(api_docs, page, monkeypatch, "--check") == 0

    page.write_text(page.read_text("utf-8") + "\n", "utf-8")
    assert _run(api_docs, page, monkeypatch, "--check") == 1


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_an_entry(api_docs: ModuleType, module: str) -> None:
    names = set(importlib.import_module(module).__all__) - {"__version__"}

    assert [name for name in sorted(names) if f"### `{name}`\n" not in api_docs.page()] == []


def test_methods_of_a_class_are_listed(api_docs: ModuleType) -> None:
    methods = {name for name in vars(qwq_magic.Session) if not name.startswith("_")}

    assert [m for m in sorted(methods) if f"#### `Session.{m}`\n" not in api_docs.page()] == []


def test_sections_of_a_docstring_become_lists(api_docs: ModuleType) -> None:
    docstring = "Load it.\n\nRaises:\n    OSError: it is\n        gone.\n\nReturns:\n    The text."

    assert list(api_docs._paragraphs(docstring)) == [
        "Load it.",
        "Raises:\n\n- `OSError`: it is gone.",
        "Returns: The text.",
    ]
