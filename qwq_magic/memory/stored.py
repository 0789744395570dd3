"""Conversations in a store: memory's contents as what the store writes, and back.

Several kernels may keep their conversations in one store, so names in it are not unique. Each
name is loaded as its conversation that changed last; the earlier ones are loaded, too, as
`main (2)`, `main (3)`, from the latest to the earliest.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

from qwq_magic.errors import FileError
from qwq_magic.memory.contents import Attempt, Contents, Slot
from qwq_magic.memory.conversation import ConversationMemory
from qwq_magic.memory.conversations import Conversations, names_to_load
from qwq_magic.memory.names import MAX_CHARACTERS, is_name
from qwq_magic.memory.window import window_from
from qwq_magic.store.held import Held, Written
from qwq_magic.store.store import Store, saved_conversations
from qwq_magic.turns.saved_turn import DAMAGE, require

# A lock that another thread holds at a fork would never be released in the child.
_all_stored: WeakSet[StoredConversations] = WeakSet()


@dataclass
class _Link:
    """What of one conversation the file holds.

    Attributes:
        latest: what was written last.
        is_stale: whether the file may be another one since then.
        loaded: by generation of the contents, so that undoing a `load` goes back to the
            conversation that was written before it.
    """

    latest: Written
    is_stale: bool = False
    loaded: dict[int, Written] = field(default_factory=dict)

    def before(self, generation: int) -> Written:
        """Return what was written last for contents of this generation."""
        return self.loaded.get(generation, self.latest)


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

    def save(self, conversations: Conversations) -> None:
        """Write what has changed; conversations that never had a turn are left out.

        Raises:
            FileError: the file is of another kind, damaged, or cannot be written.
        """
        memories = conversations.memories
        with self._lock:
            # Looking at the memory of a new kernel must not create a file.
            if self._store is not None or any(memory.contents.slots for memory in memories):
                self._save(self._open(), memories)

    def _save(self, store: Store, memories: Iterable[ConversationMemory]) -> None:
        changed = list(self._changed(memories))
        if not changed:
            return
        written = store.put([(held, before) for _, _, held, before in changed])
        for (memory, generation, *_), latest in zip(changed, written, strict=True):
            link = self._links.setdefault(memory, _Link(latest))
            link.latest = link.loaded[generation] = latest
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
            self._save(store, conversations.memories)
            found = _named(self.path, store.conversations())
            loaded = names_to_load(found, current=current)
            for name, (contents, written) in loaded.items():
                memory = conversations.of(name)
                memory.put_contents(contents)
                held = replace(written.held, name=name, slots=contents.slots)
                link = self._links.setdefault(memory, _Link(written))
                link.loaded[memory.contents.generation] = replace(written, held=held)
            return tuple(loaded)

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
    ) -> Iterable[tuple[ConversationMemory, int, Held, Written | None]]:
        for memory in memories:
            # Read once, since another thread may replace them.
            contents = memory.contents
            link = self._links.get(memory)
            window = contents.window
            held = Held(memory.name, (window.size, window.unit), contents.revision, contents.slots)
            if link is None:
                if contents.slots:
                    yield memory, contents.generation, held, None
                continue
            before = link.before(contents.generation)
            if link.is_stale or _differ(before.held, held):
                yield memory, contents.generation, held, before


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
