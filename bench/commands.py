"""What each command costs by the size of its campaign: time, processor time, the most memory.

One campaign of each size goes through its life, by a channel that does nothing but answer (most
are taken, one in ten fails for good, one in a thousand is in doubt). It asserts nothing but that
each command ends as it should.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mails
from measuring import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
UADISPATCH = Path(sys.prefix, "bin/uadispatch")
MB = 1e6
LOOK = (0, 1)
"""Ends of a command after which a person may have to look."""
SETTINGS = "[approval]\nrequired = true\n[mixed]\nconcurrency = 200\n"


@dataclass(frozen=True)
class Found:
    """What one command took."""

    command: str
    messages: int
    seconds: float
    cpu: float
    """Seconds of processor time for a thousand messages."""
    memory: int
    """Bytes."""


class Life:
    """A campaign in a folder of its own, and what its commands took."""

    def __init__(self, folder: Path, messages: int) -> None:
        self.found: list[Found] = []
        self._folder = folder
        self._messages = messages
        self.file = mails.write_campaign(folder, messages, "mixed")
        mails.write_settings(folder)
        with (folder / "config/uadispatch.toml").open("a") as out:
            out.write(SETTINGS)

    def run(self, command: str, *words: str, named: str = "", ends: tuple[int, ...] = (0,)) -> str:
        """Run a command, and keep what it took, under that name if it has one."""
        plugins = ["--plugins-dir", HERE / "plugins"] if command in LOADING else []
        ran = measure(
            [UADISPATCH, command, self.file, *words, *plugins], cwd=self._folder, ends=ends
        )
        thousands = self._messages / 1000
        self.found.append(
            Found(named or command, self._messages, ran.seconds, ran.cpu / thousands, ran.memory)
        )
        return ran.said

    def change(self) -> None:
        """Give a target another name and another another address."""
        officials = self.file.parent / mails.OFFICIALS
        text = officials.read_text().replace("Official 5,", "Officer 5,")
        officials.write_text(text.replace("official-7@", "officer-7@"))

    def digest(self, named: str) -> str:
        """What is to be approved, as a dry-run says it."""
        said = self.run("dry-run", named=named)
        return str(re.findall(r"digest ([0-9a-f]{12})", said)[0])


LOADING = frozenset({"dry-run", "approve", "send", "confirm", "tasks", "mend", "close"})
"""The commands that look at channels."""


def life(messages: int) -> list[Found]:
    """What each command of a campaign's life took."""
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        of = Life(Path(name), messages)
        run, by = of.run, ("--by", "Ann")
        run("approve", of.digest("dry-run"), *by)
        of.change()
        digest = of.digest("dry-run, changed since approved")
        run("approve", digest, *by, named="approve, changed since")
        run("send", "--yes", "--json", ends=LOOK)
        run("dry-run", named="dry-run, all sent", ends=LOOK)
        run("send", "--yes", named="send, nothing left", ends=LOOK)
        run("status", ends=LOOK)
        run("status", "--messages", "--json", named="status --messages --json", ends=LOOK)
        run("report", ends=LOOK)
        run("export")
        run("confirm", ends=LOOK)
        run("tasks")
        run("resolve", "--all", "--sent", *by)
        run("mend", "--all", "--unchanged", *by, named="mend --all")
        run("stop", "--because", "a test", *by)
        run("resume", *by)
        run("close", "--because", "a test", *by)
    return of.found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", action="store_true", help="print every command, for figures.py")
    given = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    found = {number: life(number) for number in given.messages}
    if given.json:
        print(json.dumps([asdict(each) for its in found.values() for each in its]))
        return
    print("\n".join(lines([each for its in found.values() for each in its])))


def lines(found: Sequence[Found]) -> list[str]:
    """The lines of a table: a row for each command, a column for each size."""
    rows: dict[str, list[str]] = {}
    for each in found:
        cell = f"{each.cpu * 1000:,.0f} µs, {each.memory / MB:,.0f} MB"
        rows.setdefault(each.command, []).append(cell)
    sizes = sorted({each.messages for each in found})
    head = "".join(f" {number:,} messages |" for number in sizes)
    body = (f"| {command} | {' | '.join(cells)} |" for command, cells in rows.items())
    return [f"| command |{head}", "|---|" + "---:|" * len(sizes), *body]


if __name__ == "__main__":
    main()
