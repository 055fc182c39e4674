"""What goes wrong at the queue ends no worker, and keeps no message waiting."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

import postgreskit
from officekit import Office, Shared
from uadispatch.dispatch.distributed import queue, worker
from uadispatch.dispatch.distributed.sweeping import Sweeper, Swept
from uadispatch.dispatch.journal import Block, JournalAway, JournalError
from uadispatch.dispatch.journal.on_server import opening
from uadispatch.dispatch.journal.tables.raw import OnServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEEP = "LOCK TABLE procrastinate_jobs IN SHARE ROW EXCLUSIVE MODE"
WAITING = """
FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@pytest.fixture(autouse=True)
def _on_a_server(the_server: str) -> Iterator[None]:
    Shared.all_sent, Shared.takes = [], 0.0
    databases = postgreskit.Databases(the_server)
    with postgreskit.journals_on(databases):
        yield
    databases.drop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock is waited for long, and sweeps come one after the other."""
    monkeypatch.setitem(opening._SETTINGS, "lock_timeout", "300ms")
    monkeypatch.setattr(queue, "LOCKED", 0.3)
    monkeypatch.setattr(worker, "SWEEP", 0.1)
    monkeypatch.setattr(worker, "AGAIN", 0.1)


@contextmanager
def somebody(office: Office, does: str) -> Iterator[None]:
    """Somebody else is in the midst of a transaction; for so long, that no test hangs."""
    with psycopg.connect(office.url.given) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = '15s'")
        connection.execute(does.encode())
        yield
        connection.rollback()


@contextmanager
def whoever_waits(office: Office, meets: str) -> Iterator[None]:
    """Do to the first that waits for a lock what a function of the server's does."""
    thread = threading.Thread(
        target=lambda: office.until(lambda: office.ask(f"SELECT {meets}(pid) {WAITING}"))
    )
    thread.start()
    try:
        yield
    finally:
        thread.join()


def sweep(office: Office) -> Swept:
    with office.case.journal() as journal:
        return Sweeper(journal, office.clock, by="sweeper").sweep()


def jobs_of(office: Office) -> queue.Jobs:
    return queue.Jobs(office.url, send=print, ask=print, connections=2)


def number_of_jobs(office: Office) -> int:
    ((number,),) = office.ask("SELECT count(*) FROM procrastinate_jobs")
    assert isinstance(number, int)
    return number


ENDS = pytest.mark.parametrize("ends", ["pg_cancel_backend", "pg_terminate_backend"])


@ENDS
def test_a_sweep_that_is_cut_off_at_the_queue_is_a_fault_of_the_journal(
    tmp_path: Path, ends: str
) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    with somebody(office, KEEP), whoever_waits(office, ends):
        found = sweep(office)
    assert "the server" in found.failed["46/19"]
    assert sweep(office).jobs == {"46/19": 1}


@ENDS
def test_a_hand_over_that_is_cut_off_at_the_queue_is_a_fault_of_the_journal(
    tmp_path: Path, ends: str
) -> None:
    office = Office(tmp_path)
    with (
        somebody(office, KEEP),
        whoever_waits(office, ends),
        pytest.raises(JournalAway, match="the server"),
    ):
        office.hand_over()
    assert office.case.entries() == {}
    office.hand_over()
    assert number_of_jobs(office) == 1


@pytest.mark.usefixtures("impatient")
def test_a_sweep_says_that_somebody_keeps_the_queue(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    with somebody(office, KEEP):
        found = sweep(office)
    assert "another process has kept it" in found.failed["46/19"]


def test_a_fault_of_the_queue_alone_is_one_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)

    def failing(*_: object, **__: object) -> None:
        raise ConnectorException("it has no word for it")

    monkeypatch.setattr(JobManager, "batch_defer_jobs", failing)
    with (
        psycopg.connect(office.url.given) as connection,
        pytest.raises(JournalError, match="it has no word for it"),
    ):
        queue.defer(OnServer(connection), [queue.Sending("46/19", Block("fake", 0))])


@pytest.mark.usefixtures("impatient")
def test_a_worker_goes_on_when_somebody_has_kept_the_queue(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    with office.working(1):
        with somebody(office, KEEP):
            office.until(lambda: office.events("sweep failed") and office.events("queue away"))
        office.until(office.sent_once)


@pytest.mark.usefixtures("impatient")
def test_a_job_whose_end_could_not_be_noted_keeps_its_block_from_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, 3)
    failing, finish = iter([True]), JobManager.finish_job

    async def finish_job(manager: JobManager, **given: Any) -> None:
        if next(failing, False):
            raise ConnectorException
        await finish(manager, **given)

    monkeypatch.setattr(JobManager, "finish_job", finish_job)
    office.hand_over()
    with office.working(1):
        office.until(lambda: office.states() == {"accepted"})
        # One of them is to be tried again, as a mail server has asked for.
        office.ask("UPDATE messages SET state = 'retry', not_before = 0 WHERE id = 1")
        office.until(lambda: len(Shared.all_sent) == 4)
        office.until(lambda: number_of_jobs(office) == 0)


