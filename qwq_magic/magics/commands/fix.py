"""`%qwq_fix`: ask the model about the notebook's last exception.

The exception is recorded after each cell rather than taken from IPython, whose last exception
may not be a failure of the user's code, such as the usage error of a mistyped magic.
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
    """The fix command."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._shell = context.shell
        self._cell_ask = CellAsk(context)
        self._last: BaseException | None = None
        context.shell.events.register("post_run_cell", self._watch)

    def _watch(self, result: ExecutionResult) -> None:
        # A syntax error is reported as one from before the execution.
        error = result.error_before_exec or result.error_in_exec
        if _is_failure(error):
            self._last = error

    @no_var_expand
    @line_magic
    def qwq_fix(self, line: str) -> None:
        """Ask the model about the last exception: `%qwq_fix [options] [QUESTION]`.

        The failing cell and the traceback are sent. The options are those of `%%qwq`; with
        `--code`, the corrected code is put into the next cell.
        """
        self._cell_ask.ask(line, self._compose)

    def _compose(self, options: CellOptions, words: str) -> str:
        from qwq_magic.prompts.failures import failure_prompt  # Keeps %load_ext fast.

        error = self._last or _last_before_loading()
        if error is None:
            raise ConfigurationError(
                "No cell has failed in this kernel yet. Run the failing cell, then %qwq_fix."
            )
        words = expanded(words, options, self._shell)
        # The traceback quotes code and messages, which may contain a key.
        return without_lookalikes(failure_prompt(error, notebook_of(self._shell), words))


def _last_before_loading() -> BaseException | None:
    """Return the last exception of cells that ran before the extension was loaded."""
    # IPython sets it with every traceback that it shows.
    error: BaseException | None = getattr(sys, "last_value", None)
    return error if _is_failure(error) else None


def _is_failure(error: BaseException | None) -> bool:
    """Whether the user's code failed; an interrupt and `SystemExit` are intentional."""
    return isinstance(error, Exception) and not isinstance(error, UsageError)
