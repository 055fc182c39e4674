"""How the journal is opened: durable, whole, of a version that we know."""

from __future__ import annotations

import re
import sqlite3
import stat
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine, event, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from uadispatch.dispatch.journal.on_file import disks, faults, logs, making, moving
from uadispatch.dispatch.journal.tables.migrations import MIGRATIONS, VERSION
from uadispatch.dispatch.journal.tables.schema import meta
from uadispatch.dispatch.journal.whereabouts import (
    JournalError,
    file_of,
    is_there,
    none_at,
    unusable,
)
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from uadispatch.dispatch.journal.whereabouts import JournalUrl

__all__ = ["connect", "driver"]

BUSY = 60.0
"""Seconds to wait for another process's transaction: milliseconds, but for a plan of a million
messages, which takes some ten seconds."""

SMALL = 16 * 1024 * 1024
"""Bytes of a journal that is checked whole before it is written to (some 10,000 messages): a tenth
of a second. Of a larger one the length is checked, and what the opening itself reads."""

_SHORTEST = 512
"""Bytes of the smallest database."""

_PRAGMAS = """
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -8192;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 16777216;
PRAGMA synchronous = FULL;
"""
"""Of a connection that writes. 8 MB hold what turns touch again, of a million messages too. 16 MB
of log: what it gathers more rarely goes into the file more cheaply; and when a large plan has made
it longer, it is cut off again."""

_UNSHARED = frozenset({
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
})  # fmt: skip
"""No memory to share can be made (a folder that is read-only, a full disk). So nobody shares any,
and what a run left that was cut off can be read without."""

_TABLES = frozenset({"meta", "snapshots", "targets", "campaigns", "messages", "moves", "facts"})
"""What a journal of any version has."""


