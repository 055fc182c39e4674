"""Taking up again what has fallen by the way: done by every worker, by one of them at a time.

It never sends: it finds out who has died, what a deadline or a closing has ended, and gives a job
to what is due and has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.journal import Moment, Selection, blocks_due

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.clock import Clock
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Journal, Raw

__all__ = ["Swept", "hand_out", "may_go", "sweep"]


@dataclass(slots=True)
class Swept:
    """What a sweep has found."""

    in_doubt: int = 0
    """Claims of those who were not heard of any more."""
    cancelled: dict[str, int] = field(default_factory=dict)
    """Messages of a campaign that a closing or a deadline has ended."""
    jobs: dict[str, int] = field(default_factory=dict)
    """Jobs that were put into the queue, by campaign."""


def sweep(journal: Journal, clock: Clock, *, by: str) -> Swept:
    """Go through all that was handed over. Raises JournalError."""
    found = Swept(in_doubt=journal.recover(at=clock.now(), by=by))
    for campaign, value in journal.orders().items():
        order = Order.read(campaign, value)
        if order is None:
            continue
        moment = Moment(campaign=campaign, now=clock.now(), approval_of=order.approval_of)
        facts = journal.facts(moment)
        ends = journal.next_end(campaign, order.selection)
        if facts.closed is not None or (ends is not None and ends <= moment.now):
            numbers = journal.cancel_ended(moment, order.selection, by=by)
            if total := sum(numbers.values()):
                found.cancelled[campaign] = total
        wanted = may_go(order, facts)
        if wanted.channels and (number := _hand_out(journal, order, wanted, moment.now)):
            found.jobs[campaign] = number
    return found


def may_go(order: Order, facts: Facts) -> Selection:
    """What of an order nothing keeps back as a whole; the claims ask of each message."""
    if facts.closed is not None or facts.unapproved is not None or facts.superseded is not None:
        return Selection(channels=frozenset())
    stopped = {stop.channel for stop in facts.stops if stop.target is None}
    channels = frozenset() if None in stopped else order.channels - stopped
    return Selection(channels=channels, targets=order.targets)


def _hand_out(journal: Journal, order: Order, selection: Selection, now: datetime) -> int:
    question = journal.next_question(order.campaign, order.selection)

    def work(connection: Raw) -> int:
        number = hand_out(connection, order.campaign, selection, now=now)
        if question is not None and question <= now:
            known = queue.live(connection, order.campaign)
            asks = [queue.Asking(order.campaign, name) for name in sorted(order.channels)]
            number += queue.defer(connection, [job for job in asks if job.name not in known])
        return number

    return journal.sweep(work) or 0


def hand_out(connection: Raw, campaign: str, selection: Selection, *, now: datetime) -> int:
    """Give a job to every block in which something is due, unless it has one; returns how many.

    It is done in the transaction of `connection`: with the plan, or all at once in a sweep.
    """
    known = queue.live(connection, campaign)
    due = blocks_due(connection, campaign, selection, now=now)
    jobs = [queue.Sending(campaign, block) for block in due]
    return queue.defer(connection, [job for job in jobs if job.name not in known])
