"""What a report is made from: sums, and what is told of each target and message; values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.channels.message import Counts
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from uadispatch.dispatch.reasons import Reason

__all__ = ["Cell", "Hour", "Line", "Outline", "Said", "Totals"]


class Cell(NamedTuple):
    """Messages that have everything in common that is counted."""

    round: int
    channel: str
    language: str
    state: str
    counts: str | None
    """Of what is done: what the outcome says of the contact."""
    outcome: str | None
    held: bool
    asked: bool
    """Accepted, and its service is still to say what became of it."""
    told: bool
    """Accepted, because a person says that it was sent."""
    number: int
    first: datetime | None
    """When the first of them went out (its last try began, or a person recorded it)."""
    last: datetime | None

    @property
    def is_out(self) -> bool:
        """Whether they are known to have gone out."""
        return is_out(self)


class Hour(NamedTuple):
    """How many messages reached in one hour where they stand."""

    begins: datetime
    state: str
    counts: str | None
    number: int


class Line(NamedTuple):
    """One message, as a report tells it."""

    key: str
    round: int
    target: str
    name: str | None
    """None: it was purged."""
    role: str | None
    channel: str
    to: str
    language: str
    state: str
    counts: str | None
    outcome: str | None
    held: str | None
    asked: bool
    told: bool
    attempts: int
    first_try_at: datetime | None
    changed_at: datetime
    went_at: datetime | None
    """Of what is out: when it went."""
    reason: str
    code: str | None

    @property
    def is_out(self) -> bool:
        """Whether it is known to have gone out."""
        return is_out(self)


class Outline(NamedTuple):
    """A target with its messages."""

    target: str
    lines: Sequence[Line]


class Said(NamedTuple):
    """A fact: a decision of a person, or what a contact wanted."""

    at: datetime
    kind: str
    target: str | None
    channel: str | None
    value: str | None
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the journal has of a campaign, or of one round of it, at one moment."""

    campaign: str
    title: str
    """Empty: it was purged, or never planned."""
    snapshot_body: str
    """The newest; empty as well."""
    rounds: Sequence[int]
    """All that there are."""
    cells: Sequence[Cell]
    reasons: Sequence[Reason]
    hours: Sequence[Hour]
    targets: int
    reached: int
    """To how many targets something is known to have gone out."""
    outlines: Sequence[Outline]
    """Of so many targets as were asked for: first those that a person must look at, then those
    that nothing has reached."""
    said: Sequence[Said]
    planned_at: datetime | None
    """When its first message was planned."""
    open_until: datetime | None
    """The last deadline of what may still be sent, and is not held."""

    @property
    def is_known(self) -> bool:
        """Whether the journal has ever heard of it."""
        return bool(self.rounds or self.said or self.title)


def is_out(row: Cell | Line) -> bool:
    """The one rule for what counts: accepted with no question open, confirmed, or a contact."""
    if row.state == State.ACCEPTED:
        return not row.asked
    return row.state == State.CONFIRMED or (
        row.state == State.DONE and row.counts == Counts.CONTACT
    )
