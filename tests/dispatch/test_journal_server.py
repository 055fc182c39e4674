"""A journal on a server: who comes at the same time, and what is lost on the way to it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import procrastinate
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import postgreskit
from journalkit import CAMPAIGN, START, below, planned, settlement, snapshot_of
from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.journal import (
    Journal,
    JournalAway,
    Moment,
    NoJournal,
    Pacing,
    Selection,
    ServerUrl,
    consult,
    exists,
    journal_url,
)
from uadispatch.dispatch.journal.on_server import books, hearts
from uadispatch.dispatch.journal.on_server.opening import with_manners
from uadispatch.dispatch.journal.whereabouts import has_password

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from uadispatch.dispatch.journal import Turn

LATER = START + timedelta(days=30)


@pytest.fixture
def url(the_server: str, spares: postgreskit.Spares, tmp_path: Path) -> Iterator[ServerUrl]:
    databases = postgreskit.Databases(the_server, spares)
    yield databases.of(tmp_path)
    databases.drop()


@pytest.fixture
def journal(url: ServerUrl) -> Iterator[Journal]:
    with Journal(url, write=True) as journal:
        plan(journal, *(f"t{number}" for number in range(6)))
        yield journal


def plan(journal: Journal, *targets: str, contact: str | None = None) -> None:
    rows = [
        planned(target, "email", contact or f"{target}@example.org", expires_at=LATER)
        for target in targets
    ]
    journal.record_plan(rows, snapshot_of(1, targets), file="ua.yaml", at=START, by="run")


def turn(journal: Journal, owner: str, ids: Sequence[int] = (), *, now: datetime = START) -> Turn:
    return journal.turn(
        (), list(ids), moment=lambda: Moment(campaign=CAMPAIGN, now=now), owner=owner,
        pace=Pacing(channel="email"),
    )  # fmt: skip


def due(journal: Journal) -> list[int]:
    return journal.due(CAMPAIGN, "email", Selection(), now=START, after=0, limit=100)


def rows(url: ServerUrl, query: str) -> list[Any]:
    with psycopg.connect(url.given) as connection:
        return connection.execute(query.encode()).fetchall()


class Faulty:
    """psycopg's connection, whose next commit goes wrong."""

    def __init__(self, real: Any, *, does_it: bool) -> None:
        self._real, self._does_it = real, does_it

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def commit(self) -> None:
        if self._does_it:
            self._real.commit()
        self._real.close()
        raise psycopg.OperationalError("the connection is lost")


@pytest.mark.parametrize("does_it", [True, False])
def test_a_claim_whose_commit_is_unknown_is_given_back_and_made_again(
    journal: Journal, url: ServerUrl, does_it: bool
) -> None:
    ids = due(journal)
    its: Any = journal._books
    its._driver = Faulty(its._driver, does_it=does_it)
    found = turn(journal, "me", ids)
    assert [row.attempt for row in found.claimed] == [1] * 6
    moves = "SELECT before, after FROM moves WHERE message = 1 ORDER BY id"
    unknown = [("planned", "claimed"), ("claimed", "planned")] if does_it else []
    assert rows(url, moves) == [(None, "planned"), *unknown, ("planned", "claimed")]
    assert journal.check().faults == []


