"""Every number of a report, from the journal's sums; docs/report.md says what each counts.

It adds and sorts. It asks no journal, and has no words for what it counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal import REHEARSAL
from uadispatch.dispatch.snapshot import Snapshot
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uadispatch.campaign.model import UrgentAction
    from uadispatch.dispatch.journal import Cell, Hour, Totals
    from uadispatch.dispatch.reasons import Reason

__all__ = ["End", "Out", "Outcome", "Period", "Report", "Standing", "Unit", "end_of", "people"]

HOURS = timedelta(days=2)
"""What happened within this is shown hour by hour."""
DAYS = timedelta(days=62)
"""What happened within this is shown day by day, all else by weeks."""


class End(StrEnum):
    """Where a message may end, as the chart over time tells them apart."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    CONTACT = "contact"
    """Done by a person, who reached somebody."""
    NO_CONTACT = "no_contact"
    """Done by a person, who reached nobody."""
    FAILED = "failed"


class Standing(StrEnum):
    """Where a message stands, as the chart of the channels tells them apart."""

    OUT = "out"
    """It is known to have gone out."""
    UNKNOWN = "unknown"
    """It may have: in doubt, on its way, or its service is still to say."""
    WAITING = "waiting"
    """It has not yet, and may: planned, to be tried again, or with a person."""
    NOT = "not"
    """It has not and will not, or nobody was reached."""


class Unit(StrEnum):
    """How long a period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Period(NamedTuple):
    """What reached in one period where it stands."""

    begins: datetime
    """In UTC; a week begins on Monday."""
    ends: Mapping[End, int]


class Outcome(NamedTuple):
    """How often people recorded the same."""

    channel: str
    outcome: str
    counts: str
    number: int


class Out(NamedTuple):
    """What is known to have gone out."""

    number: int
    targets: int
    accepted: int
    """The server or gateway took them."""
    confirmed: int
    """The recipient has them."""
    contacts: int
    """People reached somebody."""
    told: int
    """Of those that are accepted: a person says that they were sent."""
    channels: Mapping[str, int]
    first: datetime | None
    last: datetime | None


def end_of(state: str, counts: str | None) -> End | None:
    """Where it has ended, if it has."""
    if state == State.DONE:
        return End.CONTACT if counts == Counts.CONTACT else End.NO_CONTACT
    return End(state) if state in (State.ACCEPTED, State.CONFIRMED, State.FAILED) else None


def _standing(cell: Cell) -> Standing:
    if cell.is_out:
        return Standing.OUT
    if cell.asked or cell.state in (State.IN_DOUBT, State.CLAIMED):
        return Standing.UNKNOWN
    if cell.state in (State.PLANNED, State.RETRY, State.WITH_PERSON):
        return Standing.WAITING
    return Standing.NOT


@dataclass(frozen=True, kw_only=True)
class Report:
    """A campaign, or one round of it, at one moment."""

    totals: Totals
    at: datetime
    round: int | None
    """None: all of them."""

    @cached_property
    def _snapshot(self) -> Snapshot | None:
        return Snapshot(self.totals.snapshot_body) if self.totals.snapshot_body else None

    @cached_property
    def case(self) -> UrgentAction | None:
        """The Urgent Action; None: it was purged, or nothing was ever planned of it."""
        return _case(self._snapshot)

    @property
    def rehearsed(self) -> bool:
        """Whether it is of a rehearsal: no official was reached, whatever was sent."""
        return any(said.kind == REHEARSAL for said in self.totals.said)

    @cached_property
    def organisation(self) -> str:
        """Who sent; empty, where it is not known any more."""
        try:
            return self._snapshot.organisation.name if self._snapshot else ""
        except (ValidationError, KeyError, ValueError):
            return ""

    @property
    def closed(self) -> str | None:
        """Why it is closed, by a person's decision; None: it is not."""
        closed = None
        for said in self.totals.said:
            if said.kind in ("closed", "reopened"):
                closed = said.because if said.kind == "closed" else None
        return closed

    @property
    def messages(self) -> int:
        """All that were ever planned."""
        return self._sum(self.totals.cells)

    @cached_property
    def states(self) -> Mapping[str, int]:
        """How many messages are in each state; no state without any."""
        return _by_state(self.totals.cells)

    @property
    def held(self) -> int:
        """How many of them a person must look at first."""
        return self._sum(cell for cell in self.totals.cells if cell.held)

    @property
    def asked(self) -> int:
        """How many are accepted, and their service is still to say what became of them."""
        return self._sum(cell for cell in self.totals.cells if cell.asked)

    @property
    def unknown(self) -> int:
        """How many may have gone out, or not."""
        return self._sum(c for c in self.totals.cells if _standing(c) is Standing.UNKNOWN)

    def by(self, field: str) -> dict[str, Mapping[str, int]]:
        """States and their numbers, by `round`, `channel` or `language`."""
        values = sorted({getattr(cell, field) for cell in self.totals.cells})
        return {
            str(value): _by_state(c for c in self.totals.cells if getattr(c, field) == value)
            for value in values
        }

    @cached_property
    def standings(self) -> dict[str, Mapping[Standing, int]]:
        """How the messages of each channel stand."""
        found: dict[str, Counter[Standing]] = {}
        for cell in self.totals.cells:
            found.setdefault(cell.channel, Counter())[_standing(cell)] += cell.number
        return dict(sorted(found.items()))

    @cached_property
    def out(self) -> Out:
        """What is known to have gone out."""
        cells = [cell for cell in self.totals.cells if cell.is_out]
        channels: Counter[str] = Counter()
        for cell in cells:
            channels[cell.channel] += cell.number

        def of(state: State) -> int:
            return self._sum(cell for cell in cells if cell.state == state)

        return Out(
            number=self._sum(cells),
            targets=self.totals.reached,
            accepted=of(State.ACCEPTED),
            confirmed=of(State.CONFIRMED),
            contacts=of(State.DONE),
            told=self._sum(cell for cell in cells if cell.told),
            channels=dict(sorted(channels.items(), key=lambda item: (-item[1], item[0]))),
            first=min((cell.first for cell in cells if cell.first is not None), default=None),
            last=max((cell.last for cell in cells if cell.last is not None), default=None),
        )

    @cached_property
    def outcomes(self) -> Sequence[Outcome]:
        """What people recorded, by channel."""
        found: Counter[tuple[str, str, str]] = Counter()
        for cell in self.totals.cells:
            if cell.state == State.DONE:
                found[cell.channel, cell.outcome or "", cell.counts or ""] += cell.number
        return [Outcome(*what, number) for what, number in sorted(found.items())]

    def done(self, counts: Counts) -> int:
        """Of what people have done: how much says that of its contact."""
        return sum(what.number for what in self.outcomes if what.counts == counts)

    def reasons(self, state: str) -> Sequence[Reason]:
        """Why messages are in `state`, or ``held``; the most frequent reason first."""
        return [reason for reason in self.totals.reasons if reason.state == state]

    @property
    def must_look(self) -> bool:
        """Whether a person must look at something."""
        trouble = (State.FAILED, State.IN_DOUBT, State.REFUSED)
        return bool(self.held or any(self.states.get(state) for state in trouble))

    @property
    def goes_on(self) -> bool:
        """Whether another send has something to do, as far as the journal knows."""
        until = self.totals.open_until
        return self.closed is None and until is not None and until > self.at

    @cached_property
    def over_time(self) -> tuple[Unit, Sequence[Period]]:
        """When messages reached where they stand: each once, periods without any among them."""
        return _over_time(self.totals.hours)

    @staticmethod
    def _sum(cells: Iterable[Cell]) -> int:
        return sum(cell.number for cell in cells)


