"""Texts, line ends, cells and links as they come -> clean lines; it knows no kind of file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.document import Document, Line, Link
from uadispatch.campaign.notices.reading.cleaning import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["Gathering", "link_to", "numbered"]

_LONGEST_LINK = 2_000
_SPACE = re.compile(r"\s")
# What leads nowhere outside the file, or to something no person should open from it.
_NOWHERE = ("#", "javascript:", "vbscript:", "data:", "file:", "about:", "cid:", "\\\\")


def link_to(target: str) -> str:
    """Where a link leads, clean; "" if it leads nowhere."""
    target = _SPACE.sub("", clean(target))
    if len(target) > _LONGEST_LINK or target.lower().startswith(_NOWHERE):
        return ""
    return target


def numbered(name: str, lines: Iterable[Line], notes: Sequence[str] = ()) -> Document:
    """Lines of a file that has no lines of its own, counted; an empty one where a line begins."""
    found: list[Line] = []
    number = 0
    for line in lines:
        number += 2 if line.begins and found else 1
        found.append(replace(line, number=number, begins=line.begins and bool(found)))
    return Document(name, tuple(found), tuple(notes))


@dataclass(slots=True)
class _Open:
    """A line that is being written."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    links: list[tuple[int, int, str]] = field(default_factory=list)
    linking: list[tuple[int, str]] = field(default_factory=list)
    """Links that have begun: from where in the line, and where they lead."""
    after: list[Line] = field(default_factory=list)
    """Lines of what is anchored in it, which follow it."""


class Gathering:
    """Takes a document in its own order and keeps the lines that are not empty."""

    def __init__(self, watch: Watch, where: str = "") -> None:
        self.lines: list[Line] = []
        self._watch = watch
        self._where = where
        self._open = _Open()
        self._outer: list[tuple[_Open, bool]] = []
        self._cells: list[tuple[int, str]] = []
        self._cells_so_far = 0
        self._gap = False

    @property
    def length(self) -> int:
        """How many characters the line that is being written has."""
        return self._open.length

    @property
    def ends_with_space(self) -> bool:
        """Whether the line that is being written needs no space before the next word."""
        parts = self._open.parts
        return not parts or parts[-1][-1:].isspace()

    def write(self, text: str) -> None:
        """Go on with the line."""
        if text:
            self._open.parts.append(text)
            self._open.length += len(text)

    def end(self, *, counts: bool) -> None:
        """End the line; an empty one parts the lines around it if it `counts`."""
        now, raw = self._open, "".join(self._open.parts)
        now.links += [(start, len(raw), to) for start, to in now.linking]
        links = self._links(raw, now.links)
        now.parts, now.length, now.links = [], 0, []
        now.linking = [(0, to) for _, to in now.linking]
        text = clean(raw)
        if not text:
            # Nobody types a no-break space alone but for an empty line.
            self._gap = self._gap or counts or "\xa0" in raw
            return
        self._watch.line(text)
        cell, where = self._cells[-1] if self._cells else (None, self._where)
        # Their words are those of the line, which is cleaned as one.
        links = tuple(link if link.text in text else replace(link, text=text) for link in links)
        self._keep([Line(0, text, where, begins=self._gap, cell=cell, links=links)])
        self._gap = False

    def gap(self) -> None:
        """Part the next line from the one before."""
        self._gap = True

    def part(self, index: int) -> None:
        """Part the line at this place from the one before it, after it was kept."""
        self.lines[index] = replace(self.lines[index], begins=True)

    def take(self, line: Line) -> None:
        """Keep a line that was read elsewhere, as a line of this place."""
        cell, where = self._cells[-1] if self._cells else (None, self._where)
        begins = line.begins or self._gap
        self._keep([replace(line, begins=begins, cell=cell, where=where)])
        self._gap = False

    def enter_cell(self, where: str) -> None:
        """Begin a cell of a table, or a text box."""
        self._cells_so_far += 1
        self._cells.append((self._cells_so_far, where))
        self._gap = True

    def leave_cell(self) -> None:
        """End the cell that was entered last."""
        self.end(counts=False)
        self._cells.pop()
        self._gap = True

    def enter_box(self, where: str) -> None:
        """Begin a box that is anchored in the line: its lines follow the line's own."""
        self._outer.append((self._open, self._gap))
        self._open = _Open()
        self.enter_cell(where)

    def leave_box(self) -> None:
        """End the box, and go on with the line in which it is anchored."""
        self.leave_cell()
        inner = self._open
        self._open, self._gap = self._outer.pop()
        self._open.after += inner.after

    def flush_boxes(self) -> None:
        """Put here the lines of what was anchored in the paragraph that has ended."""
        after, self._open.after = self._open.after, []
        if after:
            self._keep(after)
            self._gap = True

    def begin_link(self, to: str) -> None:
        """Begin a link; the words up to its end lead to `to`."""
        self._watch.link()
        self._open.linking.append((self._open.length, link_to(to)))

    def end_link(self) -> None:
        """End the link that began last."""
        if self._open.linking:
            start, to = self._open.linking.pop()
            self._open.links.append((start, self._open.length, to))

    def _keep(self, lines: list[Line]) -> None:
        (self._outer[-1][0].after if self._outer else self.lines).extend(lines)

    def _links(self, raw: str, links: Iterable[tuple[int, int, str]]) -> tuple[Link, ...]:
        found = []
        for start, end, to in links:
            if to:
                # Links may lie in links, each with all the words again.
                self._watch.characters(end - start)
                found.append(Link(clean(raw[start:end]), to))
        return tuple(link for link in found if link.text)
