"""What was handed over to workers: the orders, and in which blocks of ids something is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from uadispatch.dispatch.journal.tables.rows import Selection
from uadispatch.dispatch.journal.tables.schema import AGAIN, facts, number_of
from uadispatch.dispatch.journal.tables.searching import given

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.raw import Raw

__all__ = ["HANDED_OVER", "Block", "blocks_due", "hand_over", "order_of", "orders"]

HANDED_OVER = "handed_over"
"""The kind of fact that says: workers are to send this campaign; its value says how."""

BLOCK = 500
"""So many ids are in a block."""


class Block(NamedTuple):
    """The messages of a campaign on a channel whose ids begin alike: at most `BLOCK`."""

    channel: str
    number: int

    @property
    def after(self) -> int:
        """Its ids are greater than this."""
        return self.number * BLOCK - 1

    @property
    def last(self) -> int:
        """The greatest id that it can have."""
        return self.after + BLOCK


_HAND_OVER = """
INSERT INTO facts (campaign, kind, value, at, by, because) VALUES (?, ?, ?, ?, ?, '')
"""

_ORDER = """
SELECT (SELECT value FROM facts WHERE campaign = ? AND kind = ? ORDER BY id DESC LIMIT 1), snapshot
FROM campaigns WHERE number = ?
"""

_PAUSED = "SELECT channel FROM paces WHERE paused_until > ?"

_NEXT_DUE = """
SELECT id FROM messages
WHERE campaign = :campaign AND (channel, id) > (:channel, {after}) AND channel <= :channel
  AND {states} AND held IS NULL AND (not_before IS NULL OR not_before <= :now)
  AND (:targets IS NULL OR target IN (SELECT value FROM json_each(:targets)))
ORDER BY channel, id LIMIT 1
"""
# From each block in which something is due on to the next one, by the index that has them in this
# order: to go through all that waits would take minutes where there are many millions.
_BLOCKS_DUE = tuple(
    f"""
WITH RECURSIVE due (id) AS (
    ({_NEXT_DUE.format(after=0, states=states)})
    UNION ALL
    SELECT ({_NEXT_DUE.format(after=f"(due.id / {BLOCK} + 1) * {BLOCK} - 1", states=states)})
    FROM due WHERE due.id IS NOT NULL
)
SELECT id / {BLOCK} FROM due WHERE id IS NOT NULL
"""  # noqa: S608 - made of our own names
    for states in ("state IN ('planned', 'retry')", AGAIN)
)


def hand_over(connection: Raw, campaign: str, value: str, *, at: datetime, by: str) -> None:
    """State that workers are to send `campaign`."""
    connection.execute(_HAND_OVER, (campaign, HANDED_OVER, value, number_of(at), by))


def orders(connection: Connection) -> dict[str, str]:
    """Every campaign that was handed over, to the value of the last such fact."""
    last = select(func.max(facts.c.id)).where(facts.c.kind == HANDED_OVER)
    query = select(facts.c.campaign, facts.c.value).where(
        facts.c.id.in_(last.group_by(facts.c.campaign))
    )
    return {row.campaign: row.value for row in connection.execute(query.order_by(facts.c.id))}


def order_of(connection: Raw, campaign: str) -> tuple[str, str] | None:
    """How `campaign` was handed over last, and the digest of what it was planned from last."""
    row = connection.execute(_ORDER, (campaign, HANDED_OVER, campaign)).fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])


def blocks_due(
    connection: Raw,
    campaign: str,
    channels: Iterable[str],
    targets: frozenset[str] | None = None,
    *,
    now: datetime,
) -> list[Block]:
    """The blocks in which a message may be claimed now, in their order.

    Only a server is asked for them.
    """
    paused = {channel for (channel,) in connection.execute(_PAUSED, (number_of(now),))}
    meant = {**given(campaign, Selection(targets=targets)), "now": number_of(now)}
    found: set[Block] = set()
    # To sort what is due would be to go through all of it, and it may guess that this is little.
    connection.execute("SET LOCAL enable_sort = off")
    for channel in set(channels) - paused:
        for query in _BLOCKS_DUE:
            its = connection.execute(query, meant | {"channel": channel})
            found.update(Block(channel, number) for (number,) in its)
    connection.execute("SET LOCAL enable_sort = on")
    return sorted(found, key=lambda block: (block.number, block.channel))
