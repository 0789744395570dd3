"""A turn: one prompt and the model's reply to it, complete or not.

Importing this module loads no analysis and no plotting library; the methods that need one
import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from qwq_magic.errors import QwqError, error_from_dict
from qwq_magic.events import Ending, Usage, standard_ending
from qwq_magic.reasoning.arrivals import Mark, pack_marks, unpack_marks
from qwq_magic.reasoning.logprobs import Logprobs
from qwq_magic.turns.code_blocks import CodeBlock
from qwq_magic.turns.limits import StoppedBy
from qwq_magic.turns.messages import Json, Message
from qwq_magic.turns.parent import Parent
from qwq_magic.turns.prefix import Prefix

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qwq_magic.reasoning import Candidate, Comparison, Inspection, Metrics, Steps

State: TypeAlias = Literal["complete", "stopped", "error"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock durations in seconds; None if that point was never reached.

    Attributes:
        ttft_s: from the request to the first text.
        thinking_s: from the first reasoning to the first answer text, or to the end if the
            reply has no answer.
        total_s: from the request to the end.
    """

    ttft_s: float | None = None
    thinking_s: float | None = None
    total_s: float | None = None


_Value = TypeVar("_Value", Usage, Timing, Message)
# The fields that only some turns have, and that are values of their own.
_PARTS: Mapping[str, type[Prefix | Parent | StoppedBy | Logprobs]] = {
    "prefix": Prefix,
    "parent": Parent,
    "stopped_by": StoppedBy,
    "logprobs": Logprobs,
}


def _values(value: Usage | Timing | Message) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


def _plain(value: Any) -> Any:
    match value:
        case Ending():
            return value.value
        case Prefix() | Parent() | StoppedBy() | Logprobs():
            return value.to_dict()
        case _:
            return value


def _build(cls: type[_Value], data: Mapping[str, Any] | None) -> _Value:
    """Build a value from plain JSON; unknown keys are ignored."""
    data = data or {}
    return cls(**{f.name: data[f.name] for f in fields(cls) if f.name in data})


