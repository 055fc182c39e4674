"""Where the journal lies, who may read it, and what is said of one that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from casekit import Case, write_home
from uadispatch.dispatch.journal import Journal, JournalError, exists, journal_url
from uadispatch.dispatch.journal.on_file import opening
from uadispatch.dispatch.journal.tables.migrations import MIGRATIONS, VERSION
from uadispatch.dispatch.journal.whereabouts import FileUrl

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def url_of(path: Path) -> FileUrl:
    return FileUrl(str(path))


def test_it_lies_below_the_home_of_the_campaign_file(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    case.run()
    assert (tmp_path / ".uadispatch/journal.db").is_file()


def test_the_working_directory_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_home(tmp_path / "home")
    Case(file).run()
    monkeypatch.chdir(tmp_path)
    again = Case(file)
    again.run()
    assert again.channel.sent == []


@pytest.mark.parametrize(
    ("given", "path"),
    [("books/j.db", "books/j.db"), ("sqlite:///books/j.db", "books/j.db")],
)
def test_a_path_or_url_can_be_given(
    given: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert journal_url(given, tmp_path).database == str(tmp_path / path)


@pytest.mark.parametrize(
    "given", ["mysql://localhost/x", "nonsense://x", "sqlite://", "sqlite:///:memory:"]
)
def test_what_is_no_file_is_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="journal"):
        journal_url(given, tmp_path)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        case = Case(write_home(tmp_path))
        case.run()
        with case.journal() as journal:
            list(journal.entries("46/19"))
            modes = {
                path.name: stat.S_IMODE(path.stat().st_mode)
                for path in (tmp_path / ".uadispatch").iterdir()
            }
    finally:
        os.umask(old)
    assert modes["journal.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / ".uadispatch").stat().st_mode) == 0o700


def test_it_is_durable(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with Journal(url_of(path), write=True) as journal, journal._deciding_everywhere() as connection:
        pragma = connection.exec_driver_sql
        assert pragma("PRAGMA journal_mode").scalar() == "wal"
        assert pragma("PRAGMA synchronous").scalar() == 2  # FULL
        assert pragma("PRAGMA foreign_keys").scalar() == 1


def test_it_knows_its_version_and_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    for _ in range(2):
        Journal(url_of(path), write=True).close()
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchall()
    connection.close()
    assert rows == [(str(VERSION),)]


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    Journal(url_of(path), write=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(JournalError, match="version 99"):
            Journal(url_of(path), write=write)
    assert path.read_bytes() == before


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(JournalError, match="no journal of uadispatch"):
            Journal(url_of(path), write=write)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("whose", [1, int.from_bytes(b"SONG", "big"), -1])
def test_one_that_another_program_has_marked_is_left_alone(tmp_path: Path, whose: int) -> None:
    """Whatever its tables are called."""
    path = tmp_path / "other.db"
    Journal(url_of(path), write=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {whose}")
    connection.close()
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(JournalError, match="no journal of uadispatch"):
            Journal(url_of(path), write=write)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database, " * 100, b"SQLite format 3\0broken"])
def test_a_file_that_is_no_database_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"j\.db: this file is no database"):
        Journal(url_of(path), write=True)
    assert path.read_bytes() == content


def test_reading_one_that_is_not_there_makes_none(tmp_path: Path) -> None:
    url = url_of(tmp_path / "j.db")
    assert not exists(url)
    with pytest.raises(JournalError, match="no journal here yet"):
        Journal(url, write=False)
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_no_file(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    case.run()
    before = {path: path.read_bytes() for path in (tmp_path / ".uadispatch").iterdir()}
    with Journal(case.url, write=False) as journal:
        assert len(list(journal.entries("46/19"))) == 2
        with pytest.raises(JournalError):
            journal.state_fact("46/19", "closed", at=case.clock.now(), by="Ann")
    assert {path: path.read_bytes() for path in (tmp_path / ".uadispatch").iterdir()} == before


def test_what_another_process_has_just_written_is_read(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    with case.journal() as writer:
        writer.state_fact("46/19", "closed", at=case.clock.now(), by="Ann", because="he is free")
        with Journal(case.url, write=False) as reader:
            assert reader.facts(case.moment).closed == "he is free"


def test_an_older_one_is_brought_forward_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(write_home(tmp_path))
    case.run()

    def add_a_column(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE campaigns ADD COLUMN colour TEXT")

    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, add_a_column))
    monkeypatch.setattr(opening, "VERSION", VERSION + 1)
    with pytest.raises(JournalError, match="the next send brings it"):
        Journal(case.url, write=False)
    for _ in range(2):
        with Journal(case.url, write=True) as journal, journal._deciding_everywhere() as connection:
            query = connection.exec_driver_sql("SELECT number, colour FROM campaigns")
            assert query.all() == [("46/19", None)]
    monkeypatch.undo()
    with pytest.raises(JournalError, match=f"version {VERSION + 1}"):
        Journal(case.url, write=True)
