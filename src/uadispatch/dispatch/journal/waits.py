"""What messages wait for: their next try, the end of the night, their deadline; it only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, literal_column, or_, select

from uadispatch.dispatch.journal.reading import selected, waiting
from uadispatch.dispatch.journal.schema import AGAIN, messages
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from uadispatch.dispatch.journal.rows import Selection

__all__ = ["Wait", "next_due", "next_end", "waits"]


class Wait(NamedTuple):
    """How many messages of a channel and a state wait, and until when the first of them does."""

    channel: str
    state: State
    number: int
    until: datetime


def next_due(
    connection: Connection, campaign: str, selection: Selection, *, after: datetime
) -> datetime | None:
    """The next time after `after` that a waiting message waits for, or None if none does."""
    query = select(func.min(messages.c.not_before)).where(*_due_after(campaign, selection, after))
    found: datetime | None = connection.execute(query).scalar()
    return found


def waits(
    connection: Connection, campaign: str, selection: Selection, *, after: datetime
) -> list[Wait]:
    """What waits for a time after `after`, by channel and state."""
    kinds = (messages.c.channel, messages.c.state)
    query = (
        select(*kinds, func.count(), func.min(messages.c.not_before))
        .where(*_due_after(campaign, selection, after))
        .group_by(*kinds)
        .order_by(*kinds)
    )
    return [
        Wait(channel, State(state), number, until)
        for channel, state, number, until in connection.execute(query)
    ]


def _due_after(campaign: str, selection: Selection, after: datetime) -> list[ColumnElement[bool]]:
    """The conditions that a message waits for a time after `after`."""
    return [
        *selected(campaign, selection),
        # No deadline ends what may be out: it only waits for no more.
        or_(
            messages.c.state.in_(CLAIMABLE),
            literal_column(AGAIN) & (messages.c.not_before < messages.c.expires_at),
        ),
        messages.c.held.is_(None),
        messages.c.not_before > after,
    ]


def next_end(connection: Connection, campaign: str, selection: Selection) -> datetime | None:
    """The next deadline of a message that still waits, or None if none does."""
    query = select(func.min(messages.c.expires_at)).where(*waiting(campaign, selection, CLAIMABLE))
    found: datetime | None = connection.execute(query).scalar()
    return found
