"""A sample of a batch as a sample of Inspect's eval log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.chat_lines import sent_messages
from qwq_magic.batch.keys import is_final
from qwq_magic.batch.row_values import json_value
from qwq_magic.batch.table import sample_values, without_addresses
from qwq_magic.events import Ending, Usage
from qwq_magic.turns import Message, Turn
from qwq_magic.turns.turn import ending_in

# The metadata do not repeat what a sample of the log has in a place of its own.
_ELSEWHERE = ("prompt", "reasoning", "answer", "error", "error_message")
_STOP_REASONS = {
    Ending.COMPLETE: "stop",
    Ending.TOOL_CALLS: "tool_calls",
    Ending.TOKEN_LIMIT: "max_tokens",
    Ending.CONTEXT_FULL: "model_length",
    Ending.FILTERED: "content_filter",
}


def sample_id(row: int, model: str, models: Sequence[str]) -> int | str:
    """Return what the log knows a row by: its number, and with several models, the model."""
    # A sample and its epoch have to be unique in a log.
    return row if len(models) < 2 else f"{row} {model}"


def sample_data(
    batch: Batch, sample: Sample, names: dict[str, str], models: Sequence[str]
) -> dict[str, Any]:
    turn, row = sample.turn, batch.rows[sample.row]
    # Rows that are the same share a turn.
    uuid = f"{turn.id}.{sample.row}.{sample.number}"
    messages = sent_messages(turn)
    sent = [_message(message, uuid, number) for number, message in enumerate(messages)]
    # In Inspect, a system message belongs to the plan and not to the input.
    asked = [message for message in sent if message["role"] != "system"]
    reply = _reply(turn, uuid)
    usage = usage_data(turn.usage)
    ended = ended_at(turn)
    target = json_value(row.get("target"))
    return {
        "id": sample_id(sample.row, sample.model, models),
        "epoch": sample.number,
        "input": asked[0]["content"] if len(asked) == 1 else asked,
        "target": "" if target is None else target if isinstance(target, str) else _plain(target),
        "messages": [*sent, *([reply] if reply else [])],
        "output": _output(turn, reply, usage),
        "metadata": _metadata(batch, sample, names),
        "model_usage": {sample.model: usage} if usage else {},
        "started_at": iso(begun) if (begun := time_of(turn.started_at)) else None,
        "completed_at": iso(ended) if ended else None,
        "total_time": turn.timing.total_s,
        "uuid": uuid,
        "error": _sample_error(turn),
    }


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _metadata(batch: Batch, sample: Sample, names: dict[str, str]) -> dict[str, Any]:
    row, ours = batch.rows[sample.row], sample_values(sample, batch.prices)
    inputs = {column: json_value(row.get(name)) for name, column in names.items()}
    ours = {name: json_value(v) for name, v in ours.items() if name not in _ELSEWHERE}
    return {**ours, **inputs}


def _message(message: Message, uuid: str, number: int) -> dict[str, Any]:
    return {
        "id": f"{uuid}.{number}",
        "role": message.role,
        "content": _content(message.reasoning, message.text),
        "source": "input",
    }


def _reply(turn: Turn, uuid: str) -> dict[str, Any] | None:
    if not (turn.reasoning or turn.answer or turn.complete):
        return None
    return {
        "id": f"{uuid}.reply",
        "role": "assistant",
        "content": _content(turn.reasoning, turn.answer),
        "source": "generate",
        "model": turn.model,
    }


def _content(reasoning: str, text: str) -> str | list[dict[str, Any]]:
    if not reasoning:
        return text
    return [{"type": "reasoning", "reasoning": reasoning}, {"type": "text", "text": text}]


def _output(
    turn: Turn, reply: dict[str, Any] | None, usage: dict[str, Any] | None
) -> dict[str, Any]:
    ending = ending_in(turn)
    reason = _STOP_REASONS.get(ending, "unknown") if ending else "unknown"
    return {
        "model": turn.model,
        "choices": [{"message": reply, "stop_reason": reason}] if reply else [],
        "usage": usage,
        "time": turn.timing.total_s,
    }


def usage_data(usage: Usage) -> dict[str, Any] | None:
    """Return the counts as the format has them: its input does not include what was cached.

    It has the cost in dollars, and ours may be in another unit, so that is metadata.
    """
    read, written, cached = usage.input_tokens, usage.output_tokens, usage.cached_tokens
    if read is None and written is None and usage.total_tokens is None:
        return None
    total = usage.total_tokens
    return {
        "input_tokens": max(0, (read or 0) - (cached or 0)),
        "output_tokens": written or 0,
        "total_tokens": (read or 0) + (written or 0) if total is None else total,
        "input_tokens_cache_read": cached,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _sample_error(turn: Turn) -> dict[str, str] | None:
    if turn.error is not None:
        return error_of(turn.error.message)
    # By this name, viewers know that it was stopped.
    return None if is_final(turn) else error_of("CancelledError()")


def error_of(message: str) -> dict[str, str]:
    message = without_addresses(message)
    # A traceback is required, and viewers show it in place of the message.
    return {"message": message, "traceback": message, "traceback_ansi": message}


def time_of(text: str) -> datetime | None:
    """Return a time; None if the text is not one, as in a turn that was made by hand."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def ended_at(turn: Turn) -> datetime | None:
    started = time_of(turn.started_at)
    # A turn that was made by hand may have taken any time.
    try:
        return started and started + timedelta(seconds=turn.timing.total_s or 0.0)
    except OverflowError:
        return started


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
