"""A journal that was cut off or damaged is named, left as it is, and never taken for a new one."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casekit import Case, write_home
from uadispatch.dispatch.journal import Journal, JournalError, NoJournal
from uadispatch.dispatch.journal.on_file import logs, opening
from uadispatch.dispatch.journal.whereabouts import FileUrl

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096
FRAME = 24 + PAGE

KILLED = """
import datetime, os, signal, sys
from uadispatch.dispatch.journal.whereabouts import FileUrl
from uadispatch.dispatch.journal import Journal

journal = Journal(FileUrl(sys.argv[1]), write=True)
for number in range(int(sys.argv[2])):
    at = datetime.datetime(2019, 8, 20, tzinfo=datetime.UTC)
    journal.state_fact(None, "stopped", at=at, by="Ann", because=str(number) * 300)
os.kill(os.getpid(), signal.SIGKILL)
"""


def url_of(path: Path) -> FileUrl:
    return FileUrl(str(path))


def write_and_be_killed(path: Path, facts: int) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(facts)], check=False, timeout=60)


@dataclass
class Files:
    """The bytes of a journal and its log, laid out anew for each opening."""

    path: Path
    journal: bytes
    log: bytes | None = None

    def lay(self, journal: bytes, log: bytes | None) -> None:
        for side in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + side).unlink(missing_ok=True)
        self.path.write_bytes(journal)
        if log is not None:
            logs.log_of(self.path).write_bytes(log)

    def reads_as(self, journal: bytes, log: bytes | None, *, write: bool) -> object:
        """All that is in it; or the error's text, and then nothing may have changed."""
        self.lay(journal, log)
        try:
            with Journal(url_of(self.path), write=write) as book:
                return content(book)
        except NoJournal:
            pytest.fail("it was taken for none")
        except JournalError as exc:
            assert self.path.read_bytes() == journal
            if log is not None:
                assert logs.log_of(self.path).read_bytes() == log
            return str(exc)


