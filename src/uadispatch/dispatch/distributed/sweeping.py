"""Taking up again what has fallen by the way: done by every worker, by one of them at a time.

It never sends: it finds out who has died, what a deadline or a closing has ended, and gives a job
to what is due and has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.journal import JournalError, Moment, Selection, blocks_due

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from uadispatch.clock import Clock
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Journal, Raw

__all__ = ["Sweeper", "Swept", "hand_out", "may_go"]

REMEMBERED = timedelta(minutes=5)
"""How long a deadline that was asked for is gone by."""


@dataclass(slots=True)
class Swept:
    """What a sweep has found."""

    in_doubt: int = 0
    """Claims of those who were not heard of any more."""
    cancelled: dict[str, int] = field(default_factory=dict)
    """Messages of a campaign that a closing or a deadline has ended."""
    jobs: dict[str, int] = field(default_factory=dict)
    """Jobs that were put into the queue, by campaign."""
    failed: dict[str, str] = field(default_factory=dict)
    """Campaigns that were left out, and why: somebody keeps one to himself for long, say."""


class Sweeper:
    """Goes through all that was handed over, again and again."""

    def __init__(self, journal: Journal, clock: Clock, *, by: str) -> None:
        """Take what it works with; `by` is the owner in whose name it writes."""
        self._journal, self._clock, self._by = journal, clock, by
        self._ends: dict[str, tuple[Order, datetime, datetime | None]] = {}
        """By campaign: of which order it was asked, when, and the next deadline in it."""
        self._cleared: dict[str, datetime] = {}
        """By campaign that is closed: when what was left of it was cancelled."""

    def sweep(self) -> Swept:
        """Go through all of it once. Raises JournalError: the whole journal fails."""
        found = Swept(in_doubt=self._journal.recover(at=self._clock.now(), by=self._by))
        for campaign, value in self._journal.orders().items():
            order = Order.read(campaign, value)
            if order is None:
                continue
            try:
                self._see_to(order, found)
            except JournalError as exc:
                self._journal.number_alive()  # who is away as a whole is not asked for each
                found.failed[campaign] = str(exc)
        return found

    def _see_to(self, order: Order, found: Swept) -> None:
        now = self._clock.now()
        moment = Moment(campaign=order.campaign, now=now, approval_of=order.approval_of)
        facts = self._journal.facts(moment)
        if self._is_ended(order, facts, now):
            numbers = self._journal.cancel_ended(moment, order.selection, by=self._by)
            if total := sum(numbers.values()):
                found.cancelled[order.campaign] = total
            self._ends.pop(order.campaign, None)
            self._cleared[order.campaign] = now
        channels = may_go(order, facts).channels
        if channels and (number := self._hand_out(order, channels, now)):
            found.jobs[order.campaign] = number

    def _is_ended(self, order: Order, facts: Facts, now: datetime) -> bool:
        """Whether a closing or a deadline may have ended something of it that is there still."""
        if facts.closed is None:
            self._cleared.pop(order.campaign, None)
            ends = self._next_end(order, now)
            return ends is not None and ends <= now
        # Whoever has something on its way clears it away itself. To cancel keeps all others out.
        cleared = self._cleared.get(order.campaign)
        return cleared is None or not cleared <= now < cleared + REMEMBERED

    def _next_end(self, order: Order, now: datetime) -> datetime | None:
        """The next deadline of what waits, as it was asked not long ago.

        To ask is to go through all that waits. A claim asks for each message anew.
        """
        asked_of, at, ends = self._ends.get(order.campaign, (None, now, None))
        if asked_of != order or not at <= now < at + REMEMBERED:
            ends = self._journal.next_end(order.campaign, order.selection)
            self._ends[order.campaign] = order, now, ends
        return ends

    def _hand_out(self, order: Order, channels: frozenset[str], now: datetime) -> int:
        question = self._journal.next_question(order.campaign, order.selection)

        def work(connection: Raw) -> int:
            number = hand_out(connection, order, channels, now=now)
            if question is not None and question <= now:
                known = queue.live(connection, order.campaign)
                asks = (queue.Asking(order.campaign, name) for name in sorted(order.channels))
                number += queue.defer(connection, (job for job in asks if job.name not in known))
            return number

        return self._journal.sweep(work) or 0


def may_go(order: Order, facts: Facts) -> Selection:
    """What of an order nothing keeps back as a whole; the claims ask of each message."""
    if facts.closed is not None or facts.unapproved is not None or facts.superseded is not None:
        return Selection(channels=frozenset())
    stopped = {stop.channel for stop in facts.stops if stop.target is None}
    channels = frozenset() if None in stopped else order.channels - stopped
    return Selection(channels=channels, targets=order.targets)


def hand_out(connection: Raw, order: Order, channels: Iterable[str], *, now: datetime) -> int:
    """Give a job to every block of `order` in which something is due on one of `channels`.

    Unless it has one. It is done in the transaction of `connection`: with the plan, or all at once
    in a sweep. Returns how many there were.
    """
    known = queue.live(connection, order.campaign)
    due = blocks_due(connection, order.campaign, channels, order.targets, now=now)
    jobs = (queue.Sending(order.campaign, block) for block in due)
    return queue.defer(connection, (job for job in jobs if job.name not in known))
