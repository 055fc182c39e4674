"""Pages of a .pdf -> the document's lines: paragraphs whole again, margins once.

It knows what stands where on the paper, and no label of any field.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.document import Line, Link
from uadispatch.campaign.notices.reading.cleaning import clean
from uadispatch.campaign.notices.reading.layout import Stretch, merged, rows_of, stretches
from uadispatch.campaign.notices.reading.limits import CannotRead
from uadispatch.campaign.notices.reading.margins import Margins
from uadispatch.campaign.notices.reading.wrapping import Row, Seam, goes_on, seam

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.campaign.notices.reading.glyphs import Page
    from uadispatch.campaign.notices.reading.layout import Mark, Piece
    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["read_pages"]

_SPACE = 0.22
"""A space, in heights of a letter."""
_SAME_HEIGHT = 0.15
_PART = 1.4
"""From how many times the usual distance of lines on something parts them."""
_USUAL = (0.85, 2.5)
"""Between what a distance is usual, in heights of a letter."""
_FULL = 0.08
"""Of the width: how much of it full lines may leave."""
_LEAST_FULL = 3
_WIDE = 0.6
"""Of the page: how far to the right text reaches at least that fills it."""
_MOST_UNKNOWN = 0.3
_MOST_TURNED = 20
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class _Paragraph:
    """Rows that are one line of the document."""

    rows: list[Piece]
    where: str
    begins: bool
    cell: int | None
    page: int
    closed: bool = False
    """Whether nothing may go on with it: it stands in a margin."""


@dataclass(slots=True)
class _Setting:
    """How the document is set."""

    pitch: float
    """The usual distance of lines, in heights of a letter."""
    right: float
    left: float


@dataclass(slots=True)
class _Flow:
    """The paragraphs so far."""

    setting: _Setting
    paragraphs: list[_Paragraph] = field(default_factory=list)
    waiting: list[_Paragraph] = field(default_factory=list)
    """Lines of margins, until the paragraph has ended in whose midst the page turned."""
    cells: int = 0


def read_pages(pages: Sequence[Page], watch: Watch) -> tuple[list[Line], list[str]]:
    """The lines of the document, and notes for a person. Raises CannotRead."""
    _refuse_unreadable(pages)
    rows = {page.number: rows_of(page.glyphs, watch) for page in pages}
    margins = Margins([(page.height, [merged(row) for row in rows[page.number]]) for page in pages])
    laid = []
    for index, page in enumerate(pages):
        body = [row for at, row in enumerate(rows[page.number]) if not margins.has(index, at)]
        laid.append((page.number, margins.kept(index), stretches(body, watch)))
    width = max((page.width for page in pages), default=0.0)
    flow = _Flow(_setting([stretch for _, _, parts in laid for stretch in parts], width))
    for number, kept, parts in laid:
        watch.look()
        _add_page(flow, number, kept, parts)
    flow.paragraphs += flow.waiting
    return list(_lines(flow.paragraphs, watch)), _notes(pages)


def _refuse_unreadable(pages: Sequence[Page]) -> None:
    read = sum(len(page.glyphs) for page in pages)
    unknown = sum(page.unknown for page in pages)
    if unknown > _MOST_UNKNOWN * (read + unknown):
        raise CannotRead(
            "its letters are drawn without saying which they are; have its text recognised (OCR), "
            "or ask for the .docx"
        )
    if not read and any(page.turned for page in pages):
        raise CannotRead("its text does not stand upright; turn its pages and save it again")
    if not read and any(page.pictures for page in pages):
        raise CannotRead(
            "its pages are pictures, which hold no text; have the text recognised (OCR), or ask "
            "for the .docx"
        )


def _notes(pages: Sequence[Page]) -> list[str]:
    blank = [str(page.number) for page in pages if not page.glyphs and page.pictures]
    turned = [str(page.number) for page in pages if page.turned > _MOST_TURNED]
    notes = []
    if blank:
        notes.append(f"no text could be read on page {', '.join(blank)}: it is a picture; look")
    if turned:
        notes.append(f"text that does not stand upright on page {', '.join(turned)} was not read")
    return notes


def _setting(parts: Sequence[Stretch], width: float) -> _Setting:
    """How far lines are usually apart, and between which edges the text stands."""
    steps: Counter[float] = Counter()
    for stretch in parts:
        for above, below in pairwise(stretch.lines):
            step = (below.bottom - above.bottom) / max(below.height, 0.1)
            if _USUAL[0] <= step <= _USUAL[1]:
                steps[round(step * 20) / 20] += 1
    wide = [piece for stretch in parts if stretch.column is None for piece in stretch.lines]
    lines = wide or [piece for stretch in parts for piece in stretch.lines]
    right = max((piece.right for piece in lines), default=0.0)
    left = min((piece.left for piece in lines), default=0.0)
    full = sum(piece.right > right - _FULL * (right - left) for piece in lines)
    if full < _LEAST_FULL or right < _WIDE * width:
        # Only short lines, which do not tell how wide the text may be: as far from both edges.
        right = max(right, width - left)
    return _Setting(steps.most_common(1)[0][0] if steps else 1.15, right, left)


# Rows -> paragraphs.


def _add_page(flow: _Flow, number: int, kept: Sequence[Piece], parts: Sequence[Stretch]) -> None:
    flow.waiting += [
        _Paragraph([piece], f"page {number}", begins=True, cell=None, page=number, closed=True)
        for piece in kept
    ]
    for stretch in parts:
        if stretch.column is not None:
            flow.cells += 1
        before: Piece | None = None
        for piece in stretch.lines:
            _add(flow, number, stretch, before, piece)
            before = piece


def _add(flow: _Flow, number: int, stretch: Stretch, before: Piece | None, piece: Piece) -> None:
    last = flow.paragraphs[-1] if flow.paragraphs else None
    is_column = stretch.column is not None
    right = flow.setting.right if stretch.right is None else stretch.right
    right = max(right, *(each.right for each in stretch.lines)) if is_column else right
    left = min(each.left for each in stretch.lines) if is_column else flow.setting.left
    parted = before is None or _is_parted(before, piece, flow.setting.pitch)
    turned = before is None and not is_column and last is not None and last.page < number
    if last and not last.closed and last.cell is None and turned:
        parted = False
        joins = last.rows[-1].text[-1:] not in ".!?:" and _joins(last.rows[-1], piece, left, right)
    else:
        joins = bool(
            last and not parted and _joins(last.rows[-1], piece, left, right, narrow=is_column)
        )
    if joins and last:
        last.rows.append(piece)
        last.page = number
        return
    flow.paragraphs += flow.waiting
    parted = parted or bool(flow.waiting)
    flow.waiting = []
    where = f"page {number}" + (f", column {stretch.column}" if is_column else "")
    cell = flow.cells if is_column else None
    flow.paragraphs.append(_Paragraph([piece], where, parted, cell, number))


def _is_parted(above: Piece, below: Piece, pitch: float) -> bool:
    # By the white between them, so that lines of two sizes are told too.
    white = (below.top - above.bottom) / max(min(above.height, below.height), 0.1)
    return white > _PART * pitch - 1 or below.bottom < above.top


def _joins(above: Piece, below: Piece, left: float, right: float, *, narrow: bool = False) -> bool:
    height = max(above.height, below.height, 0.1)
    if abs(above.height - below.height) > _SAME_HEIGHT * height:
        return False
    rows = (
        Row(above.text.strip(), above.left, above.right, above.first),
        Row(below.text.strip(), below.left, below.right, below.first),
    )
    return goes_on(*rows, left=left, right=right, space=_SPACE * height, narrow=narrow)


# Paragraphs -> lines.


def _lines(paragraphs: Sequence[_Paragraph], watch: Watch) -> Iterator[Line]:
    words = frozenset(
        word.lower()
        for paragraph in paragraphs
        for row in paragraph.rows
        for word in _WORD.findall(row.text)
    )
    begins = False
    for paragraph in paragraphs:
        begins = begins or paragraph.begins
        marks = _marks(paragraph.rows, words)
        text = clean("".join(mark.char for mark in marks))
        if text:
            watch.line(text)
            links = _linked(marks, text, watch)
            yield Line(0, text, paragraph.where, begins=begins, cell=paragraph.cell, links=links)
            begins = False


def _marks(rows: Sequence[Piece], words: frozenset[str]) -> list[Mark]:
    """The rows as one, joined where they meet."""
    marks = list(rows[0].marks)
    for above, below in pairwise(rows):
        joint = _seam(above, below, words)
        link = above.marks[-1].link if above.marks[-1].link == below.marks[0].link else ""
        if joint.drop:
            del marks[-joint.drop :]
        marks += [type(marks[0])(char, link) for char in joint.between]
        marks += below.marks
    return marks


def _seam(above: Piece, below: Piece, words: frozenset[str]) -> Seam:
    """As `seam`; and an address that is broken is whole where it leads."""
    before, after = above.text.rstrip(), below.text
    link = above.marks[-1].link
    if link and link == below.marks[0].link:
        broken = before.rpartition(" ")[2].lstrip("(<") + after.partition(" ")[0].rstrip(").,;>")
        if broken in link:
            return Seam(0, "")
    return seam(before, after, words)


def _linked(marks: Sequence[Mark], text: str, watch: Watch) -> tuple[Link, ...]:
    found: list[Link] = []
    start = 0
    for at in range(1, len(marks) + 1):
        if at < len(marks) and marks[at].link == marks[start].link:
            continue
        words = clean("".join(mark.char for mark in marks[start:at]))
        if marks[start].link and words:
            watch.link()
            found.append(Link(words if words in text else text, marks[start].link))
        start = at
    return tuple(found)
