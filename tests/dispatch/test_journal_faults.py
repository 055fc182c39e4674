"""What is said of each fault: the cause, as far as it can be told, and what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from uadispatch.dispatch.journal.on_file import disks, faults
from uadispatch.dispatch.journal.whereabouts import unusable

if TYPE_CHECKING:
    from pathlib import Path


def sqlite_error(code: int, text: str = "disk I/O error") -> sqlite3.Error:
    fault = sqlite3.OperationalError(text)
    fault.sqlite_errorcode = code
    return fault


class Disk(NamedTuple):
    """A disk as the system would tell of it."""

    f_bavail: int = 1000
    f_frsize: int = 4096
    f_files: int = 10
    f_favail: int = 10
    f_flag: int = 0


@pytest.mark.parametrize(
    ("fault", "disk", "words"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL), Disk(), "has no room for the journal: 4,096,000 bytes"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), Disk(f_bavail=0), "has no room"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), Disk(f_favail=0), "has no room"),
        (sqlite_error(sqlite3.SQLITE_IOERR_SHMSIZE), Disk(f_bavail=200), ": 819,200 bytes are"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), Disk(f_files=0, f_favail=0), "failed to read"),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), Disk(), "see the system's log"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), Disk(f_flag=os.ST_RDONLY), "mounted read-only"),
        (sqlite_error(sqlite3.SQLITE_IOERR_SHMSIZE), Disk(f_bavail=0), "has no room"),
        (sqlite_error(sqlite3.SQLITE_IOERR_SHMMAP), Disk(), "gives no locks or no shared memory"),
        (sqlite_error(sqlite3.SQLITE_IOERR_LOCK), Disk(), "move the journal (and its -wal"),
        (sqlite_error(sqlite3.SQLITE_READONLY), Disk(f_flag=os.ST_RDONLY), "mounted read-only"),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), Disk(), "was moved, removed or replaced"),
        (sqlite_error(sqlite3.SQLITE_READONLY_ROLLBACK), Disk(), "what it left lies beside it"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), Disk(), "is damaged or was cut off"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT_INDEX), Disk(), "uadispatch journal check"),
        (sqlite_error(sqlite3.SQLITE_NOTADB), Disk(), "its beginning is lost"),
        (sqlite_error(sqlite3.SQLITE_BUSY), Disk(), "another program holds the journal"),
        (sqlite_error(sqlite3.SQLITE_BUSY_RECOVERY), Disk(), "another program holds the journal"),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), Disk(), "too many files open"),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), Disk(f_bavail=0), "has no room"),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: moves"), Disk(), "no such table"),
        (sqlite3.ProgrammingError("closed"), Disk(), "the journal cannot be used: closed"),
        (OSError(errno.ENOSPC, "x"), Disk(), "has no room for the journal"),
        (OSError(errno.EDQUOT, "x"), Disk(), "the quota of this user on the disk"),
        (OSError(errno.EFBIG, "x"), Disk(), "can hold no file of the size"),
        (OSError(errno.EIO, "x"), Disk(), "failed to read or write"),
        (OSError(errno.EROFS, "x"), Disk(f_flag=os.ST_RDONLY), "mounted read-only"),
        (OSError(errno.EACCES, "x"), Disk(), "see the rights of it and its folders"),
        (OSError(errno.EMFILE, "Too many open files"), Disk(), "Too many open files"),
        (OSError("without a number"), Disk(), "without a number"),
    ],
)
def test_each_fault_has_its_words(
    fault: Exception, disk: Disk, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    for wrapped in (fault, DBAPIError("SELECT 'secret'", {}, fault)):
        text = str(unusable(wrapped, path))
        assert words in text
        assert text.startswith(f"{path}: ")
        assert "\n" not in text
        assert "secret" not in text


@pytest.mark.parametrize("there", [True, False])
def test_every_code_of_sqlite_has_words(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "a" / "j.db"
    if there:
        path.parent.mkdir()
        path.write_bytes(b"x")
    codes = [
        value
        for name, value in vars(sqlite3).items()
        if name.startswith("SQLITE_") and isinstance(value, int)
    ]
    for code in [*codes, -1, 0]:
        assert faults.explain(sqlite_error(code), path)
    for number in errno.errorcode:
        assert faults.explain(OSError(number, os.strerror(number)), path)


def test_a_disk_that_is_gone_leaves_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> bool:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr(type(tmp_path), "is_dir", gone)
    text = faults.explain(OSError(errno.EISDIR, "Is a directory"), tmp_path)
    assert text.startswith("the journal cannot be used: Is a directory")


def test_a_disk_that_tells_nothing_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: object) -> None:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr(os, "statvfs", silent)
    assert disks.free_bytes(tmp_path) is None
    assert not disks.is_read_only(tmp_path)
    text = faults.explain(sqlite_error(sqlite3.SQLITE_FULL), tmp_path / "j.db")
    assert "has no room for the journal. Make room" in text


def test_a_real_error_of_a_full_database_is_known(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DBAPIError) as caught:
            connection.exec_driver_sql("CREATE TABLE t (a)")
    engine.dispose()
    assert "has no room for the journal" in faults.explain(caught.value, tmp_path / "x.db")
