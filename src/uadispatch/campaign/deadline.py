"""When a deadline is over: the last day ends where the target is, and earlier if that is unknown.

It knows days and zones only; whether something may be sent is for the guards to say.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from uadispatch.campaign.codes import zones_of

if TYPE_CHECKING:
    from uadispatch.campaign.model import Target

__all__ = ["deadline_instant"]

_EARLIEST_ON_EARTH = timezone(timedelta(hours=14))


def deadline_instant(deadline: date, target: Target) -> datetime:
    """The first instant, in UTC, that is too late: the end of the day `deadline` at `target`.

    Without a time zone it is the one of the target's country whose day ends first, and without
    a country UTC+14, where days end first of all. Where a clock change makes midnight come
    twice, the first one counts. Never late.
    """
    if target.timezone:
        zones: tuple[str, ...] = (target.timezone,)
    else:
        zones = zones_of(target.country) if target.country else ()
    midnight = datetime.combine(deadline + timedelta(days=1), time.min)
    clocks: list[tzinfo] = [ZoneInfo(zone) for zone in zones]
    return min(
        midnight.replace(tzinfo=clock).astimezone(UTC) for clock in clocks or [_EARLIEST_ON_EARTH]
    )
