"""What services answer later, asked what became of a message: each an audited move."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from uadispatch.dispatch.journal.reading.reading import selected
from uadispatch.dispatch.journal.tables.in_json import field
from uadispatch.dispatch.journal.tables.rows import storable
from uadispatch.dispatch.journal.tables.schema import marks, messages, upsert
from uadispatch.dispatch.journal.writing.audit import move, record
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from uadispatch.dispatch.journal.tables.rows import Selection

__all__ = ["ASKABLE", "Answered", "answered", "mark", "next_question", "to_ask"]

ASKABLE = frozenset({State.ACCEPTED, State.IN_DOUBT})
"""Of what is in these states a service may be asked."""


class Answered(NamedTuple):
    """What a service said of a message that was in the state `before` when it was asked."""

    key: str
    attempt: int
    """The try that was asked of."""
    before: State
    after: State
    """The same state, if nothing new is known."""
    at: datetime
    reason: str = ""
    code: str | None = None
    receipt: str | None = None
    not_before: datetime | None = None
    """When to try again, of what did not get there."""
    ask_again_at: datetime | None = None
    wrong_contact: bool = False
    exact: bool = False
    """It bears this message's own label."""
    otherwise_ask_at: datetime | None = None
    """When to ask again if this was no answer after all."""


def answered(connection: Connection, answer: Answered, *, by: str) -> State | None:
    """Record an answer; returns the state that it leads to.

    None: the message has moved meanwhile, and nothing was recorded. What was looked up and is known
    as another message's is not this one.
    """
    row = connection.execute(
        select(messages).where(
            messages.c.key == answer.key,
            messages.c.state == answer.before,
            messages.c.attempts == answer.attempt,
        )
    ).one_or_none()
    if row is None:
        return None
    if answer.before is State.IN_DOUBT and _is_anothers(connection, row, answer):
        again = answer.ask_again_at or answer.otherwise_ask_at
        answer = answer._replace(
            after=answer.before, receipt=None, ask_again_at=again, wrong_contact=False
        )
    changes: dict[str, Any] = {"ask_again_at": answer.ask_again_at}
    if answer.receipt is not None:
        changes["receipt"] = storable(answer.receipt)
    if answer.after is not answer.before:
        reason = storable(answer.reason) or ""
        changes |= {
            "state": answer.after, "reason": reason, "changed_at": answer.at,
            "not_before": answer.not_before,
        }  # fmt: skip
        audited = move(
            row.id, answer.before, answer.after, at=answer.at, attempt=row.attempts, to=row.to,
            by=by, reason=reason, code=storable(answer.code),
        )  # fmt: skip
        record(connection, [audited])
        if answer.after is State.CONFIRMED:
            _unmark(connection, row)
    if answer.wrong_contact:
        mark(connection, row, answer.at, storable(answer.reason) or "")
    connection.execute(update(messages).where(messages.c.id == row.id).values(changes))
    return answer.after


def _is_anothers(connection: Connection, row: Any, answer: Answered) -> bool:
    """Whether what a service has found is, or may be, of another message or an earlier try."""
    name = json.loads(answer.receipt).get("id") if answer.receipt else None
    if name is None:
        return False
    same_name = field(messages.c.receipt, "id") == str(name)
    # Of what is on its way, or in doubt too, nobody knows the name yet.
    may_be_it = messages.c.state.in_((State.CLAIMED, State.IN_DOUBT)) & (
        messages.c.contact == row.contact
    )
    others = messages.c.id != row.id
    query = select(messages.c.id).where(
        messages.c.channel == row.channel,
        same_name if answer.exact else same_name | (others & may_be_it),
    )
    return connection.execute(query.limit(1)).first() is not None


def mark(connection: Connection, row: Any, at: datetime, because: str) -> None:
    """Mark the contact of a message as wrong, for every campaign."""
    said = {"at": at, "campaign": row.campaign, "because": because}
    connection.execute(
        upsert(connection, marks)
        .values(channel=row.channel, contact=row.contact, **said)
        .on_conflict_do_update(index_elements=["channel", "contact"], set_=said)
    )


def _unmark(connection: Connection, row: Any) -> None:
    connection.execute(
        marks.delete().where(marks.c.channel == row.channel, marks.c.contact == row.contact)
    )


def next_question(connection: Connection, campaign: str, selection: Selection) -> datetime | None:
    """When a service is to be asked next, or None if none is."""
    query = select(func.min(messages.c.ask_again_at)).where(*_asked(campaign, selection, ASKABLE))
    found: datetime | None = connection.execute(query).scalar()
    return found


def to_ask(
    connection: Connection, campaign: str, selection: Selection, *, now: datetime, limit: int
) -> list[str]:
    """The keys of the messages of which it is time to ask a service, in the order of that time."""
    query = (
        select(messages.c.key)
        .where(*_asked(campaign, selection, ASKABLE), messages.c.ask_again_at <= now)
        .order_by(messages.c.ask_again_at, messages.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _asked(
    campaign: str, selection: Selection, states: Collection[State]
) -> list[ColumnElement[bool]]:
    return [
        *selected(campaign, selection),
        messages.c.ask_again_at.is_not(None),
        messages.c.state.in_(sorted(states)),
    ]
