"""What the journal costs: messages per second of a channel that does nothing, by window.

`uadispatch send` runs as it is (claim, compose, send, record) with the journal on SQLite at
synchronous=FULL, on the disk of this checkout; beside it the journal alone, with nothing composed
or sent between its transactions, and the time of one commit of that disk, measured in the same
minute. Planning is not counted. It asserts nothing but that every message was accepted once.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import mails
from machine import commit_time
from measuring import measure, require_all_accepted, surroundings
from summary import Figure

from uadispatch.clock import SystemClock
from uadispatch.dispatch.journal import (
    Journal,
    Moment,
    Owner,
    Pacing,
    Selection,
    Settlement,
    journal_url,
)
from uadispatch.dispatch.states import State

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PLUGINS = ROOT / "bench/plugins"
CAMPAIGN = "1/26"


class Found(NamedTuple):
    """Of one run."""

    engine: float
    """Messages per second."""
    alone: float
    """The same of the journal alone."""
    commit: float
    """Seconds."""


def send(campaign: Path, window: int, *words: str) -> dict[str, object]:
    """What `send` says, with so large a window."""
    ran = measure(
        [Path(sys.prefix, "bin/uadispatch"), "send", campaign, "--yes", "--json",
         "--plugins-dir", PLUGINS, *words],
        cwd=campaign.parent,
        env=surroundings() | {"UADISPATCH_NOTHING_CONCURRENCY": str(window)},
    )  # fmt: skip
    said: dict[str, object] = json.loads(ran.said)
    return said


def journal_alone(campaign: Path, number: int, window: int) -> float:
    """Messages per second of the same transactions, with nothing between them."""
    send(campaign, window, "--limit", "1")  # which plans all of them
    url = journal_url(None, campaign.parents[2])
    now = SystemClock().now()
    pace = Pacing(channel="nothing")
    with Journal(url, write=True) as journal, Owner(url) as owner:
        began = time.perf_counter()
        finished: list[Settlement] = []
        after = 0
        while ids := journal.due(
            CAMPAIGN, "nothing", Selection(), now=now, after=after, limit=5000
        ):
            after = ids[-1]
            for start in range(0, len(ids), window):
                turn = journal.turn(
                    finished, ids[start : start + window],
                    moment=lambda: Moment(campaign=CAMPAIGN, now=now), owner=owner.id, pace=pace,
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
    require_all_accepted(send(campaign, window), number)  # nothing is left to send
    return (number - 1) / seconds


def measured(window: int, number: int) -> Found:
    rates = []
    commit = 0.0
    for alone in (False, True):
        with tempfile.TemporaryDirectory(dir=BENCH) as name:
            folder = Path(name)
            campaign = mails.write_campaign(folder, number, channel="nothing")
            mails.write_settings(folder)
            if alone:
                rates.append(journal_alone(campaign, number, window))
                commit = commit_time(folder)
            else:
                said = send(campaign, window)
                require_all_accepted(said, number)
                rates.append(float(str(said["messages_per_second"])))
    engine, journal = rates
    return Found(engine, journal, commit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--windows", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--json", action="store_true", help="print every run, for figures.py")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    found = {
        window: [measured(window, given.messages) for _ in range(given.runs)]
        for window in given.windows
    }
    if given.json:
        print(json.dumps({str(k): [run._asdict() for run in runs] for k, runs in found.items()}))
        return
    print(
        f"{given.messages:,} messages; medians of {given.runs} (lowest-highest). SQLite "
        f"{sqlite3.sqlite_version}, WAL, synchronous=FULL; {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}.\n"
    )
    print("| window | engine, messages/s | journal alone, messages/s | one commit of the disk |")
    print("|---:|---:|---:|---:|")
    for window, runs in found.items():
        engine, alone, commit = map(Figure.of, zip(*runs, strict=True))
        print(f"| {window} | {engine} | {alone} | {commit.median * 1000:.2f} ms |")


if __name__ == "__main__":
    main()
