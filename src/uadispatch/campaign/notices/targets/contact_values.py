"""What follows the label of a contact -> the contacts in it, each as written, and what is wrong.

Whether a contact is valid is asked of the classes that messages are sent by; nothing is mended,
moved to another field or put together here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.targets.contact_labels import BOTH
from uadispatch.campaign.values import (
    Contact,
    EmailAddress,
    FacebookHandle,
    PhoneNumber,
    TwitterHandle,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.document import Link

__all__ = ["Values", "continues", "form_of", "values_of"]


@dataclass(frozen=True, slots=True)
class Values:
    """The contacts that one label has."""

    good: tuple[str, ...] = ()
    """Valid, in their order."""
    bad: tuple[str, ...] = ()
    """Not valid for this field: kept, never sent to."""
    says: tuple[tuple[str, bool], ...] = ()
    """What a person should know, and whether he must decide; ``{}`` stands for the target."""
    by_link: bool = False
    """Whether they were read from where a link leads."""


_EMAIL = re.compile(
    r"[^\s,;|<>()\[\]/:@\"\u201c\u201d]{1,64}@[^\s,;|<>()\[\]/@\"\u201c\u201d]{1,190}"
)
_HIDDEN = re.compile(r"\[ ?email ?(?:\u00a0)?protected ?\]", re.IGNORECASE)
_REMARK = re.compile(r"\(([^()]{0,300})\)")
_AREA = re.compile(r"[\s+\d\-/.]*")
_PART = re.compile(
    r"\s*[,;|\u2022]\s*|\s+(?:or|OR|Or|and|AND|I|&)\s+|\s+/\s*|/\s+|/(?=\+|00)|\s+(?=\+)"
)
_NUMBER = re.compile(
    r"\(?\+?[\s\d().\-/\u2010-\u2015]*\d(?:\s?(?:ext\.?|x|#)\s?\d{1,7})?", re.IGNORECASE
)
_PAGE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"@\s?[A-Za-z0-9_.]+")
_BARE_PAGE = re.compile(
    r"(?:[a-z0-9-]+\.){1,5}[a-z]{2,10}/\S*|(?:(?:www|m|mobile)\.)?(?:twitter|x|facebook|fb)\.com/\S+",
    re.IGNORECASE,
)
_CONTACTS: dict[str, type[Contact]] = {
    "email": EmailAddress,
    "phone": PhoneNumber,
    "fax": PhoneNumber,
    "twitter": TwitterHandle,
    "facebook": FacebookHandle,
}
_SHORTEST_NUMBER = 7
_EMPTY = frozenset({"", "n/a", "none", "-", "\u2013", "not available", "unknown", "no", "tbc"})


def form_of(text: str) -> str | None:
    """What a text is by its form: an email address, a number, a page, a handle; None: nothing."""
    text = text.strip(" .,;")
    if _EMAIL.fullmatch(text):
        return "email address"
    if _PAGE.fullmatch(text) or _BARE_PAGE.fullmatch(text):
        return "page"
    if _HANDLE.fullmatch(text):
        return "handle"
    if len(text) <= len("+") * 60 and _NUMBER.fullmatch(text) and _digits(text) >= _SHORTEST_NUMBER:
        return "number"
    return None


def continues(field: str, text: str) -> bool:
    """Whether a line without a label holds further contacts of the label before it."""
    if len(text) > 300:  # noqa: PLR2004 - no line of contacts is longer
        return False
    parts = [_REMARK.sub(" ", part).strip() for part in _PART.split(text)]
    forms = {form_of(part) for part in parts if part}
    fits = {
        "email": {"email address"},
        "phone": {"number"},
        "fax": {"number"},
        BOTH: {"number"},
        "twitter": {"handle", "page"},
        "facebook": {"handle", "page"},
    }.get(field, {"page", "handle", "email address"})
    if forms == {"number"} and not any(part.startswith(("+", "(")) for part in parts):
        # A postcode, or the number of a house and its postcode, has no more digits.
        return bool(forms <= fits) and min(map(_digits, filter(None, parts))) >= _SHORTEST_NUMBER
    return bool(forms) and forms <= fits


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def values_of(field: str, text: str, *, region: str | None, links: Sequence[Link] = ()) -> Values:
    """The contacts of `field` in `text`; numbers are read in `region`."""
    if _HIDDEN.search(text):
        return Values(
            says=(("{} has an email address that its page hides: “[email protected]”", False),)
        )
    read = _read(field, text, region)
    linked = [to for link in links if (to := _target(field, link, text))]
    if not read.good and linked and form_of(text) is None:
        return replace(_read(field, linked[0], region), by_link=True)
    for to in linked:
        if field == "email" and read.good and to.casefold() not in map(str.casefold, read.good):
            says = f"the text says “{read.good[0]}” for {{}}, but its link leads to “{_short(to)}”"
            return replace(read, says=(*read.says, (says, True)))
    return read


def _target(field: str, link: Link, text: str) -> str | None:
    """Where `link` leads, if that is a contact of `field` and the link stands in `text`."""
    to = link.to.strip()
    scheme, _, rest = to.partition(":")
    if link.text not in text and text.strip():
        return None
    if field == "email" and scheme.casefold() == "mailto":
        return rest.partition("?")[0].strip()
    if field in {"phone", "fax"} and scheme.casefold() in {"tel", "fax"}:
        return rest.strip()
    is_handle = field in {"twitter", "facebook"} and scheme.casefold() in {"http", "https"}
    return to if is_handle else None


def _read(field: str, text: str, region: str | None) -> Values:
    if text.strip(" .:").casefold() in _EMPTY:
        return Values()
    if field == "email":
        return _emails(text)
    return _numbers(field, text, region) if field in {"phone", "fax"} else _handles(field, text)


def _valid(field: str, text: str, region: str | None) -> bool:
    try:
        read = _CONTACTS[field].read(text, region=region)
        if isinstance(read, PhoneNumber) and text.startswith("00"):
            # Where calls abroad begin otherwise, 00 and a country code could pass for an area's.
            return PhoneNumber.read(f"+{text[2:].strip()}").value == read.value
    except ValueError:
        return False
    return not (field == "fax" and isinstance(read, PhoneNumber) and read.extension)


def _emails(text: str) -> Values:
    found = [match.group().strip(".'\u2019") for match in _EMAIL.finditer(text)]
    good = tuple(dict.fromkeys(each for each in found if _valid("email", each, None)))
    rest = _REMARK.sub(" ", _EMAIL.sub(" \ue000 ", text))
    before = rest.partition("\ue000")[0].strip(" :,;-\u2013<[").casefold()
    if not found or before not in {"", "via", "or", "to", "and", "send to", "mailto"}:
        # "john doe@example.org" would reach someone else's doe.
        return _wrong("email", text)
    between = [part.strip(" ,;|/&<>[].") for part in rest.split("\ue000")[1:]]
    remarks = [part for part in between if part and part.casefold() not in {"or", "and", "i"}]
    bad = tuple(each for each in dict.fromkeys(found) if each not in good)
    says = [(f"the email field of {{}} holds what is no email address: “{_short(each)}”", True)
            for each in bad]  # fmt: skip
    return Values(good, bad, (*says, *_remarks("email", [*remarks, *_in_brackets(text)])))


def _in_brackets(text: str) -> list[str]:
    return [r for r in _REMARK.findall(text) if r.strip() and not _EMAIL.search(r)]


def _remarks(field: str, remarks: Sequence[str]) -> list[tuple[str, bool]]:
    if not remarks:
        return []
    said = "; ".join(_short(remark) for remark in remarks[:5])
    return [(f"beside the {field} of {{}} stands a remark: “{said}”", False)]


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004 - what a person reads


_KINDS = {"email address": "an email address", "number": "a number", "page": "a page",
          "handle": "the name of an account"}  # fmt: skip


def _wrong(field: str, text: str) -> Values:
    """What is no contact of `field`, with both what the field is and what it holds."""
    text = text.strip()
    form = form_of(text) or (_EMAIL.search(text) and "email address")
    if field == "email" and (page := _PAGE.search(text)) and not _EMAIL.search(text):
        says = f"the email field of {{}} gives a page: “{_short(page.group())}”"
        return Values(bad=(text,), says=((says, False),))
    fits = {"email": "email address", "phone": "number", "fax": "number"}.get(field)
    if form and form != fits and not (fits is None and form in {"page", "handle"}):
        says = f"the {field} field of {{}} holds {_KINDS[form]}: “{_short(text)}”"
    else:
        says = f"the {field} of {{}} cannot be read: “{_short(text)}”"
    return Values(bad=(text,), says=((says, True),))


def _without_remarks(text: str) -> tuple[str, list[str]]:
    """A text with a mark for each remark in brackets, so that nothing grows together round it.

    Area codes stay.
    """
    remarks = [r for r in _REMARK.findall(text) if not _AREA.fullmatch(r)]
    kept = _REMARK.sub(lambda m: m.group() if _AREA.fullmatch(m.group(1)) else " | ", text)
    return kept, remarks


def _numbers(field: str, text: str, region: str | None) -> Values:
    text, remarks = _without_remarks(text)
    whole = text.strip(" .,;")
    parts = [part.strip(" .:") for part in _PART.split(text) if part.strip(" .:")]
    good: list[str] = []
    bad: list[str] = []
    says: list[tuple[str, bool]] = []
    for part in _slashed(parts, field, region):
        number = _NUMBER.match(part)
        rest = part[number.end() :].strip(" .,-") if number else part
        value = number.group().strip() if number else ""
        if number and rest and (not rest[0].isalpha() or _digits(rest)):
            number = None
        if number and _valid(field, value, region):
            good.append(value)
            remarks += [rest] if rest else []
        elif not _digits(part) and "@" not in part:
            remarks.append(part)
        elif good and _digits(part) < _SHORTEST_NUMBER and form_of(part) is None:
            # The other end of "+1 202 555 0100 / 01".
            bad.append(part)
        else:
            wrong = _wrong(field, part)
            bad += wrong.bad
            says += wrong.says
    if not good and not bad and whole:
        return _wrong(field, whole)
    return Values(tuple(dict.fromkeys(good)), tuple(bad), (*says, *_remarks(field, remarks)))


def _slashed(parts: Sequence[str], field: str, region: str | None) -> list[str]:
    """A stroke parts two numbers where it cannot belong to one: ``555 0100/0101``."""
    found: list[str] = []
    for part in parts:
        head, stroke, tail = part.partition("/")
        if not stroke or _valid(field, part, region) or not _valid(field, head.strip(), region):
            found.append(part)
        else:
            found += [head.strip(), *tail.split("/")]
    return found


def _handles(field: str, text: str) -> Values:
    text, remarks = _without_remarks(text)
    parts = [
        part.strip(" .")
        for part in re.split(r"\s*[,;|]\s*|\s+(?:or|OR|and|&|I|/)\s+|\s+(?=@|https?:)|/(?=@)", text)
    ]
    good: list[str] = []
    bad: list[str] = []
    says: list[tuple[str, bool]] = []
    for part in filter(None, parts):
        if good and good[0].startswith("@") and not any(mark in part for mark in "@/"):
            # A word after a name that has its mark is none.
            remarks.append(part)
        elif _valid(field, part, None) and not (part.isdigit() or part.isspace()):
            good.append(part)
        elif good and not any(mark in part for mark in "@/"):
            remarks.append(part)
        else:
            wrong = _wrong(field, part)
            bad += wrong.bad
            # A page is often called by its title, which leads nowhere by itself.
            is_title = " " in part and form_of(part) is None and "@" not in part
            says += [(text, not is_title) for text, _ in wrong.says] if is_title else wrong.says
    return Values(tuple(dict.fromkeys(good)), tuple(bad), (*says, *_remarks(field, remarks)))
