"""What the magics of one notebook share.

Every command gets this one object, so none of them has to know another. It also stands in
for the notebook where something asks without a cell: see `display.live.chat_host`.
"""

from __future__ import annotations

import sys

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.errors import FileError
from qwq_magic.magics.autosave import Autosave
from qwq_magic.magics.background import Background
from qwq_magic.magics.cell_log import CellLog
from qwq_magic.magics.project_address import ProjectAddress, foreign_address
from qwq_magic.magics.traits import SettingTraits
from qwq_magic.memory import Place
from qwq_magic.session import Session
from qwq_magic.settings.layers import Chosen, Layer, stacked
from qwq_magic.turns import Turn


class NotebookContext:
    """One notebook: its shell, its settings, and what is kept about its cells.

    Attributes:
        shell: the IPython shell.
        settings: the traits that `%config QwqMagics` sets.
        session: asks, and holds the conversations.
        cells: which cell asked which turn.
        jobs: asks in the background.
        store: the file that holds the conversations, where one is configured.
    """

    def __init__(self, shell: InteractiveShell, settings: SettingTraits) -> None:
        self.shell = shell
        self.settings = settings
        self.session = Session(conversation=settings.conversation)
        self.cells = CellLog(shell)
        self.jobs = Background(shell)
        self.store = Autosave(settings.folder)
        self._project_address = ProjectAddress()
        settings.observe(self._switch_conversation, "conversation")

    def _switch_conversation(self, change: dict[str, str]) -> None:
        self.session.conversation = change["new"]

    def apply_settings(self) -> None:
        """Let the session use what is configured now; it has the keys already.

        Raises:
            ConfigurationError: a setting has a value that is not allowed.
        """
        settings, session = self.settings, self.session
        session.project = settings.project_settings()
        session.choices = stacked(settings.own_layer())
        settings.fill_in(session.project)
        session.runner = settings.runner

    def effective_settings(self, *above: Layer) -> Layer:
        """The settings in effect, each with its source; defaults are left out."""
        return self.settings.effective_settings(self.session.project, *above)

    def foreign_address(self) -> Chosen | None:
        """The base URL, if only the project's file has chosen it."""
        return foreign_address(self.effective_settings(), self.session.project)

    def new_address(self) -> str:
        """A line for the first prompt that goes to such an address, else ""."""
        return self._project_address.line(self.effective_settings(), self.session.project)

    def prepare(self) -> str:
        """Before an ask that no cell makes: apply the settings; returns a line to show."""
        self.apply_settings()
        return self.new_address()

    def turn_ended(self, turn: Turn) -> None:
        """After a turn that no cell waited for; any thread may call this."""
        self.shell.user_ns["_qwq"] = turn
        self.jobs.say_later(self.saved())

    def bundle_of(self, turn: Turn, *, place: Place | None = None) -> dict[str, object]:
        """A turn as the value of a cell: the output it had."""
        from qwq_magic.display.saved.bundle import final_bundle  # %load_ext is quick

        place = place or self.session.conversations.place_of(turn)
        return final_bundle(turn, place=place, show=self.settings.show, start=self.settings.start)

    def save_now(self) -> None:
        """Bring the store up to date; a failure is one line."""
        if line := self.saved():
            sys.stderr.write(f"{line}\n")

    def saved(self) -> str:
        """The same, and the line for the reader is returned, mostly ""."""
        file = self.settings.autosave
        if not file:
            return ""
        try:
            return self.store.save(self.session.conversations, file)
        except FileError as error:
            return f"Not saved: {error}"
