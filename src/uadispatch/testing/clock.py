"""A clock that stands still until somebody sleeps: for rehearsals and tests."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

__all__ = ["VirtualClock"]


class VirtualClock:
    """Begins at `start` (aware); `sleep` returns at once and moves it on."""

    def __init__(self, start: datetime) -> None:
        """Set the clock."""
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware moment, such as one in UTC")
        self._now = start

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Move on by `seconds`, once everybody else has had a turn."""
        until = self._now + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self._now = max(self._now, until)
