"""What the journal costs: messages per second of a channel that does nothing, by window.

The whole engine runs (claim, compose, send, record) with the journal on SQLite at
synchronous=FULL, on the disk of this checkout; beside it the journal alone, with nothing composed
or sent between its transactions, and the time of one commit of that disk, measured in the same
minute: with a window of n there is one commit for every n messages. Planning is not counted. It
asserts nothing but that every message was accepted once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from uadispatch import Channel, ChannelSettings, Receipt, hookimpl
from uadispatch.channels.registry import Plugin, Registry
from uadispatch.clock import SystemClock
from uadispatch.dispatch.composing import Composer
from uadispatch.dispatch.journal import Journal, Owner, Pacing, Selection, Settlement, journal_url
from uadispatch.dispatch.looking import look, moment_of
from uadispatch.dispatch.preparing import equip, prepare, read
from uadispatch.dispatch.run import run
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from uadispatch import Message
    from uadispatch.dispatch.engine import Engine
    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.preparing import Prepared

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
COMMITS = 300


class NothingSettings(ChannelSettings):
    """Nothing but what every channel has."""


class Nothing(Channel[NothingSettings]):
    """Takes every message at once."""

    name = "nothing"
    contact = "email"
    Settings = NothingSettings
    templates: ClassVar[Mapping[str, str]] = {
        "any": "{% set subject = letter.subject %}\n{{ salutation or target.name }},\n\n"
        "{{ letter.text }}\n"
    }

    async def send(self, message: Message) -> Receipt:  # noqa: ARG002 - it does nothing
        return Receipt(says="taken")


class Stopwatch:
    """Times the sending of a run, and nothing else of it."""

    seconds = 0.0

    def __call__(self, _: Engine) -> AbstractContextManager[None]:
        from contextlib import contextmanager  # noqa: PLC0415 - only here

        @contextmanager
        def running() -> Iterator[None]:
            began = time.perf_counter()
            yield
            self.seconds = time.perf_counter() - began

        return running()


def registry() -> Registry:
    plugin = ModuleType("nothing_plugin")

    @hookimpl
    def register_channels(register: Any) -> None:
        register(Nothing)

    plugin.register_channels = register_channels  # type: ignore[attr-defined]
    return Registry([Plugin("nothing", "1", lambda: plugin)])


def planned(folder: Path, number: int, window: int) -> tuple[Prepared, Look]:
    """A campaign of so many targets, looked at."""
    (folder / "config").mkdir()
    (folder / "config/uadispatch.toml").write_text(
        '[organisation]\nname = "An Organisation of Tests"\nemail = "tests@example.org"\n'
    )
    targets = "".join(
        f"  - {{id: official-{n}, name: Official {n}, email: official-{n}@example.org}}\n"
        for n in range(number)
    )
    file = folder / "many.yaml"
    file.write_text(
        "urgent_action: {number: 1/26, title: Bench, country: KZ, deadline: 2099-12-31}\n"
        f"languages: [en]\nchannels: [nothing]\ntargets:\n{targets}"
        'letter: {en: {subject: Release them, text: "I am writing to you about them."}}\n'
    )
    source = read(file, registry())
    channels, _ = equip(source, SystemClock(), stand_ins={"nothing": {"concurrency": window}})
    prepared = prepare(source, channels)
    moment = moment_of(prepared, SystemClock().now(), approval=False)
    url = journal_url(None, source.home)
    return prepared, look(prepared, Composer(prepared.snapshot), url, moment, Selection())


def through_the_engine(prepared: Prepared, seen: Look) -> float:
    """Seconds of sending."""
    watch = Stopwatch()
    clock = SystemClock()
    with Journal(journal_url(None, prepared.source.home), write=True) as journal:
        moment = moment_of(prepared, clock.now(), approval=False)
        asyncio.run(
            run(
                prepared, seen, journal, moment=moment, clock=clock, random=lambda: 0.0,
                selection=Selection(), progress=lambda _: None, watch=watch,
            )
        )  # fmt: skip
        check(journal, len(seen.everything))
    return watch.seconds


def journal_alone(prepared: Prepared, seen: Look, window: int) -> float:
    """Seconds of the same transactions, with nothing between them."""
    url = journal_url(None, prepared.source.home)
    now = SystemClock().now()
    moment = moment_of(prepared, now, approval=False)
    pace = Pacing(channel="nothing")
    with Journal(url, write=True) as journal, Owner(url) as owner:
        journal.record_plan(
            (draft.to_record() for draft in seen.everything), prepared.snapshot,
            file="many.yaml", at=now, by=owner.id,
        )  # fmt: skip
        began = time.perf_counter()
        finished: list[Settlement] = []
        after = 0
        while ids := journal.due(
            moment.campaign, "nothing", Selection(), now=now, after=after, limit=5000
        ):
            after = ids[-1]
            for start in range(0, len(ids), window):
                turn = journal.turn(
                    finished, ids[start : start + window], moment=lambda: moment,
                    owner=owner.id, pace=pace,
                )  # fmt: skip
                finished = [
                    Settlement(
                        row.id, row.attempt, State.ACCEPTED, now, "taken", channel=row.channel,
                        contact=row.contact,
                    )
                    for row in turn.claimed
                ]  # fmt: skip
        journal.settle(finished, owner=owner.id)
        seconds = time.perf_counter() - began
        check(journal, len(seen.everything))
    return seconds


def check(journal: Journal, number: int) -> None:
    """Every message was accepted, at its first try."""
    ended = [(entry.state, entry.attempts) for entry in journal.entries("1/26")]
    assert ended == [(State.ACCEPTED, 1)] * number, "not every message was accepted once"  # noqa: S101


def commit_time(folder: Path) -> float:
    """Seconds of one commit of one small row: the median."""
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY)")
    times = []
    for _ in range(COMMITS):
        began = time.perf_counter()
        connection.execute("INSERT INTO rows DEFAULT VALUES")
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(times)


def measure(window: int, number: int) -> tuple[float, float, float]:
    """Messages per second of the engine and of the journal alone; seconds of a commit."""
    rates = []
    for alone in (False, True):
        with tempfile.TemporaryDirectory(dir=BENCH) as folder:
            prepared, seen = planned(Path(folder), number, window)
            if alone:
                rates.append(number / journal_alone(prepared, seen, window))
                commit = commit_time(Path(folder))
            else:
                rates.append(number / through_the_engine(prepared, seen))
    return rates[0], rates[1], commit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--windows", type=int, nargs="+", default=[10, 50, 200])
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    found = {
        window: [measure(window, given.messages) for _ in range(given.runs)]
        for window in given.windows
    }
    print(
        f"{given.messages:,} messages; medians of {given.runs} (lowest-highest). SQLite "
        f"{sqlite3.sqlite_version}, WAL, synchronous=FULL; {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}.\n"
    )
    print("| window | engine, messages/s | journal alone, messages/s | one commit of the disk |")
    print("|---:|---:|---:|---:|")
    for window, runs in found.items():
        engine, alone, commits = zip(*runs, strict=True)
        commit = statistics.median(commits) * 1000
        print(f"| {window} | {shown(engine)} | {shown(alone)} | {commit:.2f} ms |")


def shown(rates: tuple[float, ...]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"


if __name__ == "__main__":
    main()
