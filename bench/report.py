"""Puts what compare.py and figures.py have measured into docs/performance.md, and draws its plot.

A part that was not measured stays as it is, and is named.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tables
from plot import draw
from summary import measured
from written import replace

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PAGE = ROOT / "docs/performance.md"
PLOT = "images/performance.svg"

OF_COMPARISON: dict[str, Callable[[dict[str, Any]], str]] = {
    "machine": tables.machine,
    "ratios": lambda kept: tables.ratios(measured(kept["runs"])),
    "loopback": lambda kept: tables.at("loopback", measured(kept["runs"])),
    "20 ms": lambda kept: tables.at("20 ms", measured(kept["runs"])),
    "server": lambda kept: tables.at("20 ms, not delayed", measured(kept["runs"])),
    "contestants": tables.contestants,
}
OF_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "sizes": tables.sizes,
    "startup": tables.startup,
    "journal": tables.journal,
    "journal sizes": tables.journal_sizes,
    "commands": tables.commands,
    "pages": tables.pages,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=BENCH, help="where the results lie")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    page = given.page.read_text(encoding="utf-8")
    known: dict[str, dict[str, Any]] = {}
    for name, parts in (("compare", OF_COMPARISON), ("figures", OF_FIGURES)):
        file = given.folder / f"{name}.json"
        if not file.exists():
            print(f"{file} is not there: bench/{name}.py makes it", file=sys.stderr)
            continue
        known[name] = json.loads(file.read_text())
        for part, table in parts.items():
            page = replace(page, part, table(known[name]))
    if "compare" in known:
        everything = measured(known["compare"]["runs"])
        picture = given.page.parent / PLOT
        picture.parent.mkdir(exist_ok=True)
        draw(everything, picture)
        aims = tables.aims(everything, known.get("figures", {}))
        page = replace(page, "aims", aims)
    given.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
