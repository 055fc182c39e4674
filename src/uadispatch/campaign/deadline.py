"""When a deadline is over: the last day ends where the target is, and earlier if that is unknown.

It knows days and zones only; whether something may be sent is for the guards to say.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from uadispatch.campaign.codes import zones_of

if TYPE_CHECKING:
    from uadispatch.campaign.model import Target

__all__ = ["deadline_instant"]

PLACES = 2_000
"""So many deadlines and places are remembered; there are some 600 zones and 250 countries."""

_EARLIEST_ON_EARTH = timezone(timedelta(hours=14))


def deadline_instant(deadline: date, target: Target) -> datetime:
    """The first instant, in UTC, that is too late: the end of the day `deadline` at `target`.

    Without a time zone it is the one of the target's country whose day ends first, and without
    a country UTC+14, where days end first of all. Where a clock change makes midnight come
    twice, the first one counts. Never late.
    """
    return _ends(deadline, target.timezone, None if target.timezone else target.country)


# Reading a zone's rules takes longer than all else that is planned of a message.
@lru_cache(maxsize=PLACES)
def _ends(deadline: date, zone: str | None, country: str | None) -> datetime:
    if zone:
        zones: tuple[str, ...] = (zone,)
    else:
        zones = zones_of(country) if country else ()
    midnight = datetime.combine(deadline + timedelta(days=1), time.min)
    clocks: list[tzinfo] = [ZoneInfo(name) for name in zones]
    return min(
        midnight.replace(tzinfo=clock).astimezone(UTC) for clock in clocks or [_EARLIEST_ON_EARTH]
    )
