"""What the first page shows of very many messages: one of each kind, and all that stand out.

What it keeps is bounded, whatever the number of messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.views.dry_run.counting import KEPT_BACK, is_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.views.cards import Card

__all__ = ["Group", "Kinds", "Line", "Outstanding", "Sample", "line_of", "size_of"]

MOST_LINES = 20_000
"""So many refusals are kept to be listed; the others are counted."""
FEW = 10
"""So many of each reason are listed whatever came before them: the rare one is easily missed."""
MOST_REASONS = 1_000
LONGEST_REASON = 300
_FRAME = 4_000
"""About what a card weighs without its text, in bytes."""


class Sample(NamedTuple):
    """A card that stands on the first page too, and where it stands among the others."""

    card: Card
    href: str


class Line(NamedTuple):
    """A message that a person must look at, in one line."""

    href: str
    target: str
    name: str
    channel: str
    to: str

    @property
    def size(self) -> int:
        """About so many bytes on the page."""
        return 60 + sum(len(text.encode()) for text in self)


@dataclass(frozen=True, slots=True)
class Group:
    """Those that are refused, held or kept back for one reason."""

    word: str
    """``refused``, ``held``, ``kept back`` or ``differs``."""
    reason: str
    number: int
    lines: tuple[Line, ...]


class Kinds:
    """Which kinds have been seen, by channel, language and template; which states and guards."""

    def __init__(self) -> None:
        """None so far."""
        self._seen: set[object] = set()

    def is_new(self, draft: Draft, state: str) -> bool:
        """Whether `draft` is the first of its kind, or the first in its state."""
        traits = {
            (draft.channel, draft.choice.language, draft.template),
            ("state", state),
            ("held", is_held(draft)),
            ("guard", draft.verdict and draft.verdict.guard),
            ("marked", draft.mark is not None),
            ("fallback", bool(draft.choice.fallback)),
        }
        new = traits - self._seen
        self._seen |= new
        return bool(new)


@dataclass
class Outstanding:
    """Collects what is refused, held or kept back, by reason."""

    _lines: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _kept: int = 0

    def add(self, card: Card, href: str) -> None:
        """Look at one card, which is to be found at `href`."""
        if card.difference is not None:
            word, said = "differs", "; ".join(card.difference.says)
        elif card.held or card.kept or card.state == "refused":
            word = "held" if card.held else KEPT_BACK if card.kept else "refused"
            said = card.reason
        else:
            return
        reason = said if len(said) <= LONGEST_REASON else said[:300] + " ..."
        if (word, reason) not in self._lines and len(self._lines) >= MOST_REASONS:
            reason = "other reasons: the messages say them"
        lines = self._lines.setdefault((word, reason), [])
        self._numbers[word, reason] = self._numbers.get((word, reason), 0) + 1
        if self._kept < MOST_LINES or len(lines) < FEW:
            self._kept += 1
            lines.append(line_of(card, href))

    def groups(self, most: int) -> tuple[Group, ...]:
        """All of them in `most` bytes, or as many of each reason as find room there."""
        each = max(map(len, self._lines.values()), default=0)
        while True:
            groups = tuple(
                Group(word, reason, self._numbers[word, reason], tuple(lines[:each]))
                for (word, reason), lines in self._lines.items()
            )
            if each == 0 or sum(line.size for group in groups for line in group.lines) <= most:
                return groups
            each = each * 2 // 3


def line_of(card: Card, href: str) -> Line:
    """One line for a card, which is to be found at `href`."""
    return Line(href, card.target, card.name, card.channel, card.to)


def size_of(card: Card) -> int:
    """About how many bytes a card takes on a page."""
    size = _FRAME
    for sheet in (card.sheet, *card.received):
        if sheet is not None:
            texts: Sequence[str] = (sheet.text, *sheet.notes, *(link.text for link in sheet.links))
            size += sum(len(text.encode("utf-8", "replace")) for text in texts)
    for change in (card.change, card.difference):
        if change is not None:
            size += sum(len(piece.text.encode("utf-8", "replace")) for piece in change.pieces)
    return size
