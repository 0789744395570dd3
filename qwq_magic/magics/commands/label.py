"""`%qwq_label`: label the steps of a turn by hand, and how far people agree."""

from __future__ import annotations

import argparse
import getpass
from typing import TYPE_CHECKING, Any, NoReturn

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
    from qwq_magic.display.live.label_pane import LabelPane
    from qwq_magic.reasoning import Kind

# The variable that all labels are bound to.
LABELS_NAME = "_qwq_labels"
_NO_NOTEBOOK = (
    "Labelling needs a notebook with widgets, such as JupyterLab. Open this one there, or run "
    "%qwq_label --agreement."
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(
            f"%qwq_label: {message}. Use %qwq_label [-c NAME] [--as NAME] [TURN], or "
            "%qwq_label --agreement."
        )


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", dest="conversation")
    parser.add_argument("--as", dest="annotator", default="")
    parser.add_argument("--agreement", action="store_true")
    parser.add_argument("turn", nargs="?", default="")
    return parser


class _LabelsOfTurn:
    """The labels of one turn in the book of a notebook; see `label_pane.TurnLabels`."""

    def __init__(self, context: NotebookContext, turn: Turn, annotator: str) -> None:
        self._context = context
        self._turn = turn
        self.annotator = annotator
        # Held, since a turn does not keep its steps, and each label needs them.
        self._steps = turn.steps
        self.count = len(self._steps)

    @property
    def records(self) -> list[dict[str, str]]:
        from qwq_magic.display.saved.label_records import label_records

        return label_records(self._context.labels.labels, self._turn)

    @property
    def where(self) -> str:
        return self._context.labels.where(self._context.settings.store)

    def put(self, step: int, kind: Kind | None) -> None:
        context = self._context
        file = context.settings.store
        context.labels.put(self._turn, step, kind, annotator=self.annotator, file=file)
        context.shell.user_ns[LABELS_NAME] = context.labels.labels


@magics_class
class LabelMagics(Magics):
    """The label command; each cell has at most one pane."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._names = TurnNames(context)
        self._by_cell: dict[str, LabelPane] = {}

    @no_var_expand
    @line_magic
    def qwq_label(self, line: str) -> None:
        """Label the steps of a reasoning by hand.

            %qwq_label [-c NAME] [--as NAME] [TURN]
            %qwq_label --agreement [TURN]

        The inspector opens, and the keys 1 to 9 label the selected step; Enter accepts the likely
        kind, 0 removes the label, Esc ends. Each label is saved in the store of the setting
        `store` as it is made, under your name: --as, the setting `annotator`, or your login.
        All labels are `_qwq_labels`, and `_qwq_labels.export("labels.jsonl")` writes a file.

        --agreement shows how far people agree: Krippendorff's α, Cohen's κ, and the kinds that
        they chose. TURN is named as in %qwq_inspect; the default is the last turn.
        """
        context = self._context
        try:
            chosen = _parser().parse_args(words_of(line))
            context.apply_settings()
            # Other kernels may have written to the same store since the last time.
            context.labels.refresh(context.settings.store)
            context.shell.user_ns[LABELS_NAME] = context.labels.labels
            if chosen.agreement:
                self._show_agreement(chosen)
            else:
                self._open(chosen)
        except QwqError as error:
            # IPython shows a `UsageError` as one line, without a traceback.
            raise UsageError(str(error)) from None

    def _show_agreement(self, chosen: argparse.Namespace) -> None:
        labels = self._context.labels.labels
        if chosen.turn or chosen.conversation:
            labels = labels.of(self._names.turn(chosen.turn, chosen.conversation).id)
        write_line(f"{labels!r}"[1:-1])
        write_line(str(labels.agreement()))

    def _open(self, chosen: argparse.Namespace) -> None:
        from qwq_magic.reasoning.labels import checked_annotator

        shell = self._context.shell
        request = current_request(shell)
        if not is_kernel(shell) or detect_live(shell, request) == "text":
            raise ConfigurationError(_NO_NOTEBOOK)
        turn = self._names.turn(chosen.turn, chosen.conversation)
        if not turn.reasoning.strip():
            raise ConfigurationError(
                "This turn has no reasoning to label. Name another one, such as %qwq_label 1."
            )
        annotator = chosen.annotator or self._context.settings.annotator or _login()
        labels = _LabelsOfTurn(self._context, turn, checked_annotator(annotator))
        # A batch run, such as nbconvert: no one is there to label, but the labels are shown.
        if detect_live(shell, request) == "none":
            self._show_saved(turn, labels)
        else:
            self._show_pane(turn, labels, request.cell_id)

    def _bundle_of(self, turn: Turn) -> dict[str, Any]:
        from qwq_magic.display.saved.bundle import inspector_bundle

        return inspector_bundle(turn, place=self._context.session.conversations.place_of(turn))

    def _show_saved(self, turn: Turn, labels: _LabelsOfTurn) -> None:
        from IPython.display import display

        from qwq_magic.display.saved.label_records import with_labels

        bundle = with_labels(self._bundle_of(turn), labels.records)
        display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types

    def _show_pane(self, turn: Turn, labels: _LabelsOfTurn, cell_id: str | None) -> None:
        # Importing anywidget takes 160 ms, which `%load_ext` must not wait for.
        from qwq_magic.display.live.label_pane import LabelPane

        pane = LabelPane(lambda: self._bundle_of(turn), labels)
        previous = self._by_cell.pop(cell_id or "", None)
        # Front ends without cell ids get a pane each time, since no earlier one can be found.
        if cell_id is not None:
            self._by_cell[cell_id] = pane
        pane.appear()
        if previous is not None:
            # Closed only now: a line with an error leaves the cell's earlier pane as it is.
            previous.close()


def _login() -> str:
    """Return the name of the user's login, or "me" if it has no usable name."""
    from qwq_magic.reasoning.labels import is_annotator

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run as a user without a name.
        return "me"
    return name if is_annotator(name) else "me"
