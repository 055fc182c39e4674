"""Letters of a page -> its lines, and which of them stand in columns; it joins no lines.

Columns are told by position: at least three lines whose left edges are aligned, with text beside
them that never crosses that edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.campaign.notices.reading.wrapping import begins_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.notices.reading.glyphs import Glyph
    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["Piece", "Stretch", "merged", "rows_of", "stretches"]

# In heights of a letter, which are a little more than the size of its font.
_GAP = 0.75
"""From which a gap may part columns."""
_WORD_GAP = 0.22
_OVERLAP = 0.5
_SAME_PLACE = 0.1
_ALIGNED = 2.0
"""In points."""
_CELL_MARGIN = 10.8
"""In points: what Word leaves between the texts of two cells."""
_LEAST_ROWS = 3
_MOST_ROWS = 200
_MOST_PIECES = 12
_DEEPEST = 5
_REGULAR = 1.3
_LATEST_ROWS = 4


class Mark(NamedTuple):
    """A character of a line, and where it leads."""

    char: str
    link: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters on one line without a wide gap."""

    marks: tuple[Mark, ...]
    left: float
    right: float
    top: float
    bottom: float
    first: float
    """The width of its first word."""
    order: int
    glyphs: tuple[Glyph, ...] = ()
    """Its letters; none where it was put together of several pieces."""

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(mark.char for mark in self.marks)

    @property
    def height(self) -> float:
        """Of its letters."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that stand below each other between two edges."""

    lines: tuple[Piece, ...]
    right: float | None
    """The right edge of a column, None for that of the page."""
    column: int | None = None
    """Counted on its page."""


Row = list[Piece]


# Letters -> rows.


def rows_of(glyphs: Sequence[Glyph], watch: Watch) -> list[Row]:
    """The pieces of each row, from the top; those of a row from the left."""
    rows: list[list[Glyph]] = []
    tallest: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda each: (each.bottom, each.left)):
        at = _row_of(glyph, tallest)
        if at is None:
            watch.look()
            rows.append([glyph])
            tallest.append(glyph)
        else:
            rows[at].append(glyph)
            if _height(glyph) > _height(tallest[at]):
                tallest[at] = glyph
    found = [list(_pieces(sorted(row, key=lambda each: each.left))) for row in rows]
    return sorted((row for row in found if row), key=lambda row: row[0].top)


def _height(glyph: Glyph) -> float:
    return max(glyph.bottom - glyph.top, 0.1)


def _row_of(glyph: Glyph, tallest: list[Glyph]) -> int | None:
    """The row in which it stands, raised or lowered letters too; None for a new one."""
    best, found = _OVERLAP, None
    for at in range(max(len(tallest) - _LATEST_ROWS, 0), len(tallest)):
        other = tallest[at]
        shared = min(glyph.bottom, other.bottom) - max(glyph.top, other.top)
        share = shared / min(_height(glyph), _height(other))
        if share > best:
            best, found = share, at
    return found


def _pieces(row: list[Glyph]) -> Iterator[Piece]:
    now: list[Glyph] = []
    for glyph in row:
        if now and glyph.left - now[-1].right > _GAP * max(_height(glyph), _height(now[-1])):
            yield _piece(now)
            now = []
        if not (now and _is_shadow(now[-1], glyph)):
            now.append(glyph)
    if now:
        yield _piece(now)


def _is_shadow(before: Glyph, after: Glyph) -> bool:
    """Whether it is the same letter again at the same place, which makes it look bold."""
    near = abs(before.left - after.left) < _SAME_PLACE * _height(after)
    return before.char == after.char and near


def _piece(glyphs: list[Glyph]) -> Piece:
    marks: list[Mark] = []
    first = glyphs[0].right - glyphs[0].left
    in_first = True
    for index, glyph in enumerate(glyphs):
        before = glyphs[index - 1] if index else None
        if before and _are_apart(before, glyph):
            marks.append(Mark(" ", before.link if before.link == glyph.link else ""))
            in_first = False
        if in_first:
            first = glyph.right - glyphs[0].left
        marks.append(Mark(glyph.char, glyph.link))
    tall = max(glyphs, key=_height)
    right = max(glyph.right for glyph in glyphs)
    order = min(glyph.order for glyph in glyphs)
    return Piece(
        tuple(marks), glyphs[0].left, right, tall.top, tall.bottom, first, order, tuple(glyphs)
    )


def _are_apart(before: Glyph, after: Glyph) -> bool:
    # The higher one tells the size: the box of a hyphen may be as flat as its stroke.
    gap = (after.left - before.right) / max(_height(before), _height(after))
    in_order = after.order > before.order
    return gap > _WORD_GAP or (after.spaced and in_order and gap > -_WORD_GAP)


def merged(row: Row) -> Piece:
    """A row as one piece; a gap that parts no columns is two spaces."""
    if len(row) == 1:
        return row[0]
    marks: list[Mark] = []
    for piece in row:
        if marks:
            marks += [Mark(" ", "")] * 2
        marks += piece.marks
    return Piece(
        tuple(marks), row[0].left, max(each.right for each in row),
        min(each.top for each in row), max(each.bottom for each in row), row[0].first,
        min(each.order for each in row),
    )  # fmt: skip


# Rows -> stretches.


class _Area(NamedTuple):
    """Rows that share an edge at which something stands beside them."""

    start: int
    end: int
    edge: float


