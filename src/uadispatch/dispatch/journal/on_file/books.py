"""The journal's file while it is open: one connection, whose transactions keep all others out."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError

from uadispatch.dispatch.journal.on_file import moving, owners
from uadispatch.dispatch.journal.on_file.opening import connect
from uadispatch.dispatch.journal.on_file.plan_aside import laid_aside
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import messages
from uadispatch.dispatch.journal.whereabouts import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Planned
    from uadispatch.dispatch.journal.whereabouts import JournalUrl, Moved

__all__ = ["FileBooks"]

T = TypeVar("T")

PATIENCE = 3_000
"""Milliseconds to wait until nobody reads from SQLite's log."""

FAULTS = 50
"""So many faults of the file SQLite names."""


class FileBooks:
    """See `Books`. There is one connection: a second thread waits for the end of a transaction."""

    def __init__(
        self, path: Path, url: JournalUrl, *, write: bool, quiet: bool, even_moved: bool = False
    ) -> None:
        """Open the file. Raises JournalError; see `opening.connect`."""
        self._path = path
        self._url = url
        self._engine = connect(url, write=write, quiet=quiet, even_moved=even_moved)
        self._lock = threading.Lock()
        with self._engine.connect() as connection:
            self._driver: Any = driver(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `Books`; of a journal that is open to write, alone in it too."""
        try:
            with self._lock, self._engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as exc:
            raise unusable(exc, self._path) from exc

    def deciding(self, _: Iterable[str] | None) -> AbstractContextManager[Connection]:
        """As `Books`."""
        return self.reading()

    def deciding_on(self, _: Iterable[str]) -> AbstractContextManager[Connection]:
        """As `Books`."""
        return self.reading()

    def deciding_below(self, _: str) -> AbstractContextManager[Raw]:
        """As `Books`."""
        return self._writing()

    @contextmanager
    def _writing(self, *, trusted: bool = False) -> Iterator[Raw]:
        """A transaction on sqlite3's own connection.

        `trusted`: the caller sees to it that all that is referred to is there.
        """
        with self._lock, _unchecked(self._driver) if trusted else nullcontext():
            try:
                self._driver.execute("BEGIN IMMEDIATE")
                yield self._driver
                self._driver.execute("COMMIT")
            except BaseException as exc:
                if self._driver.in_transaction:  # some faults have ended it already
                    self._driver.execute("ROLLBACK")
                if isinstance(exc, sqlite3.Error):
                    raise unusable(exc, self._path) from exc
                raise

    def run(self, work: Callable[[Raw], T], **_: object) -> T:
        """As `Books`: once, for no connection is lost to a file."""
        with self._writing() as connection:
            return work(connection)

    def make_sure(self) -> None:
        """As `Books`: of a file it is always known."""

    @contextmanager
    def planning(self, _: str, plan: Iterable[Planned]) -> Iterator[tuple[Raw, int]]:
        """As `Books`."""
        # What each message refers to is recorded with it: SQLite need not look each up.
        with (
            laid_aside(self._driver, self._lock, plan) as number,
            self._writing(trusted=True) as connection,
        ):
            yield connection, number

    def sweep(self, _: Callable[[Raw], T]) -> T | None:
        """As `Books`: a file has no workers."""
        return None

    def begin_life(self, within: str = "") -> owners.Owner:  # noqa: ARG002 - each is its own there
        """As `Books`."""
        return owners.Owner(self._url)

    def is_alive(self, owner: str) -> bool:
        """As `Books`; it is certain, and changes nothing."""
        return owners.is_alive(self._url, owner)

    def living(self) -> frozenset[str]:
        """As `Books`."""
        return owners.living(self._url)

    def tidy(self) -> None:
        """As `Books`."""
        owners.tidy(self._url)

    def faults(self, connection: Connection) -> Iterator[tuple[str, int | None]]:
        """As `Books`: what SQLite says of its file, and rows that belong to nothing."""
        for row in connection.exec_driver_sql(f"PRAGMA integrity_check({FAULTS})"):
            if row[0] != "ok":
                yield f"the file is damaged: {row[0]}", None
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            table, number, parent = row[0], row[1], row[2]
            if table == messages.name:
                yield f"it belongs to a row of {parent} that is not there", number
            else:
                says = f"row {number} of {table} belongs to a row of {parent} that is not there"
                yield says, None

    def moved(self, connection: Connection) -> Moved | None:
        """As `Books`."""
        return moving.mark_of(driver(connection))

    @contextmanager
    def wiping(self, _: str) -> Iterator[None]:
        """As `Books`."""
        self._driver.execute("PRAGMA secure_delete = ON")
        yield

    def version(self, connection: Connection) -> object:
        """As `Books`."""
        return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    def scrub(self) -> tuple[str, bool]:
        """As `Books`, outside of any transaction."""
        # A run must not wait until the whole file is rewritten.
        says = "a run is going on" if owners.living(self._url) else ""
        with closing(self._engine.raw_connection()) as raw:
            below: Any = raw.driver_connection
            try:
                if not says:
                    below.execute("VACUUM")
            except sqlite3.Error as exc:
                says = str(exc)
            below.execute(f"PRAGMA busy_timeout = {PATIENCE}")
            try:
                held, *_ = below.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error:
                held = True
        return says, bool(held)

    def upgrade(self) -> Iterator[int]:
        """As `Books`: whoever opens a file to write has done it."""
        yield from ()

    def close(self) -> None:
        """As `Books`."""
        self._engine.dispose()


@contextmanager
def _unchecked(connection: sqlite3.Connection) -> Iterator[None]:
    """Let no statement look up what a row refers to; this can be said outside transactions only."""
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
