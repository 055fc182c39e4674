"""Which of the layouts of 1998-2024 a document has; it knows their marks and nothing more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Variant

if TYPE_CHECKING:
    from uadispatch.campaign.notices.document import Document

__all__ = ["variant_of"]

_LONGEST_MARK = 200
_ENOUGH = 2
"""A layout whose marks weigh so much is taken; a mark that no other layout has weighs that."""

_MARKS: tuple[tuple[Variant, int, str], ...] = (
    (Variant.LABELLED, 1, r"urgent action title ?:"),
    (Variant.LABELLED, 1, r"urgent action (?:type|type and number|summary) ?:"),
    (Variant.LABELLED, 1, r"urgent action letter ?:"),
    (Variant.LABELLED, 1, r"(?:publication date|index number|appeal deadline notice) ?:"),
    (Variant.LABELLED, 1, r"target\W?s?\W? ?contact details\b"),
    (Variant.BULLETS, 2, r"please write immediately\b"),
    (Variant.BULLETS, 2, r"(?:please )?send (?:your )?appeals before\b"),
    (Variant.BULLETS, 2, r"let us know (?:that )?you took action\b"),
    (Variant.BULLETS, 2, r"contact (?:this|these) [^:.]{0,60}officials? by\b"),
    (Variant.SAMPLE_LETTER, 2, r"take action\b ?(?::|\Z)"),
    (Variant.SAMPLE_LETTER, 2, r"please take action as[ -]soon[ -]as[ -]possible\b"),
    (Variant.SAMPLE_LETTER, 2, r"write a(?:n appeal| letter) in your own words or using\b"),
    (Variant.SAMPLE_LETTER, 1, r"this urgent action expires on\b"),
    (Variant.SAMPLE_LETTER, 1, r"click here to let us know the actions you took\b"),
    (Variant.SAMPLE_LETTER, 2, r"names? and pref?[a-z]{0,9} ?pronouns? ?:|name and pronouns? ?:"),
    (Variant.SAMPLE_LETTER, 2, r"link to previous (?:ua|urgent action) ?:"),
    (Variant.SAMPLE_LETTER, 2, r"this is the \w+ and final output for\b"),
    (Variant.SAMPLE_LETTER, 1, r"preferred languages? to address target"),
    (Variant.SAMPLE_LETTER, 1, r"sample letter\b ?(?::|\Z|dear )"),
    (Variant.LETTER_SPACED, 2, r"u r g e n t\b"),
    (Variant.LETTER_SPACED, 2, r"u {2,}r {2,}g {2,}e {2,}n {2,}t\b"),
    (Variant.LETTER_SPACED, 2, r"appeals to ?: ?\(?salutations?\b"),
    (Variant.APPEAL, 2, r"urgent action appeal\b"),
    (Variant.APPEAL, 1, r"recommended actions? ?:"),
    (Variant.APPEAL, 1, r"(?:please send )?appeals to ?:"),
    (Variant.APPEAL, 1, r"please send appeals immediately\b"),
)
_COMPILED = tuple(
    (variant, weight, re.compile(mark, re.IGNORECASE)) for variant, weight, mark in _MARKS
)
_PREFERENCE = (
    Variant.LABELLED,
    Variant.LETTER_SPACED,
    Variant.BULLETS,
    Variant.APPEAL,
    Variant.SAMPLE_LETTER,
)
"""Where marks weigh the same: the layout with the plainer marks first."""

_BULLET = re.compile(r"\A(?:[0-9]{1,2}[.)]|[•*-]) ?(?=[a-z])", re.IGNORECASE)
_HEAD_WITH_INDEX = re.compile(
    r".{0,60}\bUA ?:? ?[0-9]{1,4} ?[/.] ?[0-9]{2,4} index ?:", re.IGNORECASE
)
_HEAD_WITH_TITLE = re.compile(
    r"(?:further information on )?(?:ua|extra) ?:? ?[0-9]{1,4} ?/ ?(?:19|20)?(?P<year>[0-9]{2})\b",
    re.IGNORECASE,
)
_NO_YEAR_YET = 60
"""There was no Urgent Action before 1961: 60 and less are years of this century."""
_LAST_OF_LETTER_SPACED = 2003
_LAST_OF_APPEAL = 2009
_LAST_OF_BULLETS = 2018


def variant_of(document: Document) -> Variant:
    """The layout of `document`, by its marks."""
    weights = dict.fromkeys(_PREFERENCE, 0)
    seen: set[int] = set()
    for line in document.lines:
        short = _BULLET.sub("", line.text[:_LONGEST_MARK], count=1)
        for row, (variant, weight, mark) in enumerate(_COMPILED):
            if row not in seen and mark.match(short):
                seen.add(row)
                weights[variant] += weight
    if weights[Variant.LABELLED] >= _ENOUGH:
        # It has the foot of the next layout too.
        return Variant.LABELLED
    best = max(_PREFERENCE, key=lambda variant: weights[variant])
    if weights[best] < _ENOUGH:
        return _by_head(document)
    if best is Variant.APPEAL and _by_head(document) is Variant.LETTER_SPACED:
        return Variant.LETTER_SPACED
    return best


def _by_head(document: Document) -> Variant:
    """What the head alone tells, as in a notice that a case is closed."""
    for line in document.lines:
        short = line.text[:_LONGEST_MARK]
        if _HEAD_WITH_INDEX.match(short):
            return Variant.BULLETS
        if found := _HEAD_WITH_TITLE.match(short):
            year = int(found["year"]) + (1900 if int(found["year"]) > _NO_YEAR_YET else 2000)
            if year <= _LAST_OF_LETTER_SPACED:
                return Variant.LETTER_SPACED
            if year <= _LAST_OF_APPEAL:
                return Variant.APPEAL
            return Variant.BULLETS if year <= _LAST_OF_BULLETS else Variant.SAMPLE_LETTER
    return Variant.UNKNOWN
