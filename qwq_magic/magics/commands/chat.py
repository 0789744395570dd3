"""`%qwq_chat`: a chat in the cell's output, with the memory of the cells."""

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
    """Chats, at most one a cell."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._by_cell: dict[str, ChatWidget] = {}

    @no_var_expand
    @line_magic
    def qwq_chat(self, line: str) -> None:
        """Open a chat in the cell's output: `%qwq_chat [-c NAME]`.

        Enter sends, Shift-Enter begins a new line. The chat works while no cell runs, and
        remembers what the cells remember: it opens with the turns of the current
        conversation, or of conversation NAME, which it begins if there is none.
        `ChatWidget(session)` is the same in Python.
        """
        if not is_kernel(self._context.shell):
            raise UsageError("A chat needs a notebook. In a terminal ask with %qwq.")
        from qwq_magic.display.live.chat import ChatWidget

        request = current_request(self._context.shell)
        try:
            self._context.apply_settings()
            chat = ChatWidget(self._context.session, _conversation(line))
        except ConfigurationError as error:
            raise UsageError(str(error)) from None
        if request.cell_id is not None:
            before = self._by_cell.get(request.cell_id)
            self._by_cell[request.cell_id] = chat
            if before is not None:
                before.close()
        display(chat)  # type: ignore[no-untyped-call]  # IPython has no types


def _conversation(line: str) -> str | None:
    options, rest = parse_options(line)
    if rest or options != CellOptions(conversation=options.conversation):
        raise ConfigurationError("Write %qwq_chat [-c NAME], and the prompt in the chat's own box.")
    return options.conversation
