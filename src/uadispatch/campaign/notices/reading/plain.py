"""Plain text -> its lines, each with its number in the file; it opens no file.

Text that some program wrapped near one width is put together into paragraphs again; text with one
line a paragraph is left as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.campaign.notices.document import Line
from uadispatch.campaign.notices.reading.cleaning import clean, is_page_number
from uadispatch.campaign.notices.reading.gutters import (
    has_gap,
    salutation_edge,
    split_columns,
    with_salutations,
)
from uadispatch.campaign.notices.reading.wrapping import Row, begins_item, goes_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["read_block", "read_plain"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB = 8
_WIDEST = 140
"""In characters: no program wraps text wider than this."""
_NARROWEST = 40
_LEAST_ROWS = 4
_NEARLY_FULL = 0.75
_MOSTLY = 0.7
_HALF = 0.5
_NEAR = 0.97
_QUOTED = re.compile(r"[ \t]{0,3}> ?")
_MOST_QUOTED = 10
_WORD = re.compile(r"\w+")

# Widths of letters in Helvetica, in em; most others are near enough for telling full lines.
_NARROW = {**dict.fromkeys("ijl'|", 0.22), **dict.fromkeys(" ,.:;!ftI/[]()’‘", 0.28)}
_WIDTHS = {**_NARROW, **dict.fromkeys('r-“”"', 0.33), **dict.fromkeys("mwMW%", 0.83)}


@dataclass(frozen=True, slots=True)
class _Physical:
    """A line of the file that is not empty."""

    number: int
    text: str
    begins: bool
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """How a text was wrapped."""

    measure: Callable[[str], float]
    right: float


class _Judged(NamedTuple):
    """A way of wrapping that a text may have, and how many of its full lines agree."""

    wrapped: _Wrapped | None
    share: float


def read_plain(text: str, watch: Watch) -> list[Line]:
    """The lines of a text file. Raises CannotRead if there are too many."""
    return _lines(_physical(text, watch), watch)


def read_block(text: str, watch: Watch) -> list[Line]:
    """The lines of text that is laid out inside some other file; their numbers mean nothing."""
    return _lines(_physical(text, watch), watch, columns=False)


def _physical(text: str, watch: Watch) -> list[_Physical]:
    found: list[_Physical] = []
    begins = turned = turning = False
    heads: set[str] = set()
    for number, raw in enumerate(_unquoted(_LINE_END.split(text)), start=1):
        watch.line(raw)
        if "\f" in raw and found:
            _drop_page_number(found)
            begins = turned = turning = True
        now = raw.replace("\f", " ").expandtabs(_TAB).rstrip()
        said = clean(now)
        if not said:
            begins = True
            continue
        # What is said again at the top of a page is its head.
        again = turned and (said in heads or is_page_number(said))
        if turned:
            heads.add(said)
        turned = False
        if not again:
            # A sentence goes on where the page turned.
            goes_on = turning and said[0].islower()
            found.append(_Physical(number, now, begins and bool(found) and not goes_on))
            begins = turning = False
    if "\f" in text and found:
        _drop_page_number(found)
    return found


def _unquoted(lines: list[str]) -> list[str]:
    """Without the marks of a mail that was answered, where most lines have them."""
    for _ in range(_MOST_QUOTED):
        said = [line for line in lines if line.strip()]
        if sum(bool(_QUOTED.match(line)) for line in said) <= _HALF * len(said):
            break
        lines = [_QUOTED.sub("", line, count=1) for line in lines]
    return lines


def _drop_page_number(found: list[_Physical]) -> None:
    """The line above the end of a page, if it is only the page's number."""
    if found[-1].begins and is_page_number(found[-1].text):
        found.pop()


def _lines(rows: list[_Physical], watch: Watch, *, columns: bool = True) -> list[Line]:
    if columns:
        rows = _by_columns(_with_salutations(rows))
    watch.look()
    wrapped = _how_wrapped(rows)
    words = frozenset(word.lower() for row in rows for word in _WORD.findall(row.text))
    found: list[Line] = []
    for group in _grouped(rows, wrapped):
        parts = [group[0].text]
        for row in group[1:]:
            # Two ends are enough to tell how they meet; the whole would be looked at anew.
            drop, between = seam(parts[-1].rstrip(), row.text.lstrip(), words)
            parts[-1] = parts[-1].rstrip()[: -drop or None] + between
            parts.append(row.text.lstrip())
        text = clean("".join(parts))
        if text:
            first = group[0]
            found.append(Line(first.number, text, begins=first.begins, cell=first.cell))
    return found


