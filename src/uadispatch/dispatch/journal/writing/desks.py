"""What people do themselves: who is at which task, and what they record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select, update

from uadispatch.channels.message import Counts
from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal.tables.rows import storable
from uadispatch.dispatch.journal.tables.schema import marks, messages
from uadispatch.dispatch.journal.writing.answers import mark
from uadispatch.dispatch.journal.writing.audit import move
from uadispatch.dispatch.journal.writing.audit import record as record_moves
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from uadispatch.dispatch.guards import Facts

__all__ = ["Done", "Person", "is_open", "lease", "record", "release"]


FREE = {"lease_by": None, "lease_key": None, "lease_until": None}


class Done(NamedTuple):
    """What a person says of a task."""

    key: str
    outcome: str
    counts: Counts
    note: str = ""


def is_open(state: State, counts: Counts | None) -> bool:
    """Whether a person still has to act: it waits for one, or nobody was reached so far."""
    return state is State.WITH_PERSON or (state is State.DONE and counts is Counts.AGAIN)


class Person(NamedTuple):
    """Who is at a task: by name, and through which process, for one name may sit at two desks."""

    name: str
    key: str


def lease(
    connection: Connection, key: str, *, facts: Facts, by: Person, time: timedelta
) -> str | None:
    """Give a task to `by` for a while; returns why not, if somebody or something is against it.

    Whoever else wants to reach the same contact on the same channel, for whatever campaign, must
    wait. A task that is one's own already is prolonged. A contact that is known as wrong is given
    to nobody.
    """
    row = connection.execute(select(messages).where(messages.c.key == key)).one()
    if not is_open(State(row.state), Counts(row.counts) if row.counts else None):
        return f"it is {row.state}: {row.reason}"
    candidate = Candidate(row.target, row.channel, row.contact, row.expires_at, row.held)
    if (verdict := ask(candidate, facts)) is not None:
        return verdict.reason
    taken = connection.execute(
        select(messages.c.lease_by, messages.c.lease_until)
        .where(
            messages.c.channel == row.channel,
            messages.c.contact == row.contact,
            messages.c.lease_until > facts.now,
            messages.c.lease_key != by.key,
        )
        .limit(1)
    ).one_or_none()
    if taken is not None:
        return f"{taken.lease_by} is at it, until {taken.lease_until:%H:%M} UTC at the latest"
    wrong = connection.execute(
        select(marks.c.because).where(
            marks.c.channel == row.channel, marks.c.contact == row.contact
        )
    ).scalar()
    if wrong is not None:
        return f"this contact is marked as wrong: {wrong}"
    ends = {"lease_by": by.name, "lease_key": by.key, "lease_until": facts.now + time}
    connection.execute(update(messages).where(messages.c.id == row.id).values(ends))
    return None


def release(connection: Connection, keys: Sequence[str], *, by: Person) -> None:
    """Give tasks back that `by` has not done."""
    connection.execute(
        update(messages)
        .where(messages.c.key.in_(list(keys)), messages.c.lease_key == by.key)
        .values(FREE)
    )


def record(
    connection: Connection, done: Sequence[Done], *, at: datetime, by: str
) -> dict[str, str]:
    """Record what people did; returns, by key, why a task could not be recorded.

    What is `done` already is corrected. A task that somebody else is at is left to them.
    """
    refused: dict[str, str] = {}
    for what in done:
        row = connection.execute(select(messages).where(messages.c.key == what.key)).one()
        if State(row.state) not in (State.WITH_PERSON, State.DONE):
            refused[what.key] = f"it is {row.state}, and no person's task now: {row.reason}"
        elif row.lease_by not in (None, by) and row.lease_until > at:
            until = f"{row.lease_until:%H:%M} UTC"
            refused[what.key] = f"{row.lease_by} is at it, until {until} at the latest"
        else:
            _put(connection, row, what, at, by)
    return refused


def _put(connection: Connection, row: Any, what: Done, at: datetime, by: str) -> None:
    note = f": {what.note}" if what.note else ""
    reason = storable(f"{what.outcome}, says {by}{note}") or ""
    audited = move(
        row.id, row.state, State.DONE, at=at, attempt=row.attempts, to=row.to, by=by,
        reason=reason, code=what.outcome,
    )  # fmt: skip
    record_moves(connection, [audited])
    changes = {
        "state": State.DONE, "reason": reason, "changed_at": at, "outcome": what.outcome,
        "counts": what.counts, **FREE,
    }  # fmt: skip
    connection.execute(update(messages).where(messages.c.id == row.id).values(changes))
    if what.counts is Counts.WRONG:
        mark(connection, row, at, reason)
    elif what.counts is Counts.CONTACT or (
        # Somebody was reached there; or it was a slip that it was marked, and nobody else says so.
        row.counts == Counts.WRONG and not _others_say_wrong(connection, row)
    ):
        connection.execute(
            marks.delete().where(marks.c.channel == row.channel, marks.c.contact == row.contact)
        )


def _others_say_wrong(connection: Connection, row: Any) -> bool:
    query = select(messages.c.id).where(
        messages.c.channel == row.channel,
        messages.c.contact == row.contact,
        messages.c.id != row.id,
        messages.c.counts == Counts.WRONG,
    )
    return connection.execute(query.limit(1)).first() is not None
