"""Lines of prose -> paragraphs, where a line is still but a part of one.

It knows how a wrapped line ends and how the next goes on; never what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.campaign.notices.notice import Found
from uadispatch.campaign.notices.parts.bullets import has_bullet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uadispatch.campaign.notices.document import Line

__all__ = ["paragraphs"]

_MAY_WRAP = 60
"""Shorter lines were not broken for want of room."""
_WRAPS = 80
"""A line of so many characters that ends within a sentence goes on, whatever the next begins
with."""
_ENDS = ".!?:;\u2026"


def paragraphs(lines: Iterable[Line]) -> list[Found[str]]:
    """The paragraphs, each with its first line.

    A reader of files has joined what it could; where a sentence is still broken off at the end of
    a long line, and nothing parts it from the next, it goes on there.
    """
    found: list[tuple[list[str], int]] = []
    last: Line | None = None
    for line in lines:
        if last is not None and _goes_on(last, line):
            found[-1][0].append(line.text)
        else:
            found.append(([line.text], line.number))
        last = line
    return [Found(" ".join(texts), number) for texts, number in found]


def _goes_on(line: Line, after: Line) -> bool:
    if after.begins or after.number != line.number + 1 or after.cell != line.cell:
        return False
    if len(line.text) < _MAY_WRAP or has_bullet(after.text):
        return False
    if line.text.rstrip("\u201d\u2019\"')")[-1:] in _ENDS:
        return False
    return after.text[0].islower() or len(line.text) >= _WRAPS