@dataclass(frozen=True, slots=True)
class Turn:
    """One prompt and its completion.

    Attributes:
        id: a unique id.
        prompt: the user's text, verbatim.
        reasoning: the reasoning: what was given of it, and all that was received.
        answer: the answer, likewise.
        model: the model's name as the server knows it.
        server: the server's name, such as `dashscope` or `demo`.
        conversation: the name of the conversation.
        finish_reason: the server's reason for ending the reply; None if it gave none.
        complete: whether the whole reply was received, to its end or to the limit that the
            request set.
        error: what went wrong, or None; a turn that the user stopped is not complete and has
            no error.
        usage: the server's token counts.
        timing: how long it took.
        arrivals: when the reasoning arrived, as pairs (characters received, seconds since the
            request); at most a thousand, empty if unknown.
        messages: the messages that were sent.
        parameters: the server parameters that were sent.
        notices: the notices of the client and the advisors.
        cell_id: the notebook cell that sent the prompt, None outside a notebook.
        started_at: when the request was sent, ISO 8601 in UTC.
        signature: what the server requires back with the reasoning, if that is sent again;
            only its protocol reads it.
        ending: what `finish_reason` means, if the value alone does not show it.
        prefix: the text that the reply was given to begin with; None for none. It is part of
            the texts, but of no count, time or speed.
        parent: the turn that this one came from; None for a turn of its own.
        stopped_by: what ended the reasoning before the model did, and when; None for nothing.
        cost: what the server charged, in its own unit; None if it did not report that.
        logprobs: how sure the model was of its tokens; None unless `parameters` asked for
            `logprobs` and the server sent them.
    """

    id: str
    prompt: str
    reasoning: str = ""
    answer: str = ""
    model: str = ""
    server: str = ""
    conversation: str = "main"
    finish_reason: str | None = None
    complete: bool = False
    error: QwqError | None = None
    usage: Usage = field(default_factory=Usage)
    timing: Timing = field(default_factory=Timing)
    arrivals: tuple[Mark, ...] = ()
    messages: tuple[Message, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    cell_id: str | None = None
    started_at: str = ""
    signature: str = field(default="", repr=False)
    ending: Ending | None = None
    prefix: Prefix | None = None
    parent: Parent | None = None
    stopped_by: StoppedBy | None = None
    cost: float | None = None
    logprobs: Logprobs | None = field(default=None, repr=False)

    @property
    def given(self) -> tuple[int, int]:
        """How many characters at the start of the reasoning and of the answer were given."""
        return (len(self.prefix.reasoning), len(self.prefix.answer)) if self.prefix else (0, 0)

    @property
    def state(self) -> State:
        """`complete`, `error`, or `stopped`: by the user, or by the server."""
        if self.complete:
            return "complete"
        return "error" if self.error else "stopped"

    @property
    def code(self) -> list[CodeBlock]:
        """The answer's fenced blocks, in order; each is a string with a `language` and `run()`."""
        # The parser of the saved output, so that both find the same blocks.
        from markdown_it import MarkdownIt  # importing it takes 100 ms

        return [
            CodeBlock(token.content, token.info.strip().split(" ")[0])
            for token in MarkdownIt("commonmark").parse(self.answer)
            if token.type == "fence"
        ]

    @property
    def steps(self) -> Steps:
        """The reasoning, step by step; the texts of the steps, joined, are the reasoning."""
        from qwq_magic.reasoning.analysis import steps_in  # not needed by most turns

        return steps_in(self)

    @property
    def metrics(self) -> Metrics:
        """Metrics of the reasoning; `Metrics` documents their units."""
        from qwq_magic.reasoning.analysis import metrics_in

        return metrics_in(self)

    @property
    def final_value(self) -> str | None:
        """The value that the answer commits to, in its one spelling; None without one.

        Equal values are equal strings: `.375` and `6/16` are `3/8`, `1,234 cm` is `1234`, and
        an option is its letter. The value is extracted from the answer, not checked.
        """
        from qwq_magic.reasoning.values import committed_value

        return committed_value(self.answer)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The values that the reasoning asserted as its answer on the way, in order.

        Two in a row always differ. They are extracted by rules, so some may be missing, or be
        intermediate values. Given text asserts none.
        """
        from qwq_magic.reasoning.analysis import candidates_in

        return candidates_in(self)

    def inspect(self) -> Inspection:
        """Return the reasoning inspector, which displays as a widget or as a text outline."""
        from qwq_magic.reasoning import Inspection

        return Inspection(self)

    def compare(self, other: Turn) -> Comparison:
        """Compare this turn with another: aligned steps, a diff of the answers, metrics."""
        from qwq_magic.reasoning import compare

        return compare(self, other)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Plot the reasoning over time with matplotlib; see `plot_timeline`."""
        from qwq_magic.reasoning.timeline_plot import plot_timeline

        return plot_timeline(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the turn as plain JSON; `Turn.from_dict` reads it back."""
        # Not `asdict`, which would copy every value deeply.
        data: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        data["error"] = self.error.to_dict() if self.error else None
        data["usage"] = _values(self.usage)
        data["timing"] = _values(self.timing)
        data["arrivals"] = pack_marks(self.arrivals)
        data["messages"] = [_values(message) for message in self.messages]
        data["parameters"] = dict(self.parameters)
        data["notices"] = list(self.notices)
        # Versions before these fields do not read a file in which they find one.
        for name in ("ending", "cost", *_PARTS):
            value = data.pop(name)
            if value is not None:
                data[name] = _plain(value)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Turn:
        """Build a turn from the result of `to_dict`; unknown keys are ignored.

        Raises:
            TypeError, ValueError, AttributeError: the data do not describe a turn.
        """
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        error = known.get("error")
        known["error"] = error_from_dict(error) if error else None
        known["usage"] = _build(Usage, known.get("usage"))
        known["timing"] = _build(Timing, known.get("timing"))
        # Turns that were saved before arrivals were recorded have none.
        known["arrivals"] = unpack_marks(known.get("arrivals") or [])
        known["messages"] = tuple(_build(Message, item) for item in known.get("messages") or ())
        known["notices"] = tuple(known.get("notices") or ())
        known["ending"] = Ending(known["ending"]) if known.get("ending") else None
        for name, part in _PARTS.items():
            known[name] = part.from_dict(known[name]) if known.get(name) else None
        turn = cls(**known)
        # A saved error does not contain its turn, see `QwqError.to_dict`.
        if turn.error is not None:
            turn.error.partial = turn
        return turn

    def __repr__(self) -> str:
        """Return a short summary: a notebook shows it, and the texts may be very long."""
        return (
            f"<Turn {self.state}: {len(self.reasoning):,} characters of reasoning, "
            f"{len(self.answer):,} of answer, {self.model} on {self.server}>"
        )


def ending_in(turn: Turn) -> Ending | None:
    """How the server ended the reply; None if it did not."""
    if turn.ending is not None:
        return turn.ending
    return standard_ending(turn.finish_reason) if turn.finish_reason or turn.complete else None


def is_cut(turn: Turn) -> bool:
    """Whether the server ended the reply before the model did."""
    return not turn.complete and turn.error is None and ending_in(turn) is not None
