"""What stands above and below the text of every page: which lines those are, and which to keep.

What repeats is kept once, where it first stands; the numbers of pages are not kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.reading.cleaning import clean, is_page_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.notices.reading.layout import Piece

__all__ = ["Margins"]

_MOST_LINES = 5
_ZONE = 0.15
"""Of the height of a page: how far from its edge a margin may reach."""
_HIGH = 0.1
_NEAR = 4.0
"""In points."""
_GAP = 1.5
_NUMBER = re.compile(r"\d+")


class Margins:
    """Finds the margins of a document's pages, each given by its height and its lines."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Piece]]]) -> None:
        self._pages = pages
        self._marginal: set[tuple[int, int]] = set()
        self._kept: dict[int, list[Piece]] = defaultdict(list)
        seen: dict[str, list[tuple[int, int, Piece]]] = defaultdict(list)
        for page, (height, lines) in enumerate(pages):
            for at in _candidates(height, lines):
                seen[_alike(lines[at].text)].append((page, at, lines[at]))
        for places in seen.values():
            self._find(places)
        self._find_single_heads()

    def has(self, page: int, line: int) -> bool:
        """Whether a line of a page (both from 0) stands in its margin."""
        return (page, line) in self._marginal

    def kept(self, page: int) -> list[Piece]:
        """The lines of this page's margins that no page before has."""
        return sorted(self._kept[page], key=lambda piece: piece.top)

    def _find(self, places: Sequence[tuple[int, int, Piece]]) -> None:
        is_number = is_page_number(clean(places[0][2].text))
        first = True
        for page, at, piece in places:
            repeats = any(
                other != page and abs(there.top - piece.top) <= _NEAR for other, _, there in places
            )
            if is_number and self._is_outermost(page, at):
                self._marginal.add((page, at))
            elif repeats:
                self._marginal.add((page, at))
                if first:
                    self._kept[page].append(piece)
                first = False

    def _is_outermost(self, page: int, at: int) -> bool:
        last = len(self._pages[page][1]) - 1
        return last > 0 and at in (0, last)

    def _find_single_heads(self) -> None:
        """A head that only one page shows stands above where the first page begins."""
        tops = [lines[0].top for _, lines in self._pages[:1] if lines]
        for page, (height, lines) in enumerate(self._pages):
            free = [at for at in range(min(2, len(lines))) if not self.has(page, at)]
            if page == 0 or len(free) < 2 or free[0] != 0:  # noqa: PLR2004 - the head, and the text below
                continue
            head, below = lines[0], lines[1]
            apart = below.top - head.bottom > _GAP * head.height
            above = bool(tops) and head.top < tops[0] - head.height
            if head.bottom < _HIGH * height and apart and above:
                self._marginal.add((page, 0))
                self._kept[page].append(head)


def _candidates(height: float, lines: Sequence[Piece]) -> Iterator[int]:
    """The lines near the edges of a page."""
    count = len(lines)
    for at in range(count):
        high = at < _MOST_LINES and lines[at].bottom < _ZONE * height
        low = at >= count - _MOST_LINES and lines[at].top > (1 - _ZONE) * height
        if high or low:
            yield at


def _alike(text: str) -> str:
    """The same for lines that differ only in the number of their page."""
    return _NUMBER.sub("#", clean(text).lower())
