"""The story of one message: what the journal knows of it, move by move, and what it is tied to.

It reads; what a text reads like, and what is shown of it, is the concern of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from uadispatch.dispatch.journal.reading import reading
from uadispatch.dispatch.journal.tables.schema import facts, messages, moves, snapshots, targets
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.rows import Entry

__all__ = ["PURGED", "Move", "Story", "story", "told"]

PURGED = "purged"
"""The kind of fact that says: the texts and contacts of a campaign were removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of the audit."""

    at: datetime
    before: State | None
    """None: it was planned."""
    after: State
    attempt: int
    to: str
    """The contact of that moment."""
    reason: str
    """What the far end answered, or what a guard or a person said."""
    code: str | None
    """The far end's own code."""
    by: str
    """The process or person that made it."""
    seconds: float | None
    """How long the try took that this move ends; None where it ends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One message with its moves, and what its text is made from."""

    entry: Entry
    language: str
    moves: Sequence[Move]
    snapshot: str
    """The snapshot's digest."""
    snapshot_body: str
    """Empty: it was purged."""
    target_body: str
    """Empty: it was purged."""
    purged_at: datetime | None
    """When texts of its campaign were last purged, if ever."""
    receipt: str | None
    """JSON: what the far end answered when it took it."""


def story(connection: Connection, campaign: str, key: str) -> Story:
    """The story of the message with this key. Raises KeyError."""
    entry = reading.states_of(connection, [key])[key]
    row = connection.execute(
        select(
            messages.c.id,
            messages.c.language,
            messages.c.snapshot,
            messages.c.receipt,
            snapshots.c.body.label("snapshot_body"),
            targets.c.body.label("target_body"),
        )
        .outerjoin(snapshots, messages.c.snapshot == snapshots.c.digest)
        .outerjoin(targets, messages.c.target_digest == targets.c.digest)
        .where(messages.c.key == key)
    ).one()
    audit = connection.execute(
        select(moves).where(moves.c.message == row.id).order_by(moves.c.id)
    ).all()
    purged_at = connection.execute(
        select(func.max(facts.c.at)).where(facts.c.campaign == campaign, facts.c.kind == PURGED)
    ).scalar()
    return Story(
        entry=entry,
        language=row.language,
        moves=list(told(audit)),
        snapshot=row.snapshot,
        snapshot_body=row.snapshot_body or "",
        target_body=row.target_body or "",
        purged_at=purged_at,
        receipt=row.receipt,
    )


def told(rows: Iterable[Any]) -> Iterator[Move]:
    """The moves of one message, from the audit's `rows` in their order."""
    began: datetime | None = None
    for row in rows:
        seconds = None
        if row.before == State.CLAIMED and began is not None:
            seconds = (row.at - began).total_seconds()
        began = row.at if row.after == State.CLAIMED else None
        yield Move(
            at=row.at,
            before=None if row.before is None else State(row.before),
            after=State(row.after),
            attempt=row.attempt,
            to=row.to,
            reason=row.reason,
            code=row.code,
            by=row.by,
            seconds=seconds,
        )
