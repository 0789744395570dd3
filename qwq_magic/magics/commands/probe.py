"""`%qwq_probe`: ask for a short answer at places along the reasoning of a turn."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.commands.inspect import show_inspected
from qwq_magic.magics.commands.memory_line import words_of
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.reports import write_line
from qwq_magic.magics.turn_names import TurnNames

# The variable that the latest probes are bound to.
PROBES_NAME = "_qwq_probes"
_STOPPED = "Stopped. Run the cell again to ask for the rest.\n"


# Its errors are ours: argparse would print its usage and end the process.
class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(
            f"%qwq_probe: {message}. Use %qwq_probe [-c NAME] [-n PLACES] [--samples K] "
            "[--dry-run] [TURN]."
        )


def _parser() -> _Parser:
    # IPython shows the docstring as the help, and an abbreviation would hide a misspelling.
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", dest="conversation")
    parser.add_argument("-n", type=int, default=12)
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("turn", nargs="?", default="")
    return parser


@magics_class
class ProbeMagics(Magics):
    """The probe command."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._names = TurnNames(context)

    @no_var_expand
    @line_magic
    def qwq_probe(self, line: str) -> None:
        """Ask what the model would answer at places along a reasoning.

            %qwq_probe [-c NAME] [-n PLACES] [--samples K] [--dry-run] [TURN]

        The reasoning is closed at ends of steps, 12 by default, and the answer is forced in at
        most 16 tokens. The inspector opens with a lane of these answers, and `_qwq_probes` is
        bound to them. --dry-run shows only what it costs. TURN is named as in %qwq_inspect; the
        default is the last turn.
        """
        context = self._context
        try:
            chosen = _parser().parse_args(words_of(line))
            turn = self._names.turn(chosen.turn, chosen.conversation)
            context.apply_settings()
            if chosen.dry_run:
                session = context.session
                write_line(f"{session.probe_cost(turn, n=chosen.n, samples=chosen.samples)}.")
                return
            probes = context.session.probe(turn, n=chosen.n, samples=chosen.samples)
        except QwqError as error:
            # IPython shows a `UsageError` as one line, without a traceback.
            raise UsageError(str(error)) from None
        except KeyboardInterrupt:
            sys.stderr.write(_STOPPED)
            return
        # Bound first, so that a failure to show them does not lose what was paid for.
        context.shell.user_ns[PROBES_NAME] = probes
        for remark in probes.remarks:
            if remark == probes.failure:
                sys.stderr.write(f"{remark}\n")
            else:
                write_line(remark)
        show_inspected(context, lambda: probes, [])
