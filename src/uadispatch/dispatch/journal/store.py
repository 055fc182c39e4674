"""The journal: the durable record of a campaign, the only truth.

Its methods are transactions; each is over when it returns.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore
from sqlalchemy.exc import DBAPIError

from uadispatch.dispatch.journal import planned, reading, turns
from uadispatch.dispatch.journal.opening import JournalError, NoJournal, being_written, connect
from uadispatch.dispatch.journal.rows import Selection, Turn
from uadispatch.dispatch.journal.schema import campaigns, facts, snapshots
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.rows import Entry, Moment, Planned, Settlement
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Journal", "consult"]

EVERYTHING = Selection()

T = TypeVar("T")


def consult(url: URL, question: Callable[[Journal], T]) -> T:
    """What `question` finds in the journal at `url`, which is opened to read only.

    Raises:
        NoJournal: there is none.
        JournalError: it cannot be read.
    """
    try:
        with Journal(url, write=False) as journal:
            answer = question(journal)
        if not being_written(url):
            return answer
    except NoJournal:
        raise
    except JournalError:
        if not being_written(url):
            raise
    # Somebody began to write meanwhile, or was at it all the time: read as SQLite shares.
    with Journal(url, write=False, quiet=False) as journal:
        return question(journal)


class Journal:
    """An open journal. Close it, or use it as a context manager."""

    def __init__(self, url: URL, *, write: bool, quiet: bool = True) -> None:
        """Open the journal at `url`. Raises JournalError; see `opening.connect`."""
        self.url = url
        self._engine = connect(url, write=write, quiet=quiet)
        # There is one connection: a second thread must wait for the end of a transaction.
        self._lock = threading.Lock()

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
        except DBAPIError as exc:
            raise JournalError(
                Problem(f"the journal cannot be used: {exc.orig}", str(self.url.database))
            ) from exc

    def file_of(self, campaign: str) -> str | None:
        """The campaign file that `campaign` was last planned from; None: it was never seen."""
        with self._transaction() as connection:
            query = select(campaigns.c.file).where(campaigns.c.number == campaign)
            found: str | None = connection.execute(query).scalar()
            return found

    def record_plan(
        self,
        plan: Iterable[Planned],
        snapshot: Snapshot,
        *,
        file: str,
        at: datetime,
        by: str,
    ) -> None:
        """Record the whole plan of a campaign in one transaction."""
        number = snapshot.campaign_number
        with self._transaction() as connection:
            connection.execute(
                insert_or_ignore(snapshots).on_conflict_do_nothing(),
                {"digest": snapshot.digest, "body": snapshot.body, "at": at},
            )
            seen = {
                "title": snapshot.title,
                "file": file,
                "snapshot": snapshot.digest,
            }
            connection.execute(
                insert_or_ignore(campaigns)
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
            )

    def turn(
        self,
        finished: Sequence[Settlement],
        ids: Sequence[int],
        *,
        moment: Callable[[], Moment],
        owner: str,
    ) -> Turn:
        """Record what has `finished` and claim what may be claimed of `ids`, in one transaction.

        `moment` is asked inside it: waiting for another process's transaction takes time, and a
        deadline may pass meanwhile.
        """
        with self._transaction() as connection:
            turns.settle(connection, finished, owner=owner)
            if not ids:
                return Turn((), {}, {})
            facts = reading.read_facts(connection, moment())
            return turns.claim(connection, ids, facts=facts, owner=owner)

    def facts(self, moment: Moment) -> Facts:
        """What is so for a campaign at `moment`."""
        with self._transaction() as connection:
            return reading.read_facts(connection, moment)

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
        with self._transaction() as connection:
            query = select(snapshots.c.body).where(snapshots.c.digest == digest)
            body: str | None = connection.execute(query).scalar()
        if body is None:
            raise KeyError(digest)
        return body

    def states_of(self, keys: Iterable[str]) -> dict[str, Entry]:
        """The messages with these keys that the journal knows, by key."""
        with self._transaction() as connection:
            return reading.states_of(connection, keys)

    def served_contacts(self, campaign: str, round_: int) -> dict[tuple[str, str], str]:
        """(channel, contact) to the target under which it was written to."""
        with self._transaction() as connection:
            return reading.served_contacts(connection, campaign, round_)

    def entries(self, campaign: str) -> list[Entry]:
        """Every message of `campaign`."""
        with self._transaction() as connection:
            return list(reading.entries(connection, campaign))

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
