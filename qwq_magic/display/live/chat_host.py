"""The notebook that a chat belongs to.

A chat that is made in a cell uses the session behind `%%qwq`. The magics are above this
layer, so they register themselves here, and the chat looks its host up by its shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from qwq_magic.session import Session
    from qwq_magic.turns import Turn


class ChatHost(Protocol):
    """What a chat needs of its notebook."""

    session: Session

    def prepare(self) -> str:
        """Apply the settings before an ask; returns a line to show, or ""."""

    def turn_ended(self, turn: Turn) -> None:
        """Take a turn that has ended; any thread may call this."""


_hosts: WeakKeyDictionary[InteractiveShell, ChatHost] = WeakKeyDictionary()


def register_host(shell: InteractiveShell, host: ChatHost) -> None:
    """Let chats in this shell use `host`."""
    _hosts[shell] = host


def host_of(shell: InteractiveShell | None) -> ChatHost | None:
    """The host of the chats in this shell; None where the extension is not loaded."""
    return None if shell is None else _hosts.get(shell)
