"""Takes the names of people at risk out of a text, whoever wrote it, before it goes to a log.

It knows nothing of logs. Where it cannot tell, it withholds too much and never too little.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.campaign.model import Campaign

__all__ = ["WITHHELD", "Redactor", "folded", "redactor_of"]

WITHHELD = "[withheld]"
PART = 3
"""From so many letters on, a part of a name is withheld wherever it occurs, inside words too."""
SPACED = 5
"""From so many letters on also where its letters stand apart; the whole text is withheld then."""
REMEMBERED = 4096
"""So many different texts are not looked through again; far ends repeat themselves."""

_LETTERS = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\S+")
_AROUND = "\"'()[]{}<>.,;:!?\u2026\u00ab\u00bb\u2018\u2019\u201c\u201d\u201e\u2039\u203a"
_DOTS = re.compile(r"…|\.\.")
_CUT_OFF = re.compile(r"(?:…|\.\.+)\W*\Z")
_ENCODED = re.compile(
    r"=\?[^?\s]+\?[bq]\?"  # RFC 2047
    r"|[%=][89a-f][0-9a-f]|(?:[%=][4-7][0-9a-f]){2}|\\[ux][0-9a-f]{2}|&#x?[0-9a-f]+;|xn--",
    re.IGNORECASE,
)
"""Letters written as numbers: they may be a name that nobody here can read."""
_LONG = re.compile(r"[A-Za-z0-9+/_-]{40,}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{4,}")
_URL_SAFE = str.maketrans("-_", "+/")
_DIGEST = re.compile(r"[0-9a-fA-F-]+")
_PLAIN = str.maketrans({
    "\u0131": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
    "ħ": "h", "\u0640": "",  # only stretches Arabic letters
})  # fmt: skip


def folded(text: str) -> str:
    """`text` without case, accents, invisible signs, or differences that only Unicode sees."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return "".join(kept).translate(_PLAIN)


def _words(text: str) -> list[str]:
    return _LETTERS.findall(folded(text))


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)) or r"(?!)")


def _may_be_encoded(text: str) -> bool:
    """Whether there are letters in it that cannot be read: escaped, or in a run of base64."""
    if _ENCODED.search(text) is not None:
        return True
    return any(_DIGEST.fullmatch(run) is None for run in _LONG.findall(text))


