"""How a new journal comes to be: whole under its name, or not at all.

Whatever lies under a journal's name was therefore complete once: what lacks something was cut off,
and is never taken for a new one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from uadispatch.dispatch.journal.tables.migrations import VERSION
from uadispatch.dispatch.journal.tables.schema import create, meta

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["APPLICATION", "clear", "make"]

APPLICATION = int.from_bytes(b"UAds", "big")
"""Says in SQLite's header whose file it is; those of version 1 have 0 there."""

_UNSYNCED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM})


def make(path: Path) -> None:
    """Make the journal, durable and for its owner alone, or leave the one that is there.

    It is written under another name in the same folder, and gets its own when all of it is on
    the disk; of two processes that make it at once, the second takes what the first has made.

    Raises:
        OSError, sqlite3.Error, DBAPIError: it cannot be made; nothing of it is left.
    """
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        _make_folder(path.parent)
        # SQLite gives what it keeps beside a file the mode of that file.
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _fill(new)
        _sync(new)
        _give_name(new, path)
        _sync(path.parent)
    except (OSError, sqlite3.Error, DBAPIError):
        # Who has made it meanwhile may have cleared ours away under our hands.
        if not os.path.lexists(path):
            raise
    finally:
        _remove(path, f"{re.escape(new.name)}.*")


def clear(path: Path) -> None:
    """Remove what processes that were killed while they made the journal left beside it.

    Only once it is there: who is still at it has lost the race already, and will use it.
    """
    _remove(path, re.escape(path.name) + r"\.[0-9a-f]{16}\.new(-wal|-shm|-journal)?")


def _remove(path: Path, names: str) -> None:
    with suppress(OSError):
        for file in list(path.parent.iterdir()):
            if re.fullmatch(names, file.name):
                file.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it; each will still be there after a power cut."""
    missing = [above for above in (folder, *folder.parents) if not os.path.lexists(above)]
    for above in reversed(missing):
        above.mkdir(mode=0o700, exist_ok=True)
        _sync(above.parent)


def _fill(new: Path) -> None:
    """Make an empty journal of the present version of the empty file `new`, with no log left."""
    uri = f"{new.as_uri()}?mode=rw"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, isolation_level=None),
        poolclass=StaticPool,
    )
    try:
        with engine.connect() as connection:
            run = connection.exec_driver_sql
            run("PRAGMA journal_mode = WAL")
            run("BEGIN IMMEDIATE")
            create(connection)
            connection.execute(insert(meta).values(name="version", value=str(VERSION)))
            run(f"PRAGMA application_id = {APPLICATION}")
            connection.commit()
            # Closing would do it as well, but would not say if it failed.
            run("PRAGMA wal_checkpoint(TRUNCATE)").all()
    finally:
        engine.dispose()


def _give_name(new: Path, path: Path) -> None:
    """Let `new` lie at `path`, unless something lies there: nothing is ever replaced."""
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links (FAT), or one that forbids them.
        _rename(new, path)


def _rename(new: Path, path: Path) -> None:
    """As `_give_name`, where there are no links.

    A rename would replace what lies there, so whoever makes a journal here holds a lock on its
    folder from looking until renaming. A name taken with O_EXCL would need no lock, but a process
    killed then would leave an empty file, which nobody could tell from one that was cut off.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.lexists(path):
            new.rename(path)
    finally:
        os.close(folder)


def _sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk, where the file system can."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError as exc:
        if exc.errno in _UNSYNCED:
            return
        raise
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in _UNSYNCED:
            raise
    finally:
        os.close(handle)
