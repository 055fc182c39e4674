"""A whole journal is moved from a file to a server, so that nothing can ever be sent from both.

The file is marked first, durably: nothing is written to it from then on, by whatever program. Then
all of it is copied in one transaction of the server, which takes the mark's token as well; only
when that is committed does the mark say that the journal was moved. Who does it again after a crash
at any point finds by the mark how far it had come, and by the token whether the copy is there.

What was copied is read again from the server and compared, row by row, before it is committed.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import func, select

from uadispatch.dispatch.journal.ledger import REHEARSAL
from uadispatch.dispatch.journal.on_file import moving, owners
from uadispatch.dispatch.journal.on_file.books import FileBooks
from uadispatch.dispatch.journal.on_server.books import ServerBooks
from uadispatch.dispatch.journal.on_server.receiving import Receiver
from uadispatch.dispatch.journal.on_server.upgrading import VERSION
from uadispatch.dispatch.journal.proof import checking
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import facts, messages, metadata
from uadispatch.dispatch.journal.whereabouts import (
    JournalError,
    Moved,
    Stage,
    file_of,
    is_there,
    none_at,
)
from uadispatch.dispatch.journal.writing import crashes
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.whereabouts import FileUrl, ServerUrl

    Held = AbstractContextManager[object]

__all__ = ["NOT_COPIED", "TABLES", "Copied", "copy", "take_back"]

NOT_COPIED = {"meta": "what a journal says of itself: its version, and whether it was moved"}
"""Tables that stay behind, and why. Those that are a server's own (who is alive, the queue) are not
in the schema that both have."""

TABLES = tuple(table for table in metadata.sorted_tables if table.name not in NOT_COPIED)
"""What is copied, in an order in which nothing belongs to a row that is not there yet."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What is there now."""

    rows: dict[str, int]
    """How many rows of each table."""
    states: dict[str, int]
    """How many messages are in each state."""
    doubted: int = 0
    """So many claims of dead runs were moved to where they belong before."""
    already: bool = False
    """The copy was there before: nothing had to be copied this time."""


def copy(
    source: FileUrl,
    target: ServerUrl,
    *,
    at: datetime,
    by: str,
    tell: Callable[[str], None] = lambda _: None,
    undisturbed: Callable[[], Held] = nullcontext,
) -> Copied:
    """Move the journal at `source` to `target`; or go on with that, wherever it was cut off.

    `tell` is told what is done now; what should not be interrupted is done while `undisturbed`.

    Raises:
        JournalError: it cannot be moved: the source is in use, not consistent or was moved
            elsewhere; the target is not empty, or cannot be reached. The source is then as it was
            before, or says itself what to do.
    """
    _require_there(source)
    with owners.Owner(source) as life, closing(ServerBooks(target, write=True)) as server:
        return _Move(source, server, target, life.id, tell).move(at, by, undisturbed)


def take_back(source: FileUrl, target: ServerUrl) -> None:
    """Let the journal at `source` be used again, of which no copy came to be.

    `target` is where it was on its way to; that is asked only where it alone can tell.

    Raises:
        JournalError: it is in use or not on its way, or all of it is there.
    """
    _require_there(source)
    with owners.Owner(source) as life:
        with _changing(source) as (connection, mark):
            _require_alone(source, life.id)
            if mark is None:
                says = "it is not on its way to another place: nothing is to be taken back"
                raise JournalError(Problem(says, source.database))
            if mark.stage is Stage.COPYING:
                moving.unmark(driver(connection))
                return
        _require_same(mark, source, target)
        with closing(ServerBooks(target, write=True)) as server, server.deciding(None) as there:
            # Who was about to commit has done it by now, or never will: it held this lock.
            if mark.stage is Stage.MOVED or Receiver(there).came_of() == mark.token:
                says = f"all of it is in {target.database}: it cannot be taken back"
                raise JournalError(Problem(says, source.database))
            with _changing(source) as (connection, _):
                moving.unmark(driver(connection))


