"""Prompts made of the running notebook: `--template`, and `%qwq_fix` in `fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.magics.options import CellOptions

if TYPE_CHECKING:
    from qwq_magic.prompts.notebook import Notebook


def notebook_of(shell: InteractiveShell) -> Notebook:
    """The notebook as it stands."""
    from qwq_magic.prompts.notebook import Notebook

    history = shell.history_manager

    def cell_at(file: str) -> int | None:
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
    """The text, as a template where the options say that it is one.

    Raises:
        ConfigurationError: it cannot be expanded.
    """
    if not (options.template or options.blocks):
        return text
    from qwq_magic.prompts.templates import expand_template  # most prompts are no templates

    return expand_template(text, notebook_of(shell), with_blocks=options.blocks)
