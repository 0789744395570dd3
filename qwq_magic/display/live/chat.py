"""The chat: a prompt box and a transcript in a cell's output, with the memory of the cells.

The browser's messages are handled while no cell runs, so a reply streams from a pump. What
the transcript shows is the conversation itself; only the replies under way are kept here.
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
from qwq_magic.display.live.live_panel import LivePanel
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
    """A reply under way, and what the browser called the ask."""

    ask_id: str
    prompt: str
    panel: LivePanel
    pump: Pump


class ChatWidget(Pane):
    """A chat: `ChatWidget()` as the value of a cell, or among other widgets.

    It asks while no cell runs, and remembers what the cells remember. Without a session it is
    the one of `%%qwq`, or a new one where the extension is not loaded. A saved notebook keeps
    the latest turns, and in JupyterLab and Notebook 7 shows them without a kernel. Where our
    renderer is missing there, or the chat is a part of another widget, a notebook without a
    kernel shows no widget; `%qwq_memory save` and `export` keep the conversation.
    """

    kind = traitlets.Unicode("chat").tag(sync=True)
    mime = traitlets.Unicode(CHAT_MIME).tag(sync=True)
    # Never set, so never sent again: a page that loads takes all from it, others by messages.
    page = traitlets.Dict().tag(sync=True, to_json=lambda _, chat: chat._page(whole=True))

    def __init__(self, session: Session | None = None, conversation: str | None = None) -> None:
        """Nothing is asked yet.

        Raises:
            ConfigurationError: `conversation` is no name.
        """
        # First of all: a chat that could not be made is closed as well.
        self._replies: dict[ConversationMemory, ChatReply] = {}
        # IPython's shell, once the widget is whole: closing it before then must not need one.
        self._shell = None
        host = host_of(get_ipython())
        if session is None:
            session = host.session if host else Session()
        self.session = session
        self._host = host if host and host.session is session else None
        name = checked_name(conversation or session.conversation)
        # A name alone until a conversation has begun, which may then be renamed.
        self._selected: ConversationMemory | str = (
            session.memory if name == session.conversation else name
        )
        self._lock = threading.RLock()
        self._transcript = Transcript()
        self._shown: object = None
        # Of outputs that show the widget itself.
        self._handles: list[DisplayHandle] = []
        chat_id = f"chat {uuid.uuid4().hex}"
        self._bundle = ChatBundle(chat_id)
        super().__init__(chat_id)
        self._shell = get_ipython()
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self.refresh)

    @property
    def conversation(self) -> str:
        """The name of the conversation it shows."""
        return self._selected if isinstance(self._selected, str) else self._selected.name

    def refresh(self, _result: object = None) -> None:
        """Show what else was asked or changed in the conversation, by cells say."""
        with self._lock:
            before = self._shown
            page = self._page(whole=False)
            if self._shown != before:
                self.send({"type": "page", "page": page})

    def close(self) -> None:
        """Stop what is under way here, and leave the page."""
        for reply in list(self._replies.values()):
            reply.pump.stop()
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
                self._give_way()
            case {"type": "save"}:
                self.send({"type": "saved", "bundle": self._saved()})

    def _memory(self) -> ConversationMemory | None:
        """The conversation it shows; None where nobody has begun it yet."""
        if isinstance(self._selected, str):
            self._selected = self.session.conversations.get(self._selected, self._selected)
        return None if isinstance(self._selected, str) else self._selected

    def _reply(self) -> ChatReply | None:
        """What is under way in the conversation it shows."""
        memory = self._memory()
        return None if memory is None else self._replies.get(memory)

    def _saved(self) -> dict[str, Any]:
        memory = self._memory()
        return self._bundle.of(self.conversation, memory)

    def _give_way(self) -> None:
        """Put the data in the widget's place: the page shows the chat there itself."""
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
        """Ask in the conversation that is shown; returns a line for the reader, mostly ""."""
        if self._reply() is not None:
            raise ConfigurationError("A reply is under way here. Wait for it, or stop it.")
        notice = self._host.prepare() if self._host else ""
        if self.session.runner != "thread":
            raise ConfigurationError(
                "A chat cannot stream on the notebook's own loop. "
                'Set it free: %config QwqMagics.runner = "thread".'
            )
        run = self.session.start(prompt, conversation=self.conversation)
        memory = self._memory()
        assert memory is not None  # the ask has begun it
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
        """The turn stands in the conversation now; called in the pump's thread."""
        with self._lock:
            reply = self._replies.pop(memory)
        try:
            reply.panel.end(turn.state)
            if turn.error is not None:
                self.send({"type": "failed", "id": reply.ask_id})
            # Before the panes close, so that their drawings stay where they are.
            self.refresh()
        finally:
            reply.panel.close()
            if self._host is not None:
                self._host.turn_ended(turn)

    def _stop(self) -> None:
        reply = self._reply()
        if reply is not None:
            reply.pump.stop()
        else:
            # The reply has ended, and the page has not heard of it.
            self._send_whole()

    def _select(self, name: str) -> None:
        with self._lock:
            self._selected = name
            self._transcript.restart()
            self._send_whole()

    def _unused_name(self) -> str:
        """Of a conversation that has no turns: the one shown, or a new one's."""
        if not self._memory() and self._reply() is None:
            return self.conversation
        conversations = self.session.conversations
        names = (f"chat-{number}" for number in itertools.count(1))
        return next(name for name in names if name not in conversations)

    def _send_whole(self) -> None:
        with self._lock:
            self.send({"type": "page", "page": self._page(whole=True)})

    def _page(self, *, whole: bool) -> dict[str, Any]:
        """All that the browser shows, but the turns whose text it has."""
        with self._lock:
            memory, reply = self._memory(), self._reply()
            name = self.conversation
            live = _live_data(reply) if reply else None
            turns = self._transcript.page(
                memory,
                whole=whole,
                # A turn may stand in the conversation before the pump has seen its end.
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
        on_stop=run.stop,
        # What runs meanwhile is a cell that has nothing to do with it.
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
