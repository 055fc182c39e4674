"""What a page of a message says, as JSON for a layout: its texts, its date, who and to whom.

It knows no layout and no typesetting. A layout prints what it gets as it is; every text is data.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

from uadispatch.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.channels.message import Message

__all__ = ["MONTHS", "page_data"]

MONTHS = 12
LONGEST = 30_000
"""Characters of a text that is set on pages, some ten of them. Typesetting takes longest for words
that can be broken anywhere: a few seconds for so many characters, and close to a minute for the
longest text that a file may have; and that for each target."""

HERE = "\N{ZERO WIDTH SPACE}"
"""Where a line may end within a word."""
# A text of nearly any length may be one word: each of these looks at each character once.
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"[/@]")
_SIGNS = re.compile(r"[/.@?&=_:]+")
ADDRESS_GOES_ON = 20
"""Characters after the first of `_ADDRESS`, without which a word is no long address."""
LONG = 60
"""Characters of a word that is longer than a line of any page."""

TONES = range(0x1F3FB, 0x1F400)
"""Colours of skin: part of the emoji before them."""
FLAGS = range(0x1F1E6, 0x1F200)
"""Letters of which two make a flag."""
JAMO = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
"""Vowels and ends of a Korean syllable."""
VIRAMA = 9
"""Combining class of what ties a consonant to the next one, or ends its syllable."""
# Zero width joiner, word joiner, and the same in an older form; and the vowels that Thai and Lao
# write before their consonant.
_TIES_NEXT = re.compile("[\u200d\u2060\ufeff\u0e40-\u0e44\u0ec0-\u0ec4]")
# The vowel AM of Thai and Lao: a sign on the consonant and a letter after it.
_TIED = re.compile("[\u0e33\u0eb3]")


def page_data(message: Message, **more: object) -> dict[str, object]:
    """What `Tools.typeset` is given of `message`, and `more` of the channel's own.

    What is longer than a line can be broken: addresses of the web after their signs, other words
    between any two letters, at a U+200B. Only `title`, `to` and the parts are as they were.

    The body is split at blank lines into paragraphs of lines. If it ends with the template's part
    ``signature``, that stands apart, so that a page can leave room to sign. The template's parts
    ``date`` (``{day} {month} {year}``; else ISO 8601) and ``months`` (twelve, with commas) write
    the day of `message.at` in UTC.

    Raises:
        Rejected: the body is longer than `LONGEST`; the template names another number of months.
    """
    if len(message.body) > LONGEST:
        raise Rejected(
            f"the text has {len(message.body):,} characters, and pages are made of {LONGEST:,} at "
            f"most: shorten it for this channel"
        )
    parts = dict(message.parts)
    signature = parts.pop("signature", "").strip("\n")
    body = message.body.strip("\n")
    signed = bool(signature) and body.endswith(signature)
    body = body[: len(body) - len(signature)].rstrip() if signed else body
    target, sender = message.target, message.sender
    address = target.address.value if target.address is not None else None
    return {
        "campaign": message.campaign,
        "language": message.language,
        "date": _date(message, parts.pop("date", ""), parts.pop("months", "")),
        "title": message.subject,
        "subject": _breakable(message.subject),
        "paragraphs": _paragraphs(_breakable(body)),
        "signature": _breakable(signature).split("\n") if signed else [],
        "organisation": {
            "name": _breakable(sender.name),
            "address": _lines(sender.address),
            "email": _breakable((sender.reply_to or sender.email).value),
        },
        "target": {
            "name": _breakable(target.name),
            "role": _breakable(target.role) if target.role else None,
            "address": _lines(address),
        },
        "to": {"written": message.to.written, "value": message.to.value},
        "parts": parts,
        **more,
    }


def _breakable(text: str) -> str:
    return _WORD.sub(lambda word: _broken(word[0]), text)


def _broken(word: str) -> str:
    begun = _ADDRESS.search(word)
    if begun is not None and len(word) - begun.end() >= ADDRESS_GOES_ON:
        word = _SIGNS.sub(_after_signs, word)
    pieces = word.split(HERE)
    return HERE.join(_apart(piece) if len(piece) >= LONG else piece for piece in pieces)


def _after_signs(signs: re.Match[str]) -> str:
    following = signs.string[signs.end() : signs.end() + 1]
    tied = bool(following) and _are_one(signs[0][-1], following)
    return signs[0] if tied else signs[0] + HERE


def _apart(word: str) -> str:
    """The word with `HERE` after each letter as its reader knows it, however many characters."""
    made = [word[0]]
    flags = 0
    for before, after in pairwise(word):
        flags = flags + 1 if ord(before) in FLAGS else 0
        half_a_flag = flags % 2 == 1 and ord(after) in FLAGS
        if not half_a_flag and not _are_one(before, after):
            made.append(HERE)
        made.append(after)
    return "".join(made)


def _are_one(before: str, after: str) -> bool:
    """Whether two characters belong to one letter, syllable or emoji."""
    category = unicodedata.category(after)
    return (
        category.startswith("M")  # combining marks, vowel signs, variation selectors
        or category == "Cf"  # joiners, and what else has no width
        or ord(after) in TONES
        or any(ord(after) in them for them in JAMO)
        or _TIED.match(after) is not None
        or _TIES_NEXT.match(before) is not None
        or unicodedata.combining(before) == VIRAMA
    )


def _paragraphs(text: str) -> list[list[str]]:
    """Lines, cut into paragraphs at blank ones."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _lines(text: str | None) -> list[str]:
    lines = _breakable(text or "").split("\n")
    return [line.strip() for line in lines if line.strip()]


def _date(message: Message, pattern: str, months: str) -> str:
    day = message.at.astimezone(UTC).date()
    if not pattern:
        return day.isoformat()
    names = [name.strip() for name in months.split(",")]
    if "{month}" in pattern and len(names) != MONTHS:
        raise Rejected(
            f"the template for {message.language} names {len(names)} months; its part months must "
            f"have twelve with commas between them"
        )
    given: Mapping[str, object] = {
        "{day}": day.day, "{month}": names[(day.month - 1) % len(names)], "{year}": day.year,
    }  # fmt: skip
    for mark, value in given.items():
        pattern = pattern.replace(mark, str(value))
    return pattern
