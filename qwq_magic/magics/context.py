"""The state that the magics of one notebook share.

Every magic gets this one object, so none of them depends on another. It is also the host of
chats, which send prompts without a cell: see `display.live.chat_host`.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.display.text.encoding import encodable_bundle
from qwq_magic.errors import FileError
from qwq_magic.magics.background import Background
from qwq_magic.magics.cell_log import CellLog
from qwq_magic.magics.notebook_store import NotebookStore
from qwq_magic.magics.project_address import ProjectAddress, foreign_address
from qwq_magic.magics.traits import SettingTraits
from qwq_magic.memory import TurnPosition
from qwq_magic.session import Session
from qwq_magic.settings.layers import Chosen, Layer, stacked
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.magics.label_book import LabelBook


class NotebookContext:
    """One notebook: its shell, its settings, its session and its cells.

    Attributes:
        shell: the IPython shell.
        settings: the traits that `%config QwqMagics` sets.
        session: sends the prompts and holds the conversations.
        cells: which cell created which turn.
        jobs: the prompts in the background.
        store: keeps the conversations in the file of the setting `store`, if there is one.
    """

    def __init__(self, shell: InteractiveShell, settings: SettingTraits) -> None:
        self.shell = shell
        self.settings = settings
        self.session = Session(conversation=settings.conversation)
        self.cells = CellLog(shell)
        self.jobs = Background(shell)
        self.store = NotebookStore(settings.folder)
        # The turn of the latest prompt in the foreground; None until it has ended.
        self.asked: Turn | None = None
        # The latest batch that Python code has shown, and the request of its cell.
        self.shown_batch: tuple[object, str | None] = None, None
        self._project_address = ProjectAddress()
        # `%config`, variables and projects all set the trait, so the session follows the trait.
        settings.observe(self._switch_conversation, "conversation")

    @cached_property
    def labels(self) -> LabelBook:
        """The hand labels of this notebook."""
        from qwq_magic.magics.label_book import LabelBook  # Keeps %load_ext fast.

        return LabelBook(self.store)

    def _switch_conversation(self, change: dict[str, str]) -> None:
        self.session.conversation = change["new"]

    def apply_settings(self) -> None:
        """Apply the current settings to the session.

        Keys are not settings in this sense: they are in the session already.

        Raises:
            ConfigurationError: a setting has an invalid value.
        """
        settings, session = self.settings, self.session
        session.project = settings.project_settings()
        session.choices = stacked(settings.own_layer())
        settings.fill_in(session.project)
        session.runner = settings.runner
        session.store = self.store.address(settings.store)

    def effective_settings(self, *above: Layer) -> Layer:
        """Return the settings in effect with their sources; defaults are left out."""
        return self.settings.effective_settings(self.session.project, *above)

    def foreign_address(self) -> Chosen | None:
        """Return the base URL if only the project's file sets it."""
        return foreign_address(self.effective_settings(), self.session.project)

    def new_address(self) -> str:
        """Return a warning before the first prompt to such an address, otherwise ""."""
        return self._project_address.line(self.effective_settings(), self.session.project)

    def prepare(self) -> str:
        """Apply the settings before a prompt from a chat; return a line to show or ""."""
        self.apply_settings()
        return self.new_address()

    def turn_ended(self, turn: Turn) -> None:
        """Bind and save a turn that no cell waited for; any thread may call this."""
        self.shell.user_ns["_qwq"] = turn
        # Not printed here, since this is the thread of a pump.
        self.jobs.print_later(self.saved(turn))

    def bundle_of(self, turn: Turn, *, place: TurnPosition | None = None) -> dict[str, object]:
        """Return the MIME bundle that shows the turn as the value of a cell."""
        from qwq_magic.display.saved.bundle import final_bundle  # Keeps %load_ext fast.

        place = place or self.session.conversations.place_of(turn)
        bundle = final_bundle(
            turn,
            place=place,
            show=self.settings.show,
            start=self.settings.start,
            attempts=self.session.conversations.attempts_of(turn),
        )
        return encodable_bundle(bundle, sys.stdout)

    def turn_numbers(self, words: list[str]) -> list[str]:
        """Return the numbers of the turns that a line may name, the latest one first."""
        from qwq_magic.magics.completion import value_in  # Keeps %load_ext fast.

        name = value_in(words, "conversation") or self.settings.conversation
        conversations = self.session.conversations
        turns = conversations[name].turns if name in conversations else ()
        return [str(number) for number in range(len(turns), 0, -1)]

    def save_now(self) -> None:
        """Update the store; print a failure to stderr."""
        if line := self.saved():
            sys.stderr.write(f"{line}\n")

    def saved(self, *ended: Turn) -> str:
        """Update the store, also with turns that have just ended.

        Returns:
            A failure in one line for the user, or "".
        """
        file = self.settings.store
        if not file:
            self.store.close()
            return ""
        try:
            self.store.save(self.session.conversations, file, *ended)
        except FileError as error:
            # Returned, not raised: a full disk must not fail the cell of a finished turn.
            return f"Not saved in the store, and kept in memory: {error}"
        return ""
