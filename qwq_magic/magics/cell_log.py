"""Which cells ran in this kernel, and what each asked when it last ran.

The notebook is the conversation: a turn whose cell has since run without asking it,
or has not run here at all, no longer stands in a cell. That a cell was deleted no
kernel is told, so such a turn is only marked, and removed on request.
"""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from qwq_magic.magics.front_end import Request, current_request
from qwq_magic.turns import Turn


class CellLog:
    """Told of every cell that runs, and of every turn that one asks."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        # Of each cell, its latest execution and, when that has ended, the number in its brackets.
        self._executions: dict[str, tuple[str | None, int | None]] = {}
        # Of each turn, the cell and the execution that asked it.
        self._askings: dict[str, tuple[str, str | None]] = {}
        # Of each turn, the cell and its latest execution that did not leave the turn behind.
        self._standing: dict[str, tuple[str, str | None]] = {}
        self._asked = 0
        self._entered: str | None = None
        shell.events.register("pre_run_cell", self._enter)
        shell.events.register("post_run_cell", self._leave)

    def _enter(self, _info: Any = None) -> None:
        request = current_request(self._shell)
        if request.id is not None and request.id == self._entered:
            return  # a cell inside the cell: `run_cell`, in the user's code
        self._entered = request.id
        if request.cell_id is not None:
            self._executions[request.cell_id] = request.id, None
        self._asked = 0

    def _leave(self, result: ExecutionResult) -> None:
        # Only the result knows the number: the shell counts on before the cell runs, or after.
        request = current_request(self._shell)
        if request.cell_id is not None:
            self._executions[request.cell_id] = request.id, result.execution_count

    def next_place(self, request: Request) -> str | None:
        """Where the next ask stands in the notebook: its cell, and which of the cell's asks."""
        if request.cell_id is None:
            return None
        if self._executions.get(request.cell_id, (None, None))[0] != request.id:
            # The cell that loads the extension began before anybody listened.
            self._enter()
        self._asked += 1
        return request.cell_id if self._asked == 1 else f"{request.cell_id}#{self._asked}"

    def add(self, turn_id: str, request: Request) -> None:
        """A turn was asked by the cell that runs."""
        if request.cell_id is not None:
            self._askings[turn_id] = request.cell_id, request.id
        self.keep(turn_id, request)

    def keep(self, turn_id: str, request: Request) -> None:
        """The cell that runs does not ask the turn again, and leaves it standing all the same."""
        if request.cell_id is not None:
            self._standing[turn_id] = request.cell_id, request.id

    def is_gone(self, turn: Turn) -> bool:
        """Was the turn asked by a cell that no longer asks it, as far as this kernel saw?"""
        if turn.cell_id is None:
            return False
        if turn.id not in self._standing:
            return True
        cell_id, execution = self._standing[turn.id]
        return self._executions[cell_id][0] != execution

    def bracket_of(self, turn: Turn) -> str:
        """`[5]`, as the notebook shows beside the turn's cell; "" where that is not known."""
        cell_id, execution = self._askings.get(turn.id, ("", None))
        latest, count = self._executions.get(cell_id, (None, None))
        return f"[{count}]" if count and latest == execution else ""
