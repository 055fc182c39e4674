"""The labels that stand before contacts, and how a line falls into what stands before each.

It knows labels and where they may stand, never what a valid contact is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BOTH", "OTHER", "SALUTATION", "Labelled", "labels_in"]

BOTH = "phone and fax"
"""One number that takes calls and faxes."""
SALUTATION = "salutation"
OTHER = "other"
"""A contact that no field holds, such as a contact form."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label and what follows it, up to the next label."""

    field: str
    """A field of `model.Target`, or one of the words above."""
    label: str
    """As the document calls it, in small letters."""
    text: str
    at: int
    """Where the label begins in its line."""
    glued: bool = False
    """Whether text stands before it with no mark between."""


_PHONE = r"(?:tele)?phones?(?:\snumbers?)?|tel(?:s|ephones?)?|mobiles?|cell(?:\sphone)?|ph"
_FAX = r"(?:tele)?fax(?:es)?|facsimiles?"
_AND = r"\.?\s?(?:/|&|and|-|,)\s?"
_KINDS = (
    (BOTH, rf"(?:{_PHONE}){_AND}(?:{_FAX})|(?:{_FAX}){_AND}(?:{_PHONE})"),
    ("fax", rf"(?:{_FAX})(?:\s(?:numbers?|nos?\.?|lines?))?"),
    ("phone", rf"(?:{_PHONE})(?:\s(?:numbers?|nos?\.?))?|switchboard|hotline"),
    ("cc", r"c\.?c\.?"),
    (
        "twitter",
        (
            r"twitter\s?/\s?x|x\s?/\s?twitter|x\s\((?:formerly\s)?twitter\)"
            r"|twitter(?:\s(?:handle|account)s?)?|tweet(?:\sto)?"
        ),
    ),
    ("facebook", r"facebook(?:\s(?:page|account|messenger)s?)?|fb"),
    (
        "email",
        (
            r"e\s?[-\u2010-\u2013]?\s?mails?(?:\s(?:address(?:es)?|to))?|correo(?:\selectr[oó]nico)?"
            r"|courriel"
        ),
    ),
    (SALUTATION, r"salutations?|form\sof\saddress|greeting"),
    (
        OTHER,
        (
            r"instagram|ig|online\scontact\sform|contact\sform|online\sform|web\s?form|web\s?sites?"
            r"|web\s?pages?|web|url|via\swebsite|whats\s?app|telegrams?|telex(?:es)?|cables?|youtube"
            r"|linkedin|vk|vkontakte|weibo|wechat|skype|sms|signal|viber|tiktok"
            r"|telegraph(?:ic\saddress)?"
        ),
    ),
    ("address", r"(?:postal\s|mailing\s|street\s|post\s|office\s)?address|by\spost"),
    ("name", r"name"),
    ("role", r"title|position|role"),
)
_SHORT = (("phone", "t"), ("fax", "f"), ("email", "e"), ("twitter", "x"))
_WORDS = "|".join(
    rf"(?P<k{number}>{pattern})"
    for number, (_, pattern) in enumerate((*_KINDS, *_SHORT))
)  # fmt: skip
_LABEL = re.compile(
    rf"(?<![^\W\d_])(?<![@./#\u2019'-])(?:{_WORDS})(?![^\W\d_])(?![@/])"
    r"(?P<which>\.?\s?\d(?=\s?[:.)]))?\.?(?P<remark>\s?\([^()]{0,60}\))?(?P<colon>\s?[:\uff1a])?",
    re.IGNORECASE,
)
# What may follow a label without a colon.
_PLAIN = {
    BOTH: re.compile(r"\s*[+(\d]"),
    "fax": re.compile(r"\s*[+(\d]"),
    "phone": re.compile(r"\s*[+(\d]"),
    "email": re.compile(r"\s+[^\s@]{1,80}@"),
    "twitter": re.compile(r"\s+(?:@|https?:)"),
    "facebook": re.compile(r"\s+(?:@|https?:|www\.)"),
    SALUTATION: re.compile(r"\s+(?:dear|your|excellency|monsieur|sir|madam)\b", re.IGNORECASE),
    OTHER: re.compile(r"\s+(?:@|https?:|www\.|\+?\d{5})"),
}
_ALONE = frozenset({BOTH, "fax", "phone", "twitter", "facebook", "email", SALUTATION, OTHER})
_MARK_BEFORE = re.compile(r"(?:[,;|/)(\[\u2022\u00b7]|(?<!\w)(?:I|or|OR|and|AND|&|-|\u2013))\s*\Z")
_VALUE_BEFORE = re.compile(r"(?:\d|@\S{1,40})\s+\Z")
_QUALIFIERS = (
    "office press personal private work direct general main central alternative alternate "
    "secretary assistant protocol public relations human rights department official page "
    "account government minister's president's secretariat via by through send also please "
    "its his her their home media other new switchboard contact use on the and or verified an "
    "a "
)
_LONGEST_QUALIFIER = 40
_CLOSES = re.compile(r"[\s,;|/(\[\u2022\u00b7-]+\Z|[\s,;|/(\[]+(?:I|or|OR|and|AND|&)\s*\Z")


