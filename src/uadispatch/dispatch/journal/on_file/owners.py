"""Who is alive: each start of the program holds a lock for as long as it lives.

The kernel lets go of a `flock` when its process ends, however it ends, so a lock that can be
taken belongs to nobody any more. The lock is there before the first claim bears its owner's name.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.whereabouts import JournalError, file_of
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from uadispatch.dispatch.journal.whereabouts import JournalUrl

__all__ = ["Owner", "folder_of", "is_alive", "living", "tidy"]

UNNAMED = ".new"
TRIES = 10

LONG_AGO = 3600.0
"""Seconds after which a lock without its name belongs to nobody; to name one takes milliseconds."""


def folder_of(url: JournalUrl) -> Path:
    """Where the locks of a journal's owners lie: beside its real file."""
    path = file_of(url)
    return path.with_name(f"{path.name}.owners")


class Owner:
    """One start of this process, and its lock. Close it, or use it as a context manager."""

    def __init__(self, url: JournalUrl) -> None:
        """Take a new name and lock it, for the journal at `url`.

        Raises:
            JournalError: the lock cannot be made.
        """
        self.id = secrets.token_hex(8)
        """Random, so that no other start of any process has it."""
        self._folder = folder_of(url)
        self._path = self._folder / self.id
        # It gets its name only once it is locked: nobody may find it without its holder.
        unnamed = self._folder / f"{self.id}{UNNAMED}"
        try:
            self._lock: int | None = self._make(unnamed)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(self._path)
        except OSError as exc:
            says = f"no lock can be held here: {exc.strerror}; nothing is sent without one"
            raise JournalError(Problem(says, str(self._folder))) from None

    def _make(self, path: Path) -> int:
        for _ in range(TRIES):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            # The last to leave removes the folder, perhaps just now.
            with suppress(FileNotFoundError):
                return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    @property
    def ahead(self) -> float:
        """No time: all processes are on this machine."""
        return 0.0

    def unheard(self) -> float:
        """No time: the lock says so for as long as it lives."""
        return 0.0

    def is_sure(self) -> bool:
        """It is."""
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go: whatever is still claimed in this name is in doubt from now on."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None
            with suppress(OSError):  # others are there
                self._folder.rmdir()


def tidy(url: JournalUrl) -> None:
    """Remove the locks that the dead have left."""
    folder = folder_of(url)
    with suppress(OSError):
        for path in folder.iterdir():
            # One without its name yet may belong to somebody who is just beginning.
            if path.suffix == UNNAMED and not _is_old(path):
                continue
            if not is_alive(url, path.name):
                path.unlink(missing_ok=True)
        folder.rmdir()


def _is_old(path: Path) -> bool:
    """Whether it was made `LONG_AGO`, by the clock that the file system goes by."""
    try:
        return time.time() - path.stat().st_mtime > LONG_AGO
    except FileNotFoundError:
        return False


def living(url: JournalUrl) -> frozenset[str]:
    """The owners on the journal at `url` that are alive."""
    try:
        names = [path.name for path in folder_of(url).iterdir() if path.suffix != UNNAMED]
    except OSError:
        return frozenset()
    return frozenset(name for name in names if is_alive(url, name))


def is_alive(url: JournalUrl, owner: str) -> bool:
    """Whether the process that took the name `owner` still runs; it changes nothing."""
    try:
        lock = os.open(folder_of(url) / owner, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it cannot be told: then nothing is taken from it
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
