"""What is wrong with a journal's file or disk, in words for staff: what, and what to do next.

SQLite seldom names the cause (a full quota is a "disk I/O error"), so the file and its disk are
looked at as well. Nothing here opens the journal: to close a file again lets go of every lock that
this process holds on it, SQLite's included.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.on_file import disks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uadispatch.dispatch.journal.on_file.disks import Mount

__all__ = [
    "closed", "cut_off", "damaged", "empty", "explain", "foreign", "log_damaged", "no_database",
    "no_file", "remote", "unlockable",
]  # fmt: skip

_NEAR = 1024 * 1024
"""Bytes: a limit is the likely cause of a fault that happens so near to it."""

_LONGEST = 480
"""SQLite takes no longer path, whatever the system does."""

_COPY = (
    "move it away, together with the -wal and -shm beside it, and put back a copy that was made "
    "after the last send"
)


def explain(fault: BaseException, path: Path) -> str:
    """What `fault` means for the journal at `path`.

    `fault` is an OSError, an error of sqlite3, or SQLAlchemy's around one.
    """
    fault = getattr(fault, "orig", None) or fault
    if isinstance(fault, OSError):
        words = _BY_ERRNO.get(fault.errno or 0)
        says = fault.strerror or str(fault)
    else:
        code = getattr(fault, "sqlite_errorcode", 0)
        words = _BY_CODE.get(code) or _BY_CODE.get(code & 0xFF)
        says = str(fault)
        if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            return says  # of a journal that was moved; see `moving`
    try:
        if words is not None:
            return words(path)
    except OSError:
        pass  # not even that can be asked any more
    return f"the journal cannot be used: {says}. `uadispatch journal check` may say more"


def remote(mount: Mount, path: Path) -> str:
    """Why the journal may not lie on `mount`."""
    return (
        f"the folder is on a network file system ({mount.kind}, mounted at {mount.point}). No lock "
        f"is sure to hold there, and a message could go out twice: {_elsewhere(path)}"
    )


def _elsewhere(path: Path) -> str:
    # To name another place alone would begin anew, and all would go out again.
    there = path.exists()
    move = "move the journal (and its -wal, if there is one) to" if there else "keep the journal on"
    return f"{move} a local disk of this machine, and name it with --journal"


def foreign(*, empty: bool) -> str:
    """It is a database, but not ours."""
    if empty:
        return (
            f"this is a database without content, and a journal never is: what was in it is lost, "
            f"or it never was one. If it was, {_COPY}; else remove it"
        )
    return "this is a database, but no journal of uadispatch; name the right one with --journal"


def no_file(path: Path) -> str:
    """Something lies there that is no file."""
    kind = "a folder" if path.is_dir() else "no file"
    return f"this is {kind}; a journal is a file: name it with --journal"


def damaged(_: Path) -> str:
    """It does not read as it should."""
    return (
        f"this journal is damaged or was cut off. `uadispatch journal check` says where, if it can "
        f"still be read; to go on, {_COPY}"
    )


def no_database(_: Path) -> str:
    """It does not begin as a database does, or is shorter than any."""
    return (
        f"this file is no database, or its beginning is lost. If it is the journal, {_COPY}; else "
        f"name the right one with --journal"
    )


def empty(_: Path) -> str:
    """Nothing is in it, which is never so of a new journal."""
    return (
        f"this journal is empty: it was cut off, for a new one never is. If anything was ever sent "
        f"with it, {_COPY}; else remove it"
    )


def cut_off(path: Path, whole: int) -> str:
    """It does not have the `whole` number of bytes."""
    size = path.stat().st_size
    if size > whole:
        return damaged(path)
    return f"this journal was cut off: {size:,} of {whole:,} bytes are left. To go on, {_COPY}"


def log_damaged(_: Path) -> str:
    """Its log does not read as it was written."""
    return (
        f"the log of this journal (the -wal beside it) is damaged, and what was recorded last is "
        f"in it. To go on, {_COPY}"
    )


def unlockable(path: Path) -> str:
    """No locks or no shared memory, of which a full disk can be the cause, too."""
    return _known_of_disk(path) or (
        f"{disks.name_of_disk(path)} gives no locks or no shared memory, and a journal needs both: "
        f"{_elsewhere(path)}"
    )


def _again(path: Path) -> str:
    kept = ". What was recorded is kept" if os.path.lexists(path) else ""
    return f"then run the same command again{kept}"


def _full(path: Path) -> str:
    free = disks.free_bytes(path)
    room = "" if free is None else f": {free:,} bytes are free"
    return (
        f"{disks.name_of_disk(path)} has no room for the journal{room}. Make room there, "
        f"{_again(path)}"
    )


def _quota(path: Path) -> str:
    disk = disks.name_of_disk(path)
    return f"the quota of this user on {disk} is used up: make room there, {_again(path)}"


def _too_large(path: Path) -> str:
    limit = disks.largest_file()
    if limit is None:
        return (
            f"{disks.name_of_disk(path)} can hold no file of the size that the journal needs: "
            f"{_elsewhere(path)}"
        )
    return (
        f"this process may write no file above {limit:,} bytes (ulimit -f), and the journal needs "
        f"more: lift that, {_again(path)}"
    )


def closed(path: Path) -> str:
    """Something may not be written, or not be read; `path` need not be there."""
    if disks.is_read_only(path):
        disk = disks.name_of_disk(path)
        return f"{disk} is mounted read-only; mount it so that it can be written"
    for above in reversed(path.parents):
        if os.path.lexists(above) and not disks.may_enter(above):
            return f"this user may not look into {above}, where the journal is; give it that right"
    there = os.path.lexists(path)
    if there and not disks.may_read(path):
        return "this user may not read the journal; give it that right"
    if there and not disks.may_write(path):
        return "this user may not write to the journal (see ls -l and lsattr); give it that right"
    folder = next(above for above in path.parents if os.path.lexists(above))
    if not disks.may_write(folder):
        # Never of a journal that is there: with another one all would go out again.
        other = "" if there else ", or name another place with --journal"
        return (
            f"this user may make no file in {folder}, where the journal and its log belong; give "
            f"it that right{other}"
        )
    return "the system does not let this user use the journal; see the rights of it and its folders"


def _moved(path: Path) -> str:
    return (
        f"the journal was moved, removed or replaced while it was in use; put it back under this "
        f"name, {_again(path)}"
    )


def _held(path: Path) -> str:
    return (
        f"another program holds the journal and does not let go (another run? a database browser? "
        f"a backup?): wait for its end, or close it, {_again(path)}"
    )


def _unfinished(_: Path) -> str:
    return (
        "another program was cut off while it changed this file, and what it left lies beside it "
        "(-journal or -wal): leave that there, and open the file once with that program"
    )


def _known_of_disk(path: Path) -> str | None:
    """What is plainly wrong with the disk: often the cause of a "disk I/O error"."""
    free = disks.free_bytes(path)
    if free is not None and free < _NEAR:
        return _full(path)
    limit = disks.largest_file()
    if limit is not None and limit < _NEAR + _size_of(path):
        return _too_large(path)
    return closed(path) if disks.is_read_only(path) else None


def _size_of(path: Path) -> int:
    sides = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    return max((side.stat().st_size for side in sides if side.exists()), default=0)


def _failing(path: Path) -> str:
    return _known_of_disk(path) or (
        f"{disks.name_of_disk(path)} failed to read or write. It may be full for this user (a "
        f"quota), cut off, or at the end of its life: see the system's log, {_again(path)}"
    )


def _not_opened(path: Path) -> str:
    """An "unable to open database file", be it the journal or what SQLite keeps beside it."""
    if len(os.fsencode(path)) > _LONGEST:
        return _too_long(path)
    if not os.path.lexists(path):
        return _moved(path)
    known = _known_of_disk(path)
    if known is not None:
        return known
    if disks.may_read(path) and disks.may_write(path.parent):
        return "the journal cannot be opened (has this process too many files open?)"
    return closed(path)


def _too_long(_: Path) -> str:
    return "this path is too long; name a shorter one with --journal"


def _no_folder(path: Path) -> str:
    above = next(above for above in path.parents if os.path.lexists(above))
    return f"{above} is no folder, so no journal can lie in it; name another with --journal"


def _circle(_: Path) -> str:
    return "this link leads in a circle; mend it, or name the file itself with --journal"


_BY_ERRNO: dict[int, Callable[[Path], str]] = {
    errno.ENOSPC: _full,
    errno.EDQUOT: _quota,
    errno.EFBIG: _too_large,
    errno.EROFS: closed,
    errno.EACCES: closed,
    errno.EPERM: closed,
    errno.EIO: _failing,
    errno.EAGAIN: _held,
    errno.EISDIR: no_file,
    errno.ENOENT: _moved,
    errno.ENOTDIR: _no_folder,
    errno.ENAMETOOLONG: _too_long,
    errno.ELOOP: _circle,
}

_BY_CODE: dict[int, Callable[[Path], str]] = {
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_NOLFS: _too_large,
    sqlite3.SQLITE_IOERR: _failing,
    sqlite3.SQLITE_IOERR_LOCK: unlockable,
    sqlite3.SQLITE_IOERR_RDLOCK: unlockable,
    sqlite3.SQLITE_IOERR_UNLOCK: unlockable,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK: unlockable,
    sqlite3.SQLITE_IOERR_SHMOPEN: unlockable,
    sqlite3.SQLITE_IOERR_SHMSIZE: unlockable,
    sqlite3.SQLITE_IOERR_SHMLOCK: unlockable,
    sqlite3.SQLITE_IOERR_SHMMAP: unlockable,
    sqlite3.SQLITE_READONLY: closed,
    sqlite3.SQLITE_READONLY_DBMOVED: _moved,
    sqlite3.SQLITE_READONLY_ROLLBACK: _unfinished,
    sqlite3.SQLITE_READONLY_RECOVERY: _unfinished,
    sqlite3.SQLITE_PERM: closed,
    sqlite3.SQLITE_CANTOPEN: _not_opened,
    sqlite3.SQLITE_CORRUPT: damaged,
    sqlite3.SQLITE_NOTADB: no_database,
    sqlite3.SQLITE_BUSY: _held,
    sqlite3.SQLITE_LOCKED: _held,
    sqlite3.SQLITE_PROTOCOL: _held,
}
"""By SQLite's own code; one that is not here goes by the code that it refines, its lowest byte."""
