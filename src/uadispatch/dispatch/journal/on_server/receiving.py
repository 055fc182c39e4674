"""What a server takes of another journal: its rows, as they are, within one transaction.

It knows tables and rows; what becomes of the other journal, its caller knows.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Identifier

from uadispatch.dispatch.journal.tables.schema import meta, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg
    from sqlalchemy import Connection, Table

__all__ = ["Receiver"]

_COPIED = "copied"
"""The name under which a journal says of which copying it came."""

BUFFER = 2000
"""So many rows are fetched at once."""


class Receiver:
    """The journal on a server, within a transaction that has all of it for itself."""

    def __init__(self, connection: Connection) -> None:
        """Take the transaction, which may last."""
        below: Any = connection.connection.driver_connection
        self._driver: psycopg.Connection[Any] = below
        # The other journal may take a while to be read.
        self._driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    def came_of(self) -> str | None:
        """The token of the copying that this journal came of, if of one."""
        query = "SELECT value FROM meta WHERE name = %s"
        found = self._driver.execute(query, (_COPIED,)).fetchone()
        return None if found is None else str(found[0])

    def version(self) -> str:
        """The version of its tables."""
        query = "SELECT value FROM meta WHERE name = 'version'"
        found = self._driver.execute(query).fetchone()
        return "" if found is None else str(found[0])

    def holds(self) -> list[str]:
        """The tables in which anything is."""
        return [
            table.name
            for table in metadata.sorted_tables
            if table is not meta
            and self._driver.execute(
                SQL("SELECT 1 FROM {} LIMIT 1").format(Identifier(table.name))
            ).fetchone()
        ]

    def take(self, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
        """Write `rows`, with all columns of `table` in their order."""
        statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), _columns(table))
        with self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def count_on(self, table: Table) -> None:
        """Let the next row of `table` have a number behind the last, where it is numbered."""
        if "id" not in table.columns:
            return
        name = Identifier(table.name)
        query = SQL("SELECT pg_get_serial_sequence({}, 'id'), max(id) FROM {}")
        found = self._driver.execute(query.format(table.name, name)).fetchone()
        if found is not None and found[1] is not None:
            self._driver.execute("SELECT setval(%s, %s)", found)

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """All rows of `table`, as they are, in the order of its key."""
        key = SQL(", ").join(Identifier(column.name) for column in table.primary_key)
        query = SQL("SELECT {} FROM {} ORDER BY {}").format(
            _columns(table), Identifier(table.name), key
        )
        with self._driver.cursor(name=f"rows_{secrets.token_hex(4)}") as cursor:
            cursor.itersize = BUFFER
            yield from cursor.execute(query)

    def analyze(self, table: Table) -> None:
        """Tell the planner what is in `table` now."""
        self._driver.execute(SQL("ANALYZE {}").format(Identifier(table.name)))

    def sign(self, token: str) -> None:
        """Say of which copying this journal comes."""
        self._driver.execute("INSERT INTO meta (name, value) VALUES (%s, %s)", (_COPIED, token))


def _columns(table: Table) -> Any:
    return SQL(", ").join(Identifier(column.name) for column in table.columns)
