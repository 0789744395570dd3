"""Which columns of a record hold the prompt, the reply and the right answer.

Names that the user gives must exist. Without them the usual names are looked for, and where two
of them may be the reply, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qwq_magic.plain_text import excerpt
from qwq_magic.traces.json_text import Unreadable
from qwq_magic.wire.reasoning_marks import ENCLOSING

# What was sent comes first: `prompt` is often the question with instructions around it.
_PROMPTS = ("prompt", "question", "problem", "instruction", "query", "input", "task")
_RESPONSES = (
    *("response", "responses", "generation", "generations", "generated_text"),
    *("completion", "completions", "output", "outputs", "output_text"),
    *("model_output", "model_response", "prediction", "reply"),
)
# Columns of data sets, too: `answer` is the right answer beside a column of the names above.
_ANSWERS = ("answer", "content", "text", "solution")
_REASONINGS = (
    *("reasoning_content", "reasoning", "thinking", "think", "thoughts", "thought"),
    *("cot", "chain_of_thought", "reasoning_text", "rationale"),
)
_GOLDS = (
    *("gold", "gold_answer", "gt_answer", "ground_truth", "target", "expected_answer"),
    *("correct_answer", "reference_answer", "expected", "reference"),
)
_CLOSING = tuple(mark.closes[0] for mark in ENCLOSING)
_COLUMNS_BYTES = 300

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """The names that the user gave; None looks for the usual ones.

    A name such as `metadata.level` is the value `level` of the column `metadata`.
    """

    prompt: str | None = None
    response: str | None = None
    reasoning: str | None = None
    gold: str | None = None


def column(record: Record, name: str) -> Any:
    """Return the value in a column that the user named.

    Raises:
        Unreadable: the record has no such column.
    """
    # A column of a table may have a point in its name.
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise Unreadable(f"it has no column {name!r:.80}; its columns are {listed(record)}")
        value = value[part]
    return value


def listed(names: Iterable[str]) -> str:
    """Return names for a message, the first of them if there are many."""
    shown = excerpt(", ".join(str(name)[:40] for name in names), limit_bytes=_COLUMNS_BYTES)
    return shown or "none"


def prompt_of(record: Record, columns: Columns) -> Any:
    """Return what was asked; None if the record does not have it."""
    if columns.prompt is not None:
        return column(record, columns.prompt)
    names = [name for name in _PROMPTS if _is_filled(record.get(name))]
    prompt = record[names[0]] if names else None
    details = record.get("input")
    # Data sets for instructions have what the instruction refers to in a column of its own.
    if names[:1] == ["instruction"] and isinstance(prompt, str) and isinstance(details, str):
        return f"{prompt}\n\n{details}" if details.strip() else prompt
    return prompt


def reply_of(record: Record, columns: Columns) -> tuple[Any, Any]:
    """Return the reply and its reasoning, where that has a column of its own, or else None.

    Raises:
        Unreadable: the record has no reply, or several columns that may be it.
    """
    reasoning = None
    if columns.reasoning is not None:
        reasoning = column(record, columns.reasoning)
    else:
        reasoning = next(
            (record[name] for name in _REASONINGS if _is_filled(record.get(name))), None
        )
    if columns.response is not None:
        return column(record, columns.response), reasoning
    taken = {columns.prompt, columns.gold, columns.reasoning}
    name = _response_name(record, taken, has_reasoning=reasoning is not None)
    if name is None and reasoning is None:
        if any(name in record for name in (*_RESPONSES, *_ANSWERS)):
            raise Unreadable("its reply is empty")
        raise Unreadable(
            f"it has no column that is known as a reply; its columns are {listed(record)}. "
            'Name one: response="…"'
        )
    return (None if name is None else record[name]), reasoning


def _response_name(record: Record, taken: set[str | None], *, has_reasoning: bool) -> str | None:
    names = [name for name in record if name not in taken and _is_filled(record[name])]
    usual = [name for name in names if name in _RESPONSES]
    if not usual:
        usual = [name for name in names if name in _ANSWERS]
        if has_reasoning:
            # Beside a reasoning, `answer` is what the model answered.
            return min(usual, key=_ANSWERS.index, default=None)
        if any(name in _RESPONSES for name in record if name not in taken):
            # The reply beside it is empty, so this is the right answer, unless it has marks.
            usual = [name for name in usual if _has_marks(record[name])]
    # The closing mark of a reasoning shows which of them a model wrote.
    marked = [name for name in usual or names if _has_marks(record[name])]
    if len(usual) > 1 and len(marked) != 1:
        raise Unreadable(
            f"its reply may be {' or '.join(usual)}; its columns are {listed(record)}. "
            f'Name one: response="{usual[0]}"'
        )
    found = marked if len(marked) == 1 else usual
    return found[0] if found else None


def gold_of(record: Record, columns: Columns, *, is_chat: bool = False) -> Any:
    """Return the right answer; None if the record does not have it."""
    if columns.gold is not None:
        return column(record, columns.gold)
    for name in _GOLDS:
        if _is_filled(record.get(name)):
            return record[name]
    has_reply = is_chat or any(_is_filled(record.get(name)) for name in _RESPONSES)
    has_reply |= columns.response not in (None, "answer")
    return record.get("answer") if has_reply else None


def _is_filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None and value != []


def _has_marks(value: Any) -> bool:
    return isinstance(value, str) and any(tag in value for tag in _CLOSING)
