"""The time: passed in everywhere, so that a rehearsal or a test can live at another moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clock", "CommonClock", "ShiftedClock", "SystemClock"]


class Clock(Protocol):
    """A source of time; `now` is aware and in UTC, `sleep` takes seconds."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` of this clock have passed."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        import asyncio  # noqa: PLC0415 - costly

        await asyncio.sleep(seconds)


class ShiftedClock(SystemClock):
    """The machine's own clock, as if it had been `start` (aware) when it was made."""

    def __init__(self, start: datetime) -> None:
        """Begin at `start`."""
        self._shift = start - super().now()

    def now(self) -> datetime:
        """The present moment, as many days away as `start` was."""
        return super().now() + self._shift


class CommonClock:
    """A machine's clock, corrected to the one that several machines go by."""

    def __init__(self, own: Clock, ahead: Callable[[], float]) -> None:
        """Correct `own` by `ahead`: the seconds by which the common one is ahead of it now."""
        self._own, self._ahead = own, ahead

    def now(self) -> datetime:
        """The present moment, by the common clock."""
        return self._own.now() + timedelta(seconds=self._ahead())

    async def sleep(self, seconds: float) -> None:
        """Wait as the machine's own clock does."""
        await self._own.sleep(seconds)
