"""A document -> what it says, from the readings of its parts, and what it should say but does not.

It decides what a person must be asked; it reads no field itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending.closing import read_closing
from uadispatch.campaign.notices.head.head import read_head
from uadispatch.campaign.notices.notice import (
    Certainty,
    Doubt,
    Ending,
    Found,
    Kind,
    Notice,
    Variant,
)
from uadispatch.campaign.notices.parts.sections import Part, divide
from uadispatch.campaign.notices.targets.targets import read_targets
from uadispatch.campaign.notices.texts.letter import read_letter
from uadispatch.campaign.notices.texts.texts import read_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.head.head import Head
    from uadispatch.campaign.notices.notice import Closing
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.texts.texts import Texts

__all__ = ["parse"]

_LONGEST_HEADING = 200
_HEADING = re.compile(
    r"\W{0,3}u *r *g *e *n *t *a *c *t *i *o *n(?: *a *p *p *e *a *l| update| victory)?\W{0,3}\Z",
    re.IGNORECASE,
)
_MENTION = re.compile(r"\bUA ?:? ?[0-9]{1,4} ?[./] ?[0-9]{2}\b")
_OTHER_HEADING = re.compile(
    r"(?:action urgente|acci[oó]n urgente|a[cç][cç][aã]o urgente|azione urgente|eilaktion"
    r"|urgente actie|blixtaktion|срочная акция)\W{0,3}\Z",
    re.IGNORECASE,
)
_SAYS = "it has no {}"
_NEEDED = {"number": "number", "title": "title", "deadline": "deadline"}
"""Without these fields there is no campaign."""
_WANTED = {
    "issued": "date of issue",
    "index": "index",
    "countries": "country",
    "summary": "summary",
    "people": "name of a person at risk",
    "languages": "preferred language",
}
"""An appeal can be sent without these fields; a person should know that they are missing."""
_OF_OLDER = {"issued"}
"""The wanted fields that the layouts before 2017 have in a place of their own."""
_KNOWN_BY = {"number": "number", "deadline": "deadline", "issued": "issued", "index": "index"}
"""A word by which a doubt that was raised already names the field."""
_OLDER = {Variant.LETTER_SPACED, Variant.APPEAL, Variant.BULLETS}


def parse(document: Document) -> Notice:
    """Read all that `document` says.

    What is missing is missing in the result, with a `Doubt` that names it; it is asked for only
    where no appeal can be sent without it. Of a document that is no Urgent Action nothing is read
    but whether it asks to stop.
    """
    sections = divide(document)
    closing = read_closing(document)
    head = read_head(document, sections)
    if not _is_urgent_action(document, sections, head, closing):
        return Notice(
            variant=Variant.UNKNOWN,
            kind=Found(Kind.FIRST, None, Certainty.GUESSED, "it is no Urgent Action"),
            closing=closing,
            doubts=(_no_urgent_action(document),),
        )
    texts = read_texts(sections, head.people)
    notice = _notice(sections, closing, head, texts)
    if closing.ending is Ending.CLOSED:
        # It asks for no more letters: there is nothing to miss, and nobody to write to.
        return notice
    letter, of_letter = read_letter(
        sections, head.people, notice.title.value if notice.title else None
    )
    targets = read_targets(
        document,
        sections,
        opening=letter.opening.value if letter and letter.opening else None,
        country=head.countries[0].value if head.countries else None,
    )
    doubts = (*notice.doubts, *of_letter, *targets.doubts)
    return replace(
        notice,
        letter=letter,
        targets=(*targets.targets, *targets.copies),
        doubts=(*doubts, *_missing(notice, doubts)),
    )


def _notice(sections: Sections, closing: Closing, head: Head, texts: Texts) -> Notice:
    return Notice(
        variant=sections.variant,
        kind=head.kind,
        closing=closing,
        number=head.number,
        numbers=head.numbers,
        index=head.index,
        sequence=head.sequence,
        title=texts.title,
        countries=head.countries,
        issued=head.issued,
        deadline=head.deadline,
        after_deadline=head.after_deadline,
        previous=head.previous,
        people=head.people,
        summary=texts.summary,
        actions=texts.actions,
        report=head.report,
        new_appeals=head.new_appeals,
        additional_information=texts.additional_information,
        languages=head.languages,
        languages_note=head.languages_note,
        doubts=(*head.doubts, *texts.doubts),
    )


def _is_urgent_action(document: Document, sections: Sections, head: Head, closing: Closing) -> bool:
    starts = [line.text[:_LONGEST_HEADING] for line in document.lines]
    if head.numbers or any(_HEADING.match(start) for start in starts):
        return True
    if closing.ending is Ending.CLOSED and any(_MENTION.search(start) for start in starts):
        # What ends a campaign is never set aside for its looks.
        return True
    addressed = sections.lines(Part.TARGETS) or sections.lines(Part.LETTER)
    return bool(sections.variant is not Variant.UNKNOWN and head.index and addressed)


def _no_urgent_action(document: Document) -> Doubt:
    for line in document.lines:
        if _OTHER_HEADING.match(line.text[:_LONGEST_HEADING]):
            says = "this Urgent Action is not in English; write its campaign by hand"
            return Doubt(says, line.number)
    return Doubt("this is no Urgent Action: no heading, number or layout of one was found")


def _missing(notice: Notice, doubts: Iterable[Doubt]) -> Iterator[Doubt]:
    told = "\n".join(doubt.says for doubt in doubts)
    wanted = {
        name: words
        for name, words in _WANTED.items()
        if notice.variant not in _OLDER or name in _OF_OLDER
    }
    for name, words in (_NEEDED | wanted).items():
        known = _KNOWN_BY.get(name)
        if not getattr(notice, name) and not (known and known in told):
            yield Doubt(_SAYS.format(words), asks=name in _NEEDED)
