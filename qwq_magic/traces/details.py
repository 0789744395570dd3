"""What a record has about a reply besides its texts: ids, models, tokens, times and its end."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from qwq_magic.errors import QwqError, error_class
from qwq_magic.events import Ending, Usage, is_cost, standard_ending
from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.traces.replies import ReplyText
from qwq_magic.turns import Message, Timing, Turn
from qwq_magic.wire.finish_words import FINISH_WORDS
from qwq_magic.wire.token_usage import usage_from

# Ours first: the others may be those of a problem, or of a request.
_IDS = ("turn_id", "uuid", "custom_id", "id")
_MODELS = ("model", "model_name", "generator")
_ID_BYTES = 200
_MAX_SECONDS = 10**12

Record = Mapping[str, Any]


def turn_of(
    reply: ReplyText,
    *,
    prompt: str,
    sent: tuple[Message, ...],
    record: Record,
    conversation: str,
    where: str,
) -> Turn:
    """Return a reply as a turn.

    Args:
        reply: its texts.
        prompt: what was asked.
        sent: all messages that were sent.
        record: what the file has about it, by the names that we and others give to these values.
        conversation: the name of its conversation, if the record has none.
        where: its place in the file, by which equal replies differ.
    """
    model = next((text for name in _MODELS if (text := _line(record.get(name)))), "")
    finish_reason = _line(record.get("finish_reason")) or None
    ending = _ending(finish_reason)
    error = _error(record)
    # What was left out by the writer cannot be known; a reply with an answer is taken as whole.
    complete = ending.is_whole if ending else bool(reply.answer.strip())
    if record.get("state") in ("complete", "stopped", "error"):
        complete = record["state"] == "complete"
    is_plain = finish_reason is None or ending is standard_ending(finish_reason)
    cost = record.get("cost")
    return Turn(
        _id_of(record) or _hash(prompt, reply.reasoning, reply.answer, model, where),
        prompt,
        reply.reasoning,
        reply.answer,
        model=model,
        server=_line(record.get("server")),
        conversation=_line(record.get("conversation")) or conversation,
        finish_reason=finish_reason,
        complete=complete and error is None,
        error=error,
        usage=_usage(record),
        timing=Timing(*(_seconds(record.get(n)) for n in ("ttft_s", "thinking_s", "total_s"))),
        messages=sent,
        started_at=_line(record.get("started_at")),
        ending=None if is_plain else ending,
        cost=float(cost) if is_cost(cost) else None,
    )


def _line(value: Any) -> str:
    # These are shown in lists, searched, and written into a store.
    return one_line(well_formed(value[:1_000]), limit_bytes=_ID_BYTES) if _is_text(value) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _id_of(record: Record) -> str:
    return next((text for name in _IDS if (text := _line(record.get(name)))), "")


def _hash(*texts: str) -> str:
    # The same file has the same ids, so that a store has each of its turns once.
    joined = "\0".join(texts).encode(errors="surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:32]


def _ending(finish_reason: str | None) -> Ending | None:
    return FINISH_WORDS.get(finish_reason.lower(), Ending.UNKNOWN) if finish_reason else None


def _error(record: Record) -> QwqError | None:
    """Return the error of a turn that we wrote; in other files, a reply has none."""
    if record.get("state") != "error":
        return None
    message, kind = _line(record.get("error_message")), _line(record.get("error"))
    return error_class(kind)(message or kind)


def _usage(record: Record) -> Usage:
    # Our tables have the counts in columns of their own.
    return usage_from(record.get("usage")) or usage_from(dict(record)) or Usage()


def _seconds(value: Any) -> float | None:
    is_number = type(value) in (int, float) and math.isfinite(value)
    return value if is_number and 0 <= value < _MAX_SECONDS else None
