"""`%qwq_memory`: list the conversations, and change what is sent with the next prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
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
from qwq_magic.magics.notebook_store import path_of
from qwq_magic.magics.reports import show, show_bundle
from qwq_magic.memory import Context, ConversationMemory, TurnPosition, Window
from qwq_magic.memory.contents import Contents
from qwq_magic.memory.context import number_spans

if TYPE_CHECKING:
    from qwq_magic.session.ask import Recall

_SHOWN_ROWS = 30
_SHOWN_LOADED = 5
_CAN_UNDO = "undo is possible until the next turn"
_SILENT_S = 0.1
# Characters written or read per second on a slow machine. Markdown is slower, since it includes
# the outlines of the reasoning.
_SAVED_PER_S = 5_000_000
_MARKDOWN_PER_S = 150_000
_HELP = f"""List the conversations, and change what is sent with the next prompt.

    %qwq_memory [-c NAME] [command]

Without a command, list the turns of the current conversation and the other conversations.

Commands:
{describe_commands()}
"""


@magics_class
class MemoryMagics(Magics):
    """The memory command."""

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

    def complete(self, words: list[str], text: str) -> list[str]:
        """Complete commands, their arguments, and conversation names."""
        return complete_command(words, text, self._conversations)

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
                f"%qwq_memory list does not accept {extent!r}. Use all, or no argument."
            )
        entries = list(memory.entries())
        recall = self._recall()
        context = recall.context(memory)
        shown = entries if extent else entries[-_SHOWN_ROWS:]
        table = conversation_table(
            shown,
            sent=set(context.numbers),
            bracket_of=self._context.cells.bracket_of,
            is_gone=self._context.cells.is_orphaned,
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
            yield f"Other conversations: {', '.join(others)}. Use %qwq_memory switch NAME."

    def _show(self, memory: ConversationMemory, number: str) -> None:
        from qwq_magic.display.saved.conversation_markdown import quoted
        from qwq_magic.display.text.whole_turn import turn_prompt, turn_text
        from qwq_magic.display.turn_view import TurnView

        wanted = _single(number)
        attempts = memory.attempts(wanted)
        # The turn may come from a fork, and its number is one in this conversation.
        turn, place = (
            replace(attempts[-1], conversation=memory.name),
            TurnPosition(wanted, len(attempts)),
        )
        show_bundle({"text/markdown": quoted(turn.prompt), "text/plain": turn_prompt(turn)})
        bundle = self._context.bundle_of(turn, place=place)
        show_bundle({**bundle, "text/plain": turn_text(TurnView(turn, place))})

    def _attempts(self, memory: ConversationMemory, number: str, side: str = "") -> None:
        from qwq_magic.display.text.memory_tables import attempts_side_by_side, attempts_table

        if side not in ("", "side"):
            raise ConfigurationError(
                f"%qwq_memory attempts does not accept {side!r}. Use side, or only the number."
            )
        attempts = memory.attempts(_single(number))
        show(attempts_side_by_side(attempts) if side else attempts_table(attempts), [])

    def _undo(self, memory: ConversationMemory) -> str:
        if memory.undoes:
            changed = memory.contents
            memory.undo()
            return f"Undid: {_change(memory.contents, changed)}. {self._state(memory)}"
        # Read before the change, since a turn that is removed has no position.
        places = {entry.turn.id: (entry.number, entry.attempts) for entry in memory.entries()}
        turn = memory.undo()
        if turn is None:
            return f"There is nothing to undo in conversation {memory.name!r}."
        number, attempts = places[turn.id]
        # The samples of one prompt go together.
        left = len(memory.attempts(number)) if number <= len(memory) else 0
        if 0 < left < attempts:
            spans = "attempt" if attempts - left == 1 else "attempts"
            gone = number_spans(range(left + 1, attempts + 1))
            return (
                f"Undid: {spans} {gone} at turn {number}. Attempt {left} is the latest "
                f"again. {self._state(memory)}"
            )
        return f"Undid: turn {number}. {self._state(memory)}"

    def _drop(self, memory: ConversationMemory, *numbers: str) -> str:
        dropped = numbers_of(numbers)
        memory.drop(*dropped)
        return f"Dropped {_turns(dropped)}; {_CAN_UNDO}. {self._state(memory)}"

    def _hide(self, memory: ConversationMemory, *numbers: str) -> str:
        hidden = numbers_of(numbers)
        memory.hide(*hidden)
        return f"{_turns_are(hidden)} hidden. {self._state(memory)}"

    def _unhide(self, memory: ConversationMemory, *numbers: str) -> str:
        shown = numbers_of(numbers)
        memory.unhide(*shown)
        return f"{_turns_are(shown)} no longer hidden. {self._state(memory)}"

    def _prune(self, memory: ConversationMemory) -> str:
        is_orphaned = self._context.cells.is_orphaned
        orphaned = [entry.number for entry in memory.entries() if is_orphaned(entry.turn)]
        if not orphaned:
            return "There is nothing to prune: every turn belongs to a cell that ran here."
        memory.drop(*orphaned)
        return f"Dropped {_turns(orphaned)}; {_CAN_UNDO}. {self._state(memory)}"

    def _clear(self, memory: ConversationMemory) -> str:
        count = _count(memory)
        memory.clear()
        return f"Cleared {count} of conversation {memory.name!r}; {_CAN_UNDO}."

    def _window(self, memory: ConversationMemory, *size: str) -> str:
        if size:
            memory.window = Window.parse(" ".join(size))
        return self._state(memory)

    def _fork(self, memory: ConversationMemory, name: str, number: str = "") -> str:
        up_to = _single(number) if number else None
        fork = self._conversations.fork(memory.name, name, up_to=up_to)
        command = f"%qwq_memory switch {as_word(name)}"
        return f"Conversation {fork.name!r} has {_count(fork)}. To continue it: {command}"

    def _switch(self, _memory: ConversationMemory, name: str) -> str:
        is_new = name not in self._conversations
        memory = self._conversations.of(name)
        # The session observes the trait, so it needs no call of its own.
        self._context.settings.conversation = name
        return f"Started conversation {name!r}." if is_new else self._state(memory)

    def _rename(self, memory: ConversationMemory, name: str) -> str:
        is_current = memory.name == self._context.settings.conversation
        old = memory.name
        self._conversations.rename(old, name)
        if is_current:
            self._context.settings.conversation = name
        return f"Renamed conversation {old!r} to {name!r}."

    def _save(self, memory: ConversationMemory, file: str) -> str:
        path = path_of(file)
        _announce("Saving", file, _size(memory) / _SAVED_PER_S)
        memory.save(path)
        return f"Saved {_count(memory)} to {file}."

    def _load(self, memory: ConversationMemory, file: str) -> str:
        path = path_of(file)
        _announce("Loading", file, _bytes_in(path) / _SAVED_PER_S)
        names = self._context.store.load(
            self._conversations, file, file=self._context.settings.store, current=memory.name
        )
        lines = [self._state(self._conversations.of(name)) for name in names[:_SHOWN_LOADED]]
        if left := names[_SHOWN_LOADED:]:
            lines.append(f"Also loaded: {', '.join(left)}.")
        return " ".join(lines)

    def _export(self, memory: ConversationMemory, file: str, overwrite: str = "") -> str:
        path = path_of(file)
        if overwrite not in ("", "--overwrite"):
            raise ConfigurationError(f"Unknown option {overwrite}. Use --overwrite, or no option.")
        per_s = _MARKDOWN_PER_S if path.suffix.lower() == ".md" else _SAVED_PER_S
        _announce("Exporting", file, _size(memory) / per_s)
        return export_conversation(memory, path, typed=file, is_overwriting=bool(overwrite))

    def _recall(self) -> Recall:
        self._context.apply_settings()
        try:
            return self._context.session.recall()
        except ConfigurationError:
            from qwq_magic.session.ask import Recall

            # The settings are incomplete, so the model's limits are unknown. The memory can
            # still be shown without them.
            return Recall()

    def _state(self, memory: ConversationMemory) -> str:
        recall = self._recall()
        return " ".join(_summary(memory, recall, recall.context(memory)))


def _summary(
    memory: ConversationMemory, recall: Recall, context: Context, *, rows_left_out: int = 0
) -> Iterable[str]:
    yield f"Conversation {memory.name!r}: {_count(memory)}."
    if rows_left_out:
        yield f"Not shown: the {rows_left_out} oldest. %qwq_memory all lists them too."
    if len(memory):
        window = "" if memory.window.size is None else f" (window: {memory.window})"
        if context.numbers:
            yield f"The next prompt will include {recall.describe(context)}{window}."
        else:
            why = "; they exceed the token limit" if context.left_out_by == "limit" else ""
            yield f"No earlier turns are sent{window}{why}."


def _count(memory: ConversationMemory) -> str:
    return count_of_turns(len(memory))


def _announce(doing: str, file: str, seconds: float) -> None:
    """Show what is being done if it may take noticeably long."""
    if seconds > _SILENT_S:
        show(None, [f"{doing} {file} …"])


def _size(memory: ConversationMemory) -> int:
    """Return the approximate size of a conversation in characters."""
    return sum(len(turn.prompt) + len(turn.reasoning) + len(turn.answer) for turn in memory)


def _bytes_in(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # Loading the file reports the error.
        return 0


def _turns(numbers: Iterable[int]) -> str:
    """Return `turn 3` or `turns 2–4`; the order and repetitions of numbers do not matter."""
    distinct = sorted(set(numbers))
    return f"turn{'' if len(distinct) == 1 else 's'} {number_spans(distinct)}"


def _turns_are(numbers: Iterable[int]) -> str:
    """Return `Turn 3 is` or `Turns 2–4 are`."""
    distinct = set(numbers)
    return f"{_turns(distinct).capitalize()} {'is' if len(distinct) == 1 else 'are'}"


def _change(before: Contents, after: Contents) -> str:
    """Return the difference between two states as the command that makes it, such as `hide 1-3`."""
    # Loading may change the window too, so this comes first.
    if before.generation != after.generation:
        return "load" if after.slots else "clear"
    if before.window != after.window:
        size, unit = after.window.size, after.window.unit
        return "window all" if size is None else f"window {size} {unit}"
    if len(before.slots) != len(after.slots):
        # Dropping keeps the slots that remain, so their identity is enough.
        kept = set(map(id, after.slots))
        numbers = [at for at, slot in enumerate(before.slots, 1) if id(slot) not in kept]
        return f"drop {_range(numbers)}"
    changed = {
        number: new.is_hidden
        for number, (old, new) in enumerate(zip(before.slots, after.slots, strict=True), 1)
        if old.is_hidden != new.is_hidden
    }
    return f"{'hide' if all(changed.values()) else 'unhide'} {_range(changed)}"


def _range(numbers: Iterable[int]) -> str:
    """Return ascending numbers as a command accepts them: `1-3, 5`."""
    return number_spans(numbers).replace("–", "-")


def _single(number: str) -> int:
    numbers = numbers_of((number,))
    if len(numbers) != 1:
        raise ConfigurationError(f"{number!r} is more than one turn. Use one number.")
    return numbers[0]
