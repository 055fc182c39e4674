"""Several workers over one campaign on a server, and what befalls them.

Workers are killed, and others begin; the server is killed, and started again; a worker stands still
for so long that others take it for dead, and goes on. At the end nothing is lost, nothing was sent
twice, and whatever is in doubt is listed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torture import home
from torture.checks import Wrong
from torture.cluster import Cluster
from torture.server import MailServer
from uadispatch.dispatch.journal.on_server.hearts import DEAD

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["WINDOW", "Crew", "World", "check_all_is_told"]

PATIENCE = 240.0
"""Seconds after the last blow until all must be done."""
WINDOW = 4
"""Messages that a worker may have on their way: the connections of its channel."""
EVENTS = ("worker", "worker", "server", "standstill")


@dataclass
class Crew:
    """So many messages, workers and blows."""

    folder: Path
    seed: str
    messages: int = 2000
    workers: int = 4
    blows: int = 12
    done: Counter[str] = field(default_factory=Counter)
    in_doubt: int = 0

    def run(self) -> Crew:
        """Do it. Raises Wrong: something did not hold."""
        self.folder.mkdir(parents=True)
        dice = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret
        everyone = {f"t{number}@example.org": f"t{number}" for number in range(self.messages)}
        with (
            Cluster(self.folder / "postgresql") as cluster,
            MailServer(self.folder, seed=self.seed, slowest=0.1, busy=0.02) as server,
        ):
            more = f"concurrency = {WINDOW}\n"
            file = home.write(self.folder / "home", server.port, everyone, more=more)
            world = World(self.folder, self.workers, cluster, file)
            try:
                world.begin()
                self._befall(world, dice)
                world.wait()
            finally:
                world.end()
            server.settle()
            most = WINDOW * (self.done["worker"] + self.done["standstill"] + 1)
            self.in_doubt = check_all_is_told(world, server, everyone, most)
        return self

    def _befall(self, world: World, dice: random.Random) -> None:
        for _ in range(self.blows):
            time.sleep(dice.uniform(0.5, 3))
            event = dice.choice(EVENTS)
            if event == "standstill" and world.standing is not None:
                event = "worker"
            self.done[event] += 1
            if event == "server":
                world.cluster.kill(dice.uniform(0, 4))
            elif event == "standstill":
                world.stand_still(dice.choice(world.crew))
            else:
                world.replace(dice.choice(world.crew))

    def __str__(self) -> str:
        blows = ", ".join(f"{number} {event}" for event, number in sorted(self.done.items()))
        return (
            f"{self.messages} messages, {self.workers} workers; {blows}: 0 lost, 0 twice, "
            f"{self.in_doubt} in doubt, all listed"
        )


class World:
    """The processes: workers, and who hands a campaign over to them."""

    def __init__(
        self, folder: Path, workers: int, cluster: Cluster, file: Path, *words: str
    ) -> None:
        """None has begun; `words` are what each worker is told besides."""
        self._folder, self._workers, self._words = folder, workers, words
        self.cluster, self._file = cluster, file
        self.crew: list[subprocess.Popen[bytes]] = []
        self.standing: tuple[subprocess.Popen[bytes], float] | None = None
        self._logs = 0

    def begin(self) -> None:
        """Hand the campaign over, and let the workers begin."""
        self.crew = [self._worker() for _ in range(self._workers)]
        self._sender = self._start("sender", "send", self._file, "--yes", "--workers", "--wait")
        self._until(lambda: self._states().get("accepted", 0) > 0, "begin")

    def _start(
        self, log: str, *words: object, url: str = "", through: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        self._logs += 1
        with (self._folder / f"{log}-{self._logs}.log").open("wb") as out:
            return subprocess.Popen(
                [*through, *self._command(*words)], cwd=self._file.parent, env=self._env(url),
                stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def _command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "uadispatch", *map(str, words)]

    def _env(self, url: str = "") -> dict[str, str]:
        return {**os.environ, "UADISPATCH_JOURNAL": url or self.cluster.url}

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "worker", *self._words)

    def replace(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker; another one begins."""
        worker.kill()
        worker.wait()
        if self.standing is not None and self.standing[0] is worker:
            self.standing = None
        self.crew[self.crew.index(worker)] = self._worker()

    def stand_still(self, worker: subprocess.Popen[bytes]) -> None:
        """Let a worker stand still for longer than others wait for it."""
        worker.send_signal(signal.SIGSTOP)
        self.standing = (worker, time.monotonic() + DEAD + 12)

    def go_on(self) -> None:
        """Let a worker go on that has stood still for long enough."""
        if self.standing is not None and time.monotonic() > self.standing[1]:
            self.standing[0].send_signal(signal.SIGCONT)
            self.standing = None

    def wait(self) -> None:
        """Until nothing is left to do, and nobody stands still any more."""

        def over() -> bool:
            self.go_on()
            return self.standing is None and not self.has_more()

        self._until(over, "come to an end")
        if self._sender.wait(60) not in (0, 1, 2):
            raise Wrong(f"who handed it over ended with {self._sender.returncode}")

    def has_more(self) -> bool:
        """Whether anything is still to be sent, or on its way."""
        return bool(self._states().keys() & {"planned", "claimed", "retry"})

    def end(self) -> None:
        """End all processes."""
        for process in (*self.crew, getattr(self, "_sender", None)):
            if process is not None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in self.crew:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Wrong("a worker does not end") from None

    def _until(self, holds: Any, what: str) -> None:
        given_up = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > given_up:
                raise Wrong(f"they do not {what}: {self._states()}")
            time.sleep(1)

    def _states(self) -> dict[str, int]:
        try:
            found: dict[str, int] = json.loads(self.run("status", home.NUMBER, "--json"))["states"]
        except Wrong:  # the server is away, or nothing is planned yet
            return {"planned": 1}
        return found

    def status(self) -> dict[str, Any]:
        """What the journal says at the end."""
        found: dict[str, Any] = json.loads(
            self.run("status", home.NUMBER, "--messages", "--json", codes=(0, 1))
        )
        return found

    def run(self, *words: str, codes: tuple[int, ...] = (0, 1, 4)) -> str:
        """One command to its end; its output."""
        ran = subprocess.run(
            self._command(*words), cwd=self._file.parent, env=self._env(), capture_output=True,
            text=True, timeout=90, check=False,
        )  # fmt: skip
        if ran.returncode not in codes:
            raise Wrong(f"{' '.join(words)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran.stdout


def check_all_is_told(
    world: World, server: MailServer, everyone: Collection[str], most: int
) -> int:
    """How many are in doubt in the end, at most `most`. Raises Wrong: something did not hold."""
    shape = world.status()
    if twice := [who for who, number in server.arrived.items() if number > 1]:
        raise Wrong(f"sent twice: {twice[:5]}")
    states = {row["to"]: row["state"] for row in shape["messages"]}
    if states.keys() != set(everyone):
        raise Wrong(f"{len(states)} messages of {len(everyone)} are listed")
    doubtful = {who for who, state in states.items() if state == "in_doubt"}
    if len(shape["in_doubt"]) != len(doubtful):
        raise Wrong(f"{len(doubtful)} are in doubt, and {len(shape['in_doubt'])} are listed")
    for who, state in states.items():
        if state not in ("accepted", "in_doubt"):
            raise Wrong(f"{who} is {state}")
        if state == "accepted" and not server.arrived[who]:
            raise Wrong(f"{who} is accepted, and never arrived")
    if len(doubtful) > most:
        raise Wrong(f"{len(doubtful)} are in doubt, where {most} could be")
    world.run("journal", "check", codes=(0,))
    return len(doubtful)
