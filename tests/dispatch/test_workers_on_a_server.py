"""Several workers on one journal: all is sent, once, whatever becomes of jobs and workers."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

import postgreskit
from casekit import NOW
from officekit import Office, Shared
from uadispatch.clock import ShiftedClock
from uadispatch.dispatch.distributed import queue, worker
from uadispatch.dispatch.distributed.sweeping import Sweeper, Swept
from uadispatch.dispatch.journal import JournalAway, JournalError
from uadispatch.dispatch.journal.on_server import hearts
from uadispatch.dispatch.journal.tables.schema import moment_of, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SLOW = timedelta(seconds=40)


class SlowHeart(hearts.Heart):
    """Of a machine whose clock is slow."""

    wall = staticmethod(lambda: time.time() - SLOW.total_seconds())


@pytest.fixture(autouse=True)
def _on_a_server(the_server: str) -> Iterator[None]:
    Shared.all_sent, Shared.takes = [], 0.0
    databases = postgreskit.Databases(the_server)
    with postgreskit.journals_on(databases):
        yield
    databases.drop()


def test_two_workers_send_everything_once(tmp_path: Path) -> None:
    office = Office(tmp_path, 1200)
    office.hand_over()
    assert office.ask("SELECT count(*) FROM procrastinate_jobs") == [(3,)]
    with office.working(2):
        office.until(lambda: office.states() == {"accepted"})
    assert office.sent_once()
    assert office.ask("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert office.ask("SELECT count(*) FROM owners") == [(0,)]
    with office.case.journal() as journal:
        assert journal.check().faults == []


def test_a_job_is_done_when_all_of_its_messages_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, 2200)
    office.hand_over()
    left: list[tuple[int, int]] = []

    def log(event: str, **told: Any) -> None:
        if event == "job done":
            its = office.ask(
                "SELECT count(*) FROM messages WHERE id / 500 = %s AND state <> 'accepted'",
                told["block"],
            )
            left.append((told["block"], its[0][0]))

    monkeypatch.setattr(office, "log", log)
    with office.working(1):
        office.until(lambda: len(left) == 5)
    assert sorted(left) == [(block, 0) for block in range(5)]
    assert office.sent_once()


def test_the_plan_and_its_jobs_are_there_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)

    def full(*_: object) -> int:
        raise JournalError("the queue is full")

    monkeypatch.setattr(queue, "defer", full)
    with pytest.raises(JournalError, match="full"):
        office.hand_over()
    assert office.case.entries() == {}
    assert office.ask("SELECT count(*) FROM facts") == [(0,)]


def test_what_has_no_job_gets_one(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    with office.working(1):
        office.until(office.sent_once)


def test_a_sweep_that_waited_in_vain_puts_off_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as a line is cut, each of them takes long, and that is no reason for a rest."""
    monkeypatch.setattr(worker, "SWEEP", 0.05)
    now = iter(range(0, 10**9, 3600))
    office = Office(tmp_path, 10)
    failing, sweep = iter(range(5)), Sweeper.sweep

    def at_times(sweeper: Sweeper) -> Swept:
        if next(failing, None) is not None:
            monkeypatch.setattr(worker, "monotonic", lambda: float(next(now)))  # an hour later
            raise JournalAway("no line")
        monkeypatch.setattr(worker, "monotonic", time.monotonic)
        return sweep(sweeper)

    monkeypatch.setattr(Sweeper, "sweep", at_times)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    with office.working(1):
        office.until(office.sent_once)
    assert len(office.events("sweep failed")) == 5


def test_a_long_sweep_is_followed_by_a_rest_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SWEEP", 0.05)
    monkeypatch.setattr(worker, "LONGEST", 0.2)
    began: list[float] = []
    sweep = Sweeper.sweep

    def slow(sweeper: Sweeper) -> Swept:
        began.append(time.monotonic())
        time.sleep(0.3)
        return sweep(sweeper)

    monkeypatch.setattr(Sweeper, "sweep", slow)
    office = Office(tmp_path, 1)
    office.hand_over()
    with office.working(1):
        office.until(lambda: len(began) > 2)
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(began))


def test_who_asks_for_jobs_and_is_cut_off_keeps_nobody_out_for_long(tmp_path: Path) -> None:
    office = Office(tmp_path, 1)
    jobs = queue.Jobs(office.url, send=print, ask=print, connections=2)

    async def asked() -> Any:
        async with jobs.opened(), jobs._connector.pool.connection() as connection:
            shown = await connection.execute("SHOW idle_in_transaction_session_timeout")
            return await shown.fetchone()

    assert asyncio.run(asked()) == ("20s",)


def test_a_job_that_comes_twice_sends_nothing_twice(tmp_path: Path) -> None:
    office = Office(tmp_path, 40)
    office.hand_over()
    office.ask(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        "SELECT queue_name, task_name, args FROM procrastinate_jobs, generate_series(1, 5)"
    )
    with office.working(2):
        office.until(lambda: office.ask("SELECT count(*) FROM procrastinate_jobs") == [(0,)])
    assert office.sent_once()


