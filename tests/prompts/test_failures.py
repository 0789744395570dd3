import builtins
import linecache
import traceback
from typing import Any

import pytest

from qwq_magic.prompts.failures import failure_prompt
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.tracebacks import cut_middle, traceback_text

CELLS = [
    "",
    "def half(n):\n    return 1 / n",
    "total = half(0)",
    "try:\n    half(0)\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e",
    "raise ValueError('x' * 5000)",
    "raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])",
]


def _run(*numbers: int) -> BaseException:
    """Run cells as a kernel does, and return what the last one raised."""
    names: dict[str, Any] = {}
    for number in numbers:
        file = f"<cell {number}>"
        code = CELLS[number]
        linecache.cache[file] = (len(code), None, [f"{line}\n" for line in code.split("\n")], file)
        try:
            exec(compile(code, file, "exec"), names)
        except BaseException as error:
            return error
    raise AssertionError


def _cell_at(file: str) -> int | None:
    return int(file[6:-1]) if file.startswith("<cell ") else None


NOTEBOOK = Notebook(inputs=CELLS, cell_at=_cell_at)


def test_a_failure_is_told_with_its_cells_and_its_traceback() -> None:
    prompt = failure_prompt(_run(1, 2), NOTEBOOK)

    assert prompt.startswith("A cell of my Python notebook failed with ZeroDivisionError.")
    assert "In[2]:\n\n```python\ntotal = half(0)\n```" in prompt
    assert "In[1]:\n\n```python\ndef half(n):\n    return 1 / n\n```" in prompt
    assert prompt.index("In[2]:") < prompt.index("In[1]:")
    assert prompt.endswith("how do I fix it? Give the corrected cell.")


def test_the_traceback_names_cells_and_leaves_out_what_runs_them() -> None:
    text = traceback_text(_run(1, 2), NOTEBOOK)

    assert text.splitlines()[:2] == [
        "Traceback (most recent call last):",
        '  File "In[2]", line 1, in <module>',
    ]
    assert 'File "In[1]", line 2, in half' in text
    assert "    return 1 / n" in text
    assert "test_failures" not in text
    assert text.endswith("ZeroDivisionError: division by zero")


def test_a_cause_is_told_too() -> None:
    text = traceback_text(_run(1, 3), NOTEBOOK)

    assert "direct cause of the following exception" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "test_failures" not in text
    assert text.endswith("KeyError: 'k'")


@pytest.mark.skipif(not hasattr(builtins, "ExceptionGroup"), reason="Python 3.10 has no groups")
def test_every_exception_of_a_group_is_told() -> None:
    text = traceback_text(_run(5), NOTEBOOK)

    assert "ValueError: a" in text
    assert "TypeError: b" in text


def test_our_own_frames_are_left_out() -> None:
    from qwq_magic.magics.options import parse_options

    with pytest.raises(Exception) as caught:  # noqa: PT011
        parse_options("--nope")

    text = traceback_text(caught.value, NOTEBOOK)

    assert "options.py" in "".join(traceback.format_exception(caught.value))
    assert "options.py" not in text
    assert "test_failures.py" in text


def test_a_syntax_error_is_told_with_its_cell() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("x = = 1", "<cell 2>", "exec")

    prompt = failure_prompt(caught.value, NOTEBOOK)

    assert 'File "In[2]", line 1' in prompt
    assert "test_failures" not in prompt
    assert "In[2]:\n\n```python\ntotal = half(0)\n```" in prompt


def test_an_endless_message_is_cut() -> None:
    text = traceback_text(_run(4), NOTEBOOK)

    assert "more characters)" in text
    assert len(text) < 1_500
    assert len(cut_middle("x" * 100_000)) < 12_100


def test_the_users_own_words_come_last_and_fences_hold() -> None:
    cells = ["", 'raise ValueError("""\n```\nx\n```""")']

    prompt = failure_prompt(
        _run(1, 2), Notebook(inputs=[*cells, cells[1]], cell_at=_cell_at), "Why?"
    )

    assert prompt.endswith("\n\nWhy?")
    assert "````python\nraise ValueError" in prompt
