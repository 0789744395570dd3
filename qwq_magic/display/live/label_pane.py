"""The pane of `%qwq_label`: an inspector whose labels are written as they are made.

The inspector is drawn from data, so that it stays when the kernel has ended. This widget is what
takes the labels from it, and therefore stays as well after a page has drawn the data itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol

import traitlets
from IPython.display import DisplayHandle

from qwq_magic.display.live.panes import Pane, widget_bundle
from qwq_magic.display.saved.label_records import with_labels
from qwq_magic.reasoning import Kind
from qwq_magic.reasoning.kind_names import LABEL_KINDS

_MAX_ID = 100
_KINDS = {kind.letter: kind for kind in LABEL_KINDS}


class TurnLabels(Protocol):
    """What the pane needs: the labels of one turn, and a way to change those of one person."""

    @property
    def annotator(self) -> str:
        """The name of the person who labels."""

    @property
    def records(self) -> list[dict[str, str]]:
        """The labels of all, see `label_records`."""

    @property
    def where(self) -> str:
        """A line about where the labels are kept."""

    @property
    def count(self) -> int:
        """How many steps the turn has."""

    def put(self, step: int, kind: Kind | None) -> None:
        """Label a step, by its index, or remove its label; any thread may call this."""


class LabelPane(Pane):
    """Draws the inspector of a turn, and takes its labels."""

    kind = traitlets.Unicode("label").tag(sync=True)
    mime = traitlets.Unicode().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)
    # Whole, not as changes: a page that loads later reads its labels here as well.
    labels: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    where = traitlets.Unicode().tag(sync=True)

    def __init__(self, make: Callable[[], dict[str, Any]], labels: TurnLabels) -> None:
        """Prepare the pane.

        Args:
            make: returns the bundle of the turn's inspector, without labels.
            labels: the labels of the turn.
        """
        self._make = make
        self._of_turn = labels
        self._handle: DisplayHandle | None = None
        self._id = f"labels {uuid.uuid4().hex}"
        self._first = self._bundle()
        mime, data = next(iter(self._first.items()))
        super().__init__(self._id, data=data, mime=mime, labels=labels.records, where=labels.where)

    def _bundle(self) -> dict[str, Any]:
        labelling = {"id": self._id, "annotator": self._of_turn.annotator}
        return with_labels(self._make(), self._of_turn.records, labelling=labelling)

    def appear(self) -> None:
        """Show the widget in the running cell's output."""
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has no types
        self._handle.display(widget_bundle(self.model_id, self._first), raw=True)  # type: ignore[no-untyped-call]

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        match message:
            case {"type": "renderer"} if self._handle is not None:
                # Once: another page that reports it shows the same output.
                handle, self._handle = self._handle, None
                handle.update(self._bundle(), raw=True)  # type: ignore[no-untyped-call]
            case {"type": "label", "id": str(message_id), "step": step, "kind": str(letter)}:
                self._label(message_id, step, letter)

    def _label(self, message_id: str, step: object, letter: str) -> None:
        # What comes from a page is not trusted: the offsets of a step are known here.
        is_step = type(step) is int and 0 <= step < self._of_turn.count
        if isinstance(step, int) and is_step and (letter in _KINDS or not letter):
            self._of_turn.put(step, _KINDS.get(letter))
            self.labels = self._of_turn.records
            self.where = self._of_turn.where
        # Also if nothing was labelled: the page then drops what it has shown in advance.
        self.send({"type": "labelled", "id": message_id[:_MAX_ID]})
