"""`%qwq_chat`: a chat in the cell's output that shares its conversations with the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import current_request, is_kernel
from qwq_magic.magics.options import CellOptions, parse_options

if TYPE_CHECKING:
    from qwq_magic.display.live.chat import ChatWidget


@magics_class
class ChatMagics(Magics):
    """The chat command; each cell has at most one chat."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._by_cell: dict[str, ChatWidget] = {}

    @no_var_expand
    @line_magic
    def qwq_chat(self, line: str) -> None:
        """Open a chat in the cell's output: `%qwq_chat [-c NAME]`.

        Enter sends the prompt, Shift-Enter starts a new line. The chat works while no cell is
        running. It continues the current conversation, or conversation NAME, which is created
        if it does not exist. `ChatWidget(session)` does the same in Python.
        """
        if not is_kernel(self._context.shell):
            raise UsageError("A chat needs a notebook. In a terminal, use %qwq.")
        # Importing anywidget takes 160 ms, which `%load_ext` must not wait for.
        from qwq_magic.display.live.chat import ChatWidget

        request = current_request(self._context.shell)
        try:
            self._context.apply_settings()
            chat = ChatWidget(self._context.session, _conversation(line))
        except ConfigurationError as error:
            raise UsageError(str(error)) from None
        if request.cell_id is not None:
            previous = self._by_cell.get(request.cell_id)
            self._by_cell[request.cell_id] = chat
            if previous is not None:
                # Closed only now: a line with an error leaves the cell's earlier chat as it is.
                previous.close()
        display(chat)  # type: ignore[no-untyped-call]  # IPython has no types


def _conversation(line: str) -> str | None:
    options, rest = parse_options(line)
    if rest or options != CellOptions(conversation=options.conversation):
        raise ConfigurationError(
            "%qwq_chat accepts only -c NAME. Type the prompt in the chat's input box."
        )
    return options.conversation
