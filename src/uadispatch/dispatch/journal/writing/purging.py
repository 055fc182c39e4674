"""Removing the texts and contacts of finished campaigns; keys, states, counts and times stay.

What stays is enough that no message is ever sent again, and that the books stay consistent.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, insert, or_, select, update

from uadispatch.dispatch.journal.reading.documents import DOCUMENT
from uadispatch.dispatch.journal.reading.stories import PURGED
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import (
    campaigns,
    facts,
    marks,
    messages,
    moves,
    rosters,
    snapshots,
    targets,
    unindexed_campaign,
)
from uadispatch.dispatch.journal.tables.searching import Ends, among, between, ends
from uadispatch.dispatch.journal.writing import approvals
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.books import Books

__all__ = ["Purge", "Purged", "Standing", "old_marks", "purge", "standings"]

CHUNK = 10_000
"""Messages in one transaction: a run of another campaign must not wait for long."""

WHY_HELD = "the reason was removed by a purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What is asked for: what was last changed before a moment, at whose wish and why."""

    before: datetime
    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a campaign may be purged."""

    campaign: str
    messages: int
    last_change: datetime
    unfinished: tuple[str, ...]
    """Why it is not finished; none: it is."""
    purged: bool
    """Nothing has come back since the last purge."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was done."""

    done: Sequence[str]
    """The campaigns whose texts and contacts are gone."""
    kept: Sequence[str]
    """Those that have changed since they were looked at; perhaps a part of theirs is gone."""
    not_rewritten: str = ""
    """Why the file was not written anew, if it was not: it would have cleared what was deleted
    in it before. What this purge removed is overwritten in any case."""
    log_held: bool = False
    """Another process reads the journal: until it ends, the removed texts are in the file or in
    SQLite's log beside it."""


def standings(
    connection: Connection, is_alive: Callable[[str], bool], now: datetime
) -> Iterator[Standing]:
    """How every campaign stands, in the order of their numbers."""
    # What was approved and never sent was never planned, and has its texts here all the same.
    approved = select(facts.c.campaign).where(facts.c.kind == approvals.APPROVED)
    known = select(campaigns.c.number).union(approved.where(facts.c.campaign.is_not(None)))
    for number in sorted(connection.execute(known).scalars()):
        yield standing(connection, number, is_alive, now)


def standing(
    connection: Connection, campaign: str, is_alive: Callable[[str], bool], now: datetime
) -> Standing:
    """How a campaign stands at `now`."""
    head = connection.execute(
        select(campaigns.c.title, snapshots.c.at)
        .outerjoin(snapshots, campaigns.c.snapshot == snapshots.c.digest)
        .where(campaigns.c.number == campaign)
    ).first()
    title, planned_at = (head.title, head.at) if head is not None else ("", None)
    counted = connection.execute(
        select(messages.c.state, func.count(), func.max(messages.c.changed_at))
        .where(among(driver(connection), campaign))
        .group_by(messages.c.state)
    ).all()
    said = connection.execute(
        select(facts.c.kind, func.max(facts.c.id), func.max(facts.c.at))
        .where(facts.c.campaign == campaign)
        .group_by(facts.c.kind)
    ).all()
    number_of = {state: number for state, number, _ in counted}
    last_said = {kind: id_ for kind, id_, _ in said}
    closed = last_said.get("closed", 0) > last_said.get("reopened", 0)
    changes = [planned_at, *(at for *_, at in counted)]
    changes += [at for kind, _, at in said if kind != PURGED]
    last_change = max((at for at in changes if at is not None), default=now)
    purged_at = max((at for kind, _, at in said if kind == PURGED), default=None)
    return Standing(
        campaign=campaign,
        messages=sum(number_of.values()),
        last_change=last_change,
        unfinished=tuple(
            _unfinished(
                number_of,
                sent_now=State.CLAIMED in number_of and _sent_now(connection, campaign, is_alive),
                waiting=0 if closed else _waiting(connection, campaign, now),
            )
        ),
        purged=not title and purged_at is not None and purged_at >= last_change,
    )


def _unfinished(number_of: Mapping[str, int], *, sent_now: bool, waiting: int) -> Iterator[str]:
    if sent_now:
        yield "a run is sending it now"
    elif claimed := number_of.get(State.CLAIMED):
        yield f"{_messages(claimed)} in doubt: a run was cut off"
    if doubtful := number_of.get(State.IN_DOUBT):
        yield f"{_messages(doubtful)} in doubt"
    if with_person := number_of.get(State.WITH_PERSON):
        yield f"{_messages(with_person)} waiting for a person to act"
    if waiting:
        yield (
            f"{_messages(waiting)} not sent yet, the deadline has not passed, and nobody has "
            f"closed it"
        )


def _messages(number: int) -> str:
    return "1 message is" if number == 1 else f"{number:,} messages are"


def _sent_now(connection: Connection, campaign: str, is_alive: Callable[[str], bool]) -> bool:
    owners = connection.execute(
        select(messages.c.owner)
        .where(among(driver(connection), campaign), messages.c.state == State.CLAIMED)
        .distinct()
    ).scalars()
    return any(owner and is_alive(owner) for owner in owners)


def _waiting(connection: Connection, campaign: str, now: datetime) -> int:
    """How many messages may still go out."""
    query = select(func.count()).where(
        among(driver(connection), campaign),
        messages.c.state.in_(CLAIMABLE),
        messages.c.expires_at > now,
    )
    return connection.execute(query).scalar_one()


