"""Export a conversation as Markdown, as OpenAI messages, or as one JSON record per turn.

An existing file is overwritten only on request.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.magics.commands.memory_line import as_word
from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.contents import Contents, Slot
from qwq_magic.memory.context import number_spans
from qwq_magic.memory.records import openai_messages, turn_records
from qwq_magic.plain_text import well_formed
from qwq_magic.regular_file import replacing


def export_conversation(
    memory: ConversationMemory, path: Path, *, typed: str, is_overwriting: bool
) -> str:
    """Write a conversation to a file in the format of the file's extension.

    Args:
        memory: the conversation.
        path: the file.
        typed: the path as the user typed it, for messages.
        is_overwriting: whether an existing file may be overwritten.

    Returns:
        A message with the number of turns written and left out.

    Raises:
        ConfigurationError: the extension is not .md, .json or .jsonl.
        FileError: the file exists or cannot be written.
    """
    contents = memory.contents
    # A lone surrogate cannot be encoded as UTF-8.
    # Composed first, so that an error leaves an existing file as it was.
    text = well_formed(_exported(memory, contents, path.suffix))
    try:
        # A link whose target is missing counts too, since writing would create the target.
        if not is_overwriting and os.path.lexists(path):
            raise FileError(
                f"{typed} exists already. To overwrite it: export {as_word(typed)} --overwrite"
            )
        with replacing(path) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileError(f"Cannot write {typed}: {error.strerror}. Choose another path.") from error
    left_out = _left_out(contents.slots) if path.suffix.lower() == ".json" else {}
    written = count_of_turns(len(contents.slots) - sum(map(len, left_out.values())))
    message = f"Exported {written} to {typed}."
    if not left_out:
        return message
    return f"{message} Left out: {', '.join(map(_spans, left_out.items()))}."


def count_of_turns(count: int) -> str:
    return f"{count} turn{'' if count == 1 else 's'}"


def _left_out(slots: Sequence[Slot]) -> dict[str, list[int]]:
    """Return the numbers of the turns that are not sent to a server, by reason."""
    numbers = [number for number, slot in enumerate(slots, 1) if not slot.is_sendable]
    hidden = [number for number in numbers if slots[number - 1].is_hidden]
    empty = [number for number in numbers if not slots[number - 1].is_hidden]
    reasons = {"hidden": hidden, "no prompt or no answer": empty}
    return {reason: found for reason, found in reasons.items() if found}


def _spans(left_out: tuple[str, list[int]]) -> str:
    reason, numbers = left_out
    return f"turn{'' if len(numbers) == 1 else 's'} {number_spans(numbers)} ({reason})"


def _exported(memory: ConversationMemory, contents: Contents, suffix: str) -> str:
    match suffix.lower():
        case ".md":
            from qwq_magic.display.saved.conversation_markdown import conversation_markdown

            return conversation_markdown(memory)
        case ".json":
            return json.dumps(openai_messages(contents), ensure_ascii=False, indent=1) + "\n"
        case ".jsonl":
            records = turn_records(memory.turns)
            return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        case _:
            raise ConfigurationError(
                f"Cannot export to {repr(suffix) if suffix else 'a file without an extension'}. "
                "Use a file name that ends in .md, .json or .jsonl."
            )
