"""The further figures: each script beside this one is run once, and what it says is kept.

In .bench/figures.json, after every script; report.py puts them into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from pathlib import Path

from machine import machine, versions
from measuring import Failed, measure

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
LONGEST = 7200
"""Seconds that a script may take."""
SCRIPTS = {
    "startup": "startup.py",
    "pages": "pages_rate.py",
    "dry-run pages": "dry_run_pages.py --messages 10000 100000",
    "journal": "journal_cost.py",
    "journal sizes": "journal_size.py",
    "sizes": "sizes.py",
    "commands": "commands.py --messages 10000 100000",
}
QUICK = {
    "startup": "startup.py --runs 3",
    "pages": "pages_rate.py --letters 50 --faxes 5 --runs 1",
    "dry-run pages": "dry_run_pages.py --messages 500",
    "journal": "journal_cost.py --messages 2000 --runs 1",
    "journal sizes": "journal_size.py --messages 1000 2000 --tried 600",
    "sizes": "sizes.py --messages 1000 2000 --runs 1",
    "commands": "commands.py --messages 500 1000",
}
"""The same with small numbers, to see that everything runs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=SCRIPTS)
    parser.add_argument(
        "--quick", action="store_true", help="small numbers: what comes is no figure"
    )
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    file = BENCH / "figures.json"
    kept = json.loads(file.read_text()) if given.only and file.exists() else {}
    kept |= {"machine": machine(BENCH), "versions": versions(), "date": time.strftime("%Y-%m-%d")}
    for name, script in (QUICK if given.quick else SCRIPTS).items():
        if given.only and name not in given.only:
            continue
        words = shlex.split(script)
        try:
            command = [sys.executable, HERE / words[0], *words[1:], "--json"]
            ran = measure(command, cwd=HERE.parent, patience=LONGEST)
        except Failed as exc:
            sys.exit(f"error: {exc}")
        kept[name] = {"command": f"bench/{script}", "found": json.loads(ran.said)}
        file.write_text(json.dumps(kept, indent=1))
        print(f"{name:<16}{ran.seconds:7.1f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
