"""Whether one line holds the words of two officials, as where two columns were read as one.

It judges one line of text at a time, and says so too often rather than too seldom.
"""

from __future__ import annotations

import re
from itertools import pairwise

from uadispatch.campaign.notices.targets.office_words import (
    HOUSES,
    JOINTS,
    PREFIXES,
    SIGNS,
    WHOLE_OFFICES,
    WHOSE_HOUSE,
)
from uadispatch.campaign.notices.targets.offices import (
    EMBASSY,
    LONGEST_LINE,
    OF,
    Sort,
    is_name,
    is_of_office,
    is_titled,
    readable,
    sort_of,
    untitled,
    words_of,
)
from uadispatch.campaign.notices.targets.official_names import names_in

__all__ = ["tells_two"]

_REMARK = re.compile(r"\([^()]*\)\Z")
"""The name of an institution in another language, or a remark."""
_OF_NOBODY = frozenset(["ministry", "court", "embassy", "parliament", "congress", "senate"])
"""Institutions that are named for a thing or a state; an office is named for a person."""
_OF_A_HOUSE = frozenset(
    ["chairman", "secretary", "director", "registrar", "president", "commissioner",
     "superintendent", "inspector", "speaker", "governor", "commander", "ombudsman"]
)  # fmt: skip
"""Offices that are called by the institution before them: Parole Board Chairman."""
_ENDED = [[office, "general"] for office in ("prosecutor", "attorney", "secretary", "director")]


def tells_two(text: str) -> bool:
    """Whether two officials stand on one line with no mark between them, as from two columns."""
    text = _REMARK.sub("", text) if len(text) <= LONGEST_LINE else text
    words = readable(text)
    # Two offices with a comma between may be one person's.
    parted = readable(text.replace(",", " and "))
    if _has_two_offices(parted) or _has_office_within(parted):
        return True
    if _has_embassy_within(text.partition(",")[0]):
        return True
    if len(words) < 3 or "," in text:  # noqa: PLR2004 - a title and a name are one
        return False
    if _has_embassy_within(text) or _has_house_within(text, words):
        return True
    if sort_of(" ".join(text.split()[:2])) is not Sort.PERSON and not is_titled(words):
        name = names_in(text).name
        return bool(name) and name != text and tells_two(name)
    return _has_two_names(words)


def _has_two_names(words: list[str]) -> bool:
    """Ana Lopes His Excellency Juma Okello; Ana Lopes Embassy of Peru."""
    name = untitled(words)
    return any(
        (name[at] in SIGNS and name[at - 1] not in JOINTS)
        or (name[at] in WHOSE_HOUSE | WHOLE_OFFICES and is_name(name[:at]))
        for at in range(1, len(name))
    )


def _has_office_within(words: list[str]) -> bool:
    """Supreme Court of Peru Minister of Health; PO Box 4 Minister of Health."""
    for at in range(2, len(words)):
        if not _is_whole(words[at]):
            continue
        start = at
        while start and words[start - 1] in PREFIXES:
            start -= 1
        last = words[start - 1] if start else ""
        if last in HOUSES and (words[at] not in _OF_A_HOUSE or words[at + 1 : at + 2] == ["of"]):
            return start > 1
        if last.isdigit() or (start == at and _is_house_before(words, at)):
            return True
    return False


def _is_house_before(words: list[str], at: int) -> bool:
    if words[at - 1] in JOINTS:
        return False
    before = set(words[: at - 1])
    if not is_of_office(words[at - 1]) and HOUSES & before:
        return True
    return "of" in words[1 : at - 1] and bool(_OF_NOBODY & before)


def _is_whole(word: str) -> bool:
    """Whether it is an office of which one line has one; Co-Ministers are two who share it."""
    return word in WHOLE_OFFICES or word.rpartition("-")[2].removesuffix("s") in WHOLE_OFFICES


def _has_house_within(text: str, words: list[str]) -> bool:
    """Ana Lopes Supreme Court of Peru; Minister of Justice Office of the Director."""
    parts = text.split()
    if len(parts) != len(words):
        return False
    for at in range(1, len(words) - 1):
        if at == 1 and not WHOLE_OFFICES & set(words[2:]):
            continue
        if words[at] in HOUSES and words[at + 1] in {"of", "for"} and words[at - 1] not in JOINTS:
            start = at - 1 if is_of_office(words[at - 1]) and words[at] != "office" else at
            before = sort_of(" ".join(parts[:start]))
            if before is not Sort.OTHER and before is not Sort.HOUSE:
                return True
    return False


def _has_two_offices(words: list[str]) -> bool:
    """Minister of Justice Attorney General; but not the deputy of one."""
    whole = [
        at
        for at, word in enumerate(words)
        if _is_whole(word)
        or words[at : at + 2] == ["chief", "justice"]
        or (word in {"head", "chief"} and words[at + 1 : at + 2] == ["of"])
    ]
    for before, at in pairwise(whole):
        start = at
        while start > before + 1 and words[start - 1] in PREFIXES - JOINTS:
            start -= 1
        if words[before:start] in _ENDED or words[start - 1] not in JOINTS:
            return True
    return False


def _has_embassy_within(text: str) -> bool:
    found = EMBASSY.search(text[:LONGEST_LINE])
    if not found or not OF.match(text[found.end() : LONGEST_LINE]):
        return False
    before = words_of(text[: found.start()])
    return bool(before) and before[-1] not in JOINTS | {
        "royal",
        "british",
        "american",
        "c/o",
        "via",
    }
