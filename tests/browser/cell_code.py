"""What test cells run: little event loops that drive a `LivePanel`, with files as signals.

Imported by the kernel. A test releases the next step by writing a file, so no test
depends on how long anything takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from qwq_magic.display.live.live_panel import LivePanel
from qwq_magic.display.saved.bundle import TURN_MIME
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta
from qwq_magic.turns import ChatRequest

DEADLINE_S = 60


class Steps:
    """Where a cell waits until the test says go on."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook

    def wait(self, panel: LivePanel, step: str) -> None:
        """Tick until the test releases `step`."""
        pump(panel, Path(f"{self.notebook}.{step}").exists)

    def wait_for(self, step: str) -> None:
        """Keep the kernel busy until the test releases `step`."""
        deadline = time.monotonic() + DEADLINE_S
        while not Path(f"{self.notebook}.{step}").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(step)
            time.sleep(0.02)


class HeldAnswer:
    """An advisor that holds the answer after a word until the test releases a step."""

    def __init__(self, steps: Steps, word: str, step: str) -> None:
        self._word = word
        self._is_released = Path(f"{steps.notebook}.{step}").exists

    async def advise(
        self, request: ChatRequest, call_next: Callable[[ChatRequest], AsyncIterator[Event]]
    ) -> AsyncIterator[Event]:
        answer = ""
        async for event in call_next(request):
            yield event
            answer += event.text if isinstance(event, AnswerDelta) else ""
            while self._word in answer and not self._is_released():
                await asyncio.sleep(0.02)


def pump(panel: LivePanel, until: Callable[[], bool]) -> None:
    """Tick until something is so."""
    deadline = time.monotonic() + DEADLINE_S
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(until)
        panel.tick()
        time.sleep(0.02)


def stream(panel: LivePanel, events: Iterable[Event], pause_s: float = 0.0) -> None:
    for event in events:
        panel.show_event(event)
        panel.tick()
        if pause_s:
            time.sleep(pause_s)


def deltas(text: str, size: int = 7) -> Iterable[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def reasoning(text: str, size: int = 7) -> list[Event]:
    return [ReasoningDelta(delta) for delta in deltas(text, size)]


def answer(text: str, size: int = 7) -> list[Event]:
    return [AnswerDelta(delta) for delta in deltas(text, size)]


def new_panel(**options: Any) -> LivePanel:
    defaults: dict[str, Any] = {
        "model": "qwq-plus",
        "server": "dashscope",
        "conversation": "main",
        "actions": {"stop": lambda: None},
        # As in the saved data below.
        "start": "open",
    }
    panel = LivePanel(options.pop("turn_id", uuid4().hex), **{**defaults, **options})
    panel.open()
    return panel


def bundle(turn_id: str, reasoning_text: str, answer_text: str, **changes: Any) -> dict[str, Any]:
    data = {
        "schema": 1,
        "id": turn_id,
        "state": "complete",
        "reasoning": reasoning_text,
        "answer": answer_text,
        "model": "qwq-plus",
        "server": "dashscope",
        "conversation": "main",
        "number": 3,
        "attempt": 1,
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 24,
            "output_tokens": 448,
            "total_tokens": 472,
            "reasoning_tokens": 412,
            "cached_tokens": None,
        },
        "timing": {"ttft_s": 0.4, "thinking_s": 12.4, "total_s": 14.2},
        "error": None,
        "notices": [],
        "view": {"show": "both", "start": "open"},
    }
    data.update(changes)
    return {TURN_MIME: data, "text/markdown": answer_text, "text/plain": answer_text}