def content(book: Journal) -> object:
    with book._deciding_everywhere() as connection:
        return [
            connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").all()  # noqa: S608
            for table in ("messages", "moves", "facts")
        ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A journal of a finished run."""
    folder = tmp_path_factory.mktemp("damage")
    Case(write_home(folder, count=20)).run()
    return Files(folder / "j.db", (folder / ".uadispatch/journal.db").read_bytes())


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A journal with the log of a run that was killed, in which it had grown."""
    folder = tmp_path_factory.mktemp("killed")
    Case(write_home(folder, count=20)).run()
    path = folder / ".uadispatch/journal.db"
    write_and_be_killed(path, 60)
    return Files(folder / "j.db", path.read_bytes(), logs.log_of(path).read_bytes())


def lengths(whole: int) -> list[int]:
    """Every page boundary and the bytes beside it, the header's, and others in between."""
    edges = {page + beside for page in range(0, whole, PAGE) for beside in (-1, 0, 1)}
    return sorted(n for n in {*edges, 50, 100, 511, 512, 600, *range(900, whole, 1777)} if n >= 0)


@pytest.mark.parametrize("write", [True, False])
def test_one_that_is_shorter_is_an_error_at_any_length(files: Files, write: bool) -> None:
    assert isinstance(files.reads_as(files.journal, None, write=write), list)
    for length in lengths(len(files.journal)):
        says = files.reads_as(files.journal[:length], None, write=write)
        assert isinstance(says, str), length
        assert "cut off" in says or "its beginning is lost" in says
        assert "put back a copy that was made after the last send" in says


@pytest.mark.parametrize("write", [True, False])
def test_an_empty_one_is_an_error(files: Files, write: bool) -> None:
    for log in (None, b"", b"a log that belonged to it"):
        says = files.reads_as(b"", log, write=write)
        assert "this journal is empty: it was cut off" in str(says)
        assert "else remove it" in str(says)


def test_what_a_killed_run_left_in_its_log_is_there_again(killed: Files) -> None:
    assert killed.log
    for write in (True, False):
        found = killed.reads_as(killed.journal, killed.log, write=write)
        assert isinstance(found, list)
        assert len(found[0]) == 20
        assert len(found[2]) == 60


@pytest.mark.parametrize("small", [opening.SMALL, 0], ids=["small", "large"])
def test_one_that_is_shorter_is_an_error_with_its_log_too(
    killed: Files, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SMALL", small)
    whole = killed.reads_as(killed.journal, killed.log, write=False)
    for length in lengths(len(killed.journal)):
        for write in (True, False):
            found = killed.reads_as(killed.journal[:length], killed.log, write=write)
            # The log may hold the pages that are missing; then nothing is lost.
            assert isinstance(found, str) or found == whole, length


def test_what_a_killed_checkpoint_had_not_yet_moved_is_taken_from_the_log(killed: Files) -> None:
    """The first page may say already how long the file will be."""
    whole = killed.reads_as(killed.journal, killed.log, write=False)
    Journal(url_of(killed.path), write=True).close()
    moved = killed.path.read_bytes()
    assert len(moved) > len(killed.journal)
    for length in range(len(killed.journal), len(moved), PAGE):
        assert killed.reads_as(moved[:length], killed.log, write=True) == whole
    # The same without its log is cut off.
    assert "cut off" in str(killed.reads_as(moved[:-PAGE], None, write=True))


def test_a_log_that_is_cut_off_loses_only_its_end(killed: Files) -> None:
    """That the last commits are gone cannot be told from their never having been made."""
    assert killed.log
    facts = []
    for length in range(0, len(killed.log) + 1, len(killed.log) // 20):
        found = killed.reads_as(killed.journal, killed.log[:length], write=True)
        assert isinstance(found, list)
        facts.append(len(found[2]))
    assert facts[0] == 0
    assert facts[-1] >= 55
    assert all(fewer <= more for fewer, more in pairwise(facts))


def test_a_log_that_is_damaged_before_its_end_is_an_error(killed: Files) -> None:
    assert killed.log
    whole = killed.reads_as(killed.journal, killed.log, write=False)
    places = [*range(32), *range(32, len(killed.log) - 8 * FRAME, 7919)]
    for place in places:
        log = bytearray(killed.log)
        log[place] ^= 4
        found = killed.reads_as(killed.journal, bytes(log), write=True)
        assert found == whole or "the log of this journal" in str(found), place


def test_a_log_that_is_being_written_is_not_taken_for_a_broken_one(killed: Files) -> None:
    """What lies behind the present end is from before the log was begun anew."""
    assert killed.log
    killed.lay(killed.journal, killed.log)
    log = logs.log_of(killed.path)
    with Journal(url_of(killed.path), write=True) as book, Journal(book.url, write=True) as other:
        with book._deciding_everywhere() as connection:
            connection.exec_driver_sql("SELECT 1")
        raw = sqlite3.connect(killed.path)
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)")
        raw.execute("UPDATE facts SET because = 'shorter'")
        raw.commit()
        assert not logs.is_broken(log, PAGE)
        assert len(log.read_bytes()) >= len(killed.log)
        raw.close()
        assert content(other) == content(book)


@given(data=st.binary(max_size=3 * FRAME), magic=st.sampled_from([b"", b"\x37\x7f\x06\x82"]))
def test_any_log_can_be_looked_at(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, magic: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.db"
    path.write_bytes(bytes(2 * 512))
    logs.log_of(path).write_bytes(magic + data)
    assert not logs.is_broken(logs.log_of(path), 512) or data
    assert logs.has_all(path, 512, 2)


@pytest.mark.parametrize("write", [True, False])
def test_a_changed_header_is_an_error_or_harmless(files: Files, write: bool) -> None:
    whole = files.reads_as(files.journal, None, write=False)
    for place in range(100):
        for bit in (1, 16, 128):
            changed = bytearray(files.journal)
            changed[place] ^= bit
            found = files.reads_as(bytes(changed), None, write=write)
            assert isinstance(found, str) or found == whole, place


def test_a_page_that_is_damaged_is_an_error(files: Files) -> None:
    dice = random.Random(46)  # noqa: S311 - a test that is the same each time
    for start in range(PAGE, len(files.journal), PAGE):
        page = dice.randbytes(PAGE)
        changed = files.journal[:start] + page + files.journal[start + PAGE :]
        assert "is damaged" in str(files.reads_as(changed, None, write=True)), start


@pytest.mark.parametrize("write", [True, False])
def test_a_database_without_tables_is_an_error(tmp_path: Path, write: bool) -> None:
    """So it looks if a copy was made of the file alone, and its log was forgotten."""
    path = tmp_path / "j.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with pytest.raises(JournalError, match="a database without content"):
        Journal(url_of(path), write=write)


def test_a_journal_of_ours_that_lost_a_table_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE moves")
    connection.close()
    with pytest.raises(JournalError, match="is damaged"):
        Journal(url_of(path), write=True)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "²", "9" * 5000, "two"])
def test_a_version_that_is_none_is_no_journal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = ?", (text,))
    connection.close()
    with pytest.raises(JournalError, match="no journal of uadispatch"):
        Journal(url_of(path), write=True)
