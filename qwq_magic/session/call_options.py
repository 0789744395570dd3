"""What one ask can be given besides its prompt: settings, and how it uses the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from qwq_magic.settings.layers import CHOICES, SettingOptions, unknown_setting

if TYPE_CHECKING:
    from qwq_magic.turns.chat_model import ChatModel


class CallOptions(SettingOptions, total=False):
    """The keyword arguments of `Session.ask` and its like; a setting given here is for this call.

    Attributes:
        server: the name of a preset.
        model: a model's name, or any object with the `ChatModel` protocol.
        conversation: the conversation that the turn becomes part of.
        history: send the last so many turns, whatever the conversation's window is.
        fresh: send no earlier turns.
        append: add a turn, even where the cell has one already.
        advisors: advisors for this call, besides the session's.
        cell_id: the notebook cell that asks.
    """

    server: str | None
    model: str | ChatModel | None
    conversation: str | None
    history: int | None
    fresh: bool
    append: bool
    advisors: Iterable[Any]
    cell_id: str | None


def require_known(call: CallOptions) -> None:
    """Refuse a name that is not an option of a call; type checkers see it first.

    Raises:
        ConfigurationError: it names the option that was probably meant.
    """
    for name in call:
        if name not in CallOptions.__optional_keys__:
            raise unknown_setting(name, {*CHOICES, *CallOptions.__optional_keys__})


def settings_in(call: CallOptions) -> dict[str, Any]:
    """The settings among the options; the model is left out, since it may be an object."""
    return {name: value for name, value in call.items() if name in CHOICES and name != "model"}
