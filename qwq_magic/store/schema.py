"""The tables of a store, and how an older file gets them.

`PRAGMA user_version` is the version of the schema, `PRAGMA application_id` marks the file as a
store. Every row of text ends in a checksum, since SQLite has none: see `checksum`.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from pathlib import Path

from qwq_magic.errors import FileError

APPLICATION_ID = 0x71777131  # "qwq1"

# The statements that lead from each version to the next one.
# - turns: `edition` counts turns with the same id and another text, as in a file that was edited
#   by hand; `sent` are the messages, as runs of numbers; `details` is the rest of the turn.
# - messages: what was sent with turns, each message once.
# - conversations: `owner` is the writer that last changed it, `version` increases over the file.
# - attempts: a slot is a turn of the conversation, in order; its last attempt counts.
_VERSION_1 = """
CREATE TABLE writers (id INTEGER PRIMARY KEY, started_at TEXT NOT NULL);
CREATE TABLE turns (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, edition INTEGER NOT NULL,
    conversation TEXT NOT NULL, model TEXT NOT NULL, server TEXT NOT NULL, state TEXT NOT NULL,
    finish_reason TEXT, started_at TEXT NOT NULL, parent TEXT, sent TEXT NOT NULL,
    details TEXT NOT NULL, prompt TEXT NOT NULL, answer TEXT NOT NULL, reasoning TEXT NOT NULL,
    checksum INTEGER, UNIQUE (id, edition)
);
CREATE TABLE messages (
    number INTEGER PRIMARY KEY, role TEXT NOT NULL, text TEXT NOT NULL, reasoning TEXT NOT NULL,
    signature TEXT NOT NULL, checksum INTEGER
);
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner INTEGER NOT NULL, version INTEGER NOT NULL,
    window_size INTEGER, window_unit TEXT NOT NULL, revision INTEGER NOT NULL,
    attempts INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    checksum INTEGER
);
CREATE TABLE attempts (
    conversation INTEGER NOT NULL, slot INTEGER NOT NULL, attempt INTEGER NOT NULL,
    turn INTEGER NOT NULL, sent_at INTEGER NOT NULL, committed_at INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL, checksum INTEGER, PRIMARY KEY (conversation, slot, attempt)
) WITHOUT ROWID;
CREATE TABLE batches (id INTEGER PRIMARY KEY, template TEXT NOT NULL, started_at TEXT NOT NULL);
CREATE TABLE batch_rows (
    batch INTEGER NOT NULL, number INTEGER NOT NULL, input TEXT NOT NULL,
    PRIMARY KEY (batch, number)
) WITHOUT ROWID;
CREATE TABLE samples (
    id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, row INTEGER NOT NULL, number INTEGER NOT NULL,
    model TEXT NOT NULL, key TEXT NOT NULL, turn INTEGER NOT NULL
);
CREATE INDEX samples_by_key ON samples (key)
"""
# - labels: what a person calls a step of a turn, which is the characters from `first` on, up to
#   but without `past`; `step` is its index when it was labelled.
_VERSION_2 = """
CREATE TABLE labels (
    turn INTEGER NOT NULL, first INTEGER NOT NULL, annotator TEXT NOT NULL,
    past INTEGER NOT NULL, step INTEGER NOT NULL, label TEXT NOT NULL,
    labelled_at TEXT NOT NULL, checksum INTEGER, PRIMARY KEY (turn, first, annotator)
) WITHOUT ROWID
"""
STEPS = (_VERSION_1, _VERSION_2)
# Separate from the versions, since not every build of SQLite has FTS5. The words are made by
# `words`, so this tokenizer only has to cut at blanks.
SEARCH = (
    "CREATE VIRTUAL TABLE search USING fts5(prompt, reasoning, answer, content='', "
    "tokenize='unicode61 remove_diacritics 0')"
)
_SHADOWS = ("search_data", "search_idx", "search_docsize", "search_config")


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create or update the tables.

    Raises:
        FileError: the file is one of another program, of a newer schema, or was tampered with.
        sqlite3.Error: the file is damaged, or cannot be written.
    """
    if version_of(connection, path) < len(STEPS) or not _has_search(connection):
        connection.execute("BEGIN IMMEDIATE")
        try:
            _upgrade(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            # Some errors have ended the transaction already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    check(connection, path)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the schema; 0 for a file without tables.

    Raises:
        FileError: the file is one of another program, or of a newer schema.
    """
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [application] = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        [objects] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application or version or objects:
            raise FileError(
                f"{path} is an SQLite database of another program. Choose another file."
            )
    if version > len(STEPS):
        raise FileError(f"{path} was written by a newer qwq_magic. Upgrade to read it.")
    if version < 0:
        raise FileError(f"{path} is damaged: its version is {version}. Load a backup.")
    return int(version)


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    # Read again inside the transaction: another process may have upgraded the file meanwhile.
    for step in STEPS[version_of(connection, path) :]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    if has_fts5(connection) and not _has_search(connection):
        connection.execute(SEARCH)


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this build of SQLite has the full-text search."""
    modules = connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return modules.fetchone() is not None


def has_search(connection: sqlite3.Connection) -> bool:
    """Whether turns can be indexed here: the file has the index, and this build has FTS5."""
    return has_fts5(connection) and _has_table(connection, "search")


def has_labels(connection: sqlite3.Connection) -> bool:
    """Whether the file has the table of labels; an older one, which was only read, has not."""
    return _has_table(connection, "labels")


def _has_search(connection: sqlite3.Connection) -> bool:
    """Whether the index is there, or cannot be made."""
    return _has_table(connection, "search") or not has_fts5(connection)


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,))
    return found.fetchone() is not None


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file in which reading or writing would run what another program put there.

    A file of an older version, which is only read, has only the tables of that version. Only our
    are read, so further tables and views do no harm. But a view or a virtual table in
    place of one of ours would be run, and so would a trigger, or an index with an expression.

    Raises:
        FileError: the file has one of these, or lacks a table.
    """
    expected = {_name_of(sql): _plain(sql) for step in STEPS for sql in step.split(";")}
    steps = STEPS[: version_of(connection, path)]
    missing = {_name_of(sql) for step in steps for sql in step.split(";")}
    query = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    for kind, name, table, sql in connection.execute(query):
        missing.discard(name)
        if name in expected:
            is_ours = _plain(sql) == expected[name]
        elif name == "search":
            is_ours = _plain(sql) == SEARCH
        elif name in _SHADOWS:
            is_ours = kind == "table" and _plain(sql).startswith(f"CREATE TABLE '{name}'(")
        else:
            # SQLite makes an index without a text for each UNIQUE.
            is_index = kind == "index" and sql is not None and (table in expected)
            is_ours = not is_index and kind != "trigger"
        if not is_ours:
            raise FileError(
                f"{path} was changed by another program: {kind} {name!r:.80}. Drop it, or load a "
                "backup."
            )
    if missing:
        raise FileError(f"{path} is damaged: it has no table {min(missing)!r}. Load a backup.")


def _name_of(sql: str) -> str:
    return sql.split()[2]


def _plain(sql: object) -> str:
    return " ".join(str(sql).split())


def checksum(values: Iterable[object]) -> int:
    """Return the checksum of a row, so that a flipped bit cannot pass for what was written.

    A row whose checksum is NULL is not checked: so a text can be corrected with any SQLite tool.
    """
    return zlib.crc32("\0".join(map(str, values)).encode())
