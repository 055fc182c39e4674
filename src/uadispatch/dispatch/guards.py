"""What may keep a message from going out: pure functions over facts, asked twice.

They are asked when planning and again inside the transaction that claims. They read nothing
themselves: the facts are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.campaign.local_time import quiet_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet
    from datetime import datetime, time

    from uadispatch.campaign.issues import Issue

__all__ = ["ELSEWHERE", "Candidate", "Facts", "Quiet", "Stop", "Verdict", "ask"]


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that a person ordered: of one target, one channel, or (both None) of everything."""

    target: str | None
    channel: str | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so at this moment for one campaign."""

    now: datetime
    closed: str | None = None
    """Why it is closed, or None: the file's status or, above it, the journal's."""
    stops: tuple[Stop, ...] = ()
    opted_out: AbstractSet[tuple[str, str]] = frozenset()
    """(channel, contact identity) of those who want no more messages."""
    unapproved: str | None = None
    """Why a needed approval is missing, or None."""
    document: Issue | None = None
    """The document of the Urgent Action that counts now, if one was imported."""
    superseded: str | None = None
    """Why the text at hand is not that document's, or None."""

    @property
    def stopped(self) -> str:
        """Why the whole campaign is stopped; "" if it is not."""
        whole = (stop.says for stop in self.stops if stop.target is None and stop.channel is None)
        return next(whole, "")

    @property
    def object_to_nobody(self) -> bool:
        """Whether only a message's own deadline, or its being held, can speak against it."""
        # A closing needs no reason: "" is one, too.
        said = (self.closed, self.unapproved, self.superseded) != (None, None, None)
        return not (said or self.stops or self.opted_out)


ELSEWHERE = "handed on"
"""The guard that speaks for a channel to which a message is handed on."""


class Candidate(NamedTuple):
    """A message that wants to go out."""

    target: str
    channel: str
    contact: str
    expires_at: datetime
    """The first moment after the deadline, in the target's zone."""
    held: str | None = None
    quiet: Quiet | None = None


class Quiet(NamedTuple):
    """When nothing may go out: from, until, in the time of the target, who is in one of `zones`."""

    hours: tuple[time, time]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A guard's no: which guard, why, and the earliest time at which to ask again, if any.

    With such a time it is only a delay. `final` means that no change but a new fact from a person
    will let this message go.
    """

    guard: str
    reason: str
    final: bool = False
    not_before: datetime | None = None


def _closed(_: Candidate, facts: Facts) -> Verdict | None:
    if facts.closed is None:
        return None
    return Verdict(
        "closed", f"the campaign is closed: {facts.closed}".removesuffix(": "), final=True
    )


def _expired(candidate: Candidate, facts: Facts) -> Verdict | None:
    if facts.now < candidate.expires_at:
        return None
    ended = candidate.expires_at.strftime("%-d %B %Y, %H:%M UTC")
    return Verdict("expired", f"the deadline has passed: it ended on {ended}", final=True)


def _superseded(_: Candidate, facts: Facts) -> Verdict | None:
    return Verdict("superseded", facts.superseded) if facts.superseded else None


def _stopped(candidate: Candidate, facts: Facts) -> Verdict | None:
    for stop in facts.stops:
        if stop.target in (None, candidate.target) and stop.channel in (None, candidate.channel):
            return Verdict("stopped", stop.says)
    return None


def _held(candidate: Candidate, _: Facts) -> Verdict | None:
    return Verdict("held", candidate.held) if candidate.held else None


def _opted_out(candidate: Candidate, facts: Facts) -> Verdict | None:
    if (candidate.channel, candidate.contact) not in facts.opted_out:
        return None
    return Verdict("opted out", "this contact has asked for no more messages")


def _not_approved(_: Candidate, facts: Facts) -> Verdict | None:
    return Verdict("not approved", facts.unapproved) if facts.unapproved else None


def _in_quiet_hours(candidate: Candidate, facts: Facts) -> Verdict | None:
    if candidate.quiet is None:
        return None
    hours, zones = candidate.quiet
    over = quiet_until(zones, hours, facts.now)
    if over is None:
        return None
    until = f"{over:%-d %B %Y, %H:%M} UTC"
    late = ", which is after its deadline: it will not go out" * (over >= candidate.expires_at)
    says = f"it is night where the target is: it waits until {hours[1]:%H:%M} there ({until}){late}"
    return Verdict("quiet hours", says, not_before=over)


_GUARDS: tuple[Callable[[Candidate, Facts], Verdict | None], ...] = (
    _closed,
    _expired,
    _superseded,
    _stopped,
    _held,
    _opted_out,
    _not_approved,
    _in_quiet_hours,
)


def ask(candidate: Candidate, facts: Facts) -> Verdict | None:
    """The first guard's objection to sending `candidate` now, or None if it may go."""
    for guard in _GUARDS:
        if (verdict := guard(candidate, facts)) is not None:
            return verdict
    return None
