"""`%qwq_answer` and `%qwq_continue`: answer from the reasoning of a turn, or let it go on."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.cell_ask import CellAsk
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.options import CellOptions
from qwq_magic.magics.turn_names import TurnNames
from qwq_magic.steering import Act, answer_from, go_on_from
from qwq_magic.turns import Turn


@magics_class
class SteerMagics(Magics):
    """The commands that go on from a turn."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._cell_ask = CellAsk(context)
        self._names = TurnNames(context)

    @no_var_expand
    @line_magic
    def qwq_answer(self, line: str) -> None:
        """Answer from the reasoning of a turn: `%qwq_answer [options] [TURN]`.

        For a turn that was stopped or cut, that loops, or whose thinking took all tokens. TURN is
        a number from %qwq_memory, a number and an attempt such as 3.1, or a variable that holds
        a turn; the default is the last turn. The options are those of `%%qwq`.
        """
        self._act(line, answer_from)

    @no_var_expand
    @line_magic
    def qwq_continue(self, line: str) -> None:
        """Continue a turn where it ended: `%qwq_continue [options] [TURN]`.

        For a turn that was stopped, broke off, or was cut by a limit. See `%qwq_answer`.
        """
        self._act(line, go_on_from)

    def _act(self, line: str, act: Callable[[Turn], Act]) -> None:
        def make(options: CellOptions, name: str, cell_key: str | None) -> Act:
            return act(self._names.turn(name, options.conversation, cell_key=cell_key))

        self._cell_ask.ask(line, _name, make)


def _name(options: CellOptions, rest: str) -> str:
    if options.source is not None:
        raise ConfigurationError("--from is an option of %%qwq. Use %%qwq --from TURN:STEP.")
    if len(rest.split()) > 1:
        raise ConfigurationError(f"{rest.strip()!r} is not one turn. Use a number, such as 3.")
    return rest.strip()
