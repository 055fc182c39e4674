"""What a page of a message says, as JSON for a layout: its texts, its date, who and to whom.

It knows no layout and no typesetting. A layout prints what it gets as it is; every text is data.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from uadispatch.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.channels.message import Message

__all__ = ["MONTHS", "page_data"]

MONTHS = 12

HERE = "\N{ZERO WIDTH SPACE}"
"""Where a line may end within a word."""
_ADDRESS = re.compile(r"\S*[/@]\S{20,}")
_SIGNS = re.compile(r"[/.@?&=_:]+")
# Longer than a line of any page.
_LONG = re.compile(rf"[^\s{HERE}]{{60,}}")


def page_data(message: Message, **more: object) -> dict[str, object]:
    """What `Tools.typeset` is given of `message`, and `more` of the channel's own.

    What is longer than a line can be broken: addresses of the web after their signs, other words
    anywhere, at a U+200B. Only `title`, `to` and the parts are as they were.

    The body is split at blank lines into paragraphs of lines. If it ends with the template's part
    ``signature``, that stands apart, so that a page can leave room to sign. The template's parts
    ``date`` (``{day} {month} {year}``; else ISO 8601) and ``months`` (twelve, with commas) write
    the day of `message.at` in UTC.

    Raises:
        Rejected: the template names another number of months.
    """
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
    text = _ADDRESS.sub(lambda long: _SIGNS.sub(lambda sign: sign[0] + HERE, long[0]), text)
    return _LONG.sub(lambda long: HERE.join(long[0]), text)


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
