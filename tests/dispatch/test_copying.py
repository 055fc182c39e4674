"""``journal copy``: all of a journal goes to a server, and nothing is ever sent from both."""

# ruff: noqa: S608 - statements that change a journal are the data here

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import postgreskit
from casekit import NOW, Case, write_home
from journalkit import Raw, planned, snapshot_of
from uadispatch.channels.message import Handover, Receipt
from uadispatch.dispatch.journal import (
    REHEARSAL,
    Journal,
    JournalAway,
    JournalError,
    NoJournal,
    Owner,
    ServerUrl,
    consult,
)
from uadispatch.dispatch.journal.on_file import moving
from uadispatch.dispatch.journal.on_server import upgrading
from uadispatch.dispatch.journal.on_server.books import ServerBooks
from uadispatch.dispatch.journal.on_server.copying import (
    NOT_COPIED,
    TABLES,
    Copied,
    copy,
    take_back,
)
from uadispatch.dispatch.journal.on_server.hearts import owners
from uadispatch.dispatch.journal.on_server.receiving import Receiver
from uadispatch.dispatch.journal.tables.migrations import VERSION
from uadispatch.dispatch.journal.tables.schema import metadata
from uadispatch.dispatch.journal.whereabouts import FileUrl, Moved, Stage
from uadispatch.errors import OptedOut, Rejected, Temporary, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

