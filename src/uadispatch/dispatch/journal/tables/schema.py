"""The journal's tables as they are today.

Times are whole microseconds since 1970 in UTC, so that they compare and sort as numbers in any
database. It knows tables; it opens nothing and decides nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    create_mock_engine,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, DDLElement, Dialect

__all__ = [
    "AGAIN",
    "WITHIN",
    "Instant",
    "campaigns",
    "create",
    "facts",
    "marks",
    "messages",
    "meta",
    "metadata",
    "moment_of",
    "moves",
    "number_of",
    "paces",
    "rosters",
    "snapshots",
    "targets",
    "unindexed_campaign",
    "upsert",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> int | None:
        """A moment to a number."""
        return number_of(value)

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        """A number to a moment."""
        return None if value is None else moment_of(value)


@overload
def number_of(moment: datetime) -> int: ...
@overload
def number_of(moment: datetime | None) -> int | None: ...
def number_of(moment: datetime | None) -> int | None:
    """An aware moment as the journal keeps it; exact, for no float is involved."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """What `number_of` made a number of."""
    return _EPOCH + timedelta(microseconds=number)


AGAIN = "state = 'in_doubt' AND repeatable = 'idempotent' AND not_before IS NOT NULL"
"""In SQL: it may have gone out and is tried again, where the far end drops a second copy."""

WITHIN = "."
"""Between the name of a process, as an owner, and that of a part of it, which may end earlier."""

ASKED = "ask_again_at IS NOT NULL"
LEASED = "lease_until IS NOT NULL"
OPTED_OUT = "kind = 'opted_out'"

metadata = MetaData()

_Name = String().with_variant(String(collation="C"), "postgresql")
_Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts are compared by their bytes, whatever language the server speaks."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""A row's number: SQLite gives it alone to what is called so, and has room for as many."""


def _only(condition: str) -> dict[str, Any]:
    """An index of the rows alone of which `condition` is true; see `create`."""
    return {"sqlite_where": text(condition)}


