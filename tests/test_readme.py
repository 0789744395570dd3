"""The README's Python is run as it stands, on the demo."""

import ast
import asyncio
import inspect
import os
import re
from pathlib import Path
from typing import Any

import pytest
from clean_environment import clean_environment

README = Path(__file__).parent.parent / "README.md"
_BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PYTHON = "\n".join(block for block in _BLOCKS if not block.startswith("%"))


def test_the_readmes_python_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in os.environ.keys() - clean_environment():
        monkeypatch.delenv(name)
    monkeypatch.setenv("QWQ_DEMO_SPEED", "1e9")
    code = compile(PYTHON, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}

    result = eval(code, names)
    if inspect.iscoroutine(result):
        asyncio.run(result)

    assert names["turn"].complete
    assert re.fullmatch(r"\d+\.\d s\n", capsys.readouterr().out)
    assert names["text"].ask("Which is larger, 9.11 or 9.9?").answer.startswith("<think>")


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text("utf-8")))
def test_what_the_readme_links_is_there(link: str) -> None:
    assert (README.parent / link).exists()
