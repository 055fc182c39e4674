"""Waiting for a time that may be cut short: by a stop, or by news."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime

    from uadispatch.clock import Clock

__all__ = ["wait_until"]


async def wait_until(moment: datetime, clock: Clock, unless: asyncio.Event) -> None:
    """Return at `moment` by `clock`, or as soon as `unless` is set."""
    import asyncio  # noqa: PLC0415 - costly

    left = (moment - clock.now()).total_seconds()
    waits = [
        asyncio.ensure_future(unless.wait()),
        asyncio.ensure_future(clock.sleep(max(left, 0))),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