meta = Table(
    "meta",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("value", _Name, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("digest", _Name, primary_key=True),
    Column("body", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    comment="What decides what goes out, but for the targets; addressed by its content",
)

targets = Table(
    "targets",
    metadata,
    Column("digest", _Name, primary_key=True),
    Column("body", _Words, nullable=False),
)

rosters = Table(
    "rosters",
    metadata,
    Column("digest", _Name, primary_key=True, comment="of the whole list"),
    Column("part", Integer, primary_key=True, comment="its place in the list, from 0"),
    Column("body", _Words, nullable=False, comment="JSON: the digests of targets, in their order"),
    comment="The targets of what was approved, in parts; a snapshot bears the digest of its own",
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("number", _Name, primary_key=True),
    Column("title", _Name, nullable=False),
    Column("file", _Name, nullable=False),
    Column("snapshot", _Name, ForeignKey("snapshots.digest"), nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Number, primary_key=True),
    Column("key", _Name, nullable=False),
    Column("campaign", _Name, nullable=False),
    Column("round", Integer, nullable=False),
    Column("target", _Name, nullable=False),
    Column("channel", _Name, nullable=False),
    Column("contact", _Name, nullable=False, comment="its identity, to find a second one"),
    Column("to", _Words, nullable=False, comment="the contact as it was read"),
    Column("language", _Name, nullable=False),
    Column("snapshot", _Name, ForeignKey("snapshots.digest"), nullable=False),
    Column("target_digest", _Name, ForeignKey("targets.digest"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", _Name, nullable=False),
    Column("reason", _Words, nullable=False, default=""),
    Column("held", _Words, comment="why a person must look first"),
    Column("attempts", Integer, nullable=False, default=0),
    Column(
        "excused",
        Integer,
        nullable=False,
        default=0,
        server_default="0",
        comment="attempts that do not count towards the last one",
    ),
    Column("first_try_at", Instant),
    Column("not_before", Instant),
    Column("owner", _Name, comment="the process that claimed it"),
    Column("claimed_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("receipt", _Words, comment="JSON: what the far end answered"),
    Column(
        "repeatable",
        _Name,
        comment="why a try that was cut off may be made again (a Repeatable), or NULL",
    ),
    Column("zones", _Words, comment="where it is read, for quiet hours; several if unsure"),
    Column("ask_again_at", Instant, comment="when to ask its service what became of it"),
    Column("far_end", _Name, comment="which far end its last try was for"),
    Column("outcome", _Name, comment="what a person recorded of it"),
    Column("counts", _Name, comment="what that says of the contact (Counts)"),
    Column("lease_by", _Name, comment="the person who is at it"),
    Column("lease_key", _Name, comment="of the process through which they are"),
    Column("lease_until", Instant),
    # Indexes of their own, not constraints: a large plan is recorded without these two, which are
    # in no order, and makes them anew.
    Index("messages_key", "key", unique=True),
    Index(
        "messages_contact",
        "campaign",
        "round",
        "channel",
        "contact",
        info={"covers": ["id"]},  # where a campaign begins and ends is asked of it alone
    ),
    # Of the few states that wait, so that a message leaves it once and comes back seldom.
    Index(
        "messages_waiting",
        "campaign",
        "channel",
        "id",
        **_only("state IN ('planned', 'retry')"),
    ),
    Index("messages_again", "campaign", "channel", "id", **_only(AGAIN)),
    Index("messages_asked", "campaign", "ask_again_at", **_only(ASKED)),
    Index("messages_leased", "channel", "contact", **_only(LEASED)),
)
# A file is searched for the claims of the dead when a run begins; a server, every few seconds.
Index("messages_claimed", messages.c.owner, **_only("state = 'claimed'")).ddl_if(
    dialect="postgresql"
)

moves = Table(
    "moves",
    metadata,
    Column("id", Number, primary_key=True),
    Column("message", Number, nullable=False),
    Column("at", Instant, nullable=False),
    Column("before", _Name),
    Column("after", _Name, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("to", _Words, nullable=False, comment="the contact of that moment"),
    Column("reason", _Words, nullable=False, default=""),
    Column("code", _Name, comment="the far end's own code"),
    Column("by", _Name, nullable=False, comment="the process or person that moved it"),
    # A server would ask for each move, which is a tenth of what a message costs it.
    ForeignKeyConstraint(["message"], ["messages.id"]).ddl_if(dialect="sqlite"),
    Index("moves_message", "message", "id"),
    comment="The audit: one row for every move of every message, never changed",
)

facts = Table(
    "facts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", _Name, comment="NULL: it holds for every campaign"),
    Column("kind", _Name, nullable=False),
    Column("target", _Name),
    Column("channel", _Name),
    Column("value", _Name, comment="the contact opted out, the digest approved, the document"),
    Column("at", Instant, nullable=False),
    Column("by", _Name, nullable=False),
    Column("because", _Words, nullable=False, default=""),
    Index("facts_campaign", "campaign", "id"),
    Index("facts_opted_out", "channel", "value", **_only(OPTED_OUT)),
    comment="Closings, stops, approvals, opt-outs, documents and their opposites, in order",
)

marks = Table(
    "marks",
    metadata,
    Column("channel", _Name, primary_key=True),
    Column("contact", _Name, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("campaign", _Name, nullable=False, comment="in which it was refused"),
    Column("because", _Words, nullable=False),
    comment="Contacts that were refused for good, until something is accepted there again",
)

paces = Table(
    "paces",
    metadata,
    Column("channel", _Name, primary_key=True),
    Column("last_start", Instant, comment="of a try, by any process and for any campaign"),
    Column("last_begin", Instant, comment="of what the far end counts, where a try tells"),
    Column("spacing", BigInteger, comment="microseconds: what the far end asked us to keep to"),
    Column("slow_until", Instant, comment="when `spacing` ends"),
    Column("paused_until", Instant, comment="the far end wants nothing before"),
    Column("paused_because", _Words),
    comment="How fast each channel may go, so that its rate holds over restarts and processes",
)


def upsert(connection: Connection, table: Table) -> Any:
    """An insert into `table` that may say what is to become of a row that is there."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a file's user needs none of it

    return postgresql.insert(table)


def unindexed_campaign() -> ColumnElement[str]:
    """A message's campaign, to be asked of rows that are found by another way.

    SQLite would take an index of the campaign, which may lead to a million in no order; a plus
    keeps it from that.
    """
    return _Unindexed(messages.c.campaign)


class _Unindexed(FunctionElement[str]):
    type = String()
    inherit_cache = True


@compiles(_Unindexed)
def _as_it_is(element: _Unindexed, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(_Unindexed, "sqlite")
def _with_a_plus(element: _Unindexed, compiler: Any, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"


def create(connection: Connection) -> None:
    """Make the tables of the present version, of which none is there."""
    for statement in _creation(connection.engine.url.drivername):
        connection.exec_driver_sql(statement)


@cache
def _creation(database: str) -> tuple[str, ...]:
    """The statements of `create`, made once: to find the words takes longer than to do it."""
    found: list[str] = []

    def write_down(statement: DDLElement, *_: object, **__: object) -> None:
        found.append(str(statement.compile(dialect=here.dialect)))

    here = create_mock_engine(f"{database}://", write_down)
    if here.dialect.name == "postgresql":
        # Not where the indexes are: the first word for a database loads all of its part.
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            its = index.dialect_options
            its["postgresql"]["where"] = its["sqlite"]["where"]
            its["postgresql"]["include"] = index.info.get("covers")
    metadata.create_all(here, checkfirst=False)
    return tuple(found)
