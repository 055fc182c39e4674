"""Who is alive: each start of the program holds a lock for as long as it lives.

The kernel lets go of a `flock` when its process ends, however it ends, so a lock that can be
taken belongs to nobody any more. The lock is there before the first claim bears its owner's name.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.opening import JournalError, file_of
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from sqlalchemy.engine import URL

__all__ = ["Owner", "folder_of", "is_alive"]


def folder_of(url: URL) -> Path:
    """Where the locks of a journal's owners lie: beside its real file."""
    path = file_of(url)
    return path.with_name(f"{path.name}.owners")


class Owner:
    """One start of this process, and its lock. Close it, or use it as a context manager."""

    def __init__(self, url: URL) -> None:
        """Take a new name and lock it, for the journal at `url`.

        Raises:
            JournalError: the lock cannot be made.
        """
        self.id = secrets.token_hex(8)
        """Random, so that no other start of any process has it."""
        folder = folder_of(url)
        self._path = folder / self.id
        # It gets its name only once it is locked: nobody may find it without its holder.
        unnamed = folder / f"{self.id}.new"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._lock: int | None = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(self._path)
        except OSError as exc:
            says = f"no lock can be held here: {exc.strerror}; nothing is sent without one"
            raise JournalError(Problem(says, str(folder))) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go: whatever is still claimed in this name is in doubt from now on."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def is_alive(url: URL, owner: str) -> bool:
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
