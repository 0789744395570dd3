"""One reply, assembled from its chunks: its texts, its token counts, its end.

The same for every protocol. Texts are joined to one delta per network read, so that a read
costs the same however the server cut it. An error is kept rather than raised, so that the
text before it is delivered first.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.errors import ProtocolError, QwqError, ServerFailure
from qwq_magic.events import (
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.plain_text import SurrogateJoiner
from qwq_magic.settings.layers import InlineThink
from qwq_magic.wire.connection_errors import empty_reply
from qwq_magic.wire.finish_words import FINISH_WORDS, Ending, FinishWords
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.other_choice import OtherChoice
from qwq_magic.wire.sink import Sink
from qwq_magic.wire.think_tags import ThinkTagSplitter
from qwq_magic.wire.token_usage import (
    Counts,
    MergeCounts,
    ReadUsage,
    latest_counts,
    usage_from,
)

# Several times what any model can write; it bounds the memory an endless stream takes.
MAX_CHARACTERS = 4_000_000

_LONE_CLOSE = (
    "The reply has a </think> without a <think>. If all text before it was reasoning, set "
    'inline_think="open".'
)
# Endings that look like an ordinary end, and are not.
_CUTS = {
    Ending.OUT_OF_RESOURCES: "the server ran out of resources",
    Ending.ABORTED: "the server gave up",
    Ending.FILTERED: "the server's content filter stopped it",
    Ending.TOKEN_LIMIT: "it reached the token limit",
}
# A caption explains this word wherever the turn is shown, so a notice would repeat it.
_HAS_CAPTION = "length"


class Reply:
    """Assembles one reply; a `Sink`.

    Attributes:
        error: why the reply is incomplete, once that is known.
        is_complete: has all text arrived? Usage may follow.
        is_done: is there nothing left to read?
    """

    def __init__(
        self,
        *,
        inline_think: InlineThink,
        origin: Origin,
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
        self._splitter = ThinkTagSplitter(inline_think)
        # Some servers cut between the two halves of an escaped character beyond the BMP.
        self._reasoning_text = SurrogateJoiner()
        self._content_text = SurrogateJoiner()
        self._saw_reasoning_field = False
        self._saw_text = False
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
            if not self._saw_reasoning_field:
                self._saw_reasoning_field = True
                # A server with a reasoning field has split the text, so a tag is a quotation.
                self._deliver(*self._splitter.stop_splitting())
        self._run.append(text)

    def add_content(self, text: str) -> None:
        """Add text that is the answer, except for inline reasoning."""
        if self._run_is_reasoning:
            self._end_run()
            self._run_is_reasoning = False
        self._run.append(text)

    def add_usage(self, counts: Any) -> None:
        """Add token counts as the server reports them; they are read once per network read."""
        if counts and isinstance(counts, dict):
            self._counts = self._merge_counts(self._counts, counts)
            self._has_new_counts = True

    def end_with(self, reason: Any) -> None:
        """Note the server's finish reason; an empty one never erases an earlier one."""
        if not (reason and isinstance(reason, str)):
            return
        ending = self._finish_words.get(reason, Ending.COMPLETE)
        # A failure after a complete reply takes nothing away from it.
        is_late = ending is Ending.FAILED and self.is_complete
        if ending is not Ending.UNFINISHED and not is_late:
            self._finish_reason, self._ending = reason, ending
            self.is_complete = True

    def sign(self, signature: str) -> None:
        self._signature = signature

    def lose_content(self) -> None:
        """Note that content of an unknown form arrived, of which only the strings were added."""
        if self._damage is None and not self.is_complete:
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
        if self.is_complete:
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
        self._flush()
        if self.error is not None:
            return
        self.is_complete = self.is_done = True
        # The server may end properly although a chunk in between could not be read.
        if self._damage is not None:
            self.is_complete = False
            self.error = self._damage
        elif self.ended_in_error:
            word = self._finish_reason
            cause = f"{self._origin.name} ended the reply with finish_reason `{word}`."
            self.error = ServerFailure(f"{cause} Run the cell again.", retryable=True)
        elif not (self.has_text or self._finish_reason or self._counts):
            # An end marker alone: a model that has nothing to answer has a finish reason.
            self.is_complete = False
            self.error = empty_reply(self._origin)
        else:
            cut = _CUTS.get(self._ending) if self._ending else None
            if cut and self._finish_reason != _HAS_CAPTION:
                self._events.append(Notice(f"The reply is cut: {cut}. Run the cell again."))
            self._report_usage()
            self._events.append(StreamFinished(self._finish_reason, signature=self._signature))

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
        if self._run_is_reasoning:
            self._deliver(self._reasoning_text.join(text), "")
            return
        split = self._splitter.split(self._content_text.join(text))
        self._deliver(*split)
        if self._splitter.meets_lone_close(split[1]):
            self._events.append(Notice(_LONE_CLOSE))

    def _deliver(self, reasoning: str, answer: str) -> None:
        if reasoning:
            self._events.append(ReasoningDelta(reasoning))
        if answer:
            self._events.append(AnswerDelta(answer))
        self._characters += len(reasoning) + len(answer)
        # A model in a loop on a server without a token limit would stream until memory is full.
        if self._characters > MAX_CHARACTERS and self.error is None:
            self.error = ProtocolError(
                f"The reply exceeds {MAX_CHARACTERS // 1_000_000} million characters and was "
                "stopped. The text so far is kept; set max_tokens with -p."
            )
            self.is_complete = False
            self.is_done = True

    def _flush(self) -> None:
        self.settle_choice()
        self._end_run()
        self._deliver(self._reasoning_text.flush(), "")
        self._deliver(*self._splitter.split(self._content_text.flush()))
        self._deliver(*self._splitter.flush())

    def _report_usage(self) -> None:
        if not self._has_new_counts:
            return
        self._has_new_counts = False
        usage = self._read_usage(self._counts)
        if usage is not None:
            self._events.append(UsageReported(usage))
