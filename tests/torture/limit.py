"""A rate that several workers keep together, as the mail server counts it.

Each of them asks the journal before a mail begins. What counts is when the server sees it begin,
so its book says when each MAIL came: no minute may hold more than the rate, and none much less.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg

from torture import home
from torture.checks import Wrong
from torture.cluster import Cluster
from torture.crew import World
from torture.server import MailServer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Limit"]

RATE = 100
"""Mails that may begin in any minute."""
LEAST = 95
"""Mails that must begin in a minute on average, or it keeps its rate by being slow."""
MINUTE = 60.0
A_BLOCK = 500
"""Messages of one job: each worker needs one of its own."""
PATIENCE = 1.2
"""How much longer than the rate says it may take."""
BEGINNING = 30.0
"""Seconds that they may take to begin."""


@dataclass
class Limit:
    """So many mails by so many workers."""

    folder: Path
    seed: str
    mails: int = 220
    workers: int = 4
    most: int = 0
    """Mails in the fullest minute."""
    pace: float = 0.0
    """Mails a minute, over all the time."""
    closest: float = 0.0
    """Seconds between the two mails that were closest to each other."""
    senders: int = 0
    """Workers that have sent any."""

    def run(self) -> Limit:
        """Do it. Raises Wrong: something did not hold."""
        self.folder.mkdir(parents=True)
        there_are = self.workers * A_BLOCK
        everyone = {f"t{number}@example.org": f"t{number}" for number in range(there_are)}
        with (
            Cluster(self.folder / "postgresql") as cluster,
            MailServer(self.folder, seed=self.seed, slowest=0.1, busy=0.02) as server,
        ):
            rate = f'rate = "{RATE}/minute"\n'
            file = home.write(self.folder / "home", server.port, everyone, more=rate)
            world = World(self.folder, self.workers, cluster, file, "--concurrency", "1")
            try:
                world.begin()
                self._watch(server)
            finally:
                world.end()
            server.settle()
            self._look(server)
            self._look_at_journal(cluster, world)
        return self

    def _watch(self, server: MailServer) -> None:
        given_up = time.monotonic() + BEGINNING + PATIENCE * self.mails * MINUTE / RATE
        while len(server.begun) < self.mails:
            if time.monotonic() > given_up:
                raise Wrong(f"only {len(server.begun)} of {self.mails} mails have begun by now")
            time.sleep(1)
            server.read()

    def _look(self, server: MailServer) -> None:
        at = sorted(server.begun)
        self.most = max(bisect_left(at, began + MINUTE) - n for n, began in enumerate(at))
        self.pace = (len(at) - 1) * MINUTE / (at[-1] - at[0])
        self.closest = min(later - earlier for earlier, later in pairwise(at))
        if self.most > RATE + 1:
            raise Wrong(f"{self.most} mails began in one minute, where {RATE} may")
        if self.pace < LEAST:
            raise Wrong(f"only {self.pace:.1f} mails a minute began, where {RATE} may")
        if twice := [who for who, number in server.arrived.items() if number > 1]:
            raise Wrong(f"sent twice: {twice[:5]}")

    def _look_at_journal(self, cluster: Cluster, world: World) -> None:
        with psycopg.connect(cluster.url) as connection:
            found = connection.execute("SELECT DISTINCT by FROM moves WHERE after = 'accepted'")
            self.senders = len(found.fetchall())
        if self.senders < min(2, self.workers):
            raise Wrong(f"only {self.senders} of {self.workers} workers sent anything")
        world.run("journal", "check", codes=(0,))

    def __str__(self) -> str:
        return (
            f"{self.mails} mails by {self.senders} of {self.workers} workers at {RATE} a minute: "
            f"at most {self.most} in any minute, {self.pace:.1f} a minute in all, the closest "
            f"{self.closest:.3f} s apart; none twice"
        )
