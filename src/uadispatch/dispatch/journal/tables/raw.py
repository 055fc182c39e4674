"""Statements below SQLAlchemy's, for what runs hot: written once, in words that SQLite takes.

What PostgreSQL says otherwise is few and regular, so `in_postgres` says it: placeholders, lists and
tuples that are given as JSON, and hints for the planner, which it has statistics for. It knows
words; it opens nothing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import psycopg
    from sqlalchemy import Connection

    Values: TypeAlias = Sequence[object] | Mapping[str, object]

__all__ = ["OnServer", "Raw", "driver", "in_postgres", "is_on_server"]


class Rows(Protocol):
    """What a statement has found."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Raw(Protocol):
    """A driver's own connection, inside a transaction: sqlite3's, or psycopg's as `OnServer`."""

    def execute(self, statement: str, values: Any = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, statement: str, rows: Iterable[Any], /) -> object:
        """Run a statement for each of `rows`."""


class OnServer:
    """psycopg's connection, given statements in SQLite's words."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Take the connection; it belongs to somebody else."""
        self.connection = connection

    def execute(self, statement: str, values: Values = ()) -> Rows:
        """As `Raw`."""
        return self.connection.execute(in_postgres(statement), values)

    def executemany(self, statement: str, rows: Iterable[Values]) -> None:
        """As `Raw`."""
        with self.connection.cursor() as cursor:
            cursor.executemany(in_postgres(statement), rows)


def driver(connection: Connection) -> Raw:
    """The connection below SQLAlchemy's, inside its transaction: for statements that run hot."""
    below: Any = connection.connection.driver_connection
    return cast("Raw", below) if connection.dialect.name == "sqlite" else OnServer(below)


def is_on_server(connection: Raw) -> bool:
    """Whether it is PostgreSQL that is asked, and others may write at the same time."""
    return isinstance(connection, OnServer)


_NUMBERS = frozenset({
    "ask_again_at", "at", "chunk", "ended", "excused", "first", "given_back", "id", "last",
    "later_than", "not_before", "now", "others", "round",
})  # fmt: skip
"""What is a number, of the values that have a name in our statements; the others are texts."""

_LISTED = re.compile(r"\bIN \(SELECT value FROM json_each\((\?|:\w+)\)\)")
_LISTED_IDS = re.compile(r"(\bid) IN \(SELECT value FROM json_each\((\?|:\w+)\)\)")
_FIELD = re.compile(r"json_extract\(value, '\$\[(\d+)\]'\) AS (\w+)")
_GIVEN = re.compile(r"(?<![:\w]):(\w+)")


@cache
def in_postgres(statement: str) -> bytes:
    """`statement` as PostgreSQL takes it from psycopg."""
    text = statement.replace("%", "%%")
    text = re.sub(r" INDEXED BY \w+", "", text)
    text = re.sub(r"(?<=[\s(])\+(?=campaign\b)", "", text)
    text = text.replace("aside.plan", "pg_temp.plan")
    text = _LISTED_IDS.sub(
        r"\1 = ANY(ARRAY(SELECT json_array_elements_text(\2::json)::bigint))", text
    )
    text = _LISTED.sub(r"= ANY(ARRAY(SELECT json_array_elements_text(\1::json)))", text)
    text = text.replace("FROM json_each(?)", "FROM jsonb_array_elements(?::jsonb)")
    text = _FIELD.sub(_field, text)
    text = re.sub(r" IS ((?:plan|old)\.\w+)", r" IS NOT DISTINCT FROM \1", text)
    text = text.replace("? IS NULL", "?::text IS NULL")
    text = _GIVEN.sub(_given, text)
    return text.replace("?", "%s").encode()


def _field(found: re.Match[str]) -> str:
    place, name = found.groups()
    kind = "::bigint" if name in _NUMBERS else ""
    return f"(value->>{place}){kind} AS {name}"


def _given(found: re.Match[str]) -> str:
    """A value by its name, with its kind: what is NULL does not say it."""
    name = found[1]
    return f"%({name})s::{'bigint' if name in _NUMBERS else 'text'}"
