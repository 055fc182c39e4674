"""Dates as Urgent Actions write them: always with the name of a month, in English.

It knows how a date is written; never which date of a document is which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DATE", "Dated", "date_in", "dates_in"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?u?ary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
# Where a digit was torn off, only a zero surely belongs to the next one.
_DAY = r"(?<![0-9/.])(?:0[^\S\n]?[1-9]|[1-3][0-9]|[1-9])[^\S\n]?(?:(?:st|nd|rd|th)\b)?"
_YEAR = r"(?:19|20|1[^\S\n]9|2[^\S\n]0)[^\S\n]?[0-9][^\S\n]?[0-9](?![0-9])"
_GAP = r"[\s,]{1,4}"

DATE = (
    rf"(?:{_DAY}(?:{_GAP}of)?{_GAP}{_MONTH}{_GAP}{_YEAR}"
    rf"|(?<![a-z]){_MONTH}{_GAP}{_DAY}{_GAP}{_YEAR})"
)
"""A pattern for a date, without regard to case; it may go on in the next line."""

_FOUND = re.compile(DATE, re.IGNORECASE | re.ASCII)
_NAME = re.compile(r"[a-z]{3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a text."""

    day: date | None
    """None for one that is not in the calendar, such as 31 February."""
    start: int
    end: int
    words: str
    """As it is written."""


def dates_in(text: str, start: int = 0, end: int | None = None) -> Iterator[Dated]:
    """Every date in `text` from `start` to `end`, in its order."""
    for found in _FOUND.finditer(text, start, len(text) if end is None else end):
        words = found.group()
        yield Dated(_day(words), found.start(), found.end(), " ".join(words.split()))


def date_in(text: str) -> date | None:
    """The first day of the calendar in `text`."""
    return next((dated.day for dated in dates_in(text) if dated.day), None)


def _day(words: str) -> date | None:
    name = next(found for found in _NAME.finditer(words) if found[0].lower() in _MONTHS)
    digits = "".join(char for char in words if char.isdigit())
    year, day = int(digits[-4:]), int(digits[:-4])
    try:
        return date(year, _MONTHS.index(name[0].lower()) + 1, day)
    except ValueError:
        return None
