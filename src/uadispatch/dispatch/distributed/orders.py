"""What was handed over to workers: which messages, and what must have been approved.

It is a fact of the journal, the last one counts. So whoever finds messages without a job knows
that they are to be sent, and how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal import Selection, hand_over, next_end, order_of
from uadispatch.dispatch.journal.on_server import locks
from uadispatch.dispatch.snapshot import canonical
from uadispatch.errors import UadispatchError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Self

    from uadispatch.dispatch.journal import Raw

__all__ = ["Order", "give"]

_NOT_AS_ONE = (
    "{0} was handed over before, for other channels and other targets, and some of that waits "
    "still: nothing was handed over now. Hand over all of it together (no --channel, no --target), "
    "or wait until the rest is done (uadispatch status {0})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """That the messages of a campaign are to be sent by workers."""

    campaign: str
    channels: frozenset[str]
    """What a program sends: the work of people stays where they are."""
    targets: frozenset[str] | None = None
    """None: all."""
    approval_of: str | None = None
    """The snapshot that must have been approved; None: none must."""

    @property
    def selection(self) -> Selection:
        """Which messages are meant."""
        return Selection(channels=self.channels, targets=self.targets)

    def rest_of(self, selection: Selection, channels: Iterable[str]) -> Selection:
        """What of `selection` is left to whoever hands over: what people do."""
        wanted = frozenset(channels) if selection.channels is None else selection.channels
        return replace(selection, channels=wanted - self.channels)

    def has(self, other: Order) -> bool:
        """Whether all that `other` means is meant by this."""
        return self.channels >= other.channels and (
            self.targets is None or (other.targets is not None and self.targets >= other.targets)
        )

    def joined(self, former: Order) -> Order | None:
        """What means this and `former`, and nothing else; None: no order does."""
        if self.has(former):
            return self
        if former.has(self):
            return replace(self, channels=former.channels, targets=former.targets)
        if self.channels == former.channels:
            return replace(self, targets=(self.targets or frozenset()) | (former.targets or set()))
        if self.targets == former.targets:
            return replace(self, channels=self.channels | former.channels)
        return None

    @property
    def value(self) -> str:
        """As the value of its fact."""
        targets = None if self.targets is None else sorted(self.targets)
        return canonical(
            {"approval_of": self.approval_of, "channels": sorted(self.channels), "targets": targets}
        )

    @classmethod
    def read(cls, campaign: str, value: str | None) -> Self | None:
        """What `value` has made of one; None: it cannot be read."""
        try:
            said = json.loads(value or "")
            targets = said["targets"]
            return cls(
                campaign=campaign,
                channels=frozenset(map(str, said["channels"])),
                targets=None if targets is None else frozenset(map(str, targets)),
                approval_of=said["approval_of"],
            )
        except (ValueError, KeyError, TypeError):
            return None


def give(connection: Raw, order: Order, *, at: datetime, by: str) -> Order:
    """State `order` beside what was handed over before, of which nothing may be forgotten.

    Returns what is in force from now on. Raises UadispatchError: it cannot be said as one, and
    something of the former still waits.
    """
    locks.keep_sweeps_out(connection)  # or both would give the same job
    before = order_of(connection, order.campaign)
    former = None if before is None else Order.read(order.campaign, before[0])
    both = order if former is None else order.joined(former)
    its = order if both is None else both
    if former is not None and both is None and _waits(connection, former):
        raise UadispatchError(_NOT_AS_ONE.format(order.campaign))
    hand_over(connection, order.campaign, its.value, at=at, by=by)
    return its


def _waits(connection: Raw, order: Order) -> bool:
    """Whether something of it was not sent yet."""
    return next_end(connection, order.campaign, order.selection) is not None
