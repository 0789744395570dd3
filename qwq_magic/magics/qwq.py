"""`%%qwq` and `%qwq`: ask in a cell, and show each event of the stream as it comes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import line_cell_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.cell_ask import CellAsk
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.notebook_prompts import expanded
from qwq_magic.magics.options import describe_options
from qwq_magic.magics.traits import SettingTraits

_HELP = f"""Ask a reasoning model: `%qwq [options] PROMPT`, or a cell

    %%qwq [options]
    PROMPT

The prompt is sent verbatim. Reasoning and answer appear as they come; the turn is
`_qwq` when they have. A cell that runs again replaces its turn.

Options:
{describe_options()}
"""


@magics_class
class QwqMagics(SettingTraits):
    """Ask a reasoning model. A setting here holds for all cells that do not say otherwise.

    What is not set here comes from `QWQ_*` variables (`QWQ_MODEL`, `QWQ_SHOW`, …), or else
    from `[tool.qwq_magic]` in a pyproject.toml; `%qwq_doctor` shows all, and where each stood.
    """

    def __init__(self, shell: InteractiveShell, **traits: Any) -> None:
        super().__init__(shell, **traits)
        self.context = NotebookContext(shell, self)
        self._cell_ask = CellAsk(self.context)
        with suppress(ConfigurationError):
            # Loading succeeds all the same: the first ask reports what is wrong.
            self.context.apply_settings()

    @no_var_expand
    @line_cell_magic
    def qwq(self, line: str, cell: str | None = None) -> None:
        self._cell_ask.ask(
            line, lambda options, rest: expanded(_prompt(rest, cell), options, self.context.shell)
        )

    qwq.__doc__ = _HELP


def _prompt(rest: str, cell: str | None) -> str:
    """The prompt, verbatim; text on the option line of a cell is its beginning."""
    if cell is None:
        return rest
    # IPython ends every cell with a newline that nobody typed.
    body = cell.removesuffix("\n")
    return "\n".join(text for text in (rest, body) if text.strip()) or body