def _wipe(
    connection: Connection, campaign: str, wanted: Purge, *, after: int, its: Ends
) -> int | None:
    """Remove the next part of what is to go, from the message after `after` on; 0 at first.

    Returns the last message that was reached, or None when the whole campaign is done. The title
    goes last: while it is there, the purge was not finished and can be done again.
    """
    if after == 0:
        _record(connection, campaign, wanted)
    mine = between(campaign, its, after=after)
    ids: list[int] = list(
        connection.execute(
            select(messages.c.id).where(mine).order_by(messages.c.id).limit(CHUNK)
        ).scalars()
    )
    if ids:
        # Ids of other campaigns may lie between.
        here = select(messages.c.id).where(between(campaign, Ends(ids[0], ids[-1])))
        connection.execute(update(moves).where(moves.c.message.in_(here)).values(to="", reason=""))
        connection.execute(
            update(messages)
            .where(messages.c.id.in_(here))
            .values(
                contact="",
                to="",
                reason="",
                receipt=None,
                lease_by=None,
                lease_key=None,
                lease_until=None,
                held=case((messages.c.held.is_(None), None), else_=WHY_HELD),
            )
        )
        return ids[-1]
    _wipe_texts(connection, campaign)
    return None


def _record(connection: Connection, campaign: str | None, wanted: Purge) -> None:
    """Say that a purge was made; None: of the marks of contacts."""
    row = {
        "campaign": campaign, "kind": PURGED, "at": wanted.at, "by": wanted.by,
        "because": wanted.because,
    }  # fmt: skip
    connection.execute(insert(facts), row)


_TOLD = (
    DOCUMENT, "closed", "reopened", "stopped", "resumed", approvals.APPROVED, approvals.UNAPPROVED
)  # fmt: skip
"""Facts that stand without the reason that was given."""


def _wipe_texts(connection: Connection, campaign: str) -> None:
    others = select(campaigns.c.number).where(
        campaigns.c.number != campaign, campaigns.c.title != ""
    )
    its = among(driver(connection), campaign)
    mine = select(messages.c.target_digest).where(its)
    needed = select(messages.c.target_digest).where(unindexed_campaign().in_(others))
    approved = approvals.rosters_of(connection, campaign)
    approved_elsewhere = approvals.rosters_of(connection, campaign, others=True)
    connection.execute(
        update(targets)
        .where(
            or_(targets.c.digest.in_(mine), targets.c.digest.in_(approvals.listed(approved))),
            targets.c.digest.not_in(needed),
            targets.c.digest.not_in(approvals.listed(approved_elsewhere)),
        )
        .values(body="")
    )
    forgotten = set(approved) - set(approved_elsewhere)
    connection.execute(delete(rosters).where(rosters.c.digest.in_(forgotten)))
    tied = (
        select(messages.c.snapshot)
        .where(its)
        .union(select(campaigns.c.snapshot).where(campaigns.c.number == campaign))
    )
    connection.execute(update(snapshots).where(snapshots.c.digest.in_(tied)).values(body=""))
    connection.execute(
        delete(snapshots).where(snapshots.c.digest.in_(list(_forgotten(connection, campaign))))
    )
    connection.execute(update(campaigns).where(campaigns.c.number == campaign).values(title=""))
    # The name of a document's file, and its words, may be those of a person; so may a reason.
    told = (facts.c.campaign == campaign) & facts.c.kind.in_(_TOLD)
    connection.execute(update(facts).where(told).values(because=""))


def _forgotten(connection: Connection, campaign: str) -> Iterator[str]:
    """Snapshots of `campaign` that nothing is tied to any more: what it was before an edit."""
    tied = select(messages.c.snapshot).union(select(campaigns.c.snapshot))
    for row in connection.execute(
        select(snapshots).where(snapshots.c.digest.not_in(tied), snapshots.c.body != "")
    ):
        with suppress(ValueError, KeyError, TypeError):
            if json.loads(row.body)["urgent_action"]["number"] == campaign:
                yield row.digest


def old_marks(connection: Connection, before: datetime) -> int:
    """How many marks of contacts that were refused are older than that; opt-outs always stay."""
    return connection.execute(select(func.count()).where(marks.c.at < before)).scalar_one()


def _forget(connection: Connection, wanted: Purge) -> None:
    """Remove the old marks, and what targets were before an edit of their file."""
    used = select(messages.c.target_digest)
    connection.execute(
        delete(targets).where(
            targets.c.digest.not_in(used), targets.c.digest.not_in(approvals.listed())
        )
    )
    if old_marks(connection, wanted.before):
        _record(connection, None, wanted)
        connection.execute(delete(marks).where(marks.c.at < wanted.before))


def purge(
    books: Books,
    transaction: Callable[[], AbstractContextManager[Connection]],
    numbers: Iterable[str],
    wanted: Purge,
    *,
    is_alive: Callable[[str], bool],
) -> Purged:
    """Purge the campaigns with these `numbers`, then the old marks, then the remains of them.

    Whether a campaign is still finished and unchanged is asked again whenever somebody has written.
    """
    done: list[str] = []
    kept: list[str] = []
    for campaign in numbers:
        after: int | None = 0
        looked_at = None
        with books.wiping(campaign):
            with transaction() as connection:
                its = ends(driver(connection), campaign)
            while after is not None:
                with transaction() as connection:
                    version = books.version(connection)
                    if version != looked_at:
                        stands = standing(connection, campaign, is_alive, wanted.at)
                        if stands.unfinished or stands.last_change >= wanted.before:
                            kept.append(campaign)
                            break
                        looked_at = version
                    after = _wipe(connection, campaign, wanted, after=after, its=its)
            else:
                done.append(campaign)
    with transaction() as connection:
        _forget(connection, wanted)
    says, held = books.scrub()
    return Purged(done, kept, not_rewritten=says, log_held=held)
