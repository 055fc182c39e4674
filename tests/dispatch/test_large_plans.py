"""A plan is laid down first and recorded at once: quickly if it is large, all of it or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from journalkit import CAMPAIGN, START, Raw, below, planned, snapshot_of
from uadispatch.dispatch.journal import Journal, JournalError, Planned, journal_url
from uadispatch.dispatch.journal.writing import planned as recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from uadispatch.dispatch.journal import JournalUrl

MANY = 1200
"""Two chunks and a bit."""
TABLES = ("snapshots", "targets", "campaigns", "messages", "moves")


def plan(number: int, *, contact: str = "", but: int | None = None) -> Iterator[Planned]:
    """Two channels for each target; some are held, some refused."""
    for place in range(number):
        if place == but:
            continue
        who = f"official-{place * 7919 % number}"  # in no order
        for channel in ("email", "post"):
            yield planned(
                who, channel, f"{who}@{contact}{channel}.example.org",
                expires_at=START + timedelta(days=place % 3),
                held="its contact is another's too" if place % 50 == 7 else None,
                refusal="it is too long" if place % 50 == 9 else None,
            )  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> JournalUrl:
    return journal_url(str(tmp_path / "journal.db"), tmp_path)


def record(journal: Journal, rows: Iterable[Planned], edit: object = "", **more: Any) -> bool:
    snapshot = snapshot_of(1, edit)
    return journal.record_plan(rows, snapshot, file="ua.yaml", at=START, by="Ann", **more)


def whole(url: JournalUrl) -> dict[str, list[Any]]:
    """Every row of a plan's tables; of the order of moves only that of each message counts."""
    raw = Raw(url)
    found = {table: raw.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}  # noqa: S608 - names of tables
    of_moves = 'SELECT message, before, after, attempt, "to", reason, "by" FROM moves'
    found["moves"] = raw.rows(f"{of_moves} ORDER BY message, id")
    raw.close()
    return found


def indexes(url: JournalUrl) -> set[tuple[Any, ...]]:
    with closing(sqlite3.connect(str(url.database))) as book:
        return set(book.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))


def test_a_large_plan_is_recorded_as_a_small_one_is(
    url: JournalUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = journal_url(str(tmp_path / "other.db"), tmp_path)
    with Journal(other, write=True) as journal:
        before = indexes(other)
        record(journal, plan(MANY))
    monkeypatch.setattr(recording, "MANY", MANY)
    with Journal(url, write=True) as journal:
        record(journal, plan(MANY))
        assert journal.check().faults == []
        (asked,) = below(journal).execute("PRAGMA foreign_keys").fetchone()
    assert asked == 1, "what comes after is looked up again"
    assert whole(url) == whole(other)
    assert indexes(url) == indexes(other) == before
    assert len(whole(url)["messages"]) == 2 * MANY
    assert len(whole(url)["targets"]) == 2 * MANY


def test_a_large_plan_finds_the_messages_of_other_rounds_there(
    url: JournalUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MANY", 100)
    with Journal(url, write=True) as journal:
        record(journal, plan(200))
        again = [
            planned(row.target, row.channel, row.contact, round_=2, expires_at=row.expires_at)
            for row in plan(200)
        ]
        snapshot = snapshot_of(2, "")
        journal.record_plan(again, snapshot, file="ua.yaml", at=START, by="Ann")
        assert journal.check().faults == []
        found = [(entry.round, entry.held) for entry in journal.entries(CAMPAIGN)]
    held = [held for round_, held in found if round_ == 1]
    assert len(found) == 800
    assert held.count(recording.GONE) == 392, "what was refused is not held beside"


def test_a_message_that_stands_in_a_plan_twice_is_an_error(
    url: JournalUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    for many in (10**9, 1):
        monkeypatch.setattr(recording, "MANY", many)
        with Journal(url, write=True) as journal:
            before = indexes(url)
            with pytest.raises(JournalError):
                record(journal, [*plan(3), *plan(3)])
            assert whole(url) == {table: [] for table in TABLES}
            assert indexes(url) == before


def test_nothing_of_a_plan_is_recorded_that_could_not_be_made_to_its_end(url: JournalUrl) -> None:
    def broken() -> Iterator[Planned]:
        yield from plan(MANY)
        raise OSError("the targets cannot be read any more")

    with Journal(url, write=True) as journal:
        with pytest.raises(OSError, match="cannot be read"):
            record(journal, broken())
        assert whole(url) == {table: [] for table in TABLES}
        record(journal, plan(2))
        assert len(list(journal.entries(CAMPAIGN))) == 4


def test_nobody_waits_for_the_journal_while_messages_are_planned(url: JournalUrl) -> None:
    """Not even the planning itself, which asks it what is known."""

    def slowly(journal: Journal) -> Iterator[Planned]:
        for row in plan(MANY):
            yield row
            assert journal.file_of(CAMPAIGN) is None
        with closing(sqlite3.connect(str(url.database), timeout=0)) as other, other:
            other.execute(
                "INSERT INTO facts (kind, at, \"by\", because) VALUES ('stopped', 1, 'B', '')"
            )

    with Journal(url, write=True) as journal:
        record(journal, slowly(journal))
        assert len(list(journal.entries(CAMPAIGN))) == 2 * MANY


def test_a_temporary_file_that_cannot_be_written_is_said(url: JournalUrl) -> None:
    class Full:
        """A connection whose disk for temporary files is full."""

        def __init__(self, real: sqlite3.Connection) -> None:
            self._real = real

        def executemany(self, *_: Any) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

    with Journal(url, write=True) as journal:
        books: Any = journal._books
        real, books._driver = books._driver, Full(books._driver)
        with pytest.raises(JournalError, match=r"temporary file.*TMPDIR"):
            record(journal, plan(2))
        books._driver = real
        assert record(journal, plan(2))


def test_what_is_as_it_was_is_left_as_it_was(url: JournalUrl) -> None:
    """So a run that begins again does not write a million messages anew."""
    with Journal(url, write=True) as journal:
        record(journal, plan(MANY))
        before = whole(url)
        changes = below(journal).total_changes
        record(journal, plan(MANY))
        refused = sum(row.refusal is not None for row in plan(MANY))
        assert below(journal).total_changes - changes < 3 * 2 * MANY + 3 * refused
        after = whole(url)
    assert after == before


def test_what_has_changed_is_brought_along_and_the_rest_is_held(url: JournalUrl) -> None:
    with Journal(url, write=True) as journal:
        record(journal, plan(MANY))
        record(journal, plan(MANY, contact="new.", but=5), "edited")
        assert journal.check().faults == []
        entries = list(journal.entries(CAMPAIGN))
    gone = [entry.target for entry in entries if entry.held == recording.GONE]
    assert gone == [f"official-{5 * 7919 % MANY}"] * 2
    assert {"new." in entry.contact for entry in entries if entry.target not in gone} == {True}
