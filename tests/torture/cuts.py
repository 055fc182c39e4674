"""Several workers, each on a machine of its own, whose lines are cut.

A worker loses the database, the mail server or both, for a moment or for so long that others take
it for dead; sometimes all lose the database at once. Nobody is told: what is sent is lost, as when
a cable is pulled. At the end nothing is lost, nothing was sent twice, and what is in doubt is
listed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torture import home
from torture.checks import Wrong
from torture.cluster import Cluster
from torture.crew import WINDOW, World, check_all_is_told
from torture.network import ADDRESSES, Network
from torture.server import MailServer
from uadispatch.dispatch.journal.on_server.hearts import DEAD

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from torture.network import Line

__all__ = ["Cuts"]

MOMENT = (1.0, 9.0)
"""Seconds in which nobody is taken for dead."""
LONG = (DEAD + 3, DEAD + 8)
"""Seconds after which others have spoken of doubt."""
KINDS: dict[str, tuple[tuple[Line, ...], bool, tuple[float, float]]] = {
    "database for a moment": (("database",), False, MOMENT),
    "database for long": (("database",), False, LONG),
    "mail server for a moment": (("mail",), False, MOMENT),
    "mail server for long": (("mail",), False, LONG),
    "both for long": (("database", "mail"), False, LONG),
    "database for a moment, all": (("database",), True, MOMENT),
    "database for long, all": (("database",), True, LONG),
}
"""Each with its lines, whether all workers lose them, and for how long."""
SLOWEST = 0.4
"""Seconds that the mail server takes for a step at most: some 40 mails a second, however fast the
machine is, so that the last cut still meets some; and most windows are full when a line is cut."""
PATIENT = 0.02
"""A mail server has minutes for an answer; here seconds, so that a cut is longer."""


@dataclass
class Cuts:
    """So many messages, workers and cuts."""

    folder: Path
    seed: str
    messages: int = 2000
    workers: int = 4
    cuts: int = 12
    done: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    """How often a worker lost a line, which may leave its window in doubt."""
    in_doubt: int = 0

    def run(self) -> Cuts:
        """Do it. Raises Wrong: something did not hold."""
        self.folder.mkdir(parents=True)
        dice = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret
        everyone = {f"t{number}@example.org": f"t{number}" for number in range(self.messages)}
        host = ADDRESSES["mail"]
        with (
            Network(self.workers) as network,
            Cluster(self.folder / "postgresql", address=ADDRESSES["database"]) as cluster,
            MailServer(
                self.folder, seed=self.seed, slowest=SLOWEST, busy=0.02, host=host
            ) as server,
        ):
            more = f"patience = {PATIENT}\nconcurrency = {WINDOW}\n"
            file = home.write(self.folder / "home", server.port, everyone, host=host, more=more)
            world = _Apart(self.folder, self.workers, cluster, file, network)
            try:
                world.begin()
                self._befall(network, world, dice)
                world.wait()
            finally:
                world.end()
            server.settle()
            self.in_doubt = check_all_is_told(world, server, everyone, WINDOW * self.struck)
        return self

    def _befall(self, network: Network, world: _Apart, dice: random.Random) -> None:
        """Cut, one after the other or several at a time; each is mended when its time has come."""
        kinds = [*KINDS, *dice.choices([*KINDS], k=max(0, self.cuts - len(KINDS)))]
        dice.shuffle(kinds)
        lines = _Lines(network)
        try:
            for kind in kinds:
                which, everybody, (least, most) = KINDS[kind]
                machines = range(self.workers) if everybody else [dice.randrange(self.workers)]
                self.done[kind] += 1
                self.struck += len(machines)
                until = time.monotonic() + dice.uniform(least, most)
                for machine in machines:
                    for line in which:
                        lines.cut(machine, line, until)
                # Meanwhile others are cut; where nobody has a line, there is nothing to cut.
                lines.watch(0.0 if everybody else dice.uniform(1, 6))
            if not world.has_more():
                raise Wrong("all was sent before the last cut: let there be more messages")
            lines.watch()
        finally:
            lines.mend()

    def __str__(self) -> str:
        cuts = ", ".join(f"{number} {kind}" for kind, number in sorted(self.done.items()))
        return (
            f"{self.messages} messages, {self.workers} workers; cut: {cuts}: 0 lost, 0 twice, "
            f"{self.in_doubt} in doubt, all listed"
        )


class _Lines:
    """What is cut, and until when."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._until: dict[tuple[int, Line], float] = {}

    def cut(self, machine: int, line: Line, until: float) -> None:
        self._network.cut(machine, line)
        self._until[machine, line] = max(until, self._until.get((machine, line), 0.0))

    def watch(self, seconds: float = 0.0) -> None:
        """Mend those whose time has come, for so many seconds; without: until none is left."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or (self._until and not seconds):
            self.mend(time.monotonic())
            time.sleep(0.1)

    def mend(self, now: float = float("inf")) -> None:
        for (machine, line), until in list(self._until.items()):
            if until <= now:
                self._network.mend(machine, line)
                del self._until[machine, line]


class _Apart(World):
    """The processes: workers on machines of their own."""

    def __init__(
        self, folder: Path, workers: int, cluster: Cluster, file: Path, network: Network
    ) -> None:
        super().__init__(folder, workers, cluster, file)
        self._network = network
        self._begun = 0

    def _worker(self) -> subprocess.Popen[bytes]:
        machine = self._begun
        self._begun += 1
        return self._start(
            f"worker-{machine}", "worker", url=self.cluster.url_from_afar,
            through=self._network.through(machine),
        )  # fmt: skip
