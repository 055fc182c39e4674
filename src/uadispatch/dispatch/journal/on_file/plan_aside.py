"""A plan laid aside in a temporary file, beside the journal's own: to record it is then quick.

However many messages there are, none is held; and while they are planned, which takes time, nobody
else waits for the journal. It knows what a plan is made of, and nothing of what is known already.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.journal.tables.plan_rows import LAID, plan_rows
from uadispatch.dispatch.journal.whereabouts import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from uadispatch.dispatch.journal.tables.rows import Planned

__all__ = ["laid_aside"]

_ATTACH = "ATTACH '' AS aside"
"""SQLite makes a file of its own, without a name and for us alone."""

# It lasts as long as this transaction of ours: nothing of it need outlive a fault.
_TABLE = f"""
PRAGMA aside.journal_mode = OFF;
PRAGMA aside.synchronous = OFF;
PRAGMA aside.cache_size = -2048;
CREATE TABLE aside.plan (id INTEGER PRIMARY KEY, {LAID}, known);
"""

_ADD = f"""
INSERT INTO aside.plan ({LAID})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - made of our own names


@contextmanager
def laid_aside(
    connection: sqlite3.Connection, lock: AbstractContextManager[Any], plan: Iterable[Planned]
) -> Iterator[int]:
    """Lay `plan` aside as the table ``aside.plan`` while this lasts; gives the number of messages.

    A message has the `id` of its place in the plan, from 1. `lock` is held while `connection` is
    used, and not while messages are planned.

    Raises:
        JournalError: the temporary file cannot be written.
    """
    with lock, _explained():
        connection.execute(_ATTACH)
    try:
        with lock, _explained():
            connection.executescript(_TABLE)
        number = 0
        for rows in plan_rows(plan):
            with lock, _explained():
                _write(connection, rows)
            number += len(rows)
        yield number
    finally:
        # What may still use the file has failed, and says so itself.
        with lock, suppress(sqlite3.Error):
            connection.execute("DETACH aside")


def _write(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    connection.execute("BEGIN")
    try:
        connection.executemany(_ADD, rows)
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise JournalError(
            f"the plan cannot be laid aside in a temporary file ({exc}): make room where temporary "
            f"files lie, or name another folder for them in TMPDIR"
        ) from exc
