"""What several runs amount to: medians with their spread, and what is how many times as fast."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Run = dict[str, Any]

OURS = "uadispatch"
"""Every contestant of this name, or with more behind it, is this program."""


@dataclass(frozen=True)
class Figure:
    """A median, with the least and the most beside it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    def __str__(self) -> str:
        spread = f" ({short(self.least)}-{short(self.most)})" if self.least < self.most else ""
        return f"{short(self.median)}{spread}"


@dataclass(frozen=True)
class Measured:
    """All runs of one contestant at one server by so many connections."""

    contestant: str
    server: str
    connections: int
    mails: int
    runs: int
    sending: Figure
    """Messages per second while sending."""
    whole: Figure
    """The same of the whole command."""
    cpu: Figure
    """Seconds of processor time for a thousand messages."""
    memory: Figure
    """Megabytes."""


def measured(runs: Sequence[Run]) -> list[Measured]:
    """Everything that was measured, in the order of its first run."""
    grouped: dict[tuple[str, str, int, int], list[Run]] = {}
    for run in runs:
        key = (run["contestant"], run["server"], run["connections"], run["mails"])
        grouped.setdefault(key, []).append(run)
    return [
        Measured(
            *key, len(found),
            sending=Figure.of(run["mails"] / run["sending"] for run in found),
            whole=Figure.of(run["mails"] / run["whole"] for run in found),
            cpu=Figure.of(run["cpu"] / run["mails"] * 1000 for run in found),
            memory=Figure.of(run["memory"] / 1e6 for run in found),
        )
        for key, found in grouped.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """How uadispatch stands at one server by so many connections."""

    server: str
    connections: int
    ours: Measured
    """It, as it is fastest there."""
    others: dict[str, float]
    """How many times as fast as each other contestant it is while sending."""

    def __str__(self) -> str:
        plural = "connection" if self.connections == 1 else "connections"
        told = ", ".join(f"{times(ratio)} {name}" for name, ratio in self.others.items())
        return (
            f"{self.server}, {self.connections} {plural}: {self.ours.contestant} "
            f"{short(self.ours.sending.median)}/s while sending; {told or 'nobody beside it'}"
        )


def ratios(everything: Sequence[Measured]) -> list[Beside]:
    """For each server and number of connections."""
    found = []
    for server, connections in sorted({(each.server, each.connections) for each in everything}):
        here = [each for each in everything if each.server == server]
        ours = [
            each
            for each in here
            if each.connections == connections and each.contestant.startswith(OURS)
        ]
        if not ours:
            continue
        best = max(ours, key=lambda each: each.sending.median)
        others = {
            other.contestant: best.sending.median / other.sending.median
            for other in here
            if _comparable(other, here, connections) and not other.contestant.startswith(OURS)
        }
        found.append(Beside(server, connections, best, others))
    return found


def _comparable(each: Measured, here: Sequence[Measured], connections: int) -> bool:
    """By as many connections; who never has more than one stands beside all."""
    only = all(one.connections == 1 for one in here if one.contestant == each.contestant)
    return each.connections == connections or only


def times(ratio: float) -> str:
    """In words."""
    return f"{ratio:.2f} times" if ratio < 10 else f"{ratio:.0f} times"


def short(value: float) -> str:
    """Digits enough to tell two figures apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
