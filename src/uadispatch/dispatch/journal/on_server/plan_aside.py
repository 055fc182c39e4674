"""A plan laid aside in a temporary table of the server: to record it is then quick."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from uadispatch.dispatch.journal.tables.plan_rows import LAID, plan_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from uadispatch.dispatch.journal.tables.rows import Planned

__all__ = ["laid_aside"]

_TABLE = """
CREATE TEMPORARY TABLE plan (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, target text, channel text,
    contact text, "to" text, language text, target_digest text, expires_at bigint, held text,
    repeatable text, zones text, refusal text, anew text, body text, known bigint)
"""
_COPY = f"COPY pg_temp.plan ({LAID}) FROM STDIN"


@contextmanager
def laid_aside(
    connection: psycopg.Connection[Any], lock: AbstractContextManager[Any], plan: Iterable[Planned]
) -> Iterator[int]:
    """Lay `plan` aside as the table ``pg_temp.plan`` while this lasts; gives its number.

    A message has the `id` of its place in the plan, from 1. `lock` is held while `connection` is
    used, and not while messages are planned.

    Raises:
        psycopg.Error: the server does not take it.
    """
    with lock:
        connection.execute("DROP TABLE IF EXISTS pg_temp.plan")
        connection.execute(_TABLE)
        connection.commit()
    try:
        number = 0
        for rows in plan_rows(plan):
            with lock:
                with connection.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
                    for row in rows:
                        copy.write_row(row)
                connection.commit()
            number += len(rows)
        with lock:
            connection.execute("ANALYZE pg_temp.plan")
            connection.commit()
        yield number
    finally:
        # Where the connection is lost, so is the table.
        with lock, suppress(psycopg.Error):
            connection.rollback()
            connection.execute("DROP TABLE IF EXISTS pg_temp.plan")
            connection.commit()
