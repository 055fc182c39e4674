"""What was approved: by whom, and all that it decided, kept so that later changes can be named.

It knows snapshots and lists of targets by their digests; never why a message may not go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, true

from uadispatch.dispatch.journal.tables.in_json import elements, field, is_json
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.rows import storable
from uadispatch.dispatch.journal.tables.schema import facts, rosters, snapshots, targets
from uadispatch.dispatch.journal.writing.planned import put
from uadispatch.dispatch.snapshot import (
    RosterDigest,
    Snapshot,
    StoredTarget,
    digest,
    roster,
    stored_target,
)
from uadispatch.dispatch.targets.on_disk import Place, TargetsOnDisk

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from uadispatch.dispatch.targets.roster import Targets

__all__ = [
    "APPROVED",
    "UNAPPROVED",
    "Approval",
    "Approved",
    "approval",
    "approve",
    "listed",
    "rosters_of",
    "unlisted",
    "wrong_with_last",
]

APPROVED = "approved"
"""The kind of fact that says: somebody has looked at the campaign as it was, and approved it."""

UNAPPROVED = "unapproved"
"""The kind of fact that says: a run sent what nobody had approved, and why."""

PURGED_SINCE = "what was approved was removed by a purge, so what has changed cannot be named"
PART = 1000
"""So many targets are kept, and listed in one row, at once."""

_TARGETS = "SELECT digest, body FROM targets WHERE digest IN (SELECT value FROM json_each(?))"

_NO_ROSTER = "it is no list of targets"
LOST = "what was approved last is not kept, so what has changed cannot be named; approve it again"
NOT_KEPT = (
    "what was approved was not kept (older versions kept none of it), so what has changed cannot "
    "be named"
)
DAMAGED = (
    "what was approved can no longer be read, so what has changed cannot be named; "
    "uadispatch journal check tells more"
)


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What was approved, whole: who approved it and when, and what they looked at."""

    snapshot: Snapshot
    targets: Targets
    """In the order of the campaign file."""
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Approval:
    """That a campaign was approved."""

    digest: str
    by: str
    at: datetime
    because: str
    """What it was, in words."""
    of: Approved | None
    """What it was, whole; None: it is not there any more, or was not asked for."""
    lacks: str = ""
    """Why it is not there, in a sentence without its full stop."""


def approve(
    connection: Connection,
    campaign: str,
    snapshot: Snapshot,
    stored: Iterable[StoredTarget],
    *,
    at: datetime,
    by: str,
    because: str,
) -> None:
    """Record that `by` has approved `snapshot`, and keep all that it stands for.

    Raises:
        ValueError: those are not the targets of that snapshot, or it is of another campaign.
    """
    other = ValueError("a snapshot is approved with its own targets, for its own campaign")
    if campaign != snapshot.campaign_number:
        raise other
    connection.execute(
        put(connection, snapshots), {"digest": snapshot.digest, "body": snapshot.body, "at": at}
    )
    if _keep(connection, snapshot.roster, stored) != snapshot.roster:
        raise other
    row = {
        "campaign": campaign, "kind": APPROVED, "value": snapshot.digest, "at": at,
        "by": storable(by), "because": storable(because),
    }  # fmt: skip
    connection.execute(insert(facts), row)


def _keep(connection: Connection, name: str, stored: Iterable[StoredTarget]) -> str:
    """Keep targets, and the list of them as the roster `name`; the digest that it has.

    A list of that name that is there already is replaced: it is the same, or was damaged.
    """
    connection.execute(delete(rosters).where(rosters.c.digest == name))
    names = RosterDigest()
    rest = iter(stored)
    chunk = list(islice(rest, PART))
    for part in count():
        bodies = []
        for target in chunk:
            names.add(target.digest)
            bodies.append({"digest": target.digest, "body": target.body})
        body = roster(target.digest for target in chunk)
        connection.execute(insert(rosters), {"digest": name, "part": part, "body": body})
        if bodies:
            connection.execute(put(connection, targets), bodies)
        if not (chunk := list(islice(rest, PART))):
            return names.end()
    raise AssertionError  # count() does not end


