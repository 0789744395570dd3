"""The live panes as widgets: a status line, the reasoning, the answer.

Text goes to the browser as deltas, each with its offset, and is kept here: a browser
that missed one asks for a snapshot, and one that reloads finds all of it in the
widget's state. What the panes look like is JavaScript, shipped once per kernel.

A text that grows at its end, and may be read in another thread between two deltas.
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
    """All that was sent of something so far."""

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._length = 0
        self._lock = threading.Lock()

    def append(self, delta: str) -> int:
        """Add a delta; returns where it begins, in code points."""
        with self._lock:
            offset = self._length
            self._chunks.append(delta)
            self._length += len(delta)
        return offset

    def __str__(self) -> str:
        with self._lock:
            self._chunks[:] = ["".join(self._chunks)]
            return self._chunks[0]


LiveState: TypeAlias = Literal[
    "connecting", "reasoning", "answering", "complete", "stopped", "error"
]


def widget_bundle(model_id: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    """The MIME bundle of a widget's view, and the texts for whoever shows no widgets."""
    view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
    texts = {name: text for name, text in texts.items() if name.startswith("text/")}
    return {"application/vnd.jupyter.widget-view+json": view, **texts}


class Pane(anywidget.AnyWidget):
    """What the panes of a turn have in common: its id, and where their view comes from."""

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
        _hear_while_busy(self.comm)

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        if isinstance(message, dict):
            self._heard(str(message.get("type")))

    def _heard(self, kind: str) -> None:
        """Handle a message from the browser, perhaps in another thread."""


def _hear_while_busy(comm: Any) -> None:
    """Let messages come in on the subshell the browser chose, while a cell runs.

    ipykernel 7.4 would route them back to the shell that last published: the busy one.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default


class _TextPane(Pane):
    """A pane whose text grows at its end."""

    text = traitlets.Unicode().tag(sync=True, to_json=lambda _, pane: str(pane.shown))

    def __init__(self, turn_id: str, *, layout: Layout | None = None, **traits: Any) -> None:
        self.shown = GrowingText()
        super().__init__(turn_id, layout=layout, **traits)

    def append(self, text: str) -> None:
        """Send one delta."""
        self.send(self._delta(text))

    def _delta(self, text: str) -> dict[str, object]:
        text = well_formed(text)
        return {"type": "delta", "offset": self.shown.append(text), "text": text}

    def _snapshot(self) -> dict[str, object]:
        return {"type": "snapshot", "text": str(self.shown)}

    def _heard(self, kind: str) -> None:
        if kind == "resync":
            self.send(self._snapshot())


class ReasoningPane(_TextPane):
    """What the model thinks, as text that grows, and the records of its settled steps."""

    kind = traitlets.Unicode("reasoning").tag(sync=True)
    start = traitlets.Unicode("open").tag(sync=True)
    footer = traitlets.Bool(False).tag(sync=True)
    steps = traitlets.Unicode().tag(sync=True, to_json=lambda _, pane: str(pane.records))

    def __init__(self, turn_id: str, *, layout: Layout | None = None, **traits: Any) -> None:
        self.records = GrowingText()
        super().__init__(turn_id, layout=layout, **traits)

    def append(self, text: str, *, steps: str = "") -> None:
        """Send one delta, and the records of the steps that it settled."""
        message = self._delta(text)
        if steps:
            message |= {"steps_offset": self.records.append(steps), "steps": steps}
        self.send(message)

    def _snapshot(self) -> dict[str, object]:
        return {**super()._snapshot(), "steps": str(self.records)}


class AnswerPane(_TextPane):
    """What the model tells the user, drawn as Markdown."""

    kind = traitlets.Unicode("answer").tag(sync=True)


class StatusLine(Pane):
    """State, seconds, tokens, model, conversation and Stop; the browser counts."""

    kind = traitlets.Unicode("status").tag(sync=True)
    state = traitlets.Unicode("connecting").tag(sync=True)
    elapsed_s = traitlets.Float(0.0).tag(sync=True, to_json=lambda _, line: line.elapsed())
    # On the clock of `elapsed_s`: a wait as long as the one before is news, and one that is
    # over stays over for a page that loads now.
    waits_until_s = traitlets.Float(0.0).tag(sync=True)
    usage = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)
    advice = traitlets.Unicode().tag(sync=True)
    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    conversation = traitlets.Unicode().tag(sync=True)
    # May a Stop that is not heard interrupt the kernel instead?
    interrupts = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        turn_id: str,
        *,
        elapsed: Callable[[], float],
        on_stop: Callable[[], None],
        layout: Layout | None = None,
        **traits: Any,
    ) -> None:
        self.elapsed = elapsed
        self._on_stop = on_stop
        super().__init__(turn_id, layout=layout, **traits)

    def show_state(self, state: LiveState) -> None:
        self.state = state

    def count_down(self, wait_s: float) -> None:
        """Show how long the client still waits; the browser counts."""
        self.waits_until_s = self.elapsed() + wait_s

    def show_usage(self, usage: Usage) -> None:
        self.usage = {
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        }

    def show_advice(self, advice: str) -> None:
        """Advise to stop a model that repeats itself; "" takes it back."""
        self.advice = advice

    def show_notices(self, notices: Sequence[str]) -> None:
        self.notices = [well_formed(notice) for notice in notices]

    def _heard(self, kind: str) -> None:
        if kind == "stop":
            self._on_stop()
            self.send({"type": "stopping"})
