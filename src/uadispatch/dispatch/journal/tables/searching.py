"""Which messages are meant, in SQL; and by which way SQLite is to go to them among a million.

It keeps no statistics of a journal, and would often take an index that leads to every message of
a campaign in no order. So a statement names its index, or goes through the table by `id`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.journal.tables.schema import messages, unindexed_campaign

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Selection

__all__ = ["AMONG", "SELECTED", "Ends", "among", "between", "ends", "given"]

SELECTED = """
(:channels IS NULL OR channel IN (SELECT value FROM json_each(:channels)))
AND (:targets IS NULL OR target IN (SELECT value FROM json_each(:targets)))
"""
"""The condition that a message is selected; see `given`."""

AMONG = "id BETWEEN :first AND :last AND +campaign = :campaign"
"""The condition that a message is of a campaign, found by its `Ends`: the plus keeps SQLite from
an index for it."""

_ENDS = "SELECT min(id), max(id) FROM messages INDEXED BY messages_contact WHERE campaign = ?"


class Ends(NamedTuple):
    """The first and the last id of a campaign's messages; others may lie between."""

    first: int = 0
    last: int = -1


def given(campaign: str, selection: Selection) -> dict[str, str | None]:
    """The values of `SELECTED`, and of the campaign."""
    return {
        "campaign": campaign,
        "channels": _listed(selection.channels),
        "targets": _listed(selection.targets),
    }


def _listed(names: frozenset[str] | None) -> str | None:
    return None if names is None else json.dumps(sorted(names))


def ends(connection: Raw, campaign: str) -> Ends:
    """Between which ids all messages of `campaign` lie.

    That is asked of an index alone; but all of them are gone through, so it is asked once.
    """
    first, last = connection.execute(_ENDS, (campaign,)).fetchone()
    return Ends() if first is None else Ends(first, last)


def among(connection: Raw, campaign: str) -> ColumnElement[bool]:
    """As `AMONG`, for SQLAlchemy."""
    return between(campaign, ends(connection, campaign))


def between(campaign: str, its: Ends, *, after: int = 0) -> ColumnElement[bool]:
    """As `among`, where the `Ends` are known; only those after that id.

    One bound says from where on: of two, SQLite may begin at the other, each time anew.
    """
    here = messages.c.id.between(max(its.first, after + 1), its.last)
    return here & (unindexed_campaign() == campaign)
