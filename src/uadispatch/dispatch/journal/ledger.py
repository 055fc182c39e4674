"""The journal: the durable record of a campaign, the only truth.

Its methods are transactions; each is over when it returns. Here are those for people: what they
ask, what they decide, and what they do themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from uadispatch.dispatch.journal.naming import find_messages
from uadispatch.dispatch.journal.proof import checking
from uadispatch.dispatch.journal.reading import documents, exporting, reading, stories
from uadispatch.dispatch.journal.reading import totals as sums
from uadispatch.dispatch.journal.store import EVERYTHING, Store
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import campaigns, facts, messages, snapshots
from uadispatch.dispatch.journal.tables.searching import among, ends
from uadispatch.dispatch.journal.writing import approvals, decisions, desks, purging
from uadispatch.dispatch.snapshot import Snapshot

REHEARSAL = "rehearsal"
"""The kind of fact that says: this journal is of a rehearsal."""

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Sequence
    from datetime import datetime, timedelta

    from uadispatch.campaign.issues import Issue
    from uadispatch.campaign.model import UrgentAction
    from uadispatch.dispatch.journal.proof.checking import Checked
    from uadispatch.dispatch.journal.reading.counted import Line, Totals
    from uadispatch.dispatch.journal.reading.exporting import Record
    from uadispatch.dispatch.journal.reading.stories import Story
    from uadispatch.dispatch.journal.tables.rows import Entry, Moment, Selection
    from uadispatch.dispatch.journal.tables.searching import Ends
    from uadispatch.dispatch.journal.whereabouts import Moved
    from uadispatch.dispatch.journal.writing.approvals import Approval, Approved
    from uadispatch.dispatch.journal.writing.desks import Done, Person
    from uadispatch.dispatch.journal.writing.purging import Purge, Purged, Standing
    from uadispatch.dispatch.snapshot import StoredTarget
    from uadispatch.dispatch.states import State

__all__ = ["REHEARSAL", "Journal"]


class Journal(Store):
    """An open journal. Close it, or use it as a context manager."""

    def resolve(
        self, keys: Iterable[str], *, sent: bool, note: str = "", at: datetime, by: str
    ) -> list[str]:
        """Settle the doubt about messages, by a person; see `decisions.resolve`."""
        with self._deciding_on(keys) as connection:
            return decisions.resolve(connection, keys, sent=sent, note=note, at=at, by=by)

    def take_back(self, key: str, attempt: int, *, reason: str, at: datetime, by: str) -> bool:
        """Cancel a message that its service gave back; see `decisions.take_back`."""
        with self._deciding_on([key]) as connection:
            return decisions.take_back(connection, key, attempt, reason=reason, at=at, by=by)

    def cancel_ended(
        self, moment: Moment, selection: Selection = EVERYTHING, *, by: str
    ) -> dict[str, int]:
        """Cancel what a closing or its deadline has ended; returns how many, by reason."""
        numbers: Counter[str] = Counter()
        with self._deciding_below(moment.campaign) as connection:
            rest: Ends | None = ends(connection, moment.campaign)
        while rest is not None:
            with self._deciding_below(moment.campaign) as connection:
                facts = self._facts.read(connection, moment)
                rest = decisions.cancel_ended(
                    connection, facts, numbers, campaign=moment.campaign, selection=selection,
                    among=rest, by=by,
                )  # fmt: skip
        return dict(numbers)

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
        """Add a fact (closed, reopened, stopped, resumed, unapproved, opted_out, document)."""
        row = {
            "campaign": campaign, "kind": kind, "target": target, "channel": channel,
            "value": value, "at": at, "by": by, "because": because,
        }  # fmt: skip
        decision = self._deciding_everywhere() if campaign is None else self._deciding(campaign)
        with decision as connection:
            connection.execute(insert(facts), row)

    def approve(
        self,
        campaign: str,
        snapshot: Snapshot,
        targets: Iterable[StoredTarget],
        *,
        at: datetime,
        by: str,
        because: str,
    ) -> None:
        """Record that `by` has approved `snapshot`, and keep it; see `approvals.approve`."""
        with self._deciding(campaign) as connection:
            approvals.approve(
                connection, campaign, snapshot, targets, at=at, by=by, because=because
            )

    def approval(
        self,
        campaign: str,
        *,
        whole: bool = True,
    ) -> Approval | None:
        """The last approval of `campaign`; if `whole`, with all that is kept of what it was for."""
        with self._reading() as connection:
            return approvals.approval(connection, campaign, whole=whole)

    def approved(self, campaign: str) -> Approved | None:
        """What was approved last, whole; None if nothing was, or if it is not there any more."""
        found = self.approval(campaign)
        return None if found is None else found.of

    def is_rehearsals(self) -> bool:
        """Whether a rehearsal has kept it: what it says has reached no official."""
        with self._reading() as connection:
            query = select(facts.c.id).where(facts.c.kind == REHEARSAL).limit(1)
            return connection.execute(query).scalar() is not None

    def state_document(
        self, campaign: str, document: Issue, *, at: datetime, by: str, because: str
    ) -> None:
        """State which document of the Urgent Action counts now; `because`: where it came from.

        From this moment on no text of an older one is sent, by a run that goes on neither.
        """
        value = documents.value_of(document)
        self.state_fact(
            campaign, documents.DOCUMENT, at=at, by=by, because=because, value=value
        )  # fmt: skip

    def reopened_by(self, campaign: str, because: str) -> str | None:
        """Who has opened the campaign again that was closed for that reason; None: nobody."""
        with self._reading() as connection:
            return reading.reopened_by(connection, campaign, because)

    def supersede(
        self, campaign: str, round_: int, *, because: str, at: datetime, by: str
    ) -> dict[State, int]:
        """End what is left of the rounds before `round_`; see `decisions.supersede`."""
        with self._deciding(campaign) as connection:
            return decisions.supersede(
                connection, campaign=campaign, round_=round_, because=because, at=at, by=by
            )

    def went_out(self, campaign: str, round_: int) -> int:
        """How many messages of that round have gone out, or may have."""
        with self._reading() as connection:
            return reading.went_out(connection, campaign, round_)

    def cancelled(self, campaign: str, round_: int) -> int:
        """How many messages of that round are cancelled; no try of that round sends them."""
        with self._reading() as connection:
            return reading.cancelled(connection, campaign, round_)

    def urgent_actions(self) -> list[tuple[UrgentAction, str]]:
        """Every campaign that was planned and not purged: the case, and the campaign's file."""
        query = select(snapshots.c.body, campaigns.c.file).where(
            campaigns.c.snapshot == snapshots.c.digest, snapshots.c.body != ""
        )
        with self._reading() as connection:
            rows = connection.execute(query.order_by(campaigns.c.number)).all()
        return [(Snapshot(row.body).urgent_action, row.file) for row in rows]

    def rounds(self, campaign: str) -> list[int]:
        """The rounds of `campaign`, the newest first."""
        with self._reading() as connection:
            return list(reading.rounds(connection, campaign))

    def targets_among(self, campaign: str, names: Collection[str], *, others: int) -> set[str]:
        """Which of `names` are targets of `campaign`; see `reading.targets_among`."""
        with self._reading() as connection:
            return reading.targets_among(connection, campaign, names, others=others)

    def ids_of(self, campaign: str) -> list[str]:
        """The ids of all targets that messages of `campaign` were ever planned for, in order."""
        with self._reading() as connection:
            mine = among(driver(connection), campaign)
            query = select(messages.c.target).where(mine).order_by(messages.c.id)
            return list(dict.fromkeys(connection.execute(query).scalars()))

    def find_messages(self, campaign: str, text: str) -> list[Entry]:
        """The messages of `campaign` that `text` names, the newest round first.

        Raises:
            ConfigError: it names none, or several; see `naming.find_messages`.
        """
        with self._reading() as connection:
            found = reading.likely(connection, campaign, text)
            among = found or reading.nearby(connection, campaign, text)
            return find_messages(self._as_they_are(among), text)

    def story(self, campaign: str, key: str) -> Story:
        """The story of the message of `campaign` with this key. Raises KeyError."""
        with self._reading() as connection:
            found = stories.story(connection, campaign, key)
            return replace(found, entry=next(self._as_they_are([found.entry])))

    def records(self, campaign: str) -> Generator[Record]:
        """All that there is of `campaign`, as of the moment of the first; close it when done."""
        with self._reading() as connection:
            yield from exporting.records(connection, campaign)

    def totals(
        self,
        campaign: str,
        *,
        round_: int | None = None,
        outlines: int = 0,
        each: Callable[[str], Callable[[Line], object]] | None = None,
    ) -> Totals:
        """What became of `campaign` in numbers, all of one moment; see `totals.totals`."""
        with self._reading() as connection:
            return sums.totals(
                connection, campaign, self._is_alive,
                round_=round_, outlines=outlines, each=each,
            )  # fmt: skip

    def moved(self) -> Moved | None:
        """Whether all of it was moved elsewhere, or is on its way: it can still be read."""
        with self._reading() as connection:
            return self._books.moved(connection)

    def check(self) -> Checked:
        """Whether the books are consistent; see `checking`."""
        with self._reading() as connection:
            return checking.check(connection, self._books.faults)

    def standings(self, now: datetime) -> list[Standing]:
        """Whether each campaign is finished, and when it last changed."""
        with self._reading() as connection:
            return list(purging.standings(connection, self._is_alive, now))

    def old_marks(self, before: datetime) -> int:
        """How many marks of refused contacts are older than that."""
        with self._reading() as connection:
            return purging.old_marks(connection, before)

    def purge(self, campaigns: Iterable[str], wanted: Purge) -> Purged:
        """Remove the texts and contacts of finished campaigns; see `purging`."""
        return purging.purge(
            self._books, self._deciding_everywhere, campaigns, wanted, is_alive=self._is_alive
        )

    def title_of(self, campaign: str) -> str:
        """The title of the Urgent Action; "" if it was purged, or never seen."""
        with self._reading() as connection:
            query = select(campaigns.c.title).where(campaigns.c.number == campaign)
            return connection.execute(query).scalar() or ""

    def lease(self, key: str, moment: Moment, *, by: Person, time: timedelta) -> str | None:
        """Give a task to a person for a while, or say why not; see `desks.lease`."""
        with self._deciding_everywhere() as connection:
            known = self._facts.read(driver(connection), moment)
            return desks.lease(connection, key, facts=known, by=by, time=time)

    def release(self, keys: Sequence[str], *, by: Person) -> None:
        """Take tasks back from `by` that were not done."""
        with self._deciding_everywhere() as connection:
            desks.release(connection, keys, by=by)

    def record_done(self, done: Sequence[Done], *, at: datetime, by: str) -> dict[str, str]:
        """Record what people did; see `desks.record`."""
        with self._deciding_everywhere() as connection:
            return desks.record(connection, done, at=at, by=by)
