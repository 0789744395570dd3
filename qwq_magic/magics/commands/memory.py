"""`%qwq_memory`: look at the conversations, and steer what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.autosave import path_of
from qwq_magic.magics.commands.memory_export import count_of_turns, export_conversation
from qwq_magic.magics.commands.memory_line import (
    STARTING,
    CommandLine,
    as_word,
    complete_command,
    describe_commands,
    numbers_of,
    parse_command,
)
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.reports import show, show_bundle
from qwq_magic.memory import Context, ConversationMemory, Place, Window

if TYPE_CHECKING:
    from qwq_magic.session.ask import Recall

_SHOWN_ROWS = 30
_UNDONE = "undo takes that back, until the next turn"
_SILENT_S = 0.1
# Characters that a slow machine writes or reads in a second; Markdown holds the outlines.
_SAVED_PER_S = 5_000_000
_MARKDOWN_PER_S = 150_000
_HELP = f"""Look at the conversations, and steer what is remembered.

    %qwq_memory [-c NAME] [command]

Without a command: the turns of the current conversation, and the other conversations.

Commands:
{describe_commands()}
"""


@magics_class
class MemoryMagics(Magics):
    """The commands on conversations."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        self._conversations = context.session.conversations
        self._commands: dict[str, Callable[..., str | None]] = {
            "list": self._list,
            "show": self._show,
            "attempts": self._attempts,
            "undo": self._undo,
            "drop": self._drop,
            "hide": self._hide,
            "unhide": self._unhide,
            "prune": self._prune,
            "clear": self._clear,
            "window": self._window,
            "fork": self._fork,
            "switch": self._switch,
            "rename": self._rename,
            "save": self._save,
            "load": self._load,
            "export": self._export,
        }

    @no_var_expand
    @line_magic
    def qwq_memory(self, line: str) -> None:
        try:
            typed = parse_command(line)
            memory = self._memory_for(typed)
            outcome = self._commands[typed.command](memory, *typed.arguments)
            if outcome:
                show(None, [outcome])
            self._context.save_now()
        except QwqError as error:
            raise UsageError(str(error)) from None

    qwq_memory.__doc__ = _HELP

    def complete(self, _shell: object, event: Any) -> list[str]:
        """Tab: commands, their words, and names of conversations."""
        words = event.text_until_cursor.removesuffix(event.symbol).split()[1:]
        return complete_command(words, event.symbol, self._conversations)

    def _memory_for(self, typed: CommandLine) -> ConversationMemory:
        name = typed.conversation
        if name is None:
            return self._conversations.of(self._context.settings.conversation)
        is_starting = typed.command in STARTING
        return self._conversations.of(name) if is_starting else self._conversations.existing(name)

    def _list(self, memory: ConversationMemory, extent: str = "") -> None:
        from qwq_magic.display.text.memory_tables import conversation_table, legend_of

        if extent not in ("", "all"):
            raise ConfigurationError(
                f"%qwq_memory list does not know {extent!r}. Write all, or nothing."
            )
        entries = list(memory.entries())
        recall = self._recall()
        context = recall.context(memory)
        shown = entries if extent else entries[-_SHOWN_ROWS:]
        table = conversation_table(
            shown,
            sent=set(context.numbers),
            bracket_of=self._context.cells.bracket_of,
            is_gone=self._context.cells.is_gone,
        )
        left_out = len(entries) - len(shown)
        lines = [" ".join(_summary(memory, recall, context, rows_left_out=left_out))]
        show(table if shown else None, [*lines, *legend_of(table), *self._others(memory)])

    def _others(self, memory: ConversationMemory) -> Iterable[str]:
        others = [
            f"{other.name} ({_count(other)})"
            for other in self._conversations.values()
            if other is not memory
        ]
        if others:
            yield f"Other conversations: {', '.join(others)}. %qwq_memory switch NAME goes there."

    def _show(self, memory: ConversationMemory, number: str) -> None:
        from qwq_magic.display.saved.conversation_markdown import quoted
        from qwq_magic.display.text.whole_turn import turn_prompt, turn_text
        from qwq_magic.display.turn_view import TurnView

        wanted = _single(number)
        attempts = memory.attempts(wanted)
        # Its number is one in this conversation, wherever it was asked.
        turn, place = replace(attempts[-1], conversation=memory.name), Place(wanted, len(attempts))
        show_bundle({"text/markdown": quoted(turn.prompt), "text/plain": turn_prompt(turn)})
        bundle = self._context.bundle_of(turn, place=place)
        show_bundle({**bundle, "text/plain": turn_text(TurnView(turn, place))})

    def _attempts(self, memory: ConversationMemory, number: str, side: str = "") -> None:
        from qwq_magic.display.text.memory_tables import attempts_side_by_side, attempts_table

        if side not in ("", "side"):
            raise ConfigurationError(
                f"{side!r} is no way to show attempts. Write side, or nothing."
            )
        attempts = memory.attempts(_single(number))
        show(attempts_side_by_side(attempts) if side else attempts_table(attempts), [])

    def _undo(self, memory: ConversationMemory) -> str:
        if memory.undoes:
            memory.undo()
            return f"Took the latest change back. {self._state(memory)}"
        places = {entry.turn.id: (entry.number, entry.attempts) for entry in memory.entries()}
        turn = memory.undo()
        if turn is None:
            return f"There is nothing to undo in conversation {memory.name!r}."
        number, attempt = places[turn.id]
        if attempt > 1:
            return (
                f"Took attempt {attempt} at turn {number} back; attempt {attempt - 1} counts "
                f"again. {self._state(memory)}"
            )
        return f"Took turn {number} back. {self._state(memory)}"

    def _drop(self, memory: ConversationMemory, *numbers: str) -> str:
        memory.drop(*numbers_of(numbers))
        return f"Dropped; {_UNDONE}. {self._state(memory)}"

    def _hide(self, memory: ConversationMemory, *numbers: str) -> str:
        memory.hide(*numbers_of(numbers))
        return f"Hidden. {self._state(memory)}"

    def _unhide(self, memory: ConversationMemory, *numbers: str) -> str:
        memory.unhide(*numbers_of(numbers))
        return f"Shown again. {self._state(memory)}"

    def _prune(self, memory: ConversationMemory) -> str:
        is_gone = self._context.cells.is_gone
        gone = [entry.number for entry in memory.entries() if is_gone(entry.turn)]
        if not gone:
            return "Every turn stands in a cell that ran here."
        memory.drop(*gone)
        return f"Took out {len(gone)}; {_UNDONE}. {self._state(memory)}"

    def _clear(self, memory: ConversationMemory) -> str:
        count = _count(memory)
        memory.clear()
        return f"Forgot {count} of conversation {memory.name!r}; {_UNDONE}."

    def _window(self, memory: ConversationMemory, *size: str) -> str:
        if size:
            memory.window = Window.parse(" ".join(size))
        return self._state(memory)

    def _fork(self, memory: ConversationMemory, name: str, number: str = "") -> str:
        up_to = _single(number) if number else None
        fork = self._conversations.fork(memory.name, name, up_to=up_to)
        go_on = f"%qwq_memory switch {as_word(name)}"
        return f"{fork.name!r} has {_count(fork)}. Go on with it: {go_on}"

    def _switch(self, _memory: ConversationMemory, name: str) -> str:
        is_new = name not in self._conversations
        memory = self._conversations.of(name)
        self._context.settings.conversation = name
        return f"A new conversation, {name!r}." if is_new else self._state(memory)

    def _rename(self, memory: ConversationMemory, name: str) -> str:
        is_current = memory.name == self._context.settings.conversation
        old = memory.name
        self._conversations.rename(old, name)
        if is_current:
            self._context.settings.conversation = name
        return f"Conversation {old!r} is {name!r} now."

    def _save(self, memory: ConversationMemory, file: str) -> str:
        path = path_of(file)
        _announce("Saving", file, _size(memory) / _SAVED_PER_S)
        memory.save(path)
        return f"Saved {_count(memory)} to {file}."

    def _load(self, memory: ConversationMemory, file: str) -> str:
        path = path_of(file)
        _announce("Loading", file, _bytes_in(path) / _SAVED_PER_S)
        names = self._conversations.load(path, current=memory.name)
        self._context.store.adopt(file)
        return " ".join(self._state(self._conversations.of(name)) for name in names)

    def _export(self, memory: ConversationMemory, file: str, overwrite: str = "") -> str:
        path = path_of(file)
        if overwrite not in ("", "--overwrite"):
            raise ConfigurationError(f"Unknown option {overwrite}. Write --overwrite, or nothing.")
        per_s = _MARKDOWN_PER_S if path.suffix.lower() == ".md" else _SAVED_PER_S
        _announce("Exporting", file, _size(memory) / per_s)
        return export_conversation(memory, path, typed=file, is_overwriting=bool(overwrite))

    def _recall(self) -> Recall:
        self._context.apply_settings()
        try:
            return self._context.session.recall()
        except ConfigurationError:
            from qwq_magic.session.ask import Recall

            # No server can be asked yet; what is remembered does not depend on it.
            return Recall()

    def _state(self, memory: ConversationMemory) -> str:
        recall = self._recall()
        return " ".join(_summary(memory, recall, recall.context(memory)))


def _summary(
    memory: ConversationMemory, recall: Recall, context: Context, *, rows_left_out: int = 0
) -> Iterable[str]:
    yield f"Conversation {memory.name!r}: {_count(memory)}."
    if rows_left_out:
        yield f"{rows_left_out} earlier ones are not shown: %qwq_memory all."
    if len(memory):
        window = "" if memory.window.size is None else f" (window: {memory.window})"
        yield f"The next prompt goes with {recall.describe(context)}{window}."


def _count(memory: ConversationMemory) -> str:
    return count_of_turns(len(memory))


def _announce(doing: str, file: str, seconds: float) -> None:
    """Say that something goes on, where it may take a reader longer than a blink."""
    if seconds > _SILENT_S:
        show(None, [f"{doing} {file} …"])


def _size(memory: ConversationMemory) -> int:
    """Its characters, about."""
    return sum(len(turn.prompt) + len(turn.reasoning) + len(turn.answer) for turn in memory)


def _bytes_in(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # whoever reads it says why it cannot be read
        return 0


def _single(number: str) -> int:
    numbers = numbers_of((number,))
    if len(numbers) != 1:
        raise ConfigurationError(f"{number!r} is more than one turn. Name one.")
    return numbers[0]
