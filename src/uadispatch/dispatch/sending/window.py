"""What one lane has claimed and not recorded yet, which is never more than its window.

It counts, and says when a transaction is worth its while. It asks no journal and sends nothing.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from uadispatch.channels.channel_settings import ChannelSettings
    from uadispatch.channels.contract import Capabilities
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.journal import Claimed
    from uadispatch.dispatch.pace.pacing import Start
    from uadispatch.dispatch.sending.trying import Tried

__all__ = ["Flight", "Window"]

SHARE = 4
"""A quarter of the window that has ended is recorded together: that many cost one commit."""
AHEAD = 500
"""So many texts at most are at hand before they can go: a window of 10,000 may be of long ones."""


class Flight(NamedTuple):
    """A claimed message on its way to its channel, and what was composed of it already."""

    row: Claimed
    start: Start
    ready: Message | Tried | None


class Window:
    """Those that wait, those that are being tried, and those that have ended."""

    def __init__(self, settings: ChannelSettings, capabilities: Capabilities) -> None:
        """Begin with none."""
        self.size = settings.window or settings.concurrency
        """How many may be claimed and unrecorded."""
        self.at_once = min(settings.concurrency, self.size)
        """How many the far end serves at once."""
        self.queues = capabilities.queues
        """Whether the channel may be given more, and asks itself whether each may begin."""
        self._sends = self._busy = self.at_once
        if self.queues:  # it may pipeline: then it wants the next one at hand, too
            self._sends = min(max(AHEAD, 2 * self.at_once), self.size)
            self._busy = max(self.at_once, min(2 * self.at_once, self.size - self.size // SHARE))
        self.waiting: deque[Flight] = deque()
        """Claimed, and not handed to the channel yet."""
        self.flying: dict[int, Flight] = {}
        """Handed to the channel, and not ended."""
        self.finished: list[Tried] = []
        """Ended, and not handed to the journal yet."""

    @property
    def claimed(self) -> int:
        """How many have not ended."""
        return len(self.waiting) + len(self.flying)

    @property
    def empty(self) -> bool:
        """Whether everything that was claimed was handed to the journal."""
        return not (self.waiting or self.flying or self.finished)

    @property
    def in_hand(self) -> frozenset[int]:
        """The ids of all that was claimed and not handed to the journal."""
        waiting = (flight.row.id for flight in self.waiting)
        return frozenset(
            (*waiting, *self.flying, *(tried.settlement.id for tried in self.finished))
        )

    @property
    def to_prepare(self) -> int:
        """How many more may be composed before their turn has come."""
        return max(AHEAD - len(self.waiting), 0)

    def room(self, *, paced: bool) -> int:
        """How many may be claimed by a transaction that records all that has `finished`.

        `paced`: one at a time, and none that would only wait here for its turn.
        """
        if paced:
            return max(min(self.at_once - self.claimed, 1), 0)
        return self.size - self.claimed

    @property
    def may_send(self) -> bool:
        """Whether the channel takes one more."""
        return len(self.flying) < self._sends

    @property
    def worth_a_turn(self) -> bool:
        """Whether something stands idle, or enough has ended to be recorded together."""
        return self.claimed < self._busy or len(self.finished) * SHARE >= self.size
