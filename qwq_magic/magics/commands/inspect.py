"""`%qwq_inspect`: open the reasoning inspector on a turn, or compare two turns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.commands.memory_line import words_of
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import current_request, detect_live, is_kernel
from qwq_magic.magics.reports import write_line
from qwq_magic.magics.turn_names import TurnNames
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import Comparison, Inspection, Labels
    from qwq_magic.studies import Importance, Probes

    Shown: TypeAlias = Inspection | Comparison | Probes | Importance

# Splitting this many characters into steps takes about a tenth of a second.
_LONG = 10_000


def install_inspect(context: NotebookContext) -> None:
    """Register `%qwq_inspect`, and the displays of inspections and comparisons."""
    shell = context.shell
    shell.register_magics(InspectMagics(context))
    if shell.display_formatter is not None:
        # What this formatter shows may be a widget; no other formatter runs after it.
        formatter = shell.display_formatter.ipython_display_formatter
        show = partial(_show_value, context)
        # By name, so that registering does not import the analysis.
        formatter.for_type_by_name("qwq_magic.reasoning.outline_text", "Inspection", show)
        formatter.for_type_by_name("qwq_magic.reasoning.comparison", "Comparison", show)
        formatter.for_type_by_name("qwq_magic.studies.probes", "Probes", show)
        formatter.for_type_by_name("qwq_magic.studies.importance", "Importance", show)


def _show_value(context: NotebookContext, value: Shown) -> None:
    show_inspected(context, lambda: value, [])


def show_inspected(
    context: NotebookContext,
    make: Callable[[], Shown],
    turns: Sequence[Turn],
    *,
    step: int | None = None,
) -> None:
    """Show an inspection, a comparison or a study in the form that suits the front end.

    Args:
        context: the notebook.
        make: makes what is shown.
        turns: the turns that `make` still has to analyze.
        step: the step at which an inspector opens, from 1; None for its beginning.
    """
    shell = context.shell
    live = detect_live(shell, current_request(shell))
    progress = _progress_line(turns)
    if progress and live == "text":
        write_line(progress)
        sys.stdout.flush()
    if not is_kernel(shell):
        write_line(str(make()))
        return
    from qwq_magic.display.saved.pane import show_saved

    show_saved(
        lambda: _bundle_of(make(), context, step),
        with_widgets=live == "widgets",
        meanwhile=progress,
    )


def _progress_line(turns: Sequence[Turn]) -> str:
    """Return a line to show while long reasoning is analyzed; "" if it is short."""
    characters = sum(len(turn.reasoning) for turn in turns)
    return f"Reading {characters:,} characters of reasoning …" if characters > _LONG else ""


def _bundle_of(shown: Shown, context: NotebookContext, step: int | None) -> dict[str, Any]:
    from qwq_magic.display.saved.bundle import inspector_bundle
    from qwq_magic.display.saved.comparison import comparison_bundle
    from qwq_magic.display.saved.label_records import label_records, with_labels
    from qwq_magic.display.saved.study import study_bundle
    from qwq_magic.reasoning import Comparison
    from qwq_magic.studies import Importance, Probes

    if isinstance(shown, Comparison):
        return comparison_bundle(shown)
    assert isinstance(shown.turn, Turn)  # Only a turn has an inspection.
    place = context.session.conversations.place_of(shown.turn)
    if isinstance(shown, Probes | Importance):
        return study_bundle(shown, place=place)
    bundle = inspector_bundle(shown.turn, place=place, step=step)
    return with_labels(bundle, label_records(_labels_of(shown.turn, context), shown.turn))


def _labels_of(turn: Turn, context: NotebookContext) -> Labels:
    """Return the hand labels of a turn; those in memory if the store cannot be read."""
    # A wrong setting or a damaged store is reported elsewhere; the reasoning can be read all the
    # same.
    with suppress(QwqError):
        context.apply_settings()
        context.labels.refresh(context.settings.store, turn_id=turn.id)
    return context.labels.labels.of(turn.id)


@magics_class
class InspectMagics(Magics):
    """The inspect command, for turns in a conversation or bound to a variable."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._names = TurnNames(context)

    @no_var_expand
    @line_magic
    def qwq_inspect(self, line: str) -> None:
        """Open the reasoning inspector: `%qwq_inspect [-c NAME] [TURN] [OTHER]`.

        TURN is a turn number from %qwq_memory, a number and an attempt such as 3.1, a variable
        that holds a turn, or the beginning of an id from %qwq_search. The default is the last
        turn. Two turns are compared.
        """
        try:
            conversation, names = _parse(line)
            turns = [self._names.turn(name, conversation) for name in names or [""]]
        except QwqError as error:
            raise UsageError(str(error)) from None
        first = turns[0]
        make = first.inspect if len(turns) == 1 else partial(first.compare, turns[1])
        show_inspected(self._context, make, turns)


def _parse(line: str) -> tuple[str | None, list[str]]:
    """Return the conversation, or None, and the names of the turns."""
    conversation, words = None, words_of(line)
    if "-c" in words:
        at = words.index("-c")
        if at + 1 == len(words):
            raise ConfigurationError("-c needs the name of a conversation, such as -c main.")
        conversation = words[at + 1]
        del words[at : at + 2]
    if len(words) > 2:
        raise ConfigurationError(
            f"{len(words)} turns cannot be inspected at once. Use one turn, or two to compare."
        )
    return conversation, words
