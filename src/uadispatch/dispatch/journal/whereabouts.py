"""Where a journal lies, and whether one is there: all that can be told before it is opened.

It knows no database, so that what only asks need not load one.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from uadispatch.dispatch.journal.on_file import logs
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "DEFAULT",
    "FileUrl",
    "JournalAway",
    "JournalError",
    "JournalUrl",
    "Moved",
    "NoJournal",
    "ServerUrl",
    "Stage",
    "being_written",
    "file_of",
    "has_password",
    "is_there",
    "journal_url",
    "none_at",
    "unusable",
]

DEFAULT = Path(".uadispatch/journal.db")
"""Below the home folder of a campaign file; never in the working directory."""


class JournalUrl(Protocol):
    """Where a journal lies: a `FileUrl`, or a `ServerUrl`."""

    @property
    def database(self) -> str:
        """How it is called to people; it bears no password."""

    @property
    def given(self) -> str:
        """What `journal_url` makes the same of."""


@dataclass(frozen=True, slots=True)
class FileUrl:
    """A journal in a file."""

    database: str
    """Its path."""

    @property
    def given(self) -> str:
        """The same."""
        return self.database


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A journal on a server."""

    given: str = field(repr=False)
    """The URL as libpq takes it; it may bear a password, and then goes nowhere else."""
    database: str
    """The same without a password."""


class Stage(StrEnum):
    """How far the move of a journal to another place has come."""

    COPYING = "copying"
    """There is nothing there yet, and nothing will be unless it goes on."""
    COMMITTING = "committing"
    """All of it may be there, or nothing; that place alone can tell."""
    MOVED = "moved"
    """All of it is there."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The mark in a journal that all of it is moved elsewhere: nothing more is written to it."""

    place: str
    """Where to, as it is called to people; it bears no password."""
    token: str
    """Random: the copy bears the same, by which it is known."""
    at: datetime
    stage: Stage

    @property
    def says(self) -> str:
        """What it means, and what to do next."""
        when = f"{self.at:%Y-%m-%d %H:%M} UTC"
        if self.stage is Stage.MOVED:
            return (
                f"this journal was moved to {self.place} on {when}, and nothing is sent from it "
                f"any more: name that one with --journal, or in UADISPATCH_JOURNAL"
            )
        return (
            f"this journal has been on its way to {self.place} since {when}, and nothing is sent "
            f"from it meanwhile. If nobody is at it, run this again: uadispatch journal copy "
            f"{shlex.quote(self.place)} (with --take-back, to stay here)"
        )


class JournalError(ConfigError):
    """The journal cannot be opened, read or written."""


class JournalAway(JournalError):
    """The server cannot be reached, or cannot serve now: it may be again in a while."""


class NoJournal(JournalError):
    """There is no journal yet."""


def journal_url(given: str | None, home: Path, *, base: Path | None = None) -> JournalUrl:
    """The journal to use: what was given (a URL, or a path), else the default below `home`.

    A relative path is one from `base`, by default the working directory.

    Raises:
        JournalError: it is no URL of a database that we know.
    """
    base = base or Path.cwd()
    if given and "\0" in given:
        raise JournalError("the journal's path may hold no NUL")
    if not given:
        return FileUrl(str(home / DEFAULT))
    if given.startswith(("postgresql://", "postgres://")):
        return _server_in(given)
    return FileUrl(os.path.normpath(base / (_path_in(given) if "://" in given else given)))


def _server_in(given: str) -> ServerUrl:
    if find_spec("psycopg") is None:
        raise JournalError(
            "a journal on PostgreSQL needs a few libraries more: pip install 'uadispatch[workers]'"
        )
    parts = urlsplit(given)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"]
    user, at, host = parts.netloc.rpartition("@")
    said = f"{parts.scheme}://{user.partition(':')[0]}{at}{host}{parts.path}"
    return ServerUrl(given, f"{said}?{urlencode(query, safe='/,')}" if query else said)


def has_password(given: str) -> bool:
    """Whether a journal's URL bears a password: it is not to be typed where others can read it."""
    parts = urlsplit(given)
    return bool(parts.password) or "password" in dict(parse_qsl(parts.query))


def _path_in(given: str) -> str:
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - costly
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - costly

    try:
        url = make_url(given)
    except ArgumentError:
        raise JournalError("the journal must be a path or a URL such as sqlite:////path") from None
    if url.get_backend_name() != "sqlite":
        raise JournalError(
            f"the journal cannot lie in {url.get_backend_name()!r}: it is kept in SQLite "
            f"(a path, or sqlite:////path) or PostgreSQL (postgresql://host/database)"
        )
    if not url.database or url.database == ":memory:" or url.query:
        raise JournalError("the journal must be a file: sqlite:////path/to/journal.db")
    return url.database


def file_of(url: JournalUrl) -> Path:
    """The real file: SQLite's log, and whatever else belongs to it, lies beside it."""
    return Path(os.path.realpath(url.database))


def being_written(url: JournalUrl) -> bool:
    """Whether somebody writes, or was cut off while writing: SQLite's log is there."""
    return os.path.lexists(logs.log_of(file_of(url)))


def unusable(fault: BaseException, path: Path) -> JournalError:
    """The error to raise for `fault`, with a text for staff: at the opening, and in mid-run.

    `fault` is an OSError, an error of sqlite3, or SQLAlchemy's around one; `path` is the real
    file. A caller that holds an open journal writes::

        except DBAPIError as exc:
            raise unusable(exc, file_of(self.url)) from exc

    It looks at the disk, so call it where the fault arose. It says nothing of what was sent.
    """
    from uadispatch.dispatch.journal.on_file import faults  # noqa: PLC0415 - loads sqlite3

    return JournalError(Problem(faults.explain(fault, path), str(path)))


def none_at(path: Path) -> NoJournal:
    """The error to raise where nothing `is_there` to read."""
    return NoJournal(Problem("there is no journal here yet", str(path)))


def is_there(url: JournalUrl, path: Path) -> bool:
    """Whether something lies at `path`, to which `url` leads.

    Raises:
        JournalError: that cannot be told, or a link leads nowhere. Behind such a link a disk may
            be missing; a new journal there would let everything go out again.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        given = Path(url.database)
        for part in (given, *given.parents):
            if os.path.islink(part) and not os.path.exists(part):  # noqa: PTH110, PTH114 - Path's may raise
                says = (
                    f"this link leads to {os.path.realpath(part)}, where nothing is (is a disk not "
                    f"mounted?); make it lead to the journal, or remove it"
                )
                raise JournalError(Problem(says, str(part))) from None
        return False
    except OSError as exc:
        raise unusable(exc, path) from None
    return True
