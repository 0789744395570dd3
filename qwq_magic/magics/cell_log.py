"""The cells that ran in this kernel, and the turns each created in its latest run.

The notebook is the conversation: if a turn's cell has run again without creating it, or
has not run in this kernel, the turn is orphaned. Front ends do not report deleted cells to
the kernel, so orphaned turns are only marked, and removed on request.
"""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from qwq_magic.magics.front_end import Request, current_request
from qwq_magic.turns import Turn


class CellLog:
    """Records every cell that runs and every turn that a cell creates."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        # Cell ID: its latest execution and, once that has ended, its execution count.
        self._executions: dict[str, tuple[str | None, int | None]] = {}
        # Turn ID: the cell and the execution that created it.
        self._created_by: dict[str, tuple[str, str | None]] = {}
        # Turn ID: the cell and its latest execution that created or kept the turn.
        self._kept_by: dict[str, tuple[str, str | None]] = {}
        self._prompt_count = 0
        self._current_id: str | None = None
        shell.events.register("pre_run_cell", self._on_start)
        shell.events.register("post_run_cell", self._on_end)

    def _on_start(self, _info: Any = None) -> None:
        request = current_request(self._shell)
        # Without a kernel every execution has the ID None, so none counts as nested.
        if request.id is not None and request.id == self._current_id:
            return  # A nested cell: user code called `run_cell`.
        self._current_id = request.id
        if request.cell_id is not None:
            self._executions[request.cell_id] = request.id, None
        self._prompt_count = 0

    def _on_end(self, result: ExecutionResult) -> None:
        # The count comes from the result, since the shell may increment its own counter
        # before or after the cell runs.
        request = current_request(self._shell)
        if request.cell_id is not None:
            self._executions[request.cell_id] = request.id, result.execution_count

    def next_cell_key(self, request: Request) -> str | None:
        """Return the key of the cell's next prompt; None if the front end sends no cell IDs.

        The key is the cell's ID, with `#2`, `#3`, … for further prompts in the same cell.
        """
        if request.cell_id is None:
            return None
        if self._executions.get(request.cell_id, (None, None))[0] != request.id:
            # The cell that loads the extension started before the events were registered.
            self._on_start()
        self._prompt_count += 1
        if self._prompt_count == 1:
            return request.cell_id
        return f"{request.cell_id}#{self._prompt_count}"

    def add(self, turn_id: str, request: Request) -> None:
        """Record that the running cell created the turn."""
        if request.cell_id is not None:
            self._created_by[turn_id] = request.cell_id, request.id
        self.keep(turn_id, request)

    def keep(self, turn_id: str, request: Request) -> None:
        """Record that the turn still belongs to the running cell, which did not create it."""
        if request.cell_id is not None:
            self._kept_by[turn_id] = request.cell_id, request.id

    def is_orphaned(self, turn: Turn) -> bool:
        """Whether no cell of this kernel created or kept the turn in its latest run.

        A turn that no cell created, such as one from a chat, is never orphaned.
        """
        if turn.cell_id is None:
            return False
        if turn.id not in self._kept_by:
            return True
        cell_id, execution = self._kept_by[turn.id]
        # Never missing: `next_cell_key` records the cell before any of its turns is kept.
        return self._executions[cell_id][0] != execution

    def bracket_of(self, turn: Turn) -> str:
        """Return the label beside the turn's cell, such as `[5]`; "" if it is not known."""
        cell_id, execution = self._created_by.get(turn.id, ("", None))
        latest, count = self._executions.get(cell_id, (None, None))
        # After a re-run, the number beside the cell is not the one it had when it made the turn.
        return f"[{count}]" if count and latest == execution else ""
