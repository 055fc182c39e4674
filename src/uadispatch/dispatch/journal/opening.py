"""Where the journal lies and how it is opened: durable, whole, of a version that we know."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine, event, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from uadispatch.dispatch.journal import disks, faults, logs, making
from uadispatch.dispatch.journal.schema import MIGRATIONS, VERSION, meta
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = [
    "DEFAULT",
    "JournalError",
    "JournalUrl",
    "NoJournal",
    "being_written",
    "connect",
    "driver",
    "exists",
    "file_of",
    "journal_url",
    "unusable",
]

DEFAULT = Path(".uadispatch/journal.db")
"""Below the home folder of a campaign file; never in the working directory."""

JournalUrl = URL
"""Where a journal lies."""

BUSY = 30.0
"""Seconds to wait for another process's transaction; ours last milliseconds."""

SMALL = 16 * 1024 * 1024
"""Bytes of a journal that is checked whole before it is written to (some 10,000 messages): a tenth
of a second. Of a larger one the length is checked, and what the opening itself reads."""

_SHORTEST = 512
"""Bytes of the smallest database."""

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


class JournalError(ConfigError):
    """The journal cannot be opened, read or written."""


class NoJournal(JournalError):
    """There is no journal yet."""


def journal_url(given: str | None, home: Path, *, base: Path | None = None) -> URL:
    """The journal to use: what was given (a URL, or a path), else the default below `home`.

    A relative path is one from `base`, by default the working directory.

    Raises:
        JournalError: it is no URL of a database that we know.
    """
    base = base or Path.cwd()
    if given and "\0" in given:
        raise JournalError("the journal's path may hold no NUL")
    if not given:
        return URL.create("sqlite", database=str(home / DEFAULT))
    if "://" not in given:
        return URL.create("sqlite", database=os.path.normpath(base / given))
    try:
        url = make_url(given)
    except ArgumentError:
        raise JournalError("the journal must be a path or a URL such as sqlite:////path") from None
    if url.get_backend_name() != "sqlite":
        raise JournalError(
            f"the journal cannot lie in {url.get_backend_name()!r}: this version keeps it in "
            f"SQLite (a path, or sqlite:////path)"
        )
    if not url.database or url.database == ":memory:" or url.query:
        raise JournalError("the journal must be a file: sqlite:////path/to/journal.db")
    return url.set(database=os.path.normpath(base / url.database))


def exists(url: URL) -> bool:
    """Whether something lies where the journal should, or that cannot be told."""
    try:
        os.lstat(url.database or "")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def connect(url: URL, *, write: bool, quiet: bool = True) -> Engine:
    """An engine with one connection to the journal; made and brought up to date if `write`.

    To read, `quiet` takes it that nobody writes meanwhile, where no log lies beside the file.

    Raises:
        NoJournal: it is not there (to read).
        JournalError: it is no journal, cut off, damaged, newer than this program, held by another
            program or on a network file system; or its folder, file or disk cannot be used.
    """
    path = file_of(url)
    there = _is_there(url, path)
    if write:
        _require_local(path)
        if not there:
            _make(path)
        making.clear(path)
    elif not there:
        raise NoJournal(Problem("there is no journal here yet", str(path)))
    engine = create_engine(
        "sqlite://", creator=lambda: _open(path, write=write, quiet=quiet), poolclass=StaticPool
    )
    _begin_ourselves(engine, "BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, path, write=write)
    except (OSError, DBAPIError) as exc:
        engine.dispose()
        raise unusable(exc, path) from None
    except JournalError:
        engine.dispose()
        raise
    return engine


def file_of(url: URL) -> Path:
    """The real file: SQLite's log, and whatever else belongs to it, lies beside it."""
    return Path(os.path.realpath(url.database or ""))


def driver(connection: Connection) -> sqlite3.Connection:
    """The connection below SQLAlchemy's, inside its transaction: for statements that run hot."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def being_written(url: URL) -> bool:
    """Whether somebody writes, or was cut off while writing: SQLite's log is there."""
    return os.path.lexists(logs.log_of(file_of(url)))


def unusable(fault: BaseException, path: Path) -> JournalError:
    """The error to raise for `fault`, with a text for staff: at the opening, and in mid-run.

    `fault` is an OSError, an error of sqlite3, or SQLAlchemy's around one; `path` is the real
    file. A caller that holds an open journal writes::

        except DBAPIError as exc:
            raise unusable(exc, file_of(self.url)) from exc

    It looks at the disk, so call it where the fault arose. It says nothing of what was sent.
    """
    return JournalError(Problem(faults.explain(fault, path), str(path)))


def _is_there(url: URL, path: Path) -> bool:
    """Whether something lies at `path`, to which `url` leads.

    Raises:
        JournalError: that cannot be told, or a link leads nowhere. Behind such a link a disk may
            be missing; a new journal there would let everything go out again.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        given = Path(url.database or "")
        for part in (given, *given.parents):
            if os.path.islink(part) and not os.path.exists(part):  # noqa: PTH110, PTH114 - Path's may raise
                says = (
                    f"this link leads to {os.path.realpath(part)}, where nothing is (is a disk not "
                    f"mounted?); make it lead to the journal, or remove it"
                )
                raise JournalError(Problem(says, str(part))) from None
        return False
    except OSError as exc:
        raise unusable(exc, path) from None
    return True


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
        connection.execute("PRAGMA foreign_keys = ON")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
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
    version = int(value)
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


def _bring_up_to_date(connection: Connection, path: Path, *, write: bool) -> None:
    # Once more, for another process may have done it while we waited for it.
    version = _version(connection.exec_driver_sql(_VERSION).scalar(), path)
    if version == VERSION:
        return
    if not write:
        raise JournalError(
            Problem(
                f"this journal is of version {version}; the next send brings it to {VERSION}",
                str(path),
            )
        )
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
    connection.execute(update(meta).where(meta.c.name == "version").values(value=str(VERSION)))
    connection.exec_driver_sql(f"PRAGMA application_id = {making.APPLICATION}")
