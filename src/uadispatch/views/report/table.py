"""The report as CSV: a row for each message, without the names of people at risk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.views.records import csv_row
from uadispatch.views.report import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uadispatch.dispatch.journal import Line

__all__ = ["COLUMNS", "head", "line_without"]

COLUMNS = {
    "key": "what makes it this message: 64 hexadecimal digits",
    "round": "the round, from 1",
    "target": "the target's id",
    "name": "of the official; nothing, if it was purged",
    "role": "the office held, if known",
    "channel": "by which channel",
    "to": "the contact; nothing, if it was purged",
    "language": "of its text",
    "state": "where it stands, as `status` says",
    "counted": "`yes`: it is known to have gone out, and is in the sentence's number",
    "proves": "what is proven of it, in words",
    "outcome": "what a person recorded of it",
    "held": "why a person must look first",
    "attempts": "how many tries were made",
    "first_try": "when its first try began",
    "went_out": "of what is counted: when its last try began, or when a person recorded it",
    "last_change": "when it last changed",
    "code": "the far end's own code, at its last move",
    "reason": "what the far end, a guard or a person said last",
}
"""The columns, and what each means."""

REMOVED = "[name]"
SHORTEST = 4
"""A part of a name with fewer letters may be any word."""


def head() -> bytes:
    """The first line."""
    return csv_row(list(COLUMNS))


def line_without(names: Iterable[str]) -> Callable[[Line], bytes]:
    """Makes a line of a message; `names` of people at risk are taken out of what was said of it."""
    parts = {part for name in names for part in [name, *name.split()] if len(part) >= SHORTEST}
    # The longest first: a whole name is one.
    listed = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    pattern = re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE) if parts else None

    def clean(text: str | None) -> str | None:
        return text if text is None or pattern is None else pattern.sub(REMOVED, text)

    def write(line: Line) -> bytes:
        return csv_row(
            [
                line.key, line.round, line.target, line.name, line.role, line.channel, line.to,
                line.language, line.state, "yes" if line.is_out else "no",
                words.proves(line.state, line.counts, asked=line.asked, told=line.told),
                line.outcome, clean(line.held), line.attempts, line.first_try_at, line.went_at,
                line.changed_at, line.code, clean(line.reason),
            ]
        )  # fmt: skip

    return write
