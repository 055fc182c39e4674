"""A phrase in its sentence, and what stands around it; it judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.ending import phrases

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from uadispatch.campaign.notices.wording.plain import Plain

__all__ = ["Phrase", "phrase_at", "without_tail", "words_of"]

_NEAR = 2
"""Sentences before and after that may say that an ending is only a pause."""
_BEYOND = 120


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in its sentence."""

    plain: Plain
    start: int
    end: int
    before: str
    """What stands before it in its sentence, without a label such as ``RECOMMENDED ACTION:``."""
    after: str
    words: str
    """The sentence as it stands."""
    torn: bool
    """Whether no full stop ends the sentence."""

    @property
    def said(self) -> str:
        """The levelled phrase itself."""
        return self.plain.text[self.start : self.end]

    @property
    def sentence(self) -> str:
        """The levelled sentence, without the phrase itself."""
        return f"{self.before} {self.after}"

    @property
    def ours(self) -> bool:
        """Whether its sentence names those who write, also in the lines that it goes on from."""
        texts = (self.before, self.after, self.whole_before)
        return any(phrases.OURS.search(text) for text in texts)

    @property
    def whole_before(self) -> str:
        """What stands before it, with the lines that its sentence may go on from."""
        first = self.plain.sentence(self.start, self.end, wrapped=True, both=True)[0]
        return self.plain.text[first : self.start]

    @property
    def begins_line(self) -> bool:
        """Whether no word stands before it in its line."""
        return self.plain.begins_line(self.start)

    def beyond(self) -> Phrase:
        """The phrase as if its sentence went on in the paragraph after, as over a page's end."""
        last = self.end + len(self.after)
        after = self.plain.text[self.end : last + _BEYOND].partition(".")[0]
        return replace(self, after=after)

    def neighbours(self) -> Iterator[str]:
        """The sentences around that of the phrase."""
        plain = self.plain
        start, end = plain.sentence(self.start, self.end)
        for _ in range(_NEAR):
            if start > 1:
                end_before, start = start - 1, plain.sentence(start - 1, start - 1)[0]
                yield plain.text[start:end_before]
            if end + 1 < len(plain.text):
                start_after, end = end + 1, plain.sentence(end + 1, end + 1)[1]
                yield plain.text[start_after:end]


def phrase_at(plain: Plain, start: int, end: int, *, wrapped: bool = False) -> Phrase:
    """The phrase from `start` to `end`; `wrapped` as in `Plain.sentence`."""
    first, last = plain.sentence(start, end, wrapped=wrapped)
    before = plain.text[first:start]
    label, colon, rest = before.rpartition(":")
    if colon and not phrases.REPORTED.search(label):
        before = rest
    words = plain.words(first, last + 1)
    torn = plain.text[last : last + 1] != "."
    return Phrase(plain, start, end, before, plain.text[end:last], words, torn)


def words_of(text: str) -> str:
    """`text` without the marks and breaks around it."""
    return text.strip(" |\n\"'(),.:/")


def without_tail(after: str, piece: re.Pattern[str] = phrases.TAIL) -> str:
    """What is left of `after` when all that changes nothing is taken away at its beginning."""
    place = 0
    while True:
        gap = phrases.NO_WORD.match(after, place)
        place = gap.end() if gap else place
        found = piece.match(after, place)
        if not found:
            return after[place:]
        place = found.end()
