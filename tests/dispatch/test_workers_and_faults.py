"""What a fault leaves behind in a worker that goes on: no campaign that stands still, no doubt
that is listed nowhere.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
import pytest
from psycopg import sql

import postgreskit
from linekit import Line
from officekit import Office, Shared
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.distributed import branch, metrics, worker
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.sweeping import Sweeper, Swept
from uadispatch.dispatch.journal import Journal
from uadispatch.dispatch.journal.on_server import books, hearts, opening
from uadispatch.dispatch.sending import saving
from uadispatch.errors import ConfigError, UadispatchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uadispatch.dispatch.distributed.worker import Worker
    from uadispatch.dispatch.journal import Moment


@pytest.fixture(autouse=True)
def _on_a_server(the_server: str) -> Iterator[None]:
    Shared.all_sent, Shared.takes = [], 0.0
    databases = postgreskit.Databases(the_server)
    with postgreskit.journals_on(databases):
        yield
    databases.drop()


@pytest.fixture
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes minutes takes seconds."""
    monkeypatch.setattr(books, "PATIENCE", 2.0)
    monkeypatch.setattr(saving, "RECORDING", timedelta(seconds=2))
    monkeypatch.setattr(hearts, "BEAT", 0.3)
    monkeypatch.setattr(hearts, "DEAD", 6.0)
    monkeypatch.setattr(hearts, "SURE", 4.0)
    for name, seconds in {"SWEEP": 0.3, "AGAIN": 0.2, "REFUSED": 0.2}.items():
        monkeypatch.setattr(worker, name, seconds)


in_a_hurry = pytest.mark.usefixtures("_in_a_hurry")


class Gate(Shared):
    """Sends wait at a gate."""

    gate: ClassVar[threading.Event]

    async def send(self, message: Message) -> Receipt:
        self.all_sent.append(message.target.id)
        await asyncio.to_thread(self.gate.wait, 60)
        return Receipt(says="taken")


@dataclass
class Running:
    """A worker on a thread of its own."""

    worker: Worker
    fault: BaseException | None = None

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            asyncio.run(self.worker.run())
        except BaseException as exc:  # noqa: BLE001 - the test asks for it
            self.fault = exc

    def stop(self) -> None:
        self.worker.stop()
        self.thread.join(40)
        assert not self.thread.is_alive(), "the worker does not end"


@contextmanager
def working(office: Office, url: str | None = None) -> Iterator[Running]:
    """One worker, perhaps at the end of a line."""
    running = Running(office.worker(url=url))
    try:
        yield running
    finally:
        running.stop()


def break_all_connections(office: Office, *, read_only: bool) -> None:
    """As where a server becomes a standby, or the first one again."""
    with psycopg.connect(office.url.given, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        name = sql.Identifier(admin.info.dbname)
        to = sql.SQL("SET default_transaction_read_only = {}").format(read_only)
        admin.execute(sql.SQL("ALTER DATABASE {} {}").format(name, to))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@in_a_hurry
def test_a_campaign_goes_on_after_an_outage_longer_than_anybodys_patience(tmp_path: Path) -> None:
    office = Office(tmp_path, 60)
    Shared.takes = 0.05
    office.hand_over()
    with Line.to(office.url.given) as line, working(office, line.url):
        office.until(lambda: len(Shared.all_sent) > 5)
        line.cut()
        office.until(lambda: office.events("job left"))
        line.mend()
        office.until(lambda: set(Shared.all_sent) == {f"official-{n}" for n in range(60)})
        office.until(lambda: not office.states() & {"planned", "claimed"})
    assert len(Shared.all_sent) == 60


@in_a_hurry
def test_a_campaign_goes_on_after_a_fault_that_nobody_waits_for(tmp_path: Path) -> None:
    office = Office(tmp_path, 60)
    Shared.takes = 0.05
    office.hand_over()
    with working(office):
        office.until(lambda: len(Shared.all_sent) > 5)
        break_all_connections(office, read_only=True)
        office.until(lambda: office.events("job left"))
        break_all_connections(office, read_only=False)
        office.until(lambda: len(set(Shared.all_sent)) == 60)
        office.until(lambda: not office.states() & {"planned", "claimed"})
    assert len(Shared.all_sent) == 60


@in_a_hurry
def test_what_could_not_be_recorded_is_in_doubt_though_its_worker_goes_on(tmp_path: Path) -> None:
    office = Office(tmp_path, 4, kind=Gate)
    Gate.gate = threading.Event()
    office.hand_over()
    with Line.to(office.url.given) as line, working(office, line.url) as running:
        office.until(lambda: Shared.all_sent)
        line.cut()
        Gate.gate.set()  # the mail server took it, and the journal is away for long
        office.until(lambda: office.events("job left"))
        line.mend()
        office.until(lambda: "claimed" not in office.states())
        office.until(lambda: not office.states() & {"planned", "claimed"})
        assert running.worker.life is not None  # it lives, and did so all the time
        assert len(office.events("worker started")) == 1
    assert office.states() == {"accepted", "in_doubt"}
    assert len(Shared.all_sent) == 4
    left = [told for told in office.events("job left") if told.get("in_doubt")]
    assert left, "the log has the number"
    assert "official" not in json.dumps(office.logged), "and no name"


@in_a_hurry
def test_a_sweep_that_ends_in_any_way_ends_no_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, 20)
    office.hand_over()
    office.ask("DELETE FROM procrastinate_jobs")
    sweep, failing = Sweeper.sweep, iter(range(2))

    def sometimes(sweeper: Sweeper) -> Swept:
        if next(failing, None) is not None:
            raise LookupError("official-1 is in the text of this")
        return sweep(sweeper)

    monkeypatch.setattr(Sweeper, "sweep", sometimes)
    with working(office):
        office.until(office.sent_once)
    assert office.events("sweep failed") == [{"fault": "LookupError"}] * 2