def test_the_claims_of_who_is_not_heard_of_are_in_doubt(tmp_path: Path) -> None:
    office = Office(tmp_path, 2)
    office.hand_over()
    office.ask("UPDATE messages SET state = 'claimed', owner = 'gone', attempts = 1 WHERE id = 1")
    with office.case.journal() as journal:
        found = Sweeper(journal, office.clock, by="sweeper").sweep()
    assert found.in_doubt == 1
    assert sorted(office.case.states().values()) == ["in_doubt", "planned"]


def test_a_stop_reaches_workers_and_what_is_left_goes_on_after_it(tmp_path: Path) -> None:
    office = Office(tmp_path, 60)
    Shared.takes = 0.02
    office.hand_over()
    with office.working(2):
        office.until(lambda: Shared.all_sent)
        with office.case.journal() as journal:
            journal.state_fact("46/19", "stopped", at=office.clock.now(), by="Ann")
            # From here on nobody claims; what is claimed is sent within a moment.
            until_then = len(office.ask("SELECT 1 FROM messages WHERE state <> 'planned'"))
            time.sleep(0.5)
            assert len(Shared.all_sent) == until_then < office.count
            journal.state_fact("46/19", "resumed", at=office.clock.now(), by="Ann")
        office.until(office.sent_once)


def test_a_closing_ends_what_workers_have_not_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, 60)
    Shared.takes = 0.02
    office.hand_over()
    with office.working(2):
        office.until(lambda: Shared.all_sent)
        with office.case.journal() as journal:
            journal.state_fact("46/19", "closed", at=office.clock.now(), by="Ann", because="free")
        office.until(lambda: not office.states() & {"planned", "claimed"})
    states = list(office.case.states().values())
    assert states.count("accepted") == len(Shared.all_sent)
    assert states.count("cancelled") == office.count - len(Shared.all_sent) > 0


def test_a_rate_holds_over_all_workers_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_FAKE_RATE", "1200/minute")
    office = Office(tmp_path, 30)
    office.hand_over()
    with office.working(3):
        office.until(office.sent_once)
    starts = [at for (at,) in office.ask("SELECT at FROM moves WHERE after = 'claimed' ORDER BY 1")]
    spaces = [later - at for at, later in pairwise(starts)]
    assert min(spaces) >= 50_000


def test_what_would_not_be_what_was_planned_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.hand_over()
    monkeypatch.setattr("uadispatch.__version__", "99")
    monkeypatch.setattr("uadispatch.dispatch.distributed.worker.REFUSED", 0.01)
    with office.working(1):
        office.until(lambda: any(event == "job left" for event, _ in office.logged))
    assert Shared.all_sent == []
    says = next(told["says"] for event, told in office.logged if event == "job left")
    assert "uadispatch is of version 99 here" in says


def test_nothing_that_a_worker_logs_names_anybody(tmp_path: Path) -> None:
    office = Office(tmp_path, 3)
    office.hand_over()
    with office.working(1):
        office.until(office.sent_once)
    assert {"worker started", "job done", "worker stopped"} <= {event for event, _ in office.logged}
    assert "official" not in str(office.logged)
    assert "Person" not in str(office.logged)


def test_a_rate_holds_where_the_clocks_of_two_workers_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_FAKE_RATE", "1200/minute")
    office = Office(tmp_path, 1200)
    office.hand_over()
    with office.working(1, concurrency=1):
        office.until(lambda: Shared.all_sent)
        monkeypatch.setattr(hearts, "Heart", SlowHeart)
        with office.working(1, ShiftedClock(office.clock.now() - SLOW), concurrency=1):
            query = "SELECT by, count(*) FROM moves WHERE after = 'accepted' GROUP BY by"
            office.until(lambda: [many for _, many in office.ask(query) if many > 9][1:])
    starts = [
        at for (at,) in office.ask("SELECT at FROM moves WHERE after = 'claimed' ORDER BY id")
    ]
    # As they came: by clocks that differ, the later start would often bear the earlier time.
    assert min(later - at for at, later in pairwise(starts)) >= 25_000
    assert [round(told["slow_by"]) for told in office.events("clock is wrong")] == [40]


def test_a_deadline_is_kept_by_the_servers_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.hand_over()
    monkeypatch.setattr(hearts, "Heart", SlowHeart)
    ((end,),) = office.ask("SELECT DISTINCT expires_at FROM messages")
    with office.working(1, ShiftedClock(moment_of(end) - SLOW / 2)):
        office.until(lambda: not office.states() & {"planned", "claimed"})
    assert office.states() == {"cancelled"}
    assert Shared.all_sent == []


def test_who_sends_alone_goes_by_the_servers_clock_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearts, "Heart", SlowHeart)
    office = Office(tmp_path, 3)
    office.case.run()
    assert office.sent_once()
    ((first,),) = office.ask("SELECT min(at) FROM moves")
    assert first > number_of(NOW + SLOW / 2)


def test_a_clock_is_corrected_only_where_it_must_be_wrong(tmp_path: Path) -> None:
    with Office(tmp_path).case.journal() as journal, journal.begin_life() as life:
        assert isinstance(life, hearts.Heart)
        life.close()  # no beat comes in between
        life.ahead = 40.0
        life._correct(1043.0, 1000.0, 1006.0)  # an answer that took long tells little
        assert life.ahead == 40.0
        life._correct(1041.0, 1000.0, 1000.0)
        assert life.ahead == 41.0
