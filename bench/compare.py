"""Messages per second of `uadispatch send` and of others, to the same servers, in one run.

Every contestant sends the same letter (mails.py) to two mail servers (servers.py): Postfix's
smtp-sink on the loopback, and one whose answers take 20 ms; by 1, 10 and 50 connections. Each run
has a server and a folder of its own, on the disk of this checkout; the order is mixed, so that
what else the machine does falls on all of them. Each mail is counted at the server: a wrong count
ends everything. It asserts nothing about speed. What was measured is kept in .bench/compare.json
after every run; `--resume` goes on from there. report.py makes tables and a plot of it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import peers
from contestants import CONNECTIONS, EVERYONE, Contestant, Job, SmtpSource
from machine import machine, versions
from measuring import Failed, measure
from servers import DELAY, FAR, NEAR, SERVERS, far
from summary import measured, ratios

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
IDLE = "20 ms, not delayed"
"""The far server without its delay: it shows that the server itself is not the limit."""
QUICK = 2000
"""The most mails of a run of --quick, which takes fewer where answers are late."""


@dataclass(frozen=True)
class Cell:
    """What is measured several times."""

    contestant: str
    server: str
    connections: int
    mails: int


def cells(given: argparse.Namespace) -> list[Cell]:
    """Everything that is to be measured."""
    found = []
    for each in EVERYONE:
        if given.only and each.name not in given.only:
            continue
        # Whoever has but one connection is measured with it, whatever else is asked for.
        wanted = [number for number in each.connections if number in given.connections]
        for server in given.servers:
            found += [
                Cell(each.name, server, number, _mails(each, server, number, given))
                for number in wanted or each.connections
            ]
        if isinstance(each, SmtpSource) and FAR in given.servers:
            found.append(Cell(each.name, IDLE, 50, _mails(each, NEAR, 50, given)))
    return found


def _mails(each: Contestant, server: str, connections: int, given: argparse.Namespace) -> int:
    full = each.mails(server, connections)
    if given.quick:
        return min(full, QUICK if server == NEAR else 1 + 10 * connections)
    return min(full, given.messages or full)


def run(cell: Cell, installed: peers.Peers, folder: Path) -> dict[str, Any]:
    """One run. Raises Failed: a contestant did not run, or not every mail came once."""
    contestant = next(each for each in EVERYONE if each.name == cell.contestant)
    serve = partial(far, 0) if cell.server == IDLE else SERVERS[cell.server]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        with serve() as server:
            job = Job(cell.mails, cell.connections, server.port, Path(name), installed)
            contestant.set_up(job)
            ran = measure(contestant.command(job), cwd=job.folder)
        try:
            server.check(cell.mails)
        except Failed as exc:
            raise Failed(f"{cell.contestant}, {cell.connections} connections: {exc}") from None
    return asdict(cell) | {
        "sending": contestant.sending(ran), "whole": ran.seconds, "cpu": ran.cpu,
        "memory": ran.memory,
    }  # fmt: skip


def compare(given: argparse.Namespace) -> None:
    """Measure what has not been measured yet, and keep it."""
    folder = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "compare.json"
    wanted = cells(given)
    names = {cell.contestant for cell in wanted}
    needed = {each.needs for each in EVERYONE if each.name in names}
    installed, found = peers.fetch(folder, needed)
    kept = json.loads(file.read_text()) if given.resume and file.exists() else {"runs": []}
    kept |= {
        "machine": machine(folder), "versions": versions() | found,
        "command": " ".join(["bench/compare.py", *sys.argv[1:]]), "delay": DELAY,
        "date": time.strftime("%Y-%m-%d"), "about": {each.name: each.about for each in EVERYONE},
    }  # fmt: skip
    for left in rounds(wanted, kept["runs"], given.runs):
        for number, cell in enumerate(left, 1):
            result = run(cell, installed, folder)
            kept["runs"].append(result)
            file.write_text(json.dumps(kept, indent=1))
            print(
                f"{number:3}/{len(left)}  {cell.contestant:<24}{cell.server:<20}"
                f"{cell.connections:3} connections {cell.mails / result['sending']:10,.0f}/s",
                file=sys.stderr, flush=True,
            )  # fmt: skip
    if given.quick:
        print("Few mails, once: that everybody runs is what counts here, and not how fast.")
    print("\n".join(map(str, ratios(measured(kept["runs"])))))


def rounds(wanted: list[Cell], runs: list[dict[str, Any]], number: int) -> list[list[Cell]]:
    """What is left of each round, in an order of its own."""
    done = {cell: sum(asdict(cell).items() <= each.items() for each in runs) for cell in wanted}
    left = [[cell for cell in wanted if done[cell] <= nth] for nth in range(number)]
    return [random.sample(each, len(each)) for each in left]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [each.name for each in EVERYONE]
    parser.add_argument("--runs", type=int, help="of each (5; with --quick 1)")
    parser.add_argument("--messages", type=int, help="the most mails in a run")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="; ".join(names))  # fmt: skip # noqa: E501
    parser.add_argument("--connections", type=int, nargs="+", help="of 1, 10 and 50")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--quick", action="store_true", help="few mails, 10 connections, once")
    parser.add_argument("--resume", action="store_true", help="go on with what was measured before")
    parser.add_argument("--folder", type=Path, default=BENCH, help="where everything is kept")
    given = parser.parse_args()
    given.runs = given.runs or (1 if given.quick else 5)
    given.connections = given.connections or ([10] if given.quick else list(CONNECTIONS))
    given.folder = given.folder.resolve()
    try:
        compare(given)
    except Failed as exc:
        sys.exit(f"error: {exc}")


if __name__ == "__main__":
    main()
