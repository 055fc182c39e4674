"""What time it is where a target is: its zones, its clock, its office hours and its nights.

Pure: the moment to look at is always given. What a clock shows is data for a person or a guard;
whether anything may be sent is for the guards to say.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from uadispatch.campaign.codes import zones_of
from uadispatch.campaign.hours import OfficeHours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uadispatch.campaign.model import Target

__all__ = ["is_open", "local_times", "opens_next", "quiet_until", "zones_for"]

_DAY = timedelta(days=1)
_PATIENCE = 2 * _DAY
"""How long zones that are not known apart are waited for."""


def zones_for(target: Target, number_region: str | None = None) -> tuple[str, ...]:
    """The time zones in which the target may be; never none.

    Its own; else those of the country of its address; else those of the country of the number
    that is called; else UTC, for want of anything better.
    """
    return _known_zones(target, number_region) or ("UTC",)


def _known_zones(target: Target, number_region: str | None) -> tuple[str, ...]:
    if target.timezone:
        return (target.timezone,)
    return zones_of(target.country or "") or zones_of(number_region or "")


def local_times(
    target: Target, now: datetime, number_region: str | None = None
) -> tuple[datetime, ...]:
    """What the clocks show at `target`: one time, or the earliest and the latest that it may be.

    Each has its `ZoneInfo`. None where not even the country is known.
    """
    times = [now.astimezone(ZoneInfo(zone)) for zone in _known_zones(target, number_region)]
    if not times:
        return ()
    first, last = min(times, key=_wall), max(times, key=_wall)
    # Zones that show the same now are, for who calls now, one place.
    return (times[0],) if _wall(first) == _wall(last) else (first, last)


def is_open(hours: str, local: datetime) -> bool:
    """Whether an office with these `hours` is open at `local`, its own time."""
    return _open(OfficeHours.read(hours), local)


def opens_next(hours: str, local: datetime) -> datetime:
    """The first moment from `local` on (which bears a zone) at which the office is open."""
    read = OfficeHours.read(hours)
    clock = local.tzinfo
    if clock is None:
        raise ValueError("a local time without a zone may be any moment")
    at = _first(clock, local.astimezone(UTC), lambda there: _open(read, there), read.opens)
    return at.astimezone(clock)


def quiet_until(
    zones: Sequence[str], quiet_hours: tuple[time, time], now: datetime
) -> datetime | None:
    """When the quiet hours that reign at `now` are over, in UTC; None if they do not reign.

    `quiet_hours` are (from, until) on the clocks there; from 20:00 until 08:00 they cross midnight,
    and two equal times are no quiet hours. Of several `zones` in which the target may be, it is the
    first moment that is quiet in none; if the next two days have no such moment, the first zone
    decides.
    """
    begins, ends = quiet_hours
    clocks = [ZoneInfo(zone) for zone in zones]

    def awake(there: datetime) -> bool:
        wall = there.time()
        if begins <= ends:
            return not begins <= wall < ends
        return ends <= wall < begins

    start = at = now.astimezone(UTC)
    while at <= start + _PATIENCE:
        # No zone is awake before its own first moment, so all of them are not before the last.
        later = max(_first(clock, at, awake, ends) for clock in clocks)
        if later == at:
            return None if at == start else at
        at = later
    at = _first(clocks[0], start, awake, ends)
    return None if at == start else at


def _open(hours: OfficeHours, local: datetime) -> bool:
    return local.weekday() in hours.days and hours.opens <= local.time() < hours.closes


def _wall(local: datetime) -> datetime:
    return local.replace(tzinfo=None)


def _first(
    clock: tzinfo, since: datetime, holds: Callable[[datetime], bool], begins: time
) -> datetime:
    """The first moment from `since` on, in UTC, at which `holds` is true of the local time.

    It must be such that it can only become true when the clock shows `begins`, or is changed.
    """
    at = since
    while not holds(local := at.astimezone(clock)):
        wall = _wall(local)
        beginning = datetime.combine(wall.date(), begins)
        if beginning <= wall:
            beginning += _DAY
        reached = at + (beginning - wall)
        at = _change(clock, at, reached) or reached
    return at


def _change(clock: tzinfo, after: datetime, until: datetime) -> datetime | None:
    """When between two moments, a day apart at most, the clock is changed; None if it is not."""
    before = after.astimezone(clock).utcoffset()
    if until.astimezone(clock).utcoffset() == before:
        return None
    # Clocks are changed on whole seconds; halve until one second is left.
    low, high = int(after.timestamp()), -int(-until.timestamp() // 1)
    while high - low > 1:
        middle = (low + high) // 2
        there = datetime.fromtimestamp(middle, clock)
        low, high = (middle, high) if there.utcoffset() == before else (low, middle)
    return datetime.fromtimestamp(high, UTC)
