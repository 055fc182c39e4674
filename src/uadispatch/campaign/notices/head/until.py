"""Until when a document asks for appeals, and what it says of appeals after that."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Certainty, Doubt, Found
from uadispatch.campaign.notices.parts.labels import Part
from uadispatch.campaign.notices.wording.dates import DATE, dates_in
from uadispatch.campaign.notices.wording.run import run_of, sentence_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.wording.run import Run

__all__ = ["read_after_deadline", "read_deadline"]

_NO_DATE = r"[^.\n0-9]"
_LABELS = re.compile(
    r"(?:take action as soon as possible\s{1,2}(?:until|before|by)"
    r"|(?:urgent action|ua|action) (?:expires|ends|is valid until|runs until)(?: on)?"
    r"|appeals? deadline(?: notice)?|deadline(?: for appeals)?(?= ?:)"
    r"|(?:send|sending|write|writing)\s(?:[a-z]{1,12}\s){0,3}?(?:appeals|letters|faxes|e-?mails"
    r"|messages)\s(?:[a-z/]{1,20}\s){0,4}?(?:before|until|by|no later than|not later than)"
    r"|take action (?:before|until|by)|(?:appeals|letters) to arrive (?:before|until|by)"
    r"|contact (?:this|these|the|both) [^.\n:]{0,60}?\sby"
    r"|(?:sending|send|write|if you wish to send)\s(?:[a-z]{1,12}\s){0,3}?"
    r"(?:appeals|letters|faxes|messages)\s(?:after|beyond))"
    rf"\s?:?\s{{0,2}}(?:(?:please )?send appeals (?:before|until|by) )?(?:the )?"
    rf"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(?={DATE})",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:check|consult|contact)\s[^.\n]{0,160}?\b(?:sending|send) appeals\s(?:after|beyond)\s",
    re.IGNORECASE,
)
_ELSEWHERE = {Part.SUMMARY, Part.BACKGROUND, Part.LETTER, Part.TITLE}
_MOST = 20
_NEAR = 200
_SENTENCE_END = re.compile(r"[.!?]\s|\n")


def read_deadline(
    document: Document, sections: Sections, issued: date | None
) -> tuple[Found[date] | None, tuple[Doubt, ...]]:
    """The deadline that `document` names, and what is wrong with it.

    Of several it is the first day that is not before that of its issue.
    """
    told = {line.number for part in _ELSEWHERE for line in sections.lines(part)}
    found, doubts = _found_in(run_of(line for line in document.lines if line.number not in told))
    if not found and not doubts:
        found, doubts = _anywhere(document, issued)
    best = min(found, key=lambda each: (_is_past(each, issued), each.value), default=None)
    return best, (*doubts, *_several(found, best))


def _is_past(found: Found[date], issued: date | None) -> bool:
    return issued is not None and found.value < issued


def _anywhere(document: Document, issued: date | None) -> tuple[list[Found[date]], list[Doubt]]:
    """Where a part was told wrongly, the words alone still say it."""
    found, doubts = _found_in(run_of(document.lines))
    rule = "it stands among other text"
    return [
        Found(each.value, each.line, Certainty.INFERRED, rule)
        for each in found
        if not _is_past(each, issued)
    ], doubts


def _found_in(run: Run) -> tuple[list[Found[date]], list[Doubt]]:
    found: list[Found[date]] = []
    doubts: list[Doubt] = []
    for label in islice(_LABELS.finditer(run.text), _MOST):
        dated, *others = islice(dates_in(run.text, label.end(), label.end() + _NEAR), 2)
        line = run.number(dated.start)
        if dated.day is None:
            doubts.append(Doubt(f"the deadline “{dated.words}” is no day of the calendar", line))
        elif all(dated.day != known.value for known in found):
            found.append(Found(dated.day, line))
        for other in others:
            between = run.text[dated.end : other.start]
            if other.day not in {None, dated.day} and not _SENTENCE_END.search(between):
                says = f"beside the deadline “{dated.words}” stands “{other.words}”; make sure"
                doubts.append(Doubt(f"{says} which is meant", line))
    return found, doubts


def _several(found: list[Found[date]], best: Found[date] | None) -> Iterator[Doubt]:
    for other in found:
        if best and other is not best:
            yield Doubt(
                f"it names two deadlines: {best.value} (line {best.line}) and {other.value} "
                f"(line {other.line}); the first is taken",
                other.line,
            )


def read_after_deadline(document: Document, sections: Sections) -> Found[str] | None:
    """The sentence on appeals after the deadline."""
    told = {line.number for part in _ELSEWHERE for line in sections.lines(part)}
    found = [
        Found(sentence_at(line.text, after.start()), line.number)
        for line in document.lines
        if (after := _AFTER.search(line.text))
    ]
    asked = [sentence for sentence in found if sentence.line not in told]
    return next(iter(asked or found), None)
