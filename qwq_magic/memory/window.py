"""The window of a conversation: how much of it is sent, counted from its end.

Only whole turns are sent, whatever the unit, so a prompt is never sent without its answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from qwq_magic.errors import ConfigurationError

Unit: TypeAlias = Literal["turns", "messages", "tokens"]

# Few digits, since `int` raises for a number of thousands of digits.
_PATTERN = re.compile(r"(\d[\d_,]{0,15})(k?)\s*([a-z]*)", re.IGNORECASE)
_UNITS: dict[str, Unit] = {
    "": "turns",
    "turn": "turns",
    "msg": "messages",
    "msgs": "messages",
    "message": "messages",
    "tok": "tokens",
    "toks": "tokens",
    "token": "tokens",
    **{unit: unit for unit in get_args(Unit)},
}


@dataclass(frozen=True, slots=True)
class Window:
    """The last `size` turns, messages or estimated tokens; all turns if `size` is None.

    A turn counts as two messages, as in Spring AI's `MessageWindowChatMemory`.
    """

    size: int | None = None
    unit: Unit = "turns"

    @classmethod
    def parse(cls, text: str) -> Window:
        """Parse `6`, `6 turns`, `20msg`, `8000tok`, `8k tokens` or `all`.

        Raises:
            ConfigurationError: the text has another form.
        """
        if text.strip().lower() in ("all", "off", "none"):
            return cls()
        found = _PATTERN.fullmatch(text.strip())
        unit = _UNITS.get(found[3].lower()) if found else None
        size = int(found[1].replace(",", "").replace("_", "")) if found else 0
        if not found or unit is None or size < 1:
            raise _invalid_window(text)
        return cls(size * 1000 if found[2] else size, unit)

    @classmethod
    def of(cls, value: Window | int | str | None) -> Window:
        """Convert a window, a number of turns, a string or None (all turns) to a window.

        Raises:
            ConfigurationError: the value is not a valid window.
        """
        if isinstance(value, str):
            return cls.parse(value)
        window = value if isinstance(value, cls) else cls(value)  # type: ignore[arg-type]  # checked next
        # `type` rather than `isinstance`, which accepts True as a size.
        is_size = window.size is None or (type(window.size) is int and window.size > 0)
        if not is_size or window.unit not in get_args(Unit):
            raise _invalid_window(value)
        return window

    def holds(self, *, turns: int, tokens: float) -> bool:
        """Whether this many turns with this many estimated tokens in total fit."""
        if self.size is None:
            return True
        used = {"turns": turns, "messages": 2 * turns, "tokens": tokens}[self.unit]
        return used <= self.size

    def __str__(self) -> str:
        if self.size is None:
            return "all turns"
        about = "≈ " if self.unit == "tokens" else ""
        unit = self.unit.removesuffix("s") if self.size == 1 else self.unit
        return f"the last {about}{self.size:,} {unit}"


def window_from(data: Any) -> Window:
    """Return the window of a saved conversation: `[size, unit]`, None for all.

    Raises:
        TypeError, ValueError: the data do not describe a window.
    """
    if data is None:
        return ALL
    size, unit = data
    if not (type(size) is int and size > 0 and unit in get_args(Unit)):
        raise TypeError("a value of the wrong type")
    return Window(size, unit)


def _invalid_window(value: object) -> ConfigurationError:
    return ConfigurationError(
        f"{value!r:.80} is not a valid window. Use 6 (turns), 20msg, 8000tok or all."
    )


ALL = Window()
