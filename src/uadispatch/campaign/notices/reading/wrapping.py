"""Which line goes on with the one before, and how the two are joined; it knows no kind of file.

A line ends for want of room if the first word of the next would not have fitted behind it. All
else that is not certain stays two lines: an address in one line less harms more than a
paragraph in one line more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["Row", "Seam", "begins_item", "goes_on", "seam"]

_ITEM = re.compile(r"(?:[•●○◦▪■□‣·*–—-]|[\uf000-\uf0ff]|n(?= +[A-Z])|o(?= {2,}\S)|"
                   r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s")  # fmt: skip
_LABEL_OF_CONTACT = re.compile(
    r"(?:e-?mails?|fax(?:es)?|phones?|tel(?:ephones?|egrams?|ex|s)?|mobile|cell|twitter(?:/x)?|"
    r"facebook|instagram|skype|web ?(?:site|form)s?|contact form|address|salutations?|cc|"
    r"copies to|and copies to|via|c/o|date|index|ai index)\b[ \w/()]{0,20}[.:]",
    re.IGNORECASE,
)
_LABEL_IN_CAPITALS = re.compile(r"[A-Z][A-Z0-9 ’'&“”/(),.-]{2,80}:")
_LABEL = re.compile(r"[A-Z][\w’'/&.-]{0,30}(?: [\w’'/&.()-]{1,30}){0,3}:(?:\s|\Z)")
_DATE_ALONE = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}\Z")
_ITEM_IN_SENTENCE = re.compile(r"(?:[–—-]|\(\w{1,4}\)) [a-z]")
_LINK = re.compile(r"(?:https?://|www\.)\S*\Z", re.IGNORECASE)
_LINK_GOES_ON = re.compile(r"[\w%~.-]*[/.?=&\d_-][\w%~./?=&#-]*")
_LOOKED_AT = 400
"""How much of the end or the beginning of a line decides."""
_LEAST_FULL = 0.6
_NEARLY_FULL = 0.85
_NEARLY_FULL_COLUMN = 0.9
_LINKING = re.compile(r" [a-z]{1,3}\Z")
"""The end of a line that wants another one: ``Ministry of Justice and``."""
_SHORT = 0.4
_DOUBT = 0.06
"""Of the width: how far a line in mid-sentence may be from having no room."""
_FEW_LETTERS = 8
_FEW_WORDS = 4


class Row(NamedTuple):
    """A line as it is laid out; widths in whatever it was measured in."""

    text: str
    start: float
    end: float
    first: float
    """The width of its first word."""


class Seam(NamedTuple):
    """How two lines become one."""

    drop: int
    """Characters to leave out at the end of the first."""
    between: str


def begins_item(text: str) -> bool:
    """Whether a line begins an item of a list."""
    return bool(_ITEM.match(text))


def goes_on(
    before: Row, after: Row, *, left: float, right: float, space: float, narrow: bool = False
) -> bool:
    """Whether `before` ended only for want of room and `after` goes on with it.

    `left` and `right` are the edges between which both are laid out, `space` the width of a space.
    In a `narrow` column most lines are nearly full, those of an address too.
    """
    if not before.text or not after.text:
        return False
    width = max(right - left, space)
    full = (before.end - left) / width
    room = right - before.end - space
    said = before.text[-_LOOKED_AT:]
    if _LINK.match(after.text.split(" ", 1)[0][:_LOOKED_AT].lstrip("(<")):
        return after.first > room and _leads_to_link(before.text)
    if said.endswith(":") or _is_apart(before, after, space):
        return False
    if after.first > room:
        if narrow and not after.text[0].islower() and not _LINKING.search(said):
            return full >= _NEARLY_FULL_COLUMN
        return full >= _LEAST_FULL and not _is_short_line(said, after, left + _SHORT * width)
    in_sentence = after.text[0].islower() and said[-1] not in ".!?"
    return in_sentence and full >= _NEARLY_FULL and after.first > room - _DOUBT * width


def _is_short_line(before: str, after: Row, short: float) -> bool:
    """Whether the second is a line of its own, such as ``Yours sincerely,`` after a paragraph."""
    is_sentence = after.text[-1] in '.!?)”’"'
    return before[-1] in ".!?" and after.text[0].isupper() and after.end < short and not is_sentence


def _leads_to_link(text: str) -> bool:
    """Whether a line may have ended early because a long link follows."""
    if text.endswith(":"):
        return True
    is_prose = text.count(" ", 0, _LOOKED_AT) >= _FEW_WORDS and text[-1] not in ".!?"
    return is_prose and not _LABEL.match(text) and not _LABEL_OF_CONTACT.match(text)


def _is_apart(before: Row, after: Row, space: float) -> bool:
    """Whether the second begins something new, however full the first is."""
    first, second = before.text[:_LOOKED_AT], after.text[:_LOOKED_AT]
    last = before.text[-1]
    if after.start > before.start + 1.5 * space and not begins_item(before.text):
        return True
    if begins_item(second) and (last in ".!?:;" or not _ITEM_IN_SENTENCE.match(second)):
        return True
    if _LABEL_OF_CONTACT.match(second) or _LABEL_IN_CAPITALS.match(second):
        return True
    if _LABEL.match(second) and not (last.islower() or last in ",;"):
        return True
    # A label with its value, and a sentence of its own below it.
    is_labelled = _LABEL_OF_CONTACT.match(first) or _LABEL_IN_CAPITALS.match(first)
    if is_labelled and second[0].isupper() and (last in ".!?" or last.isdigit()):
        return True
    if _DATE_ALONE.match(second) and last in ".!?":
        return True
    return _is_heading(first, second)


def _is_heading(first: str, second: str) -> bool:
    """Whether one of them is in capitals and the other is not, so that they are no sentence."""
    if first.isupper() == second.isupper():
        return False
    heading = first if first.isupper() else second
    return _letters(heading) > _FEW_LETTERS * (1 + second.isupper())


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def seam(before: str, after: str, words: AbstractSet[str]) -> Seam:
    """How to join two lines that belong together.

    `words` are those of the document, in lower case: by them a hyphen that only divides a word at
    the end of its line is told from one that belongs to the word.
    """
    end = before[-_LOOKED_AT:]
    if end.endswith(("-", "\N{SOFT HYPHEN}", "\ufffe")) and len(end) > 1 and end[-2].isalpha():
        start = re.match(r"\w*", after[:_LOOKED_AT])
        tail = re.search(r"\w*\Z", end[:-1])
        if start and tail and start[0]:
            whole = f"{tail[0]}{start[0]}".lower()
            return Seam(int(start[0][0].islower() and whole in words), "")
    if _LINK.search(end) or "@" in end.rpartition(" ")[2][-2:]:
        token = after[:_LOOKED_AT].split(" ", 1)[0]
        if end[-1] in "/-_.=?&%@" and _LINK_GOES_ON.match(token):
            return Seam(0, "")
    return Seam(0, " ")