class _Move:
    """A move from a file to a server, by a process whose life on the file is `life`."""

    def __init__(
        self,
        source: FileUrl,
        server: ServerBooks,
        target: ServerUrl,
        life: str,
        tell: Callable[[str], None],
    ) -> None:
        self._source = source
        self._server = server
        self._target = target
        self._life = life
        self._tell = tell
        self._is_nowhere = False
        """Whether for certain no copy of what we have marked was committed."""

    def move(self, at: datetime, by: str, undisturbed: Callable[[], Held]) -> Copied:
        """See `copy`."""
        self._require_room()
        told = False
        with ExitStack() as steady:
            try:
                mark, doubted = self._begin(at, by)
                with self._server.deciding(None) as there:
                    receiver = Receiver(there)
                    already = self._has_come(receiver, mark)
                    self._is_nowhere = not already
                    found = _counted(there) if already else self._copied(there, receiver, mark)
                    steady.enter_context(undisturbed())
                    if not already:
                        self._set(Stage.COMMITTING)
                    told, self._is_nowhere = self._is_nowhere, False
            except JournalError as exc:
                self._settle(exc, mark if told else None)
            except BaseException:
                self._put_back()
                raise
            self._end()
        return replace(found, doubted=doubted, already=already)

    def _require_room(self) -> None:
        """Refuse a target that has something in it already, before anything is changed."""
        with _changing(self._source) as (_, mark):
            _require_alone(self._source, self._life)
            if mark is not None and mark.stage is not Stage.COPYING:
                _require_same(mark, self._source, self._target)
        with self._server.deciding(None) as there:
            receiver = Receiver(there)
            if mark is None or not self._has_come(receiver, mark):
                self._require_empty(receiver)

    def _has_come(self, receiver: Receiver, mark: Moved) -> bool:
        """Whether the copy is there."""
        if receiver.came_of() == mark.token:
            return True
        if mark.stage is Stage.MOVED:
            says = (
                f"the journal {self._source.database} was moved here, and is not here any more: is "
                f"this another server, or an older backup of it?"
            )
            raise JournalError(Problem(says, self._target.database))
        return False

    def _require_empty(self, receiver: Receiver) -> None:
        if held := receiver.holds():
            says = (
                f"there is a journal here already ({', '.join(held)}), and two are never put "
                f"together: name an empty database"
            )
            raise JournalError(Problem(says, self._target.database))
        if (version := receiver.version()) != str(VERSION):
            says = (
                f"its tables are of version {version}, and those of this program are {VERSION}: "
                f"run `uadispatch journal upgrade` first, or use the newer program"
            )
            raise JournalError(Problem(says, self._target.database))

    def _begin(self, at: datetime, by: str) -> tuple[Moved, int]:
        """Mark the file, unless it is on its way to there already; and how many were doubted."""
        with _changing(self._source) as (connection, mark):
            _require_alone(self._source, self._life)
            if mark is not None and mark.place == self._target.database:
                self._is_nowhere = mark.stage is Stage.COPYING
                return mark, 0
            if connection.execute(select(facts.c.id).where(facts.c.kind == REHEARSAL)).first():
                says = "this is the journal of a rehearsal; it stays where it is"
                raise JournalError(Problem(says, self._source.database))
            moving.unmark(driver(connection))
            is_alive = partial(owners.is_alive, self._source)
            doubted = crashes.recover(connection, is_alive, at=at, by=by)
            ours = Moved(self._target.database, secrets.token_hex(16), at, Stage.COPYING)
            moving.mark(driver(connection), ours)
        self._is_nowhere = True
        return ours, doubted

    def _copied(self, there: Connection, receiver: Receiver, mark: Moved) -> Copied:
        """Copy, compare, and sign it."""
        self._require_empty(receiver)
        digests = {}
        with closing(_opened(self._source, write=False)) as file, file.reading() as here:
            self._tell("Proving the file consistent")
            proof = checking.check(here, file.faults)
            if proof.number:
                says = "it is not consistent, and stays where it is: see `uadispatch journal check`"
                raise JournalError(Problem(says, self._source.database))
            for table in TABLES:
                self._tell(f"Copying {table.name}")
                digest = hashlib.sha256()
                with closing(_rows(driver(here), table)) as rows:
                    receiver.take(table, _told(rows, digest.update))
                receiver.count_on(table)
                receiver.analyze(table)
                digests[table.name] = digest.digest()
            counted = _counted(here)
        self._tell("Comparing what is there with the file")
        for table in TABLES:
            digest = hashlib.sha256()
            for _ in _told(receiver.rows(table), digest.update):
                pass
            if digest.digest() != digests[table.name]:
                self._differs(f"other {table.name}")
        if _counted(there) != counted:
            self._differs("other numbers of messages")
        if checking.check(there, self._server.faults) != proof:
            self._differs("no such proof")
        receiver.sign(mark.token)
        return counted

    def _differs(self, what: str) -> NoReturn:
        says = f"what came there is not what the file has ({what}): nothing was moved"
        raise JournalError(Problem(says, self._target.database))

    def _set(self, stage: Stage) -> None:
        with _changing(self._source) as (connection, mark):
            if mark is not None:
                moving.mark(driver(connection), replace(mark, stage=stage))

    def _end(self) -> None:
        """Say in the file that it was moved."""
        try:
            self._set(Stage.MOVED)
        except JournalError as exc:
            raise JournalError([*exc.problems, self._still()]) from exc

    def _put_back(self) -> None:
        """Let the file be used again, if it is certain that no copy of it was committed."""
        if self._is_nowhere:
            with _changing(self._source) as (connection, _):
                moving.unmark(driver(connection))

    def _ask(self, mark: Moved) -> bool:
        """Whether all of it is there, after a commit whose answer was lost."""
        with self._server.deciding(None) as there:
            self._is_nowhere = Receiver(there).came_of() != mark.token
        return not self._is_nowhere

    def _settle(self, fault: JournalError, unsure: Moved | None) -> None:
        """Return if all of it is there after all, as `unsure` tells; else raise."""
        try:
            if unsure is not None and self._ask(unsure):
                return
            self._put_back()
        except JournalError:
            raise JournalError([*fault.problems, self._still()]) from fault
        raise fault

    def _still(self) -> Problem:
        says = (
            "this journal may have been moved, and nothing is sent from it: run the same command "
            "again, as soon as both can be reached"
        )
        return Problem(says, self._source.database)


