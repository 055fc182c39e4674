"""What a message costs the journal, by how many there are: to plan it, to claim and record it.

The journal alone, at synchronous=FULL, on the disk of this checkout; nothing is composed or sent.
Each size has a process of its own, so that the peak memory is its own too: that of Python and the
libraries, and of the journal. It asserts nothing but that every message was accepted once.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from journal_table import head, row
from measuring import Failed

from uadispatch.dispatch.journal import (
    Journal,
    Moment,
    Owner,
    Pacing,
    Planned,
    Selection,
    Settlement,
    journal_url,
)
from uadispatch.dispatch.snapshot import Snapshot, canonical, digest, message_key
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCH = Path(__file__).resolve().parents[1] / ".bench"
CAMPAIGN = "1/26"
LAST_DAY = datetime(2099, 12, 31, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = Moment(campaign=CAMPAIGN, now=NOW)
RECEIPT = '{"attempt":1,"id":"","says":"250 2.0.0 Ok: queued as 4F1B22C0A1"}'


def plan(number: int) -> Iterator[Planned]:
    """So many messages by email; their contacts are in no order, as those of officials are."""
    for place in range(number):
        target = f"official-{place}"
        contact = f"{digest(target)[:8]}.{place}@parliament.example.org"
        body = canonical(
            {
                "country": "KZ", "email": {"value": contact}, "id": target, "languages": ["en"],
                "name": f"Official Number {place}", "role": "Member of the Council",
            }
        )  # fmt: skip
        yield Planned(
            key=message_key(CAMPAIGN, 1, target, "email"), target=target, channel="email",
            contact=contact, to=contact, language="en", target_digest=digest(body),
            target_body=body, expires_at=LAST_DAY, held=None, refusal=None,
        )  # fmt: skip


def snapshot() -> Snapshot:
    """A snapshot with what the journal reads of one."""
    case = {"number": CAMPAIGN, "title": "Bench", "deadline": "2099-12-31"}
    return Snapshot(canonical({"urgent_action": case, "round": 1, "targets": digest("")}))


@dataclass
class Turns:
    """What turns of one window took."""

    window: int
    messages: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    slowest: float = 0.0
    log: int = 0
    """Bytes of SQLite's log, at most."""
    _began: tuple[float, float] = field(default=(0.0, 0.0), repr=False)

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began[0]
        self.cpu = time.process_time() - self._began[1]


def turns(journal: Journal, owner: str, window: int, number: int, log: Path) -> Turns:
    """Claim and record so many of the messages that are due."""
    finished: list[Settlement] = []
    pace = Pacing(channel="email")
    after = 0
    with Turns(window) as found:
        while found.messages < number:
            most = min(500, number - found.messages)
            ids = journal.due(CAMPAIGN, "email", Selection(), now=NOW, after=after, limit=most)
            if not ids:
                break
            after = ids[-1]
            for start in range(0, len(ids), window):
                began = time.perf_counter()
                turn = journal.turn(
                    finished, ids[start : start + window], moment=lambda: MOMENT, owner=owner,
                    pace=pace,
                )  # fmt: skip
                found.slowest = max(found.slowest, time.perf_counter() - began)
                found.messages += len(turn.claimed)
                finished = [
                    Settlement(
                        row.id, row.attempt, State.ACCEPTED, NOW, "250 2.0.0 Ok: queued",
                        code="250", receipt=RECEIPT, channel=row.channel, contact=row.contact,
                    )
                    for row in turn.claimed
                ]  # fmt: skip
            found.log = max(found.log, log.stat().st_size)
        journal.settle(finished, owner=owner)
    return found


def size_of(path: Path) -> int:
    """Bytes of the file, with all that its log holds."""
    with closing(sqlite3.connect(path)) as beside:
        beside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return path.stat().st_size


def one(number: int, windows: list[int], tried: int) -> dict[str, Any]:
    """What a journal of so many messages costs."""
    began = time.process_time()
    for _ in plan(number):
        pass
    making = time.process_time() - began
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        path = Path(folder) / "journal.db"
        log = Path(folder) / "journal.db-wal"
        url = journal_url(str(path), Path(folder))
        with Journal(url, write=True) as journal, Owner(url) as owner:
            wall, began = time.perf_counter(), time.process_time()
            journal.record_plan(plan(number), snapshot(), file="many.yaml", at=NOW, by=owner.id)
            wall, cpu = time.perf_counter() - wall, time.process_time() - began - making
            logged = log.stat().st_size
            size = size_of(path)
            planned_with = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            each = min(tried, number // len(windows))
            found = [turns(journal, owner.id, window, each, log) for window in windows]
            done = sum(one.messages for one in found)
            asked = time.process_time()
            states = journal.gist(CAMPAIGN).states
            asked = time.process_time() - asked
            if (states[State.ACCEPTED], states.total()) != (done, number):
                raise Failed(f"{done:,} of {number:,} were tried, and they are: {states}")
            grown = (size_of(path) - size) / max(done, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "messages": number,
        "planned": number / (wall - making),
        "cpu": cpu / number,
        "turns": {
            str(turns.window): {
                "rate": turns.messages / turns.seconds, "cpu": turns.cpu / turns.messages,
                "slowest": turns.slowest, "log": turns.log,
            }
            for turns in found
        },
        "log": logged,
        "asked": asked,
        "memory": [planned_with * 1024, peak * 1024],
        "bytes": [size / number, grown],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--windows", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--tried", type=int, default=30_000, help="messages tried by window")
    parser.add_argument("--one", action="store_true", help="one size, in this process, as JSON")
    parser.add_argument("--json", action="store_true", help="one JSON list and nothing else")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    if given.one:
        print(json.dumps(one(given.messages[0], given.windows, given.tried)))
        return
    if not given.json:
        print(
            f"In brackets: processor time of one message. SQLite {sqlite3.sqlite_version}, WAL, "
            f"synchronous=FULL; {os.cpu_count()} cores, {platform.system()}, Python "
            f"{platform.python_version()}.\n"
        )
        print(head(given.windows), flush=True)
    everything = []
    for number in given.messages:
        ran = subprocess.run(
            [
                sys.executable, __file__, "--one", "--messages", str(number), "--tried",
                str(given.tried), "--windows", *map(str, given.windows),
            ],
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        everything.append(json.loads(ran.stdout))
        if not given.json:
            print(row(everything[-1]), flush=True)
    if given.json:
        print(json.dumps(everything))


if __name__ == "__main__":
    main()
