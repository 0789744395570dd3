"""The chat: a prompt box and a transcript in a cell's output, sharing the cells' memory.

The kernel handles the browser's messages only between cells, so a reply streams from a pump
thread. The transcript is the conversation itself; the widget keeps only replies in progress.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from dataclasses import dataclass
from typing import Any

import traitlets
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

from qwq_magic.display.live.chat_host import host_of
from qwq_magic.display.live.live_panel import LivePanel, run_actions
from qwq_magic.display.live.panes import Pane, widget_bundle
from qwq_magic.display.live.pump import Pump
from qwq_magic.display.live.transcript import Transcript
from qwq_magic.display.saved.chat import CHAT_MIME, ChatBundle
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.names import checked_name, is_name
from qwq_magic.plain_text import well_formed
from qwq_magic.session import Session
from qwq_magic.session.run import Run
from qwq_magic.turns import Turn


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A reply in progress; `ask_id` is the browser's id for the prompt."""

    ask_id: str
    prompt: str
    panel: LivePanel
    pump: Pump


class ChatWidget(Pane):
    """A chat: `ChatWidget()` as the value of a cell, or inside another widget.

    It sends prompts while no cell is running, and shares its conversations with the cells. The
    default session is the one of `%%qwq`, or a new one if the extension is not loaded. A saved
    notebook keeps the latest turns, and JupyterLab and Notebook 7 show them without a kernel.
    Without our renderer, or inside another widget, a chat is not shown without a kernel;
    `%qwq_memory save` and `export` keep the conversation.
    """

    kind = traitlets.Unicode("chat").tag(sync=True)
    mime = traitlets.Unicode(CHAT_MIME).tag(sync=True)
    # Never assigned, so never sent again: a page that loads reads its whole state here, and
    # open pages are updated by messages.
    page = traitlets.Dict().tag(sync=True, to_json=lambda _, chat: chat._page(whole=True))

    def __init__(self, session: Session | None = None, conversation: str | None = None) -> None:
        """Create a chat that shows `conversation`, by default the session's current one.

        Raises:
            ConfigurationError: `conversation` is not a valid name.
        """
        # `close` also runs on a widget whose `__init__` failed, and needs these two.
        self._replies: dict[ConversationMemory, ChatReply] = {}
        self._shell = None
        host = host_of(get_ipython())
        if session is None:
            session = host.session if host else Session()
        self.session = session
        self._host = host if host and host.session is session else None
        name = checked_name(conversation or session.conversation)
        # A name until the conversation exists, then the conversation, which can be renamed.
        self._selected: ConversationMemory | str = (
            session.memory if name == session.conversation else name
        )
        # Reentrant, since methods that hold it call `refresh`, which takes it as well.
        self._lock = threading.RLock()
        self._transcript = Transcript()
        self._shown: object = None
        # The outputs that show the widget itself, not the saved data.
        self._handles: list[DisplayHandle] = []
        chat_id = f"chat {uuid.uuid4().hex}"
        self._bundle = ChatBundle(chat_id)
        super().__init__(chat_id)
        self._shell = get_ipython()
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self.refresh)

    @property
    def conversation(self) -> str:
        """The name of the conversation that is shown."""
        return self._selected if isinstance(self._selected, str) else self._selected.name

    def refresh(self, _result: object = None) -> None:
        """Show what was added or changed elsewhere in the conversation, such as by a cell."""
        with self._lock:
            before = self._shown
            page = self._page(whole=False)
            if self._shown != before:
                self.send({"type": "page", "page": page})

    def close(self) -> None:
        """Stop this chat's replies and remove the widget from the page."""
        for reply in list(self._replies.values()):
            reply.pump.stop()
        # `close` may be called twice, but the event can be unregistered only once.
        if self._shell is not None and self.comm is not None:
            self._shell.events.unregister("post_run_cell", self.refresh)
        super().close()

    def _ipython_display_(self) -> None:
        handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has no types here
        self._handles.append(handle)
        handle.display(widget_bundle(self.model_id, self._saved()), raw=True)  # type: ignore[no-untyped-call]

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        match message:
            case {"type": "ask", "id": str(ask_id), "text": str(prompt)}:
                self._ask(ask_id, prompt)
            case {"type": "stop"}:
                self._stop()
            case {"type": "select", "conversation": str(name)} if is_name(name):
                self._select(name)
            case {"type": "new"}:
                self._select(self._unused_name())
            case {"type": "earlier"}:
                self._transcript.show_earlier()
                self.refresh()
            case {"type": "refresh"}:
                self.refresh()
            case {"type": "whole"}:
                self._send_whole()
            case {"type": "renderer"}:
                self._replace_with_data()
            case {"type": "save"}:
                self.send({"type": "saved", "bundle": self._saved()})

    def _memory(self) -> ConversationMemory | None:
        """The conversation that is shown; None before its first turn."""
        if isinstance(self._selected, str):
            self._selected = self.session.conversations.get(self._selected, self._selected)
        return None if isinstance(self._selected, str) else self._selected

    def _reply(self) -> ChatReply | None:
        """The reply in progress in the conversation that is shown."""
        memory = self._memory()
        return None if memory is None else self._replies.get(memory)

    def _saved(self) -> dict[str, Any]:
        memory = self._memory()
        return self._bundle.of(self.conversation, memory)

    def _replace_with_data(self) -> None:
        """Replace the widget with its data, from which the page's renderer draws the chat."""
        while self._handles:
            self._handles.pop().update(self._saved(), raw=True)  # type: ignore[no-untyped-call]

    def _ask(self, ask_id: str, prompt: str) -> None:
        try:
            with self._lock:
                notice = self._begin(ask_id, prompt)
        except QwqError as error:
            self.send({"type": "refused", "id": ask_id, "text": well_formed(error.message)})
        else:
            self.send({"type": "heard", "id": ask_id, "text": well_formed(notice)})

    def _begin(self, ask_id: str, prompt: str) -> str:
        """Send a prompt in the conversation that is shown; return a notice, usually ""."""
        if self._reply() is not None:
            raise ConfigurationError("A reply is still in progress. Wait for it, or stop it.")
        notice = self._host.prepare() if self._host else ""
        if self.session.runner != "thread":
            raise ConfigurationError(
                "A chat cannot stream on the notebook's event loop. "
                'Run: %config QwqMagics.runner = "thread"'
            )
        run = self.session.start(prompt, conversation=self.conversation)
        memory = self._memory()
        assert memory is not None  # `start` has created it
        panel = _panel_for(run)
        pump = Pump(
            run,
            name="The reply in a chat",
            panel=panel,
            settle=lambda turn: self._settle(memory, turn),
        )
        self._replies[memory] = ChatReply(ask_id, prompt, panel, pump)
        self.refresh()
        pump.start()
        return notice

    def _settle(self, memory: ConversationMemory, turn: Turn) -> None:
        """Replace the live reply by its turn; called in the pump's thread."""
        with self._lock:
            reply = self._replies.pop(memory)
        try:
            # First, so that the turn is saved if the kernel is killed meanwhile.
            if self._host is not None:
                self._host.turn_ended(turn)
        finally:
            self._show_ended(reply, turn)

    def _show_ended(self, reply: ChatReply, turn: Turn) -> None:
        try:
            reply.panel.end(turn.state)
            if turn.error is not None:
                self.send({"type": "failed", "id": reply.ask_id})
            # Refresh before the panes close, so that what they drew stays on the page.
            self.refresh()
        finally:
            reply.panel.close()

    def _stop(self) -> None:
        reply = self._reply()
        if reply is not None:
            reply.pump.stop()
        else:
            # The reply has ended, but the page missed the message.
            self._send_whole()

    def _select(self, name: str) -> None:
        with self._lock:
            self._selected = name
            self._transcript.restart()
            self._send_whole()

    def _unused_name(self) -> str:
        """The name of an empty conversation: the one shown, or a new one."""
        if not self._memory() and self._reply() is None:
            return self.conversation
        conversations = self.session.conversations
        names = (f"chat-{number}" for number in itertools.count(1))
        return next(name for name in names if name not in conversations)

    def _send_whole(self) -> None:
        with self._lock:
            self.send({"type": "page", "page": self._page(whole=True)})

    def _page(self, *, whole: bool) -> dict[str, Any]:
        """The state of the chat; unless `whole`, without turns the browser already has."""
        with self._lock:
            memory, reply = self._memory(), self._reply()
            name = self.conversation
            live = _live_data(reply) if reply else None
            turns = self._transcript.page(
                memory,
                whole=whole,
                # The session adds the turn before the pump has handled its end.
                without=reply.panel.status.turn_id if reply else "",
            )
            page = {
                "conversation": name,
                "names": list(dict.fromkeys((*self.session.conversations, name))),
                "live": live,
                **turns,
            }
            self._shown = {key: value for key, value in page.items() if key != "turns"}
            return page


def _panel_for(run: Run) -> LivePanel:
    return LivePanel(
        run.request.turn_id,
        model=run.request.model,
        server=run.server,
        conversation=run.request.conversation,
        start="auto",
        actions=run_actions(run),
        # Any cell that is running then is unrelated to this reply.
        interrupts=False,
    )


def _live_data(reply: ChatReply) -> dict[str, Any]:
    panel = reply.panel
    panes = (panel.status, panel.reasoning, panel.answer)
    return {
        "turn_id": panel.status.turn_id,
        "prompt": well_formed(reply.prompt),
        "panes": [pane.model_id for pane in panes if pane is not None],
    }
