"""The texts of a document that go over as they stand: title, summary, actions, background.

It knows paragraphs, bullets and capitals; never a date, a number or a contact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Doubt, Found, Variant
from uadispatch.campaign.notices.parts.bullets import without_bullet
from uadispatch.campaign.notices.parts.labels import is_head_line
from uadispatch.campaign.notices.parts.prose import paragraphs
from uadispatch.campaign.notices.parts.sections import Part
from uadispatch.campaign.notices.wording.casing import in_capitals, sentence_case, spellings_in
from uadispatch.campaign.notices.wording.dates import DATE
from uadispatch.campaign.text import block, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from uadispatch.campaign.notices.document import Line
    from uadispatch.campaign.notices.notice import FoundPerson
    from uadispatch.campaign.notices.parts.sections import Sections

__all__ = ["Texts", "read_texts"]


@dataclass(frozen=True, slots=True)
class Texts:
    """The fields of a `notice.Notice` of those names."""

    title: Found[str] | None = None
    summary: Found[str] | None = None
    actions: tuple[Found[str], ...] = ()
    additional_information: Found[str] | None = None
    doubts: tuple[Doubt, ...] = ()


def read_texts(sections: Sections, people: tuple[FoundPerson, ...]) -> Texts:
    """Read the texts; `people`: those whose names a heading may have in capitals."""
    prose = [
        line.text
        for part in (Part.SUMMARY, Part.ACTIONS, Part.LETTER, Part.BACKGROUND)
        for line in sections.lines(part)
    ]
    spellings = spellings_in(prose, [person.name.value for person in people])
    doubts: list[Doubt] = []

    def cased(text: str) -> str:
        return sentence_case(text, spellings)

    title = _title(sections)
    return Texts(
        title=_taken(title, "title", cased, line, doubts) if title else None,
        summary=_whole(sections.lines(Part.SUMMARY), "summary", doubts),
        actions=tuple(
            found
            for each in paragraphs(sections.lines(Part.ACTIONS))
            if (text := without_bullet(each.value))
            and (found := _taken((text, each.line), "action", cased, block, doubts))
        ),
        additional_information=_whole(
            sections.lines(Part.BACKGROUND), "additional information", doubts
        ),
        doubts=tuple(doubts),
    )


def _whole(lines: Sequence[Line], what: str, doubts: list[Doubt]) -> Found[str] | None:
    if not lines:
        return None
    text = "\n\n".join(each.value for each in paragraphs(lines))
    return _taken((text, lines[0].number), what, str, block, doubts)


def _taken(
    found: tuple[str, int | None],
    what: str,
    cased: Callable[[str], str],
    check: Callable[[object], str],
    doubts: list[Doubt],
) -> Found[str] | None:
    """The text as a campaign can hold it; None and a doubt, if it cannot."""
    text, number = found
    try:
        written = check(cased(text))
    except ValueError as error:
        doubts.append(Doubt(f"the {what} cannot be taken over: {error}", number, asks=False))
        return None
    if in_capitals(text) and written != text:
        return Found(written, number, Certainty.INFERRED, "sentence case, for its capitals")
    return Found(written, number)


_LONGEST_TITLE = 1_000
# On a web page: Defender held without charge (Cameroon: UA 10.22)
_REMARK_LAST = re.compile(r" ?\[[^\[\]]{1,60}\]\Z")
_NUMBER_LAST = re.compile(r" ?\((?:[^():]{0,60}: ?)?UA ?:? ?[0-9]{1,4}[./][0-9]{2}\)\Z")


def _title(sections: Sections) -> tuple[str, int] | None:
    if lines := sections.lines(Part.TITLE):
        text = " ".join(each.text for each in lines)
        if len(text) <= _LONGEST_TITLE:
            text = _NUMBER_LAST.sub("", _REMARK_LAST.sub("", text))
        return text, lines[0].number
    if sections.variant in {Variant.LETTER_SPACED, Variant.APPEAL}:
        return _title_beside_number(sections.lines(Part.HEAD))
    return None


_NUMBER_LINE = re.compile(
    r"(?P<later>(?:[a-z0-9]{3,12} )?(?:(?:further|more) information|follow-?up|update) (?:on|to) )?"
    r"(?:ua|extra|ex) ?:? ?[0-9]{1,4} ?/ ?[0-9]{2,4}\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r" ?(?:\([^()]{0,200}\)|and (?:follow-?ups?|updates?)|issued|of)|[ :\u2013-]{1,5}",
    re.IGNORECASE,
)
_DASH = re.compile(r" [\u2013\u2014-]{1,2} ")
_PARENTHESES = re.compile(r"\([^()]{0,300}\)")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_DATE_FIRST = re.compile(rf"[\s,]*{DATE}[\s,)]*", re.IGNORECASE | re.ASCII)
_DATE_LAST = re.compile(r" [0-9]{1,2} [A-Za-z]{3,9} [0-9]{4}\Z")
_MOST_LINES = 5


def _title_beside_number(lines: Sequence[Line]) -> tuple[str, int] | None:
    """In the older layouts the concern stands behind the number: ``UA 298/98  Fear for safety``."""
    for place, each in enumerate(lines):
        if found := _NUMBER_LINE.match(each.text):
            below = [
                lower
                for lower in lines[place + 1 : place + _MOST_LINES]
                if not _DATE_FIRST.fullmatch(lower.text)
            ]
            text = " ".join([each.text[found.end() :], *_wrapped(each, below)])
            if found["later"]:
                text = _behind_dash(text, below)
            if rest := _without_asides(text[:_LONGEST_TITLE]):
                return rest, each.number
            if below and _is_concern(below[0].text):
                return below[0].text, below[0].number
            return None
    return None


def _behind_dash(text: str, below: Sequence[Line]) -> str:
    """What stands behind the list of earlier documents, which may go over several lines."""
    for each in (text, *(lower.text for lower in below)):
        if each != text and not _is_concern(each):
            break
        parts = _DASH.split(_PARENTHESES.sub("", each[:_LONGEST_TITLE]), maxsplit=1)
        if len(parts) > 1:
            return parts[1]
    return text


def _wrapped(line: Line, below: Sequence[Line]) -> Iterator[str]:
    for number, each in enumerate(below, line.number + 1):
        if each.number != number or each.begins or not _is_concern(each.text):
            return
        yield each.text


def _is_concern(text: str) -> bool:
    """Whether it is neither another line of the head, nor one with country and names."""
    return not is_head_line(text) and not text.split(maxsplit=1)[0].isupper() and "(" not in text


def _without_asides(text: str) -> str:
    """What is left of a line without what it says of earlier documents, and of its own date."""
    while aside := _ASIDE.match(text) or _DATE_FIRST.match(text):
        text = text[aside.end() :]
    text = _DATE_LAST.sub("", " " + text).strip()
    return text if _LETTERS.search(text) else ""
