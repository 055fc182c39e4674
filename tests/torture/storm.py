"""Kills real sends at random moments, then finishes the run: nothing lost, nothing sent twice.

The moments come from a seed. How far a process has come by then depends on the machine as well,
so the same seed repeats what is done, and nearly when.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torture.checks import Wrong
from torture.server import MailServer
from torture.warm import Warm
from torture.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torture.world import Run

__all__ = ["FULL", "SEED", "SLOW", "Report", "Speed", "Storm", "seed_from"]

SEED = "TORTURE_SEED"
"""The environment variable from which the seed comes; without it, it is another each time."""

KINDS = {"starting": 25, "planning": 15, "sending": 40, "ending": 20}
"""When a run is met, and how often."""
PLANNING = 0.15
BUSY = 0.01
CLOSING_DOWN = 0.25
"""Seconds that a run takes from its last answer to its end, and a little more."""
ENDED = (0, 1, 3, 4, 130, -signal.SIGTERM, -signal.SIGINT)


@dataclass(frozen=True)
class Speed:
    """How fast it goes, and how much of it is on its way."""

    windows: tuple[int, int]
    """The smallest and the largest window."""
    connections: int | None
    """How many are open at most; None: as many as the window has room for."""
    slowest: float
    """Seconds that the server takes at a step at most."""
    nap: float
    """Seconds that a kill waits at most, once so many have arrived."""


SLOW = Speed(windows=(1, 8), connections=None, slowest=0.05, nap=0.05)
"""At any moment most connections wait for an answer."""
FULL = Speed(windows=(50, 200), connections=10, slowest=0.0, nap=0.02)
"""As fast as this machine can: most of what is claimed waits for its turn, or to be recorded."""


def seed_from(environment: Mapping[str, str]) -> int:
    """The seed that is asked for, or a new one."""
    given = environment.get(SEED, "").strip()
    return int(given) if given else int.from_bytes(os.urandom(4))


@dataclass
class Report:
    """What a storm has done."""

    messages: int = 0
    kills: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    """Where the killed runs were: after which step each connection stood, or what came before or
    after all of them."""
    doubts: int = 0
    arrived: int = 0
    """How many of those in doubt had arrived."""
    worst: tuple[int, int] = (0, 0)
    """The most that came into doubt between two audits, and how many might have."""

    def add(self, other: Report) -> None:
        """Add up what two storms have done."""
        self.messages += other.messages
        self.kills += other.kills
        self.cut += other.cut
        self.doubts += other.doubts
        self.arrived += other.arrived
        self.worst = max(self.worst, other.worst)

    def __str__(self) -> str:
        cut = ", ".join(f"{where} {number}" for where, number in self.cut.most_common())
        return (
            f"{self.kills} kills over {self.messages:,} messages: 0 lost, 0 sent twice, "
            f"{self.doubts} in doubt and listed ({self.arrived} of them had arrived), at most "
            f"{self.worst[0]} at a time where the window was {self.worst[1]}. "
            f"What was cut off: {cut}."
        )


class Storm:
    """One campaign that is killed again and again."""

    def __init__(
        self, folder: Path, *, seed: str, messages: int, kills: int, length: int = 1,
        speed: Speed = SLOW,
    ) -> None:  # fmt: skip
        """Begin with `messages` to send and so many `kills` to come; `length` as in `World`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._seed = seed
        self._wanted = kills
        self._lead = 1.0
        self._connections = 0
        self._locks: set[str] = set()
        self._speed = speed
        self._server = MailServer(folder, seed=seed, slowest=speed.slowest, busy=BUSY)
        self._warm = Warm()
        self._world = World(folder / "home", self._server, self._warm, messages, length=length)
        self._report = Report(messages=messages)

    def run(self) -> Report:
        """Let it rage, then finish the run.

        Raises:
            Wrong: something did not hold; with the last of what was done.
        """
        deeds: dict[Callable[[random.Random], None], int] = {
            self._kill: 10,
            self._kill_twice: 2,
            self._kill_one_of_two: 3,
            self._ask_to_end: 2,
            self._ask_and_kill: 2,
            self._stop_and_kill: 1,
        }
        number = 0
        try:
            with self._server, self._warm:
                while self._report.kills < self._wanted:
                    number += 1
                    # Each round has dice of its own: what one saw does not move the next.
                    dice = random.Random(f"{self._seed} {number}")  # noqa: S311 - to be repeated
                    (deed,) = dice.choices(list(deeds), list(deeds.values()))
                    self._tell(f"round {number}: {deed.__name__.strip('_')}")
                    deed(dice)
                    if dice.random() < 0.15:
                        self._check_books()
                self._finish()
        except (Wrong, RuntimeError) as exc:
            last = "\n".join(self._world.story[-30:])
            raise Wrong(f"{exc}\nWhat was done last:\n{last}") from exc
        finally:
            self._world.close()
        return self._report

    # What is done.

    def _kill(self, dice: random.Random) -> None:
        run, moment = self._start(dice)
        next(moment)
        self._killed([run])

    def _kill_twice(self, dice: random.Random) -> None:
        """The restart is cut off, too, before it has done much."""
        first, moment = self._start(dice)
        next(moment)
        dead = first.kill()
        window = dice.randint(*self._speed.windows)
        second = self._send("--limit", self._speed.windows[1], window=window)
        self._sleep(dice.uniform(0, self._lead))
        self._killed([second], before=[first] if dead else [])

    def _kill_one_of_two(self, dice: random.Random) -> None:
        """Two at once: one is killed while the other goes on, which is then killed or ends."""
        first, moment = self._start(dice, bounded=True)
        self._sleep(dice.choice([0, dice.uniform(0, self._lead)]))
        second, other_moment = self._start(dice, bounded=True)
        next(moment)
        self._killed([first], alive=[second])
        if dice.random() < 0.7:
            next(other_moment)
            self._killed([second])
        else:
            second.signal(signal.SIGTERM)
            self._ended(second)

    def _ask_to_end(self, dice: random.Random) -> None:
        """SIGTERM or Ctrl-C, once: what is on its way is waited for, so nothing is in doubt."""
        run, moment = self._start(dice)
        next(moment)
        run.signal(dice.choice([signal.SIGTERM, signal.SIGINT]))
        self._ended(run)

    def _ask_and_kill(self, dice: random.Random) -> None:
        """It is asked to end, and then told to: by a second signal, or by SIGKILL."""
        run, moment = self._start(dice)
        next(moment)
        run.signal(dice.choice([signal.SIGTERM, signal.SIGINT]))
        self._sleep(dice.uniform(0, 0.05))
        if dice.random() < 0.5:
            self._killed([run])
            return
        run.signal(signal.SIGTERM)
        code = run.wait()
        self._tell(f"  left at once with {code}")
        self._audit([run])

    def _stop_and_kill(self, dice: random.Random) -> None:
        """Somebody stops the campaign while it is sent, and others look on."""
        run, _ = self._start(dice, bounded=True)
        self._sleep(dice.uniform(0, self._lead))
        self._world.decide("stop")
        self._server.read()
        arrived = self._server.arrived.total()
        self._world.do("status", self._world.file, codes=(0, 1, 2, 4))
        self._check_books()
        if dice.random() < 0.5:
            self._killed([run])
        else:
            self._ended(run)
        late = self._server.arrived.total() - arrived
        if late > run.window:
            self._world.refuse([f"{late} went out after the stop, and {run.window} were on theirs"])
        self._world.decide("resume")

    def _finish(self) -> None:
        """Send the rest; what is in doubt is settled by the server's book, and sent if need be."""
        world = self._world
        self._tell("the run is finished")
        world.do("send", world.file, "--yes", "--wait", codes=(0, 1))
        seen = world.audit_the_end(doubtful=True)
        self._check_report()
        self._report.doubts = len(seen.in_doubt)
        self._report.arrived = len(world.doubts(arrived=True))
        world.resolve(self._settle)
        world.do("send", world.file, "--yes", "--wait")
        world.audit_the_end(doubtful=False)
        if self._server.arrived.total() != len(world.everyone):
            world.refuse(["more has arrived than was to be sent"])
        self._check_report()
        self._check_books()

    def _settle(self) -> None:
        """Those of the rarer kind one by one, the others together."""
        flags = {"--sent": self._world.doubts(arrived=True)}
        flags["--not-sent"] = self._world.doubts(arrived=False)
        rarer, other = sorted(flags, key=lambda flag: len(flags[flag]))
        for target in flags[rarer]:
            self._world.decide("resolve", f"{target}/email", rarer)
        if flags[other]:
            self._world.decide("resolve", "--all", other)

    # How it is done.

    def _start(self, dice: random.Random, *, bounded: bool = False) -> tuple[Run, Iterator[None]]:
        """Start a send, and choose the moment at which something shall befall it.

        All of its life has its share.
        """
        window = dice.randint(*self._speed.windows)
        (kind,) = dice.choices(list(KINDS), list(KINDS.values()))
        left = sum(state in ("planned", "retry") for state in self._world.seen.states.values())
        # What there is must last until the last kill.
        share = max(1, (left or self._report.messages) // (self._wanted - self._report.kills))
        few = dice.randint(1, min(6, share)) if kind == "ending" else 2 * share + window
        limit = () if kind == "sending" and not bounded else ("--limit", few)
        locks = self._names_of_locks()
        run = self._send(*limit, window=window)
        self._tell(f"  {kind}, window {window}, {' '.join(map(str, limit)) or 'no limit'}")
        match kind:
            case "starting":
                return run, self._in(run, dice.uniform(0, self._lead))
            case "planning":
                return run, self._with_lock(run, locks, dice.uniform(0, PLANNING))
            case "sending":
                arrivals = dice.randint(0, 2 * share)
                return run, self._after(run, arrivals, dice.uniform(0, self._speed.nap))
            case _:
                return run, self._after(run, few, dice.uniform(0, CLOSING_DOWN))

    def _send(self, *words: object, window: int) -> Run:
        return self._world.send(*words, window=window, connections=self._speed.connections)

    def _in(self, run: Run, seconds: float) -> Iterator[None]:
        self._sleep(run.began + seconds - time.monotonic())
        yield

    def _with_lock(self, run: Run, others: set[str], seconds: float) -> Iterator[None]:
        """Wait until it has its lock, and so begins to write; and a little longer."""
        self._server.until(lambda: not run.alive or self._names_of_locks() - others, "see a lock")
        self._sleep(seconds)
        yield

    def _names_of_locks(self) -> set[str]:
        try:
            return {path.name for path in self._world.locks.iterdir()}
        except FileNotFoundError:
            return set()

    def _after(self, run: Run, arrivals: int, seconds: float) -> Iterator[None]:
        """Wait until somebody has connected since, so many have arrived, and a little longer."""
        self._server.read()
        connections, arrived = self._server.connections, self._server.arrived.total()
        self._server.until(
            lambda: not run.alive or self._server.connections > connections, "see a connection"
        )
        if run.alive:
            self._lead += 0.3 * (time.monotonic() - run.began - self._lead)
        self._server.until(
            lambda: not run.alive or self._server.arrived.total() >= arrived + arrivals,
            "get so many mails",
        )
        self._sleep(seconds)
        yield

    def _killed(
        self, runs: list[Run], *, before: list[Run] | None = None, alive: list[Run] | None = None
    ) -> None:
        """Kill `runs`, note where they were, and ask what must hold then.

        `before`: others that were killed since the last audit.
        """
        killed = list(before or [])
        for run in runs:
            if run.kill():
                killed.append(run)
                if not alive:
                    self._note_where()
            else:
                self._refuse_odd_end(run)
        self._report.kills += len(killed)
        self._tell(f"  killed {len(killed)} after {time.monotonic() - runs[0].began:.2f} s")
        self._audit(killed, alive)

    def _ended(self, run: Run) -> None:
        """A run that was not killed leaves nothing in doubt."""
        self._tell(f"  ended with {run.wait()}")
        self._refuse_odd_end(run)
        self._audit([])

    def _refuse_odd_end(self, run: Run) -> None:
        # A Ctrl-C before the program has begun is answered by Python itself.
        fell_over = "Traceback" in run.said and "KeyboardInterrupt" not in run.said
        if run.wait() not in ENDED or fell_over:
            self._world.refuse([f"a run ended with exit code {run.wait()}:\n{run.said}"])

    def _audit(self, killed: list[Run], alive: list[Run] | None = None) -> None:
        was = self._world.seen.in_doubt
        window = sum(run.window for run in killed)
        flying = sum(run.window for run in alive or ())
        now = self._world.audit(doubts=window, flying=flying)
        self._connections, self._locks = self._server.connections, self._names_of_locks()
        new = len(now.in_doubt - was)
        self._report.worst = max(self._report.worst, (new, window))
        self._tell(f"  {new} new in doubt; {dict(Counter(now.states.values()))}")

    def _note_where(self) -> None:
        """Note what was cut off just now: where each connection stood, or what the run was at."""
        self._server.read()
        locks = self._names_of_locks()
        if standing := list(self._server.open.values()):
            self._report.cut.update(
                "closing down" if step == "quit" else f"after {step}" for step in standing
            )
        elif self._server.connections > self._connections:
            self._report.cut["closing down"] += 1
        else:
            self._report.cut["planning" if locks - self._locks else "start-up"] += 1

    def _check_books(self) -> None:
        if self._world.journal.exists():
            # A journal that was cut off while it was made is none yet.
            codes = (0,) if self._world.seen.states else (0, 2)
            self._world.do("journal", "check", "--journal", self._world.journal, codes=codes)

    def _check_report(self) -> None:
        """What it counts as gone out has arrived, and what else has arrived is in doubt."""
        told = json.loads(self._world.do("report", self._world.file, "--json", codes=(0, 1)))
        certain = told["gone_out"]["messages"]
        self._server.read()
        arrived = self._server.arrived.total()
        if not certain <= arrived <= certain + told["states"].get("in_doubt", 0):
            self._world.refuse([f"{arrived} arrived, and the report says: {told['sentence']}"])

    def _sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def _tell(self, what: str) -> None:
        self._world.story.append(what)
