"""What carries ten, a hundred and a thousand million messages: a simulation with measured costs.

`workers.py` measures what one message costs a server and a worker; here so many workers, cores of
the server and far ends are put together, and batches go through them one event after the other. It
says how many messages a second come through, how busy each part is, and so which one to widen
first; and beside what `workers.py` has measured of one worker and of four, what it says of them.

Left out, and so better here than in truth: that large indexes fit into no memory, and what is lost
to locks. Each batch waits for: its worker's processor, the far end, a core of the server, and the
disk of the server's log, in which commits stand in a line.
"""

from __future__ import annotations

import argparse
import heapq
import json
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from written import write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

Batch: TypeAlias = "Generator[tuple[Station, float], None, None]"
"""The stations that a batch goes through, and for how many seconds."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Of one message: seconds of processor time, bytes."""

    server: float
    worker: float
    log: float
    planned: float
    sent: float
    commit: float
    """Seconds of one commit, whatever is in it."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What there is."""

    workers: int
    cores: int
    """Of the server."""
    window: int = 500
    """Messages that a worker has claimed and not recorded."""
    at_once: int = 20
    """Messages that the far end takes at once from each worker."""
    takes: float = 0.02
    """Seconds that it takes for one."""
    disk: float = 200e6
    """Bytes a second that the disk of the log takes."""


class Station:
    """A part that serves so many at once; the others wait in a line."""

    def __init__(self, name: str, places: int) -> None:
        self.name = name
        self.busy_for = 0.0
        self.places = self.free = places
        self.line: deque[tuple[Batch, float]] = deque()


@dataclass
class Simulation:
    """Batches on their way through the stations."""

    plan: Plan
    costs: Costs
    now: float = 0.0
    sent: int = 0
    begun: int = 0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def run(self, messages: int) -> Simulation:
        """Until so many are sent."""
        plan = self.plan
        self.core = Station("the server's processors", plan.cores)
        self.log = Station("the disk of its log", 1)
        self.workers = [Station("a worker's processor", 1) for _ in range(plan.workers)]
        self.far = [Station("the far end", 1) for _ in range(plan.workers)]
        self.wanted = messages
        for number in range(plan.workers):
            for _ in range(2):  # while one half of a window is sent, the other is written down
                self.begin(number)
        while self.events and self.sent < messages:
            self.now, _, then = heapq.heappop(self.events)
            then()
        return self

    def begin(self, worker: int) -> None:
        """Another batch of a worker."""
        self.advance(self.way(worker))

    def way(self, worker: int) -> Batch:
        """Through what a batch goes: claimed, sent, recorded."""
        plan, costs, size = self.plan, self.costs, self.plan.window // 2
        for half in ("claim", "record"):
            yield self.core, costs.server * size / 2
            yield self.log, costs.commit + costs.log * size / 2 / plan.disk
            if half == "claim":
                yield self.workers[worker], costs.worker * size
                if plan.takes:
                    yield self.far[worker], plan.takes * size / plan.at_once
        self.sent += size
        self.later(0.0, lambda: self.begin(worker))

    def advance(self, batch: Batch) -> None:
        """Let a batch go to its next station."""
        try:
            station, seconds = next(batch)
        except StopIteration:
            return
        station.line.append((batch, seconds))
        self.serve(station)

    def serve(self, station: Station) -> None:
        """Serve those who wait, as far as there are places."""
        while station.free and station.line:
            batch, seconds = station.line.popleft()
            station.free -= 1
            station.busy_for += seconds

            def over(batch: Batch = batch) -> None:
                station.free += 1
                self.advance(batch)
                self.serve(station)

            self.later(seconds, over)

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        self.begun += 1
        heapq.heappush(self.events, (self.now + seconds, self.begun, then))

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.sent / self.now

    def busy(self) -> dict[str, float]:
        """For what part of the time each part was at work."""
        found = {}
        for stations in ([self.core], [self.log], self.workers, self.far):
            places = sum(one.places for one in stations)
            found[stations[0].name] = sum(one.busy_for for one in stations) / places / self.now
        return found


def costs_of(found: dict[str, Any]) -> Costs:
    """Those that workers.py has measured."""
    measured = found["costs"]
    return Costs(
        server=measured["server_cpu"], worker=measured["worker_cpu"], log=measured["log_bytes"],
        planned=measured["planned_bytes"], sent=measured["sent_bytes"],
        commit=found["commit"],
    )  # fmt: skip


SIZES = (10, 100, 1000)
"""Millions of messages."""
SAMPLE = 400_000
"""Messages of which each simulation goes through."""
PLANS = (
    Plan(workers=1, cores=2),
    Plan(workers=4, cores=4),
    Plan(workers=16, cores=8),
    Plan(workers=32, cores=16),
    Plan(workers=64, cores=32),
    Plan(workers=16, cores=8, at_once=200),
    Plan(workers=64, cores=32, at_once=200),
    Plan(workers=64, cores=32, at_once=200, disk=1000e6),
)


