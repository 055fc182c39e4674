"""Who is at risk: the names and pronouns at the foot, or the names that V1 and V2 have in the head.

It never makes up a pronoun: ``(m)`` and ``(f)`` only show where a name ends.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Found, FoundPerson, Variant
from uadispatch.campaign.notices.parts.labels import Part
from uadispatch.campaign.notices.wording.countries import countries_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.campaign.notices.document import Document, Line
    from uadispatch.campaign.notices.parts.sections import Sections

__all__ = ["country_before_names", "read_people"]

_LABEL = re.compile(
    r"names?(?: ?\(s\))?(?: and (?:pref[a-z]{2,9} )?pronouns?(?: ?\(s\))?)? ?:\s?", re.IGNORECASE
)
_LABEL_ALONE = re.compile(r"names? and (?:pref[a-z]{2,9} )?pronouns?\Z", re.IGNORECASE)
_NEXT_LABEL = re.compile(
    r"\s?(?:gender(?: m/f)?\s?:|further information|link to|issue date|date\s?:|index\s?:)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"address\b|(?:n/?a|none|unknown|not applicable)\W*\Z", re.IGNORECASE)
_PRONOUN = re.compile(
    r"(?P<all>\b(?:both|all)\b[:,]?\s*)?"
    r"(?P<pronoun>\b(?:s?he|they|xe|ze|it)\s?/\s?[a-z]{2,6}(?:\s?/\s?[a-z]{2,6})?)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(?P<name>[^(),;]*)(?P<remark>\([^()]{0,80}\))?[,;]?")
_AND = re.compile(r"\s+(?:and|&)\s+|^\s*(?:and|&)\s+", re.IGNORECASE)
_SEX = re.compile(r"\(\s?(?:m|f|m/f|f/m|male|female|both|all)\s?\)", re.IGNORECASE)
_DASH = re.compile(r"\s?[-\u2013\u2014:]\s?")
_AGED = re.compile(r"\s?\(?\b(?:aged?|born)\b.*", re.IGNORECASE | re.DOTALL)
_LIKE_A_NAME = re.compile(
    r"[A-Z\u00c0-\u00dd][\w.'\u2019-]*"
    r"(?: (?:(?:al|el|de|del|da|dos|la|van|von|bin|ibn|abu|y)\b[ -]?)?"
    r"[A-Z\u00c0-\u00dd][\w.'\u2019-]*){1,4}\Z"
)
_KIN = re.compile(
    r"(?:his|her|their|the|its|a|an|other|another|one|two|three|four|five|and)\b", re.IGNORECASE
)
_ROLES = re.compile(
    r"\b(?:members?|families|family|people|workers|students|activists|journalists|committee"
    r"|residents|other|others|inhabitants|community|fear|concern|death|penalty|torture|legal"
    r"|health|safety|index|information|public|external|action|urgent|appeal)\b",
    re.IGNORECASE,
)
_REGION = re.compile(
    r"(?:(?:north|south|east|west|central|new|rhode|san|santa|saint|st\.?) )?[A-Z][\w'\u2019]* "
    r"(?=\S+ \S)",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia"
    r"|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts"
    r"|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey"
    r"|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania"
    r"|Rhode Island|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|Washington|Wisconsin|Wyoming)"
    r" (?=\S+ \S)",
    re.IGNORECASE,
)
"""States of the USA, which stand between its name and those of people."""
_ADDRESSES = (Part.TARGETS, Part.COPIES)
_NUMBER = re.compile(r"\b(?:UA|EXTRA|EX|urgent action):? ?[0-9]", re.IGNORECASE)
_LONGEST_NAME = 120
_MOST = 100
_MOST_COUNTRY_WORDS = 7
_BETWEEN = " -\u2013\u2014:,"


def read_people(document: Document, sections: Sections) -> tuple[FoundPerson, ...]:
    """Who `document` is about, in its order."""
    told = {line.number for part in _ADDRESSES for line in sections.lines(part)}
    labelled = list(_at_label(tuple(line for line in document.lines if line.number not in told)))
    if labelled:
        return tuple(labelled)
    old = sections.variant in {Variant.LETTER_SPACED, Variant.APPEAL, Variant.UNKNOWN}
    return tuple(_unique(_in_head(sections))) if old else ()


def _at_label(lines: tuple[Line, ...]) -> Iterator[FoundPerson]:
    for place, line in enumerate(lines):
        found = _LABEL.match(line.text)
        value, number = line.text[found.end() :] if found else "", line.number
        alone = found or _LABEL_ALONE.match(line.text)
        if alone and not value.strip() and place + 1 < len(lines):
            value, number = lines[place + 1].text, lines[place + 1].number
            if ":" in value:
                continue  # the next label
        if not value or _NO_NAME.match(value):
            continue
        if following := _NEXT_LABEL.search(value):
            value = value[: following.start()]
        people = list(_people(value, number))
        if people:
            yield from people
            return


def _people(value: str, line: int) -> Iterator[FoundPerson]:
    """The names of a list such as ``A (she/her), B and C (both he/him)``."""
    waiting: list[str] = []
    for piece in islice(_PIECE.finditer(value), _MOST):
        names, pronoun, of_all = _read_piece(piece)
        if of_all:
            yield from (_person(name, pronoun, line) for name in (*waiting, *names))
            waiting = []
        elif pronoun:
            yield from (_person(name, "", line) for name in waiting[: None if names else -1])
            last = names or waiting[-1:]
            yield from (_person(name, "", line) for name in last[:-1])
            yield from (_person(name, pronoun, line) for name in last[-1:])
            waiting = []
        else:
            waiting += names
    yield from (_person(name, "", line) for name in waiting)


def _read_piece(piece: re.Match[str]) -> tuple[list[str], str, bool]:
    text, remark = piece["name"], piece["remark"] or ""
    told = _PRONOUN.search(remark) or _PRONOUN.search(text)
    if told and told.string is text:
        text = text[: told.start()].rstrip(" -\u2013\u2014:")
    names = [name.strip(" .\t\n-\u2013\u2014:*") for name in _AND.split(text)]
    names = [_AGED.sub("", name) for name in names if name]
    kept = [
        name
        for name in names
        if name and any(map(str.isalpha, name)) and len(name) <= _LONGEST_NAME
    ]
    pronoun = "".join(told["pronoun"].split()).lower() if told else ""
    return kept, pronoun, bool(told and told["all"])


def _person(
    name: str, pronoun: str, line: int, certainty: Certainty = Certainty.LABELLED, rule: str = ""
) -> FoundPerson:
    said = Found(pronoun, line, certainty, rule) if pronoun else None
    return FoundPerson(Found(name, line, certainty, rule), said)


def country_before_names(line: Line) -> tuple[tuple[str, ...], str]:
    """The countries in capitals that a line of the head begins with, and the rest of the line."""
    words = line.text.split(" ")[:_MOST_COUNTRY_WORDS]
    for count in range(len(words), 0, -1):
        text = " ".join(words[:count]).rstrip(_BETWEEN)
        without = re.sub(r"\([^()]*\)", "", text)
        if without.isupper() and (codes := countries_in(text)):
            after = line.text[len(" ".join(words[:count])) :]
            parted = text != " ".join(words[:count]) or after.lstrip()[:1] in {*"-\u2013\u2014,"}
            rest = after.lstrip(_BETWEEN)
            state = _STATE.match(rest) if parted and codes == ("US",) else None
            return codes, rest[state.end() :] if state else rest
    # USA-Ohio Carl Example (m)
    glued, dash, after = line.text.partition("-")
    if dash and glued.isupper() and after[:1].strip() and (codes := countries_in(glued)):
        region = _STATE.match(after) or _REGION.match(after)
        return codes, after[region.end() :] if region else after
    return (), line.text


def _in_head(sections: Sections) -> Iterator[FoundPerson]:
    """The names under the number: each with its sex behind it, or at least like a name."""
    below = False
    for line in sections.lines(Part.HEAD):
        if _NUMBER.search(line.text):
            below = True
        elif below:
            yield from _on_line(line)


def _on_line(line: Line) -> Iterator[FoundPerson]:
    rest = country_before_names(line)[1]
    marks = list(islice(_SEX.finditer(rest), _MOST))
    start = 0
    for mark in marks:
        chunk = _without_country(re.split(r"[,;:]", rest[start : mark.start()].strip(" ,;"))[-1])
        start = mark.end()
        for name in _AND.split(chunk):
            kept = name.strip(" .-\u2013\u2014")
            if kept and len(kept) <= _LONGEST_NAME and not _KIN.match(kept):
                yield _person(kept, "", line.number)
    if not marks and (name := _guess(rest)):
        yield _person(
            name, "", line.number, Certainty.GUESSED, "it looks like a name and stands in the head"
        )


def _without_country(text: str) -> str:
    """Without the name of a country that has no code: ``EL DORADO Tomas Arrieta``."""
    before, dash, after = text.strip().partition(" - ")
    if dash and before.isupper():
        return after
    words = text.split()
    capitals = 0
    while capitals < len(words) and words[capitals].isupper() and len(words[capitals]) > 1:
        capitals += 1
    # A name in capitals throughout stays whole.
    return " ".join(words[capitals:]) if len(words) - capitals > 1 else text


def _guess(text: str) -> str | None:
    name = _without_country(_AGED.sub("", re.split(r"[,;(]", text)[0]).strip())
    if len(name) > _LONGEST_NAME or _ROLES.search(name) or not _LIKE_A_NAME.match(name):
        return None
    return None if countries_in(name) or name.isupper() else name


def _unique(people: Iterator[FoundPerson]) -> Iterator[FoundPerson]:
    seen: set[str] = set()
    for person in islice(people, _MOST):
        if person.name.value.casefold() not in seen:
            seen.add(person.name.value.casefold())
            yield person