def labels_in(text: str) -> tuple[str, tuple[Labelled, ...]]:
    """What stands before the first label of a line, and each label with what follows it."""
    found = list(_found(text))
    parts = []
    for here, (field, label, start, end) in enumerate(found):
        until = found[here + 1][2] if here + 1 < len(found) else len(text)
        value = _trimmed(text[end:until])
        parts.append(Labelled(field, label, value, start, _is_glued(text, start)))
    head = _trimmed(text[: found[0][2]]) if found else text
    return head, tuple(parts)


def _trimmed(text: str) -> str:
    text = text.strip()
    for _ in range(2):
        # A mark at the end parts this from the next label.
        tail = text[-40:]
        text = text[: len(text) - len(tail)] + _CLOSES.sub("", tail)
    return text.strip()


def _found(text: str) -> Iterator[tuple[str, str, int, int]]:
    last = 0
    for match in _LABEL.finditer(text):
        number = int((match.lastgroup and _kind_of(match)) or 0)
        field = (*_KINDS, *_SHORT)[number][0]
        start, short = match.start(), number >= len(_KINDS)
        before = text[max(last, start - _LONGEST_QUALIFIER) : start]
        if not _stands(text, match, field, before, short=short):
            continue
        qualifier = _qualifier(before)
        start -= len(qualifier)
        named = text[start : match.end()].rstrip(":\uff1a ").strip().casefold()
        if match["remark"] and not match["colon"] and match["remark"].strip(" ()+-").isdigit():
            # An area code in brackets.
            end = match.start("remark")
            named = text[start:end].strip().casefold()
        else:
            end = match.end()
        yield field, named, start, end
        last = end


def _kind_of(match: re.Match[str]) -> int:
    return next(n for n in range(len(_KINDS) + len(_SHORT)) if match[f"k{n}"] is not None)


def _stands(text: str, match: re.Match[str], field: str, before: str, *, short: bool) -> bool:
    """Whether a label stands here, and not a word of a text."""
    marked = not before.strip() or bool(_MARK_BEFORE.search(before))
    if match["colon"]:
        if text[match.end() : match.end() + 2] == "//":
            return False
        if short or field == "cc":
            # T: +44 20 F: +44 21; but no word before it, as in Malcolm X: a life.
            return marked or (before[-1:].isspace() and _VALUE_BEFORE.search(before) is not None)
        return marked or field not in {"name", "role", "address"}
    if short or field in {"name", "role", "address", "cc"}:
        return False
    rest_at = match.end("which") if match["which"] else match.end()
    if match["remark"]:
        rest_at = match.start("remark") if match["remark"].strip()[1:2].isdigit() else rest_at
    follows = _PLAIN[field].match(text, rest_at)
    if follows:
        return marked or before[-1:].isspace() or before[-1:].isdigit()
    # A label alone on its line, whose value stands on the next.
    alone = text.strip() == match.group().strip() if len(text) <= _LONGEST_QUALIFIER else False
    return alone and field in _ALONE


def _qualifier(before: str) -> str:
    """``Press office`` before ``email:``: words that say whose contact it is, no address."""
    words = before.split()
    if not words or any(_bare(word) not in _qualifiers() for word in words):
        return ""
    return before.lstrip() if before.strip() else ""


@cache
def _qualifiers() -> frozenset[str]:
    return frozenset(_QUALIFIERS.split())


def _bare(word: str) -> str:
    return word.casefold().replace("\u2019", "'")


def _is_glued(text: str, start: int) -> bool:
    before = text[max(0, start - _LONGEST_QUALIFIER) : start]
    return bool(before.strip()) and not _MARK_BEFORE.search(before)
