"""What a campaign costs by its size: reading its targets, a dry-run, planning, and the whole send.

The commands run as they are; when each of their phases began and ended is in the log that they
write with `--log-json`. Reading counts from the first target's row until the last one is checked.
The dry-run is what follows: everything planned, rendered, checked, counted and shown, without a
page. Planning is what `send` writes to the journal before its first message leaves. The sending
goes to Postfix's smtp-sink, which counts, by 10 connections with a window of 200. It asserts
nothing about speed, but that every message arrived.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import mails
from measuring import Failed, Ran, measure, require_all_accepted
from servers import near
from summary import Figure

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
UADISPATCH = Path(sys.prefix, "bin/uadispatch")
PLANNED_APART = 100_000
"""Of larger campaigns planning alone is not measured: the whole send says enough."""


@dataclass(frozen=True)
class Found:
    """Of one campaign; rates are messages, or rows, a second."""

    messages: int
    reading: float
    dry_run: float
    dry_run_memory: int
    """Bytes, like the other."""
    dry_run_cpu: float
    """Seconds of processor time for a thousand messages, like the other."""
    planning: float | None
    sending: float
    send_memory: int
    send_cpu: float


def measured(number: int) -> Found:
    dry, events = _in_new_folder(number, "dry-run", "--log-json")
    reading = [each for each in events if each.get("phase") == "reading targets"]
    if reading[-1]["done"] != number:
        raise Failed(f"of {number:,} rows the log names {reading[-1]['done']:,}")
    looking = _between(reading[-1], events[-1])
    sent, _ = _in_new_folder(number, "send", "--yes", "--json")
    said = json.loads(sent.said)
    require_all_accepted(said, number)
    return Found(
        messages=number,
        reading=number / _between(reading[0], reading[-1]),
        dry_run=number / looking,
        dry_run_memory=dry.memory,
        dry_run_cpu=dry.cpu / number * 1000,
        planning=_planning(number) if number <= PLANNED_APART else None,
        sending=said["messages_per_second"],
        send_memory=sent.memory,
        send_cpu=sent.cpu / number * 1000,
    )


def _planning(number: int) -> float:
    """Messages recorded a second, by a send of one."""
    ran, events = _in_new_folder(number, "send", "--yes", "--json", "--limit", "1", "--log-json")
    sending = [each for each in events if each.get("phase") == "sending"]
    return number / (_between(sending[0], sending[-1]) - float(json.loads(ran.said)["seconds"]))


def _in_new_folder(number: int, command: str, *words: str) -> tuple[Ran, list[dict[str, Any]]]:
    """One command on a new campaign; and the events of its log, if it writes one."""
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        with near() as server:
            folder = Path(name)
            campaign = mails.write_campaign(folder, number)
            mails.write_settings(
                folder, host="127.0.0.1", port=server.port, security="none", concurrency=10,
                window=200,
            )  # fmt: skip
            ran = measure([UADISPATCH, command, campaign, *words], cwd=folder)
        if command == "send":
            server.check(1 if "--limit" in words else number)
    return ran, [
        json.loads(line) for line in ran.told.splitlines()
    ] if "--log-json" in words else []


def _between(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Seconds from one event to another."""
    began, ended = (datetime.fromisoformat(each["at"]) for each in (one, other))
    return (ended - began).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--runs", type=int, default=3, help="of each but a million, which runs once"
    )
    parser.add_argument("--json", action="store_true", help="print every run, for figures.py")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    found = {
        number: [measured(number) for _ in range(given.runs if number < 1_000_000 else 1)]
        for number in given.messages
    }
    if given.json:
        print(json.dumps([asdict(each) for runs in found.values() for each in runs]))
        return
    print("| messages | rows read/s | dry-run/s | planned/s | sent/s | most memory |")
    print("|---:|---:|---:|---:|---:|---:|")
    for number, runs in found.items():
        planned = [each.planning for each in runs if each.planning is not None]
        most = max(max(each.send_memory, each.dry_run_memory) for each in runs) / 1e6
        print(
            f"| {number:,} | {Figure.of(each.reading for each in runs)} "
            f"| {Figure.of(each.dry_run for each in runs)} "
            f"| {Figure.of(planned) if planned else ''} "
            f"| {Figure.of(each.sending for each in runs)} | {most:,.0f} MB |"
        )


if __name__ == "__main__":
    main()
