"""What a document says of itself: number, kind, dates, countries, languages and people.

Each field is read by a module of its own; here they are put together, and doubted together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.document import Document
from uadispatch.campaign.notices.ending.asking import again_in
from uadispatch.campaign.notices.ending.closing import read_closing
from uadispatch.campaign.notices.head.issue import read_countries, read_issued
from uadispatch.campaign.notices.head.numbers import number_doubts, read_claims, read_indexes
from uadispatch.campaign.notices.head.people import read_people
from uadispatch.campaign.notices.head.preferred import read_languages, read_languages_note
from uadispatch.campaign.notices.head.until import read_after_deadline, read_deadline
from uadispatch.campaign.notices.notice import Certainty, Doubt, Ending, Found, FoundPerson, Kind
from uadispatch.campaign.notices.parts.labels import Part
from uadispatch.campaign.notices.wording.plain import plain_text
from uadispatch.campaign.notices.wording.run import sentence_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from uadispatch.campaign.notices.document import Line
    from uadispatch.campaign.notices.head.numbers import Claim
    from uadispatch.campaign.notices.notice import Closing
    from uadispatch.campaign.notices.parts.sections import Sections

__all__ = ["Head", "read_head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Fields of `notice.Notice`, by the same names."""

    kind: Found[Kind]
    number: Found[str] | None = None
    numbers: tuple[Found[str], ...] = ()
    index: Found[str] | None = None
    sequence: Found[int] | None = None
    countries: tuple[Found[str], ...] = ()
    issued: Found[date] | None = None
    deadline: Found[date] | None = None
    after_deadline: Found[str] | None = None
    previous: Found[str] | None = None
    languages: tuple[Found[str], ...] = ()
    languages_note: Found[str] | None = None
    people: tuple[FoundPerson, ...] = ()
    report: Found[str] | None = None
    new_appeals: Found[str] | None = None
    doubts: tuple[Doubt, ...] = ()


def read_head(document: Document, sections: Sections) -> Head:
    """Read what `document` says of itself."""
    closing = read_closing(document)
    claims = read_claims(document, sections)
    indexes = read_indexes(document, sections)
    index = indexes[0] if indexes else None
    issued, issue_doubts = read_issued(document, sections)
    deadline, deadline_doubts = read_deadline(document, sections, issued.value if issued else None)
    countries = read_countries(document, sections, index)
    languages, language_doubts = read_languages(
        document, sections, tuple(found.value for found in countries)
    )
    previous = _previous(document.lines)
    numbers = _numbers(claims)
    return Head(
        kind=_kind(document, closing, claims, previous),
        number=numbers[0] if numbers else None,
        numbers=numbers,
        index=index,
        sequence=_sequence(claims),
        countries=countries,
        issued=issued,
        deadline=deadline,
        after_deadline=read_after_deadline(document, sections),
        previous=previous,
        languages=languages,
        languages_note=read_languages_note(document),
        people=read_people(document, sections),
        report=_report(document, sections),
        new_appeals=_new_appeals(document, sections),
        doubts=(
            *number_doubts(claims, issued.value.year if issued else None),
            *_index_doubts(indexes),
            *issue_doubts,
            *deadline_doubts,
            *_time_doubts(closing, issued, deadline, known=bool(issue_doubts or deadline_doubts)),
            *language_doubts,
        ),
    )


def _numbers(claims: tuple[Claim, ...]) -> tuple[Found[str], ...]:
    found: dict[str, Found[str]] = {}
    for claim in claims:
        if claim.possible:
            found.setdefault(
                claim.number, Found(claim.number, claim.line, claim.certainty, claim.rule)
            )
    return tuple(found.values())


def _sequence(claims: tuple[Claim, ...]) -> Found[int] | None:
    for claim in claims:
        # What is said of another number counts the documents of that one.
        if claim.number != claims[0].number or claim.count is None:
            continue
        if claim.later:
            rule = "an update is counted after the first Urgent Action"
            return Found(claim.count, claim.line, Certainty.INFERRED, rule)
        return Found(claim.count, claim.line)
    return None


_FURTHER = re.compile(
    r"(?:public |external |stop action:? |[a-z0-9]{3,12} )?"
    r"(?:(?:further|more) information|follow-? ?up|update)"
    r" (?:of|on|to|no\.? ?[0-9]{1,2} on)\W{0,2}(?:UA|EXTRA|EX|urgent action)\b",
    re.IGNORECASE,
)
_UPDATE = re.compile(r"\bthis is (?:an|the [a-z]{4,12}) update\b", re.IGNORECASE)


