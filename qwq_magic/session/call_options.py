"""The keyword arguments of one request: settings, and how it uses the conversation.

An option given for one call overrides the session's setting for that call only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from qwq_magic.settings.layers import CHOICES, SettingOptions, unknown_setting

if TYPE_CHECKING:
    from qwq_magic.turns import Prefix
    from qwq_magic.turns.chat_model import ChatModel


class CallOptions(SettingOptions, total=False):
    """Keyword arguments of `Session.ask`, `ask_async`, `stream`, `start` and `preview`.

    All are optional. Settings given here apply to this call only.

    Attributes:
        server: the name of a preset.
        model: a model's name, or any object with the `ChatModel` protocol.
        conversation: the conversation that the turn is added to; by default the current one.
        history: send this many earlier turns, whatever the conversation's window is.
        fresh: send no earlier turns.
        prefix: text that the reply begins with.
        append: add a new turn, even if the cell already has one.
        advisors: advisors for this call, in addition to the session's.
        cell_id: the notebook cell that sends the prompt.
    """

    server: str | None
    model: str | ChatModel | None
    conversation: str | None
    history: int | None
    fresh: bool
    prefix: Prefix | None
    append: bool
    advisors: Iterable[Any]
    cell_id: str | None


def require_known(call: CallOptions, *, further: tuple[str, ...] = ()) -> None:
    """Check the names at run time, for callers without a type checker.

    `further`: other names that the caller accepts, for the message.

    Raises:
        ConfigurationError: a name is not an option; the message suggests the closest one.
    """
    for name in call:
        if name not in CallOptions.__optional_keys__:
            # The annotations keep the order in which the options are written; a set has none.
            raise unknown_setting(
                name, tuple(dict.fromkeys((*CHOICES, *CallOptions.__annotations__, *further)))
            )


def settings_in(call: CallOptions) -> dict[str, Any]:
    """Return the settings among the options, without the model, which may be an object."""
    return {name: value for name, value in call.items() if name in CHOICES and name != "model"}
