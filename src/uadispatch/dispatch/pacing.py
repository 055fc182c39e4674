"""When a try may begin: the turnstile of a channel with a rate, within one process.

The journal lets one message be claimed for each space of time; between its claim and its true
beginning something slow may come (a connection that is opened). What the far end counts is the
beginning, so a channel may say when that is (`Tools.begin`), and asks the journal there once more.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from uadispatch.clock import Clock

__all__ = ["Start", "Turnstile", "begin", "enter"]

SLOWER = 2
"""How much slower a channel goes while the far end asks for waits."""
SLOWEST = timedelta(seconds=1)
"""A channel without a rate of its own is not made slower than this by such a wish."""
_AT_ONCE = timedelta(0)


class Turnstile:
    """Lets the tries of one channel through, one for each space of time."""

    def __init__(
        self,
        clock: Clock,
        spacing: timedelta | None,
        ask: Callable[[timedelta], Awaitable[datetime | None]],
    ) -> None:
        """Begin with nobody through; `spacing` is what the channel's rate says.

        `ask` lets one begin, with so much time since the last of any process; or says until when
        it must wait.
        """
        self._clock = clock
        self._own = spacing
        self._ask = ask
        self._in_order = asyncio.Lock()
        self._lowered: timedelta | None = None
        self._lowered_until: datetime | None = None
        self._opened_at = clock.now()
        self._through = 0
        self._last_start: datetime | None = None

    @property
    def spacing(self) -> timedelta | None:
        """What is kept to now."""
        if self._lowered_until is None or self._lowered_until <= self._clock.now():
            return self._own
        return max(self._own or _AT_ONCE, self._lowered or _AT_ONCE)

    @property
    def earliest(self) -> datetime | None:
        """When the next may be claimed; None: at once, for all that is known here."""
        spacing = self.spacing
        if spacing is None or self._last_start is None:
            return None
        # A clock that was set back makes it wait for one space, and not until then.
        self._last_start = min(self._last_start, self._clock.now())
        return self._last_start + spacing

    def started(self) -> Start:
        """Note that a try was claimed and starts now."""
        self._through += 1
        self.moved_on()
        return Start(self)

    def moved_on(self) -> None:
        """Note that the last that started is really under way now."""
        if self._own is not None or self._lowered_until is not None:
            self._last_start = self._clock.now()

    async def wait(self) -> None:
        """Return once the next may truly begin."""
        async with self._in_order:
            while (spacing := self.spacing) is not None:
                until = await self._ask(spacing)
                if until is None:
                    return
                await self._clock.sleep((until - self._clock.now()).total_seconds())

    def slow_down(self, wait: timedelta) -> tuple[timedelta, datetime]:
        """Go slower for as long as the far end asks; returns the spacing, and until when."""
        now = self._clock.now()
        until = now + wait
        if self._lowered_until is None or self._lowered_until <= now:
            if self._own is not None:
                self._lowered = self._own * SLOWER
            else:
                so_far = (now - self._opened_at) / max(self._through, 1)
                self._lowered = min(so_far * SLOWER, SLOWEST)
            self._lowered_until = until
        self._lowered_until = max(self._lowered_until, until)
        return self._lowered or _AT_ONCE, self._lowered_until


class Start:
    """One try on its way through a turnstile."""

    def __init__(self, turnstile: Turnstile) -> None:
        """It has started, and has not said that it begins."""
        self.turnstile = turnstile
        self._begun = False

    def sending(self) -> None:
        """Note that it is handed to its channel now, a moment after its claim."""
        self.turnstile.moved_on()

    async def begin(self) -> None:
        """Wait for the turn; a second call does nothing."""
        if not self._begun:
            await self.turnstile.wait()
            self._begun = True


_current: ContextVar[Start | None] = ContextVar("start", default=None)


def enter(start: Start) -> None:
    """Let `begin` mean `start` in this task and those that it makes."""
    _current.set(start)


async def begin() -> None:
    """Wait until the try that calls this may begin; what `Tools.begin` lends to channels."""
    start = _current.get()
    if start is not None:
        await start.begin()
