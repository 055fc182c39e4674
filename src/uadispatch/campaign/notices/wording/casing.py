"""A heading in capitals -> sentence case, with the capitals that the text itself gives its words.

It knows how words are spelt; never what a heading is for.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import countries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Spellings", "in_capitals", "sentence_case", "spellings_in"]

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_INITIALS = re.compile("ai|drc|eu|hiv|lgbt|lgbti|lgbtq|ngo|ua|uae|uk|un|us|usa")
"""Read as letters wherever they stand; a text need not have them."""
_MARK = re.compile("['\u2019]")
_COMMON = re.compile(
    r"academy|activist|agency|appeal|area|army|article|assembly|association|authority"
    r"|bill|bishop|board|bureau|camp|capital|centre|center|chief|church|city|civil"
    r"|code|college|commission|committee|community|company|conference|congress"
    r"|constitution|constitutional|convention|council|court|criminal|death|defender"
    r"|defence|democratic|department|detention|development|directorate|district"
    r"|division|doctor|eastern|emergency|executive|federal|federation|force|forces"
    r"|foreign|foundation|free|freedom|front|general|governor|government|group|health"
    r"|high|home|hospital|house|human|institute|interior|international|journalist"
    r"|judge|judicial|justice|king|labour|law|lawyer|leader|liberation|local|mayor"
    r"|media|member|military|minister|ministry|mission|mosque|movement|municipal"
    r"|national|network|new|office|officer|official|opposition|organization|parliament"
    r"|party|peace|penal|people|police|political|president|presidential|press|prime"
    r"|prince|prison|professor|prosecution|prosecutor|province|public|regional"
    r"|religious|republic|rights|royal|school|secretary|security|senate|service"
    r"|social|society|special|state|student|supreme|teacher|treaty|tribunal|union"
    r"|united|university|women|workers|youth"
)
"""They have capitals within a name, such as Supreme Court, and none without it."""
_SENTENCE_ENDS = ".!?:\u2026"
_MOST_CAPITALS = 250
"""So many letters tell whether a heading is in capitals."""


def in_capitals(text: str) -> bool:
    """Whether a heading is in capitals; one of ten letters may be small, as in ``McDONALD``."""
    letters = [letter for letter in text[:_MOST_CAPITALS] if letter.lower() != letter.upper()]
    capitals = sum(letter.isupper() for letter in letters)
    return len(letters) > 1 and capitals * 10 >= len(letters) * 8


@dataclass(frozen=True, slots=True)
class Spellings:
    """How a text writes its words where no sentence begins."""

    words: Mapping[str, str]
    """By the word in small letters."""
    pairs: frozenset[tuple[str, str]]
    """Words in small letters that stand side by side, both with a capital."""


def spellings_in(texts: Iterable[str], names: Iterable[str] = ()) -> Spellings:
    """How `texts` write their words mostly; every word of `names` is as it is there."""
    counts: dict[str, Counter[str]] = {}
    pairs: set[tuple[str, str]] = set()
    for text in texts:
        if in_capitals(text):
            continue
        before = ""
        for found in _WORD.finditer(text):
            word = _MARK.split(found.group(), maxsplit=1)[0]
            if not _begins_sentence(text, found.start()):
                for each in {word, *word.split("-")}:
                    counts.setdefault(each.lower(), Counter())[each] += 1
            if before[:1].isupper() and word[:1].isupper():
                pairs.add((before.lower(), word.lower()))
            before = word
    words = {small: counter.most_common(1)[0][0] for small, counter in counts.items()}
    for name in names:
        words.update({word.lower(): word for word in _WORD.findall(name)})
    return Spellings(words, frozenset(pairs))


def sentence_case(heading: str, spellings: Spellings) -> str:
    """`heading` as a sentence; one that is not in capitals stays as it is.

    A word that the text writes with a capital within its sentences has it here too. A common word
    such as court has it only beside the same word as there.
    """
    if not in_capitals(heading):
        return heading
    words = [found.group() for found in _WORD.finditer(heading)]
    written = iter(
        _common(word, before, after, spellings) or _word(word, spellings)
        for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
    )
    return _capital_at_starts(_WORD.sub(lambda _: next(written), heading))


def _common(word: str, before: str, after: str, spellings: Spellings) -> str | None:
    """The spelling of a common word, by its neighbours; None for any other word."""
    small = word.lower()
    if not _COMMON.fullmatch(small):
        return None
    capital = not spellings.pairs.isdisjoint({(before.lower(), small), (small, after.lower())})
    return small.capitalize() if capital else small


def _word(word: str, spellings: Spellings) -> str:
    small = word.lower()
    spelt = spellings.words
    if "-" in small and small not in spelt:
        return "-".join(_word(part, spellings) for part in word.split("-"))
    stem, mark, ending = small.partition("\u2019") if "\u2019" in small else small.partition("'")
    if ending not in {"", "s"}:
        return spelt.get(small, small)
    return (spelt.get(stem) or _known(stem) or stem) + mark + ending


def _known(small: str) -> str | None:
    if _INITIALS.fullmatch(small):
        return small.upper()
    return next((name for name in countries().values() if name.lower() == small), None)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 6) : start].rstrip(" \u201c\u2018\"'([")
    return not before or before[-1] in _SENTENCE_ENDS


def _capital_at_starts(text: str) -> str:
    capital = True
    written: list[str] = []
    for letter in text:
        if capital and letter.isalpha():
            written.append(letter.upper())
            capital = False
        else:
            written.append(letter)
            capital = letter in ".!?" or (capital and not letter.isdigit())
    return "".join(written)
