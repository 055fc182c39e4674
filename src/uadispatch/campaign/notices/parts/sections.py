"""A document -> its parts, by the layout that it has; it knows no field of any part."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Variant
from uadispatch.campaign.notices.parts.greetings import (
    is_ending,
    is_opening,
    is_placeholder,
    split_opening,
)
from uadispatch.campaign.notices.parts.labels import (
    Part,
    find_heading,
    has_number,
    is_head_line,
    is_remark,
)
from uadispatch.campaign.notices.parts.layout import variant_of
from uadispatch.campaign.notices.wording.asides import mail_lines
from uadispatch.campaign.notices.wording.casing import in_capitals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.campaign.notices.document import Document, Line
    from uadispatch.campaign.notices.parts.labels import Heading

__all__ = ["Part", "Sections", "divide"]

_PROSE = 120
"""A line of so many characters is no title, name or line of an address."""
_WRAPPED = 45
"""A line of so many characters, with small letters after it, may be prose that was wrapped."""
_LONGEST_TITLE = 250
_MOST_TITLE_LINES = 5
_LOOK_AHEAD = 15
"""How many lines may stand between the name of a target and the first contact."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The lines of a document by part; every line is in exactly one, in the document's order.

    A line that stood behind a label, as in ``URGENT ACTION TITLE: ...``, is there without it.
    """

    variant: Variant
    parts: Mapping[Part, tuple[Line, ...]]

    def lines(self, part: Part) -> tuple[Line, ...]:
        """The lines of `part`, without its heading; none, if the document has no such part."""
        return self.parts.get(part, ())


def divide(document: Document) -> Sections:
    """Divide `document` into its parts."""
    variant = variant_of(document)
    walk = _Walk(document.lines, variant)
    for place in range(len(document.lines)):
        walk.take(place)
    return Sections(variant, {part: tuple(lines) for part, lines in walk.parts.items()})


class _Walk:
    """Goes through the lines once; what a line is follows from it, its part, and a few ahead."""

    def __init__(self, lines: Sequence[Line], variant: Variant) -> None:
        self.lines = lines
        self.variant = variant
        self.parts: dict[Part, list[Line]] = {}
        self.part = Part.HEAD
        self.ended = False
        """Whether the letter has ended and nothing else has begun."""
        self.mail = mail_lines(lines)
        self.number_at = next((at for at, line in enumerate(lines) if has_number(line.text)), -1)

    def take(self, place: int) -> None:
        """Put the line at `place` where it belongs."""
        line = self.lines[place]
        if line.number in self.mail:
            self._put(Part.HEAD, line)
            return
        heading = find_heading(line.text, within=self.part)
        if heading and not self._is_text(heading, line):
            self._begin(heading, line)
        elif self._belongs_to_head(place):
            self._put(Part.HEAD, line)
        elif is_remark(line.text) and not is_placeholder(line.text):
            self._put(Part.FOOT, line)
        else:
            self.part = self._turn(place)
            self._put(self.part, line)
            self.ended = self.part is Part.LETTER and (self.ended or is_ending(line.text))

    def _put(self, part: Part, line: Line) -> None:
        self.parts.setdefault(part, []).append(line)

    def _has(self, part: Part) -> bool:
        return part in self.parts

    @property
    def _has_letter(self) -> bool:
        """Whether documents of this layout have a sample letter."""
        return self.variant not in {Variant.LETTER_SPACED, Variant.APPEAL, Variant.BULLETS}

    def _is_text(self, heading: Heading, line: Line) -> bool:
        # Within a letter, and where all has been asked for, such words are the text's own.
        asks = heading.part is Part.ACTIONS and heading.rest == line.text
        if self.part is Part.LETTER and not self.ended:
            return asks or bool(heading.rest and len(line.text) > _PROSE)
        # Good news of one person may stand above what to do for another.
        asked = any(map(self._has, (Part.ACTIONS, Part.TARGETS, Part.LETTER)))
        return asks and asked and self.part in _AFTER_ACTIONS

    def _begin(self, heading: Heading, line: Line) -> None:
        self.ended = False
        if heading.rest and heading.itself is heading.part is not Part.HEAD:
            line = replace(line, text=heading.rest)
        self._put(heading.itself, line)
        if heading.part is not Part.HEAD or self.variant is Variant.LABELLED:
            self.part = heading.part
        if heading.part is Part.LETTER and is_ending(line.text):
            self.ended = True

    def _belongs_to_head(self, place: int) -> bool:
        text = self.lines[place].text
        if is_head_line(text):
            return True
        if self._has(Part.SUMMARY) and self._repeats_title(text):
            return True
        # The country stands alone where the head line is broken after each of its fields.
        return bool(
            0 < place < len(self.lines) - 1
            and len(text.split()) <= len("words")
            and not _CONTACT.match(text)
            and _INDEX_ALONE.match(self.lines[place - 1].text)
            and _DATE_LABEL.match(self.lines[place + 1].text)
        )

    def _repeats_title(self, text: str) -> bool:
        return len(text) <= _LONGEST_TITLE and any(
            text == line.text for line in self.parts.get(Part.TITLE, ())[:_MOST_TITLE_LINES]
        )

    def _turn(self, place: int) -> Part:
        """The part of a line that announces nothing."""
        if self._begins_letter(place):
            return Part.LETTER
        match self.part:
            case Part.HEAD:
                return self._after_head(place)
            case Part.TITLE:
                return self._after_title(place)
            case Part.SUMMARY:
                return self._after_summary(place)
            case Part.FOOT:
                return self._after_foot(place)
            case Part.ACTIONS:
                return self._after_actions(place)
            case Part.LETTER if self.ended:
                return self._after_letter(place)
        return self.part

    def _after_head(self, place: int) -> Part:
        text = self.lines[place].text
        if self.variant is Variant.LABELLED:
            return Part.HEAD
        if self.variant in {Variant.LETTER_SPACED, Variant.APPEAL}:
            # Whoever passed it on may have written above the number, and names stand below it.
            told = _is_prose(text) or self._is_wrapped(place)
            told = told and place > self.number_at and not _SEX.search(text[:_PROSE])
            return Part.SUMMARY if told else Part.HEAD
        if len(text) <= _LONGEST_TITLE and (in_capitals(text) or _NUMBERED_TITLE.search(text)):
            return Part.TITLE
        if _is_prose(text):
            return Part.SUMMARY
        return Part.TITLE if self._has(Part.HEAD) else Part.HEAD

    def _is_wrapped(self, place: int) -> bool:
        after = self.lines[place + 1].text if place + 1 < len(self.lines) else ""
        return len(self.lines[place].text) >= _WRAPPED and after[:1].islower()

    def _after_title(self, place: int) -> Part:
        title = self.parts.get(Part.TITLE, [])
        text = self.lines[place].text
        if not title:
            return Part.TITLE
        more = in_capitals(text) and all(in_capitals(line.text) for line in title)
        if more and len(title) < _MOST_TITLE_LINES:
            return Part.TITLE
        return Part.TARGETS if self._begins_address(place) else Part.SUMMARY

    def _after_summary(self, place: int) -> Part:
        if self._begins_actions(place):
            return Part.ACTIONS
        late = not self._has(Part.TARGETS) and self._begins_address(place)
        return Part.TARGETS if late else Part.SUMMARY

    def _after_foot(self, place: int) -> Part:
        if self._begins_actions(place):
            return Part.ACTIONS
        # A label of the foot may stand among the actions, with more of them and targets below it.
        done = any(map(self._has, (Part.TARGETS, Part.LETTER, Part.BACKGROUND)))
        if not self._has_letter or not self._has(Part.ACTIONS) or done:
            return Part.FOOT
        if _LISTED_ACTION.match(self.lines[place].text):
            return Part.ACTIONS
        return Part.TARGETS if self._begins_address(place) else Part.FOOT

    def _begins_actions(self, place: int) -> bool:
        """Whether what to do is listed here although no heading says so."""
        return (
            self._has_letter
            and not (self._has(Part.ACTIONS) or self._has(Part.TARGETS) or self._has(Part.LETTER))
            and bool(_LISTED_ACTION.match(self.lines[place].text))
        )

    def _after_actions(self, place: int) -> Part:
        if not self._has_letter or self.variant is Variant.LABELLED:
            return Part.ACTIONS
        text = self.lines[place].text
        if _ACTION.match(text) or (_is_prose(text) and not _CONTACT_WITHIN.search(text)):
            return Part.ACTIONS
        wrapped = not self._has(Part.ACTIONS) and not self._begins_address(place)
        return Part.ACTIONS if wrapped else Part.TARGETS

    def _after_letter(self, place: int) -> Part:
        text = self.lines[place].text
        if is_placeholder(text) or is_ending(text):
            return Part.LETTER
        if not self._has(Part.TARGETS) and self._begins_address(place):
            return Part.TARGETS
        return Part.BACKGROUND if _is_prose(text) else Part.FOOT

    def _begins_letter(self, place: int) -> bool:
        if not self._has_letter or self.part not in _BEFORE_LETTER:
            return False
        if self.part is Part.LETTER and not self.ended:
            return False
        text = self.lines[place].text
        opening = split_opening(text)
        if opening is None:
            return self.part in {Part.TARGETS, Part.COPIES, Part.ACTIONS} and (
                _is_personal(text) or self._addresses(place)
            )
        if len(opening[1]) >= _PROSE:
            return True
        nearby = self.lines[place + 1 : place + 3]
        if not opening[1] and text.endswith((",", ":")) and len(nearby) > 1:
            nearby = nearby if is_opening(nearby[0].text) else nearby[:1]
        else:
            nearby = nearby[:1]
        return any(_follows_opening(line.text) for line in nearby)

    def _addresses(self, place: int) -> bool:
        """Whether the line greets without any word for it: ``Prosecutor General,``."""
        text = self.lines[place].text
        after = self.lines[place + 1].text if place + 1 < len(self.lines) else ""
        return text.endswith(",") and len(text) < _PROSE and _is_personal(after)

    def _begins_address(self, place: int) -> bool:
        """Whether from here lines as in an address lead to a contact."""
        for line in self.lines[place : place + _LOOK_AHEAD]:
            if _CONTACT.match(line.text):
                return True
            if not _ACTION.match(line.text) and _CONTACT_WITHIN.search(line.text):
                return True
            if _is_prose(line.text) or _ACTION.match(line.text) or is_head_line(line.text):
                return False
            if find_heading(line.text, within=Part.TARGETS):
                return False
        return False


_AFTER_ACTIONS = {Part.TARGETS, Part.COPIES, Part.BACKGROUND, Part.FOOT}
_BEFORE_LETTER = {
    Part.SUMMARY,
    Part.ACTIONS,
    Part.TARGETS,
    Part.COPIES,
    Part.LETTER,
    Part.FOOT,
}
_CONTACT = re.compile(
    r"(?:e-?mail|fax|phone|tel(?:ephone|efax)?|mobile|twitter|facebook|instagram|web ?form"
    r"|contact form|salutation|website)s?\b(?:/[a-z]{1,12})? ?[:.+(0-9]|\S{1,100}@\S{1,100}\Z",
    re.IGNORECASE,
)
_CONTACT_WITHIN = re.compile(r" (?:e-?mail|fax|phone|tel|twitter) ?:", re.IGNORECASE)
_LISTED_ACTION = re.compile(
    r"(?:[0-9]{1,2}[.)]|[•*-]) ?(?:write|click|send|call|email|tweet|take action)\b"
    r"|click here to let us know|write a(?:n appeal| letter) in your own words\b",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"(?:[-*•·▪●○◦‣\uf0a7\uf0b7>\u2013]|n |[0-9]{1,2}[.)] ?(?=[A-Za-z]))"
    r"|(?:write|click|send|sign|share|tweet"
    r"|call|email|fax|take|please|use|let|report|post|contact|you|join|add|help|urg(?:e|ing)"
    r"|calling|demand(?:ing)?|ask(?:ing)?|express(?:ing)?|ensur(?:e|ing)|appeal|organi[sz]e"
    r"|visit|support|spread|read|insist(?:ing)?|remind(?:ing)?|here|it|we|this|in) \S",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"(?:I|We|My|As|It is with|With) |.{0,300}\b(?:I|my) |(?:je|nous|me|le|les|yo|ich|wir|eu) ",
    re.IGNORECASE,
)
_INDEX_ALONE = re.compile(r"(?:.{0,80} )?index: ?\S{2,4} ?[0-9/]{3,20}\Z", re.IGNORECASE)
_DATE_LABEL = re.compile(r"(?:issue )?date: ", re.IGNORECASE)
_SENTENCE = re.compile(r".{40,}[.!?:][\u201d\u2019\"')]?\Z", re.DOTALL)
_SHORT_SENTENCE = re.compile(r".{24,}[.!?:][\u201d\u2019\"')]?\Z|(?:I|We) [a-z]", re.DOTALL)
# On a web page: Activist freed (Zimbabwe: UA 30.23)
_NUMBERED_TITLE = re.compile(r" \((?:[^():]{0,60}: ?)?UA ?:? ?[0-9]{1,4}[./][0-9]{2}\)\Z")
_SEX = re.compile(r"\((?:m|f|m/f|female|male)\)")


def _follows_opening(text: str) -> bool:
    return bool(_SHORT_SENTENCE.match(text) or len(text) >= _PROSE) and not _CONTACT.match(text)


def _is_personal(text: str) -> bool:
    """Whether a paragraph is one of a letter, by who speaks."""
    return (
        len(text) >= _PROSE
        and bool(_FIRST_PERSON.match(text))
        and not _CONTACT_WITHIN.search(text[:_LONGEST_TITLE])
    )


def _is_prose(text: str) -> bool:
    return len(text) >= _PROSE or bool(_SENTENCE.match(text))
