"""What tests of the journal itself share: small plans, runs that can crash, and its raw rows."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from uadispatch.dispatch.journal import ContactFact, Journal, Owner, Pace, Planned, Settlement
from uadispatch.dispatch.journal.on_file.owners import folder_of
from uadispatch.dispatch.journal.on_server.hearts import Heart
from uadispatch.dispatch.journal.tables.raw import OnServer
from uadispatch.dispatch.journal.whereabouts import ServerUrl
from uadispatch.dispatch.snapshot import Snapshot, canonical, digest, message_key, roster
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from uadispatch.dispatch.journal import Claimed, JournalUrl, Repeatable
    from uadispatch.dispatch.journal.books import Life
    from uadispatch.dispatch.journal.tables.raw import Raw as Statements

CAMPAIGN = "46/19"
START = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)


def below(journal: Journal) -> Any:
    """The driver's own connection of an open journal."""
    books: Any = journal._books
    return books._driver


def snapshot_of(round_: int, edit: object) -> Snapshot:
    """A snapshot with what the journal reads of one; another for another `edit`."""
    case = {"number": CAMPAIGN, "title": "A case", "deadline": "2019-09-27"}
    nobody = digest(roster([]))
    content = {"urgent_action": case, "round": round_, "edit": str(edit), "targets": nobody}
    return Snapshot(canonical(content))


def planned(
    target: str,
    channel: str,
    contact: str,
    *,
    round_: int = 1,
    expires_at: datetime,
    held: str | None = None,
    refusal: str | None = None,
    repeatable: Repeatable | None = None,
) -> Planned:
    """A message as planning would hand it to the journal."""
    body = canonical({"id": target, "contact": contact})
    return Planned(
        key=message_key(CAMPAIGN, round_, target, channel),
        target=target,
        channel=channel,
        contact=contact,
        to=contact,
        language="en",
        target_digest=digest(body),
        target_body=body,
        expires_at=expires_at,
        held=held,
        refusal=refusal,
        repeatable=repeatable,
    )


@dataclass(eq=False)
class Run:
    """One process: its connection, its life, and the claims that it has not recorded yet."""

    journal: Journal
    owner: Life
    flying: dict[int, Claimed] = field(default_factory=dict)
    locked: bool = True
    """Whether anybody can see that it lives."""
    lives: bool = True

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(f"run {self.owner.id[:4]}")

    @classmethod
    def begin(cls, url: JournalUrl) -> Run:
        """A process that starts."""
        journal = Journal(url, write=True)
        if not isinstance(url, ServerUrl):
            # It may lose its process, but nobody pulls the plug: so it need not wait for the disk.
            below(journal).execute("PRAGMA synchronous = OFF")
        return cls(journal, journal.begin_life())

    def crash(self) -> None:
        """End as kill -9 ends a process: the kernel closes its files, and nobody tidies up."""
        self.journal.close()
        if isinstance(self.owner, Owner):
            assert self.owner._lock is not None
            os.close(self.owner._lock)
            self.owner._lock = None
        else:
            assert isinstance(self.owner, Heart)
            self.owner._ended.set()
            self.owner._thread.join()
            self.owner._let_go()
            self._was_not_heard_of()
        self.locked = self.lives = False

    def lose_its_lock(self) -> None:
        """Somebody removes its lock while it lives; or it was not heard of for long."""
        if isinstance(self.owner, Owner):
            self.owner._path.unlink()
        else:
            self._was_not_heard_of()
        self.locked = False

    def _was_not_heard_of(self) -> None:
        with closing(Raw(self.journal.url)) as book:
            book.change("UPDATE owners SET beat_at = 0 WHERE id = ?", self.owner.id)

    def leave(self) -> None:
        """End in order."""
        self.owner.close()
        self.journal.close()
        self.locked = self.lives = False


def take_all_for_dead(url: JournalUrl) -> None:
    """Let everybody who is alive be taken for dead; nobody is told."""
    if not isinstance(url, ServerUrl):
        shutil.rmtree(folder_of(url))
        return
    with closing(Raw(url)) as book:
        book.change("UPDATE owners SET beat_at = 0")


def settlement(row: Claimed, how: str, now: datetime) -> Settlement:
    """How a try of `row` ended: a state, or a word for more than its state."""
    state = {
        "excused": State.RETRY, "paused": State.RETRY, "slowed": State.RETRY,
        "again": State.IN_DOUBT, "opted_out": State.FAILED, "rejected": State.FAILED,
    }.get(how) or State(how)  # fmt: skip
    minute = now + timedelta(minutes=1)
    pace = {
        "paused": Pace(paused_until=minute, because="away"),
        "slowed": Pace(spacing=timedelta(seconds=20), slow_until=minute),
    }.get(how)
    return Settlement(
        row.id, row.attempt, state, now, "its words", channel=row.channel, contact=row.contact,
        not_before=minute if state is State.RETRY or how == "again" else None, pace=pace,
        excused=how in {"excused", "paused"},
        says_of_contact=ContactFact(how) if how in list(ContactFact) else None,
    )  # fmt: skip


class Raw:
    """The rows as they stand in the file or on the server, read beside everybody else."""

    def __init__(self, url: JournalUrl) -> None:
        self._driver: sqlite3.Connection | psycopg.Connection[Any]
        self._book: Statements
        if isinstance(url, ServerUrl):
            self._driver = psycopg.connect(url.given, autocommit=True)
            self._book = OnServer(self._driver)
        else:
            self._driver = self._book = sqlite3.connect(url.database, isolation_level=None)

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows that `query` finds."""
        return self._book.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Change them behind everybody's back."""
        self._book.execute(statement, values)

    def whole(self) -> dict[str, Any]:
        """Everything that stands in the tables."""
        return {
            table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - names of tables
            for table in ("messages", "moves", "facts", "marks", "paces")
        }

    def close(self) -> None:
        """Let go of it."""
        self._driver.close()
