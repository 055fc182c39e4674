"""How fast a channel may go: the time of its last start, kept where every process sees it.

A rate is kept as a space between one start and the next, so there is no burst and every sliding
window holds it. It is asked in the transaction that claims, so no more is claimed than may go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from uadispatch.dispatch.journal.opening import driver
from uadispatch.dispatch.journal.schema import moment_of, number_of, paces

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.rows import Pace, Pacing

__all__ = ["Slot", "heed", "slot", "started"]

_READ = """
SELECT last_start, spacing, slow_until, paused_until, paused_because FROM paces WHERE channel = ?
"""
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """What may be claimed on a channel now."""

    one_at_a_time: bool = False
    not_before: datetime | None = None
    """Nothing before then."""
    waits_for: str = ""
    """Why, if that is more than the channel's own rate."""


AT_ONCE = Slot()


def slot(connection: Connection, pace: Pacing, now: datetime) -> Slot:
    """What may be claimed at `now`; asked inside the transaction that claims."""
    found = driver(connection).execute(_READ, (pace.channel,)).fetchone()
    spacing = pace.spacing
    if found is None:
        return AT_ONCE if spacing is None else Slot(one_at_a_time=True)
    last_start, lowered, slow_until, paused_until, because = found
    at = number_of(now)
    if paused_until is not None and paused_until > at:
        return Slot(not_before=moment_of(paused_until), waits_for=because or "")
    if slow_until is not None and slow_until > at and lowered is not None:
        spacing = max(spacing or timedelta(0), lowered * _MICROSECOND)
    if spacing is None:
        return AT_ONCE
    if last_start is not None:
        # A clock that was set back must not make the channel wait for more than one space.
        earliest = min(moment_of(last_start), now) + spacing
        if earliest > now:
            return Slot(one_at_a_time=True, not_before=earliest)
    return Slot(one_at_a_time=True)


def started(connection: Connection, channel: str, at: datetime) -> None:
    """Note that a send on `channel` starts at `at`."""
    change = insert(paces).values(channel=channel, last_start=at)
    connection.execute(
        change.on_conflict_do_update(index_elements=["channel"], set_={"last_start": at})
    )


def heed(connection: Connection, channel: str, pace: Pace) -> None:
    """Keep what one try said of the pace of `channel`; a longer wait stands."""
    connection.execute(insert(paces).values(channel=channel).on_conflict_do_nothing())
    known = connection.execute(select(paces).where(paces.c.channel == channel)).one()
    change: dict[str, object] = {}
    if pace.began_at is not None and (known.last_start is None or pace.began_at > known.last_start):
        change["last_start"] = pace.began_at
    if pace.slow_until is not None and pace.spacing is not None:
        change["spacing"] = pace.spacing // _MICROSECOND
        change["slow_until"] = max(pace.slow_until, known.slow_until or pace.slow_until)
    if pace.paused_until is not None and (
        known.paused_until is None or pace.paused_until > known.paused_until
    ):
        change |= {"paused_until": pace.paused_until, "paused_because": pace.because}
    if change:
        connection.execute(paces.update().where(paces.c.channel == channel).values(change))
