"""What a document says, each field with its line and how sure of it the reading is.

Values only: what was found, never how. What is missing in the document is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "Certainty",
    "Closing",
    "Doubt",
    "Ending",
    "Found",
    "FoundLetter",
    "FoundPerson",
    "FoundTarget",
    "Kind",
    "Notice",
    "Variant",
]

T_co = TypeVar("T_co", covariant=True)


class Certainty(StrEnum):
    """How sure a field is."""

    LABELLED = "labelled"
    """The document itself says what it is: by a label, or by its fixed place."""
    INFERRED = "inferred"
    """It follows by a rule that has a name."""
    GUESSED = "guessed"
    """A person must look."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A value, where it stands, and how sure it is."""

    value: T_co
    line: int | None
    """The line it was read from (`document.Line.number`); None: it follows from several."""
    certainty: Certainty = Certainty.LABELLED
    rule: str = ""
    """What was inferred or guessed by, for a person: ``the zone of Nur-Sultan``; else ""."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a person should know of a document."""

    says: str
    """What, and where two places disagree both of what they say. One sentence, no full stop."""
    line: int | None = None
    asks: bool = True
    """Whether a person must decide before anything is sent; else it is only said."""


class Variant(StrEnum):
    """Which layout a document has; see `sections`."""

    LETTER_SPACED = "V1"
    """1998-2003: ``U R G E N T   A C T I O N``, ``APPEALS TO:``."""
    APPEAL = "V2"
    """2004-10: ``URGENT ACTION APPEAL``, ``RECOMMENDED ACTION:``."""
    BULLETS = "V3"
    """2009-18: ``Please write immediately``, ``PLEASE SEND APPEALS BEFORE ... TO:``."""
    LABELLED = "V4"
    """2017-18: each field with a label of its own."""
    SAMPLE_LETTER = "V5"
    """2019-24: ``TAKE ACTION:``, targets, a sample letter, labels at the foot."""
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a document is."""

    FIRST = "first"
    """The first document of its number."""
    FURTHER = "further"
    """A second, third ... Urgent Action, or further information: it still asks for appeals."""
    FINAL = "final"
    """It asks for no more appeals."""


class Ending(StrEnum):
    """How surely a document ends a campaign."""

    OPEN = "open"
    """Nothing in it asks to stop."""
    CLOSED = "closed"
    """It says that no further action is asked for."""
    DOUBTFUL = "doubtful"
    """It may: a person must read it, and sending is held meanwhile."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Whether a document asks to stop, and by which words."""

    ending: Ending
    line: int | None = None
    words: str = ""
    """The words of the document that say so, as they stand."""
    says: str = ""
    """Why it is doubtful, for a person: one sentence, no full stop; else ""."""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Someone at risk."""

    name: Found[str]
    pronoun: Found[str] | None = None


@dataclass(frozen=True, slots=True)
class FoundTarget:
    """An official to write to; the fields are those of `model.Target`."""

    id: Found[str]
    name: Found[str]
    role: Found[str] | None = None
    salutation: Found[str] | None = None
    country: Found[str] | None = None
    represents: Found[str] | None = None
    timezone: Found[str] | None = None
    address: Found[str] | None = None
    phone: Found[str] | None = None
    fax: Found[str] | None = None
    email: Found[str] | None = None
    twitter: Found[str] | None = None
    facebook: Found[str] | None = None
    more: tuple[tuple[str, Found[str]], ...] = ()
    """Further contacts, by what the document calls them (``email``, ``contact form``): nothing is
    sent to them, and a person should know that they exist."""
    copy: bool = False
    """It stands among those whom copies are asked for; no message is written to it."""


@dataclass(frozen=True, slots=True)
class FoundLetter:
    """The sample letter."""

    subject: Found[str]
    text: Found[str]
    closing: Found[str] | None = None
    opening: Found[str] | None = None
    """The greeting it begins with, which belongs to the first target; or one for each of several,
    as in ``Dear Minister, or Dear Ambassador``."""
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one document says."""

    variant: Variant
    kind: Found[Kind]
    closing: Closing
    number: Found[str] | None = None
    """As `model.UrgentAction.number`: ``46/19``; that of the header, where there is one."""
    numbers: tuple[Found[str], ...] = ()
    """Every number of an Urgent Action that the document claims as its own, the first first."""
    index: Found[str] | None = None
    sequence: Found[int] | None = None
    title: Found[str] | None = None
    """In sentence case; the document has it in capitals."""
    countries: tuple[Found[str], ...] = ()
    """Two-letter codes."""
    issued: Found[date] | None = None
    deadline: Found[date] | None = None
    after_deadline: Found[str] | None = None
    previous: Found[str] | None = None
    people: tuple[FoundPerson, ...] = ()
    summary: Found[str] | None = None
    actions: tuple[Found[str], ...] = ()
    report: Found[str] | None = None
    """What it asks to report back, and where."""
    new_appeals: Found[str] | None = None
    """The words by which it asks those to write who have written before."""
    additional_information: Found[str] | None = None
    languages: tuple[Found[str], ...] = ()
    """BCP 47 tags, best first."""
    languages_note: Found[str] | None = None
    targets: tuple[FoundTarget, ...] = ()
    letter: FoundLetter | None = None
    doubts: tuple[Doubt, ...] = ()
