"""The sample letter of a document: opening, text and ending, and its language.

It knows letters only; what a letter asks for is `subject`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from uadispatch.campaign.model import Letter
from uadispatch.campaign.notices.notice import Doubt, Found, FoundLetter, Variant
from uadispatch.campaign.notices.parts.greetings import (
    is_opening,
    is_placeholder,
    split_ending,
    split_opening,
)
from uadispatch.campaign.notices.parts.prose import paragraphs
from uadispatch.campaign.notices.parts.sections import Part
from uadispatch.campaign.notices.texts.language import language_of
from uadispatch.campaign.notices.texts.subject import infer_subject
from uadispatch.campaign.text import shown
from uadispatch.campaign.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.notice import FoundPerson
    from uadispatch.campaign.notices.parts.sections import Sections

__all__ = ["read_letter"]

_WITH_LETTER = {Variant.LABELLED, Variant.SAMPLE_LETTER}
_LONGEST_GREETING = 100
_NONE = "write the letter under the key letter"


@dataclass(frozen=True, slots=True)
class _Body:
    """A letter from after its opening."""

    paragraphs: tuple[Found[str], ...]
    closing: Found[str] | None = None
    again: Found[str] | None = None
    """The opening of a second letter."""


def read_letter(
    sections: Sections, people: tuple[FoundPerson, ...], title: str | None
) -> tuple[FoundLetter | None, tuple[Doubt, ...]]:
    """The sample letter, and what a person should know of it.

    `title`, in sentence case, is the subject where the letter's own demand gives none. Documents
    of V1-V3 have no letter, and nothing is said of that here.
    """
    lines = paragraphs(sections.lines(Part.LETTER))
    if not lines:
        missing = sections.variant in _WITH_LETTER
        return None, (Doubt(f"there is no sample letter; {_NONE}"),) * missing
    openings, rest = _openings(lines)
    body = _body(rest)
    text = "\n\n".join(each.value for each in body.paragraphs)
    first = body.paragraphs[0].line if body.paragraphs else lines[0].line
    if not text:
        return None, (Doubt(f"the sample letter has no text; {_NONE}", first),)
    if wrong := _refused(text):
        return None, (Doubt(f"the sample letter cannot be taken over: {wrong}", first),)
    letter = FoundLetter(
        subject=infer_subject(body.paragraphs, people, title),
        text=Found(text, first),
        closing=body.closing,
        opening=_joined(openings),
        language=language_of(text),
    )
    return letter, tuple(_doubts(letter, body))


def _openings(lines: Sequence[Found[str]]) -> tuple[list[Found[str]], Sequence[Found[str]]]:
    """The openings, and the lines after them; the last may share its line with the text."""
    openings: list[Found[str]] = []
    for place, each in enumerate(lines):
        split = split_opening(each.value)
        if split is None and place == 0 and _greets(lines):
            split = each.value.rstrip(","), ""
        if split is None or (openings and split[1]):
            return openings, lines[place:]
        opening, rest = split
        openings.append(Found(opening, each.line))
        if rest:
            return openings, [Found(rest, each.line), *lines[place + 1 :]]
    return openings, ()


def _joined(openings: Sequence[Found[str]]) -> Found[str] | None:
    """One after another, where the letter is meant for several targets: it has one for each."""
    if not openings:
        return None
    return Found(", or ".join(each.value for each in openings), openings[0].line)


def _greets(lines: Sequence[Found[str]]) -> bool:
    # "Prosecutor General," greets although no word for it is there.
    first = lines[0].value
    return first.endswith(",") and len(first) <= _LONGEST_GREETING and len(lines) > 1


def _body(lines: Sequence[Found[str]]) -> _Body:
    paragraphs: list[Found[str]] = []
    closing: Found[str] | None = None
    for place, each in enumerate(lines):
        if is_placeholder(each.value):
            continue
        if (place or closing) and _begins_again(each.value):
            return _Body(tuple(paragraphs), closing, each)
        if closing:
            continue
        if split := split_ending(each.value):
            text, ending = split
            closing = Found(ending, each.line)
            each = Found(text, each.line)  # noqa: PLW2901 - the rest of the same line
        if each.value:
            paragraphs.append(each)
    return _Body(tuple(paragraphs), closing)


def _begins_again(text: str) -> bool:
    return len(text) <= _LONGEST_GREETING and text.endswith((",", ":")) and is_opening(text)


def _refused(text: str) -> str:
    """Why a campaign cannot hold the text; "" if it can."""
    try:
        Letter(subject="-", text=text)
    except ValidationError as error:
        return sentence(error.errors(include_url=False)[0])
    return ""


def _doubts(letter: FoundLetter, body: _Body) -> list[Doubt]:
    found: list[Doubt] = []
    first = letter.text.line
    if letter.opening is None:
        found.append(
            Doubt(
                "the sample letter has no opening, so it greets no target by name",
                first,
                asks=False,
            )
        )
    if body.closing is None:
        found.append(
            Doubt("the sample letter has no ending such as Yours sincerely", first, asks=False)
        )
    if body.again:
        found.append(
            Doubt(
                f"a second letter begins with {shown(body.again.value)}; only the first was taken",
                body.again.line,
            )
        )
    if letter.language != "en":
        found.append(
            Doubt(f"the sample letter was taken for one in {letter.language}", first, asks=False)
        )
    return found
