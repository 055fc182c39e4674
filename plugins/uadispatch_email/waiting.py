"""The wait that a server asks for in the words of a reply: ``try again in 300 seconds``.

SMTP has no field for it, so only forms that can mean nothing else are read; they are those of
greylisting (postgrey, sqlgrey, milter-greylist) and of rate limits. Everything else is no wait.
"""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["LONGEST", "asked_wait"]

LONGEST = timedelta(hours=24)
"""No server is taken at its word for longer: an appeal has a deadline."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_ONE = r"\d{1,5} ?(?:seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?)\b"
_SPAN = re.compile(
    r"\b(?:"
    r"(?:again|back|retry|resend|reconnect) (?P<lead>in|after)"
    r"|(?<!had to )wait(?: for)?"
    r"|greylisted for"
    r") (?:at least |about |another )?"
    rf"(?:(?P<clock>\d\d:[0-5]\d:[0-5]\d)(?![\d:])|(?P<units>{_ONE}(?:(?:,|,? and)? {_ONE})*))",
    re.ASCII | re.IGNORECASE,
)
_PAIR = re.compile(r"(\d+) ?([smhd])", re.ASCII | re.IGNORECASE)


def asked_wait(text: str) -> timedelta | None:
    """How long `text`, a reply's words in one line, says to wait; at most a day, None if nothing.

    Of several waits the longest counts. ``after 14:30:00`` is a time of day, so after that word
    only ``00:05:00`` and the like are read.
    """
    waits = [_seconds(found) for found in _SPAN.finditer(text)]
    longest = max(waits, default=0)
    return min(timedelta(seconds=longest), LONGEST) if longest else None


def _seconds(found: re.Match[str]) -> int:
    if found["units"]:
        pairs = _PAIR.findall(found["units"])
        return sum(int(number) * _UNITS[unit.lower()] for number, unit in pairs)
    hours, minutes, seconds = map(int, found["clock"].split(":"))
    if hours and (found["lead"] or "").lower() != "in":
        return 0
    return (hours * 60 + minutes) * 60 + seconds