ANSWERS: tuple[Any, ...] = (
    Receipt(says="taken; naïve, «так»\n\\N\t", id="1"),
    Receipt(says="read", confirmed=True),
    Temporary("busy", code="450"),
    Rejected("no such mailbox", contact=True),
    Unknown("no answer"),
    Handover(links=("https://example.org",)),
    OptedOut("no more"),
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A message in each state and two that nobody has tried; something is in every table."""
    case = Case(write_home(tmp_path, count=len(ANSWERS) + 2), settings={"rate": "1000/second"})
    for number, answer in enumerate(ANSWERS):
        case.channel.script(f"official-{number}", answer)
    case.run(limit=len(ANSWERS))
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", channel="fax")
        journal.approve(
            "46/19", case.prepared.snapshot, case.prepared.targets, at=NOW, by="Ann", because="ok"
        )
    return case


@pytest.fixture
def databases(the_server: str, spares: postgreskit.Spares) -> Iterator[postgreskit.Databases]:
    databases = postgreskit.Databases(the_server, spares)
    yield databases
    databases.drop()


@pytest.fixture
def server(databases: postgreskit.Databases, tmp_path: Path) -> ServerUrl:
    return databases.of(tmp_path)


def file_of(case: Case) -> FileUrl:
    assert isinstance(case.url, FileUrl)
    return case.url


def move(case: Case, server: ServerUrl, **how: Any) -> Copied:
    return copy(file_of(case), server, at=NOW, by="Ann", **how)


def whole(url: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that are copied."""
    found = {}
    with closing(Raw(url)) as book:
        for table in TABLES:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            query = f"SELECT {columns} FROM {table.name} ORDER BY 1, 2"
            found[table.name] = [tuple(row) for row in book.rows(query)]
    return found


def is_in_use(case: Case) -> bool:
    """Whether the file can be written to, and so be sent from."""
    with case.journal() as journal:
        journal.state_fact("46/19", "resumed", at=NOW, by="Ann", channel="fax")
        assert journal.moved() is None
    case.change("DELETE FROM facts WHERE id = (SELECT max(id) FROM facts)")
    return True


def is_empty(server: ServerUrl) -> bool:
    return not any(whole(server).values())


def stage(case: Case) -> Stage | None:
    moved = consult(case.url, Journal.moved)
    return None if moved is None else moved.stage


def set_stage(case: Case, stage: Stage | None, place: str) -> None:
    """As a process leaves it that was killed then."""
    with closing(sqlite3.connect(case.url.database)) as book, book:
        moving.unmark(book)
        if stage is not None:
            moving.mark(book, Moved(place, "5ca1ab1e", NOW, stage))


def test_every_table_is_copied_or_stays_for_a_reason(server: ServerUrl) -> None:
    names = [table.name for table in TABLES]
    assert sorted([*names, *NOT_COPIED]) == sorted(metadata.tables)
    assert all(NOT_COPIED.values())
    with psycopg.connect(server.given) as connection:
        there = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {name for (name,) in there} == {*metadata.tables, owners.name}


def test_all_of_it_is_there_as_it_was(case: Case, server: ServerUrl) -> None:
    before = whole(case.url)
    assert all(before.values()), "something is in every table"
    done = move(case, server)
    assert whole(server) == whole(case.url) == before
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert done.states == {
        "accepted": 1, "confirmed": 1, "failed": 2, "in_doubt": 1, "planned": 2, "retry": 1,
        "with_person": 1,
    }  # fmt: skip
    with Journal(server, write=False) as journal:
        assert journal.check().number == 0
        assert journal.moved() is None


def test_new_rows_are_numbered_behind_those_that_came(case: Case, server: ServerUrl) -> None:
    move(case, server)
    last = {name: rows[-1][0] for name, rows in whole(server).items() if rows}
    with Journal(server, write=True) as journal:
        row = planned("new", "email", "new@example.org", expires_at=NOW)
        journal.record_plan([row], snapshot_of(2, "new"), file="ua.yaml", at=NOW, by="run")
        journal.state_fact("46/19", "resumed", at=NOW, by="Ann", channel="fax")
    for name in ("messages", "moves", "facts"):
        assert whole(server)[name][-1][0] == last[name] + 1


def test_the_file_can_be_read_and_nothing_can_be_written_to_it(
    case: Case, server: ServerUrl
) -> None:
    with case.journal() as open_before:
        move(case, server)
        before = whole(case.url)
        with pytest.raises(JournalError) as found:
            open_before.state_fact("46/19", "closed", at=NOW, by="Ann")
        assert f"moved to {server.database}" in str(found.value)
    with pytest.raises(JournalError, match="nothing is sent from it any more") as found:
        case.journal()
    assert server.database in str(found.value)
    assert consult(case.url, lambda book: book.gist("46/19")).states
    assert consult(case.url, Journal.check).number == 0
    assert whole(case.url) == before


def test_a_run_that_had_the_file_open_before_sends_nothing_from_it(
    case: Case, server: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = len(case.channel.sent)
    begin = Journal.begin_life

    def late(journal: Journal) -> Any:
        if journal.url == case.url:
            move(case, server)
        return begin(journal)

    monkeypatch.setattr(Journal, "begin_life", late)
    with pytest.raises(JournalError, match="moved to"):
        case.run()
    assert len(case.channel.sent) == sent


def test_an_older_program_leaves_it(case: Case, server: ServerUrl) -> None:
    move(case, server)
    with closing(sqlite3.connect(case.url.database)) as book:
        (version,) = book.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        assert int(version) > 1000 * VERSION, "it refuses what is newer than itself"
        for table in TABLES:
            column = table.columns.keys()[0]
            for statement in (
                f"DELETE FROM {table.name}",
                f'UPDATE {table.name} SET "{column}" = "{column}"',
                f"INSERT INTO {table.name} SELECT * FROM {table.name} LIMIT 1",
            ):
                with pytest.raises(sqlite3.IntegrityError, match="this journal was moved to"):
                    book.execute(statement)


def test_what_a_dead_run_had_claimed_is_in_doubt_there(case: Case, server: ServerUrl) -> None:
    case.change(
        "UPDATE messages SET state = 'claimed', owner = 'dead', attempts = 1, claimed_at = 1, "
        "first_try_at = 1 WHERE target = 'official-7'"
    )
    case.change(
        'INSERT INTO moves (message, at, before, after, attempt, "to", reason, by) '
        "SELECT id, 1, 'planned', 'claimed', 1, \"to\", '', 'dead' FROM messages "
        "WHERE target = 'official-7'"
    )
    assert move(case, server).doubted == 1
    with Journal(server, write=False) as journal:
        found = {entry.target: str(entry.state) for entry in journal.entries("46/19")}
    assert found["official-7"] == "in_doubt"


def test_a_journal_in_use_stays(case: Case, server: ServerUrl) -> None:
    with Owner(case.url), pytest.raises(JournalError, match="it is in use"):
        move(case, server)
    assert is_in_use(case)
    assert is_empty(server)


def test_what_another_one_has_marked_is_not_taken_back(case: Case, server: ServerUrl) -> None:
    set_stage(case, Stage.COPYING, server.database)
    with Owner(case.url):
        with pytest.raises(JournalError, match="it is in use"):
            move(case, server)
        with pytest.raises(JournalError, match="it is in use"):
            take_back(file_of(case), server)
    assert stage(case) is Stage.COPYING


def test_two_journals_are_never_put_together(case: Case, server: ServerUrl) -> None:
    with Journal(server, write=True) as journal:
        journal.state_fact(None, "opted_out", at=NOW, by="Ann", channel="fax", value="1")
    with pytest.raises(JournalError, match=r"already \(facts\).*: name an empty database"):
        move(case, server)
    assert is_in_use(case)


def test_a_rehearsals_journal_stays(case: Case, server: ServerUrl) -> None:
    with case.journal() as journal:
        journal.state_fact(None, REHEARSAL, at=NOW, by="Ann")
    with pytest.raises(JournalError, match="rehearsal"):
        move(case, server)
    assert is_in_use(case)


def test_there_must_be_a_journal(case: Case, server: ServerUrl, tmp_path: Path) -> None:
    with pytest.raises(NoJournal):
        copy(FileUrl(str(tmp_path / "none.db")), server, at=NOW, by="Ann")
    assert not (tmp_path / "none.db").exists()
    assert is_in_use(case)


def test_books_that_are_not_consistent_stay(case: Case, server: ServerUrl) -> None:
    case.change("UPDATE messages SET attempts = 7 WHERE id = 1")
    with pytest.raises(JournalError, match=r"not consistent.*`uadispatch journal check`"):
        move(case, server)
    assert is_in_use(case)
    assert is_empty(server)


def test_what_arrives_otherwise_is_not_taken(
    case: Case, server: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Receiver.take

    def lose_one(self: Receiver, table: Any, rows: Any) -> None:
        take(self, table, rows if table.name != "facts" else (row for row in rows if row[0] > 1))

    monkeypatch.setattr(Receiver, "take", lose_one)
    with pytest.raises(JournalError, match=r"not what the file has \(other facts\)"):
        move(case, server)
    assert is_in_use(case)
    assert is_empty(server)


def test_a_version_that_is_not_known_stays_where_it_is(case: Case, server: ServerUrl) -> None:
    case.change(f"UPDATE meta SET value = '{VERSION + 1}' WHERE name = 'version'")
    with pytest.raises(JournalError, match=f"of version {VERSION + 1}"):
        move(case, server)
    case.change(f"UPDATE meta SET value = '{VERSION}' WHERE name = 'version'")
    for version, says in ((upgrading.VERSION - 1, "journal upgrade"), (999, "newer program")):
        with closing(Raw(server)) as there:
            there.change(f"UPDATE meta SET value = '{version}' WHERE name = 'version'")
        with pytest.raises(JournalError, match=says):
            move(case, server)
    assert is_in_use(case)


def test_to_move_it_again_changes_nothing(case: Case, server: ServerUrl) -> None:
    move(case, server)
    before = whole(server)
    assert move(case, server).already
    assert whole(server) == before


def test_what_was_moved_is_not_moved_to_a_second_place(
    case: Case, server: ServerUrl, databases: postgreskit.Databases, tmp_path: Path
) -> None:
    move(case, server)
    other = databases.of(tmp_path / "other")
    for says in ("was moved to", "on its way to"):
        with pytest.raises(JournalError, match=says) as found:
            move(case, other)
        assert server.database in str(found.value)
        set_stage(case, Stage.COMMITTING, server.database)
    assert is_empty(other)


def test_a_place_that_lost_it_again_gets_no_second_copy(case: Case, server: ServerUrl) -> None:
    move(case, server)
    with closing(Raw(server)) as there:
        for table in reversed(TABLES):
            there.change(f"DELETE FROM {table.name}")
        there.change("DELETE FROM meta WHERE name = 'copied'")
    with pytest.raises(JournalError, match="is not here any more"):
        move(case, server)
    assert is_empty(server)
    assert stage(case) is Stage.MOVED


@pytest.mark.parametrize("what", [KeyboardInterrupt, JournalAway("gone")])
def test_cut_off_before_its_end_it_leaves_the_file_in_use(
    case: Case, server: ServerUrl, what: BaseException
) -> None:
    def tell(says: str) -> None:
        if says.startswith("Comparing"):
            raise what

    with pytest.raises(type(what) if isinstance(what, Exception) else KeyboardInterrupt):
        move(case, server, tell=tell)
    assert is_in_use(case)
    assert is_empty(server)


def cut(monkeypatch: pytest.MonkeyPatch, *, commits: bool, back: bool) -> None:
    """Lose the answer to the commit of a copy, which was made or not; and the server for good."""
    deciding, lost = ServerBooks.deciding, False

    @contextmanager
    def lossy(self: ServerBooks, campaigns: Any) -> Iterator[Connection]:
        nonlocal lost
        if lost and not back:
            raise JournalAway("the server cannot be reached")
        with deciding(self, campaigns) as connection:
            yield connection
            row = connection.exec_driver_sql("SELECT 1 FROM meta WHERE name = 'copied'").scalar()
            if row and not lost:
                lost = True
                if not commits:
                    raise JournalAway("the connection was lost")
        if lost and row:
            raise JournalAway("the connection was lost")

    monkeypatch.setattr(ServerBooks, "deciding", lossy)


def test_a_commit_that_was_made_unheard_counts(
    case: Case, server: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = whole(case.url)
    with monkeypatch.context() as patch:
        cut(patch, commits=True, back=False)
        with pytest.raises(JournalError, match="run the same command again"):
            move(case, server)
        assert stage(case) is Stage.COMMITTING
        with pytest.raises(JournalError, match="on its way to"):
            case.journal()
        with pytest.raises(JournalError, match="cannot be reached"):
            take_back(file_of(case), server)
    with pytest.raises(JournalError, match="cannot be taken back"):
        take_back(file_of(case), server)
    assert move(case, server).already
    assert whole(server) == before
    assert stage(case) is Stage.MOVED


@pytest.mark.parametrize("back", [True, False])
def test_a_commit_that_was_never_made_leaves_the_file_in_use(
    case: Case, server: ServerUrl, monkeypatch: pytest.MonkeyPatch, *, back: bool
) -> None:
    with monkeypatch.context() as patch:
        cut(patch, commits=False, back=back)
        with pytest.raises(JournalError, match="the connection was lost"):
            move(case, server)
    if not back:
        assert stage(case) is Stage.COMMITTING
        take_back(file_of(case), server)
    assert is_in_use(case)
    assert is_empty(server)


def test_a_disk_that_is_full_at_the_end_is_said_with_what_to_do(
    case: Case, server: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = moving.mark

    def full(connection: Any, moved: Moved) -> None:
        if moved.stage is Stage.MOVED:
            raise JournalError("no room")
        mark(connection, moved)

    with monkeypatch.context() as patch:
        patch.setattr(moving, "mark", full)
        with pytest.raises(JournalError, match=r"no room(.|\n)*run the same command again"):
            move(case, server)
    assert stage(case) is Stage.COMMITTING
    assert move(case, server).already
    assert stage(case) is Stage.MOVED


def test_one_that_was_cut_off_can_be_taken_back_without_the_server(case: Case) -> None:
    set_stage(case, Stage.COPYING, "postgresql://gone.example.org/ua")
    nobody = ServerUrl("postgresql://127.0.0.1:1/none", "postgresql://gone.example.org/ua")
    take_back(file_of(case), nobody)
    assert is_in_use(case)
    with pytest.raises(JournalError, match="nothing is to be taken back"):
        take_back(file_of(case), nobody)


def test_one_that_was_cut_off_may_go_elsewhere(case: Case, server: ServerUrl) -> None:
    set_stage(case, Stage.COPYING, "postgresql://gone.example.org/ua")
    before = whole(case.url)
    move(case, server)
    assert whole(server) == before
    moved = consult(case.url, Journal.moved)
    assert moved is not None
    assert (moved.place, moved.stage) == (server.database, Stage.MOVED)


def test_a_mark_that_cannot_be_read_lets_nothing_be_sent(case: Case) -> None:
    set_stage(case, Stage.COPYING, "x")
    case.change("UPDATE meta SET value = '{}' WHERE name = 'moved'")
    with pytest.raises(JournalError, match="cannot be read; nothing is sent"):
        case.journal()


def test_one_that_an_older_version_has_begun_is_brought_forward_first(
    case: Case, server: ServerUrl
) -> None:
    # What version 7 has left, but for the index that came with version 8.
    set_stage(case, Stage.COPYING, server.database)
    case.change("DROP INDEX facts_opted_out")
    case.change("UPDATE meta SET value = '100000007' WHERE name = 'version'")
    with pytest.raises(JournalError, match="on its way"):
        consult(case.url, Journal.moved)
    before = whole(case.url)
    move(case, server)
    assert whole(server) == before
