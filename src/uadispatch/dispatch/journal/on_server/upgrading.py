"""How the tables on a server came to be, and how they are brought up to date while workers work.

A server's versions are counted apart from those of files, for what is asked of the two differs: a
file is brought up to date by whoever opens it to write; a server is used by programs of two
versions while machine after machine gets the new one. So each version of the program works on the
tables of the version before as well, and they are changed by a command of its own, when no older
program is left. No step takes a lock for longer than a moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg import errors
from sqlalchemy import insert, select

from uadispatch.dispatch.journal.tables.schema import meta
from uadispatch.dispatch.journal.whereabouts import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg
    from sqlalchemy import Connection

__all__ = ["OLDEST", "VERSION", "refuse_unknown", "upgrade", "written"]

VERSION = 9
"""Of the tables that a new journal gets."""

OLDEST = 8
"""The oldest tables that this program works on."""

_NEEDS = {9: 8}
"""For each version, the oldest program that works on its tables, said by the version it knows."""

_SHORT = "2s"
"""For so long others are kept waiting at most, while a step waits for a lock of a whole table."""
_TRIES, _PAUSE = 60, 1.0
"""How often a step that got no such lock is tried, and the seconds between two tries."""

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('uadispatch (upgrade)', 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('uadispatch (upgrade)', 0))"
_VERSION = "SELECT value FROM meta WHERE name = 'version'"
_INDEX = """
SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = to_regclass(%s)
"""
_SAY = """
INSERT INTO meta (name, value) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

Step: TypeAlias = "Callable[[psycopg.Connection[Any]], None]"
"""Leads on from wherever it was interrupted; done twice it changes nothing."""


def _made(name: str, on: str) -> Step:
    """The index `name` is there."""

    def step(connection: psycopg.Connection[Any]) -> None:
        found = connection.execute(_INDEX, (name,)).fetchone()
        if found is not None and not found[0]:  # what was interrupted leaves one that is none
            connection.execute(f"DROP INDEX CONCURRENTLY {name}".encode())
            found = None
        if found is None:
            connection.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}".encode())

    return step


def _made_anew(name: str, on: str, differs: str) -> Step:
    """The index `name` is as it is to be, which is seen by the words `differs` in it."""
    new = f"{name}_new"
    made = _made(new, on)

    def step(connection: psycopg.Connection[Any]) -> None:
        there = connection.execute(_INDEX, (name,)).fetchone()
        if there is not None and differs in there[1]:
            return
        made(connection)
        connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}".encode())
        connection.execute(f"ALTER INDEX {new} RENAME TO {name}".encode())

    return step


def _dropped(name: str) -> Step:
    """The index `name` is there no more."""

    def step(connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}".encode())

    return step


def _altered(statement: str) -> Step:
    """A table is altered, for which nobody may be at it for a moment."""

    def step(connection: psycopg.Connection[Any]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = '{_SHORT}'".encode())
                    connection.execute(statement.encode())
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                if not left:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    return step


_STEPS: dict[int, tuple[Step, ...]] = {
    9: (
        _made("messages_claimed", "messages (owner) WHERE state = 'claimed'"),
        _made_anew(
            "messages_contact", "messages (campaign, round, channel, contact) INCLUDE (id)",
            "INCLUDE (id)",
        ),
        _dropped("messages_campaign"),
        _altered("ALTER TABLE moves DROP CONSTRAINT IF EXISTS moves_message_fkey"),
    ),
}  # fmt: skip
"""For each version, what leads to it from the one before."""


def refuse_unknown(connection: Connection) -> None:
    """Raise JournalError, in words for staff, if we cannot use the tables."""
    known = {row.name: row.value for row in connection.execute(select(meta))}
    version, needs = known.get("version", ""), known.get("needs", str(OLDEST))
    if not (version.isdecimal() and needs.isdecimal()):
        raise JournalError(f"its version is {version!r}, which no program has written")
    if int(needs) > VERSION:
        raise JournalError(
            f"its tables are of version {version} and this program knows up to {VERSION}; use the "
            f"program that has brought them there, or a later one"
        )
    if int(version) < OLDEST:
        raise JournalError(
            f"its tables are of version {version} and this program works on {OLDEST} and later; "
            f"run `uadispatch journal upgrade` with the program of version {OLDEST} first"
        )


def written(connection: Connection) -> None:
    """Say in a new journal which version it is of."""
    values = [
        {"name": "version", "value": str(VERSION)}, {"name": "needs", "value": str(_NEEDS[VERSION])}
    ]  # fmt: skip
    connection.execute(insert(meta), values)


def upgrade(connection: psycopg.Connection[Any]) -> Iterator[int]:
    """Bring the tables up to date; gives each version that was reached.

    `connection` commits each statement by itself. What was interrupted goes on from where it was.

    Raises:
        psycopg.Error: a statement failed.
        JournalError: somebody else is at it.
    """
    if connection.execute(_LOCK).fetchone() != (True,):
        raise JournalError("somebody else is bringing its tables up to date just now")
    try:
        # An index takes as long as it takes; it waits for those who read, and disturbs none.
        connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        ((before,),) = connection.execute(_VERSION)
        for version in range(int(before) + 1, VERSION + 1):
            for step in _STEPS[version]:
                step(connection)
            with connection.transaction():
                connection.execute(_SAY, ("needs", str(_NEEDS[version])))
                connection.execute(_SAY, ("version", str(version)))
            yield version
    finally:
        connection.execute(_UNLOCK)
