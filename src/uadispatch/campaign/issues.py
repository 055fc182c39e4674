"""Which document of an Urgent Action a text is of, and which of two documents came later.

It knows index numbers, dates and sequences, and never what a document says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.campaign.model import UrgentAction

__all__ = ["Comparison", "Index", "Issue", "Order", "compare", "day", "superseded"]

_CENTURY = 100
_FIRST_YEAR = 61
"""Two digits from here on are of the twentieth century: nothing was issued before 1961."""

# As it is printed (EUR 57/0894/2019, AFR 53/17/94), in a link (EUR57/0894/2019) and in the name of
# a file (eur5708942019en.pdf).
_PRINTED = re.compile(
    r"(?<![^\W_])([A-Z]{3})\s?([0-9]{2})\s?/\s?([0-9]{1,5})\s?/\s?([0-9]{4}|[0-9]{2})(?![0-9])",
    re.IGNORECASE | re.ASCII,
)
_IN_A_NAME = re.compile(
    r"(?<![^\W_])([A-Z]{3})([0-9]{2})([0-9]{3,4})((?:19|20)[0-9]{2})(?![0-9])",
    re.IGNORECASE | re.ASCII,
)


class Index(NamedTuple):
    """An index number, taken apart."""

    section: str
    """The region and the number of the country in it: ``EUR 57``."""
    year: int
    serial: int

    @classmethod
    def find(cls, text: str | None) -> Index | None:
        """The first index number in `text`, which may be a link; None if there is none."""
        found = (_PRINTED.search(text) or _IN_A_NAME.search(text)) if text else None
        if found is None:
            return None
        region, country, serial, written = found.groups()
        year = int(written)
        if year < _CENTURY:
            year += 1900 if year >= _FIRST_YEAR else 2000
        return cls(f"{region.upper()} {country}", year, int(serial))


class Order(StrEnum):
    """How a document stands to another."""

    SAME = "same"
    """It is the same document again, perhaps corrected."""
    NEWER = "newer"
    OLDER = "older"
    UNCLEAR = "unclear"
    """What they say contradicts itself, or there is nothing to tell them by."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What tells one document of an Urgent Action from the others; parts of it may be missing."""

    index: str | None = None
    issued: date | None = None
    sequence: int | None = None

    @classmethod
    def of(cls, action: UrgentAction) -> Issue:
        """The document that a campaign's text is of."""
        return cls(action.index, action.issued, action.sequence)

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Issue:
        """From what `values` gave. Raises ValueError."""
        index, issued, sequence = (values.get(name) for name in ("index", "issued", "sequence"))
        if not isinstance(index, str | None) or not isinstance(issued, str | None):
            raise ValueError("the index and the date of a document are texts")  # noqa: TRY004 - as the docstring says
        if not isinstance(sequence, int | None) or isinstance(sequence, bool):
            raise ValueError("the sequence of a document is a number")  # noqa: TRY004 - as above
        return cls(index, date.fromisoformat(issued) if issued else None, sequence)

    def values(self) -> dict[str, str | int | None]:
        """As it is kept, for `read`."""
        issued = self.issued.isoformat() if self.issued else None
        return {"index": self.index, "issued": issued, "sequence": self.sequence}

    @property
    def is_named(self) -> bool:
        """Whether anything tells it from others."""
        return self != Issue()

    @property
    def in_words(self) -> str:
        """``of 16 August 2019 (EUR 57/0894/2019)``, or as much of it as is known."""
        if self.issued is not None:
            named = f" ({self.index})" if self.index else ""
            return f"of {day(self.issued)}{named}"
        if self.index is not None:
            return f"with the index {self.index}"
        return f"number {self.sequence}" if self.sequence is not None else "without index or date"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one document stands to another, and by what that is known."""

    order: Order
    says: str
    """For a person: a sentence without its full stop."""
    contradicts: bool = False
    """It is unclear because one thing says newer and another older, not for want of anything."""


def day(when: date) -> str:
    """``16 August 2019``."""
    return f"{when:%-d %B %Y}"


def compare(this: Issue, other: Issue) -> Comparison:
    """How `this` stands to `other`, two documents of one campaign.

    The same index is the same document, and so are the same sequence and date. Otherwise
    sequence, date and index must agree on which came later. A serial number grows within a year;
    those of two countries say nothing of each other.
    """
    dates, counts = _dates(this, other), _counts(this, other)
    if _is_same_index(this.index, other.index):
        says = f"both have the index {this.index}"
        if counts is None or not counts.sign:
            return Comparison(Order.SAME, says)
        return Comparison(Order.UNCLEAR, f"{says}, but {counts.says}", contradicts=True)
    if dates is not None and counts is not None and not dates.sign and not counts.sign:
        return Comparison(Order.SAME, f"{dates.says}, and {counts.says}")
    told = [vote for vote in (counts, dates, _indexes(this, other)) if vote is not None]
    later = [vote for vote in told if vote.sign]
    words = ", ".join(vote.says for vote in later)
    signs = {vote.sign for vote in later}
    if len(signs) > 1:
        says = f"what they say does not go together: {words}"
        return Comparison(Order.UNCLEAR, says, contradicts=True)
    if later:
        return Comparison(Order.NEWER if signs == {1} else Order.OLDER, words)
    if told and not (this.index and other.index):
        return Comparison(Order.SAME, ", ".join(vote.says for vote in told))
    return Comparison(Order.UNCLEAR, "nothing tells which of the two came later")


def superseded(this: Issue, newest: Issue) -> str | None:
    """Why the text of `this` must not be sent any more, if `newest` is the document that counts.

    A text that names no document is not taken for a newer one; and of the same document an
    earlier date is that of the text before its correction. The reason is a sentence without its
    full stop, to which what to do can be added.
    """
    if not newest.is_named:
        return None
    how = compare(this, newest).order
    if how is Order.SAME and this.issued and newest.issued and this.issued < newest.issued:
        how = Order.OLDER
    if how in (Order.SAME, Order.NEWER):
        return None
    if how is Order.OLDER:
        return (
            f"this text is of the document {this.in_words}; a newer one {newest.in_words} has "
            f"replaced it"
        )
    known = f"a document {newest.in_words} was imported since"
    if not this.is_named:
        return f"nothing says which document this text is of (no index, no date), and {known}"
    return (
        f"this text is of the document {this.in_words}, and {known}: index, date and sequence do "
        f"not tell which of them is newer"
    )


class _Vote(NamedTuple):
    """1: this is later; -1: the other is; 0: neither. And what says so."""

    sign: int
    says: str


def _dates(this: Issue, other: Issue) -> _Vote | None:
    mine, others = this.issued, other.issued
    if mine is None or others is None:
        return None
    if mine == others:
        return _Vote(0, f"both are of {day(mine)}")
    sign = 1 if mine > others else -1
    return _Vote(sign, f"it is of {day(mine)}, {_RELATIVE[sign]} {day(others)}")


def _counts(this: Issue, other: Issue) -> _Vote | None:
    mine, others = this.sequence, other.sequence
    if mine is None or others is None:
        return None
    if mine == others:
        return _Vote(0, f"both are document {mine} of their number")
    sign = 1 if mine > others else -1
    return _Vote(sign, f"it is document {mine} of its number, {_RELATIVE[sign]} {others}")


def _indexes(this: Issue, other: Issue) -> _Vote | None:
    mine, others = Index.find(this.index), Index.find(other.index)
    if mine is None or others is None:
        return None
    sign = (mine.year > others.year) - (mine.year < others.year)
    if not sign and mine.section == others.section:
        sign = (mine.serial > others.serial) - (mine.serial < others.serial)
    if not sign:
        return None
    return _Vote(sign, f"its index {this.index} comes {_RELATIVE[sign]} {other.index}")


_RELATIVE = {1: "after", -1: "before"}


def _is_same_index(mine: str | None, other: str | None) -> bool:
    if not mine or not other:
        return False
    if (found := Index.find(mine)) is not None:
        return found == Index.find(other)
    return "".join(mine.split()).casefold() == "".join(other.split()).casefold()
