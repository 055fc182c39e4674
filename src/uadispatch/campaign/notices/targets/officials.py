"""Who an entry is about: the official's name and office, and what is left for the address.

It reads the text of one entry; contacts are read elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Found
from uadispatch.campaign.notices.targets.cities import capital_of
from uadispatch.campaign.notices.targets.offices import (
    Sort,
    embassy_of,
    is_of_office,
    is_role,
    readable,
    sort_of,
)
from uadispatch.campaign.notices.targets.official_names import names_in, runs_on, says_again
from uadispatch.campaign.notices.targets.whereabouts import country_of
from uadispatch.campaign.notices.wording.countries import country_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.targets.contact_lines import Row
    from uadispatch.campaign.notices.targets.official_names import Names
    from uadispatch.campaign.notices.targets.whereabouts import Place

__all__ = ["Official", "joined", "official_in"]


@dataclass(frozen=True, slots=True)
class Official:
    """Name, office and address, as the lines have them."""

    name: Found[str]
    role: Found[str] | None
    places: tuple[Place, ...]
    """The lines of the address."""
    represents: Found[str] | None = None
    state: str = ""
    """The name of the state represented, as it is written."""


_ON_ONE_LINE = "the office and the name stand on one line"
_ABOVE = "it stands above the name"
_LONGEST_NAME = 200
_ENVOY = re.compile(
    r"\b(?:ambassador|high commissioner|ch\w+ d.affaires)\b(?: \w+){0,3}? of (?:the )?",
    re.IGNORECASE,
)
_AND = re.compile(r" (?:and|&) ")
_ONE_NAME = frozenset(["ID", "MM"])
_SEAT = re.compile(r"(?:the )?(?:ministry|office|embassy|department)\b", re.IGNORECASE)
_AT = re.compile(r" (?:in|to|at) |,", re.IGNORECASE)


def official_in(rows: Sequence[Row]) -> Official | None:
    """The official of an entry; None where no line names a person or an office."""
    labelled = _by_label(rows)
    lines = joined([(row.line.number, row.text.strip(" :")) for row in rows])
    official = labelled or _by_order([line for line in lines if line[1]])
    return _representing(official) if official else None


def _by_label(rows: Sequence[Row]) -> Official | None:
    named = {row.named: Found(row.text, row.line.number) for row in rows if row.named}
    if not named:
        return None
    rest = tuple((row.line.number, row.text) for row in rows if not row.named)
    name, role = named.get("name"), named.get("role")
    if name is None:
        above = _by_order(rest) if rest else None
        if above is None or above.role is not None or role is None:
            return None
        return Official(above.name, role, above.places)
    return Official(name, role, rest)


def joined(lines: Sequence[Place]) -> list[Place]:
    """An office that runs on: ``Minister of Justice and`` / ``Human Rights``."""
    found: list[Place] = []
    for number, text in lines:
        last = found[-1][1] if found else ""
        # The office is first or second.
        first = len(found) <= len(("office", "name"))
        if runs_on(last, text) and first and len(last) + len(text) < _LONGEST_NAME:
            whole = names_in(f"{last} {text}")
            if whole.role and (not whole.rest or names_in(last.rstrip(" ,&")).role):
                found[-1] = (found[-1][0], f"{last} {text}")
                continue
        found.append((number, text))
    return found


def _by_order(lines: Sequence[Place]) -> Official | None:
    """By what stands first: the office, the name, an institution, or something unknown."""
    if not lines:
        return None
    number, text = lines[0]
    first = names_in(text)
    if first.name and first.role:
        # A title before a name may be no office: both are as the line has them.
        sure = Certainty.INFERRED if first.together else Certainty.LABELLED
        rule = _ON_ONE_LINE if first.together else ""
        return Official(
            Found(first.name, number, sure, rule),
            Found(first.role, number, sure, rule),
            _rest(number, first.rest, lines[1:]),
        )
    if first.role:
        return _office_first(lines[0], first, lines[1:])
    if first.name and sort_of(first.name) is Sort.TITLED:
        return _name_first(number, first.name, first.rest, lines[1:])
    return _unsure_first(lines)


def _rest(number: int, rest: str, lines: Sequence[Place]) -> tuple[Place, ...]:
    return ((number, rest), *lines) if rest else tuple(lines)


def _office_first(line: Place, first: Names, lines: Sequence[Place]) -> Official:
    number, role, rest = line[0], first.role, first.rest
    office = Found(role, number)
    if rest and lines and (holder := _holder_below(rest, lines)):
        # Commander of the North - Hill Area; but the seat of an office is part of its address.
        is_place = _SEAT.match(rest) or any(c.isdigit() for c in rest)
        places = _rest(lines[0][0], holder.rest, lines[1:])
        return Official(
            Found(holder.name, lines[0][0]),
            office if is_place else Found(line[1], number),
            ((number, rest), *places) if is_place else places,
        )
    if lines and not rest:
        below, text = lines[0]
        names = names_in(text)
        if names.name and names.role:
            # President Ana Lopes, below Head of State: the title stays in the name.
            name = names.name if names.rest else text
            return Official(Found(name, below), office, _rest(below, names.rest, lines[1:]))
        if names.name:
            return Official(Found(names.name, below), office, _rest(below, names.rest, lines[1:]))
        if _are_holders(role, text) or _is_one_name(text, lines[1:]):
            rule = "it stands between the office and the address"
            return Official(Found(text, below, Certainty.INFERRED, rule), office, tuple(lines[1:]))
        if names.role and len(lines) > 1 and not names.rest:
            third = names_in(lines[1][1])
            if third.name and not third.role:
                places = _rest(lines[1][0], third.rest, lines[2:])
                if says_again(role, text):
                    places = (lines[0], *places)
                else:
                    office = Found(f"{role}, {names.role}", number)
                return Official(Found(third.name, lines[1][0]), office, places)
    return Official(office, None, _rest(number, rest, lines))


def _holder_below(rest: str, lines: Sequence[Place]) -> Names | None:
    """The name below an office that goes on behind a mark, such as of a council or a region."""
    below = names_in(lines[0][1])
    if not below.name or below.role:
        return None
    if sort_of(below.name) is Sort.TITLED:
        return below
    is_apart = _SEAT.match(rest) or sort_of(rest) is not Sort.HOUSE
    return None if is_apart or len(lines) == 1 or not _is_address(lines[1][1]) else below


def _are_holders(role: str, text: str) -> bool:
    """Whether they are the names of two who hold an office together."""
    names = _AND.split(text)
    called = readable(role)
    plural = any(word.endswith("s") and is_role([word[:-1]]) for word in called)
    sorts = {sort_of(name) for name in names}
    return plural and len(names) > 1 and sorts <= {Sort.PERSON, Sort.TITLED}


def _is_one_name(text: str, lines: Sequence[Place]) -> bool:
    """Whether it is a name of one word, above an address in a country where many have one."""
    is_word = text.isalpha() and text.istitle() and text.isascii()
    if not is_word or not lines or not _is_address(lines[0][1]):
        return False
    country = country_of(lines, home=None)
    known = country_named(text) or capital_of(text) or is_of_office(text.casefold())
    return not known and country is not None and country.value in _ONE_NAME


def _is_address(text: str) -> bool:
    is_place = sort_of(text) is Sort.HOUSE or text.casefold().startswith("c/o ")
    return is_place or any(c.isdigit() for c in text)


def _name_first(number: int, name: str, rest: str, lines: Sequence[Place]) -> Official:
    found = Found(name, number)
    if lines and not rest:
        below, text = lines[0]
        names = names_in(text)
        if names.role and not names.name:
            return Official(found, Found(names.role, below), _rest(below, names.rest, lines[1:]))
    return Official(found, None, _rest(number, rest, lines))


def _unsure_first(lines: Sequence[Place]) -> Official | None:
    number, text = lines[0]
    sort = sort_of(text)
    below = names_in(lines[1][1]) if len(lines) > 1 else None
    titled = below is not None and bool(below.name) and sort_of(below.name) is Sort.TITLED
    if sort is Sort.HOUSE:
        if below and (below.role or titled) and (inner := _by_order(lines[1:])):
            return Official(inner.name, inner.role, (lines[0], *inner.places))
        return Official(Found(text, number), None, tuple(lines[1:]))
    if sort is Sort.OTHER and (any(c.isdigit() for c in text) or country_named(text)):
        return None
    if below and titled and not below.role and len(text) < _LONGEST_NAME:
        return Official(
            Found(below.name, lines[1][0]),
            Found(text, number, Certainty.INFERRED, _ABOVE),
            _rest(lines[1][0], below.rest, lines[2:]),
        )
    if below and below.role and not below.name and len(text) < _LONGEST_NAME:
        name = (
            Found(text, number)
            if sort is Sort.PERSON
            else Found(text, number, Certainty.INFERRED, "it stands above the office")
        )
        return Official(
            name, Found(below.role, lines[1][0]), _rest(lines[1][0], below.rest, lines[2:])
        )
    return Official(Found(text, number), None, tuple(lines[1:])) if sort is Sort.PERSON else None


def _representing(official: Official) -> Official:
    """The same, with the state whose embassy it is."""
    lines = [*official.places, (official.name.line or 0, official.name.value)]
    for number, text in lines:
        embassy = embassy_of(text)
        if embassy and embassy[0]:
            represents = Found(embassy[0], number)
            return Official(official.name, official.role, official.places, represents, embassy[1])
    role = official.role or official.name
    if found := _ENVOY.search(role.value[:_LONGEST_NAME]):
        state = _AT.split(role.value[found.end() : _LONGEST_NAME], maxsplit=1)[0].strip(" .")
        if code := country_named(state):
            represents = Found(code, role.line)
            return Official(official.name, official.role, official.places, represents, state)
    return official
