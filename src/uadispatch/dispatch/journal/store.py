"""What a run needs of an open journal.

Each method is a transaction, and over when it returns. What people ask and decide is in `ledger`.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from uadispatch.campaign.issues import Issue
from uadispatch.dispatch.journal.reading import (
    gist,
    going_through,
    knowing,
    reading,
    tally,
    waits,
)
from uadispatch.dispatch.journal.reading.going_through import EVERY
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.rows import Absent, Moment, Selection, Step, Turn
from uadispatch.dispatch.journal.tables.schema import campaigns, snapshots, targets
from uadispatch.dispatch.journal.transactions import Transactions
from uadispatch.dispatch.journal.writing import (
    answers,
    claiming,
    crashes,
    handing,
    pacing,
    planned,
    settling,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Table

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.reading.gist import Gist
    from uadispatch.dispatch.journal.reading.going_through import Wanted
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import (
        Claimed,
        Entry,
        Mark,
        Pacing,
        Planned,
        Settlement,
    )
    from uadispatch.dispatch.journal.writing.answers import Answered
    from uadispatch.dispatch.snapshot import Snapshot
    from uadispatch.dispatch.states import State

T = TypeVar("T")

__all__ = ["EVERYTHING", "Store"]

EVERYTHING = Selection()
NOTHING_ABSENT = Absent(MappingProxyType({}), ())


class Store(Transactions):
    """An open journal, and what a run needs of it."""

    def file_of(self, campaign: str) -> str | None:
        """The campaign file that `campaign` was last planned from; None: it was never seen."""
        with self._reading() as connection:
            query = select(campaigns.c.file).where(campaigns.c.number == campaign)
            found: str | None = connection.execute(query).scalar()
            return found

    def planned_from(self, file: str) -> list[str]:
        """The campaigns that were last planned from the campaign file `file`."""
        with self._reading() as connection:
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
        absent: Absent = NOTHING_ABSENT,
        then: Callable[[Raw], None] = lambda _: None,
    ) -> bool:
        """Record the whole plan of a campaign in one transaction.

        Nothing is recorded, and the answer is False, if its text is of a document that another one
        has replaced: an older copy of a campaign file changes nothing.

        What is `absent` is held for that reason, and not as if it were gone. `then` is done in the
        same transaction, if anything was recorded.
        """
        number = snapshot.campaign_number
        moment = Moment(campaign=number, now=at, document=Issue.of(snapshot.urgent_action))
        with self._forgetting(), self._books.planning(number, plan) as (connection, messages):
            facts = self._facts.read(connection, moment)
            if facts.superseded is not None:
                return False
            planned.record_campaign(connection, snapshot, file=file, at=at)
            planned.record_plan(connection, snapshot, messages, at=at, by=by, absent=absent)
            planned.hold_replaced(connection, number, facts, self._texts)
            then(connection)
        return True

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

        def turn(connection: Raw) -> Turn:
            settling.settle(connection, finished, owner=owner)
            if not ids:
                return Turn((), {}, {})
            facts = self._facts.read(connection, moment())
            turned = claiming.claim(
                connection, ids, facts=facts, texts=self._texts, owner=owner, pace=pace
            )
            foresee(turned.claimed)
            return turned

        of = [*(row.id for row in finished), *ids]
        if not of:
            return Turn((), {}, {})
        wide = any(map(settling.concerns_all, finished))
        return self._run(
            turn,
            of=of,
            wide=wide,
            undo=lambda raw, found: claiming.hand_back(raw, found.claimed, owner, moment().now),
        )

    def go_on(
        self, row: Claimed, step: Step, pace: Pacing, *, moment: Callable[[], Moment], owner: str
    ) -> datetime | Verdict | None:
        """Let a claimed message take its next step on the channel of `pace` now.

        Returns until when it must wait, or what speaks against it; None: it may go. Of what has
        left in part, nothing but its pace is asked.
        """

        def go_on(connection: Raw) -> datetime | Verdict | None:
            facts = self._facts.read(connection, moment())
            if step is not Step.GOES_ON:
                verdict = claiming.objection(
                    connection, row, facts, texts=self._texts, owner=owner, pace=pace
                )
                if verdict is not None:
                    return verdict
            return pacing.go_on(connection, step, pace, facts.now)

        return self._run(go_on, of=[row.id])

    def settle(self, finished: Sequence[Settlement], *, owner: str) -> None:
        """Record what has `finished`; to record it a second time changes nothing."""
        if finished:
            ids = [row.id for row in finished]
            wide = any(map(settling.concerns_all, finished))
            self._run(lambda raw: settling.settle(raw, finished, owner=owner), of=ids, wide=wide)

    def recover(self, *, at: datetime, by: str) -> int:
        """Move the claims of dead processes into doubt; returns their number."""
        number = 0
        with self._reading() as connection:
            dead = crashes.dead(connection, self._is_alive)
        if dead:  # if not, nobody is kept waiting
            with self._deciding_everywhere() as connection:
                number = crashes.recover(connection, self._is_alive, at=at, by=by)
        self._books.tidy()
        return number

    def facts(self, moment: Moment) -> Facts:
        """What is so for a campaign at `moment`."""
        with self._reading() as connection:
            return self._facts.read(driver(connection), moment)

    def snapshot_body(self, digest: str) -> str:
        """The snapshot with this digest. Raises KeyError."""
        return self._stored(snapshots, digest)

    def _stored(self, table: Table, digest: str) -> str:
        with self._reading() as connection:
            query = select(table.c.body).where(table.c.digest == digest)
            body: str | None = connection.execute(query).scalar()
        if body is None:
            raise KeyError(digest)
        return body

    def states_of(self, keys: Iterable[str]) -> dict[str, Entry]:
        """The messages with these keys that the journal knows, by key."""
        with self._reading() as connection:
            found = reading.states_of(connection, keys).values()
            return {entry.key: entry for entry in self._as_they_are(found)}

    def contact_marks(self) -> dict[tuple[str, str], Mark]:
        """(channel, contact) to how it was refused for good, in any campaign."""
        with self._reading() as connection:
            return reading.contact_marks(connection)

    def known(
        self,
        campaign: str,
        round_: int,
        keys: Iterable[str],
        contacts: Collection[tuple[str, str]],
    ) -> knowing.Known:
        """What is known of the messages with these keys and of `contacts`, all of one moment."""
        with self._reading() as connection:
            found = reading.states_of(connection, keys).values()
            below = driver(connection)
            return knowing.Known(
                entries={entry.key: entry for entry in self._as_they_are(found)},
                served=knowing.served_of(below, campaign, round_, contacts),
                marks=knowing.marks_of(below, contacts),
            )

    def entries(self, campaign: str, wanted: Wanted = EVERY) -> Iterator[Entry]:
        """The messages of `campaign` that are wanted, in their order; see `going_through`."""
        return going_through.entries(self._reading, campaign, wanted, cache(self._is_alive))

    def gist(
        self, campaign: str, *, round_: int | None = None, selection: Selection = EVERYTHING
    ) -> Gist:
        """How the messages of `campaign` stand, in numbers; see `gist.gist`."""
        with self._reading() as connection:
            is_alive = cache(self._is_alive)
            return gist.gist(connection, campaign, is_alive, round_=round_, selection=selection)

    def _as_they_are(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """With the claims of the dead shown as what they are."""
        return crashes.as_they_are(entries, cache(self._is_alive))

    def target_body(self, digest: str) -> str:
        """The target that is stored under `digest`. Raises KeyError."""
        return self._stored(targets, digest)

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
        self.make_sure()
        with self._reading() as connection:
            return reading.due(
                connection, campaign, channel, selection, now=now, after=after, limit=limit
            )

    def orders(self) -> dict[str, str]:
        """Every campaign that was handed over to workers, and how; see `handing`."""
        with self._reading() as connection:
            return handing.orders(connection)

    def order_of(self, campaign: str) -> tuple[str, str] | None:
        """How `campaign` was handed over, and the digest of what it was last planned from."""
        with self._reading() as connection:
            return handing.order_of(driver(connection), campaign)

    def snapshot_of(self, campaign: str) -> str | None:
        """The digest of the snapshot from which `campaign` was last planned."""
        with self._reading() as connection:
            query = select(campaigns.c.snapshot).where(campaigns.c.number == campaign)
            found: str | None = connection.execute(query).scalar()
            return found

    def sweep(self, work: Callable[[Raw], T]) -> T | None:
        """Do `work` in a transaction that nobody else does at the same time; None: somebody does.

        Only on a server is there anything to be swept.
        """
        with self._forgetting():
            return self._books.sweep(work)

    def next_due(
        self, campaign: str, selection: Selection = EVERYTHING, *, after: datetime
    ) -> datetime | None:
        """The next time after `after` at which a waiting message may be tried."""
        with self._reading() as connection:
            return waits.next_due(driver(connection), campaign, selection, after=after)

    def what_waits(
        self, campaign: str, selection: Selection = EVERYTHING, *, after: datetime
    ) -> list[waits.Wait]:
        """What waits for a time after `after`, by channel and state; see `waits.waits`."""
        with self._reading() as connection:
            return waits.waits(driver(connection), campaign, selection, after=after)

    def due_since(
        self, campaign: str, selection: Selection = EVERYTHING, *, now: datetime
    ) -> dict[str, datetime]:
        """Since when something is due on each channel; see `waits.due_since`."""
        with self._reading() as connection:
            return waits.due_since(driver(connection), campaign, selection, now=now)

    def slots(
        self, spacings: Mapping[str, timedelta | None], *, now: datetime
    ) -> dict[str, pacing.Slot]:
        """When each channel may go on, of those that ever waited; see `pacing.slots`."""
        with self._reading() as connection:
            return pacing.slots(driver(connection), spacings, now)

    def tally(self, campaigns: Iterable[str]) -> tally.Tally:
        """How the messages of all these campaigns stand, in one count; see `tally.tally`."""
        with self._reading() as connection:
            return tally.tally(driver(connection), campaigns, cache(self._is_alive))

    def next_end(self, campaign: str, selection: Selection = EVERYTHING) -> datetime | None:
        """The next deadline of a message that still waits."""
        with self._reading() as connection:
            return waits.next_end(driver(connection), campaign, selection)

    def next_question(self, campaign: str, selection: Selection = EVERYTHING) -> datetime | None:
        """When a service is to be asked next what became of a message."""
        with self._reading() as connection:
            return answers.next_question(connection, campaign, selection)

    def to_ask(
        self, campaign: str, selection: Selection, *, now: datetime, limit: int
    ) -> list[Entry]:
        """The messages of which it is time to ask a service; those first that wait longest."""
        with self._reading() as connection:
            keys = answers.to_ask(connection, campaign, selection, now=now, limit=limit)
            found = reading.states_of(connection, keys)
            return [found[key] for key in keys]

    def answered(self, answer: Answered, *, by: str) -> State | None:
        """Record what a service said later; see `answers.answered`."""
        with self._deciding_on([answer.key]) as connection:
            return answers.answered(connection, answer, by=by)
