"""How all that was handed over to workers stands, at one moment, in numbers; it only reads.

It names channels; never a campaign, a target, an address or a text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.sweeping import may_go
from uadispatch.dispatch.journal import Moment
from uadispatch.dispatch.news import Why
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Journal

__all__ = ["Outlook", "outlook"]


@dataclass(slots=True)
class Outlook:
    """The messages of all campaigns that were handed over."""

    states: Counter[tuple[str, State]] = field(default_factory=Counter)
    """By channel and state."""
    held: Counter[str] = field(default_factory=Counter)
    """Of those, what is held for a person, by channel."""
    waits: dict[tuple[str, Why], datetime] = field(default_factory=dict)
    """Channel, and what it or its messages wait for, to when the first of them may go."""
    due_since: dict[str, datetime] = field(default_factory=dict)
    """Channel to since when something is due there, and nothing but a pace keeps it back."""

    def wait(self, channel: str, why: Why, until: datetime) -> None:
        """Note that something waits; what waits for less counts."""
        self.waits[channel, why] = min(until, self.waits.get((channel, why), until))


def outlook(journal: Journal, clock: Clock, spacings: Mapping[str, timedelta | None]) -> Outlook:
    """Count, in `journal` as it is at one moment; `spacings` are the channels' own rates.

    Raises:
        JournalError: it cannot be read.
    """
    orders = journal.orders()
    counted = journal.tally(orders)
    found = Outlook(states=counted.states, held=counted.held)
    now = clock.now()
    for campaign in counted.waiting:
        order = Order.read(campaign, orders[campaign])
        if order is None:
            continue
        facts = journal.facts(Moment(campaign=campaign, now=now, approval_of=order.approval_of))
        wanted = may_go(order, facts)
        if not wanted.channels:
            continue
        for wait in journal.what_waits(campaign, wanted, after=now):
            why = Why.QUIET_HOURS if wait.state is State.PLANNED else Why.LATER
            found.wait(wait.channel, why, wait.until)
        for channel, since in journal.due_since(campaign, wanted, now=now).items():
            found.due_since[channel] = min(since, found.due_since.get(channel, since))
    for channel, slot in journal.slots(spacings, now=now).items():
        if slot.not_before is not None:
            found.wait(channel, Why.ASKED if slot.waits_for else Why.RATE, slot.not_before)
    return found
