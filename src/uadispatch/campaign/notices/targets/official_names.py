"""The name and the office on one line, in whichever order and with whatever between them.

It judges one line of text at a time, by its words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from uadispatch.campaign.notices.targets.office_words import JOINTS, SURE_TITLES
from uadispatch.campaign.notices.targets.offices import (
    AROUND,
    LONGEST_LINE,
    Sort,
    is_foreign,
    is_of_office,
    is_quarter,
    is_role,
    office_words,
    readable,
    sort_of,
    words_of,
)
from uadispatch.campaign.notices.wording.countries import country_named

__all__ = ["Names", "is_holder", "names_in", "runs_on", "says_again"]

_JOINS_NEXT = re.compile(r"(?:\b(?:and|of|the|for)|&)\Z", re.IGNORECASE)
_JOINS_LAST = re.compile(r"(?:and|of|for) ", re.IGNORECASE)
_HEAD_OF_STATE = re.compile(r"\b(?:head|chief) of (?:the )?(?:state|government)", re.IGNORECASE)
_HEADS_OF_STATE = frozenset(["president", "king", "chancellor", "minister"])
_RANKS = frozenset(
    ["inspector", "commissioner", "superintendent", "commander", "officer", "judge", "justice"]
)
_MARK = re.compile(r"\s*,\s+|\s+[-\u2013\u2014]\s+|\s*:\s+")


@dataclass(frozen=True, slots=True)
class Names:
    """What a line says of who is written to; what it does not say is ""."""

    name: str = ""
    role: str = ""
    rest: str = ""
    """What follows on the line, such as an address."""
    together: bool = False
    """Whether name and role stand on one line without a mark between them."""


@lru_cache(maxsize=1024)
def names_in(text: str) -> Names:
    """The name and the role in one line, and what follows them there."""
    text = text.strip(AROUND)
    if is_quarter(text):
        return Names(rest=text)
    marked = _by_marks(text)
    if marked:
        return marked
    sort = sort_of(text)
    if sort is Sort.ROLE:
        return _parted(text) or Names(role=text)
    if sort in (Sort.TITLED, Sort.PERSON):
        return Names(name=text)
    return Names(rest=text)


def _by_marks(text: str) -> Names | None:
    """``Minister of Justice, Mr Ana Lopes, 1 High Street`` and the like."""
    first = _MARK.search(text[:LONGEST_LINE])
    if not first:
        return None
    head, rest = text[: first.start()], text[first.end() :]
    second = _MARK.search(rest[:LONGEST_LINE])
    tail = rest[: second.start()] if second else rest
    last = rest[second.end() :] if second else ""
    sorts = (sort_of(head), sort_of(tail))
    if sorts[0] is Sort.ROLE and sorts[1] in (Sort.TITLED, Sort.PERSON) and not _parted(head):
        return Names(name=tail, role=head, rest=last)
    if sorts[0] in (Sort.TITLED, Sort.PERSON) and sorts[1] is Sort.ROLE:
        return Names(name=head, role=tail, rest=last)
    if sorts[0] is Sort.ROLE and (split := _parted(head)):
        return Names(split.name, split.role, rest, together=True)
    if sorts[0] in (Sort.TITLED, Sort.ROLE) and sorts[1] in (Sort.HOUSE, Sort.OTHER):
        role = head if sorts[0] is Sort.ROLE else ""
        if role and (country_named(tail) or _begins_small(tail) or _lists_on(tail)):
            return None
        return Names("" if role else head, role, rest)
    return None


def _lists_on(tail: str) -> bool:
    """Whether what an office is for goes on: ``Politics, Law and Security``."""
    words = readable(tail)
    return "and" in words and is_of_office(words[-1]) and sort_of(tail) is Sort.OTHER


def _begins_small(text: str) -> bool:
    return text[:1].islower()


def _parted(text: str) -> Names | None:
    """``Prosecutor General Ana Lopes``: an office and a name with nothing between them."""
    parts = text.split()
    words = [words_of(part) for part in parts]
    end = _end_of_role([word[0] if word else "" for word in words], parts)
    role, name = " ".join(parts[:end]), " ".join(parts[end:])
    if not name or not role or is_role(readable(role)) is False:
        return None
    if sort_of(name) in (Sort.TITLED, Sort.PERSON):
        return Names(name=name, role=role, together=True)
    return None


def _end_of_role(words: list[str], parts: list[str]) -> int:
    at = 0
    while at < len(words):
        if words[at] in JOINTS:
            at += 1
            while at < len(words) and words[at] in JOINTS:
                at += 1
            at = _end_of_country(parts, at) or at
            if at < len(words) and not is_of_office(words[at]):
                ended = _end_of_country(parts, at)
                if ended is None and not _is_country_before(parts, at):
                    return len(words)
                at = ended or at
                if _is_country_before(parts, at):
                    break
        elif is_of_office(words[at]) and not (at and words[at] in SURE_TITLES):
            at += 1
        else:
            break
    return at


def _end_of_country(parts: list[str], at: int) -> int | None:
    for end in range(min(len(parts), at + 5), at, -1):
        if country_named(" ".join(parts[at:end])):
            return end
    return None


def _is_country_before(parts: list[str], at: int) -> bool:
    return any(country_named(" ".join(parts[start:at])) for start in range(max(0, at - 5), at))


def is_holder(above: str, below: str) -> bool:
    """Whether a line with an office and a name tells who holds the office above it.

    President Ana Lopes does below Head of State, and Inspector General Ana Lopes below Head of
    Police: one says the office again, the other a rank.
    """
    role = names_in(below).role
    words = office_words(role)
    if words <= office_words(above) or _HEAD_OF_STATE.search(above[:LONGEST_LINE]):
        return True
    return words <= _RANKS and not JOINTS & set(readable(role))


def runs_on(above: str, below: str) -> bool:
    """Whether a line goes on in the next, as an office does that ends in ``and``."""
    return bool(_JOINS_NEXT.search(above[-10:]) or _JOINS_LAST.match(below))


def says_again(above: str, below: str) -> bool:
    """Whether a line names the office above it in its own language: Presidente de la República."""
    names = names_in(below)
    same = office_words(names.role) & office_words(above)
    if _HEAD_OF_STATE.search(above[:LONGEST_LINE]):
        same |= office_words(names.role) & _HEADS_OF_STATE
    return bool(names.role and not names.name and same) and is_foreign(names.role)
