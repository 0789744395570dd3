"""A conversation as a file for others: Markdown, OpenAI messages, or a record a turn.

A file that is there already is written over only on request.
"""

from __future__ import annotations

import json
from pathlib import Path

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.magics.memory_commands import as_word
from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.records import openai_messages, turn_records
from qwq_magic.plain_text import well_formed
from qwq_magic.regular_file import require_regular


def export_conversation(
    memory: ConversationMemory, path: Path, *, typed: str, is_overwriting: bool
) -> None:
    """Write it to `path`, which the user `typed`, in the form its ending stands for.

    Raises:
        ConfigurationError: the ending stands for none.
        FileError: the file exists, or cannot be written.
    """
    # Half a surrogate pair is no character that others could read.
    text = well_formed(_exported(memory, path.suffix))
    try:
        require_regular(path)
        with path.open("w" if is_overwriting else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise FileError(
            f"{typed} exists. Write over it: export {as_word(typed)} --overwrite"
        ) from None
    except OSError as error:
        raise FileError(f"Cannot write {typed}: {error.strerror}. Choose another path.") from error


def _exported(memory: ConversationMemory, suffix: str) -> str:
    match suffix.lower():
        case ".md":
            from qwq_magic.display.conversation_markdown import conversation_markdown

            return conversation_markdown(memory)
        case ".json":
            return json.dumps(openai_messages(memory.contents), ensure_ascii=False, indent=1) + "\n"
        case ".jsonl":
            records = turn_records(memory.turns)
            return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        case _:
            raise ConfigurationError(
                f"Cannot export to {suffix or 'a file without suffix'!r}. "
                "Give the file the ending .md, .json or .jsonl."
            )
