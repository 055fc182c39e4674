"""Lines as one text in which every place knows its line, for what may be broken over several."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uadispatch.campaign.notices.document import Line

__all__ = ["Run", "run_of", "sentence_at"]

_SENTENCE_ENDS = re.compile(
    r"[.!?][\"'\u201d\u2019)]?(?=\s+[\"'\u201c\u2018(\[]?[A-Z0-9])|[.!?]?\n"
)
_LONGEST_SENTENCE = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """Lines, each on a line of its own."""

    text: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]

    def at(self, place: int) -> Line:
        """The line in which `place` of the text stands; there must be one."""
        return self.lines[max(bisect_right(self.starts, place) - 1, 0)]

    def start(self, place: int) -> int:
        """Where that line begins."""
        return self.starts[max(bisect_right(self.starts, place) - 1, 0)]

    def number(self, place: int) -> int:
        """The number of that line."""
        return self.at(place).number


def run_of(lines: Iterable[Line]) -> Run:
    """Join `lines`."""
    kept = tuple(lines)
    starts = tuple(accumulate((len(line.text) + 1 for line in kept[:-1]), initial=0))
    return Run("\n".join(line.text for line in kept), kept, starts)


def sentence_at(text: str, place: int) -> str:
    """The sentence of `text` in which `place` stands, as it is written; lines end sentences too."""
    first = max(place - _LONGEST_SENTENCE, 0)
    last = min(place + _LONGEST_SENTENCE, len(text))
    start, end = first, last
    for found in _SENTENCE_ENDS.finditer(text, first, last):
        if found.end() <= place:
            start = found.end()
        elif found.start() >= place:
            end = found.end()
            break
    return text[start:end].strip()