def _decoded(run: str) -> Iterator[str]:
    """What a run of letters and digits says if it is base64, from any of its signs on, or hex."""
    signs = run.translate(_URL_SAFE)
    for skipped in range(min(4, len(signs))):
        rest = signs[skipped:]
        whole = rest[: len(rest) // 4 * 4]
        last = rest[len(whole) :]
        if len(last) > 1:  # the padding was cut off
            whole += last.ljust(4, "=")
        yield b64decode(whole).decode("utf-8", "replace")
    if len(run) % 2 == 0 and _DIGEST.fullmatch(run) and "-" not in run:
        yield bytes.fromhex(run).decode("utf-8", "replace")


def _has_case(word: str) -> bool:
    return word.upper() != word.lower()


class Redactor:
    """Withholds names, and the lines (a subject, a title) that hold one."""

    def __init__(self, names: Iterable[str], lines: Iterable[str] = ()) -> None:
        """`names` are withheld in all their parts; of `lines`, any two words that follow.

        Of a line each word with a capital letter is withheld, too: it may be a name that is
        listed nowhere else. Where letters have no capitals, so is each word of three letters.
        """
        self._parts: set[str] = set()
        self._whole: set[str] = set()
        self._pairs: set[tuple[str, str]] = set()
        for name in names:
            words = _words(name)
            self._take_name(words)
            self._whole.update(words if len(words) == 1 else ())
            for word in name.split():  # O'Brien is one word, too
                self._take_name(["".join(_words(word))])
        for line in lines:
            self._take_line(line)
        longest_first = sorted(self._parts, key=len, reverse=True)
        self._inside = _any_of(longest_first)
        self._apart = _any_of([part for part in longest_first if len(part) >= SPACED])
        self._any = {*self._whole, *(first for first, _ in self._pairs)}
        self._starts = [word for word in (*self._parts, *self._whole) if len(word) > PART]
        self._redact = lru_cache(REMEMBERED)(self._look_through)

    def _take_name(self, words: Sequence[str]) -> None:
        for word in filter(None, words):
            # Two letters of Chinese are a name; two of Latin are an article, or half of one.
            if len(word) >= PART or not _has_case(word):
                self._parts.add(word)
        self._pairs.update(pairwise(words))

    def _take_line(self, line: str) -> None:
        words = _words(line)
        self._pairs.update(
            pair for pair in pairwise(words) if max(map(len, pair)) > PART or not _has_case(pair[0])
        )
        for written in _LETTERS.findall(unicodedata.normalize("NFKC", line)):
            if len(written) >= PART and (not _has_case(written) or not written[0].islower()):
                self._whole.update(_words(written))

    def __call__(self, text: str) -> str:
        """`text` with “[withheld]” for each word that may name somebody."""
        return self._redact(text)

    def _look_through(self, text: str) -> str:
        words = _words(text)
        if (
            self._any.isdisjoint(words)
            and self._inside.search("".join(words)) is None
            and not (_may_be_encoded(text) or _DOTS.search(text) or self._begins_a_name(text))
            and not self._holds_encoded(text)
        ):
            return text
        found = list(_TOKEN.finditer(text))
        held = {place for place, token in enumerate(found) if self._names(token.group())}
        held |= set(self._in_pairs([token.group() for token in found]))
        if found and self._begins_a_name(found[-1].group()):
            held.add(len(found) - 1)
        left = _without(text, found, held)
        rest = "".join(_words(left.replace(WITHHELD, " ")))
        return left if self._apart.search(rest) is None else WITHHELD

    def _names(self, token: str) -> bool:
        if _may_be_encoded(token) or self._holds_encoded(token):
            return True
        words = _words(token)
        return (
            any(word in self._whole for word in words)
            or self._inside.search("".join(words)) is not None
            or (_CUT_OFF.search(token) is not None and self._begins_a_name(token))
        )

    def _holds_encoded(self, text: str) -> bool:
        """Whether a short run of its letters is a name in base64, or a name's letters in hex."""
        return any(
            self._inside.search("".join(words)) is not None or not self._whole.isdisjoint(words)
            for run in _RUN.findall(text)
            for words in map(_words, _decoded(run))
        )

    def _begins_a_name(self, token: str) -> bool:
        """Whether it ends in the beginning of a name, as where a text was cut off."""
        last = (_words(token) or [""])[-1]
        return len(last) >= PART and any(word.startswith(last) for word in self._starts)

    def _in_pairs(self, tokens: Sequence[str]) -> Iterator[int]:
        """The places of words that follow each other as they do in a name or line."""
        words = [(word, place) for place, token in enumerate(tokens) for word in _words(token)]
        for (before, first), (after, second) in pairwise(words):
            if (before, after) in self._pairs:
                yield first
                yield second


def _without(text: str, tokens: Sequence[re.Match[str]], held: set[int]) -> str:
    """`text` with one sign for each run of the `tokens` that are `held`."""
    pieces: list[str] = []
    done, before = 0, False
    for place, token in enumerate(tokens):
        if place in held:
            if not before:
                word = token.group()
                opening = word[: len(word) - len(word.lstrip(_AROUND))]
                pieces += [text[done : token.start()], opening, WITHHELD]
            last = token.group()
            closing = last[len(last.rstrip(_AROUND)) :] if place + 1 not in held else ""
            pieces.append(closing)
            done = token.end()
        before = place in held
    return "".join([*pieces, text[done:]])


def redactor_of(campaign: Campaign) -> Redactor:
    """For logs of `campaign`: its people, and what names them."""
    case = campaign.urgent_action
    names = [name for person in case.people for name in (person.name, person.say_as) if name]
    return Redactor(names, [case.title, *(letter.subject for letter in campaign.letter.values())])
