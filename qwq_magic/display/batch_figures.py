"""The figures of a batch in words: how far it is, how fast, how long it takes, what failed.

A live batch has the same figures as one that has ended, so that the notebook, a terminal and a
saved output show the same words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from qwq_magic.batch import Batch, Progress
from qwq_magic.batch.progress import BatchState
from qwq_magic.display.captions import counted
from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn, is_cut

_NOTICE_BYTES: Final = 160
# Other kinds read well with blanks in the place of underscores.
_KINDS: Final = {
    "auth": "key refused",
    "error": "other error",
    "incomplete_stream": "connection broke",
    "server": "server failure",
}


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """How far a batch is.

    Attributes:
        state: `running` until it has ended.
        total: how many samples there are, without those that need not be asked.
        done: how many replies were received to their end.
        failed: how many failed.
        stopped: how many were stopped, or were not asked since the batch was.
        running: how many stream.
        texts: speed, time left and the like, in words, in order of importance.
        notice: why nothing new is asked, and what else went wrong; "" for nothing.
        errors: how many samples failed, by the kind of their error, in words.
        elapsed_s: since the beginning, in seconds.
    """

    state: BatchState
    total: int
    done: int
    failed: int
    stopped: int
    running: int
    texts: tuple[str, ...]
    notice: str = ""
    errors: tuple[tuple[str, int], ...] = ()
    elapsed_s: float = 0.0

    @property
    def ended(self) -> int:
        """How many have ended by themselves: what was stopped is still to be asked."""
        return self.done + self.failed

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON."""
        errors = [list(error) for error in self.errors]
        return {**asdict(self), "texts": list(self.texts), "errors": errors}


def figures_of(progress: Progress) -> BatchFigures:
    """Return the figures of a batch that may still run."""
    failed = progress.errors.total()
    # Copied, since the loop appends meanwhile.
    stopped = sum(lane.state == "stopped" for lane in list(progress.ended))
    return BatchFigures(
        state=progress.state,
        total=progress.total,
        done=len(progress.ended) - failed - stopped,
        failed=failed,
        stopped=stopped,
        running=len(progress.running),
        texts=tuple(filter(None, _running_texts(progress))),
        notice=_notice(progress),
        errors=_in_words(progress.errors),
        elapsed_s=round(progress.elapsed_s, 1),
    )


def final_figures(batch: Batch) -> BatchFigures:
    """Return the figures of a batch that has ended."""
    turns = batch.turns
    errors = Counter(turn.error.kind for turn in turns if turn.error is not None)
    done = sum(turn.complete or is_cut(turn) for turn in turns)
    stopped = len(turns) - done - errors.total()
    return BatchFigures(
        state="stopped" if stopped or batch.ending else "complete",
        total=len(turns),
        done=done,
        failed=errors.total(),
        stopped=stopped,
        running=0,
        texts=tuple(filter(None, _final_texts(batch))),
        notice=_shown_together([batch.ending, batch.warning]),
        errors=_in_words(errors),
        elapsed_s=round(batch.elapsed_s, 1),
    )


def _running_texts(progress: Progress) -> list[str]:
    tokens_per_s = progress.tokens_per_s()
    left_s = progress.left_s
    reused = len(progress.ended) - progress.asked
    return [
        f"{tokens_per_s:,.0f} tokens/s" if tokens_per_s >= 1 and progress.running else "",
        "" if left_s is None else left_words(left_s),
        whole_seconds(progress.elapsed_s),
        f"up to {progress.limit:,} at once"
        if progress.limit and progress.state == "running"
        else "",
        _reused_words(reused),
        _saved_words(progress.saved),
        cost_words(progress.cost),
    ]


def _final_texts(batch: Batch) -> list[str]:
    tokens, is_estimated = 0.0, False
    for turn in batch:
        received, is_estimate = received_tokens(turn)
        tokens += received
        is_estimated |= is_estimate
    about = "≈ " if is_estimated else ""
    return [
        f"{about}{counted(round(tokens), 'token')}" if tokens else "",
        whole_seconds(batch.elapsed_s) if batch.elapsed_s else "",
        _reused_words(sum(sample.is_reused for sample in batch.samples)),
        _saved_words(batch.saved),
        cost_words(batch.cost),
    ]


def received_tokens(turn: Turn) -> tuple[float, bool]:
    """Return the tokens that were received of a turn, and whether they are estimated."""
    # Input tokens are not counted: they are the same for every sample.
    if turn.usage.output_tokens is not None:
        return turn.usage.output_tokens, False
    given, given_answer = turn.given
    texts = turn.reasoning[given:], turn.answer[given_answer:]
    tokens = sum(map(estimate_tokens, texts))
    return tokens, tokens > 0


def _notice(progress: Progress) -> str:
    paused_s = progress.paused_s
    parts = [progress.warning]
    if paused_s > 0 and progress.state == "running":
        parts.append(": ".join(filter(None, (f"waiting {math.ceil(paused_s)} s", progress.notice))))
    return _shown_together(parts)


def _shown_together(parts: Sequence[str]) -> str:
    shown = (one_line(well_formed(part), limit_bytes=_NOTICE_BYTES) for part in parts)
    return " · ".join(filter(None, shown))


def _in_words(errors: Counter[str]) -> tuple[tuple[str, int], ...]:
    # Copied at once: the loop may count another one meanwhile.
    return tuple((error_words(kind), count) for kind, count in Counter(errors).most_common())


def error_words(kind: str) -> str:
    """Return the kind of an error in words, such as `rate limit`."""
    return _KINDS.get(kind, kind.replace("_", " "))


def _reused_words(count: int) -> str:
    return f"{count:,} from the store" if count else ""


def _saved_words(count: int) -> str:
    return f"{counted(count, 'ask')} saved" if count else ""


def cost_words(cost: float | None) -> str:
    """Return what a batch cost; "" if that is not known."""
    return "" if cost is None else f"cost {cost:,.2f}" if cost >= 1 else f"cost {cost:.2g}"


def whole_seconds(seconds: float) -> str:
    """Return a duration without fractions: `12 s`, `2 min 5 s`, `1 h 20 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def left_words(seconds: float) -> str:
    """Return about how long something still takes, no more exactly than that is known."""
    if seconds < 5:
        return "a few seconds left"
    # In steps of five, since a countdown that jumps back and forth is not calm.
    if seconds < 90:
        return f"≈ {5 * round(seconds / 5)} s left"
    if seconds < 90 * 60:
        return f"≈ {round(seconds / 60)} min left"
    return f"≈ {seconds / 3600:.1f} h left"
