"""``python -m torture storm|sweep|crew|cuts|limit``, from the folder ``tests``: the long forms."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from torture.checks import Wrong
from torture.network import begin_apart
from torture.points import LINE
from torture.server import MailServer
from torture.storm import FULL, SEED, SLOW, Report, Storm, seed_from
from torture.sweep import Sweep
from torture.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 2
LONG = 2900
"""The first campaign has a letter of 200 kB: no kernel takes it at once, so that kills fall in its
middle."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def storm(folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Several campaigns, each killed again and again, two at a time."""
    storms = [
        Storm(
            folder / str(number),
            seed=f"{seed}.{number}",
            messages=given.messages // given.campaigns,
            kills=-(-given.kills // given.campaigns),
            length=LONG if number == 0 and not given.full_speed else 1,
            speed=FULL if given.full_speed else SLOW,
        )
        for number in range(given.campaigns)
    ]
    report = Report()
    with ThreadPoolExecutor(WORKERS) as pool:
        for one in pool.map(Storm.run, storms):
            report.add(one)
    say(str(report))


def sweep(folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Each passing of each point, or one in so many, and some lines of the many."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated
    with _sweep(folder / "counting") as counting:
        found = {beginning: counting.passes(beginning) for beginning in Sweep.BEGINNINGS}
    cases = [
        (beginning, point, passing)
        for beginning, points in found.items()
        for point, count in points.items()
        for passing in (
            dice.sample(range(1, count + 1), min(given.lines, count))
            if point == LINE
            else _one_in(given.one_in, count, dice)
        )
    ]
    dice.shuffle(cases)

    def work(number: int) -> int:
        with _sweep(folder / f"worker-{number}") as mine:
            return sum(mine.kill(*case) for case in cases[number::WORKERS])

    with ThreadPoolExecutor(WORKERS) as pool:
        killed = sum(pool.map(work, range(WORKERS)))
    say(f"killed at {killed} of {len(cases)} passings: nothing lost, nothing sent twice.")


def _one_in(number: int, count: int, dice: random.Random) -> range:
    """One in `number` of 1 to `count`, from a random one on; one at least."""
    return range(1 + dice.randrange(min(number, count)), count + 1, number)


def crew(folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Workers on one server, and blows to them and to it."""
    from torture.crew import Crew  # what else is here needs no server

    say(str(Crew(folder / "crew", str(seed), given.messages, given.workers, given.blows).run()))


def cuts(folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Workers whose lines to the database and to the mail server are cut."""
    from torture.cuts import Cuts  # as above

    say(str(Cuts(folder / "cuts", str(seed), given.messages, given.workers, given.cuts).run()))


def limit(folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Workers that keep a rate together, by the clock of the mail server."""
    from torture.limit import Limit  # as above

    say(str(Limit(folder / "limit", str(seed), given.mails, given.workers).run()))


@contextmanager
def _sweep(folder: Path) -> Iterator[Sweep]:
    folder.mkdir()
    with MailServer(folder) as server, Warm() as warm:
        yield Sweep(folder, server, warm)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture")
    forms = parser.add_subparsers(dest="form", required=True)
    one = forms.add_parser("storm")
    one.add_argument("--kills", type=int, default=100)
    one.add_argument("--messages", type=int, default=3000)
    one.add_argument("--campaigns", type=int, default=4)
    one.add_argument(
        "--full-speed", action="store_true",
        help="windows of 50 to 200, 10 connections, and a server that answers at once",
    )  # fmt: skip
    one.set_defaults(work=storm)
    other = forms.add_parser("sweep")
    other.add_argument("--lines", type=int, default=15, help="of each beginning")
    other.add_argument("--one-in", type=int, default=1, help="of the passings of a point")
    other.set_defaults(work=sweep)
    third = forms.add_parser("crew")
    third.add_argument("--messages", type=int, default=2000)
    third.add_argument("--workers", type=int, default=4)
    third.add_argument("--blows", type=int, default=12)
    third.set_defaults(work=crew)
    fourth = forms.add_parser("limit")
    fourth.add_argument("--mails", type=int, default=220, help="until it has seen enough")
    fourth.add_argument("--workers", type=int, default=4)
    fourth.set_defaults(work=limit)
    fifth = forms.add_parser("cuts", help="as root, with Debian's iproute2")
    fifth.add_argument("--messages", type=int, default=2000)
    fifth.add_argument("--workers", type=int, default=4)
    fifth.add_argument("--cuts", type=int, default=12)
    fifth.set_defaults(work=cuts)
    given = parser.parse_args()
    if given.work is cuts:
        begin_apart()
    seed = seed_from(os.environ)
    say(f"{SEED}={seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="uadispatch-torture-") as folder:
        try:
            given.work(Path(folder), seed, given)
        except Wrong as exc:
            again = f"{SEED}={seed} python -m torture {' '.join(sys.argv[1:])}"
            say(f"{exc}\nTo do it again, from the folder tests: {again}")
            return 1
    say(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
