"""How a batch, its votes, its inspection, and traces show themselves as the value of a cell."""

from __future__ import annotations

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from qwq_magic.display.text.encoding import encodable
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import current_request, detect_live, is_kernel
from qwq_magic.magics.reports import write_line
from qwq_magic.session.batches import show_batches_by

if TYPE_CHECKING:
    from qwq_magic.batch import Batch, Votes
    from qwq_magic.batch.inspection import BatchInspection
    from qwq_magic.display.live.batch_panel import BatchDisplay
    from qwq_magic.memory import TurnPosition
    from qwq_magic.session.batch_run import BatchRun, BatchView
    from qwq_magic.traces import Traces

# The variable that the latest batch of a cell is bound to.
BATCH_NAME = "_qwq_batch"
# The position of a turn in its conversation is searched for; the turns of a table have none.
_MOST_SEARCHED = 64


def install_batches(context: NotebookContext) -> None:
    """Register the displays of batches, votes, inspections of batches, and traces."""
    formatter = context.shell.display_formatter
    if formatter is None:
        return
    # By name, so that registering imports nothing.
    formatter.ipython_display_formatter.for_type_by_name(
        "qwq_magic.batch.batch", "Batch", partial(_show_batch, context)
    )
    formatter.mimebundle_formatter.for_type_by_name(
        "qwq_magic.batch.votes", "Votes", _bundle_of_votes
    )
    formatter.mimebundle_formatter.for_type_by_name(
        "qwq_magic.batch.inspection", "BatchInspection", _bundle_of_inspection
    )
    formatter.mimebundle_formatter.for_type_by_name(
        "qwq_magic.traces.traces", "Traces", _bundle_of_traces
    )
    show_batches_by(partial(_view_in_cell, context))


def _view_in_cell(context: NotebookContext, run: BatchRun) -> BatchView | None:
    """Show a batch that Python code in a cell waits for; other threads have no cell."""
    if threading.current_thread() is not threading.main_thread():
        return None
    from qwq_magic.display.live.batch_panel import batch_panel_for

    if run.notice:
        # Before the panel opens, and so before the first request.
        write_line(run.notice)
    live = detect_live(context.shell, current_request(context.shell))
    panel = batch_panel_for(
        live, run.progress, actions={"stop": run.stop}, is_rich=is_kernel(context.shell)
    )
    return _StudyInCell(panel) if run.is_study else _ViewInCell(context, panel)


class _ViewInCell:
    """The panel of a batch that Python code waits for."""

    def __init__(self, context: NotebookContext, panel: BatchDisplay) -> None:
        self._context = context
        self._panel = panel
        self.open, self.tick, self.abandon = panel.open, panel.tick, panel.abandon

    def finish(self, batch: Batch) -> None:
        self._context.shown_batch = batch, current_request(self._context.shell).id
        self._panel.finish(batch, places=places_of(self._context, batch))


class _StudyInCell:
    """The panel of a study, which disappears at its end: its result is a value of its own."""

    def __init__(self, panel: BatchDisplay) -> None:
        self.open, self.tick, self.abandon = panel.open, panel.tick, panel.abandon

    def finish(self, batch: Batch) -> None:
        known = sum(sample.is_reused for sample in batch.samples)
        reused = f", {known:,} of them known before" if known else ""
        line = f"{len(batch):,} replies{reused}, in {batch.elapsed_s:.1f} s."
        # The panel that showed these is gone.
        self.abandon(" ".join(filter(None, (line, batch.ending, batch.warning))))


def places_of(context: NotebookContext, batch: Batch) -> list[TurnPosition | None]:
    """Return the position of each turn in its conversation; those of a table have none."""
    if len(batch.rows) > 1 or len(batch) > _MOST_SEARCHED:
        return [None] * len(batch)
    return [context.session.conversations.place_of(turn) for turn in batch]


def _bundle_of_votes(votes: Votes, **_options: Any) -> dict[str, Any]:
    from qwq_magic.display.saved.votes import votes_bundle

    return votes_bundle(votes)


def _bundle_of_inspection(inspection: BatchInspection, **_options: Any) -> dict[str, Any]:
    from qwq_magic.display.saved.batch_inspection import batch_inspection_bundle

    return batch_inspection_bundle(inspection)


def _bundle_of_traces(traces: Traces, **_options: Any) -> dict[str, Any]:
    from qwq_magic.display.saved.traces import traces_bundle

    return traces_bundle(traces)


def _show_batch(context: NotebookContext, batch: Batch) -> None:
    from qwq_magic.display.saved.batch import batch_bundle

    shown, request_id = context.shown_batch
    if shown is batch and request_id == current_request(context.shell).id:
        # The same cell has shown it while it ran.
        write_line(repr(batch))
        return
    places = places_of(context, batch)
    make = partial(batch_bundle, batch, name=_name_of(context, batch), places=places)
    if not is_kernel(context.shell):
        write_line(encodable(str(make()["text/plain"]), sys.stdout))
        return
    from qwq_magic.display.saved.pane import show_saved

    live = detect_live(context.shell, current_request(context.shell))
    show_saved(make, with_widgets=live == "widgets", meanwhile="")


def _name_of(context: NotebookContext, batch: Batch) -> str:
    """Return the variable that holds the batch; `batch` without one."""
    names = [name for name, value in list(context.shell.user_ns.items()) if value is batch]
    # IPython binds the values of cells to names such as `_3`, which the next ones replace.
    own = (name for name in names if not name.startswith("_"))
    return next(own, BATCH_NAME if BATCH_NAME in names else "batch")
