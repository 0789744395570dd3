"""The notebook that a chat belongs to.

A chat that is created in a cell uses the session of `%%qwq`. The magics are above this layer,
so they register themselves here, and a chat looks up its host by shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from qwq_magic.session import Session
    from qwq_magic.turns import Turn


class ChatHost(Protocol):
    """What a chat needs from its notebook."""

    session: Session

    def prepare(self) -> str:
        """Apply the settings before a prompt is sent; return a notice, or ""."""

    def turn_ended(self, turn: Turn) -> None:
        """Record a finished turn; called from any thread."""


_hosts: WeakKeyDictionary[InteractiveShell, ChatHost] = WeakKeyDictionary()


def register_host(shell: InteractiveShell, host: ChatHost) -> None:
    """Make `host` the host of the chats in this shell."""
    _hosts[shell] = host


def host_of(shell: InteractiveShell | None) -> ChatHost | None:
    """Return the host of the chats in this shell; None if the extension is not loaded."""
    return None if shell is None else _hosts.get(shell)
