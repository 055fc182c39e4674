"""Where the journal lies and how it is opened: durable, private, of a version that we know."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import create_engine, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from uadispatch.dispatch.journal.schema import MIGRATIONS, VERSION, create, meta
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
]

DEFAULT = Path(".uadispatch/journal.db")
"""Below the home folder of a campaign file; never in the working directory."""

JournalUrl = URL
"""Where a journal lies."""

BUSY = 30.0
"""Seconds to wait for another process's transaction; ours last milliseconds."""


class JournalError(ConfigError):
    """The journal cannot be opened, read or written."""


class NoJournal(JournalError):
    """There is no journal yet, or one without any content."""


def journal_url(given: str | None, home: Path, *, base: Path | None = None) -> URL:
    """The journal to use: what was given (a URL, or a path), else the default below `home`.

    A relative path is one from `base`, by default the working directory.

    Raises:
        JournalError: it is no URL of a database that we know.
    """
    base = base or Path.cwd()
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
    """Whether there is a file where the journal should lie."""
    return os.path.exists(url.database or "")  # noqa: PTH110 - Path's raises on a name that is too long


def connect(url: URL, *, write: bool, quiet: bool = True) -> Engine:
    """An engine with one connection to the journal; made and brought up to date if `write`.

    To read, `quiet` takes it that nobody writes meanwhile, where no log lies beside the file.

    Raises:
        JournalError: it is not there (to read), no journal, newer than this program, or the
            folder or file cannot be used.
    """
    path = file_of(url)
    if write:
        _make(path)
    elif not os.path.isfile(path):  # noqa: PTH113 - Path's raises on a name that is too long
        raise NoJournal(Problem("there is no journal here yet", str(path)))
    engine = create_engine(
        "sqlite://", creator=lambda: _open(path, write=write, quiet=quiet), poolclass=StaticPool
    )
    _begin_ourselves(engine, "BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, path, write=write)
    except (DBAPIError, sqlite3.Error) as exc:
        engine.dispose()
        reason = exc.orig if isinstance(exc, DBAPIError) else exc
        raise JournalError(Problem(f"this journal cannot be opened: {reason}", str(path))) from None
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


def _make(path: Path) -> None:
    """Make the file for its owner alone; SQLite gives its side files the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as exc:
        says = f"the journal cannot be written here: {exc.strerror}; give another with --journal"
        raise JournalError(Problem(says, str(path))) from None


def being_written(url: URL) -> bool:
    """Whether somebody writes, or was cut off while writing: SQLite's log is there."""
    return os.path.exists(f"{file_of(url)}-wal")  # noqa: PTH110 - as in exists


def _open(path: Path, *, write: bool, quiet: bool) -> sqlite3.Connection:
    mode = "rw" if write else "ro"
    # Without a log beside it nobody is writing, and SQLite need not make one to read.
    if not write and quiet and not path.with_name(f"{path.name}-wal").exists():
        mode += "&immutable=1"
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin_ourselves(engine: Engine, begin: str) -> None:
    """Every transaction takes the write lock at its start, so that what it read stays true."""

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _bring_up_to_date(connection: Connection, path: Path, *, write: bool) -> None:
    has_tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    version = _version(connection, path) if has_tables else 0
    if version > VERSION:
        raise JournalError(
            Problem(
                f"this journal is of version {version} and this program knows up to {VERSION}; "
                f"use the newer uadispatch that wrote it",
                str(path),
            )
        )
    if version == VERSION:
        return
    if not write and not has_tables:
        raise NoJournal(Problem("there is nothing in this journal yet", str(path)))
    if not write:
        raise JournalError(
            Problem(
                f"this journal is of version {version}; the next send brings it to {VERSION}",
                str(path),
            )
        )
    if version == 0:
        create(connection)
    for step in MIGRATIONS[version - 1 :] if version else ():
        step(connection)
    _write_version(connection, new=version == 0)


def _version(connection: Connection, path: Path) -> int:
    query = select(meta.c.value).where(meta.c.name == "version")
    try:
        value = connection.execute(query).scalar()
    except DBAPIError:
        value = None
    if value is None or not str(value).isdigit():
        raise JournalError(Problem("this is a database, but no journal of uadispatch", str(path)))
    return int(value)


def _write_version(connection: Connection, *, new: bool) -> None:
    value = str(VERSION)
    if new:
        connection.execute(insert(meta).values(name="version", value=value))
    else:
        connection.execute(update(meta).where(meta.c.name == "version").values(value=value))
