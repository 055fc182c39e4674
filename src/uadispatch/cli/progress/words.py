"""Progress in words: a rate, the time left, what waits, and the sentence of all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.dispatch.news import Why
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.cli.progress.tally import Glance, Left, Wait

__all__ = ["figures", "left_in_words", "rate", "sentence", "until", "wait_in_words"]

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MANY = 10
"""So many of a thing are not told in tenths."""
SOON = 10 * MINUTE
"""Seconds within which a time is told to the second."""

_TROUBLES = {
    State.FAILED: "failed",
    State.IN_DOUBT: "in doubt",
    State.RETRY: "to be tried again",
}
_WHY = {
    Why.RATE: "for its rate",
    Why.QUIET_HOURS: "for the end of the night there",
    Why.AWAY: "for its far end, which is away",
    Why.ASKED: "as its far end asked",
    Why.LATER: "for the next try",
}


def rate(per_second: float) -> str:
    """``310 a second``, ``14 a minute``, ``6 an hour``."""
    units = (("a second", 1.0), ("a minute", MINUTE), ("an hour", HOUR))
    unit, seconds = next((u for u in units if per_second * u[1] >= 1), units[-1])
    number = per_second * seconds
    return f"{number:,.0f} {unit}" if number >= MANY else f"{number:.1f} {unit}"


def left_in_words(left: Left) -> str:
    """``about 5 minutes left``, never more exact than it can be."""
    about = "at least" if left.at_least else "about"
    for unit, size, enough in (("day", DAY, 2 * DAY), ("hour", HOUR, 1.5 * HOUR)):
        if left.seconds >= enough:
            return f"{about} {left.seconds / size:.0f} {unit}s left"
    if left.seconds < MINUTE:
        return f"{'at least' if left.at_least else 'less than'} a minute left"
    minutes = round(left.seconds / MINUTE)
    return f"{about} {minutes} minute{'s' * (minutes != 1)} left"


def until(moment: datetime, now: datetime) -> str:
    """``08:00 UTC``; with seconds where it is soon, with the day where it is another."""
    if moment.date() != now.date():
        return moment.strftime("%-d %B, %H:%M UTC")
    soon = (moment - now).total_seconds() < SOON
    return moment.strftime("%H:%M:%S UTC" if soon else "%H:%M UTC")


def wait_in_words(wait: Wait, now: datetime) -> str:
    """``fax waits until 08:00 UTC for its rate``."""
    who = f"{wait.channel} waits"
    if wait.number is not None:
        who = f"{wait.number:,} by {wait.channel} {'waits' if wait.number == 1 else 'wait'}"
    return f"{who} until {until(wait.until, now)} {_WHY[wait.why]}"


def figures(glance: Glance) -> list[str]:
    """How many are done, how fast, how long yet, and what has gone wrong so far."""
    of = "" if glance.total is None else f" of {glance.total:,}"
    done = f"{glance.done:,}{of} {glance.did}".rstrip()
    if not glance.did:
        done = f"{glance.doing}: {done}"
    found = [done]
    if glance.per_second is not None:
        found.append(rate(glance.per_second))
    if glance.left is not None:
        found.append(left_in_words(glance.left))
    elif glance.total is not None and glance.done < glance.total:
        found.append("time left not known")
    found += [
        f"{glance.troubles[s]:,} {says}" for s, says in _TROUBLES.items() if glance.troubles[s]
    ]
    return found


def sentence(glance: Glance) -> str:
    """All of it: “1,204 of 100,000 tried, 310 a second, ..., fax waits until 08:00 UTC ...”."""
    return ", ".join([*figures(glance), *(wait_in_words(w, glance.now) for w in glance.waiting)])
