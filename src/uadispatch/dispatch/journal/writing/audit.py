"""The audit: writes moves, so that none is unchecked and none unrecorded.

`claiming` and `settling` alone have statements of their own for it: they run for every message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from uadispatch.dispatch.journal.tables.schema import moves
from uadispatch.dispatch.states import State, check_move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

__all__ = ["move", "record"]

_insert = insert(moves)


def move(
    message: int,
    before: State | str | None,
    after: State,
    *,
    at: datetime,
    attempt: int,
    to: str,
    by: str,
    reason: str = "",
    code: str | None = None,
) -> dict[str, Any]:
    """A row of the audit; `before` is None for a new message, `to` the contact of that moment.

    Raises:
        IllegalMove: the table of states has no such move.
    """
    if before is not None:
        check_move(State(before), after)
    return {
        "message": message,
        "at": at,
        "before": before,
        "after": after,
        "attempt": attempt,
        "to": to,
        "reason": reason,
        "code": code,
        "by": by,
    }


def record(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write `rows`, made by `move`, in the transaction that changes the messages."""
    if rows:
        connection.execute(_insert, rows)
