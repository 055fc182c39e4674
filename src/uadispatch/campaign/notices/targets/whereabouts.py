"""Where an official is: the country and the time zone of a post address.

It reads addresses only. What no rule tells stays unknown, since a national number is dialled in
the country that is found here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import countries, zones_of
from uadispatch.campaign.notices.notice import Certainty, Found
from uadispatch.campaign.notices.targets.cities import capital_of, state_zone, us_states, zone_in
from uadispatch.campaign.notices.targets.offices import embassy_of
from uadispatch.campaign.notices.wording.countries import country_named

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Place", "country_of", "ends_address", "names_capital", "names_country", "zone_of"]

Place = tuple[int, str]
"""The number of a line and what it says."""

_LONGEST = 300
_PARTS = re.compile(r"\s*[,;]\s*|\s+[-\u2013\u2014]\s+|\.\s*\Z")
_ZIP = re.compile(
    r"(?P<state>[A-Z]{2}|[A-Z][a-z]+(?: [A-Z][a-z]+)?|D\.C\.),?\s+\d{5}(?:-\d{4})?"
    r"(?=\s*(?:[,.;)]|\Z|U\.?S))"
)
_BRITISH = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_CANADIAN = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b")
_WITH_POSTCODE = re.compile(r"[\s\d-]+")
_MOST_WORDS = 9


def country_of(places: Sequence[Place], *, home: str | None) -> Found[str] | None:
    """The country of an address, by its own words; `home` is that of the Urgent Action.

    None where the address names no country and no city that tells it.
    """
    texts = [(number, text[:_LONGEST]) for number, text in places if not embassy_of(text)]
    for number, text in reversed(texts):
        code, state = _ends_with_country(text), _state_in(text)
        if code and not (code == "GE" and (home == "US" or state)):
            return Found(code, number)
        if code or state:
            # Georgia is a state too.
            rule = "a US state and its ZIP code" if state else "a US state"
            return Found("US", number, Certainty.INFERRED, rule)
    for number, text in reversed(texts):
        if found := _by_postcode(number, text) or _by_capital(number, text):
            return found
    return None


def ends_address(text: str) -> bool:
    """Whether a line ends an address: with a country, a capital, or a US ZIP code."""
    text = text[:_LONGEST]
    if embassy_of(text):
        return False
    return bool(_ends_with_country(text) or _state_in(text) or _by_capital(0, text))


def names_country(text: str) -> bool:
    """Whether a line of an address ends with the name of a country."""
    return _ends_with_country(text[:_LONGEST]) is not None


def names_capital(text: str) -> bool:
    """Whether a line of an address has a capital, and is no country's name."""
    text = text[:_LONGEST]
    return not country_named(text) and _by_capital(0, text) is not None


def _ends_with_country(text: str) -> str | None:
    """The country that a line of an address ends with, or is."""
    text = text.strip(" .")
    if code := country_named(text):
        return code
    last = _PARTS.split(text)[-1]
    code = country_named(last)
    if code:
        return code
    words = last.split()
    for start in range(max(1, len(words) - _MOST_WORDS), len(words)):
        # Nur-Sultan 010000 Kazakhstan, Nairobi Kenya: a postcode or the capital before it.
        code = country_named(" ".join(words[start:]))
        if code and (words[start - 1][-1].isdigit() or capital_of(" ".join(words[:start])) == code):
            return code
    for end in range(len(words) - 1, 0, -1):
        # Kazakhstan 010000.
        if _WITH_POSTCODE.fullmatch("".join(words[end:])):
            if code := country_named(" ".join(words[:end])):
                return code
        else:
            break
    return None


def _state_in(text: str) -> str | None:
    """The US state that stands before a ZIP code."""
    for found in _ZIP.finditer(text):
        words = found["state"].replace(".", "").split()
        for name in (" ".join(words), words[-1]):
            if state := us_states().get(name):
                return state
    return None


def _by_postcode(number: int, text: str) -> Found[str] | None:
    if _CANADIAN.search(text):
        return Found("CA", number, Certainty.INFERRED, "a Canadian postcode")
    if _BRITISH.search(text):
        return Found("GB", number, Certainty.INFERRED, "a British postcode")
    return None


def _by_capital(number: int, text: str) -> Found[str] | None:
    for part in reversed(_PARTS.split(text)):
        words = [word for word in part.split() if not word.strip("-.").isdigit()]
        city = " ".join(words)
        if code := capital_of(city):
            return Found(code, number, Certainty.INFERRED, f"{city} lies there")
    return None


def zone_of(country: str, places: Sequence[Place]) -> Found[str] | None:
    """The time zone of an address in `country`; None where the country has several."""
    zones = zones_of(country)
    if len(zones) == 1:
        rule = f"the one zone of {countries().get(country, country)}"
        return Found(zones[0], None, Certainty.INFERRED, rule)
    for number, text in reversed(places):
        state = _state_in(text[:_LONGEST]) if country == "US" else None
        # A state that has one zone says more than a city, since many cities share a name.
        zone = state_zone(state) if state and state != "DC" else None
        if state and zone:
            return Found(zone, number, Certainty.INFERRED, f"the zone of the state {state}")
        if city := zone_in(country, text[:_LONGEST]):
            return Found(city[1], number, Certainty.INFERRED, f"the zone of {city[0]}")
    return None