def _kind(
    document: Document,
    closing: Closing,
    claims: tuple[Claim, ...],
    previous: Found[str] | None,
) -> Found[Kind]:
    if closing.ending is Ending.CLOSED:
        return Found(Kind.FINAL, closing.line)
    if last := next((claim for claim in claims if claim.final), None):
        return Found(Kind.FINAL, last.line)
    if sequence := _sequence(claims):
        kind = Kind.FIRST if sequence.value == 1 else Kind.FURTHER
        return Found(kind, sequence.line, sequence.certainty, sequence.rule)
    claimed = {claim.line for claim in claims}
    for line in document.lines:
        if _UPDATE.search(line.text) or (line.number in claimed and _FURTHER.match(line.text)):
            return Found(Kind.FURTHER, line.number)
    if previous:
        rule = "it leads to a document before it"
        return Found(Kind.FURTHER, previous.line, Certainty.INFERRED, rule)
    return Found(Kind.FIRST, None, Certainty.INFERRED, "it names no document before it")


_PREVIOUS_LABEL = re.compile(
    r"links? to (?:the )?previous (?:UAs?|urgent actions?)\s?:?", re.IGNORECASE
)
_UPDATE_LINK = re.compile(
    r"\bupdate of (?:UA|urgent action)[^\n]{0,60}?further information\s?:?", re.IGNORECASE
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"\u201d)\]]+", re.IGNORECASE)


def _previous(lines: tuple[Line, ...]) -> Found[str] | None:
    for place, line in enumerate(lines):
        found = _PREVIOUS_LABEL.match(line.text) or _UPDATE_LINK.search(line.text)
        if not found:
            continue
        here = _web_address(line, found.end())
        if here is None and not line.text[found.end() :].strip() and place + 1 < len(lines):
            here = _web_address(lines[place + 1], 0)
        if here:
            return here
    return None


def _web_address(line: Line, start: int) -> Found[str] | None:
    """The address that the words behind `start` lead to, else the one that is written there."""
    rest = line.text[start:]
    written = _URL.search(rest)
    if written and "://" in written.group():
        return Found(written.group().rstrip(".,;"), line.number)
    for link in line.links:
        if link.text in rest and link.to.lower().startswith(("http://", "https://")):
            return Found(link.to, line.number)
    if written:
        rule = "a web address without https:// before it"
        value = f"https://{written.group().rstrip('.,;')}"
        return Found(value, line.number, Certainty.INFERRED, rule)
    return None


_REPORT = re.compile(
    r"let (?:us|amnesty) know|click here to report|report (?:back|your actions?)"
    r"|(?:tell|inform|e-?mail) us (?:if|that|what|about|when|of)",
    re.IGNORECASE,
)


def _report(document: Document, sections: Sections) -> Found[str] | None:
    told = _told(sections, Part.LETTER, Part.BACKGROUND)
    for line in document.lines:
        found = None if line.number in told else _REPORT.search(line.text)
        if found:
            words = re.sub(r"^[0-9]{1,2}[.)]\s*", "", sentence_at(line.text, found.start()))
            # Not in the value: a text file says the same sentence and has no link.
            links = [link.to for link in line.links if link.text and link.text in words]
            leads = f"it leads to {links[0]}" if links and links[0] not in words else ""
            return Found(words, line.number, Certainty.LABELLED, leads)
    return None


def _new_appeals(document: Document, sections: Sections) -> Found[str] | None:
    told = _told(sections, Part.LETTER, Part.BACKGROUND, Part.SUMMARY, Part.TITLE)
    asked = tuple(line for line in document.lines if line.number not in told)
    plain = plain_text(Document(document.name, asked))
    place = again_in(plain)
    if place is None:
        return None
    first, last = plain.sentence(place, place)
    return Found(plain.words(first, last + 1), plain.line(place))


def _told(sections: Sections, *parts: Part) -> set[int]:
    """The lines of `parts`, in which a document speaks to others than its reader."""
    return {line.number for part in parts for line in sections.lines(part)}


def _index_doubts(indexes: tuple[Found[str], ...]) -> Iterator[Doubt]:
    for other in indexes[1:]:
        if other.value != indexes[0].value:
            yield Doubt(
                f"it gives itself two indexes: {indexes[0].value} (line {indexes[0].line}) and "
                f"{other.value} (line {other.line}); the first is taken",
                other.line,
            )


def _time_doubts(
    closing: Closing,
    issued: Found[date] | None,
    deadline: Found[date] | None,
    *,
    known: bool,
) -> Iterator[Doubt]:
    closed = closing.ending is Ending.CLOSED
    if issued and deadline and deadline.value < issued.value:
        yield Doubt(
            f"the deadline {deadline.value} (line {deadline.line}) is before the day of issue, "
            f"{issued.value} (line {issued.line})",
            deadline.line,
        )
    if deadline is None and not closed and not known:
        yield Doubt("it names no deadline; give it by hand")
    if issued is None and not known:
        yield Doubt("it does not say when it was issued", asks=False)
