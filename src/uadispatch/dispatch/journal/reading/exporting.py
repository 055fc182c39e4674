"""All that the journal has of one campaign, record by record; never all of it in memory.

A record is flat: what its fields mean stands in `views.records`. Texts stay where they are: a
message names the snapshot and the target that it was made from by their digests.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from uadispatch.dispatch.journal.reading.stories import told
from uadispatch.dispatch.journal.tables.schema import campaigns, facts, marks, messages, moves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from uadispatch.dispatch.journal.reading.stories import Move

__all__ = ["Record", "concerning", "moves_by_message", "records"]

Record = dict[str, "str | int | float | datetime | None"]

BUFFER = 1000
"""Rows that are held at once."""

_AS_IT_IS = (
    "campaign", "round", "target", "channel", "key", "language", "to", "contact", "state",
    "reason", "held", "attempts", "excused", "not_before", "first_try_at", "claimed_at",
    "expires_at", "owner", "repeatable", "receipt", "ask_again_at", "outcome", "counts",
    "snapshot", "target_digest",
)  # fmt: skip


def records(connection: Connection, campaign: str) -> Iterator[Record]:
    """The campaign; each message with its moves; the facts; the marks. All in their order."""
    streaming = connection.execution_options(yield_per=BUFFER)
    for row in connection.execute(select(campaigns).where(campaigns.c.number == campaign)):
        yield {
            "record": "campaign",
            "campaign": row.number,
            "title": row.title,
            "file": row.file,
            "snapshot": row.snapshot,
        }
    # Asked so, SQLite finds both in their order; joined, it would sort all their texts first.
    mine = select(messages.c.id).where(messages.c.campaign == campaign)
    rows = select(messages).where(messages.c.id.in_(mine)).order_by(messages.c.id)
    its_moves = select(moves).where(moves.c.message.in_(mine)).order_by(moves.c.message, moves.c.id)
    audit = moves_by_message(streaming.execute(its_moves))
    following = next(audit, None)
    for row in streaming.execute(rows):
        yield {
            "record": "message",
            "at": row.changed_at,
            **{name: row._mapping[name] for name in _AS_IT_IS},  # noqa: SLF001 - its public name
        }
        if following is not None and following[0] == row.id:
            for move in told(following[1]):
                yield _move(row, move)
            following = next(audit, None)
    for row in concerning(connection, campaign):
        yield {
            "record": "fact",
            "campaign": row.campaign,
            "kind": row.kind,
            "target": row.target,
            "channel": row.channel,
            "value": row.value,
            "at": row.at,
            "by": row.by,
            "reason": row.because,
        }
    its_marks = select(marks).where(marks.c.campaign == campaign)
    for row in connection.execute(its_marks.order_by(marks.c.at, marks.c.channel, marks.c.contact)):
        yield {
            "record": "mark",
            "campaign": row.campaign,
            "channel": row.channel,
            "contact": row.contact,
            "at": row.at,
            "reason": row.because,
        }


def moves_by_message(rows: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of the audit, ordered by message, in a list for each message."""
    for message, its_rows in groupby(rows, key=attrgetter("message")):
        yield message, list(its_rows)


def _move(row: Any, move: Move) -> Record:
    return {
        "record": "move",
        "campaign": row.campaign,
        "round": row.round,
        "target": row.target,
        "channel": row.channel,
        "key": row.key,
        "at": move.at,
        "before": move.before,
        "after": move.after,
        "attempt": move.attempt,
        "seconds": move.seconds,
        "to": move.to,
        "code": move.code,
        "reason": move.reason,
        "by": move.by,
    }


def concerning(connection: Connection, campaign: str) -> Iterable[Row[Any]]:
    """The campaign's facts, and those for every campaign that concern one of its contacts."""
    rounds = connection.execute(
        select(messages.c.round).where(messages.c.campaign == campaign).distinct()
    ).scalars()
    written_to = exists().where(
        messages.c.campaign == campaign,
        messages.c.round.in_(list(rounds)),  # so that the index finds the contact
        messages.c.channel == facts.c.channel,
        messages.c.contact == facts.c.value,
    )
    concerns = facts.c.campaign.is_(None) & (facts.c.value.is_(None) | written_to)
    query = select(facts).where((facts.c.campaign == campaign) | concerns).order_by(facts.c.id)
    return connection.execute(query)
