"""One reply, assembled from its chunks: its texts, its token counts, its end.

The same for every protocol. Texts are joined to one delta per network read, so that a read
costs the same however the server cut it. An error is kept rather than raised, so that the
text before it is delivered first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qwq_magic.errors import ProtocolError, QwqError, ServerFailure
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Ending,
    Event,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    TokenLogprob,
    UsageReported,
    merge_deltas,
    plausible_counts,
)
from qwq_magic.plain_text import SurrogateJoiner
from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.connection_errors import empty_reply
from qwq_magic.wire.finish_words import CUTS, FINISH_WORDS, FinishWords, ending_of
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.other_choice import OtherChoice
from qwq_magic.wire.sink import Sink
from qwq_magic.wire.think_tags import Beginning, ThinkTagSplitter
from qwq_magic.wire.token_usage import (
    Counts,
    MergeCounts,
    ReadUsage,
    cost_in,
    latest_counts,
    usage_from,
)

# Several times what any model can write; it bounds the memory an endless stream takes.
MAX_CHARACTERS = 4_000_000

# How many names of unread fields a message lists.
_MOST_NAMES = 5


class Reply:
    """Assembles one reply; a `Sink`.

    Attributes:
        error: why the reply is incomplete, once that is known.
        is_complete: has the server reported an end? Usage may follow, and even text, since
            some servers send a finish reason with every chunk.
        is_done: is there nothing left to read?
    """

    def __init__(
        self,
        *,
        inline_think: InlineThink,
        origin: Origin,
        beginning: Beginning = "unknown",
        merge_counts: MergeCounts = latest_counts,
        read_usage: ReadUsage = usage_from,
        finish_words: FinishWords = FINISH_WORDS,
    ) -> None:
        self.error: QwqError | None = None
        self.is_complete = False
        self.is_done = False
        self._origin = origin
        self._events: list[Event] = []
        # Texts of one kind since the last network read or the last change of kind.
        self._run: list[str] = []
        self._run_is_reasoning = False
        # The log-probabilities of the tokens of these texts, where the user asks for them.
        self._logprobs: list[TokenLogprob] = []
        self._splitter = ThinkTagSplitter(inline_think, beginning=beginning)
        # Some servers cut between the two halves of an escaped character beyond the BMP.
        self._reasoning_text = SurrogateJoiner()
        self._content_text = SurrogateJoiner()
        self._saw_text = False
        # Characters delivered.
        self._reasoning_size = self._answer_size = 0
        self._characters = 0
        self._finish_reason: str | None = None
        self._ending: Ending | None = None
        self._signature = ""
        self._finish_words = finish_words
        self._counts: Counts = {}
        self._has_new_counts = False
        self._merge_counts = merge_counts
        self._read_usage = read_usage
        self._other: OtherChoice | None = None
        self._has_messages = False
        self._damage: QwqError | None = None
        self._has_late_error = False
        # Whether text has followed the latest finish reason, which then was not the end.
        self._has_text_since_end = False
        # Fields that may have text, and that no protocol here reads.
        self._unread: dict[str, bool] = {}

    @property
    def is_at_end(self) -> bool:
        """Whether nothing that matters has followed the end that the server reported."""
        return self.is_complete and not self._has_text_since_end

    @property
    def began_inside(self) -> bool | None:
        """Whether the reply began inside the reasoning; None where it does not show."""
        return self._splitter.began_inside

    @property
    def has_text(self) -> bool:
        return self._saw_text or bool(self._run)

    @property
    def ended_in_error(self) -> bool:
        return self._ending is Ending.FAILED

    def add_reasoning(self, text: str) -> None:
        """Add text from a reasoning field; inline tags are plain text from here on."""
        if not self._run_is_reasoning:
            self._end_run()
            self._run_is_reasoning = True
        self._has_text_since_end = True
        self._run.append(text)

    def add_content(self, text: str) -> None:
        """Add text that is the answer, except for inline reasoning."""
        if self._run_is_reasoning:
            self._end_run()
            self._run_is_reasoning = False
        self._has_text_since_end = True
        self._run.append(text)

    def skip(self, name: str, *, may_be_text: bool) -> None:
        """Note a field that is not read; `may_be_text`: does its name suggest text?"""
        if len(self._unread) < _MOST_NAMES:
            self._unread.setdefault(name, may_be_text)

    def add_logprobs(self, tokens: Sequence[TokenLogprob]) -> None:
        self._logprobs += tokens

    def add_usage(self, counts: Any) -> None:
        """Add token counts as the server reports them; they are read once per network read."""
        if counts and isinstance(counts, dict):
            self._counts = self._merge_counts(self._counts, counts)
            self._has_new_counts = True

    def end_with(self, reason: Any) -> None:
        """Note the server's finish reason; an empty one never erases an earlier one."""
        if not (reason and isinstance(reason, str)):
            return
        ending = ending_of(reason, self._finish_words)
        # A failure after a complete reply takes nothing away from it.
        is_late = ending is Ending.FAILED and self.is_at_end
        if ending is not Ending.UNFINISHED and not is_late:
            self._finish_reason, self._ending = reason, ending
            self.is_complete = True
            self._has_text_since_end = False

    def sign(self, signature: str) -> None:
        self._signature = signature

    def lose_content(self) -> None:
        """Note that content of an unknown form arrived, of which only the strings were added."""
        if self._damage is None and not self.is_at_end:
            self._damage = ProtocolError(
                f"{self._origin.name} sent content in an unknown form. The reply may lack a part; "
                "run the cell again, or choose another model with -m."
            )

    def takes_message(self) -> bool:
        """Is a message new text? Some servers repeat all deltas in one at the end."""
        self._has_messages = self._has_messages or not self.has_text
        return self._has_messages

    def other(self, index: Any) -> Sink:
        """The sink for the choice with this index, which counts if the first has no text."""
        if self._other is None:
            self._other = OtherChoice(index)
        return self._other if self._other.index == index else OtherChoice(index)

    def settle_choice(self) -> None:
        """At the end of the stream: if the first choice has no text, another is the reply."""
        other, self._other = self._other, None
        if other is not None and not self.has_text:
            other.replay(self)

    def damage(self, error: QwqError, *, is_hopeless: bool) -> None:
        """Note that part of the reply is lost: continue, but never call it complete.

        `is_hopeless`: fail at once if no text has arrived yet.
        """
        # What is damaged after the end can only have been usage.
        if self.is_at_end:
            return
        if is_hopeless and not self.has_text:
            self.fail(error)
        self._damage = self._damage or error

    def note_late_error(self, message: str) -> None:
        """Report a failure after the end of the reply, which loses nothing, once."""
        if self._has_late_error:
            return
        self._has_late_error = True
        self._end_run()
        shown = self._origin.quote(message) or "no explanation"
        text = f"{self._origin.name} reported an error after the end of the reply: {shown}"
        self._events.append(Notice(text if text.endswith(".") else f"{text}."))

    def finish(self) -> None:
        """End the reply, all of which has arrived."""
        ending = self._ending
        self._flush(is_good_end=ending in (None, Ending.COMPLETE, Ending.TOOL_CALLS))
        if self.error is not None:
            return
        self.is_complete = self.is_done = True
        error = self._damage or self._failure() or self.unread_text() or self._emptiness()
        # The server may end properly although a chunk in between could not be read.
        if error is not None:
            self.is_complete = False
            self.error = error
            return
        if ending is not None and ending in CUTS:
            self._events.append(Notice(f"The reply is cut: {CUTS[ending]}"))
        self._report_usage()
        self._events.append(StreamFinished(self._finish_reason, self._signature, ending))

    def _emptiness(self) -> QwqError | None:
        """The error of an end marker alone: a model with nothing to answer has a finish reason."""
        if self.has_text or self._finish_reason or self._counts:
            return None
        return empty_reply(self._origin)

    def _failure(self) -> QwqError | None:
        if not self.ended_in_error:
            return None
        word = self._finish_reason
        cause = f"{self._origin.name} ended the reply with finish_reason `{word}`."
        return ServerFailure(f"{cause} Run the cell again.", retryable=True)

    def unread_text(self) -> QwqError | None:
        """Fields that were not read: an error where nothing else arrived, else a notice."""
        has_text = bool(self._reasoning_size or self._answer_size)
        names = [name for name, may_be_text in self._unread.items() if may_be_text or not has_text]
        if not names:
            return None
        listed = ", ".join(f"`{name}`" for name in map(self._origin.quote, names[:_MOST_NAMES]))
        if has_text:
            text = f"{self._origin.name} also sent {listed}, which is not read."
            self._events.append(Notice(text))
            return None
        return ProtocolError(
            f"{self._origin.name} sent no text that can be read, but {listed}. Check `base_url` "
            "and `protocol`, or choose another model with -m."
        )

    def fail(self, error: QwqError) -> None:
        """End the reply, part of which is missing."""
        self._flush()
        self.error = self.error or error
        self.is_complete = False
        self.is_done = True

    def take_events(self) -> list[Event]:
        """The events since the last call, with the latest usage at most once."""
        if self._run:
            self._end_run()
        self._report_usage()
        events, self._events = self._events, []
        return events

    def _end_run(self) -> None:
        if not self._run:
            return
        text = "".join(self._run)
        self._run.clear()
        self._saw_text = True
        self._characters += len(text)
        if self._run_is_reasoning:
            self._deliver(self._splitter.add_field(self._reasoning_text.join(text)))
        else:
            self._deliver(self._splitter.split(self._content_text.join(text)))
        # After the text that they belong to.
        if self._logprobs:
            self._events.append(LogprobsReported(tuple(self._logprobs)))
            self._logprobs.clear()
        # A model in a loop on a server without a token limit would stream until memory is full.
        if self._characters > MAX_CHARACTERS and self.error is None:
            self.error = ProtocolError(
                f"The reply exceeds {MAX_CHARACTERS // 1_000_000} million characters and was "
                "stopped. The text so far is kept; set max_tokens with -p."
            )
            self.is_complete = False
            self.is_done = True
            # Text that was held back has arrived as well.
            self._deliver(self._splitter.flush())

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case ReasoningDelta(text):
                    self._reasoning_size += len(text)
                case AnswerDelta(text):
                    self._answer_size += len(text)
                case AnswerBecameReasoning():
                    self._reasoning_size += self._answer_size
                    self._answer_size = 0
                case ReasoningBecameAnswer():
                    self._answer_size += self._reasoning_size
                    self._reasoning_size = 0
        self._events += merge_deltas(events)

    def _flush(self, *, is_good_end: bool = False) -> None:
        self.settle_choice()
        self._end_run()
        if rest := self._reasoning_text.flush():
            self._deliver(self._splitter.add_field(rest))
        self._deliver(self._splitter.split(self._content_text.flush()))
        self._deliver(self._splitter.flush(is_good_end=is_good_end))

    def _report_usage(self) -> None:
        if not self._has_new_counts:
            return
        self._has_new_counts = False
        usage = self._read_usage(self._counts)
        if usage is not None:
            usage = plausible_counts(
                usage, reasoning=self._reasoning_size, answer=self._answer_size
            )
            self._events.append(UsageReported(usage, cost_in(self._counts)))
