"""Which campaign a document belongs to: by number, link, index, place and name together.

Numbers have slips, and a text names more people than those it is about. So one thing alone
decides nothing, and whatever may be meant is named: a closing that goes to the wrong campaign
costs a day, one that is missed can hurt someone. It reads nothing but what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import countries
from uadispatch.campaign.issues import Index, day
from uadispatch.campaign.model import Status
from uadispatch.campaign.notices.lineage.names import Degree, Mention, Words, distance
from uadispatch.campaign.notices.notice import Ending, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from uadispatch.campaign.model import Campaign
    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.notice import Found, Notice

__all__ = ["Known", "Lineage", "Match", "find"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What tells one campaign from others."""

    number: str
    indexes: tuple[str, ...] = ()
    """That of its document, and that of the one before, to which it links."""
    title: str = ""
    country: str | None = None
    people: tuple[str, ...] = ()
    issued: date | None = None
    sequence: int | None = None
    status: Status = Status.OPEN
    file: str | None = None

    @classmethod
    def of(cls, campaign: Campaign, file: str | None = None) -> Known:
        """What is known of `campaign`, whose file is `file`."""
        case = campaign.urgent_action
        return cls(
            number=case.number,
            indexes=tuple(text for text in (case.index, case.previous) if text),
            title=case.title,
            country=case.country,
            people=tuple(person.name for person in case.people),
            issued=case.issued,
            sequence=case.sequence,
            status=case.status,
            file=file,
        )


class Match(StrEnum):
    """How sure it is which campaign is meant."""

    SURE = "sure"
    """No question is asked."""
    LIKELY = "likely"
    """A person confirms it."""
    TORN = "torn"
    """It may be this campaign or another, or none: a person decides."""
    NONE = "none"
    """No known campaign is meant."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """To which campaign a document belongs, and what speaks for and against it."""

    campaign: Known | None
    """The first that comes into question; None: no campaign does."""
    certainty: Match
    agrees: tuple[str, ...] = ()
    """For people, without full stops; of two values both are told."""
    disagrees: tuple[str, ...] = ()
    others: tuple[Known, ...] = ()
    """All others that it could be meant for."""


class _Naming(IntEnum):
    """How a document names the people of a campaign."""

    NOT = 0
    PART = 1
    """A family name or a given name."""
    MENTIONED = 2
    """Somewhere in its text."""
    ABOUT = 3
    """In its title or summary; or anywhere, where it does not say whom it is about."""
    LABELLED = 4
    """Among those whom it says that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What a document and a campaign have in common."""

    known: Known
    number: bool
    slip: bool
    """A number of the document is that of the campaign but for one digit, or one year."""
    link: bool
    """The document, or the one before it, is the campaign's, or the one before that."""
    naming: _Naming
    place: bool | None
    """Whether the country agrees; None: nothing tells."""
    country_named: bool
    """The country's name stands in the text."""
    follows: bool
    """It may well be the next: by date, or by sequence."""
    ends: bool
    """The document may end a campaign."""
    agrees: tuple[str, ...]
    disagrees: tuple[str, ...]

    @property
    def match(self) -> Match:
        """What the document is to this campaign alone."""
        return self._with_number() if self.number else self._without_number()

    def _with_number(self) -> Match:
        if self.naming >= _Naming.MENTIONED or self.link:
            return Match.SURE
        if not self.known.people and self.place:
            return Match.SURE
        if self.naming or self.place:
            return Match.LIKELY
        return Match.TORN

    def _without_number(self) -> Match:
        # Whom a text mentions beside is not whom it is about; but a closing is not to be missed.
        named = self.naming >= (_Naming.MENTIONED if self.ends else _Naming.ABOUT)
        place = self.place or (self.place is None and self.country_named)
        if self.link and (named or not self.known.people):
            return Match.LIKELY
        if named and (place or self.follows or self.slip):
            return Match.LIKELY
        if named or self.link:
            return Match.TORN
        if self.slip and ((self.ends and place) or self.naming):
            return Match.TORN
        return Match.NONE

    @property
    def rank(self) -> tuple[int, ...]:
        """The greater, the sooner it is this campaign that is meant."""
        order = (Match.NONE, Match.TORN, Match.LIKELY, Match.SURE)
        weaker = (self.place is True, self.slip, self.follows)
        return (order.index(self.match), self.number, self.link, self.naming, *weaker)