def test_a_job_in_hand_is_left_alone_however_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SWEEP", 0.4)
    office = Office(tmp_path, 1)
    Shared.takes = 2.0  # some sweeps
    office.hand_over()
    with office.working(1):
        office.until(lambda: Shared.all_sent)
        while office.states() != {"accepted"}:
            assert number_of_jobs(office) == 1 or office.states() == {"accepted"}
            time.sleep(0.02)
        office.until(lambda: number_of_jobs(office) == 0)
    assert office.events("task failed") == []


@pytest.mark.usefixtures("impatient")
def test_a_job_that_is_gone_before_its_end_ends_no_worker(tmp_path: Path) -> None:
    office = Office(tmp_path, 700)
    Shared.takes = 0.5
    office.hand_over()
    with office.working(1, concurrency=1):
        office.until(lambda: Shared.all_sent)
        office.ask("DELETE FROM procrastinate_jobs WHERE status = 'doing'")
        Shared.takes = 0.0
        office.until(office.sent_once)


def test_one_look_does_not_tell_that_a_job_is_left_over(tmp_path: Path) -> None:
    """It may have been taken just now."""
    office = Office(tmp_path)
    office.hand_over()
    ((ours,),) = office.ask("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    office.ask("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", ours)
    jobs = jobs_of(office)

    async def looks() -> list[int]:
        async with jobs.opened():
            nobody = [await jobs.free_stalled(), await jobs.free_stalled()]
            jobs._workers.append(SimpleNamespace(worker_id=ours))
            return [*nobody, await jobs.free_stalled(), await jobs.free_stalled()]

    assert asyncio.run(looks()) == [0, 0, 0, 1]
    assert number_of_jobs(office) == 0


def test_two_that_free_the_same_jobs_do_not_get_in_each_others_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("UPDATE procrastinate_jobs SET status = 'doing'")
    both, stalled = asyncio.Barrier(2), JobManager.get_stalled_jobs

    async def get_stalled_jobs(manager: JobManager, **given: Any) -> Any:
        found = await stalled(manager, **given)
        await both.wait()
        return found

    monkeypatch.setattr(JobManager, "get_stalled_jobs", get_stalled_jobs)

    async def freed() -> list[int]:
        one, other = jobs_of(office), jobs_of(office)
        async with one.opened(), other.opened():
            return [*await asyncio.gather(one.free_stalled(), other.free_stalled())]

    assert sorted(asyncio.run(freed())) == [0, 1]


def test_a_job_that_somebody_is_at_is_not_waited_for(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hand_over()
    office.ask("UPDATE procrastinate_jobs SET status = 'doing'")
    jobs = jobs_of(office)

    async def freed() -> int:
        async with jobs.opened():
            return await jobs.free_stalled()

    with somebody(office, "SELECT 1 FROM procrastinate_jobs FOR UPDATE"):
        assert asyncio.run(freed()) == 0
    assert asyncio.run(freed()) == 1


@pytest.mark.usefixtures("impatient")
def test_a_queue_that_is_up_to_date_is_not_written_to(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with somebody(office, KEEP):
        queue.install(office.url)


@pytest.mark.usefixtures("impatient")
def test_who_must_wait_to_make_the_queue_does_not_wait_for_long(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with somebody(office, queue._ALONE), pytest.raises(JournalAway, match="lock timeout"):
        queue.install(office.url)


@pytest.mark.parametrize("keeps", [queue._ALONE, KEEP], ids=["its making", "its jobs"])
def test_a_worker_that_waits_for_the_queue_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeps: str
) -> None:
    monkeypatch.setattr(queue, "LOCKED", 1.0)
    office = Office(tmp_path, 1)
    office.hand_over()
    one = office.worker()

    async def stopped() -> float:
        running = asyncio.create_task(one.run())
        waiting: Callable[[], object] = lambda: office.ask(f"SELECT 1 {WAITING}")  # noqa: E731
        await asyncio.to_thread(office.until, waiting)
        began = time.monotonic()
        one.stop()  # on the loop, as a signal does
        await running
        return time.monotonic() - began

    with somebody(office, keeps):
        assert asyncio.run(stopped()) < 10
    assert Shared.all_sent == []
