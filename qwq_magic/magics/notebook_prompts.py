"""Prompts that use the running notebook: `--template`, `--blocks` and `%qwq_fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.magics.options import CellOptions

if TYPE_CHECKING:
    from qwq_magic.prompts.notebook import Notebook


def notebook_of(shell: InteractiveShell) -> Notebook:
    """Return the shell's variables and cells, as templates and tracebacks use them."""
    from qwq_magic.prompts.notebook import Notebook

    history = shell.history_manager

    def cell_at(file: str) -> int | None:
        # IPython names the code of a cell `("Cell", "In[3]")`, and returns None for other files.
        named = shell.compile.format_code_name(file)
        digits = named[1].removeprefix("In[").removesuffix("]") if named else ""
        return int(digits) if digits.isdecimal() else None

    return Notebook(
        names=shell.user_ns,
        inputs=history.input_hist_raw if history else ("",),
        code=history.input_hist_parsed if history else ("",),
        cell_at=cell_at,
    )


def expanded(text: str, options: CellOptions, shell: InteractiveShell) -> str:
    """Return the text, expanded if the options make it a template.

    Raises:
        ConfigurationError: the template is invalid.
    """
    # The template of a table is filled in for each row.
    if options.over is not None or not (options.template or options.blocks):
        return text
    from qwq_magic.prompts.templates import expand_template  # Jinja is slow to import.

    return expand_template(text, notebook_of(shell), with_blocks=options.blocks)
