"""The circuit breaker of a channel: while its far end serves nobody, nobody is tried in vain.

After a failure that any other message would have met too, the channel pauses; then one message
alone finds out whether it is over. Each further failure doubles the pause.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from uadispatch.dispatch.pace.retrying import pause_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["Breaker"]

PATIENCE = 3
"""Failures in a row after which a run that was not told to wait leaves."""
LONGEST_STAY = timedelta(seconds=30)
"""The longest pause that such a run sits out."""


class Breaker:
    """Knows whether a channel may be used now. It is told what happens and asks nobody."""

    def __init__(self, random: Callable[[], float]) -> None:
        """Begin closed: all goes through. `random` gives numbers in [0, 1)."""
        self._random = random
        self._failures = 0
        self._opened_at: datetime | None = None
        self.until: datetime | None = None
        """The end of the pause; None: there is none."""
        self.says = ""
        """Why it pauses."""

    def failed(
        self, *, started_at: datetime, now: datetime, retry_after: timedelta | None, says: str
    ) -> bool:
        """A try met a far end that serves nobody; returns whether a new pause begins.

        Tries that were on their way when the pause began tell nothing new.
        """
        news = self._opened_at is None or started_at > self._opened_at
        if news:
            self._failures += 1
            self._opened_at = now
            self.until = now + pause_after(self._failures, self._random)
            self.says = says
        if retry_after is not None:
            asked = now + retry_after
            self.until = max(self.until or asked, asked)
        return news

    def answered(self, *, started_at: datetime) -> None:
        """A far end served a try, well or badly: it is there."""
        if self._opened_at is None or started_at > self._opened_at:
            self._failures = 0
            self._opened_at = self.until = None
            self.says = ""

    def set_back(self, by: timedelta) -> None:
        """The clock was set back: a pause lasts as long as it was to last."""
        if self.until is not None:
            self.until -= by
        if self._opened_at is not None:
            self._opened_at -= by

    def room(self, wanted: int, on_their_way: int, now: datetime) -> int:
        """How many of `wanted` may go now."""
        if self.until is None:
            return wanted
        if now < self.until or on_their_way:
            return 0
        return min(wanted, 1)

    def outlasts(self, now: datetime) -> bool:
        """Whether the pause is more than a run sits out that was not told to wait."""
        return self.until is not None and (
            self._failures >= PATIENCE or self.until - now > LONGEST_STAY
        )
