"""The journal: the durable record of a campaign, the only truth.

Its methods are transactions; each is over when it returns.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError

from uadispatch.dispatch.journal import (
    checking,
    claiming,
    crashes,
    decisions,
    exporting,
    owners,
    pacing,
    planned,
    purging,
    reading,
    settling,
    stories,
)
from uadispatch.dispatch.journal.opening import connect, driver, file_of, unusable
from uadispatch.dispatch.journal.rows import Selection, Step, Turn
from uadispatch.dispatch.journal.schema import campaigns, facts, snapshots, targets
from uadispatch.dispatch.naming import find_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from sqlalchemy import Connection, Table
    from sqlalchemy.engine import URL

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.checking import Checked
    from uadispatch.dispatch.journal.exporting import Record
    from uadispatch.dispatch.journal.purging import Purge, Purged, Standing
    from uadispatch.dispatch.journal.rows import (
        Claimed,
        Entry,
        Mark,
        Moment,
        Pacing,
        Planned,
        Settlement,
    )
    from uadispatch.dispatch.journal.stories import Story
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Journal"]

EVERYTHING = Selection()
NOTHING: Mapping[str, str] = MappingProxyType({})


class Journal:
    """An open journal. Close it, or use it as a context manager."""

    def __init__(self, url: URL, *, write: bool, quiet: bool = True) -> None:
        """Open the journal at `url`. Raises JournalError; see `opening.connect`."""
        self.url = url
        self._engine = connect(url, write=write, quiet=quiet)
        # There is one connection: a second thread must wait for the end of a transaction.
        self._lock = threading.Lock()
        self._facts = reading.FactsReader()
        with self._engine.connect() as connection:
            self._driver = driver(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._lock, self._engine.begin() as connection:
                yield connection
        except BaseException as exc:
            self._facts.forget()
            if isinstance(exc, DBAPIError | sqlite3.Error):
                raise unusable(exc, file_of(self.url)) from exc
            raise

    @contextmanager
    def _quick_transaction(self) -> Iterator[sqlite3.Connection]:
        """As `_transaction`, on sqlite3's own connection: for what runs for every message."""
        with self._lock:
            try:
                self._driver.execute("BEGIN IMMEDIATE")
                yield self._driver
                self._driver.execute("COMMIT")
            except BaseException as exc:
                self._facts.forget()
                if self._driver.in_transaction:  # some faults have ended it already
                    self._driver.execute("ROLLBACK")
                if isinstance(exc, sqlite3.Error):
                    raise unusable(exc, file_of(self.url)) from exc
                raise

    def file_of(self, campaign: str) -> str | None:
        """The campaign file that `campaign` was last planned from; None: it was never seen."""
        with self._transaction() as connection:
            query = select(campaigns.c.file).where(campaigns.c.number == campaign)
            found: str | None = connection.execute(query).scalar()
            return found

    def planned_from(self, file: str) -> list[str]:
        """The campaigns that were last planned from the campaign file `file`."""
        with self._transaction() as connection:
            query = select(campaigns.c.number).where(campaigns.c.file == file)
            return list(connection.execute(query).scalars())

    def record_plan(
        self,
        plan: Iterable[Planned],
        snapshot: Snapshot,
        *,
        file: str,
        at: datetime,
        by: str,
        mended: Mapping[str, str] = NOTHING,
        absent: Mapping[str, str] = NOTHING,
    ) -> None:
        """Record the whole plan of a campaign in one transaction.

        `mended` are messages that had failed and begin anew, `absent` those whose channel cannot
        be used today: key to reason.
        """
        number = snapshot.campaign_number
        with self._transaction() as connection:
            connection.execute(
                planned.put(snapshots),
                {"digest": snapshot.digest, "body": snapshot.body, "at": at},
            )
            seen = {
                "title": snapshot.title,
                "file": file,
                "snapshot": snapshot.digest,
            }
            connection.execute(
                upsert(campaigns)
                .values(number=number, **seen)
                .on_conflict_do_update(index_elements=["number"], set_=seen)
            )
            planned.record_plan(
                connection,
                plan,
                campaign=number,
                round_=snapshot.round,
                snapshot=snapshot.digest,
                at=at,
                by=by,
                mended=mended,
                absent=absent,
            )

    def turn(
        self,
        finished: Sequence[Settlement],
        ids: Sequence[int],
        *,
        moment: Callable[[], Moment],
        owner: str,
        pace: Pacing,
        foresee: Callable[[Sequence[Claimed]], None] = lambda _: None,
    ) -> Turn:
        """Record what has `finished` and claim what may be claimed of `ids`, in one transaction.

        `moment` is asked inside it: waiting for another process's transaction takes time, and a
        deadline may pass meanwhile. All `ids` are of the channel of `pace`. `foresee` is told what
        will be claimed if the commit succeeds, so that the disk need not be waited for in idleness.
        """
        with self._quick_transaction() as connection:
            settling.settle(connection, finished, owner=owner)
            if not ids:
                return Turn((), {}, {})
            facts = self._facts.read(connection, moment())
            turned = claiming.claim(connection, ids, facts=facts, owner=owner, pace=pace)
            foresee(turned.claimed)
            return turned

    def go_on(
        self, row: Claimed, step: Step, pace: Pacing, *, moment: Callable[[], Moment], owner: str
    ) -> datetime | Verdict | None:
        """Let a claimed message take its next step on the channel of `pace` now.

        Returns until when it must wait, or what speaks against it; None: it may go. Of what has
        left in part, nothing but its pace is asked.
        """
        with self._quick_transaction() as connection:
            facts = self._facts.read(connection, moment())
            if step is not Step.GOES_ON:
                verdict = claiming.objection(
                    connection, row, facts, owner=owner, through=pace.channel
                )
                if verdict is not None:
                    return verdict
            return pacing.go_on(connection, step, pace, facts.now)

    def settle(self, finished: Sequence[Settlement], *, owner: str) -> None:
        """Record what has `finished`; to record it a second time changes nothing."""
        with self._quick_transaction() as connection:
            settling.settle(connection, finished, owner=owner)

    def recover(self, *, at: datetime, by: str) -> int:
        """Move the claims of dead processes into doubt; returns their number."""
        with self._transaction() as connection:
            number = crashes.recover(connection, self._is_alive, at=at, by=by)
        owners.tidy(self.url)
        return number

    def resolve(
        self, keys: Iterable[str], *, sent: bool, note: str = "", at: datetime, by: str
    ) -> list[str]:
        """Settle the doubt about messages, by a person; see `decisions.resolve`."""
        with self._transaction() as connection:
            return decisions.resolve(connection, keys, sent=sent, note=note, at=at, by=by)

    def take_back(self, key: str, *, reason: str, at: datetime, by: str) -> bool:
        """Cancel a message that its service gave back; see `decisions.take_back`."""
        with self._transaction() as connection:
            return decisions.take_back(connection, key, reason=reason, at=at, by=by)

    def cancel_ended(
        self, moment: Moment, selection: Selection = EVERYTHING, *, by: str
    ) -> dict[str, int]:
        """Cancel what a closing or its deadline has ended; returns how many, by reason."""
        with self._transaction() as connection:
            facts = self._facts.read(driver(connection), moment)
            return decisions.cancel_ended(
                connection, facts, campaign=moment.campaign, selection=selection, by=by
            )

    def _is_alive(self, owner: str) -> bool:
        return owners.is_alive(self.url, owner)

    def facts(self, moment: Moment) -> Facts:
        """What is so for a campaign at `moment`."""
        with self._transaction() as connection:
            return self._facts.read(driver(connection), moment)

    def state_fact(
        self,
        campaign: str | None,
        kind: str,
        *,
        at: datetime,
        by: str,
        because: str = "",
        target: str | None = None,
        channel: str | None = None,
        value: str | None = None,
    ) -> None:
        """Add a fact (closed, reopened, stopped, resumed, approved, opted_out)."""
        row = {
            "campaign": campaign, "kind": kind, "target": target, "channel": channel,
            "value": value, "at": at, "by": by, "because": because,
        }  # fmt: skip
        with self._transaction() as connection:
            connection.execute(insert(facts), row)

    def snapshot_body(self, digest: str) -> str:
        """The snapshot with this digest. Raises KeyError."""
        return self._stored(snapshots, digest)

    def _stored(self, table: Table, digest: str) -> str:
        with self._transaction() as connection:
            query = select(table.c.body).where(table.c.digest == digest)
            body: str | None = connection.execute(query).scalar()
        if body is None:
            raise KeyError(digest)
        return body

    def states_of(self, keys: Iterable[str]) -> dict[str, Entry]:
        """The messages with these keys that the journal knows, by key."""
        with self._transaction() as connection:
            found = reading.states_of(connection, keys).values()
            return {entry.key: entry for entry in self._as_they_are(found)}

    def served_contacts(self, campaign: str, round_: int) -> dict[tuple[str, str], str]:
        """(channel, contact) to the target under which it was written to."""
        with self._transaction() as connection:
            return reading.served_contacts(connection, campaign, round_)

    def contact_marks(self) -> dict[tuple[str, str], Mark]:
        """(channel, contact) to how it was refused for good, in any campaign."""
        with self._transaction() as connection:
            return reading.contact_marks(connection)

    def entries(self, campaign: str) -> list[Entry]:
        """Every message of `campaign`."""
        with self._transaction() as connection:
            return list(self._as_they_are(reading.entries(connection, campaign)))

    def _as_they_are(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """With the claims of the dead shown as what they are."""
        return crashes.as_they_are(entries, cache(self._is_alive))

    def target_body(self, digest: str) -> str:
        """The target that is stored under `digest`. Raises KeyError."""
        return self._stored(targets, digest)

    def find_messages(self, campaign: str, text: str) -> list[Entry]:
        """The messages of `campaign` that `text` names, the newest round first.

        Raises:
            ConfigError: it names none, or several; see `naming.find_messages`.
        """
        with self._transaction() as connection:
            found = reading.likely(connection, campaign, text)
            among = found or reading.nearby(connection, campaign, text)
            return find_messages(self._as_they_are(among), text)

    def story(self, campaign: str, key: str) -> Story:
        """The story of the message of `campaign` with this key. Raises KeyError."""
        with self._transaction() as connection:
            found = stories.story(connection, campaign, key)
            return replace(found, entry=next(self._as_they_are([found.entry])))

    def records(self, campaign: str) -> Generator[Record]:
        """All that there is of `campaign`, as of the moment of the first; close it when done."""
        with self._transaction() as connection:
            yield from exporting.records(connection, campaign)

    def check(self) -> Checked:
        """Whether the books are consistent; see `checking`."""
        with self._transaction() as connection:
            return checking.check(connection)

    def standings(self, now: datetime) -> list[Standing]:
        """Whether each campaign is finished, and when it last changed."""
        with self._transaction() as connection:
            return list(purging.standings(connection, self._is_alive, now))

    def old_marks(self, before: datetime) -> int:
        """How many marks of refused contacts are older than that."""
        with self._transaction() as connection:
            return purging.old_marks(connection, before)

    def purge(self, campaigns: Iterable[str], wanted: Purge) -> Purged:
        """Remove the texts and contacts of finished campaigns; see `purging`."""
        with closing(self._engine.raw_connection()) as raw:
            return purging.purge(
                raw.driver_connection, self._transaction, campaigns, wanted,
                is_alive=self._is_alive, busy=lambda: owners.anybody(self.url),
            )  # fmt: skip

    def due(
        self,
        campaign: str,
        channel: str,
        selection: Selection,
        *,
        now: datetime,
        after: int,
        limit: int,
    ) -> list[int]:
        """Ids of messages that may be claimed now; see `reading.due`."""
        with self._transaction() as connection:
            return reading.due(
                connection, campaign, channel, selection, now=now, after=after, limit=limit
            )

    def next_due(
        self, campaign: str, selection: Selection = EVERYTHING, *, after: datetime
    ) -> datetime | None:
        """The next time after `after` at which a waiting message may be tried."""
        with self._transaction() as connection:
            return reading.next_due(connection, campaign, selection, after=after)

    def next_end(self, campaign: str, selection: Selection = EVERYTHING) -> datetime | None:
        """The next deadline of a message that still waits."""
        with self._transaction() as connection:
            return reading.next_end(connection, campaign, selection)
