"""`%qwq_fix`: ask about the notebook's last exception.

Cells are watched, since IPython remembers as the last exception also what is no
failure of the user's code: a magic that was mistyped, say.
"""

from __future__ import annotations

import sys

from IPython.core.error import UsageError
from IPython.core.interactiveshell import ExecutionResult
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.magics.cell_ask import CellAsk
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.notebook_prompts import expanded, notebook_of
from qwq_magic.magics.options import CellOptions


@magics_class
class FixMagics(Magics):
    """Questions about failures."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._shell = context.shell
        self._cell_ask = CellAsk(context)
        self._last: BaseException | None = None
        context.shell.events.register("post_run_cell", self._watch)

    def _watch(self, result: ExecutionResult) -> None:
        error = result.error_before_exec or result.error_in_exec
        if _is_failure(error):
            self._last = error

    @no_var_expand
    @line_magic
    def qwq_fix(self, line: str) -> None:
        """Ask about the last exception: `%qwq_fix [options] [words of your own]`.

        The failing cell and the traceback are sent. The options are those of `%%qwq`;
        `--code` puts the corrected code into the next cell.
        """
        self._cell_ask.ask(line, self._compose)

    def _compose(self, options: CellOptions, words: str) -> str:
        from qwq_magic.prompts.failures import failure_prompt  # %load_ext is quick

        error = self._last or _last_shown()
        if error is None:
            raise ConfigurationError(
                "No cell has failed here yet. Run the one that does, and %qwq_fix after it."
            )
        words = expanded(words, options, self._shell)
        return without_lookalikes(failure_prompt(error, notebook_of(self._shell), words))


def _last_shown() -> BaseException | None:
    """What failed before the extension was loaded."""
    error: BaseException | None = getattr(sys, "last_value", None)
    return error if _is_failure(error) else None


def _is_failure(error: BaseException | None) -> bool:
    """Is it one of the user's code? An interrupt and an exit are what the user wanted."""
    return isinstance(error, Exception) and not isinstance(error, UsageError)
