"""`%%qwq` and `%qwq`: ask in a cell, and show each event of the stream as it comes."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import line_cell_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.magics.autosave import Autosave
from qwq_magic.magics.background import Background
from qwq_magic.magics.cell_ask import CellAsk
from qwq_magic.magics.cell_log import CellLog
from qwq_magic.magics.notebook_prompts import expanded
from qwq_magic.magics.options import describe_options
from qwq_magic.magics.project_address import ProjectAddress
from qwq_magic.magics.traits import SettingTraits
from qwq_magic.memory import Place
from qwq_magic.session import Session
from qwq_magic.settings.layers import stacked
from qwq_magic.turns import Turn

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
        self._shell = shell
        self.session = Session(conversation=self.conversation)
        self.observe(self._go_on_with, "conversation")
        self.cells = CellLog(shell)
        self.background = Background(shell)
        self.cell_ask = CellAsk(shell, self)
        self.autosaver = Autosave(self.folder)
        self.project_address = ProjectAddress()
        with suppress(ConfigurationError):
            # What is wrong is said when something is asked: loading is to succeed.
            self.apply_settings()

    @no_var_expand
    @line_cell_magic
    def qwq(self, line: str, cell: str | None = None) -> None:
        self.cell_ask.ask(
            line, lambda options, rest: expanded(_prompt(rest, cell), options, self._shell)
        )

    qwq.__doc__ = _HELP

    def bundle_of(self, turn: Turn, *, place: Place | None = None) -> dict[str, object]:
        """A turn as the value of a cell: the output it had."""
        from qwq_magic.display.saved.bundle import final_bundle

        place = place or self.session.conversations.place_of(turn)
        return final_bundle(turn, place=place, show=self.show, start=self.start)

    def autosave_now(self) -> None:
        """Bring the autosave file up to date, if there is one; a failure is one line."""
        if said := self.autosaved():
            sys.stderr.write(f"{said}\n")

    def autosaved(self) -> str:
        """The same, and the line for the reader is returned, mostly ""."""
        if not self.autosave:
            return ""
        try:
            return self.autosaver.save(self.session.conversations, self.autosave)
        except FileError as error:
            return f"Not saved: {error}"

    def _go_on_with(self, change: Any) -> None:
        self.session.conversation = change["new"]

    def prepare(self) -> str:
        """Before an ask that no cell makes: apply what is configured; returns a line to show."""
        self.apply_settings()
        return self.new_address()

    def new_address(self) -> str:
        """A line where prompts are about to go somewhere that the reader did not choose."""
        project = self.session.project
        return self.project_address.line(self.effective_settings(project), project)

    def turn_ended(self, turn: Turn) -> None:
        """After a turn that no cell waited for; any thread may call this."""
        self._shell.user_ns["_qwq"] = turn
        self.background.say_later(self.autosaved())

    def apply_settings(self) -> None:
        """Let the session go by what is configured now; keys it has already."""
        self.session.project = self.project_settings()
        self.session.choices = stacked(self.own_layer())
        self.fill_in(self.session.project)
        self.session.runner = self.runner


def _prompt(rest: str, cell: str | None) -> str:
    """The prompt, verbatim; text on the option line of a cell is its beginning."""
    if cell is None:
        return rest
    # IPython ends every cell with a newline that nobody typed.
    body = cell.removesuffix("\n")
    return "\n".join(text for text in (rest, body) if text.strip()) or body
