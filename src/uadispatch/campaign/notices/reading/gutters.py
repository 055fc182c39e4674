"""Columns that stand side by side in plain text, told by the gap between them.

It is sure or does nothing: at least three lines one after the other must show the same gap, and
what stands to the left of it must be neither labels nor the marks of a list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.reading.wrapping import begins_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["has_gap", "salutation_edge", "split_columns", "with_salutations"]

_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
_BEGINNING = re.compile(r"(?<=\S) {3,}(?=[^\Wa-z_]|\()")
_HEADING = re.compile(r"\S[^\n]{0,60}? {3,}\(?(?P<label>salutations?)\)?:?\s*", re.IGNORECASE)
_LONGEST_SALUTATION = 60
_LEAST_ROWS = 3
_NEAR = 1
_MOST_GAPS = 20
"""Of one line; more than that is no layout of columns."""
_LONGEST_GAPPED = 200
_MOST_COLUMNS = 6
_MOST_ROWS = 300
"""Of a block without an empty line; more than that is no list of addresses."""

Indexed = tuple[int, str]
"""A line of a block: its place there, and what of it belongs to a column."""


def split_columns(rows: Sequence[str]) -> list[tuple[int | None, list[Indexed]]]:
    """The lines of a block, column after column.

    Each part comes with its number within the block, or None for lines that are no column's.
    """
    indexed = list(enumerate(rows))
    if len(rows) > _MOST_ROWS:
        return [(None, indexed)]
    found: list[tuple[int | None, list[Indexed]]] = []
    while indexed:
        area = _area(indexed)
        if area is None:
            break
        top, bottom, edge = area
        if indexed[:top]:
            found.append((None, indexed[:top]))
        for column in _columns(indexed[top:bottom], edge, _MOST_COLUMNS):
            found.append((len(found), column))
        indexed = indexed[bottom:]
    if indexed:
        found.append((None, indexed))
    return found


def has_gap(text: str) -> bool:
    """Whether a line has wide gaps, behind each of which something else begins."""
    text = text.strip()[:_LONGEST_GAPPED]
    gaps = len(_first(text))
    return gaps > 0 and len(_BEGINNING.findall(text)) == gaps


def salutation_edge(text: str) -> tuple[int, str] | None:
    """Where a column begins whose heading is ``Salutation``, and that heading."""
    found = _HEADING.fullmatch(text[:_LONGEST_GAPPED])
    # The bracket stands where the column begins.
    return (_first(text)[-1].end(), found["label"]) if found else None


def with_salutations(rows: Sequence[str], edge: int, label: str) -> list[Indexed]:
    """The lines of an entry and, after them, what stands in the column of salutations."""
    left: list[Indexed] = []
    right: list[Indexed] = []
    for index, row in enumerate(rows):
        gaps = [gap for gap in _first(row) if abs(gap.end() - edge) <= _NEAR]
        said = row[gaps[-1].end() :].strip() if gaps else ""
        if not said or len(said) > _LONGEST_SALUTATION:
            left.append((index, row))
            continue
        left.append((index, row[: gaps[-1].start()]))
        right.append((index, said))
    if right:
        whole = " ".join(said for _, said in right)
        left.append((right[0][0], f"{label}: {whole}"))
    return left


def _columns(rows: list[Indexed], edge: int, most: int) -> Iterator[list[Indexed]]:
    """The parts to the left and to the right of `edge`; the right one may have columns too."""
    yield [(i, text[: edge - 1].rstrip()) for i, text in rows if text[: edge - 1].strip()]
    right = [(i, text[edge - 1 :].strip()) for i, text in rows if text[edge - 1 :].strip()]
    # Where it stood counts for finding the next gap.
    kept = [(i, text[edge - 1 :].rstrip()) for i, text in rows if text[edge - 1 :].strip()]
    area = _area(kept) if most > 0 else None
    if area is None or area[0] > 0 or area[1] < len(kept):
        yield right
    else:
        yield from _columns(kept, area[2], most - 1)


def _area(rows: Sequence[Indexed]) -> tuple[int, int, int] | None:
    """The first lines that share a gap: from, up to, and where the right side begins."""
    gaps = [[found.end() for found in _first(text)] for _, text in rows]
    for top, edges in enumerate(gaps):
        for edge in edges:
            bottom, both = _reach(rows, gaps, top, edge)
            if len(both) >= _LEAST_ROWS and _are_columns([rows[i][1] for i in both], edge):
                return top, bottom, edge
    return None


def _first(text: str) -> list[re.Match[str]]:
    found = list(zip(range(_MOST_GAPS), _GAP.finditer(text), strict=False))
    return [match for _, match in found]


def _reach(
    rows: Sequence[Indexed], gaps: Sequence[list[int]], top: int, edge: int
) -> tuple[int, list[int]]:
    """How far down the gap goes, and which lines have text on both sides of it."""
    both: list[int] = []
    bottom = top
    doubtful = False
    for index in range(top, len(rows)):
        text = rows[index][1]
        if any(abs(each - edge) <= _NEAR for each in gaps[index]):
            both.append(index)
            bottom = index + 1
            doubtful = False
        elif _is_on_one_side(text, edge):
            bottom = bottom if doubtful else index + 1
        elif text[edge - 1] == " " and text[edge : edge + 1].strip():
            doubtful = True  # a full line of the left side, if the gap goes on below it
        else:
            break
    else:
        return bottom, both
    # Text as wide as the page follows at once, and the line above may be its opening.
    last = rows[bottom - 1][1]
    if both and both[-1] < bottom - 1 and last.rstrip().endswith((",", ":")):
        bottom -= 1
    return bottom, both


def _is_on_one_side(text: str, edge: int) -> bool:
    return len(text) < edge or not text[: edge - 1].strip()


def _are_columns(rows: Sequence[str], edge: int) -> bool:
    left = [row[: edge - 1].strip() for row in rows]
    marks = sum(each.endswith(":") or begins_item(f"{each} ") or len(each) < 3 for each in left)  # noqa: PLR2004 - a mark, no word
    return 2 * marks < len(rows)
