"""A clock that stands still while anything happens: for rehearsals and tests."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

__all__ = ["VirtualClock"]


class VirtualClock:
    """Begins at `start` (aware). `sleep` waits for nothing: time moves on when nobody else can run.

    It moves to the moment for which the first of all sleepers waits, so that none is woken before
    another whose time comes earlier, and none is passed over. What goes on in a thread or comes
    from outside is not waited for.
    """

    def __init__(self, start: datetime) -> None:
        """Set the clock."""
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware moment, such as one in UTC")
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.AbstractEventLoop]] = []

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once it is `seconds` later."""
        loop = asyncio.get_running_loop()
        until = self._now + timedelta(seconds=seconds)
        me = (until, loop)
        self._sleepers.append(me)
        try:
            await asyncio.sleep(0)
            while self._now < until:
                first = min(moment for moment, _ in self._sleepers)
                if until == first and not self._others_can_run(loop):
                    self._now = until
                else:
                    await asyncio.sleep(0)
        finally:
            self._sleepers.remove(me)

    def _others_can_run(self, loop: Any) -> bool:
        """Whether anything but sleepers, each of which is there once, is about to run in `loop`."""
        ready = getattr(loop, "_ready", ())  # asyncio's own; no other tells
        sleepers = sum(its is loop for _, its in self._sleepers)
        return len(ready) >= sleepers