def stretches(rows: Sequence[Row], watch: Watch) -> list[Stretch]:
    """The lines of a page in the order of reading, column after column."""
    found: list[Stretch] = []
    columns = 0
    for stretch in _split(list(rows), None, watch, _DEEPEST):
        column = None
        if stretch.column is not None:
            columns += 1
            column = columns
        found.append(Stretch(stretch.lines, stretch.right, column))
    return found


def _split(rows: list[Row], right: float | None, watch: Watch, deep: int) -> Iterator[Stretch]:
    at = 0
    while at < len(rows):
        area = _next_area(rows, at, watch) if deep else None
        plain = rows[at : area.start if area else len(rows)]
        if plain:
            yield Stretch(tuple(merged(row) for row in plain), right)
        if area is None:
            return
        inside = [_cut(row, area.edge) for row in rows[area.start : area.end]]
        lefts = [[each for each in row if each.left < area.edge - _ALIGNED] for row in inside]
        rights = [[each for each in row if each.left >= area.edge - _ALIGNED] for row in inside]
        for side, edge in ((lefts, area.edge - _CELL_MARGIN), (rights, right)):
            for stretch in _split([row for row in side if row], edge, watch, deep - 1):
                yield Stretch(stretch.lines, stretch.right, 0)
        at = area.end


def _next_area(rows: list[Row], at: int, watch: Watch) -> _Area | None:
    for start in range(at, len(rows)):
        watch.look()
        edges = [piece.left for piece in rows[start][1:_MOST_PIECES]]
        for edge in sorted(edges):
            area = _area(rows, at, start, edge)
            if area:
                return area
    return None


def _area(rows: list[Row], first: int, start: int, edge: float) -> _Area | None:
    """The rows from `start` on, and just above, of which none crosses `edge`."""
    aligned: list[int] = []
    end = start
    for index in range(start, min(len(rows), start + _MOST_ROWS)):
        if _crosses(rows[index], edge):
            # Full lines of a narrow column nearly touch those of the next one.
            if _crosses(_cut(rows[index], edge), edge):
                break
            continue
        if any(abs(piece.left - edge) <= _ALIGNED for piece in rows[index]):
            aligned.append(index)
            end = index + 1
    if len(aligned) < _LEAST_ROWS or not _is_beside(rows[start:end], edge):
        return None
    # A column with lines of another height may begin a little higher.
    while start > first and _overlaps(rows[start - 1], rows[aligned[0]]):
        if _crosses(rows[start - 1], edge):
            break
        start -= 1
    return _Area(start, _end(rows, start, end, edge), edge)


def _crosses(row: Row, edge: float) -> bool:
    return any(each.left < edge - _ALIGNED and each.right > edge - 1 for each in row)


def _cut(row: Row, edge: float) -> Row:
    """The row with a piece that reaches over `edge` in two, if a word begins just there."""
    found: Row = []
    for piece in row:
        at = None
        if piece.left < edge - _ALIGNED and piece.right > edge - 1:
            at = next((i for i, glyph in enumerate(piece.glyphs) if glyph.left > edge - 1), None)
        if at and _begins_at(piece.glyphs[at - 1], piece.glyphs[at], edge):
            found += [_piece(list(piece.glyphs[:at])), _piece(list(piece.glyphs[at:]))]
        else:
            found.append(piece)
    return found


def _begins_at(before: Glyph, after: Glyph, edge: float) -> bool:
    return abs(after.left - edge) <= _ALIGNED and _are_apart(before, after)


def _overlaps(above: Row, below: Row) -> bool:
    return max(each.bottom for each in above) > min(each.top for each in below) + 1


def _is_beside(rows: list[Row], edge: float) -> bool:
    """Whether what stands to the left is text of its own: no labels, no marks of a list."""
    left = [merged(side) for row in rows if (side := [p for p in row if p.left < edge - _ALIGNED])]
    if len(left) < _LEAST_ROWS - 1:
        return False
    marks = sum(
        piece.text.endswith(":") or begins_item(f"{piece.text} ") or len(piece.text) < 3  # noqa: PLR2004 - a mark, no word
        for piece in left
    )
    return 2 * marks < len(left)


def _end(rows: list[Row], start: int, end: int, edge: float) -> int:
    """Up to where the left column goes on below the end of the right one."""
    pieces = [piece for row in rows[start:end] for piece in row]
    left = [each for each in pieces if each.left < edge - _ALIGNED]
    right = [each for each in pieces if each.left >= edge - _ALIGNED]
    begun = min(each.order for each in right)
    in_order = max(each.order for each in left) < begun
    tops = [each.top for each in left]
    pitch = median([b - a for a, b in pairwise(tops)] or [0.0])
    while end < len(rows) and not _crosses(rows[end], edge):
        below = rows[end]
        if any(each.left >= edge - _ALIGNED for each in below):
            break
        if in_order:
            # Cell after cell was drawn, so that what was drawn later belongs to neither.
            if below[0].order > begun:
                break
        elif below[0].top - tops[-1] > _REGULAR * pitch or below[0].left > left[0].left + _GAP:
            break
        tops.append(below[0].top)
        end += 1
    # Text as wide as the page follows at once, and the line above may be its opening.
    alone = end - 1 > start and all(each.left < edge - _ALIGNED for each in rows[end - 1])
    if end < len(rows) and not in_order and alone and merged(rows[end - 1]).text[-1:] in ",:":
        end -= 1
    return end
