"""Which blocks of messages get a job, and what a sweep costs where there are many."""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import postgreskit
from journalkit import START, planned, snapshot_of
from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.distributed.orders import Order, give
from uadispatch.dispatch.distributed.sweeping import Sweeper, hand_out
from uadispatch.dispatch.journal import Block, Journal, ServerUrl, blocks_due
from uadispatch.dispatch.journal.tables.raw import OnServer, in_postgres
from uadispatch.dispatch.journal.tables.schema import number_of
from uadispatch.dispatch.journal.writing.handing import BLOCK, hand_over
from uadispatch.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from uadispatch.dispatch.journal import Raw

SOON, LATER = START - timedelta(hours=1), START + timedelta(hours=1)
ROWS = 12 * BLOCK
CAMPAIGN, CHANNELS = "46/19", ("email", "fax")


@pytest.fixture
def url(the_server: str, tmp_path: Path) -> Iterator[ServerUrl]:
    databases = postgreskit.Databases(the_server)
    yield databases.of(tmp_path)
    databases.drop()


@pytest.fixture
def connection(url: ServerUrl) -> Iterator[psycopg.Connection[Any]]:
    """A journal of one message, and `ROWS` more that are copies of it."""
    with Journal(url, write=True) as journal:
        row = planned("t0", "email", "t0@example.org", expires_at=START + timedelta(days=30))
        journal.record_plan([row], snapshot_of(1, ["t0"]), file="ua.yaml", at=START, by="run")
    with psycopg.connect(url.given) as connection:
        connection.execute("SET session_replication_role = replica")
        columns = [
            name
            for (name,) in connection.execute(
                "SELECT quote_ident(column_name) FROM information_schema.columns "
                "WHERE table_name = 'messages' AND column_name NOT IN ('id', 'key')"
            )
        ]
        its = ", ".join(columns)
        copy = f"INSERT INTO messages (key, {its}) SELECT 'k' || i, {its} FROM messages, generate_series(1, {ROWS}) i"  # noqa: E501, S608 - our own names
        connection.execute(copy.encode())
        yield connection
        connection.rollback()


