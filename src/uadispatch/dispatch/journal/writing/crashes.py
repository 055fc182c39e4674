"""What a process left claimed when it died: in doubt, for nobody knows how far it had come.

They are tried again only where that harms nobody (see `Repeatable`). Who looks is shown them as
they are; the next command that writes moves them there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select, update

from uadispatch.dispatch.journal.tables.rows import Repeatable
from uadispatch.dispatch.journal.tables.schema import messages
from uadispatch.dispatch.journal.writing.audit import move, record
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from uadispatch.dispatch.journal.tables.rows import Entry

__all__ = [
    "CUT_OFF", "after", "as_it_is", "as_they_are", "claimed_by", "dead", "recover",
    "state_as_it_is",
]  # fmt: skip

CUT_OFF = "its run was cut off before the outcome was known; it may have gone out"
AGAIN = {
    Repeatable.PERSON: "its run was cut off; nothing had left, for a person acts here",
    Repeatable.IDEMPOTENT: "its run was cut off; it may be out, and the far end drops doubles",
}


def as_they_are(entries: Iterable[Entry], is_alive: Callable[[str], bool]) -> Iterator[Entry]:
    """`entries` with the claims of the dead shown as where `recover` moves them.

    That is into doubt; but for what a person acts on, of which nothing can have left.
    """
    for entry in entries:
        if entry.state is State.CLAIMED and not (entry.owner and is_alive(entry.owner)):
            again = entry.repeatable
            yield replace(
                entry, state=after(again), reason=AGAIN[again] if again else CUT_OFF,
                not_before=entry.changed_at if again is Repeatable.IDEMPOTENT else None,
            )  # fmt: skip
        else:
            yield entry


def recover(
    connection: Connection, is_alive: Callable[[str], bool], *, at: datetime, by: str
) -> int:
    """Move every claim of the dead, of any campaign, to where it belongs; returns their number."""
    gone = dead(connection, is_alive)
    if not gone:
        return 0
    of_the_dead = claimed_by(gone)
    rows = connection.execute(
        select(messages.c.id, messages.c.attempts, messages.c.to, messages.c.repeatable).where(
            of_the_dead
        )
    ).all()
    audit = []
    for row in rows:
        again = Repeatable(row.repeatable) if row.repeatable else None
        audit.append(
            move(
                row.id, State.CLAIMED, after(again), at=at, attempt=row.attempts, to=row.to, by=by,
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
                state=after(again),
                reason=AGAIN[again] if again else CUT_OFF,
                not_before=at if again is Repeatable.IDEMPOTENT else None,
                # Its service may know more, if it can be asked.
                ask_again_at=None if again is Repeatable.PERSON else at,
                changed_at=at,
            )
        )
    record(connection, audit)
    return len(rows)


def dead(
    connection: Connection, is_alive: Callable[[str], bool], mine: ColumnElement[bool] | None = None
) -> list[str]:
    """The owners of claims that no longer live; "" for none that is named.

    Of the messages that are `mine`, by default of all.
    """
    query = select(messages.c.owner).where(messages.c.state == State.CLAIMED).distinct()
    owners = connection.execute(query if mine is None else query.where(mine)).scalars()
    return [owner or "" for owner in owners if not (owner and is_alive(owner))]


def claimed_by(owners: list[str]) -> ColumnElement[bool]:
    """The condition that a message is claimed by one of these."""
    return (messages.c.state == State.CLAIMED) & func.coalesce(messages.c.owner, "").in_(owners)


def state_as_it_is(owners: list[str]) -> ColumnElement[str]:
    """A message's state in SQL, with the claims of the dead `owners` as in `as_they_are`."""
    gone = claimed_by(owners)
    person = messages.c.repeatable == Repeatable.PERSON
    return case(
        (gone & func.coalesce(person, False), str(after(Repeatable.PERSON))),
        (gone, str(after(None))),
        else_=messages.c.state,
    )


def as_it_is(state: str, owner: str, again: str, is_alive: Callable[[str], bool]) -> State:
    """A message's state as the journal has it, with the claims of the dead as in `as_they_are`.

    `owner` and `again` (a Repeatable) are those of what is claimed; they may be empty.
    """
    its = State(state)
    if its is State.CLAIMED and not (owner and is_alive(owner)):
        return after(Repeatable(again) if again else None)
    return its


def after(again: Repeatable | None) -> State:
    """The state to which a claim of the dead goes."""
    # What the far end may drop leaves doubt in the claim that tries it again, and not before:
    # till then it may have gone out.
    return State.PLANNED if again is Repeatable.PERSON else State.IN_DOUBT
