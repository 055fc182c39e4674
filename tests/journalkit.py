"""What tests of the journal itself share: small plans, runs that can crash, and its raw rows."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.journal import ContactFact, Journal, Owner, Pace, Planned, Settlement
from uadispatch.dispatch.snapshot import Snapshot, canonical, digest, message_key, roster
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from uadispatch.dispatch.journal import Claimed, JournalUrl, Repeatable

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
    """One process: its connection, its lock, and the claims that it has not recorded yet."""

    journal: Journal
    owner: Owner
    flying: dict[int, Claimed] = field(default_factory=dict)
    locked: bool = True
    """Whether anybody can see that it lives."""

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(f"run {self.owner.id[:4]}")

    @classmethod
    def begin(cls, url: JournalUrl) -> Run:
        """A process that starts."""
        journal = Journal(url, write=True)
        # It may lose its process, but nobody pulls the plug: so it need not wait for the disk.
        below(journal).execute("PRAGMA synchronous = OFF")
        return cls(journal, Owner(url))

    def crash(self) -> None:
        """End as kill -9 ends a process: the kernel closes its files, and nobody tidies up."""
        self.journal.close()
        assert self.owner._lock is not None
        os.close(self.owner._lock)
        self.owner._lock = None
        self.locked = False

    def lose_its_lock(self) -> None:
        """Somebody removes its lock while it lives."""
        self.owner._path.unlink()
        self.locked = False

    def leave(self) -> None:
        """End in order."""
        self.owner.close()
        self.journal.close()
        self.locked = False


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
    """The rows as they stand in the file, read beside everybody else."""

    def __init__(self, url: JournalUrl) -> None:
        self._book = sqlite3.connect(str(url.database), isolation_level=None)

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows that `query` finds."""
        return self._book.execute(query, values).fetchall()

    def whole(self) -> dict[str, Any]:
        """Everything that stands in the tables."""
        return {
            table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - names of tables
            for table in ("messages", "moves", "facts", "marks", "paces")
        }

    def close(self) -> None:
        """Close the file."""
        self._book.close()
