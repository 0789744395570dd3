"""A batch as chat messages, a line of JSON per sample: the form that fine-tuning tools read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.row_values import json_value, text_of
from qwq_magic.plain_text import well_formed
from qwq_magic.turns import Message, Turn, is_cut

# Some readers take these for the end of a line, which JSON does not require to be escaped.
_ESCAPED = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"})


def chat_lines(batch: Batch) -> Iterator[str]:
    """Yield a line for each sample with a whole reply; see `why_left_out`.

    A line has `messages`, those that were sent and the reply, whose reasoning is its
    `reasoning_content`; `row`, `sample`, `model` and `value`, as in `Batch.to_frame`; and the row
    of the table as `input`.
    """
    for sample in batch.samples:
        if not why_left_out(sample.turn):
            # Half a surrogate pair could not be encoded.
            line = well_formed(json.dumps(_record(batch, sample), ensure_ascii=False))
            yield line.translate(_ESCAPED) + "\n"


def why_left_out(turn: Turn) -> str:
    """Return why a turn is not an example of a reply; "" if it is one."""
    if turn.error is not None:
        return "failed"
    if is_cut(turn):
        return "cut off"
    if not turn.complete:
        return "stopped" if was_asked(turn) else "not asked"
    return "" if turn.answer.strip() else "without an answer"


def was_asked(turn: Turn) -> bool:
    """Whether anything was sent, or could not be."""
    return bool(turn.messages) or turn.complete or turn.error is not None


def sent_messages(turn: Turn) -> tuple[Message, ...]:
    """Return the messages that were sent, or would have been."""
    return turn.messages or (Message("user", turn.prompt),)


def _record(batch: Batch, sample: Sample) -> dict[str, Any]:
    turn = sample.turn
    reply = {
        "role": "assistant",
        "content": turn.answer,
        "reasoning_content": turn.reasoning,
    }
    return {
        "messages": [*map(_message, sent_messages(turn)), reply],
        "row": sample.row,
        "sample": sample.number,
        "model": sample.model,
        "value": turn.final_value,
        "input": {text_of(name): json_value(v) for name, v in batch.rows[sample.row].items()},
    }


def _message(message: Message) -> dict[str, str]:
    # Few requests send an earlier reasoning again, and most tools expect none.
    reasoning = {"reasoning_content": message.reasoning} if message.reasoning else {}
    return {"role": message.role, "content": message.text, **reasoning}