def test_after_a_commit_that_is_unknown_for_good_nothing_is_sent(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is not there any more; when it is again, what it has kept is given back."""
    ids = due(journal)
    its: Any = journal._books
    its._driver = Faulty(its._driver, does_it=True)
    monkeypatch.setattr(books, "PATIENCE", 0.2)
    with monkeypatch.context() as patch:

        def away(_: ServerUrl) -> None:
            raise psycopg.OperationalError("nobody answers")

        patch.setattr(books, "connect", away)
        with pytest.raises(JournalAway, match="cannot be reached"):
            turn(journal, "me", ids)
    found = turn(journal, "me", due(journal))
    assert len(found.claimed) == 6
    assert journal.check().faults == []


def test_what_was_claimed_again_since_is_not_given_back(
    journal: Journal, url: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for dead, a person said that nothing was sent, and it claims anew."""
    its: Any = journal._books
    its._driver = Faulty(its._driver, does_it=True)
    monkeypatch.setattr(books, "PATIENCE", 0.0)
    with pytest.raises(JournalAway):
        turn(journal, "me", due(journal))
    later = START + timedelta(minutes=1)
    with Journal(url, write=True) as other:
        assert other.recover(at=later, by="other") == 6
        keys = [entry.key for entry in other.entries(CAMPAIGN)]
        other.resolve(keys, sent=False, at=later, by="Ann")
        assert len(turn(other, "me", due(other), now=later).claimed) == 6
        journal.make_sure()
        assert {entry.state for entry in other.entries(CAMPAIGN)} == {"in_doubt"}  # "me" is nobody
        assert rows(url, "SELECT DISTINCT state FROM messages") == [("claimed",)]


def test_an_outcome_is_recorded_once_although_its_commit_is_unknown(
    journal: Journal, url: ServerUrl
) -> None:
    (row, *_) = turn(journal, "me", due(journal)).claimed
    its: Any = journal._books
    its._driver = Faulty(its._driver, does_it=True)
    journal.settle([settlement(row, "accepted", START)], owner="me")
    ends = f"SELECT after FROM moves WHERE message = {row.id} ORDER BY id"  # noqa: S608 - a number
    assert rows(url, ends) == [("planned",), ("claimed",), ("accepted",)]


def test_two_at_once_claim_each_message_once(journal: Journal, url: ServerUrl) -> None:
    ids = due(journal)
    claimed: list[int] = []

    def claim(owner: str) -> None:
        with Journal(url, write=True) as mine:
            claimed.extend(row.id for row in turn(mine, owner, ids).claimed)

    threads = [threading.Thread(target=claim, args=(f"run {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == ids
    assert journal.check().faults == []


def test_one_contact_is_written_to_once_by_runs_that_come_at_once(url: ServerUrl) -> None:
    """Neither of two claims sees the other's before it is committed."""
    with Journal(url, write=True) as journal:
        plan(journal, *(f"t{number}" for number in range(8)), contact="one@example.org")
        ids = due(journal)
    claimed: list[str] = []
    together = threading.Barrier(4)

    def claim(number: int) -> None:
        with Journal(url, write=True) as mine:
            together.wait()
            claimed.extend(row.target for row in turn(mine, f"{number}", ids[number::4]).claimed)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 1


def test_no_claim_that_did_not_know_of_a_stop_comes_after_it(
    journal: Journal, url: ServerUrl
) -> None:
    """Whoever states a fact waits for the claims that are being made."""
    ids, stated = due(journal), []

    def state() -> None:
        with Journal(url, write=True) as person:
            person.state_fact(CAMPAIGN, "stopped", at=START, by="Ann")
            stated.append(time.monotonic())

    def foresee(_: object) -> None:
        thread.start()
        time.sleep(0.3)
        assert not stated

    thread = threading.Thread(target=state)
    journal.turn(
        [], ids[:1], moment=lambda: Moment(campaign=CAMPAIGN, now=START), owner="me",
        pace=Pacing(channel="email"), foresee=foresee,
    )  # fmt: skip
    thread.join()
    assert stated
    assert not turn(journal, "me", ids[1:]).claimed


def test_who_cannot_be_heard_of_begins_nothing_and_is_dead_for_others(
    url: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearts, "BEAT", 0.02)
    monkeypatch.setattr(hearts, "SURE", 0.3)
    with Journal(url, write=True) as journal, journal.begin_life() as life:
        assert life.is_sure()
        assert journal.number_alive() == 1
        mine: Any = life

        def silent() -> None:
            raise psycopg.OperationalError("nobody answers")

        mine._beat = silent
        time.sleep(0.5)
        assert not life.is_sure()
        below(journal).execute("UPDATE owners SET beat_at = 0")
        below(journal).commit()
        assert journal.number_alive() == 0
        del mine._beat
        time.sleep(0.3)
        assert life.is_sure()
        assert journal.number_alive() == 1
    assert rows(url, "SELECT count(*) FROM owners") == [(0,)]


def test_a_transaction_that_stands_still_does_not_keep_others_out_for_ever(
    journal: Journal,
) -> None:
    found = below(journal).execute("SHOW idle_in_transaction_session_timeout").fetchone()
    below(journal).rollback()
    assert found == ("20s",)


def test_what_is_no_server_is_said_without_a_password(tmp_path: Path) -> None:
    url = journal_url(f"postgresql://ann:secret@/x?host={tmp_path}&password=secret", tmp_path)
    with pytest.raises(JournalAway, match="cannot be reached") as caught:
        Journal(url, write=True)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(url)
    assert exists(url)  # that cannot be told
    assert has_password(url.given)


def test_a_journal_that_was_never_made_is_not_there(the_server: str) -> None:
    with psycopg.connect(the_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE uadispatch_empty TEMPLATE template0")
        try:
            given = psycopg.conninfo.make_conninfo(the_server, dbname="uadispatch_empty")
            url = ServerUrl(given, "an empty database")
            assert not exists(url)
            with pytest.raises(NoJournal):
                consult(url, lambda book: book.orders())
        finally:
            connection.execute("DROP DATABASE uadispatch_empty WITH (FORCE)")


def test_a_cut_line_is_noticed_by_the_queue_as_by_the_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    connector = procrastinate.PsycopgConnector

    def noted(**given: Any) -> procrastinate.PsycopgConnector:
        asked.append(given["conninfo"])
        return connector(**given)

    monkeypatch.setattr(procrastinate, "PsycopgConnector", noted)
    given = "postgresql://db.example.org/journal?keepalives_idle=99"
    url = journal_url(given, Path())
    assert isinstance(url, ServerUrl)
    queue.Jobs(url, send=lambda _: None, ask=lambda _: None, connections=3)
    (wanted,) = map(conninfo_to_dict, asked)
    assert wanted["keepalives_idle"] == "99", "what the URL says counts more"
    assert int(wanted["tcp_user_timeout"] or 0) < 1000 * hearts.DEAD
    assert wanted["application_name"] == "uadispatch jobs"
    assert conninfo_to_dict(with_manners(url))["application_name"] == "uadispatch"