def people(snapshot_body: str) -> list[str]:
    """The names of those at risk, as long as their case is kept."""
    case = _case(Snapshot(snapshot_body)) if snapshot_body else None
    return [person.name for person in case.people] if case else []


def _case(snapshot: Snapshot | None) -> UrgentAction | None:
    try:
        return snapshot.urgent_action if snapshot else None
    except (ValidationError, KeyError, ValueError):
        return None


def _by_state(cells: Iterable[Cell]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for cell in cells:
        found[cell.state] += cell.number
    return {state: found[state] for state in State if found[state]}


def _over_time(hours: Sequence[Hour]) -> tuple[Unit, Sequence[Period]]:
    if not hours:
        return Unit.DAY, ()
    first, last = hours[0].begins, hours[-1].begins
    span = last - first
    unit = Unit.HOUR if span < HOURS else Unit.DAY if span < DAYS else Unit.WEEK
    step = {Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1)}.get(unit, timedelta(days=7))
    found: dict[datetime, Counter[End]] = {}
    begins = _begin(first, unit)
    while begins <= last:
        found[begins] = Counter()
        begins += step
    for hour in hours:
        end = end_of(hour.state, hour.counts)
        if end is not None:
            found[_begin(hour.begins, unit)][end] += hour.number
    return unit, [Period(begins, ends) for begins, ends in found.items()]


def _begin(moment: datetime, unit: Unit) -> datetime:
    if unit is Unit.HOUR:
        return moment
    day = moment.replace(hour=0)
    return day if unit is Unit.DAY else day - timedelta(days=day.weekday())
