"""What stands in a document and is not its own: brackets, other documents, the heads of mails.

It knows how such asides are set off; never what a field is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.wording.dates import DATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.document import Line

__all__ = ["in_brackets", "is_of_another", "mail_lines", "without_mail"]

_NEAR = 300
"""So many characters a remark in brackets may have, or the list of a document's dates."""

_LEADS = re.compile(
    r"\b(?:(?:re-?)?issued|dated|of|on|from|in|by|since|before|after|until|till|for"
    r"|to|between|when|first)\s?\Z",
    re.IGNORECASE,
)
_LISTED = re.compile(rf"(?:{DATE}|\b(?:and|&|also))\s?\Z", re.IGNORECASE | re.ASCII)
_WEEKDAY = re.compile(
    r"\b(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\s?\Z", re.IGNORECASE
)
_EARLIER = re.compile(
    r"(?<!index )(?<!index: )(?<!index:)(?:AFR|AMR|ASA|EUR|MDE)\s?[0-9]{2}\s?/\s?[0-9]{1,5}\s?/"
    r"\s?[0-9]{2,4}\s?[,;]\s?\Z",
    re.IGNORECASE,
)
"""The index of a document before, with its day behind a comma."""
_MOST_LISTED = 12

_MAIL = re.compile(
    r"(?:(?P<sure>from|subject|sent|reply-to|message-id|received|return-path)|to|cc|bcc|date"
    r"|organi[sz]ation|sender|delivered-to|mime-version|importance|list-[a-z]{2,12}"
    r"|content-[a-z-]{4,30}|x-[a-z-]{2,30}) ?:",
    re.IGNORECASE,
)


def in_brackets(text: str, place: int) -> bool:
    """Whether `place` stands in a remark in round brackets, which may go on in the next line."""
    before = text[max(place - _NEAR, 0) : place]
    opened = before.rfind("(")
    if opened <= before.rfind(")"):
        return False
    closed = text.find(")", place, place + _NEAR)
    again = text.find("(", place, place + _NEAR)
    # Where nothing closes it, it ends with its line.
    return (closed >= 0 and not 0 <= again < closed) or "\n" not in before[opened:]


def is_of_another(text: str, place: int) -> bool:
    """Whether the date at `place` belongs to another document, or to an event.

    So it does in brackets, behind an index and a comma, and behind a word such as ``issued`` or
    ``on``; the further dates of such a list do too.
    """
    if in_brackets(text, place):
        return True
    before = text[max(place - _NEAR, 0) : place]
    if _EARLIER.search(before):
        return True
    for _ in range(_MOST_LISTED):
        before = before.rstrip(" \n,;(")
        if weekday := _WEEKDAY.search(before):
            before = before[: weekday.start()].rstrip(" \n,;(")
        if _LEADS.search(before):
            return True
        listed = _LISTED.search(before)
        if listed is None:
            return False
        before = before[: listed.start()]
    return False


def mail_lines(lines: Sequence[Line]) -> frozenset[int]:
    """The numbers of the lines that a mail program wrote above a message that was passed on."""
    found: set[int] = set()
    block: list[tuple[Line, bool]] = []
    for line in [*lines, None]:
        head = _MAIL.match(line.text) if line else None
        if line and head and not (block and line.number - block[-1][0].number > 1):
            block.append((line, bool(head["sure"])))
            continue
        if len(block) > 1 and any(sure for _, sure in block):
            found |= {each.number for each, _ in block}
        block = [(line, bool(head["sure"]))] if line and head else []
    return frozenset(found)


def without_mail(lines: Sequence[Line]) -> tuple[Line, ...]:
    """`lines` without those."""
    written = mail_lines(lines)
    return tuple(line for line in lines if line.number not in written)