def find(notice: Notice, document: Document, known: Sequence[Known]) -> Lineage:
    """The campaign of `known` that a document is meant for, and all others that may be meant.

    Sure: a number of the document is the campaign's, and a person's name, or the index or the
    link to the document before, agrees; where the campaign names nobody, the country must. Likely:
    the number is another, but a name and something else agree, or the link. Torn: the number
    alone, a name alone, or one thing for this campaign and another for that. What is only
    mentioned in a text that is about others counts beside the right number, and in a closing.
    """
    reader = _Reader(notice, document)
    found = [evidence for each in known if (evidence := reader.weigh(each)).match != Match.NONE]
    found.sort(key=lambda evidence: evidence.rank, reverse=True)
    if not found:
        return Lineage(None, Match.NONE)
    best, *rest = found
    rivals = [other for other in rest if _is_rival(best, other)]
    if best.match is Match.SURE and not rivals:
        return Lineage(best.known, Match.SURE, best.agrees, best.disagrees)
    instead = [
        f"it may be meant for UA {other.known.number} instead, which agrees in "
        f"{_listed(other.agrees) or 'nothing more'}"
        for other in rest
    ]
    return Lineage(
        campaign=best.known,
        certainty=Match.TORN if rivals else best.match,
        agrees=best.agrees,
        disagrees=(*best.disagrees, *instead),
        others=tuple(other.known for other in rest),
    )


def _is_rival(best: _Evidence, other: _Evidence) -> bool:
    """Whether `other` may be meant although `best` comes first."""
    if other.number:
        return True
    if best.match is Match.SURE:
        if not best.naming and not best.link and other.naming >= _Naming.ABOUT:
            return True  # the number may be the slip: the name is that of the other
        # Somebody may be in two campaigns; the number tells which one.
        return other.naming is _Naming.LABELLED and best.naming < _Naming.LABELLED
    return other.match is best.match


