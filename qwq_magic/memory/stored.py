"""Conversations in a store: memory's contents as what the store writes, and back.

Several kernels may keep their conversations in one store, so names in it are not unique. Each
name is loaded as its conversation that changed last; the earlier ones are loaded, too, as
`main (2)`, `main (3)`, from the latest to the earliest.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from qwq_magic.errors import FileError
from qwq_magic.memory.contents import Attempt, Contents, Slot
from qwq_magic.memory.conversation import ConversationMemory
from qwq_magic.memory.conversations import Conversations, names_to_load
from qwq_magic.memory.names import MAX_CHARACTERS, is_name
from qwq_magic.memory.window import window_from
from qwq_magic.store.held import Held, Written
from qwq_magic.store.looks import saved_conversations
from qwq_magic.store.saved_turn import DAMAGE, require
from qwq_magic.store.store import Store
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import StepLabel

# A lock that another thread holds at a fork would never be released in the child.
_all_stored: WeakSet[StoredConversations] = WeakSet()


class _Link:
    """What the file holds of one conversation.

    That may be several rows: undoing a `load` goes back to the one that was written before it.

    Attributes:
        is_stale: whether the file may be another one since the last write.
        latest: the id of the row that was read or written last.
    """

    def __init__(self) -> None:
        self.is_stale = False
        self.latest = 0
        self._rows: dict[int, Written] = {}
        # The ids of the rows by the origin of the contents.
        self._ids: dict[int, int] = {}

    def row_of(self, contents: Contents) -> Written | None:
        """Return what was written last in place of these contents."""
        return self._rows.get(self._ids.get(contents.origin, 0))

    def forget(self, row: Written) -> None:
        """Forget a row that is another conversation's from now on."""
        self._rows.pop(row.id, None)

    def add(self, contents: Contents, row: Written, *, before: Written | None = None) -> None:
        """Note a row that was read, or written in place of the row `before`."""
        if before is not None and before.id != row.id:
            # It was copied, because another writer had changed it.
            ids = self._ids.items()
            self._ids = {origin: row.id if at == before.id else at for origin, at in ids}
            self.forget(before)
        self._rows[row.id] = row
        self._ids[contents.origin] = self.latest = row.id


