from pathlib import Path

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.turns import Turn
from qwq_magic.turns.code_blocks import CodeBlock, code_for_cell


def test_a_block_runs_when_it_is_told_to_and_gives_its_last_value() -> None:
    assert CodeBlock("x = 20\nx + 1\n", "python").run() == 21
    assert CodeBlock("x = 20\n", "py").run() is None
    assert CodeBlock("1 + 1", "").run() == 2


def test_annotations_are_what_they_are_in_a_cell() -> None:
    assert CodeBlock("def f(x: int): ...\nf.__annotations__", "python").run() == {"x": int}


def test_outside_a_notebook_every_run_has_a_fresh_namespace() -> None:
    CodeBlock("leaked = 1", "python").run()

    with pytest.raises(NameError):
        CodeBlock("leaked", "python").run()
    assert "leaked" not in globals()


@pytest.mark.parametrize("language", ["bash", "JavaScript", "pycon"])
def test_another_language_is_refused_by_name(language: str) -> None:
    with pytest.raises(ConfigurationError, match=f"The block is {language}, but only Python"):
        CodeBlock("1 + 1", language).run()


@pytest.mark.parametrize(
    "awaiting",
    [
        "await step()",
        "done = await step()",
        "async for step in steps(): pass",
        "async with step(): pass",
        "[step async for step in steps()]",
    ],
)
def test_a_block_that_awaits_is_sent_to_a_cell_before_any_of_it_runs(
    tmp_path: Path, awaiting: str
) -> None:
    trap = tmp_path / "trap"

    with pytest.raises(
        ConfigurationError, match=r"^The block uses top-level await\. Paste it into a cell\.$"
    ):
        CodeBlock(f"open({str(trap)!r}, 'w')\n{awaiting}\n", "python").run()

    assert not trap.exists()


def test_a_block_may_await_in_its_functions() -> None:
    source = (
        "import asyncio\nasync def f():\n    return await asyncio.sleep(0, 1)\nasyncio.run(f())"
    )

    assert CodeBlock(source, "python").run() == 1


def test_what_a_block_raises_is_raised_with_its_lines() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        CodeBlock("x = 0\n1 / x", "python").run()

    assert str(caught.traceback[-1].statement) == "1 / x"


def test_reading_the_code_of_a_turn_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    turn = Turn("1", "hi", answer=f"```python\nopen({str(trap)!r}, 'w')\n```")

    [block] = turn.code

    assert (block.language, repr(block), str(block)[:5]) == ("python", repr(str(block)), "open(")
    assert not trap.exists()


def test_a_cell_takes_the_python_of_an_answer() -> None:
    blocks = [
        CodeBlock("ls\n", "bash"),
        CodeBlock("a = 1\n", "python"),
        CodeBlock("text", ""),
        CodeBlock("b = 2\n\n", "py"),
    ]

    assert code_for_cell(blocks) == "a = 1\n\nb = 2"
    assert code_for_cell([blocks[0], blocks[2]]) == "text"
    assert code_for_cell(blocks[:1]) == ""
