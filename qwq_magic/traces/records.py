"""One record of a file, such as a line of JSON or a row of a table, as turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from qwq_magic.plain_text import excerpt, well_formed
from qwq_magic.reasoning.gold import Gold
from qwq_magic.traces.chats import chat_of, is_chat, prompt_in, reply_in, role_of, sent_in
from qwq_magic.traces.columns import Columns, gold_of, prompt_of, reply_of
from qwq_magic.traces.details import turn_of
from qwq_magic.traces.json_text import Unreadable
from qwq_magic.traces.own_records import is_own_turn, own_turn, steps_joined
from qwq_magic.traces.replies import ReplyText, split_reply, text_in
from qwq_magic.traces.step_texts import is_step_list, joined_steps
from qwq_magic.traces.traces import Skipped, Trace
from qwq_magic.turns import Message

_CHATS = ("messages", "conversations", "conversation")
_STEP_LISTS = ("chunks_labeled", "chunks", "steps", "sentences")
_SYSTEM = ("system", "system_prompt")
_LONGEST_GOLD = 20_000

Record = Mapping[str, Any]
# The place of a record in the file, and the record, or why it cannot be read.
Row = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What holds for all records of a file: the names of columns, and the conversation."""

    columns: Columns
    conversation: str


def read_rows(rows: Iterable[Row], source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of records; one that cannot be read is skipped."""
    for where, record in steps_joined(rows):
        try:
            if isinstance(record, Unreadable):
                raise record
            yield from _traces_of(record, where, source)
        except Unreadable as error:
            yield Skipped(where, str(error))


def _traces_of(record: Any, where: str, source: Source) -> list[Trace]:
    if not isinstance(record, dict):
        raise Unreadable(f"it is of type {type(record).__name__}, not an object with columns")
    if is_own_turn(record):
        return [Trace(own_turn(record), None, where)]
    response = record.get("response")
    if isinstance(response, dict) and ("body" in response or record.get("error")):
        record = _batch_line(record, response)
    found = list(_replies_of(record, source.columns))
    if not any(reply for reply, _, _ in found):
        raise Unreadable("its reply is empty")
    is_conversation = source.columns.response is None and any(map(is_chat, map(record.get, _CHATS)))
    gold = gold_in(gold_of(record, source.columns, is_chat=is_conversation or "choices" in record))
    places = [f"{where}, reply {n}" if len(found) > 1 else where for n in range(1, len(found) + 1)]
    return [
        Trace(_turn(reply, sent, {**record, **about}, place, source), gold, place)
        for (reply, sent, about), place in zip(found, places, strict=True)
        if reply
    ]


def _batch_line(record: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Return the response of a line that a server's batch wrote."""
    body = response.get("body")
    failed = record.get("error") or (body.get("error") if isinstance(body, dict) else None)
    if failed or not isinstance(body, dict):
        message = failed.get("message", failed) if isinstance(failed, dict) else failed
        raise Unreadable(f"its request failed: {excerpt(str(message), limit_bytes=120)}")
    ours = {name: value for name, value in record.items() if name not in ("response", "id")}
    return {**body, **ours}


def gold_in(value: Any) -> Gold | None:
    """Return a right answer as text, or several; None if the value is not one."""
    if isinstance(value, list):
        found = tuple(text for item in value[:100] if isinstance(text := gold_in(item), str))
        return found or None
    if isinstance(value, str):
        # Of a solution, the end has the answer.
        return well_formed(value[-_LONGEST_GOLD:]).strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    # Python does not write integers of more than 4,300 digits.
    return str(value) if isinstance(value, float) or value.bit_length() < 10_000 else None


def _turn(
    reply: ReplyText, sent: tuple[Message, ...], record: Record, where: str, source: Source
) -> Any:
    return turn_of(
        reply,
        prompt=prompt_in(sent),
        sent=sent,
        record=record,
        conversation=source.conversation,
        where=where,
    )


def _replies_of(
    record: dict[str, Any], columns: Columns
) -> Iterator[tuple[ReplyText, tuple[Message, ...], Record]]:
    """Yield each reply of a record, what was sent for it, and what else is known about it."""
    choices = record.get("choices")
    is_named = columns.response is not None or columns.reasoning is not None
    chat = next((record[name] for name in _CHATS if is_chat(record.get(name))), None)
    if isinstance(choices, list) and choices and not is_named:
        sent = sent_in(chat) if chat else _sent(record, columns)
        # The counts are those of all choices together.
        about = {"usage": None} if len(choices) > 1 else {}
        for choice in filter(_is_object, choices):
            yield _choice(choice), sent, {**about, "finish_reason": choice.get("finish_reason")}
    elif chat and not is_named and any(role_of(each) == "assistant" for each in chat):
        found = chat_of(chat)
        yield found.reply, found.sent, {}
    else:
        sent = sent_in(chat) if chat and columns.prompt is None else _sent(record, columns)
        for reply, before in _column_replies(record, columns):
            yield reply, before or sent, {}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _choice(choice: dict[str, Any]) -> ReplyText:
    message = choice.get("message")
    return reply_in(message) if isinstance(message, dict) else split_reply(choice.get("text"))


def _sent(record: Record, columns: Columns) -> tuple[Message, ...]:
    prompt = prompt_of(record, columns)
    if is_chat(prompt):
        return sent_in(prompt)
    text = text_in(prompt)
    system = next((record[name] for name in _SYSTEM if isinstance(record.get(name), str)), "")
    before = (Message("system", well_formed(system)),) if system.strip() else ()
    return (*before, Message("user", text)) if text.strip() else before


def _column_replies(
    record: Record, columns: Columns
) -> Iterator[tuple[ReplyText, tuple[Message, ...]]]:
    """Yield the replies that columns hold, each with what was sent before it, if known."""
    steps = _steps_in(record, columns)
    if steps is not None:
        answer = next((record[n] for n in ("response", "answer") if n in record), None)
        yield replace(split_reply(answer), reasoning=joined_steps(steps)), ()
        return
    content, reasoning = reply_of(record, columns)
    if is_chat(content):
        chat = chat_of(content)
        yield chat.reply, chat.sent
    elif isinstance(content, list) and content and all(isinstance(each, str) for each in content):
        is_paired = isinstance(reasoning, list) and len(reasoning) == len(content)
        for number, each in enumerate(content):
            yield split_reply(each, reasoning[number] if is_paired else reasoning), ()
    elif isinstance(content, list) and content and all(map(is_chat, content)):
        for each in content:
            chat = chat_of(each)
            yield chat.reply, chat.sent
    else:
        yield _single(content, reasoning), ()


def _single(content: Any, reasoning: Any) -> ReplyText:
    if isinstance(content, dict) and "type" not in content:
        found = reply_in(content)
        return found if reasoning is None else split_reply(found.answer, reasoning)
    if isinstance(content, int | float) and not isinstance(content, bool):
        # An answer that is a number, beside its reasoning.
        content = gold_in(content) or ""
    return split_reply(content, reasoning)


def _steps_in(record: Record, columns: Columns) -> Any:
    if columns.response is not None or columns.reasoning is not None:
        return None
    return next((record[name] for name in _STEP_LISTS if is_step_list(record.get(name))), None)