class Explained(OnServer):
    """Notes how the server goes about what is asked of messages."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def execute(self, statement: str, values: Any = ()) -> Any:
        if "FROM messages" in statement:
            explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + in_postgres(statement)
            self.plans.append(str(self.connection.execute(explain, values).fetchall()))
        return super().execute(statement, values)


def change(connection: psycopg.Connection[Any], id_: int, **to: object) -> None:
    values = ", ".join(f"{name} = %({name})s" for name in to)
    connection.execute(f"UPDATE messages SET {values} WHERE id = %(id)s".encode(), to | {"id": id_})  # noqa: S608 - our own names


def spread(connection: psycopg.Connection[Any], dice: random.Random) -> None:
    """Any messages in any states; in some blocks hardly one is due."""
    for id_ in range(1, ROWS + 2):
        quiet = (id_ // BLOCK) % 3 and dice.random() < 0.998
        change(
            connection, id_,
            campaign=dice.choice((CAMPAIGN, CAMPAIGN, "47/19")),
            channel=dice.choice((*CHANNELS, "letter")),
            target=f"t{dice.randrange(3)}",
            state="accepted" if quiet else dice.choice(("planned", "retry", "in_doubt", "failed")),
            repeatable=dice.choice((None, "idempotent")),
            not_before=dice.choice((None, number_of(SOON), number_of(LATER))),
            held=dice.choice((None, None, "a person must look")),
        )  # fmt: skip


def naively(
    connection: psycopg.Connection[Any], channels: set[str], targets: frozenset[str] | None
) -> list[Block]:
    """The same, by going through all of it."""
    found = set()
    for id_, channel, target, state, repeatable, not_before, held in connection.execute(
        "SELECT id, channel, target, state, repeatable, not_before, held FROM messages "
        "WHERE campaign = %s", (CAMPAIGN,),
    ):  # fmt: skip
        again = state == "in_doubt" and repeatable == "idempotent" and not_before is not None
        waits = not_before is not None and not_before > number_of(START)
        meant = channel in channels and (targets is None or target in targets)
        if meant and held is None and not waits and (state in ("planned", "retry") or again):
            found.add((id_ // BLOCK, channel))
    return [Block(channel, number) for number, channel in sorted(found)]


@pytest.mark.parametrize("channels", [{"email"}, {"fax", "email"}, {"phone"}])
@pytest.mark.parametrize("targets", [None, frozenset({"t1"})])
def test_they_are_those_in_which_something_is_due(
    connection: psycopg.Connection[Any], channels: set[str], targets: frozenset[str] | None
) -> None:
    spread(connection, random.Random())  # noqa: S311 - seeded with all that is random here
    its = OnServer(connection)
    expected = naively(connection, channels, targets)
    assert blocks_due(its, CAMPAIGN, channels, targets, now=START) == expected
    assert len(expected) < ROWS / BLOCK * len(channels)
    assert bool(expected) == (channels != {"phone"})


def test_a_channel_that_was_asked_to_pause_has_none(connection: psycopg.Connection[Any]) -> None:
    change(connection, 7, channel="fax")
    pause = "INSERT INTO paces (channel, paused_until) VALUES ('email', %s)"
    connection.execute(pause, (number_of(LATER),))
    its = OnServer(connection)
    assert blocks_due(its, CAMPAIGN, CHANNELS, now=START) == [Block("fax", 0)]
    whole = blocks_due(its, CAMPAIGN, CHANNELS, now=LATER)
    assert whole == [Block("email", 0), Block("fax", 0), *(Block("email", n) for n in range(1, 13))]


@pytest.mark.parametrize("state", ["of an empty table", "of today", "of yesterday"])
def test_what_is_done_and_what_is_due_is_not_gone_through(
    connection: psycopg.Connection[Any], state: str
) -> None:
    """Whatever its statistics make the server believe."""
    if state == "of yesterday":
        connection.execute("ANALYZE messages")
    connection.execute("UPDATE messages SET state = 'accepted' WHERE id % 100 > 0 AND id > 2500")
    if state == "of today":
        connection.execute("ANALYZE messages")
    its = Explained(connection)
    blocks_due(its, CAMPAIGN, ["email"], now=START)
    assert len(its.plans) == 2
    for plan in its.plans:
        assert "'Sort'" not in plan
        assert "Seq Scan" not in plan
        assert "Bitmap" not in plan
        assert "messages_waiting" in plan or "messages_again" in plan
        assert "messages_pkey" not in plan


def test_whoever_hands_out_many_jobs_tells_the_server_how_many(url: ServerUrl) -> None:
    """Else each look for a job goes through all of them, until the server counts by itself."""
    queue.install(url)
    count = "SELECT reltuples FROM pg_class WHERE relname = 'procrastinate_jobs'"
    with psycopg.connect(url.given) as connection:
        jobs = (queue.Sending(CAMPAIGN, Block("email", number)) for number in range(2500))
        assert queue.defer(OnServer(connection), jobs) == 2500
        assert connection.execute(count.encode()).fetchone() == (2500,)
        names = queue.live(OnServer(connection), CAMPAIGN)
        assert len(names) == 2500
        fetch = "SELECT args FROM procrastinate_fetch_job_v2(ARRAY['email'], NULL)"
        found = [row for _ in range(3) for row in connection.execute(fetch.encode())]
    assert [args["number"] for (args,) in found] == [0, 1, 2]


def test_a_deadline_is_asked_for_seldom_and_kept_all_the_same(
    url: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.install(url)
    with psycopg.connect(url.given) as connection:
        order = Order(campaign=CAMPAIGN, channels=frozenset({"email"}))
        hand_over(OnServer(connection), CAMPAIGN, order.value, at=START, by="Ann")
    asked: list[datetime] = []
    clock = VirtualClock(START)
    real = Journal.next_end

    def next_end(journal: Journal, *given: Any) -> datetime | None:
        asked.append(clock.now())
        return real(journal, *given)

    monkeypatch.setattr(Journal, "next_end", next_end)
    with Journal(url, write=True) as journal:
        row = planned("t0", "email", "t0@example.org", expires_at=START + timedelta(minutes=9))
        journal.record_plan([row], snapshot_of(1, ["t0"]), file="ua.yaml", at=START, by="run")
        sweeper = Sweeper(journal, clock, by="sweeper")
        assert sweeper.sweep().jobs == {CAMPAIGN: 1}
        for _ in range(3):
            assert sweeper.sweep().jobs == {}
        assert len(asked) == 1
        asyncio.run(clock.sleep(301))
        sweeper.sweep()
        assert len(asked) == 2
        asyncio.run(clock.sleep(240))  # the deadline has passed
        assert sweeper.sweep().cancelled == {CAMPAIGN: 1}
        assert sweeper.sweep().cancelled == {}
        assert len(asked) == 3


def test_who_hands_over_waits_for_a_sweep_and_no_job_comes_twice(url: ServerUrl) -> None:
    queue.install(url)
    order = Order(campaign=CAMPAIGN, channels=frozenset({"email"}))
    with Journal(url, write=True) as journal:
        row = planned("t0", "email", "t0@example.org", expires_at=START + timedelta(days=30))
        journal.record_plan([row], snapshot_of(1, ["t0"]), file="ua.yaml", at=START, by="run")
        begun, going = threading.Event(), threading.Event()

        def sweep(connection: Raw) -> int:
            number = hand_out(connection, order, order.channels, now=START)
            begun.set()
            assert not going.wait(0.5), "who hands over does not wait"
            return number

        sweeping = threading.Thread(target=journal.sweep, args=(sweep,))
        sweeping.start()
        assert begun.wait(10)
        with psycopg.connect(url.given) as connection:
            its = give(OnServer(connection), order, at=START, by="Ann")
            going.set()
            assert hand_out(OnServer(connection), its, its.channels, now=START) == 0
        sweeping.join(10)
    with psycopg.connect(url.given) as connection:
        assert queue.live(OnServer(connection), CAMPAIGN) == {"46/19 email 0"}
