"""A prompt about an exception: the cells it passed through, the traceback, and a question."""

from __future__ import annotations

import re

from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.tracebacks import cells_of, cut_middle, traceback_text

_QUESTION = "What went wrong, and how do I fix it? Give the corrected cell."
_MAX_CELLS = 4
_FENCES = re.compile(r"^\s*(`{3,})", re.MULTILINE)


def failure_prompt(error: BaseException, notebook: Notebook, words: str = "") -> str:
    """Return a prompt about `error`; `words` replaces the default question."""
    numbers = [n for n in cells_of(error, notebook) if n < len(notebook.inputs)]
    # The outermost cell is the one that the user ran; the last ones are closest to the error.
    shown = numbers if len(numbers) <= _MAX_CELLS else [numbers[0], *numbers[1 - _MAX_CELLS :]]
    parts = [f"A cell of my Python notebook failed with {type(error).__name__}."]
    parts += (f"In[{n}]:\n\n{_fenced(notebook.inputs[n], 'python')}" for n in shown)
    parts.append(f"The traceback:\n\n{_fenced(traceback_text(error, notebook), 'text')}")
    parts.append(words.strip() or _QUESTION)
    return "\n\n".join(parts)


def _fenced(text: str, language: str) -> str:
    """Return the text in a fence longer than any fence inside it."""
    longest = max((len(fence) for fence in _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    body = cut_middle(text.rstrip("\n"))
    return f"{fence}{language}\n{body}\n{fence}"