class _Reader:
    """A document, looked at for what campaigns have in common with it."""

    def __init__(self, notice: Notice, document: Document) -> None:
        """Take apart what every campaign is compared with."""
        self._notice = notice
        self._numbers = tuple(dict.fromkeys(found.value for found in _numbers(notice)))
        self._index = _index(notice)
        self._before = Index.find(notice.previous.value) if notice.previous else None
        self._countries = tuple(found.value for found in notice.countries)
        self._labelled = Words.of_each(person.name.value for person in notice.people)
        heads = (found.value for found in (notice.title, notice.summary) if found)
        self._heads = Words.of_each(heads)
        self._text = Words.of(document)
        self._ends = notice.closing.ending is not Ending.OPEN or notice.kind.value is Kind.FINAL
        self._begins = notice.kind.value is Kind.FIRST

    def weigh(self, known: Known) -> _Evidence:
        """What speaks for and against `known`."""
        naming, who = self._naming(known)
        indexes = {found for text in known.indexes if (found := Index.find(text))}
        mine = {self._index: "its index", self._before: "its link to the document before"}
        shared = [(index, says) for index, says in mine.items() if index in indexes]
        agrees = [
            *([f"the number, UA {known.number}"] if known.number in self._numbers else []),
            *who,
            *(f"{says}, {_shown(index)}" for index, says in shared),
        ]
        disagrees = [*self._other_numbers(known)]
        if not naming and known.people:
            disagrees.append(self._nobody(known))
        place, named = self._place(known, indexes, agrees, disagrees)
        return _Evidence(
            known=known,
            number=known.number in self._numbers,
            slip=any(_is_slip(number, known.number) for number in self._numbers),
            link=bool(shared),
            naming=naming,
            place=place,
            country_named=named,
            follows=self._follows(known, agrees),
            ends=self._ends,
            agrees=tuple(agrees),
            disagrees=tuple(disagrees),
        )

    def _naming(self, known: Known) -> tuple[_Naming, list[str]]:
        """How the best known of its people is named, and in which words."""
        best, says = _Naming.NOT, ""
        for name in known.people:
            for words, naming in self._where():
                mention = words.find(name)
                if mention is None:
                    continue
                found = naming if mention.degree >= Degree.NEAR else _Naming.PART
                if found > best:
                    best, says = found, _told(name, mention, self._text.find(name))
        return best, [says] if says else []

    def _where(self) -> Iterator[tuple[Words, _Naming]]:
        """Where people are named, and what it says of them."""
        yield self._labelled, _Naming.LABELLED
        yield self._heads, _Naming.ABOUT
        about = not self._notice.people and not self._begins
        yield self._text, _Naming.ABOUT if about else _Naming.MENTIONED

    def _nobody(self, known: Known) -> str:
        about = _listed(person.name.value for person in self._notice.people)
        instead = f"; it is about {about}" if about else ""
        return f"nobody of the campaign ({_listed(known.people)}) is named in it{instead}"

    def _other_numbers(self, known: Known) -> Iterator[str]:
        others = [number for number in self._numbers if number != known.number]
        if others:
            also = "also " if known.number in self._numbers else ""
            listed = _listed(f"UA {number}" for number in others)
            yield f"the document {also}says {listed}, the campaign is UA {known.number}"
        elif not self._numbers:
            yield f"the document gives no number, the campaign is UA {known.number}"

    def _place(
        self, known: Known, indexes: set[Index], agrees: list[str], disagrees: list[str]
    ) -> tuple[bool | None, bool]:
        """Whether the country agrees, and whether its name stands in the text."""
        sections = {index.section for index in indexes}
        said: list[bool] = []
        if self._index is not None and sections:
            section = self._index.section
            said.append(section in sections)
            if section in sections:
                agrees.append(f"the region and country of its index, {section}")
            else:
                theirs = _listed(sorted(sections))
                disagrees.append(f"its index begins with {section}, that of the campaign {theirs}")
        if self._countries and known.country:
            said.append(known.country in self._countries)
            if known.country in self._countries:
                agrees.append(f"the country, {_country(known.country)}")
            else:
                theirs = _listed(map(_country, self._countries))
                disagrees.append(
                    f"the country: in the document {theirs}, in the campaign "
                    f"{_country(known.country)}"
                )
        named = known.country is not None and self._text.has_phrase(_country(known.country))
        if named and not said:
            agrees.append(f"the country, {_country(known.country or '')}, stands in its text")
        return (any(said) if said else None), named

    def _follows(self, known: Known, agrees: list[str]) -> bool:
        notice = self._notice
        issued, count = notice.issued, notice.sequence
        later = issued is not None and known.issued is not None and issued.value >= known.issued
        if later and issued is not None and known.issued is not None:
            agrees.append(f"its date, {day(issued.value)}, is not before {day(known.issued)}")
        if count is None or known.sequence is None or count.value <= known.sequence:
            return later
        agrees.append(f"it is document {count.value} of its number, after {known.sequence}")
        return True


def _numbers(notice: Notice) -> Iterator[Found[str]]:
    if notice.number is not None:
        yield notice.number
    yield from notice.numbers


def _index(notice: Notice) -> Index | None:
    return Index.find(notice.index.value) if notice.index is not None else None


def _is_slip(number: str, other: str) -> bool:
    """Whether one number may be a slip for the other: a digit, or the year beside it."""
    count, _, year = number.partition("/")
    other_count, _, other_year = other.partition("/")
    beside = count == other_count and _apart(year, other_year) in (1, 99)
    return number != other and (beside or distance(number, other, 1) is not None)


def _apart(year: str, other: str) -> int:
    return abs(int(year) - int(other)) if year.isdecimal() and other.isdecimal() else 0


def _told(name: str, mention: Mention, in_text: Mention | None) -> str:
    """The name, as the campaign and as the document has it, and where."""
    line = in_text.line if in_text is not None else mention.line
    where = f", line {line}" if line is not None else ""
    if mention.degree is Degree.WHOLE:
        return f"the name, {name}{where}"
    part = "a part of the name" if mention.degree is Degree.PART else "the name"
    return f"{part}: in the document {mention.text}{where}, in the campaign {name}"


def _shown(index: Index) -> str:
    return f"{index.section}/{index.serial:04}/{index.year}"


def _country(code: str) -> str:
    # “Korea (North)”, as the table has it, stands in no text.
    return countries().get(code, code).partition(" (")[0]


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)