def table(costs: Costs) -> str:
    """Markdown: what each plan carries."""
    heads = (
        "workers", "at once, each", "server's cores", "log's disk, MB/s", "messages/s",
        "busiest part", *(f"{size:,} million" for size in SIZES),
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---:|---:|---:|---:|---:|---|---:|---:|---:|"]
    for plan in PLANS:
        ran = Simulation(plan, costs).run(SAMPLE)
        busiest, share = max(ran.busy().items(), key=lambda item: item[1])
        took = " | ".join(_hours(size * 1e6 / ran.rate) for size in SIZES)
        lines.append(
            f"| {plan.workers} | {plan.at_once} | {plan.cores} | {plan.disk / 1e6:.0f} "
            f"| {ran.rate:,.0f} | {busiest}, {min(share, 1):.0%} | {took} |"
        )
    return "\n".join(lines)


def room(costs: Costs) -> str:
    """Markdown: what a campaign takes on the disk."""
    lines = ["| messages | planned | sent | log written | jobs |", "|---:|---:|---:|---:|---:|"]
    for size in SIZES:
        number = size * 1_000_000
        found = (_bytes(each * number) for each in (costs.planned, costs.sent, costs.log))
        lines.append(f"| {size:,} million | {' | '.join(found)} | {number // 500:,} |")
    return "\n".join(lines)


def _hours(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _bytes(number: float) -> str:
    return f"{number / 1e9:,.0f} GB" if number < 1e12 else f"{number / 1e12:,.1f} TB"


def cost_table(runs: Sequence[dict[str, Any]]) -> str:
    """Markdown: what was measured of one message, in each run."""
    rows: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("messages planned and handed over in a second",
         lambda run: f"{run['costs']['plans']:,.0f}"),
        ("messages sent in a second, one worker", lambda run: f"{run['costs']['rate']:,.0f}"),
        ("the same, one process with a journal in a file", lambda run: f"{run['file']:,.0f}"),
        ("processor time of the server", lambda run: f"{run['costs']['server_cpu'] * 1e6:.0f} µs"),
        ("processor time of the worker", lambda run: f"{run['costs']['worker_cpu'] * 1e6:.0f} µs"),
        ("rows written after planning, which writes 2",
         lambda run: f"{run['costs']['rows_written']:.2f}"),
        ("the server's log", lambda run: f"{run['costs']['log_bytes']:,.0f} bytes"),
        ("commits", lambda run: f"{run['costs']['commits']:.3f}"),
        ("each commit", lambda run: f"{run['commit'] * 1000:.2f} ms"),
        ("tables and indexes, planned", lambda run: f"{run['costs']['planned_bytes']:,.0f} bytes"),
        ("tables and indexes, sent, with what vacuuming has not given back yet",
         lambda run: f"{run['costs']['sent_bytes']:,.0f} bytes"),
    ]  # fmt: skip
    heads = [f"{run['costs']['messages']:,}{_changed(run)}" for run in runs]
    lines = [f"| of one message, among | {' | '.join(heads)} |", f"|---|{'---:|' * len(runs)}"]
    lines += [f"| {name} | {' | '.join(of(run) for run in runs)} |" for name, of in rows]
    return "\n".join(lines)


def _changed(run: dict[str, Any]) -> str:
    return ", " + ", ".join(f"`{setting}`" for setting in run["set"]) if run["set"] else ""


def check(found: dict[str, Any], costs: Costs) -> str:
    """Markdown: what the simulation says of what was measured, on one machine for all."""
    lines = ["| workers | messages/s, measured | simulated |", "|---:|---:|---:|"]
    for workers, measured in found["far"].items():
        plan = Plan(workers=int(workers), cores=2, window=200)
        simulated = Simulation(plan, costs).run(20_000).rate
        lines.append(f"| {workers} | {measured:,.0f} | {simulated:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "measured", type=Path, nargs="+",
        help="what workers.py --json has printed; it is reckoned with the last of them",
    )  # fmt: skip
    parser.add_argument("--write", type=Path, help="the page whose figures these are to be")
    given = parser.parse_args()
    runs = [json.loads(file.read_text()) for file in given.measured]
    costs = costs_of(runs[-1])
    figures = {
        "costs": cost_table(runs), "plans": f"{room(costs)}\n\n{table(costs)}",
        "check": check(runs[-1], costs),
    }  # fmt: skip
    if given.write is None:
        sys.stdout.write("\n\n".join(figures.values()) + "\n")
        return
    write(given.write, figures)


if __name__ == "__main__":
    main()