def connect(
    url: JournalUrl, *, write: bool, quiet: bool = True, even_moved: bool = False
) -> Engine:
    """An engine with one connection to the journal; made and brought up to date if `write`.

    To read, `quiet` takes it that nobody writes meanwhile, where no log lies beside the file. What
    was moved elsewhere can be read; only who moves it opens it to write, `even_moved`.

    Raises:
        NoJournal: it is not there (to read).
        JournalError: it is no journal, cut off, damaged, newer than this program, held by another
            program, moved elsewhere (to write) or on a network file system; or its folder, file or
            disk cannot be used.
    """
    path = file_of(url)
    there = is_there(url, path)
    if write:
        _require_local(path)
        if not there:
            _make(path)
        making.clear(path)
    elif not there:
        raise none_at(path)
    engine = create_engine(
        "sqlite://", creator=lambda: _open(path, write=write, quiet=quiet), poolclass=StaticPool
    )
    _begin_ourselves(engine, "BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, path, write=write, even_moved=even_moved)
    except (OSError, DBAPIError) as exc:
        engine.dispose()
        raise unusable(exc, path) from None
    except JournalError:
        engine.dispose()
        raise
    return engine


def driver(connection: Connection) -> sqlite3.Connection:
    """The connection below SQLAlchemy's, inside its transaction: for statements that run hot."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _require_local(path: Path) -> None:
    mount = disks.mount_below(path)
    if mount is not None and mount.remote:
        raise JournalError(Problem(faults.remote(mount, path), str(path)))


def _make(path: Path) -> None:
    try:
        making.make(path)
    except (OSError, sqlite3.Error, DBAPIError) as exc:
        raise unusable(exc, path) from None


def _open(path: Path, *, write: bool, quiet: bool) -> sqlite3.Connection:
    """A connection to what has been found to be a journal of ours; before, nothing is written."""
    if not write:
        return _look(path, quiet=quiet, thorough=False)
    quiet = not logs.log_of(path).exists()
    try:
        _look(path, quiet=True, thorough=True).close()
    except (JournalError, sqlite3.Error):
        if not quiet or not logs.log_of(path).exists():
            raise
        # Another process began to write while we took it that nobody does.
        _look(path, quiet=False, thorough=True).close()
    if not disks.may_write(path):
        # SQLite would open it to read, and say so at the first write only.
        raise JournalError(Problem(faults.closed(path), str(path)))
    connection = _connect(path, "mode=rw")
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.executescript(_PRAGMAS)
    except sqlite3.Error:
        connection.close()
        raise
    if mode != "wal":
        connection.close()
        raise JournalError(Problem(faults.unlockable(path), str(path)))
    return connection


def _look(path: Path, *, quiet: bool, thorough: bool) -> sqlite3.Connection:
    """A connection that can only read. Raises JournalError, or what the reading raises."""
    told = path.stat()
    if not stat.S_ISREG(told.st_mode):
        raise JournalError(Problem(faults.no_file(path), str(path)))
    if told.st_size < _SHORTEST:
        # SQLite would take it for a new database, and throw away the log beside it.
        words = faults.no_database if told.st_size else faults.empty
        raise JournalError(Problem(words(path), str(path)))
    logged = logs.log_of(path).exists()
    if logged:
        # A reader shares memory with the writers: from another machine it could spoil theirs.
        _require_local(path)
    # Without a log nobody is writing, and SQLite need not make one to read.
    query = "mode=ro&immutable=1" if quiet and not logged else "mode=ro"
    try:
        return _checked(path, query, thorough=thorough)
    except sqlite3.OperationalError as exc:
        if not logged or getattr(exc, "sqlite_errorcode", None) not in _UNSHARED:
            raise
    return _checked(path, f"{query}&vfs=unix-none", thorough=thorough, shared=False)


def _checked(path: Path, query: str, *, thorough: bool, shared: bool = True) -> sqlite3.Connection:
    connection = _connect(path, query)
    try:
        if not shared:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _check(connection, path, thorough=thorough)
    except (JournalError, OSError, sqlite3.Error):
        connection.close()
        raise
    return connection


def _connect(path: Path, query: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?{query}",
        uri=True,
        timeout=BUSY,
        isolation_level=None,
        check_same_thread=False,
    )


def _check(connection: sqlite3.Connection, path: Path, *, thorough: bool) -> None:
    """Refuse what is no journal of ours, newer, cut off or, as far as it is looked at, damaged."""

    def ask(query: str) -> Any:
        row = connection.execute(query).fetchone()
        return row and row[0]

    connection.execute("BEGIN")
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {name for (name,) in names}
        known = tables >= _TABLES
        whose = ask("PRAGMA application_id")
        if whose == making.APPLICATION and not known:
            raise JournalError(Problem(faults.damaged(path), str(path)))
        if whose not in (0, making.APPLICATION) or not known:
            raise JournalError(Problem(faults.foreign(empty=not tables), str(path)))
        _version(ask(_VERSION), path)
        page, pages = ask("PRAGMA page_size"), ask("PRAGMA page_count")
        if not logs.has_all(path, page, pages):
            raise JournalError(Problem(faults.cut_off(path, page * pages), str(path)))
        if thorough and logs.is_broken(logs.log_of(path), page):
            raise JournalError(Problem(faults.log_damaged(path), str(path)))
        small = page * pages <= SMALL
        if thorough and small and ask("PRAGMA integrity_check(1)") != "ok":
            raise JournalError(Problem(faults.damaged(path), str(path)))
    finally:
        connection.rollback()


_VERSION = "SELECT value FROM meta WHERE name = 'version'"


def _version(value: Any, path: Path) -> int:
    """The version that `value` is. Raises JournalError: it is none, or newer than this program."""
    if not re.fullmatch("[1-9][0-9]{0,8}", str(value)):
        raise JournalError(Problem(faults.foreign(empty=False), str(path)))
    version = moving.version_below(int(value))
    if version > VERSION:
        raise JournalError(
            Problem(
                f"this journal is of version {version} and this program knows up to {VERSION}; "
                f"use the newer uadispatch that wrote it",
                str(path),
            )
        )
    return version


def _begin_ourselves(engine: Engine, begin: str) -> None:
    """Every transaction takes the write lock at its start, so that what it read stays true."""

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _bring_up_to_date(connection: Connection, path: Path, *, write: bool, even_moved: bool) -> None:
    # Once more, for another process may have done it while we waited for it.
    version = _version(connection.exec_driver_sql(_VERSION).scalar(), path)
    below = driver(connection)
    moved = moving.mark_of(below)
    if moved is not None and ((write and not even_moved) or (version != VERSION and not write)):
        raise JournalError(Problem(moved.says, str(path)))
    if version == VERSION:
        return
    if not write:
        raise JournalError(
            Problem(
                f"this journal is of version {version}; the next send brings it to {VERSION}",
                str(path),
            )
        )
    if moved is not None:
        moving.unmark(below)
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
    connection.execute(update(meta).where(meta.c.name == "version").values(value=str(VERSION)))
    connection.exec_driver_sql(f"PRAGMA application_id = {making.APPLICATION}")
    if moved is not None:
        moving.mark(below, moved)
