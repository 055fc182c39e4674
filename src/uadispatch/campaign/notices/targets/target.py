"""One entry of an address list -> a target: who, where, and every contact in its field.

It fills in only what the entry says or a named rule tells; it knows nothing of other entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import countries
from uadispatch.campaign.notices.notice import Certainty, Doubt, Found, FoundTarget
from uadispatch.campaign.notices.targets.contact_labels import BOTH, OTHER
from uadispatch.campaign.notices.targets.contact_values import values_of
from uadispatch.campaign.notices.targets.offices import office_words
from uadispatch.campaign.notices.targets.officials import official_in
from uadispatch.campaign.notices.targets.salutations import greetings_in
from uadispatch.campaign.notices.targets.whereabouts import country_of, zone_of
from uadispatch.campaign.notices.wording.countries import countries_in
from uadispatch.campaign.text import line
from uadispatch.campaign.values import PhoneNumber, PostalAddress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.targets.blocks import Block
    from uadispatch.campaign.notices.targets.contact_lines import Entry
    from uadispatch.campaign.notices.targets.officials import Official

__all__ = ["target_in"]

_HOME = "the country of the Urgent Action"


@dataclass(slots=True)
class _Contacts:
    """The contacts of one target, while they are gathered."""

    fields: dict[str, Found[str]] = field(default_factory=dict)
    more: list[tuple[str, Found[str]]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def target_in(block: Block, home: str | None) -> tuple[FoundTarget | None, list[Doubt]]:
    """The target of `block`, its id left open; None where it names no official.

    `home` is the country that the Urgent Action concerns.
    """
    official = official_in(block.texts)
    if official is None or not _is_line(official.name.value):
        return None, []
    who = official.name.value
    country = _country(official, block, home)
    contacts = _Contacts()
    for entry in block.contacts:
        _take(contacts, entry, country, who)
    address, said = _address(official)
    salutation = _salutation(block, official, contacts.doubts)
    zone = zone_of(country.value, official.places) if country else None
    fields = contacts.fields
    target = FoundTarget(
        id=Found("", None),
        name=official.name,
        role=official.role if official.role and _is_line(official.role.value) else None,
        salutation=salutation,
        country=country,
        represents=official.represents,
        timezone=zone,
        address=address,
        phone=fields.get("phone"),
        fax=fields.get("fax"),
        email=fields.get("email"),
        twitter=fields.get("twitter"),
        facebook=fields.get("facebook"),
        more=tuple(contacts.more),
        copy=block.copy,
    )
    doubts = [*contacts.doubts, *said]
    if not fields and not address:
        doubts.append(Doubt(f"no contact that can be used was found for {who}", official.name.line))
    return target, doubts


def _is_line(text: str) -> bool:
    try:
        line(text)
    except ValueError:
        return False
    return True


def _country(official: Official, block: Block, home: str | None) -> Found[str] | None:
    found = country_of(official.places, home=home)
    if found or official.represents or home is None:
        return found
    if any(_names_lost_state(text) for _, text in official.places):
        return None
    regions = {region for entry in block.contacts for region in _regions(entry)}
    # An office with a number abroad may itself be abroad.
    return None if regions - {home} else Found(home, None, Certainty.INFERRED, _HOME)


def _names_lost_state(text: str) -> bool:
    """Whether an address ends with a state that has no code: a list may hold it beside others."""
    last = text.rpartition(",")[2].strip()
    return bool(last) and countries_in(f"{last}, France") == ("FR",)


def _regions(entry: Entry) -> set[str]:
    """The countries of the numbers that are written with a country code."""
    if entry.field not in {"phone", "fax", BOTH}:
        return set()
    kind = "phone" if entry.field == BOTH else entry.field
    read = [
        PhoneNumber.read(number)
        for number in values_of(kind, entry.text, region=None).good
        if number.startswith("+")
    ]
    return {number.region for number in read if number.region}


def _take(contacts: _Contacts, entry: Entry, country: Found[str] | None, who: str) -> None:
    """Put the contacts of `entry` into their field; what a field cannot hold, beside it."""
    if entry.field == OTHER:
        text = entry.text or next((link.to for link in entry.links), "")
        if text:
            contacts.more.append((entry.label, Found(text, entry.line)))
        return
    for name in ("phone", "fax") if entry.field == BOTH else (entry.field,):
        values = values_of(
            name, entry.text, region=country.value if country else None, links=entry.links
        )
        for value in values.good:
            found = _found(value, entry, country, by_link=values.by_link)
            if name in contacts.fields:
                if contacts.fields[name].value != value:
                    contacts.more.append((name, found))
            else:
                contacts.fields[name] = found
        contacts.more += [(name, Found(value, entry.line)) for value in values.bad]
        contacts.doubts += [
            Doubt(says.replace("{}", who), entry.line, asks=asks) for says, asks in values.says
        ]


def _found(value: str, entry: Entry, country: Found[str] | None, *, by_link: bool) -> Found[str]:
    if by_link:
        return Found(value, entry.line, Certainty.INFERRED, "where its link leads")
    if entry.rule:
        return Found(value, entry.line, Certainty.INFERRED, entry.rule)
    is_number = entry.field in {"phone", "fax", BOTH}
    if is_number and country and country.rule == _HOME and not value.startswith("+"):
        name = countries().get(country.value, country.value)
        rule = f"read as a number of {name}, {_HOME}"
        return Found(value, entry.line, Certainty.INFERRED, rule)
    return Found(value, entry.line)


def _address(official: Official) -> tuple[Found[str] | None, list[Doubt]]:
    """The lines that are left; a country alone is no address."""
    lines = [text.strip(" ;") for _, text in official.places]
    if not any(text and not countries_in(text) for text in lines):
        return None, []
    written = "\n".join(text for text in lines if text)
    number = official.places[0][0]
    try:
        PostalAddress.read(written)
    except ValueError as error:
        return None, [
            Doubt(f"the address of {official.name.value} cannot be used: {error}", number)
        ]
    return Found(written, number), []


def _salutation(block: Block, official: Official, doubts: list[Doubt]) -> Found[str] | None:
    who = official.name.value
    for entry in block.greetings:
        offered = greetings_in(entry.text)
        if not offered:
            says = f"the salutation of {who} cannot be read: “{entry.text[:100]}”"
            doubts.append(Doubt(says, entry.line, asks=False))
            continue
        greeting = _fitting(official, offered)
        if len(offered) > 1:
            which = "the first" if greeting == offered[0] else f"“{greeting}”, as the office is,"
            says = f"{who} may be greeted with “{'” or “'.join(offered)}”; {which} was taken"
            doubts.append(Doubt(says, entry.line, asks=False))
        if entry.label:
            return Found(greeting, entry.line)
        rule = "the greeting that stands beside the address"
        return Found(greeting, entry.line, Certainty.INFERRED, rule)
    return None


def _fitting(official: Official, offered: Sequence[str]) -> str:
    """The first greeting, unless it is for another office and a later one is for this."""
    office = office_words((official.role or official.name).value)
    office |= {"ambassador"} if official.represents else frozenset()
    named = office_words(offered[0])
    if not named or named & office:
        return offered[0]
    return next((each for each in offered if office_words(each) & office), offered[0])
