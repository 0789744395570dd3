"""A real kernel, driven as a notebook front end or as nbclient would."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from clean_environment import clean_environment
from jupyter_client.manager import start_new_kernel

TIMEOUT_S = 60.0
TURN_MIME = "application/vnd.qwq.turn.v1+json"
BATCH_MIME = "application/vnd.qwq.batch.v1+json"


@dataclass
class Execution:
    """What one cell sent, in order, and how it ended."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        return [m["content"] for m in self.messages if m["msg_type"] in types]

    @property
    def final(self) -> dict[str, Any]:
        """The MIME bundle that stands in the output in the end."""
        data: dict[str, Any] = self.of_type("display_data", "update_display_data")[-1]["data"]
        return data

    @property
    def turn(self) -> dict[str, Any]:
        turn: dict[str, Any] = self.final[TURN_MIME]
        return turn

    def text(self, name: str = "stdout") -> str:
        return "".join(m["text"] for m in self.of_type("stream") if m["name"] == name)

    def deltas(self) -> list[str]:
        """The text that went to each pane while the reply streamed, in order of appearance."""
        panes: dict[str, str] = {}
        for message in self.of_type("comm_msg"):
            content = message["data"].get("content", {})
            if content.get("type") == "delta":
                panes[message["comm_id"]] = panes.get(message["comm_id"], "") + content["text"]
        return list(panes.values())


class Kernel:
    """`with Kernel() as kernel: kernel.run("1 + 1")`."""

    def __init__(self, **environ: str) -> None:
        self._env = clean_environment(QWQ_DEMO_SPEED="1e9", **environ)
        # All that came, also for other executions than the one waited for: from a job, say.
        self.messages: list[dict[str, Any]] = []

    def __enter__(self) -> Kernel:
        self.manager, self.client = start_new_kernel(env=self._env)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.client.stop_channels()
        finally:
            self.manager.shutdown_kernel(now=True)

    def send(self, code: str, *, cell_id: str | None = "cell-1", allow_stdin: bool = True) -> str:
        """Ask for an execution as a notebook does (or, without `cell_id`, another client)."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        metadata = {"cellId": cell_id} if cell_id else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        msg_id: str = message["header"]["msg_id"]
        return msg_id

    def collect(
        self, msg_id: str, *, until: Callable[[Execution], bool] | None = None
    ) -> Execution:
        """Take messages until the cell is done, or `until` holds."""
        execution = Execution()
        give_up_at = time.monotonic() + TIMEOUT_S
        while time.monotonic() < give_up_at:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            self.messages.append(message)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            execution.messages.append(message)
            if until is not None and until(execution):
                return execution
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                execution.reply = self._reply(msg_id)
                return execution
        raise TimeoutError(f"The cell was not done after {TIMEOUT_S} s.")

    def run(self, code: str, **options: Any) -> Execution:
        return self.collect(self.send(code, **options))

    def point_at(self, url: str, model: str = "m") -> None:
        """Let the loaded extension ask this server; no server is the demo."""
        self.run(f"%config QwqMagics.base_url = {url!r}\n%config QwqMagics.model = {model!r}")

    def type_secret(self, text: str) -> dict[str, Any]:
        """Answer the question for a password that the cell under way asks."""
        message = self.client.get_stdin_msg(timeout=TIMEOUT_S)
        question: dict[str, Any] = message["content"]
        assert question["password"]
        self.client.input(text)
        return question

    def value(self, expression: str) -> str:
        """The repr of an expression in the kernel."""
        return self.run(f"print(repr(({expression})))").text().rstrip("\n")

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def _reply(self, msg_id: str) -> dict[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
            if reply["parent_header"].get("msg_id") == msg_id:
                content: dict[str, Any] = reply["content"]
                return content