class StoredConversations:
    """Keeps conversations in a store: each save writes what has changed since the last one.

    Any thread may use it. After a write that failed, the next one writes what is missing.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to save; the file is opened, or created, with the first turn."""
        self.path = path
        self._store: Store | None = None
        self._links: WeakKeyDictionary[ConversationMemory, _Link] = WeakKeyDictionary()
        self._opened = 0
        self._pid = os.getpid()
        self._lock = threading.Lock()
        _all_stored.add(self)

    def save(self, conversations: Conversations, *ended: Turn) -> None:
        """Write what has changed; conversations that never had a turn are left out.

        Turns that have just `ended` are written in any case: one that was sent before its
        conversation was cleared is in none, but comes back with `undo`.

        Raises:
            FileError: the file is of another kind, damaged, or cannot be written.
        """
        memories = conversations.memories
        with self._lock:
            # Looking at the memory of a new kernel must not create a file.
            has_turns = any(memory.contents.slots for memory in memories) or ended
            if self._store is not None or has_turns:
                self._save(self._open(), conversations, ended)

    def _save(self, store: Store, conversations: Conversations, ended: Iterable[Turn]) -> None:
        changed = list(self._changed(conversations.memories))
        others = [turn for turn in ended if conversations.place_of(turn) is None]
        if not changed and not others:
            return
        written = store.put([(held, before) for _, _, held, before in changed], others)
        for (memory, contents, _, before), row in zip(changed, written, strict=True):
            link = self._links.setdefault(memory, _Link())
            link.add(contents, row, before=before)
            link.is_stale = False

    def load(self, conversations: Conversations, *, current: str) -> tuple[str, ...]:
        """Load the conversations of the file, as `Conversations.load` does.

        What was loaded is not written again.

        Raises:
            FileError: the file is of another kind, damaged, or cannot be opened to be written.
        """
        with self._lock:
            store = self._open()
            # First, so that undoing the load finds what is held now under its own id.
            self._save(store, conversations, ())
            found = _named(self.path, store.conversations())
            loaded = names_to_load(found, current=current)
            for name, (contents, written) in loaded.items():
                memory = conversations.of(name)
                held = replace(written.held, name=name, slots=contents.slots)
                self._link(memory, memory.put_contents(contents), replace(written, held=held))
            return tuple(loaded)

    def _link(self, memory: ConversationMemory, contents: Contents, row: Written) -> None:
        # A row that is loaded into another conversation than the one it was of becomes the new
        # one's, and the other one is saved as a copy.
        for other in self._links.values():
            other.forget(row)
        self._links.setdefault(memory, _Link()).add(contents, row)

    def label(self, turn: Turn, labels: Iterable[StepLabel], *, are_removed: bool = False) -> None:
        """Write hand labels of a turn, or remove them; see `Store.label` and `Store.unlabel`.

        Raises:
            FileError: the file is of another kind, damaged, or cannot be written.
        """
        with self._lock:
            store = self._open()
            (store.unlabel if are_removed else store.label)(turn, labels)

    def close(self) -> None:
        """Close the file; a later save opens it again."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _open(self) -> Store:
        if self._store is None:
            self._store, self._opened = Store(self.path), 0
        opened = self._store.refresh()
        if opened != self._opened:
            self._opened = opened
            for link in self._links.values():
                link.is_stale = True
        if self._pid != os.getpid():
            # A child process goes on with copies; the conversations are its parent's.
            self._pid = os.getpid()
            self._links.clear()
        return self._store

    def _changed(
        self, memories: Iterable[ConversationMemory]
    ) -> Iterable[tuple[ConversationMemory, Contents, Held, Written | None]]:
        for memory in memories:
            # Read once, since another thread may replace them.
            contents = memory.contents
            link = self._links.get(memory)
            window = contents.window
            held = Held(memory.name, (window.size, window.unit), contents.revision, contents.slots)
            before = link.row_of(contents) if link is not None else None
            if link is None or before is None:
                is_changed = bool(contents.slots)
            else:
                # Undoing a `load` makes another row the one that changed last.
                is_another = before.id != link.latest
                is_changed = is_another or link.is_stale or _differ(before.held, held)
            if is_changed:
                yield memory, contents, held, before


def _differ(before: Held, held: Held) -> bool:
    # The slots are compared by identity: every change replaces them.
    return before.slots is not held.slots or (before.name, before.window, before.revision) != (
        held.name,
        held.window,
        held.revision,
    )


def read_store(path: Path) -> dict[str, Contents]:
    """Return the conversations of a store by name, without changing it.

    Raises:
        FileError: the file is of another kind, damaged, or cannot be read.
    """
    found = _named(path, saved_conversations(path))
    return {name: contents for name, (contents, _) in found.items()}


def _named(path: Path, found: Sequence[Written]) -> dict[str, tuple[Contents, Written]]:
    """Return the conversations under distinct names, in the order in which they were begun."""
    try:
        contents = {written.id: _contents_of(written) for written in found}
    except DAMAGE as error:
        raise FileError(f"{path} is damaged, so nothing was loaded. Load a backup.") from error
    names = _names_of(found)
    return {
        names[written.id]: (contents[written.id], written)
        for written in sorted(found, key=lambda written: written.id)
        if written.id in names
    }


def _names_of(found: Sequence[Written]) -> Mapping[int, str]:
    """Return the names by id; `found` begins with the conversation that changed last."""
    own = {written.held.name for written in found}
    with_turns = {written.held.name for written in found if written.held.slots}
    names: dict[int, str] = {}
    for written in found:
        name = written.held.name
        # A conversation that was cleared must not hide one of its name that has turns.
        if not written.held.slots and (name in with_turns or name in names.values()):
            continue
        number = 1
        while name in names.values() or (number > 1 and name in own):
            number += 1
            ending = f" ({number})"
            name = f"{written.held.name[: MAX_CHARACTERS - len(ending)]}{ending}"
        names[written.id] = name
    return names


def _contents_of(written: Written) -> Contents:
    held = written.held
    require(is_name(held.name))
    slots = tuple(
        Slot(
            tuple(Attempt(each.turn, each.sent_at, each.committed_at) for each in slot.attempts),
            slot.is_hidden,
        )
        for slot in held.slots
    )
    size, unit = held.window
    window = window_from(None if size is None else [size, unit])
    return Contents(slots, window, held.revision)


def _renew_locks() -> None:
    for stored in _all_stored:
        stored._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
