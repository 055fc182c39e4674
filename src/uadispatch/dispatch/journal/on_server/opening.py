"""How a journal on PostgreSQL is opened: reached, of a version that we know, made if it is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from uadispatch.dispatch.journal.on_server import upgrading
from uadispatch.dispatch.journal.on_server.hearts import owners
from uadispatch.dispatch.journal.tables.schema import create, meta
from uadispatch.dispatch.journal.whereabouts import JournalError, NoJournal
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from uadispatch.dispatch.journal.whereabouts import ServerUrl

__all__ = ["connect", "engine_of", "made_or_known", "mind_the_line", "with_manners"]

OLDEST_SERVER = 14
"""The oldest PostgreSQL that its makers still mend."""

BUSY = 60
"""Seconds to wait for another's lock, or for a statement of a run."""

_MANNERS: dict[str, Any] = {
    "connect_timeout": 10,
    # A cable that is pulled is noticed after half a minute, here and there.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    "application_name": "uadispatch",
}
"""What the connection is asked for, unless the URL says otherwise."""

_LINE = {
    # Whoever is stopped or cut off within a transaction must not keep all others out.
    "idle_in_transaction_session_timeout": "20s",
    # Nor may a session outlive a line by hours: the server has room for few.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What the server is to do when a line is cut."""

_SETTINGS = _LINE | {
    "statement_timeout": f"{BUSY}s",
    "lock_timeout": f"{BUSY}s",
    "client_encoding": "UTF8",
    # A claim is on the disk before its send begins, whatever the server does by default.
    "synchronous_commit": "on",
    "jit": "off",
}


_SET = (
    "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS its(name, value)"
)


def with_manners(url: ServerUrl, **more: Any) -> str:
    """What psycopg is to connect with: whatever the URL says itself counts more."""
    known = conninfo_to_dict(url.given)
    return make_conninfo(
        url.given, **{k: v for k, v in (_MANNERS | more).items() if k not in known}
    )


def connect(url: ServerUrl) -> psycopg.Connection[Any]:
    """A connection with our manners.

    Raises:
        psycopg.Error: there is none.
        JournalError: the server is too old.
    """
    connection = psycopg.connect(with_manners(url), autocommit=True)
    try:
        _refuse_old(connection.info.server_version // 10_000, url)
        connection.execute(_SET, (list(_SETTINGS), list(_SETTINGS.values())))
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


async def mind_the_line(connection: psycopg.AsyncConnection[Any]) -> None:
    """Have the server notice when this line is cut. Raises psycopg.Error."""
    await connection.execute(_SET, (list(_LINE), list(_LINE.values())))
    await connection.commit()


def _refuse_old(server: int, url: ServerUrl) -> None:
    if server < OLDEST_SERVER:
        says = f"this is PostgreSQL {server}; the journal needs {OLDEST_SERVER} or newer"
        raise JournalError(Problem(says, url.database))


def engine_of(connection: psycopg.Connection[Any]) -> Engine:
    """SQLAlchemy's view of this one connection."""
    return create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool,
        pool_reset_on_return=None, use_native_hstore=False,
    )  # fmt: skip


def made_or_known(connection: Connection, url: ServerUrl, *, write: bool) -> None:
    """Make the journal if it is not there and may be made; refuse one that we do not know.

    Raises:
        NoJournal: it is not there (to read).
        JournalError: we cannot use them; see `upgrading.refuse_unknown`.
    """
    if not _is_there(connection):
        if not write:
            raise NoJournal(Problem("there is no journal here yet", url.database))
        # Of two that make it at once, the second takes what the first has made.
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtextextended('uadispatch', 0))"
        )
        if not _is_there(connection):
            create(connection)
            owners.create(connection)
            upgrading.written(connection)
    try:
        upgrading.refuse_unknown(connection)
    except JournalError as exc:
        raise JournalError(Problem(str(exc), url.database)) from exc


def _is_there(connection: Connection) -> bool:
    # Asked of the catalogue itself: what the server remembers may be older than a lock of ours.
    return connection.exec_driver_sql(_THERE, (meta.name,)).scalar() is not None


_THERE = """
SELECT 1 FROM pg_tables WHERE tablename = %s AND schemaname = ANY(current_schemas(false))
"""