def approval(
    connection: Connection,
    campaign: str,
    *,
    whole: bool = True,
) -> Approval | None:
    """The last approval of `campaign`; if `whole`, with what it was given for."""
    row = connection.execute(
        select(facts)
        .where(facts.c.campaign == campaign, facts.c.kind == APPROVED)
        .order_by(facts.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    of, lacks = _kept(connection, row) if whole else (None, "")
    return Approval(
        digest=row.value or "", by=row.by, at=row.at, because=row.because, of=of, lacks=lacks
    )


def _kept(connection: Connection, row: Any) -> tuple[Approved | None, str]:
    """What that approval was given for; or why it is not there."""
    body = _body(connection, snapshots, row.value)
    if not body:
        return None, PURGED_SINCE if body == "" else _why_gone(connection, row.campaign)
    try:
        snapshot = Snapshot(body)
        found, wrong = _listed_in(connection, snapshot.roster)
        if found is None and not wrong:
            return None, _why_gone(connection, row.campaign)
        if found is None or snapshot.digest != row.value:
            return None, wrong or DAMAGED
        return Approved(snapshot=snapshot, targets=found, by=row.by, at=row.at), ""
    except (ValueError, KeyError, TypeError):  # whatever may stand in a damaged journal
        return None, DAMAGED


def _listed_in(connection: Connection, name: str) -> tuple[TargetsOnDisk | None, str]:
    """The targets of the roster with that digest, in their order; or why they are not there.

    Both are missing where there is no such roster.

    Raises:
        ValueError, TypeError: it is damaged.
    """
    found, names, wrong = TargetsOnDisk(), RosterDigest(), ""
    places = count()
    listed_ = False
    try:
        for part in _parts(connection, name):
            listed_ = True
            its = json.loads(part)
            bodies = _bodies(connection, its)
            for one, place in zip(its, places, strict=False):
                names.add(str(one))
                if (body := bodies.get(one)) == "":
                    wrong = PURGED_SINCE
                elif body is None or digest(body) != one:
                    wrong = wrong or DAMAGED
                elif not wrong:
                    found.add(Place(0, place), stored_target(body).id, body, one)
        if listed_ and not wrong and names.end() != name:
            wrong = DAMAGED
        if listed_ and not wrong:
            found.end()
            return found, ""
    except BaseException:
        found.close()
        raise
    found.close()
    return None, wrong


def _parts(connection: Connection, name: str) -> Iterator[str]:
    """What is kept of the roster `name`, in its order; between two parts nothing is open."""
    query = select(rosters.c.part, rosters.c.body).where(rosters.c.digest == name)
    after = -1
    while True:
        behind = query.where(rosters.c.part > after).order_by(rosters.c.part).limit(1)
        row = connection.execute(behind).first()
        if row is None:
            return
        yield row.body
        after = row.part


def _bodies(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """The targets with these digests that are there."""
    found = driver(connection).execute(_TARGETS, (json.dumps(list(names)),))
    return dict(found)


def _body(connection: Connection, table: Any, digest_: str | None) -> str | None:
    query = select(table.c.body).where(table.c.digest == digest_)
    body: str | None = connection.execute(query).scalar()
    return body


def _why_gone(connection: Connection, campaign: str) -> str:
    purged = select(facts.c.id).where(facts.c.campaign == campaign, facts.c.kind == "purged")
    return NOT_KEPT if connection.execute(purged.limit(1)).first() is None else PURGED_SINCE


def rosters_of(connection: Connection, campaign: str, *, others: bool = False) -> list[str]:
    """The rosters of what was approved of `campaign`, or of all the `others`."""
    whose = facts.c.campaign != campaign if others else facts.c.campaign == campaign
    approved = select(facts.c.value).where(facts.c.kind == APPROVED, whose)
    query = (
        select(field(snapshots.c.body, "targets"))
        .where(snapshots.c.digest.in_(approved), is_json(snapshots.c.body))
        .distinct()
    )
    return [str(name) for name in connection.execute(query).scalars() if name]


def listed(which: Sequence[str] | None = None) -> Select[Any]:
    """The digests of the targets that stand in those rosters; None: in any."""
    names = elements(rosters.c.body)
    query = select(names.c.value).select_from(rosters.join(names, true()))
    query = query.where(is_json(rosters.c.body))
    return query if which is None else query.where(rosters.c.digest.in_(list(which)))


def unlisted(connection: Connection, name: str) -> str | None:
    """What is wrong with the roster `name`; None: nothing."""
    names, missing = RosterDigest(), 0
    try:
        for part in _parts(connection, name):
            its = json.loads(part)
            if not isinstance(its, list) or not all(isinstance(one, str) for one in its):
                return _NO_ROSTER
            for one in its:
                names.add(one)
            missing += len(set(its) - _bodies(connection, its).keys())
    except (ValueError, TypeError):
        return _NO_ROSTER
    if names.end() != name:
        return "it is not what its digest says"
    return f"targets that it lists are not there: {missing:,}" if missing else None


def wrong_with_last(connection: Connection, purged: Container[str]) -> Iterator[tuple[str, str]]:
    """The campaigns of whose last approval something is not there any more, each with what.

    Of those that were `purged` nothing need be there.
    """
    approved = select(facts.c.campaign).where(facts.c.kind == APPROVED)
    for campaign in connection.execute(approved.distinct()).scalars().all():
        if not isinstance(campaign, str) or campaign in purged:
            continue
        try:
            last = approval(connection, campaign)
        except (TypeError, ValueError, OverflowError):  # its time is none, which is said elsewhere
            continue
        if last is None or last.of is None:
            yield campaign, LOST
        elif last.of.snapshot.campaign_number != campaign:
            yield campaign, f"what was approved is of {last.of.snapshot.campaign_number}"
