"""The widget of a live batch: its figures, groups and lanes.

A page that loads late, or that has missed a frame, reads a snapshot; open pages receive frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets
from ipywidgets import Layout  # type: ignore[import-untyped]  # it ships no types

from qwq_magic.display.live.panes import Pane


class BatchPane(Pane):
    """The pane of a batch; its buttons, and the lane that the reader wants to see, come back.

    Attributes:
        wanted: the index of the lane that the reader has opened; None for none.
    """

    kind = traitlets.Unicode("batch").tag(sync=True)
    # Never assigned, so it is sent only to a page that loads.
    batch = traitlets.Dict().tag(sync=True, to_json=lambda _, pane: pane.snapshot())
    # The names of the buttons that the browser shows.
    actions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # Whether the browser may interrupt the kernel if it gets no reply to a Stop.
    interrupts = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        batch_id: str,
        *,
        snapshot: Callable[[], dict[str, Any]],
        actions: Mapping[str, Callable[[], None]],
        layout: Layout | None = None,
        **traits: Any,
    ) -> None:
        self.snapshot = snapshot
        self.wanted: int | None = None
        self._actions = actions
        super().__init__(batch_id, layout=layout, actions=list(actions), **traits)

    def send_frame(self, frame: Mapping[str, Any]) -> None:
        self.send({"type": "frame", "frame": dict(frame)})

    def send_snapshot(self) -> None:
        self.send({"type": "batch", "batch": self.snapshot()})

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        match message:
            case {"type": "stop"}:
                self._act("stop")
                # The browser interrupts the kernel where this does not arrive in time.
                self.send({"type": "stopping"})
            case {"type": "resync"}:
                self.send_snapshot()
            # Noted only: the thread that shows the batch creates and closes the panes.
            case {"type": "open", "index": int(index)}:
                self.wanted = index
            case {"type": "open"}:
                self.wanted = None

    def _act(self, name: str) -> None:
        if name in self._actions:
            self._actions[name]()
