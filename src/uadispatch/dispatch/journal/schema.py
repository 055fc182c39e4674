"""The journal's tables and how they came to be; version by version, forward only.

Times are whole microseconds since 1970 in UTC, so that they compare and sort as numbers in any
database. It knows tables; it opens nothing and decides nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Dialect

__all__ = [
    "AGAIN",
    "MIGRATIONS",
    "VERSION",
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

ASKED = "ask_again_at IS NOT NULL"
LEASED = "lease_until IS NOT NULL"

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("digest", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Instant, nullable=False),
    comment="What decides what goes out, but for the targets; addressed by its content",
)

targets = Table(
    "targets",
    metadata,
    Column("digest", String, primary_key=True),
    Column("body", Text, nullable=False),
)

rosters = Table(
    "rosters",
    metadata,
    Column("digest", String, primary_key=True, comment="of the whole list"),
    Column("part", Integer, primary_key=True, comment="its place in the list, from 0"),
    Column("body", Text, nullable=False, comment="JSON: the digests of targets, in their order"),
    comment="The targets of what was approved, in parts; a snapshot bears the digest of its own",
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("number", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("file", String, nullable=False),
    Column("snapshot", ForeignKey("snapshots.digest"), nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("target", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("contact", String, nullable=False, comment="its identity, to find a second one"),
    Column("to", Text, nullable=False, comment="the contact as it was read"),
    Column("language", String, nullable=False),
    Column("snapshot", ForeignKey("snapshots.digest"), nullable=False),
    Column("target_digest", ForeignKey("targets.digest"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("held", Text, comment="why a person must look first"),
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
    Column("owner", String, comment="the process that claimed it"),
    Column("claimed_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("receipt", Text, comment="JSON: what the far end answered"),
    Column(
        "repeatable",
        String,
        comment="why a try that was cut off may be made again (a Repeatable), or NULL",
    ),
    Column("zones", Text, comment="where it is read, for quiet hours; several if unsure"),
    Column("ask_again_at", Instant, comment="when to ask its service what became of it"),
    Column("far_end", String, comment="which far end its last try was for"),
    Column("outcome", String, comment="what a person recorded of it"),
    Column("counts", String, comment="what that says of the contact (Counts)"),
    Column("lease_by", String, comment="the person who is at it"),
    Column("lease_key", String, comment="of the process through which they are"),
    Column("lease_until", Instant),
    # Indexes of their own, not constraints: a large plan is recorded without these two, which are
    # in no order, and makes them anew.
    Index("messages_key", "key", unique=True),
    Index("messages_contact", "campaign", "round", "channel", "contact"),
    # Of the few states that wait, so that a message leaves it once and comes back seldom.
    Index(
        "messages_waiting",
        "campaign",
        "channel",
        "id",
        sqlite_where=text("state IN ('planned', 'retry')"),
    ),
    Index("messages_again", "campaign", "channel", "id", sqlite_where=text(AGAIN)),
    Index("messages_asked", "campaign", "ask_again_at", sqlite_where=text(ASKED)),
    Index("messages_leased", "channel", "contact", sqlite_where=text(LEASED)),
)

moves = Table(
    "moves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", ForeignKey("messages.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("before", String),
    Column("after", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("to", Text, nullable=False, comment="the contact of that moment"),
    Column("reason", Text, nullable=False, default=""),
    Column("code", String, comment="the far end's own code"),
    Column("by", String, nullable=False, comment="the process or person that moved it"),
    Index("moves_message", "message", "id"),
    comment="The audit: one row for every move of every message, never changed",
)

facts = Table(
    "facts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", String, comment="NULL: it holds for every campaign"),
    Column("kind", String, nullable=False),
    Column("target", String),
    Column("channel", String),
    Column("value", String, comment="the contact opted out, the digest approved, the document"),
    Column("at", Instant, nullable=False),
    Column("by", String, nullable=False),
    Column("because", Text, nullable=False, default=""),
    Index("facts_campaign", "campaign", "id"),
    comment="Closings, stops, approvals, opt-outs, documents and their opposites, in order",
)

marks = Table(
    "marks",
    metadata,
    Column("channel", String, primary_key=True),
    Column("contact", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("campaign", String, nullable=False, comment="in which it was refused"),
    Column("because", Text, nullable=False),
    comment="Contacts that were refused for good, until something is accepted there again",
)

paces = Table(
    "paces",
    metadata,
    Column("channel", String, primary_key=True),
    Column("last_start", Instant, comment="of a try, by any process and for any campaign"),
    Column("last_begin", Instant, comment="of what the far end counts, where a try tells"),
    Column("spacing", BigInteger, comment="microseconds: what the far end asked us to keep to"),
    Column("slow_until", Instant, comment="when `spacing` ends"),
    Column("paused_until", Instant, comment="the far end wants nothing before"),
    Column("paused_because", Text),
    comment="How fast each channel may go, so that its rate holds over restarts and processes",
)


def create(connection: Connection) -> None:
    """Make the tables of the present version."""
    metadata.create_all(connection)


def _rates_and_crashes(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE messages ADD COLUMN excused INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE messages ADD COLUMN repeatable VARCHAR",
        """CREATE TABLE paces (
            channel VARCHAR NOT NULL PRIMARY KEY, last_start BIGINT, last_begin BIGINT,
            spacing BIGINT, slow_until BIGINT, paused_until BIGINT, paused_because TEXT)""",
        """CREATE TABLE marks (
            channel VARCHAR NOT NULL, contact VARCHAR NOT NULL, at BIGINT NOT NULL,
            campaign VARCHAR NOT NULL, because TEXT NOT NULL, PRIMARY KEY (channel, contact))""",
        "DROP INDEX messages_due",
        """CREATE INDEX messages_waiting ON messages (campaign, channel, id)
            WHERE state IN ('planned', 'retry')""",
    ):
        connection.exec_driver_sql(statement)


def _doubt_again(connection: Connection) -> None:
    connection.exec_driver_sql(
        """CREATE INDEX messages_again ON messages (campaign, channel, id)
            WHERE state = 'in_doubt' AND repeatable = 'idempotent' AND not_before IS NOT NULL"""
    )


def _answers_and_people(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE messages ADD COLUMN zones TEXT",
        "ALTER TABLE messages ADD COLUMN ask_again_at BIGINT",
        "ALTER TABLE messages ADD COLUMN far_end VARCHAR",
        "ALTER TABLE messages ADD COLUMN outcome VARCHAR",
        "ALTER TABLE messages ADD COLUMN counts VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_by VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_key VARCHAR",
        "ALTER TABLE messages ADD COLUMN lease_until BIGINT",
        """CREATE INDEX messages_asked ON messages (campaign, ask_again_at)
            WHERE ask_again_at IS NOT NULL""",
        """CREATE INDEX messages_leased ON messages (channel, contact)
            WHERE lease_until IS NOT NULL""",
    ):
        connection.exec_driver_sql(statement)


def _approvals(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE rosters (digest VARCHAR NOT NULL PRIMARY KEY, body TEXT NOT NULL)"
    )


def _keys_apart(connection: Connection) -> None:
    """The keys get an index of their own, for which both tables must be written anew."""
    for statement in (
        "ALTER TABLE messages RENAME TO messages_5",
        "ALTER TABLE moves RENAME TO moves_5",
        """CREATE TABLE messages (
            id INTEGER NOT NULL, "key" VARCHAR NOT NULL, campaign VARCHAR NOT NULL,
            round INTEGER NOT NULL, target VARCHAR NOT NULL, channel VARCHAR NOT NULL,
            contact VARCHAR NOT NULL, "to" TEXT NOT NULL, language VARCHAR NOT NULL,
            snapshot VARCHAR NOT NULL, target_digest VARCHAR NOT NULL, expires_at BIGINT NOT NULL,
            state VARCHAR NOT NULL, reason TEXT NOT NULL, held TEXT, attempts INTEGER NOT NULL,
            first_try_at BIGINT, not_before BIGINT, owner VARCHAR, claimed_at BIGINT,
            changed_at BIGINT NOT NULL, receipt TEXT, excused INTEGER DEFAULT 0 NOT NULL,
            repeatable VARCHAR, zones TEXT, ask_again_at BIGINT, far_end VARCHAR, outcome VARCHAR,
            counts VARCHAR, lease_by VARCHAR, lease_key VARCHAR, lease_until BIGINT,
            PRIMARY KEY (id), FOREIGN KEY(snapshot) REFERENCES snapshots (digest),
            FOREIGN KEY(target_digest) REFERENCES targets (digest))""",
        """CREATE TABLE moves (
            id INTEGER NOT NULL, message INTEGER NOT NULL, at BIGINT NOT NULL, "before" VARCHAR,
            "after" VARCHAR NOT NULL, attempt INTEGER NOT NULL, "to" TEXT NOT NULL,
            reason TEXT NOT NULL, code VARCHAR, "by" VARCHAR NOT NULL, PRIMARY KEY (id),
            FOREIGN KEY(message) REFERENCES messages (id))""",
        f"INSERT INTO messages ({_COLUMNS_5}) SELECT {_COLUMNS_5} FROM messages_5 ORDER BY id",  # noqa: S608 - ours
        f"INSERT INTO moves ({_MOVES_5}) SELECT {_MOVES_5} FROM moves_5 ORDER BY id",  # noqa: S608 - ours
        "DROP TABLE moves_5",
        "DROP TABLE messages_5",
        'CREATE UNIQUE INDEX messages_key ON messages ("key")',
        "CREATE INDEX messages_contact ON messages (campaign, round, channel, contact)",
        """CREATE INDEX messages_waiting ON messages (campaign, channel, id)
            WHERE state IN ('planned', 'retry')""",
        """CREATE INDEX messages_again ON messages (campaign, channel, id)
            WHERE state = 'in_doubt' AND repeatable = 'idempotent' AND not_before IS NOT NULL""",
        """CREATE INDEX messages_asked ON messages (campaign, ask_again_at)
            WHERE ask_again_at IS NOT NULL""",
        """CREATE INDEX messages_leased ON messages (channel, contact)
            WHERE lease_until IS NOT NULL""",
        "CREATE INDEX moves_message ON moves (message, id)",
    ):
        connection.exec_driver_sql(statement)


def _rosters_in_parts(connection: Connection) -> None:
    """A list of targets is kept in parts of a thousand; what is no such list stays as it is."""
    run = connection.exec_driver_sql
    run("ALTER TABLE rosters RENAME TO rosters_6")
    run(
        """CREATE TABLE rosters (
            digest VARCHAR NOT NULL, part INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (digest, part))"""
    )
    for (name,) in run("SELECT digest FROM rosters_6").all():
        (body,) = run("SELECT body FROM rosters_6 WHERE digest = ?", (name,)).one()
        for number, part in enumerate(_parts_of(body)):
            run("INSERT INTO rosters (digest, part, body) VALUES (?, ?, ?)", (name, number, part))
    run("DROP TABLE rosters_6")


_EACH_6 = len(',""') + 64


def _parts_of(body: Any) -> Iterator[Any]:
    if not isinstance(body, str) or len(body) % _EACH_6 != 1 or len(body) == 1:
        yield body
        return
    step = 1000 * _EACH_6
    for start in range(1, len(body), step):
        yield f"[{body[start : start + step - 1].rstrip(']')}]"


_COLUMNS_5 = (
    'id, "key", campaign, round, target, channel, contact, "to", language, snapshot, '
    "target_digest, expires_at, state, reason, held, attempts, first_try_at, not_before, owner, "
    "claimed_at, changed_at, receipt, excused, repeatable, zones, ask_again_at, far_end, outcome, "
    "counts, lease_by, lease_key, lease_until"
)
_MOVES_5 = 'id, message, at, "before", "after", attempt, "to", reason, code, "by"'

MIGRATIONS: Sequence[Callable[[Connection], None]] = (
    _rates_and_crashes,
    _doubt_again,
    _answers_and_people,
    _approvals,
    _keys_apart,
    _rosters_in_parts,
)
"""Each brings a journal from one version to the next, from 1 on. They are only ever added to, and
stand on their own: what they say must stay true when the tables change again."""

VERSION = 1 + len(MIGRATIONS)
