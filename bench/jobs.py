"""What the queue of workers costs where it is long: handing out jobs, sweeping, taking one.

A server from the wheel that the tests use. A job stands for 500 messages, and a sweep looks in
each block of 500 for the first that is due: so it finds in a journal with one message in each
block what it finds in a full one. Failed unless every block has one job, and they come in order.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import psycopg
from measuring import Failed
from workers import BENCH, Server
from written import write

from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.sweeping import hand_out
from uadispatch.dispatch.journal import Journal, ServerUrl, journal_url
from uadispatch.dispatch.journal.tables.raw import OnServer
from uadispatch.dispatch.journal.writing.handing import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ORDER = Order(campaign="46/19", channels=frozenset({"nothing"}))
TAKEN = 300

_FILL = f"""
INSERT INTO messages (id, key, campaign, round, target, channel, contact, "to", language, snapshot,
    target_digest, expires_at, state, reason, attempts, changed_at)
SELECT n * {BLOCK}, 'key ' || n, '{ORDER.campaign}', 1, 'target ' || n, 'nothing', 'contact ' || n,
    '', 'en', 'digest', 'digest ' || n, 4e15::bigint, 'planned', '', 0, 0
FROM generate_series(1, %s) n
"""  # noqa: S608 - our own names
_TAKE = "SELECT args FROM procrastinate_fetch_job_v2(ARRAY['nothing'], NULL)"


class Costs(NamedTuple):
    """Of a queue with so many jobs: seconds."""

    jobs: int
    handed_out: float
    swept: float
    """The messages and the queue were looked through, and every job was there."""
    taken: float
    """One job."""
    memory: float
    """Bytes: by how much handing out made this process grow."""


def timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def memory() -> float:
    """The most that this process had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def costs(server: Server, number: int) -> Costs:
    """What so many jobs cost."""
    server.fresh()
    url = journal_url(server.url, Path())
    if not isinstance(url, ServerUrl):
        raise Failed(f"{server.url} names no server")
    Journal(url, write=True).close()
    queue.install(url)
    with psycopg.connect(url.given) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_FILL.encode(), (number,))
        connection.commit()
        its, now, before = OnServer(connection), datetime.now(UTC), memory()

        def hand() -> int:
            found = hand_out(its, ORDER, ORDER.channels, now=now)
            connection.commit()
            return found

        handed, first = timed(hand)
        grown = memory() - before
        again, second = timed(hand)
        if (handed, again) != (number, 0):
            raise Failed(f"{number:,} jobs should be handed out once, and were: {handed}, {again}")
        taken = 0.0
        for place in range(TAKEN):
            row, took = timed(lambda: connection.execute(_TAKE.encode()).fetchone())
            connection.commit()
            taken += took
            if row is None or row[0]["number"] != place + 1:
                raise Failed(f"job {place + 1} should come, and this came: {row}")
    return Costs(number, first, second, taken / TAKEN, grown)


def table(found: list[Costs]) -> str:
    """Markdown."""
    heads = "jobs", "messages", "handed out in", "more memory", "a sweep", "a job is taken in"
    lines = [f"| {' | '.join(heads)} |", f"|{'---:|' * len(heads)}"]
    lines += [
        f"| {its.jobs:,} | {its.jobs * BLOCK / 1e6:.0f} million | {its.handed_out:.1f} s "
        f"| {its.memory / 1e6:.0f} MB | {its.swept:.2f} s | {its.taken * 1000:.1f} ms |"
        for its in found
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    parser.add_argument("--write", type=Path, help="the page whose figures these are to be")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH, ignore_cleanup_errors=True) as name:
        server = Server(Path(name, "postgresql"))
        figure = table([costs(server, number) for number in given.jobs])
    if given.write is None:
        print(figure)
    else:
        write(given.write, {"jobs": figure})


if __name__ == "__main__":
    main()
