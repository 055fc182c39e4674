"""What was approved: by whom, and all that it decided, kept so that later changes can be named.

It knows snapshots and lists of targets by their digests; never why a message may not go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, true
from sqlalchemy import text as statement

from uadispatch.dispatch.journal.planned import CHUNK, put
from uadispatch.dispatch.journal.rows import storable
from uadispatch.dispatch.journal.schema import facts, rosters, snapshots, targets
from uadispatch.dispatch.snapshot import (
    RosterDigest,
    Snapshot,
    StoredTarget,
    digest,
    roster,
    stored_target,
)
from uadispatch.dispatch.targets_on_disk import Place, TargetsOnDisk

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from uadispatch.dispatch.roster import Targets

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
    body = roster(target.digest for target in stored)
    if (digest(body), campaign) != (snapshot.roster, snapshot.campaign_number):
        raise ValueError("a snapshot is approved with its own targets, for its own campaign")
    connection.execute(put(snapshots), {"digest": snapshot.digest, "body": snapshot.body, "at": at})
    connection.execute(put(rosters), {"digest": snapshot.roster, "body": body})
    rest = iter(stored)
    while chunk := list(islice(rest, CHUNK)):
        bodies = [{"digest": target.digest, "body": target.body} for target in chunk]
        connection.execute(put(targets), bodies)
    row = {
        "campaign": campaign, "kind": APPROVED, "value": snapshot.digest, "at": at,
        "by": storable(by), "because": storable(because),
    }  # fmt: skip
    connection.execute(insert(facts), row)


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
        query = select(func.json_valid(rosters.c.body)).where(rosters.c.digest == snapshot.roster)
        valid = connection.execute(query).scalar()
        if valid is None:
            return None, _why_gone(connection, row.campaign)
        found, wrong = _listed_in(connection, snapshot.roster) if valid else (None, DAMAGED)
        if found is None or snapshot.digest != row.value:
            return None, wrong or DAMAGED
        return Approved(snapshot=snapshot, targets=found, by=row.by, at=row.at), ""
    except (ValueError, KeyError, TypeError):  # whatever may stand in a damaged journal
        return None, DAMAGED


def _listed_in(connection: Connection, name: str) -> tuple[TargetsOnDisk | None, str]:
    """The targets of the roster with that digest, in their order; or why they are not there."""
    found, names, wrong = TargetsOnDisk(), RosterDigest(), ""
    for number, row in enumerate(connection.execute(_LISTED, {"roster": name})):
        names.add(str(row.name))
        if row.body == "":
            wrong = PURGED_SINCE
        elif row.body is None or digest(row.body) != row.name:
            wrong = wrong or DAMAGED
        elif not wrong:
            found.add(Place(0, number), stored_target(row.body).id, row.body, row.name)
    wrong = wrong or (DAMAGED if names.end() != name else "")
    if wrong:
        found.close()
        return None, wrong
    found.end()
    return found, ""


def _body(connection: Connection, table: Any, digest_: str | None) -> str | None:
    query = select(table.c.body).where(table.c.digest == digest_)
    body: str | None = connection.execute(query).scalar()
    return body


def _why_gone(connection: Connection, campaign: str) -> str:
    purged = select(facts.c.id).where(facts.c.campaign == campaign, facts.c.kind == "purged")
    return NOT_KEPT if connection.execute(purged.limit(1)).first() is None else PURGED_SINCE


# The order is that of the list, or else its digest is another.
_LISTED = statement(
    "SELECT each.value AS name, targets.body AS body "
    "FROM rosters, json_each(rosters.body) AS each "
    "LEFT JOIN targets ON targets.digest = each.value "
    "WHERE rosters.digest = :roster"
).bindparams(bindparam("roster"))
_TARGETS = statement(
    "SELECT digest, body FROM targets WHERE digest IN (SELECT value FROM json_each(:roster))"
).bindparams(bindparam("roster"))


def rosters_of(connection: Connection, campaign: str, *, others: bool = False) -> list[str]:
    """The rosters of what was approved of `campaign`, or of all the `others`."""
    whose = facts.c.campaign != campaign if others else facts.c.campaign == campaign
    approved = select(facts.c.value).where(facts.c.kind == APPROVED, whose)
    query = (
        select(func.json_extract(snapshots.c.body, "$.targets"))
        .where(snapshots.c.digest.in_(approved), func.json_valid(snapshots.c.body))
        .distinct()
    )
    return [str(name) for name in connection.execute(query).scalars() if name]


def listed(which: Sequence[str] | None = None) -> Select[Any]:
    """The digests of the targets that stand in those rosters; None: in any."""
    names = func.json_each(rosters.c.body).table_valued("value")
    query = select(names.c.value).select_from(rosters.join(names, true()))
    query = query.where(func.json_valid(rosters.c.body))
    return query if which is None else query.where(rosters.c.digest.in_(list(which)))


def unlisted(connection: Connection, name: object, body: object) -> str | None:
    """What is wrong with a raw row of `rosters`; None: nothing."""
    if not isinstance(body, str) or digest(body) != name:
        return "it is not what its digest says"
    try:
        names = json.loads(body)
    except ValueError:
        return _NO_ROSTER
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        return _NO_ROSTER
    there = {row.digest for row in connection.execute(_TARGETS, {"roster": body})}
    missing = len(set(names) - there)
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
