"""A prefix: text that a reply begins with, given by the user rather than by the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from qwq_magic.errors import ConfigurationError

# How a model got the given text: `native` as the beginning of its own reply, `quoted` in a
# message that asks it to go on, which is a different thing; "" as long as nothing was sent.
Way: TypeAlias = Literal["", "native", "quoted"]
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True, slots=True)
class Prefix:
    """The text that a reply begins with.

    Attributes:
        reasoning: the beginning of the reasoning; "" for none.
        closed: whether the reasoning is over, so that the answer follows.
        answer: the beginning of the answer; only after a closed reasoning.
        way: how the model got the text; set in a turn, and not compared.
    """

    reasoning: str = ""
    closed: bool = False
    answer: str = ""
    way: Way = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.reasoning, str) and isinstance(self.answer, str)):
            raise ConfigurationError("The texts of a Prefix are strings. Pass reasoning as text.")
        if self.answer and not self.closed:
            # The answer follows a reasoning that is over.
            object.__setattr__(self, "closed", True)

    def __bool__(self) -> bool:
        """Whether the prefix gives anything: text, or the end of the reasoning."""
        return bool(self.reasoning or self.answer or self.closed)

    def to_dict(self) -> dict[str, Any]:
        """Return the prefix as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Prefix:
        """Build a prefix from the result of `to_dict`.

        Raises:
            TypeError, ValueError: the data do not describe a prefix.
        """
        closed, way = data.get("closed", False), data.get("way", "")
        texts = [data.get("reasoning", ""), data.get("answer", "")]
        if not (all(isinstance(text, str) for text in texts) and type(closed) is bool):
            raise TypeError("a prefix with a value of the wrong type")
        if way not in WAYS:
            raise ValueError("an unknown way")
        return cls(texts[0], closed, texts[1], way)
