"""The journal's tables as they are today.

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
    from sqlalchemy import Connection, Dialect

__all__ = [
    "AGAIN",
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
OPTED_OUT = "kind = 'opted_out'"

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
    Index("facts_opted_out", "channel", "value", sqlite_where=text(OPTED_OUT)),
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