def test_a_worker_that_a_fault_ends_records_what_is_on_its_way_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, 3, kind=Gate)
    Gate.gate = threading.Event()
    office.hand_over()
    fails = threading.Event()

    async def look(*_: object) -> None:
        await asyncio.to_thread(fails.wait, 60)
        raise LookupError("nobody has thought of it")

    monkeypatch.setattr(worker.Worker, "_sweep", look)
    running = Running(office.worker())
    office.until(lambda: Shared.all_sent)
    fails.set()
    time.sleep(0.3)
    Gate.gate.set()
    running.thread.join(30)
    assert not running.thread.is_alive()
    assert isinstance(running.fault, LookupError)
    assert office.states() == {"accepted", "planned"}
    assert office.ask("SELECT count(*) FROM owners") == [(0,)]


@in_a_hurry
def test_a_channel_that_could_not_send_is_tried_again_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch, "SHUT", 1.0)
    wrong = threading.Event()
    wrong.set()
    tries: list[float] = []

    class Locked(Shared):
        async def send(self, message: Message) -> Receipt:
            if wrong.is_set():
                tries.append(time.monotonic())
                raise ConfigError("the mail server does not take the password")
            return await super().send(message)

    office = Office(tmp_path, 3, kind=Locked)
    office.hand_over()
    with working(office):
        office.until(lambda: len(office.events("job left")) > 3)
        wrong.clear()  # it was changed there
        office.until(office.sent_once)
    says = {told["says"] for told in office.events("job left")}
    assert says == {"fake cannot send: the mail server does not take the password"}
    assert all(later - earlier >= 1.0 for earlier, later in zip(tries, tries[3:], strict=False))


def test_a_campaign_that_somebody_keeps_keeps_no_other_from_its_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(opening._SETTINGS, "lock_timeout", "1s")
    office = Office(tmp_path, 3)
    office.hand_over()
    office.ask(
        "INSERT INTO campaigns (number, title, file, snapshot) "
        "SELECT '1/19', title, file, snapshot FROM campaigns"
    )
    office.ask("UPDATE facts SET id = id + 100")
    for number, kind in ((1, "handed_over"), (2, "closed")):
        office.ask(
            "INSERT INTO facts (id, campaign, kind, value, at, by, because) SELECT %s, '1/19', %s, "
            "value, at, by, 'over' FROM facts WHERE kind = 'handed_over' AND campaign = '46/19'",
            number, kind,
        )  # fmt: skip
    office.ask("DELETE FROM procrastinate_jobs")
    cancelled: list[str] = []
    cancel = Journal.cancel_ended

    def noted(journal: Journal, moment: Moment, *given: Any, **more: Any) -> Any:
        cancelled.append(moment.campaign)
        return cancel(journal, moment, *given, **more)

    monkeypatch.setattr(Journal, "cancel_ended", noted)
    with office.case.journal() as journal:
        sweeper = Sweeper(journal, office.clock, by="sweeper")
        with office.case.journal() as purging, purging._books.wiping("1/19"):
            found = sweeper.sweep()
        assert found.jobs == {"46/19": 1}
        assert [*found.failed] == ["1/19"]
        for _ in range(3):
            assert sweeper.sweep().failed == {}
    assert cancelled == ["1/19"] * 2, "once in vain; then what is cleared away is let alone"


ALL = frozenset({"fake"})


@pytest.mark.parametrize("first", [None, frozenset({"official-0", "official-2"})])
def test_a_narrower_order_takes_nothing_back(tmp_path: Path, first: frozenset[str] | None) -> None:
    office = Office(tmp_path, 5)
    office.order = Order(campaign="46/19", channels=ALL, targets=first)
    office.hand_over()
    office.order = Order(campaign="46/19", channels=ALL, targets=frozenset({"official-1"}))
    office.hand_over()
    meant = {f"official-{n}" for n in (range(5) if first is None else range(3))}
    with office.working(1):
        office.until(lambda: set(Shared.all_sent) == meant)
    assert len(Shared.all_sent) == len(meant)


def test_what_no_order_can_say_is_refused_while_the_former_waits(tmp_path: Path) -> None:
    office = Office(tmp_path, 5)
    office.order = Order(campaign="46/19", channels=ALL, targets=frozenset({"official-1"}))
    office.hand_over()
    orders = "SELECT count(*) FROM facts WHERE kind = 'handed_over'"
    office.order = Order(
        campaign="46/19", channels=frozenset({"other"}), targets=frozenset({"official-2"})
    )
    with pytest.raises(UadispatchError, match="for other channels and other targets"):
        office.hand_over()
    assert office.ask(orders) == [(1,)]
    with office.working(1):
        office.until(lambda: Shared.all_sent == ["official-1"])
        office.until(lambda: "claimed" not in office.states())
    office.hand_over()
    assert office.ask(orders) == [(2,)]


@in_a_hurry
def test_a_worker_that_can_take_no_job_is_not_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "UNSWEPT", 3.0)
    office = Office(tmp_path, 3)
    with working(office) as running:
        its = metrics.Metrics(
            office.url, metrics.Heard(["fake"]), lambda: running.worker.life,
            clock=office.clock, spacings={}, unswept=running.worker.unswept,
        )  # fmt: skip
        office.until(lambda: its.ails() is None)
        office.ask("ALTER TABLE procrastinate_jobs RENAME TO gone")
        office.until(lambda: "no sweep has succeeded" in (its.ails() or ""))
        office.ask("ALTER TABLE gone RENAME TO procrastinate_jobs")
        office.until(lambda: its.ails() is None)
        its.close()
