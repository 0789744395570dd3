"""How a batch, or its votes, show themselves as the value of a cell."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from qwq_magic.display.text.encoding import encodable
from qwq_magic.magics.cell_batch import BATCH_NAME
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import current_request, detect_live, is_kernel
from qwq_magic.magics.reports import write_line

if TYPE_CHECKING:
    from qwq_magic.batch import Batch, Votes

# The position of a turn in its conversation is searched for; the turns of a table have none.
_MOST_SEARCHED = 64


def install_batches(context: NotebookContext) -> None:
    """Register the displays of batches and of votes."""
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


def _bundle_of_votes(votes: Votes, **_options: Any) -> dict[str, Any]:
    from qwq_magic.display.saved.votes import votes_bundle

    return votes_bundle(votes)


def _show_batch(context: NotebookContext, batch: Batch) -> None:
    from qwq_magic.display.saved.batch import batch_bundle

    turns = batch.turns if len(batch) <= _MOST_SEARCHED else []
    places = [context.session.conversations.place_of(turn) for turn in turns]
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