def _require_there(source: FileUrl) -> None:
    if not is_there(source, path := file_of(source)):
        raise none_at(path)


def _require_alone(source: FileUrl, life: str) -> None:
    if owners.living(source) - {life}:
        says = "it is in use: wait until that run has ended, or end it with Ctrl-C; then try again"
        raise JournalError(Problem(says, source.database))


def _require_same(mark: Moved, source: FileUrl, target: ServerUrl) -> None:
    if mark.place != target.database:
        raise JournalError(Problem(mark.says, source.database))


def _opened(source: FileUrl, *, write: bool) -> FileBooks:
    return FileBooks(file_of(source), source, write=write, quiet=False, even_moved=True)


@contextmanager
def _changing(source: FileUrl) -> Iterator[tuple[Connection, Moved | None]]:
    """A transaction of the file, which is opened for it alone; and the mark in it."""
    with closing(_opened(source, write=True)) as file, file.reading() as connection:
        yield connection, file.moved(connection)


def _rows(connection: Raw, table: Table) -> Generator[tuple[object, ...]]:
    """All rows of a file's `table`, as they are, in the order of its key."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    query = f"SELECT {columns} FROM {table.name} ORDER BY {key}"  # noqa: S608 - our own names
    yield from connection.execute(query)


def _told(
    rows: Iterator[tuple[object, ...]], tell: Callable[[bytes], object]
) -> Iterator[tuple[object, ...]]:
    """`rows`, of each of which the bytes are told: others for every other row."""
    for row in rows:
        tell(repr(row).encode("utf-8", "backslashreplace"))
        yield row


def _counted(connection: Connection) -> Copied:
    rows = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in TABLES
    }
    query = select(messages.c.state, func.count()).group_by(messages.c.state)
    states = {row[0]: row[1] for row in connection.execute(query.order_by("state"))}
    return Copied(rows, states)
