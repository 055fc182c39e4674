"""Names in a text, however they are written: accents, case, hyphens, order, a letter or two.

It knows words and where they stand; it never knows whose names they are.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.campaign.notices.document import Document

__all__ = ["Degree", "Mention", "Words", "distance", "folded", "same_name"]

MOST_WORDS = 200_000
"""So many words of a document are looked at; real ones have a few thousand."""
MOST_KINDS = 5_000
"""So many different words are compared letter by letter."""
LONGEST = 40
"""Letters; what is longer is no part of a name."""
GAP = 100
"""Words between two texts, so that no name begins in one and ends in the next."""

_QUOTES = "'`´‘’ʼʻʽʾʿ′"
_HYPHENS = r"\-‐‑‒–"
_MARKS = "\u00ad\u0300-\u036f\u064b-\u0652\u200b-\u200f\u2060\ufeff"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_QUOTES}{_MARKS}{_HYPHENS}])*")
_BETWEEN = re.compile(f"[{_HYPHENS}]+")
_UNSEEN = re.compile(f"[{_QUOTES}{_MARKS}]")
_POSSESSIVE = re.compile(f"[{_QUOTES}]s$")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_PARTICLES = frozenset(
    (
        "al", "el", "ul", "ad", "as", "ash", "an", "ar", "bin", "ben", "ibn", "bint", "abu", "umm",
        "van", "von", "der", "den", "de", "di", "da", "do", "dos", "du", "la", "le", "los", "las",
        "y", "e", "and", "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "he", "hon", "gen", "col",
        "maj", "capt",
    )
)  # fmt: skip
_LONG_PART = 5
"""Letters from which on one part of a name tells something."""
_MONONYM = 4


class Degree(IntEnum):
    """How much of a name was found."""

    PART = 1
    """The family name or a given name alone."""
    NEAR = 2
    """With a letter or two that differ; or all but one of three words and more."""
    WHOLE = 3


class Mention(NamedTuple):
    """A name in a text."""

    degree: Degree
    text: str
    """As it stands there."""
    line: int | None


class _Place(NamedTuple):
    at: int
    part: int
    """Which word of the name it may be."""
    off: int
    """By how many letters it is written differently."""


def folded(text: str) -> str:
    """`text` in small letters without accents and apostrophes; words with one space between."""
    return " ".join(part for word in _words(text) for part in _parts_of(word))


def same_name(mine: str, other: str) -> bool:
    """Whether two texts are the same name, whatever its order, titles and accents."""
    return any(sorted(one) == sorted(two) for one in _spellings(mine) for two in _spellings(other))


def distance(one: str, two: str, most: int) -> int | None:
    """By how many letters two words differ, two swapped ones counted once; None: by more."""
    if abs(len(one) - len(two)) > most:
        return None
    earlier: list[int] = []
    before = list(range(len(two) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, other in enumerate(two):
            step = min(before[j + 1] + 1, row[j] + 1, before[j] + (letter != other))
            if i and j and letter == two[j - 1] and one[i - 1] == other:
                step = min(step, earlier[j - 1] + 1)
            row.append(step)
        if min(row) > most:
            return None
        earlier, before = before, row
    return before[-1] if before[-1] <= most else None


def _words(text: str) -> Iterator[str]:
    return (found.group() for found in _WORD.finditer(unicodedata.normalize("NFKC", text)))


def _parts_of(word: str) -> list[str]:
    """A word as it is compared, in the parts that hyphens make of it."""
    if word.isalpha() and word.isascii():
        return [word.lower()]
    plain = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", word)).casefold()
    plain = _UNSEEN.sub("", "".join(c for c in plain if not unicodedata.combining(c)))
    return [part for part in _BETWEEN.split(plain.translate(_LETTERS)) if part]


@lru_cache(maxsize=4096)
def _spellings(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name that tell something; twice, if it is written with hyphens."""
    parts = [_parts_of(word) for word in _words(name)]
    split = [part for word in parts for part in word]
    joined = ["".join(word) for word in parts if word]
    found = (_telling(split), _telling(joined))
    return tuple(dict.fromkeys(words for words in found if words))


def _telling(words: Sequence[str]) -> tuple[str, ...]:
    found = tuple(word for word in words if word not in _PARTICLES and len(word) > 1)
    return found or tuple(words)