def _with_salutations(rows: Sequence[_Physical]) -> list[_Physical]:
    """With what stands in a column of salutations below the entry that it stands beside."""
    found: list[_Physical] = []
    block: list[_Physical] = []
    heading: tuple[int, str] | None = None
    for row in [*rows, None]:
        if row is not None and not (row.begins and block):
            block.append(row)
            continue
        texts = [each.text for each in block]
        heading = next(filter(None, map(salutation_edge, texts)), heading)
        if heading is None or any(map(salutation_edge, texts)):
            found += block
        else:
            for position, (index, text) in enumerate(with_salutations(texts, *heading)):
                here = block[index]
                found.append(_Physical(here.number, text, here.begins and position == 0))
        block = [row] if row is not None else []
    return found


def _by_columns(rows: Sequence[_Physical]) -> list[_Physical]:
    """With columns that stand side by side one after the other."""
    found: list[_Physical] = []
    block: list[_Physical] = []
    cells = 0
    for row in [*rows, None]:
        if row is not None and not (row.begins and block):
            block.append(row)
            continue
        for cell, lines in split_columns([each.text for each in block]):
            if cell is not None:
                cells += 1
            previous = found[-1].cell if found else None
            for position, (index, text) in enumerate(lines):
                here = block[index]
                number = None if cell is None else cells
                parted = here.begins or (position == 0 and bool(found) and previous != number)
                found.append(_Physical(here.number, text, parted, number))
        block = [row] if row is not None else []
    return found


# Wrapping.


def _grouped(rows: Sequence[_Physical], wrapped: _Wrapped | None) -> list[list[_Physical]]:
    """The rows that make one line each."""
    groups: list[list[_Physical]] = []
    for row in rows:
        if groups and wrapped and _follows(groups[-1][-1], row, wrapped):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _follows(before: _Physical, after: _Physical, wrapped: _Wrapped) -> bool:
    if after.begins or before.cell is not None or after.cell is not None:
        return False
    if has_gap(before.text) or has_gap(after.text):
        return False
    space = wrapped.measure(" ")
    rows = _row(before, wrapped.measure), _row(after, wrapped.measure)
    return goes_on(*rows, left=0, right=wrapped.right, space=space)


def _row(line: _Physical, measure: Callable[[str], float]) -> Row:
    said = line.text.strip()
    indent = measure(" ") * (len(line.text) - len(line.text.lstrip()))
    return Row(said, indent, indent + measure(said), measure(said.split(" ", 1)[0]))


def _by_letters(text: str) -> float:
    return float(sum(_WIDTHS.get(char, 0.69 if char.isupper() else 0.54) for char in text))


def _how_wrapped(rows: Sequence[_Physical]) -> _Wrapped | None:
    """At which width the text was wrapped, None if it was not or nobody can tell."""
    pairs = [(a, b) for a, b in pairwise(rows) if not b.begins and a.cell is None]
    if sum(len(row.text) > _WIDEST and " " in row.text.strip() for row in rows) > 1:
        return None
    found = [_wrapped_by(rows, pairs, measure) for measure in (len, _by_letters)]
    return max(found, key=lambda each: each.share).wrapped


def _wrapped_by(
    rows: Sequence[_Physical],
    pairs: Sequence[tuple[_Physical, _Physical]],
    measure: Callable[[str], float],
) -> _Judged:
    widths = sorted(
        measure(row.text) for row in rows if len(row.text) <= _WIDEST and row.cell is None
    )
    # The widest may be an exception, such as a line that begins with a long link.
    right = next(
        (w for v, w in zip(widths[-2::-1], widths[:0:-1], strict=False) if v > 0.97 * w), 0
    )
    if right < _NARROWEST * measure("n"):
        return _Judged(None, 0)
    wrapped = _Wrapped(measure, right)
    full = [pair for pair in pairs if measure(pair[0].text) >= _NEARLY_FULL * right]
    full = [pair for pair in full if not begins_item(pair[1].text.lstrip())]
    soft = [pair for pair in full if _follows(*pair, wrapped)]
    lower = [pair for pair in soft if not pair[1].text.lstrip()[:1].isupper()]
    if len(soft) < max(_LEAST_ROWS, _MOSTLY * len(full)) or len(lower) < _HALF * len(soft):
        return _Judged(None, 0)
    return _Judged(wrapped, len(soft) / len(full))
