"""A journal of an older version is brought forward with all that is in it, or left as it was."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from casekit import Case, write_home
from uadispatch.dispatch.journal import Journal, JournalError, Selection
from uadispatch.dispatch.journal.on_file import logs, opening
from uadispatch.dispatch.journal.tables.migrations import MIGRATIONS, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

AT = 1566291600000000
EXPIRES = 1569607200000000

VERSION_1 = f"""
CREATE TABLE meta (name VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY (name));
CREATE TABLE snapshots (
    digest VARCHAR NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (digest));
CREATE TABLE targets (digest VARCHAR NOT NULL, body TEXT NOT NULL, PRIMARY KEY (digest));
CREATE TABLE facts (
    id INTEGER NOT NULL, campaign VARCHAR, kind VARCHAR NOT NULL, target VARCHAR, channel VARCHAR,
    value VARCHAR, at BIGINT NOT NULL, "by" VARCHAR NOT NULL, because TEXT NOT NULL,
    PRIMARY KEY (id));
CREATE INDEX facts_campaign ON facts (campaign, id);
CREATE TABLE campaigns (
    number VARCHAR NOT NULL, title VARCHAR NOT NULL, file VARCHAR NOT NULL,
    snapshot VARCHAR NOT NULL, PRIMARY KEY (number),
    FOREIGN KEY(snapshot) REFERENCES snapshots (digest));
CREATE TABLE messages (
    id INTEGER NOT NULL, "key" VARCHAR NOT NULL, campaign VARCHAR NOT NULL, round INTEGER NOT NULL,
    target VARCHAR NOT NULL, channel VARCHAR NOT NULL, contact VARCHAR NOT NULL,
    "to" TEXT NOT NULL, language VARCHAR NOT NULL, snapshot VARCHAR NOT NULL,
    target_digest VARCHAR NOT NULL, expires_at BIGINT NOT NULL, state VARCHAR NOT NULL,
    reason TEXT NOT NULL, held TEXT, attempts INTEGER NOT NULL, first_try_at BIGINT,
    not_before BIGINT, owner VARCHAR, claimed_at BIGINT, changed_at BIGINT NOT NULL, receipt TEXT,
    PRIMARY KEY (id), UNIQUE ("key"), FOREIGN KEY(snapshot) REFERENCES snapshots (digest),
    FOREIGN KEY(target_digest) REFERENCES targets (digest));
CREATE INDEX messages_due ON messages (campaign, channel, state, id);
CREATE INDEX messages_contact ON messages (campaign, round, channel, contact);
CREATE TABLE moves (
    id INTEGER NOT NULL, message INTEGER NOT NULL, at BIGINT NOT NULL, "before" VARCHAR,
    "after" VARCHAR NOT NULL, attempt INTEGER NOT NULL, "to" TEXT NOT NULL, reason TEXT NOT NULL,
    code VARCHAR, "by" VARCHAR NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(message) REFERENCES messages (id));
CREATE INDEX moves_message ON moves (message, id);

INSERT INTO meta VALUES ('version', '1');
INSERT INTO snapshots VALUES ('b2c3', '{{}}', {AT});
INSERT INTO targets VALUES ('e708', '{{}}'), ('9044', '{{}}');
INSERT INTO campaigns VALUES ('46/19', 'Charges', 'ua.yaml', 'b2c3');
INSERT INTO messages VALUES
    (1, '640c3988d29aa7cca94ad9c38fd4e20b97401fd56be827ff067ca54489f657a8', '46/19', 1,
     'official-0', 'fake', 'official-0@example.org', 'official-0@example.org', 'en', 'b2c3', 'e708',
     {EXPIRES}, 'accepted', 'taken', NULL, 1, {AT}, NULL, 'fa26', {AT}, {AT}, '{{"id":""}}'),
    (2, '33ef7dea7efa76f7fe8b3b395d338e8f20e6549b47f920adf190ecd32d0735bb', '46/19', 1,
     'official-2', 'fake', 'official-2@example.org', 'official-2@example.org', 'en', 'b2c3', '9044',
     {EXPIRES}, 'failed', 'no such mailbox', NULL, 3, {AT}, NULL, 'fa26', {AT}, {AT}, NULL);
INSERT INTO moves VALUES
    (1, 1, {AT}, NULL, 'planned', 0, 'official-0@example.org', '', NULL, 'fa26'),
    (2, 1, {AT}, 'planned', 'claimed', 1, 'official-0@example.org', '', NULL, 'fa26'),
    (3, 1, {AT}, 'claimed', 'accepted', 1, 'official-0@example.org', 'taken', '250', 'fa26');