class Words:
    """The words of a text, each with its places, to look for names in it."""

    def __init__(self, texts: Iterable[tuple[int | None, str]]) -> None:
        """Take `texts` as they follow one another, each with its line; None: it stands alone."""
        self._shown: list[str] = []
        self._lines: list[int | None] = []
        self._places: dict[str, list[int]] = {}
        self._alike: dict[tuple[int, str], list[str]] = {}
        for line, text in texts:
            room = MOST_WORDS - len(self._shown)
            for word in islice(_words(text), max(room, 0)):
                self._add(word, line)
            if line is None:
                self._shown += [""] * GAP
                self._lines += [None] * GAP
        for word in list(self._places)[:MOST_KINDS]:
            if len(word) <= LONGEST:
                for end in {f"{word[0]}-", f"-{word[-1]}"}:
                    self._alike.setdefault((len(word), end), []).append(word)

    @classmethod
    def of(cls, document: Document) -> Words:
        """The words of a whole document, over its lines."""
        return cls((line.number, line.text) for line in document.lines)

    @classmethod
    def of_each(cls, texts: Iterable[str]) -> Words:
        """The words of texts of which each stands alone."""
        return cls((None, text) for text in texts)

    def _add(self, word: str, line: int | None) -> None:
        parts = _parts_of(word)
        first = len(self._shown)
        for part in parts:
            self._places.setdefault(part, []).append(len(self._shown))
            self._shown.append(word)
            self._lines.append(line)
        if len(parts) > 1:
            self._places.setdefault("".join(parts), []).append(first)

    def find(self, name: str) -> Mention | None:
        """The best mention of `name`, the first of those; None: nothing tells of it."""
        found = [mention for parts in _spellings(name) if (mention := self._find(parts))]
        return max(found, key=lambda mention: mention.degree, default=None)

    def has_phrase(self, phrase: str) -> bool:
        """Whether these very words follow one another in the text."""
        parts = [part for word in _words(phrase) for part in _parts_of(word)]
        if not parts:
            return False
        later = [frozenset(self._places.get(part, ())) for part in parts]
        return any(all(at + step in places for step, places in enumerate(later)) for at in later[0])

    def _find(self, parts: tuple[str, ...]) -> Mention | None:
        if len(parts) == 1:
            (at, *_) = self._places.get(parts[0], [None])
            if at is None or len(parts[0]) < _MONONYM:
                return None
            return self._mention(Degree.WHOLE, at, at)
        best = self._nearest(parts)
        if best is not None:
            return best
        alone = [
            places[0]
            for part in parts
            if len(part) >= _LONG_PART and (places := self._places.get(part))
        ]
        return self._mention(Degree.PART, min(alone), min(alone)) if alone else None

    def _nearest(self, parts: tuple[str, ...]) -> Mention | None:
        """All words of a name close together, in whatever order; the first such place."""
        wanted = len(parts) if len(parts) <= 2 else len(parts) - 1  # noqa: PLR2004 - given name and family name
        budget = min(3, max(1, sum(map(len, parts)) // 7))
        streams = [self._places_like(part, number) for number, part in enumerate(parts)]
        last: dict[int, _Place] = {}
        near: Mention | None = None
        for place in merge(*streams):
            last[place.part] = place
            window = [each for each in last.values() if place.at - each.at <= len(parts) + 1]
            if len({each.at for each in window}) < wanted:
                continue
            off = sum(each.off for each in window)
            first = min(each.at for each in window)
            if len(window) == len(parts) and not off:
                return self._mention(Degree.WHOLE, first, place.at)
            if near is None and off <= (budget if len(window) == len(parts) else 0):
                near = self._mention(Degree.NEAR, first, place.at)
        return near

    def _places_like(self, part: str, number: int) -> list[_Place]:
        """Where a word stands, or one that differs from it by a letter or two."""
        most = 0 if len(part) < 4 else 1 if len(part) < 7 else 2  # noqa: PLR2004 - letters
        found = [_Place(at, number, 0) for at in self._places.get(part, ())]
        alike = {
            word
            for length in range(len(part) - most, len(part) + most + 1)
            for end in (f"{part[0]}-", f"-{part[-1]}")
            for word in self._alike.get((length, end), ())
        }
        for word in alike if most else ():
            off = distance(part, word, most)
            if off:
                found += [_Place(at, number, off) for at in self._places[word]]
        return sorted(found)

    def _mention(self, degree: Degree, first: int, last: int) -> Mention:
        shown = dict.fromkeys(self._shown[first : last + 1])
        return Mention(degree, " ".join(shown), self._lines[first])
