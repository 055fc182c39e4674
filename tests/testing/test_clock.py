"""The virtual clock: time stands still while anything happens, and passes nobody over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from casekit import NOW
from uadispatch.testing import VirtualClock


def test_sleeping_waits_for_nothing_and_moves_time_on() -> None:
    clock = VirtualClock(NOW)
    asyncio.run(clock.sleep(86_400))
    assert clock.now() == NOW + timedelta(days=1)


def test_sleepers_wake_in_the_order_of_their_times_and_at_them() -> None:
    clock = VirtualClock(NOW)
    woken: list[tuple[float, float]] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, (clock.now() - NOW).total_seconds()))

    async def go() -> None:
        await asyncio.gather(*map(sleep, (30, 1, 20, 1, 0, 5)))

    asyncio.run(go())
    assert woken == [(0, 0), (1, 1), (1, 1), (5, 5), (20, 20), (30, 30)]


def test_time_stands_still_while_somebody_is_busy() -> None:
    clock = VirtualClock(NOW)

    async def work() -> timedelta:
        for _ in range(50):
            await asyncio.sleep(0)
        return clock.now() - NOW

    async def go() -> timedelta:
        sleeper = asyncio.create_task(clock.sleep(10))
        took = await work()
        await sleeper
        return took

    assert asyncio.run(go()) == timedelta(0)
    assert clock.now() == NOW + timedelta(seconds=10)


def test_a_sleeper_that_is_cancelled_holds_nobody_up() -> None:
    clock = VirtualClock(NOW)

    async def go() -> None:
        first = asyncio.create_task(clock.sleep(1))
        second = asyncio.create_task(clock.sleep(2))
        await asyncio.sleep(0)
        first.cancel()
        await second

    asyncio.run(go())
    assert clock.now() == NOW + timedelta(seconds=2)


def test_it_needs_to_know_its_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(NOW.replace(tzinfo=None))
