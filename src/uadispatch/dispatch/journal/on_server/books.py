"""A journal on PostgreSQL while it is open: one connection, made anew when it is lost."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import DBAPIError

from uadispatch.dispatch.journal.on_server import hearts, locks, upgrading
from uadispatch.dispatch.journal.on_server.faults import explained, is_passing
from uadispatch.dispatch.journal.on_server.opening import connect, engine_of, made_or_known
from uadispatch.dispatch.journal.on_server.plan_aside import laid_aside
from uadispatch.dispatch.journal.tables.raw import OnServer, driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Planned
    from uadispatch.dispatch.journal.whereabouts import ServerUrl

__all__ = ["ServerBooks"]

PATIENCE = 60.0
"""Seconds for which a run waits for a server that is away, before it gives up."""
FIRST_WAIT, LONGEST_WAIT = 0.1, 3.0
"""Seconds between two tries to reach it."""

# Who prints a long list may stop in the middle of it.
_READ = b"""
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = 0
"""
_ASTRAY = """
SELECT id FROM moves WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = moves.message)
ORDER BY id LIMIT 100
"""

_UNDER_WAY = TransactionStatus.INTRANS, TransactionStatus.INERROR

T = TypeVar("T")


class ServerBooks:
    """See `Books`. A second thread waits for the end of a transaction."""

    def __init__(self, url: ServerUrl, *, write: bool) -> None:
        """Reach the server. Raises JournalError."""
        self._url = url
        self._write = write
        self._lock = threading.RLock()
        self._unsure: list[Callable[[Raw], None]] = []
        """What must be undone if it was committed after all; nobody knows."""
        try:
            self._open()
        except (psycopg.Error, DBAPIError) as exc:
            raise explained(exc, url) from exc

    def _open(self) -> None:
        self._driver = connect(self._url)
        self._engine = engine_of(self._driver)
        try:
            with self._engine.begin() as connection:
                made_or_known(connection, self._url, write=self._write)
        except BaseException:
            self.close()
            raise

    def _reopen_if_lost(self) -> None:
        if self._driver.closed or self._driver.broken:
            self.close()
            self._open()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `Books`."""
        with self._transaction() as connection:
            below: Any = connection.connection.driver_connection
            below.execute(_READ)
            yield connection

    @contextmanager
    def deciding(self, campaigns: Iterable[str] | None) -> Iterator[Connection]:
        """As `Books`."""
        with self._transaction() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            if campaigns is None:
                locks.alone_in_all(driver(connection))
            else:
                locks.alone_in_campaigns(driver(connection), campaigns)
            yield connection

    @contextmanager
    def deciding_on(self, keys: Iterable[str]) -> Iterator[Connection]:
        """As `Books`."""
        with self._transaction() as connection:
            locks.alone_in_those_of(driver(connection), keys)
            yield connection

    @contextmanager
    def deciding_below(self, campaign: str) -> Iterator[Raw]:
        """As `Books`."""
        with self._transaction() as connection:
            locks.alone_in_campaigns(driver(connection), [campaign])
            yield driver(connection)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; what it was told is all there, or nothing is."""
        try:
            with self._lock:
                self._reopen_if_lost()
                with self._engine.begin() as connection:
                    yield connection
        except (psycopg.Error, DBAPIError) as exc:
            raise explained(exc, self._url) from exc

    def run(
        self,
        work: Callable[[Raw], T],
        *,
        of: Sequence[int],
        wide: bool,
        undo: Callable[[Raw, T], None] | None,
        again: Callable[[], None],
    ) -> T:
        """As `Books`: until it is committed for certain, or `PATIENCE` is over."""
        ends, wait = time.monotonic() + PATIENCE, FIRST_WAIT
        while True:
            try:
                return self._once(work, of, wide=wide, undo=undo)
            except (psycopg.Error, DBAPIError) as exc:
                again()
                if not is_passing(exc) or time.monotonic() + wait > ends:
                    raise explained(exc, self._url) from exc
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def make_sure(self) -> None:
        """As `Books`."""
        if self._unsure:
            self.run(lambda _: None, of=[], wide=True, undo=None, again=lambda: None)

    def _once(
        self,
        work: Callable[[Raw], T],
        of: Sequence[int],
        *,
        wide: bool,
        undo: Callable[[Raw, T], None] | None,
    ) -> T:
        with self._lock:
            self._reopen_if_lost()
            below, raw = self._driver, OnServer(self._driver)
            try:
                # What is not sure may be about to be committed still: whoever is alone knows.
                if wide or self._unsure:
                    locks.alone_in_all(raw)
                else:
                    locks.beside_others(raw, of)
                for unsure in self._unsure:
                    unsure(raw)
                found = work(raw)
            except BaseException:
                self._roll_back()
                raise
            before = list(self._unsure)
            if undo is not None:
                self._unsure.append(partial(_undone, undo, found))
            try:
                below.commit()
            except psycopg.Error:
                # The server may have done it, and its answer be lost: then `undo` stays to be done.
                if below.info.transaction_status is TransactionStatus.IDLE:
                    self._unsure = before
                self._roll_back()
                raise
            self._unsure = []
            return found

    def _roll_back(self) -> None:
        with suppress(psycopg.Error):
            self._driver.rollback()

    @contextmanager
    def planning(self, campaign: str, plan: Iterable[Planned]) -> Iterator[tuple[Raw, int]]:
        """As `Books`."""
        try:
            with self._lock:
                self._reopen_if_lost()
            with laid_aside(self._driver, self._lock, plan) as number, self._lock:
                try:
                    raw = OnServer(self._driver)
                    raw.execute("SET LOCAL statement_timeout = 0")
                    locks.alone_in_campaigns(raw, [campaign])
                    yield raw, number
                    self._driver.commit()
                except BaseException:
                    self._roll_back()
                    raise
                # It plans by statistics, and those of an empty table mislead it.
                for table in ("messages", "moves", "targets"):
                    self._driver.execute(f"ANALYZE {table}".encode())
                self._driver.commit()
        except (psycopg.Error, DBAPIError) as exc:
            raise explained(exc, self._url) from exc

    def sweep(self, work: Callable[[Raw], T]) -> T | None:
        """As `Books`."""
        with self._transaction() as connection:
            if not locks.alone_in_sweeping(driver(connection)):
                return None
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            return work(driver(connection))

    def begin_life(self, within: str = "") -> hearts.Heart:
        """As `Books`."""
        try:
            return hearts.Heart(partial(connect, self._url), within)
        except psycopg.Error as exc:
            raise explained(exc, self._url) from exc

    def is_alive(self, owner: str) -> bool:
        """As `Books`: whether it was heard of lately."""
        return owner in self.living()

    def living(self) -> frozenset[str]:
        """As `Books`; within a transaction, as of its moment."""
        with self._lock:
            # Of one that is lost, the state is unknown: then it is none of ours.
            if self._driver.info.transaction_status in _UNDER_WAY:
                return hearts.living(self._driver)
            with self._transaction() as connection:
                below: Any = connection.connection.driver_connection
                return hearts.living(below)

    def tidy(self) -> None:
        """As `Books`."""
        with self._transaction() as connection:
            below: Any = connection.connection.driver_connection
            hearts.tidy(below)

    def faults(self, connection: Connection) -> Iterator[tuple[str, str | int | None]]:
        """As `Books`: moves of no message; else the server lets no row belong to nothing."""
        for (number,) in connection.exec_driver_sql(_ASTRAY):
            yield f"row {number} of moves belongs to a row of messages that is not there", None

    def moved(self, _: Connection) -> None:
        """As `Books`: a server's is moved with the means of PostgreSQL, if at all."""

    @contextmanager
    def wiping(self, campaign: str) -> Iterator[None]:
        """As `Books`: the campaign is kept for us, from one transaction to the next."""
        with self._transaction() as connection:
            locks.keep(driver(connection), campaign)
        try:
            yield
        finally:
            with self._transaction() as connection:
                locks.let_go(driver(connection), campaign)

    def version(self, _: Connection) -> object:
        """As `Books`: nobody else writes while a campaign is kept."""
        return 1

    def scrub(self) -> tuple[str, bool]:
        """As `Books`: the tables are written anew, unless a run goes on."""
        if self.living():
            return "a run is going on", False
        try:
            with self._lock:
                self._reopen_if_lost()
                self._driver.autocommit = True
                try:
                    self._driver.execute("SET statement_timeout = 0")
                    self._driver.execute("VACUUM (FULL, ANALYZE)")
                finally:
                    self._driver.autocommit = False
        except psycopg.Error as exc:
            return str(exc).strip(), False
        return "", False

    def upgrade(self) -> Iterator[int]:
        """As `Books`, on a connection of its own."""
        try:
            with closing(connect(self._url)) as connection:
                connection.autocommit = True
                yield from upgrading.upgrade(connection)
        except psycopg.Error as exc:
            raise explained(exc, self._url) from exc

    def close(self) -> None:
        """As `Books`."""
        with suppress(psycopg.Error):
            self._engine.dispose()
            self._driver.close()


def _undone(undo: Callable[[Raw, T], None], found: T, connection: Raw) -> None:
    undo(connection, found)
