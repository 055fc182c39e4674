"""How many rows of a file of targets are read a second, and how much memory that takes.

Rows have an id, a name, a role, a salutation, a country and an address, and with ``--phone`` a
phone number of that country as well; each is validated, put aside and found again. Each number of
rows is read in a process of its own; it asserts nothing but that every row was taken.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from uadispatch.campaign.file import read_campaign
from uadispatch.dispatch.targets.listing import ListedRoster

CAMPAIGN = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [email]
targets: {file: officials.csv}
letter: {en: {subject: Release A. Person, text: I am writing to you.}}
"""
PHONES = {"KZ": "+7 7172 5{:05}", "US": "202 555 {:04}", "GB": "020 7946 {:04}"}
DOMAINS = 300


def write(folder: Path, rows: int, *, phone: bool) -> Path:
    """A campaign with a file of so many targets; returns its file."""
    with (folder / "officials.csv").open("w", encoding="utf-8") as out:
        out.write("id,name,role,salutation,country,email" + ",phone" * phone + "\n")
        for number in range(rows):
            country = list(PHONES)[number % len(PHONES)]
            out.write(
                f"t{number},Official Number {number},Member of Parliament,Dear Member {number},"
                f"{country},Member.{number}@parliament{number % DOMAINS}.example.org"
            )
            out.write(f",{PHONES[country].format(number % 10_000)}\n" if phone else "\n")
    file = folder / "ua.yaml"
    file.write_text(CAMPAIGN, encoding="utf-8")
    return file


def measure(file: Path, rows: int) -> None:
    """Read it, and print what that took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    roster = ListedRoster(read_campaign(file), file)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    again = time.process_time()
    found = sum(1 for _ in roster)
    again = time.process_time() - again
    if not len(roster) == found == rows:
        sys.exit(f"of {rows} rows there are {len(roster)}, and {found} when gone through")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{rows:>9,} rows: {rows / wall:,.0f} a second ({rows / cpu:,.0f} for each CPU second), "
        f"gone through again at {rows / again:,.0f}; peak {peak / 1024:.0f} MB, "
        f"{(peak - before) / 1024:.0f} MB of it for them"
    )


def main() -> None:
    """Measure each number of rows in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--phone", action="store_true", help="with a column of phone numbers")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file is not None:
        measure(given.file, given.rows[0])
        return
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            file = write(Path(folder), rows, phone=given.phone)
            subprocess.run([sys.executable, __file__, str(rows), "--file", str(file)], check=True)


if __name__ == "__main__":
    main()
