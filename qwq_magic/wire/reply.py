"""What the chunks of one reply amount to: its texts, its token counts, its end.

The same for every protocol. Texts are gathered and become one delta a read, so that a
read costs the same however the server cut it. An error is kept rather than raised: the
text that came before it is delivered first.
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
    "The reply closes a <think> that it never opened. If all before it was reasoning: "
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
    """Gathers one reply.

    Attributes:
        error: why the reply will not come whole, once that is known.
        is_complete: has the reply come whole? More usage may follow.
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
        # Texts of one kind, as they came since the last read or the last change of kind.
        self._run: list[str] = []
        self._run_is_reasoning = False
        self._splitter = ThinkTagSplitter(inline_think)
        self._reasoning_text = SurrogateJoiner()
        self._content_text = SurrogateJoiner()
        self._saw_reasoning_field = False
        self._saw_text = False
        self._characters = 0
        self._finish_reason: str | None = None
        self._ending: Ending | None = None
        self._finish_words = finish_words
        self._counts: Counts = {}
        self._has_new_counts = False
        self._merge_counts = merge_counts
        self._read_usage = read_usage
        self._other: OtherChoice | None = None
        self._has_messages = False
        self._damage: QwqError | None = None
        self._is_late_error_told = False

    @property
    def has_text(self) -> bool:
        return self._saw_text or bool(self._run)

    @property
    def ended_in_error(self) -> bool:
        return self._ending is Ending.FAILED

    def add_reasoning(self, text: str) -> None:
        """Text from a field of its own; inline tags are plain text from here on."""
        if not self._run_is_reasoning:
            self._end_run()
            self._run_is_reasoning = True
            if not self._saw_reasoning_field:
                self._saw_reasoning_field = True
                self._deliver(*self._splitter.stop_splitting())
        self._run.append(text)

    def add_content(self, text: str) -> None:
        """Text that is the answer, but for inline reasoning."""
        if self._run_is_reasoning:
            self._end_run()
            self._run_is_reasoning = False
        self._run.append(text)

    def add_usage(self, counts: Any) -> None:
        """Token counts as the server reports them; read once per network read."""
        if counts and isinstance(counts, dict):
            self._counts = self._merge_counts(self._counts, counts)
            self._has_new_counts = True

    def end_with(self, reason: Any) -> None:
        """The server's finish reason; an empty one never erases an earlier one."""
        if not (reason and isinstance(reason, str)):
            return
        ending = self._finish_words.get(reason, Ending.COMPLETE)
        # A failure after a complete reply takes nothing away from it.
        is_late = ending is Ending.FAILED and self.is_complete
        if ending is not Ending.UNFINISHED and not is_late:
            self._finish_reason, self._ending = reason, ending
            self.is_complete = True

    def lose_content(self) -> None:
        """Content came in a form that nobody knows: what was text in it has been added."""
        if self._damage is None and not self.is_complete:
            self._damage = ProtocolError(
                f"{self._origin.name} sent content in an unknown form. The reply may lack a part; "
                "run the cell again, or choose another model with -m."
            )

    def takes_message(self) -> bool:
        """A message in place of a delta: some servers end with all the text once more."""
        self._has_messages = self._has_messages or not self.has_text
        return self._has_messages

    def other(self, index: Any) -> Sink:
        """What takes the choice with this index: it counts where the first stays silent."""
        if self._other is None:
            self._other = OtherChoice(index)
        return self._other if self._other.index == index else OtherChoice(index)

    def settle_choice(self) -> None:
        """Nothing more comes: if the first choice was silent, another is the reply."""
        other, self._other = self._other, None
        if other is not None and not self.has_text:
            other.replay(self)

    def damage(self, error: QwqError, *, is_hopeless: bool) -> None:
        """Something is lost: go on, but never call the reply whole.

        `is_hopeless`: if no text has come yet, there is nothing to go on for.
        """
        if self.is_complete:
            return
        if is_hopeless and not self.has_text:
            self.fail(error)
        self._damage = self._damage or error

    def note_late_error(self, said: str) -> None:
        """The server failed after the last word: that takes nothing away."""
        if self._is_late_error_told:
            return
        self._is_late_error_told = True
        self._end_run()
        words = self._origin.quote(said) or "no explanation"
        text = f"{self._origin.name} reported an error after the end of the reply: {words}"
        self._events.append(Notice(text if text.endswith(".") else f"{text}."))

    def finish(self) -> None:
        """Nothing follows, and all came."""
        self._flush()
        if self.error is not None:
            return
        self.is_complete = self.is_done = True
        if self._damage is not None:
            self.is_complete = False
            self.error = self._damage
        elif self.ended_in_error:
            word = self._finish_reason
            cause = f"{self._origin.name} ended the reply with finish_reason `{word}`."
            self.error = ServerFailure(f"{cause} Run the cell again.", retryable=True)
        else:
            cut = _CUTS.get(self._ending) if self._ending else None
            if cut and self._finish_reason != _HAS_CAPTION:
                self._events.append(Notice(f"The reply is cut: {cut}. Run the cell again."))
            self._report_usage()
            self._events.append(StreamFinished(self._finish_reason))

    def fail(self, error: QwqError) -> None:
        """Nothing follows, and something is missing."""
        self._flush()
        self.error = self.error or error
        self.is_complete = False
        self.is_done = True

    def take_events(self) -> list[Event]:
        """What came since this was last called; a running usage is reported once."""
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
        if self._characters > MAX_CHARACTERS and self.error is None:
            self.error = ProtocolError(
                f"The reply exceeds {MAX_CHARACTERS // 1_000_000} million characters and was "
                "stopped. What came is kept; set max_tokens with -p."
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
