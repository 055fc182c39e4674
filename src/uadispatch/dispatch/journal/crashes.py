"""What a process left claimed when it died: in doubt, for nobody knows how far it had come.

They are planned again only where to try again harms nobody (see `Repeatable`). Who looks is shown
them as they are; the next command that writes moves them there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from uadispatch.dispatch.journal.audit import move, record
from uadispatch.dispatch.journal.rows import Repeatable
from uadispatch.dispatch.journal.schema import messages
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.rows import Entry

__all__ = ["CUT_OFF", "as_they_are", "recover"]

CUT_OFF = "its run was cut off before the outcome was known; it may have gone out"
AGAIN = {
    Repeatable.PERSON: "its run was cut off; nothing had left, for a person acts here",
    Repeatable.IDEMPOTENT: "its run was cut off; the far end itself drops a second copy",
}


def as_they_are(
    entries: Iterable[Entry], is_alive: Callable[[str], bool], *, recovered: bool = False
) -> Iterator[Entry]:
    """`entries` with the claims of the dead shown as where `recover` moves them first.

    That is into doubt; but for what a person acts on, of which nothing can have left. With
    `recovered`, for those who are about to write: as where they are after that.
    """
    for entry in entries:
        if entry.state is State.CLAIMED and not (entry.owner and is_alive(entry.owner)):
            again = entry.repeatable
            state, reason = (
                _way(again)[-1 if recovered else 0][1],
                AGAIN[again] if again else CUT_OFF,
            )
            yield replace(entry, state=state, reason=reason, not_before=None)
        else:
            yield entry


def recover(
    connection: Connection, is_alive: Callable[[str], bool], *, at: datetime, by: str
) -> int:
    """Move every claim of the dead, of any campaign, to where it belongs; returns their number."""
    owners = connection.execute(
        select(messages.c.owner).where(messages.c.state == State.CLAIMED).distinct()
    ).scalars()
    dead = [owner for owner in owners if not (owner and is_alive(owner))]
    if not dead:
        return 0
    of_the_dead = (messages.c.state == State.CLAIMED) & (
        func.coalesce(messages.c.owner, "").in_([owner or "" for owner in dead])
    )
    rows = connection.execute(
        select(messages.c.id, messages.c.attempts, messages.c.to, messages.c.repeatable).where(
            of_the_dead
        )
    ).all()
    audit = []
    for row in rows:
        again = Repeatable(row.repeatable) if row.repeatable else None
        for before, after in _way(again):
            audit.append(
                move(
                    row.id, before, after, at=at, attempt=row.attempts, to=row.to, by=by,
                    reason=AGAIN[again] if again else CUT_OFF,
                )
            )  # fmt: skip
    for again in (None, *Repeatable):
        repeatable = messages.c.repeatable.is_(None) if again is None else (
            messages.c.repeatable == again
        )  # fmt: skip
        connection.execute(
            update(messages)
            .where(of_the_dead, repeatable)
            .values(
                state=_way(again)[-1][1],
                reason=AGAIN[again] if again else CUT_OFF,
                not_before=None,
                changed_at=at,
            )
        )
    record(connection, audit)
    return len(rows)


def _way(again: Repeatable | None) -> list[tuple[State, State]]:
    match again:
        case None:
            return [(State.CLAIMED, State.IN_DOUBT)]
        case Repeatable.PERSON:
            return [(State.CLAIMED, State.PLANNED)]
        case Repeatable.IDEMPOTENT:
            return [(State.CLAIMED, State.IN_DOUBT), (State.IN_DOUBT, State.PLANNED)]
