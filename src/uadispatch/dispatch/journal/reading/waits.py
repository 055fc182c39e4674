"""What messages wait for: their next try, the end of the night, their deadline; it only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.journal.tables.schema import AGAIN, moment_of, number_of
from uadispatch.dispatch.journal.tables.searching import SELECTED, given
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Selection

__all__ = ["Wait", "due_since", "next_due", "next_end", "waits"]


class Wait(NamedTuple):
    """How many messages of a channel and a state wait, and until when the first of them does."""

    channel: str
    state: State
    number: int
    until: datetime


_WAITING = f"""
FROM messages INDEXED BY messages_waiting
WHERE campaign = :campaign AND state IN ('planned', 'retry') AND {SELECTED}
"""
_DUE_AFTER = (
    f"{_WAITING} AND held IS NULL AND not_before > :later_than",
    # No deadline ends what may be out: it only waits for no more.
    f"""
FROM messages INDEXED BY messages_again
WHERE campaign = :campaign AND {AGAIN} AND not_before < expires_at AND {SELECTED}
  AND held IS NULL AND not_before > :later_than
""",
)
_NEXT_DUE = tuple(f"SELECT min(not_before) {which}" for which in _DUE_AFTER)
_WAITS = tuple(
    f"SELECT channel, state, count(*), min(not_before) {which} GROUP BY channel, state"
    for which in _DUE_AFTER
)
_DUE_SINCE = f"""
SELECT channel, min(CASE WHEN not_before > changed_at THEN not_before ELSE changed_at END)
{_WAITING} AND held IS NULL AND (not_before IS NULL OR not_before <= :now) GROUP BY channel
"""
_NEXT_END = f"SELECT min(expires_at) {_WAITING}"


def next_due(
    connection: Raw, campaign: str, selection: Selection, *, after: datetime
) -> datetime | None:
    """The next time after `after` that a waiting message waits for, or None if none does."""
    meant = {**given(campaign, selection), "later_than": number_of(after)}
    found = [connection.execute(query, meant).fetchone()[0] for query in _NEXT_DUE]
    return min((moment_of(time) for time in found if time is not None), default=None)


def waits(connection: Raw, campaign: str, selection: Selection, *, after: datetime) -> list[Wait]:
    """What waits for a time after `after`, by channel and state."""
    meant = {**given(campaign, selection), "later_than": number_of(after)}
    found = [row for query in _WAITS for row in connection.execute(query, meant)]
    return sorted(
        Wait(channel, State(state), number, moment_of(until))
        for channel, state, number, until in found
    )


def due_since(
    connection: Raw, campaign: str, selection: Selection, *, now: datetime
) -> dict[str, datetime]:
    """Channel to since when the first of what is due there at `now` could have been tried."""
    meant = {**given(campaign, selection), "now": number_of(now)}
    return {name: moment_of(since) for name, since in connection.execute(_DUE_SINCE, meant)}


def next_end(connection: Raw, campaign: str, selection: Selection) -> datetime | None:
    """The next deadline of a message that still waits, or None if none does."""
    (found,) = connection.execute(_NEXT_END, given(campaign, selection)).fetchone()
    return None if found is None else moment_of(found)