INSERT INTO facts VALUES (1, NULL, 'opted_out', NULL, 'sms', '+4930123', {AT}, 'Ann', 'asked to');
"""  # noqa: S608 - two numbers


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A campaign of three, of which version 1 has sent one, failed at one and not seen one."""
    return Case(write_home(tmp_path, count=3))


@pytest.fixture
def path(case: Case) -> Path:
    """Its journal, as version 1 has left it."""
    path = case.file.parent / ".uadispatch/journal.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
    return path


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608


def number_of(path: Path) -> object:
    return rows(path, "meta")[0][1]


def test_version_1_is_kept_row_by_row(case: Case, path: Path) -> None:
    tables = ("snapshots", "targets", "campaigns", "messages", "moves", "facts")
    before = {table: rows(path, table) for table in tables}
    Journal(case.url, write=True).close()
    assert number_of(path) == str(VERSION)
    for table in tables:
        width = len(before[table][0])
        assert [row[:width] for row in rows(path, table)] == before[table]
    assert [row[22:24] for row in rows(path, "messages")] == [(0, None), (0, None)]
    assert rows(path, "paces") == []
    assert path.read_bytes()[68:72] == b"UAds", "from now on it says whose it is"


def test_what_version_1_has_sent_is_not_sent_again(case: Case, path: Path) -> None:
    assert path.exists()
    Journal(case.url, write=True).close()
    assert [draft.target.id for draft in case.look().due] == ["official-1"]
    case.run()
    assert [message.target.id for message in case.channel.sent] == ["official-1"]
    assert case.states() == {
        "official-0": "accepted", "official-1": "accepted", "official-2": "failed",
    }  # fmt: skip


def test_version_1_can_lie_in_its_log_alone(case: Case, path: Path) -> None:
    """So it did if its first run was killed: the file held nothing yet but its first page."""
    path.unlink()
    away = path.with_name("away.db")
    with closing(sqlite3.connect(away)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executescript(VERSION_1)
        shutil.copy(away, path)
        shutil.copy(logs.log_of(away), logs.log_of(path))
    assert path.stat().st_size == 4096
    Journal(case.url, write=True).close()
    assert len(rows(path, "messages")) == 2
    assert number_of(path) == str(VERSION)


def test_to_read_version_1_changes_nothing(case: Case, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(JournalError, match="of version 1; the next send brings it to"):
        Journal(case.url, write=False)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]


def test_a_step_that_fails_leaves_version_1(
    case: Case, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Connection) -> None:
        fault = sqlite3.OperationalError("database or disk is full")
        fault.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("ALTER TABLE messages", {}, fault)

    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, full))
    monkeypatch.setattr(opening, "VERSION", VERSION + 1)
    before = rows(path, "messages")
    with pytest.raises(JournalError, match="has no room for the journal"):
        Journal(case.url, write=True)
    assert rows(path, "messages") == before
    assert number_of(path) == "1"
    monkeypatch.undo()
    Journal(case.url, write=True).close()
    assert number_of(path) == str(VERSION)


def test_several_processes_may_bring_it_forward_at_once(case: Case, path: Path) -> None:
    script = (
        "import sys\n"
        "from uadispatch.dispatch.journal import Journal\n"
        "from uadispatch.dispatch.journal.whereabouts import FileUrl\n"
        "sys.stdin.read()\n"
        "Journal(FileUrl(sys.argv[1]), write=True).close()\n"
    )
    with ExitStack() as stack:
        all_three = []
        for _ in range(3):
            command = [sys.executable, "-c", script, str(path)]
            process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
            stack.callback(process.kill)
            all_three.append(process)
        for process in all_three:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(timeout=100) for process in all_three] == [0, 0, 0]
    assert number_of(path) == str(VERSION)
    assert len(rows(path, "messages")) == 2
    assert case.url.database == str(path)


def shape(path: Path) -> dict[str, set[str]]:
    """Every table with its columns, and every index with its condition."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        shapes = {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
            for kind, name, _ in found
            if kind == "table"
        }
    conditions = {
        name: {" ".join(sql.split()).partition(" ON ")[2]}
        for kind, name, sql in found
        if kind == "index" and sql
    }
    return shapes | conditions


@pytest.mark.parametrize("version", range(1, VERSION))
def test_each_version_becomes_like_a_new_one(
    case: Case, path: Path, tmp_path: Path, version: int
) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for step in MIGRATIONS[: version - 1]:
            step(connection)
        connection.exec_driver_sql("UPDATE meta SET value = ?", (str(version),))
    engine.dispose()
    case.journal().close()
    assert number_of(path) == str(VERSION)
    fresh = Case(write_home(tmp_path / "fresh", count=1))
    fresh.run(selection=Selection(targets=frozenset()))
    assert shape(path) == shape(fresh.file.parent / ".uadispatch/journal.db")
