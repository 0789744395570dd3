"""The live panes as widgets: a status line, the reasoning, the answer.

Text is sent to the browser as deltas with their offsets, and kept here. A browser that missed
a delta requests a snapshot, and a reloaded page reads the whole text from the widget's state.
The panes are drawn by JavaScript, which is sent once per kernel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import anywidget
import traitlets
from ipywidgets import Layout  # type: ignore[import-untyped]  # it ships no types

from qwq_magic.display.live.view_source import LOADER, shared_assets, sources
from qwq_magic.events import Usage
from qwq_magic.plain_text import well_formed


class GrowingText:
    """All text sent so far; one thread may read it while another appends."""

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._length = 0
        self._lock = threading.Lock()

    def append(self, delta: str) -> int:
        """Add a delta and return its offset, in code points."""
        with self._lock:
            offset = self._length
            self._chunks.append(delta)
            self._length += len(delta)
        return offset

    def clear(self) -> None:
        """Begin again from nothing."""
        with self._lock:
            self._chunks.clear()
            self._length = 0

    def __str__(self) -> str:
        with self._lock:
            # Joined once, so that the next call does not join every delta again.
            self._chunks[:] = ["".join(self._chunks)]
            return self._chunks[0]


LiveState: TypeAlias = Literal[
    "connecting", "reasoning", "answering", "complete", "stopped", "error"
]


def widget_bundle(model_id: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the MIME bundle of a widget, with text for front ends without widgets."""
    view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
    texts = {name: text for name, text in texts.items() if name.startswith("text/")}
    return {"application/vnd.jupyter.widget-view+json": view, **texts}


class Pane(anywidget.AnyWidget):
    """The base of the panes: the id of the turn and the source of the view."""

    _esm = LOADER
    kind = traitlets.Unicode().tag(sync=True)
    turn_id = traitlets.Unicode().tag(sync=True)
    assets = traitlets.Unicode().tag(sync=True)
    digest = traitlets.Unicode().tag(sync=True)

    def __init__(self, turn_id: str, *, layout: Layout | None = None, **traits: Any) -> None:
        if layout is not None:
            traits["layout"] = layout
        super().__init__(
            turn_id=turn_id, assets=shared_assets().model_id, digest=sources()[2], **traits
        )
        self.on_msg(self._receive)
        _receive_while_busy(self.comm)

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        if isinstance(message, dict):
            self._handle_message(str(message.get("type")))

    def _handle_message(self, kind: str) -> None:
        """Handle a message from the browser; called in any thread."""


def _receive_while_busy(comm: Any) -> None:
    """Receive messages on the subshell the browser chose, even while a cell is running.

    ipykernel 7.4 would route them to the shell that last published, which is the busy one.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default


class _TextPane(Pane):
    """A pane whose text is only appended to."""

    # Never assigned, so it is sent only to a page that loads; open pages receive the deltas.
    text = traitlets.Unicode().tag(sync=True, to_json=lambda _, pane: str(pane.shown))
    # How many characters at the start were given, rather than received.
    given = traitlets.Int(0).tag(sync=True)
    # How often the text has begun again from nothing: offsets count from there.
    run = traitlets.Int(0).tag(sync=True)
    # How many characters at the start of the text the user gave, rather than the model.
    given = traitlets.Int(0).tag(sync=True)

    def __init__(self, turn_id: str, *, layout: Layout | None = None, **traits: Any) -> None:
        self.shown = GrowingText()
        super().__init__(turn_id, layout=layout, **traits)

    def append(self, text: str) -> None:
        """Send one delta."""
        self.send(self._delta(text))

    def _delta(self, text: str) -> dict[str, object]:
        text = well_formed(text)
        offset = self.shown.append(text)
        return {"type": "delta", **self._place(), "offset": offset, "text": text}

    def clear(self) -> None:
        """Empty the pane: its text belongs elsewhere."""
        self.shown.clear()
        self.run += 1
        self.send(self._snapshot())

    def _snapshot(self) -> dict[str, object]:
        return {"type": "snapshot", **self._place(), "text": str(self.shown)}

    def _place(self) -> dict[str, object]:
        return {"run": self.run} if self.run else {}

    def _handle_message(self, kind: str) -> None:
        if kind == "resync":
            self.send(self._snapshot())


class ReasoningPane(_TextPane):
    """The reasoning so far, and the records of its settled steps."""

    kind = traitlets.Unicode("reasoning").tag(sync=True)
    start = traitlets.Unicode("auto").tag(sync=True)
    footer = traitlets.Bool(False).tag(sync=True)
    steps = traitlets.Unicode().tag(sync=True, to_json=lambda _, pane: str(pane.records))

    def __init__(self, turn_id: str, *, layout: Layout | None = None, **traits: Any) -> None:
        self.records = GrowingText()
        super().__init__(turn_id, layout=layout, **traits)

    def append(self, text: str, *, steps: str = "") -> None:
        """Send one delta, with the records of the steps it settled."""
        message = self._delta(text)
        if steps:
            message |= {"steps_offset": self.records.append(steps), "steps": steps}
        self.send(message)

    def clear(self) -> None:
        self.records.clear()
        super().clear()

    def _snapshot(self) -> dict[str, object]:
        return {**super()._snapshot(), "steps": str(self.records)}


class AnswerPane(_TextPane):
    """The answer so far, drawn as Markdown."""

    kind = traitlets.Unicode("answer").tag(sync=True)


class StatusLine(Pane):
    """The state, seconds, tokens, model, conversation and Stop button of a turn.

    The browser counts the seconds and, until usage is reported, estimates the tokens.
    """

    kind = traitlets.Unicode("status").tag(sync=True)
    state = traitlets.Unicode("connecting").tag(sync=True)
    elapsed_s = traitlets.Float(0.0).tag(sync=True, to_json=lambda _, line: line.elapsed())
    # A point on the clock of `elapsed_s`, not a duration: two equal waits in a row are then
    # different values, and a page that loads later does not restart a countdown.
    waits_until_s = traitlets.Float(0.0).tag(sync=True)
    usage = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)
    advice = traitlets.Unicode().tag(sync=True)
    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    conversation = traitlets.Unicode().tag(sync=True)
    # The names of the buttons that the browser shows; see header_buttons.js.
    actions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # Whether the browser may interrupt the kernel if it gets no reply to a Stop.
    interrupts = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        turn_id: str,
        *,
        elapsed: Callable[[], float],
        actions: Mapping[str, Callable[[], None]],
        layout: Layout | None = None,
        **traits: Any,
    ) -> None:
        self.elapsed = elapsed
        self._actions = actions
        super().__init__(turn_id, layout=layout, actions=list(actions), **traits)

    def show_state(self, state: LiveState) -> None:
        self.state = state

    def count_down(self, wait_s: float) -> None:
        """Show a countdown of `wait_s` seconds."""
        self.waits_until_s = self.elapsed() + wait_s

    def show_usage(self, usage: Usage) -> None:
        self.usage = {
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        }

    def show_advice(self, advice: str) -> None:
        """Show advice next to the Stop button; "" hides it."""
        self.advice = advice

    def show_notices(self, notices: Sequence[str]) -> None:
        self.notices = [well_formed(notice) for notice in notices]

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        match message:
            case {"type": "stop"}:
                self._act("stop")
                # The browser interrupts the kernel where this does not arrive in time.
                self.send({"type": "stopping"})
            case {"type": "action", "name": str(name)}:
                self._act(name)

    def _act(self, name: str) -> None:
        # The name comes from a page: one that is unknown here does nothing.
        if name in self._actions:
            self._actions[name]()
