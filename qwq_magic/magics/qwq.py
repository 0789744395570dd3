"""`%%qwq` and `%qwq`: send a prompt from a cell and stream the reply into its output.

The class is named `QwqMagics` because `%config` and configuration files use the name of the
class that has the traits.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import line_cell_magic, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.cell_ask import CellAsk
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.notebook_prompts import expanded
from qwq_magic.magics.options import describe_options, parse_options
from qwq_magic.magics.traits import SettingTraits
from qwq_magic.turns import Turn

_HELP = f"""Send a prompt to a reasoning model: `%qwq [options] PROMPT`, or a cell

    %%qwq [options]
    PROMPT

The prompt is sent verbatim. Reasoning and answer are shown while they stream; the finished
turn is bound to `_qwq`. Running a cell again replaces its turn.

Options:
{describe_options()}
"""


@magics_class
class QwqMagics(SettingTraits):
    """Send prompts to a reasoning model. These settings apply to all cells; options override them.

    Settings that are not set here come from `QWQ_*` variables (`QWQ_MODEL`, `QWQ_SHOW`, …) or
    from `[tool.qwq_magic]` in a pyproject.toml. `%qwq_doctor` shows every setting and its source.
    """

    def __init__(self, shell: InteractiveShell, **traits: Any) -> None:
        super().__init__(shell, **traits)
        self.context = NotebookContext(shell, self)
        self._cell_ask = CellAsk(self.context)
        with suppress(ConfigurationError):
            # An invalid setting must not prevent loading; the first prompt reports it.
            self.context.apply_settings()

    # IPython would expand `$name` and `{…}` in the line, which for `%qwq` is the prompt.
    @no_var_expand
    @line_cell_magic
    def qwq(self, line: str, cell: str | None = None) -> None:
        self._cell_ask.ask(
            line, lambda options, rest: expanded(_prompt(rest, cell), options, self.context.shell)
        )

    # An f-string cannot be a docstring.
    qwq.__doc__ = _HELP

    @no_var_expand
    @line_magic
    def qwq_turn(self, line: str) -> Turn | None:
        """Run `qwq PROMPT` or `qwq_fix PROMPT`, and return the turn.

        `x = %qwq PROMPT` calls it; with --dry-run there is no turn, and x is None.
        """
        name, _, rest = line.partition(" ")
        with suppress(ConfigurationError):  # Reported by the magic itself.
            if parse_options(rest)[0].background:
                raise UsageError(
                    "--background returns before there is a turn to assign. Use -o NAME instead."
                )
        self.context.asked = None
        self.context.shell.run_line_magic(name, rest)
        return self.context.asked


def _prompt(rest: str, cell: str | None) -> str:
    """Return the prompt verbatim; text after the options on a cell's first line starts it."""
    if cell is None:
        return rest
    # IPython adds a newline to the end of every cell.
    body = cell.removesuffix("\n")
    return "\n".join(text for text in (rest, body) if text.strip()) or body
