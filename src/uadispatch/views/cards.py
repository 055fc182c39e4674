"""What a page shows of one message: values between the plan or the run and the page.

It knows no file, no channel and no markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Card", "Change", "Link", "Picture", "Piece", "Said", "Sheet", "in_columns"]

_FIELD = re.compile(r"([A-Z][A-Za-z-]{0,30}): (.*)")

_GAP = re.compile(r"^\S.* {3,}\S", re.MULTILINE)


def in_columns(text: str) -> bool:
    """Whether spaces hold parts of its lines below each other, as on a call sheet."""
    return len(_GAP.findall(text)) > 1


class Said(StrEnum):
    """Of a piece of text beside another: whether the other has it too."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(NamedTuple):
    """A run of characters of two texts that were compared."""

    said: Said
    text: str


class Picture(NamedTuple):
    """A picture on a page: a path relative to the page, or a ``data:`` address."""

    src: str
    alt: str
    width: int
    height: int
    """In pixels of the screen, so that the page does not jump when it comes."""


class Link(NamedTuple):
    """A link; `href` is None where it is no kind of link that a page may open."""

    href: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A message as its recipient sees it."""

    text: str
    notes: tuple[str, ...] = ()
    """What a reviewer should know: a length, a price."""
    links: tuple[Link, ...] = ()
    pages: tuple[Picture, ...] = ()
    figures: tuple[Picture, ...] = ()
    """Beside the text: a code to scan."""

    @property
    def head(self) -> tuple[tuple[str, str], ...]:
        """The headers of a mail, each as its name and what it says; none of any other text."""
        if not self.text.startswith("From: "):
            return ()
        lines = self.text.partition("\n\n")[0].split("\n")
        found = [_FIELD.fullmatch(line) for line in lines]
        return tuple((each[1], each[2]) for each in found if each) if all(found) else ()

    @property
    def body(self) -> str:
        """The text below its `head`, which may be all of it."""
        return self.text.partition("\n\n")[2] if self.head else self.text

    @property
    def in_columns(self) -> bool:
        """Whether it is read in letters of one width."""
        return in_columns(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a message differs from another of the same key: as approved, or as it was received."""

    says: tuple[str, ...]
    """In words, each a sentence without its full stop; never empty."""
    pieces: tuple[Piece, ...] = ()
    """Both texts as one, where they differ; empty where they do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message for one target, with all that a reviewer should see of it."""

    key: str
    """Its first 12 digits: also the card's place on the page."""
    target: str
    """The target's id."""
    name: str
    role: str
    channel: str
    to: str
    """As it was written in the campaign file."""
    language: str
    right_to_left: bool
    state: str
    reason: str
    by: str
    """``program`` or ``person``."""
    held: bool
    stands_out: bool
    """It is refused, held or kept back, falls back to another language, or its contact was refused
    before."""
    fallback: str
    """Why it is in another language than was preferred; "" if it is not."""
    when: str
    """When it would go out, and the last moment for it, in words."""
    local_time: str
    """The time at the target, in words; "" where it is not known."""
    template: str
    """The file of the words around the letter."""
    sheet: Sheet | None
    """None: there is nothing to show, as with a broken template."""
    kept: bool = False
    """A guard keeps it back: the campaign or its target is stopped, it has opted out."""
    change: Change | None = None
    """How it differs from what was approved; None: in nothing."""
    received: tuple[Sheet, ...] = ()
    """What a stand-in got: one, if all is well."""
    difference: Change | None = None
    """How what was received differs from what was meant; None: in nothing."""
