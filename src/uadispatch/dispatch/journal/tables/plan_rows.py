"""A plan as the rows that are laid aside before it is recorded, a part of them at a time.

However many messages there are, none is held; and while they are planned, which takes time, nobody
else waits for the journal. It knows what a plan is made of, and nothing of what is known already.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.tables.schema import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.dispatch.journal.tables.rows import Planned

__all__ = ["COLUMNS", "LAID", "plan_rows"]

CHUNK = 500
"""Messages that are laid aside at once."""

COLUMNS = (
    'key, target, channel, contact, "to", language, target_digest, expires_at, held, repeatable, '
    "zones"
)
"""What a message has of its plan, as both tables name it."""

LAID = f"{COLUMNS}, refusal, anew, body"
"""The columns of what is laid aside, in the order of `plan_rows`."""


def plan_rows(plan: Iterable[Planned]) -> Iterator[list[tuple[object, ...]]]:
    """The rows of `plan` in its order; each bears its target's body, unless the one before does."""
    before, rest = "", iter(plan)
    while chunk := list(islice(rest, CHUNK)):
        rows = []
        for row in chunk:
            body = row.target_body if row.target_digest != before else None
            before = row.target_digest
            rows.append(_row(row, body))
        yield rows


def _row(row: Planned, body: str | None) -> tuple[object, ...]:
    return (
        row.key, row.target, row.channel, row.contact, row.to, row.language, row.target_digest,
        number_of(row.expires_at), row.held, row.repeatable, row.zones, row.refusal or None,
        row.anew, body,
    )  # fmt: skip
