"""Who keeps out whom: locks that PostgreSQL holds until a transaction ends.

Three kinds are always taken in this order, so that nobody waits in a circle:

1. the whole journal: shared by whatever concerns one campaign, alone for what concerns all;
2. a campaign: shared by runs, alone for a plan or a decision;
3. a channel: alone for a claim that keeps to a rate; see `pacing.alone`.

A fact (a closing, a stop) is stated alone, and a claim reads the facts in its own transaction: so
once it is stated, no claim that did not know of it is committed any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uadispatch.dispatch.journal.tables.raw import Raw

__all__ = [
    "alone_in_all",
    "alone_in_campaigns",
    "alone_in_sweeping",
    "alone_in_those_of",
    "beside_others",
    "keep",
    "keep_sweeps_out",
    "let_go",
]

_JOURNAL = "hashtextextended('uadispatch (journal)', 0)"
_SWEEP = "hashtextextended('uadispatch (sweep)', 0)"
_CAMPAIGN = "hashtextextended({} || ' (campaign)', 0)"

_ALONE_IN_ALL = f"SELECT pg_advisory_xact_lock({_JOURNAL})"
_BESIDE_ALL = f"SELECT pg_advisory_xact_lock_shared({_JOURNAL})"

_ALONE_IN = f"SELECT pg_advisory_xact_lock({_CAMPAIGN.format('?')})"
_BESIDE = f"SELECT pg_advisory_xact_lock_shared({_CAMPAIGN.format('?')})"

_CAMPAIGNS_OF_KEYS = """
SELECT DISTINCT campaign FROM messages WHERE key IN (SELECT value FROM json_each(?)) ORDER BY 1
"""
_CAMPAIGNS_OF_IDS = """
SELECT DISTINCT campaign FROM messages WHERE id IN (SELECT value FROM json_each(?)) ORDER BY 1
"""


def alone_in_all(connection: Raw) -> None:
    """Have the whole journal for this transaction."""
    connection.execute(_ALONE_IN_ALL)


def alone_in_campaigns(connection: Raw, campaigns: Iterable[str]) -> None:
    """Have these campaigns for this transaction."""
    connection.execute(_BESIDE_ALL)
    for campaign in sorted(set(campaigns)):
        connection.execute(_ALONE_IN, (campaign,))


def alone_in_those_of(connection: Raw, keys: Iterable[str]) -> None:
    """Have the campaigns of the messages with these keys for this transaction."""
    connection.execute(_BESIDE_ALL)
    found = connection.execute(_CAMPAIGNS_OF_KEYS, (json.dumps(list(keys)),)).fetchall()
    for (campaign,) in found:
        connection.execute(_ALONE_IN, (campaign,))


def beside_others(connection: Raw, ids: Sequence[int]) -> None:
    """Share the campaigns of the messages with these ids: who decides about them waits."""
    connection.execute(_BESIDE_ALL)
    found = connection.execute(_CAMPAIGNS_OF_IDS, (json.dumps(list(ids)),)).fetchall()
    for (campaign,) in found:
        connection.execute(_BESIDE, (campaign,))


def alone_in_sweeping(connection: Raw) -> bool:
    """Be the one who sweeps, for this transaction; False: somebody else is."""
    row = connection.execute(f"SELECT pg_try_advisory_xact_lock({_SWEEP})").fetchone()
    return bool(row[0])


def keep_sweeps_out(connection: Raw) -> None:
    """Wait for the end of a sweep, and let none begin in this transaction."""
    connection.execute(f"SELECT pg_advisory_xact_lock({_SWEEP})")


def keep(connection: Raw, campaign: str) -> None:
    """Have a campaign until `let_go`, or the end of the connection."""
    connection.execute(f"SELECT pg_advisory_lock({_CAMPAIGN.format('?')})", (campaign,))


def let_go(connection: Raw, campaign: str) -> None:
    """End `keep`."""
    connection.execute(f"SELECT pg_advisory_unlock({_CAMPAIGN.format('?')})", (campaign,))
