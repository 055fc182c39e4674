"""How fast a channel may go: the time of its last start, kept where every process sees it.

A rate is kept as a space between one start and the next, so there is no burst and every sliding
window holds it. It is asked in the transaction that claims, so no more is claimed than may go; and
once more by a try that begins later than it was claimed, for what the far end counts is that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.tables.raw import is_on_server
from uadispatch.dispatch.journal.tables.rows import LONGEST_PAUSE, Step, storable
from uadispatch.dispatch.journal.tables.schema import moment_of, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Pace, Pacing

__all__ = ["Slot", "alone", "go_on", "heed", "slot", "slots", "started"]

_READ = """
SELECT last_start, spacing, slow_until, paused_until, paused_because FROM paces WHERE channel = ?
"""
_READ_ALL = """
SELECT channel, last_start, spacing, slow_until, paused_until, paused_because FROM paces
"""
_READ_BEGIN = "SELECT last_begin, spacing, slow_until FROM paces WHERE channel = ?"
_STARTED = """
INSERT INTO paces (channel, last_start) VALUES (?, ?)
ON CONFLICT (channel) DO UPDATE SET last_start = excluded.last_start
"""
_BEGUN = """
INSERT INTO paces (channel, last_begin) VALUES (?, ?)
ON CONFLICT (channel) DO UPDATE SET last_begin = excluded.last_begin
"""
_SLOWED = """
UPDATE paces SET spacing = ?,
    slow_until = CASE WHEN slow_until > ? THEN slow_until ELSE ? END
WHERE channel = ?
"""
_THERE = "INSERT INTO paces (channel) VALUES (?) ON CONFLICT (channel) DO NOTHING"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(? || ' (channel)', 0))"
_PAUSED = """
UPDATE paces SET paused_until = ?, paused_because = ?
WHERE channel = ? AND coalesce(paused_until, 0) < ?
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
NO_REASON = "its far end asked for a pause"


def alone(connection: Raw, channel: str) -> bool:
    """On a server, let nobody else claim on `channel` until this transaction ends.

    Returns whether others may have done so until now: on a file nobody else writes at all.
    """
    if not is_on_server(connection):
        return False
    connection.execute(_ALONE, (channel,))
    return True


def slot(connection: Raw, pace: Pacing, now: datetime) -> Slot:
    """What may be claimed at `now`; asked inside the transaction that claims."""
    found = connection.execute(_READ, (pace.channel,)).fetchone()
    paced = pace.spacing is not None or (found is not None and found[2] is not None)
    if paced and alone(connection, pace.channel):
        found = connection.execute(_READ, (pace.channel,)).fetchone()
    if found is None:
        return AT_ONCE if pace.spacing is None else Slot(one_at_a_time=True)
    last_start, lowered, slow_until, paused_until, because = found
    if paused_until is not None and _is_ahead(paused_until, now):
        return Slot(not_before=moment_of(paused_until), waits_for=because or NO_REASON)
    spacing = _spacing(pace.spacing, lowered, slow_until, now)
    if spacing is None:
        return AT_ONCE
    last = _not_ahead(connection, _STARTED, pace.channel, last_start, now)
    return Slot(one_at_a_time=True, not_before=_after(last, spacing, now))


def slots(
    connection: Raw, spacings: Mapping[str, timedelta | None], now: datetime
) -> dict[str, Slot]:
    """What may be claimed at `now` on each channel that was ever paced; only to look at.

    `spacings` are what the channels' own rates say, as far as they are known.
    """
    found = {}
    for channel, last_start, lowered, slow_until, paused_until, because in connection.execute(
        _READ_ALL
    ):
        if paused_until is not None and _is_ahead(paused_until, now):
            found[channel] = Slot(
                not_before=moment_of(paused_until), waits_for=because or NO_REASON
            )
            continue
        spacing = _spacing(spacings.get(channel), lowered, slow_until, now)
        if spacing is not None:
            last = None if last_start is None else min(moment_of(last_start), now)
            found[channel] = Slot(one_at_a_time=True, not_before=_after(last, spacing, now))
    return found


def go_on(connection: Raw, step: Step, pace: Pacing, now: datetime) -> datetime | None:
    """Note that a claimed message takes `step` on the channel of `pace` now; or when it may."""
    if step is not Step.HANDED_ON:
        return _begin(connection, pace, now)
    found = slot(connection, pace, now)
    if found.not_before is None and found.one_at_a_time:
        started(connection, pace.channel, now)
    return found.not_before


def _begin(connection: Raw, pace: Pacing, now: datetime) -> datetime | None:
    """Note that a try of `pace.channel` begins `now`; or when it may, if it is too early.

    Where nothing keeps to a pace nothing is noted, as by a claim: the disk would be waited for.
    """
    alone(connection, pace.channel)
    found = connection.execute(_READ_BEGIN, (pace.channel,)).fetchone()
    last_begin, lowered, slow_until = found or (None, None, None)
    spacing = _spacing(pace.spacing, lowered, slow_until, now)
    if spacing is None:
        return None
    last = _not_ahead(connection, _BEGUN, pace.channel, last_begin, now)
    not_before = _after(last, spacing, now)
    if not_before is not None:
        return not_before
    connection.execute(_BEGUN, (pace.channel, number_of(now)))
    return None


def _is_ahead(until: int, now: datetime) -> bool:
    """Whether a far end's wish still holds; of more than a day, it is of a clock since set back."""
    return timedelta(0) < moment_of(until) - now <= LONGEST_PAUSE


def _spacing(
    own: timedelta | None, lowered: int | None, slow_until: int | None, now: datetime
) -> timedelta | None:
    """The channel's own spacing, or a longer one while the far end asks for it."""
    if slow_until is not None and lowered is not None and _is_ahead(slow_until, now):
        return max(own or timedelta(0), lowered * _MICROSECOND)
    return own


def _not_ahead(
    connection: Raw, note: str, channel: str, last: int | None, now: datetime
) -> datetime | None:
    """`last`; or now, if a clock was set back since: then the channel waits for one space."""
    if last is None or last <= number_of(now):
        return None if last is None else moment_of(last)
    connection.execute(note, (channel, number_of(now)))
    return now


def _after(last: datetime | None, spacing: timedelta, now: datetime) -> datetime | None:
    """When the next may go, if that is not now."""
    return None if last is None or last + spacing <= now else last + spacing


def started(connection: Raw, channel: str, at: datetime) -> None:
    """Note that a send on `channel` starts at `at`."""
    connection.execute(_STARTED, (channel, number_of(at)))


def heed(connection: Raw, channel: str, pace: Pace) -> None:
    """Keep what one try said of the pace of `channel`; a longer wait stands."""
    connection.execute(_THERE, (channel,))
    if pace.slow_until is not None and pace.spacing is not None:
        spacing = pace.spacing // _MICROSECOND
        until = number_of(pace.slow_until)
        connection.execute(_SLOWED, (spacing, until, until, channel))
    if pace.paused_until is not None:
        until = number_of(pace.paused_until)
        connection.execute(_PAUSED, (until, storable(pace.because), channel, until))
