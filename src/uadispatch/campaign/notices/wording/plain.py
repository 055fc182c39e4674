"""A document as one run of small letters and a few marks, each of which knows where it stands.

It levels what an eye overlooks (case, kinds of quotes and spaces, broken accents); it knows no
phrase.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uadispatch.campaign.notices.document import Document, Line

__all__ = ["BREAK", "PARTED", "Plain", "plain_text"]

BREAK, PARTED = "|", "\n"
"""Stand between two lines: just so, or where something parts them."""

_MARKS = {
    ".": ".", "!": ".", "?": ".", "\N{HORIZONTAL ELLIPSIS}": ".", ":": ":", ",": ",", ";": ",",
    "(": "(", ")": ")", '"': '"', "/": "/", "'": "'", "`": "'", "\N{ACUTE ACCENT}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
}  # fmt: skip
_QUOTES = {"Pi", "Pf"}
_SPACED = re.compile(r"(?<!\S)[^\W\d_](?:[ \t\xa0]{1,4}[^\W\d_](?!\S)){5,}(?=[^\w]|\Z)")
_WIDE = re.compile(r"[ \t\xa0]{2,}")
_LONGEST_SENTENCE = 600
_LONGEST_BULLET = 8
_STOP = re.compile(r"\n|\|(?P<line>)|\.(?![a-z0-9])")


class _Levelled(dict[int, str]):
    """Each character -> one of a-z, 0-9, the marks, or a space: one for one, so places stay."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        usual = unicodedata.normalize("NFKC", char)
        if len(usual) == 1 and usual.isascii() and usual.isalnum():
            found = usual.lower()
        elif unicodedata.category(char) in _QUOTES and char not in _MARKS:
            found = '"'
        else:
            # A letter with an accent too: no phrase in English has one, but where a no-break space
            # was decoded twice, one stands between its words.
            found = _MARKS.get(char, _MARKS.get(usual, " "))
        self[code] = found
        return found


@dataclass(frozen=True, slots=True)
class Plain:
    """The levelled text beside the text as it stands, place for place."""

    text: str
    said: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    """Where each line begins in `text`."""
    stops: tuple[int, ...]
    """Where in `text` a sentence ends."""
    firm_stops: tuple[int, ...]
    """Those of them where more than a line ends."""

    def line(self, place: int) -> int:
        """The number of the line in which `place` stands."""
        return self.lines[self._at(place)].number

    def words(self, start: int, end: int) -> str:
        """The words of the document itself, on one line."""
        return " ".join(self.said[start:end].split())

    def begins_line(self, place: int) -> bool:
        """Whether no word stands before `place` in its line."""
        before = self.text[self.starts[self._at(place)] : place]
        return len(before) <= _LONGEST_BULLET and not any(char.isalpha() for char in before)

    def sentence(
        self, start: int, end: int, *, wrapped: bool = False, both: bool = False
    ) -> tuple[int, int]:
        """The sentence around `start` to `end`, or as much of it as 600 characters hold.

        Where it is `wrapped`, it goes on behind `end` in the next line, however that begins, and
        if `both`, it goes on from the line before too.
        """
        stops = self.firm_stops if both else self.stops
        before = bisect_left(stops, start)
        first = max(stops[before - 1] + 1 if before else 0, start - _LONGEST_SENTENCE)
        if self.said[start : start + _LONGEST_BULLET].isupper():
            # Capitals after small letters: something else begins, though no mark says so.
            small = [at for at in range(first, start) if self.said[at].islower()]
            first = small[-1] + 1 if small else first
        stops = self.firm_stops if wrapped else self.stops
        after = bisect_left(stops, end)
        last = stops[after] if after < len(stops) else len(self.text)
        return first, min(last, end + _LONGEST_SENTENCE)

    def _at(self, place: int) -> int:
        return max(bisect_right(self.starts, place) - 1, 0)


def plain_text(document: Document) -> Plain:
    """Level `document`."""
    lines = document.lines
    texts = [_SPACED.sub(_joined, line.text) for line in lines]
    levelled = _Levelled()
    pieces: list[str] = []
    for line, text in zip(lines, texts, strict=True):
        pieces += (PARTED if line.begins else BREAK, text.translate(levelled))
    whole, said = "".join(pieces[1:]), "\n".join(texts)
    starts = (0, *accumulate(len(text) + 1 for text in texts[:-1])) if texts else ()
    # A line that nothing parts from the one before begins a sentence unless it begins small.
    stops = tuple(
        found.start()
        for found in _STOP.finditer(whole)
        if found["line"] is None or not said[found.end() : found.end() + 1].islower()
    )
    firm = tuple(stop for stop in stops if whole[stop] != BREAK)
    return Plain(whole, said, lines, starts, stops, firm)


def _joined(spaced: re.Match[str]) -> str:
    """``N O  M O R E`` as ``NO MORE``; where its words are not told apart, as one word."""
    parts = _WIDE.split(spaced[0])
    if max(len(part) for part in parts) == 1:
        return "".join(parts)
    return " ".join("".join(part.split()) for part in parts)
