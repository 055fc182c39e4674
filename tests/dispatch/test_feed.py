"""Jobs that share a lane: each is over when nothing of it is left, and no sooner."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.dispatch.distributed.feed import Feed
from uadispatch.dispatch.journal import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uadispatch.dispatch.sending.engine import Engine

FAULT = JournalError("the disk is full")


class Lane:
    """Draws some ids at a time, and is done with them a turn later, as a lane is."""

    def __init__(
        self, room: int = 2, *, stops_after: int | None = None, fails: bool = False
    ) -> None:
        self.room = room
        self.stops_after = stops_after
        self.fails = fails
        self.done: list[int] = []
        self.runs = 0
        self.paused = False

    async def run_batch(
        self, channel: str, ids: Iterator[int], turned: Callable[[frozenset[int]], None]
    ) -> None:
        assert channel == "email"
        self.runs += 1
        in_hand: list[int] = []
        while True:
            await asyncio.sleep(0)
            drawn = [id_ for _, id_ in zip(range(self.room), ids, strict=False)]
            self.done += in_hand
            in_hand = drawn
            if self.fails:
                raise FAULT
            turned(frozenset(in_hand))
            if self.stops_after is not None and len(self.done) >= self.stops_after:
                self.done += in_hand
                self.paused = True
            if self.paused or not in_hand:
                return

    def lane(self, _: str) -> Lane:
        return self

    def wake(self) -> None:
        """It never sleeps."""

    @property
    def goes_on(self) -> bool:
        return not self.paused


def feed(lane: Lane) -> Feed:
    return Feed(cast("Engine", lane), "email")


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9)), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_a_job_is_over_when_all_of_its_ids_are_done_and_no_sooner(
    jobs: list[tuple[int, int]], room: int
) -> None:
    """`jobs`: how many ids each has, and how many turns of the loop it comes later."""
    lane = Lane(room)

    async def carry(its: Feed, ids: list[int], later: int) -> None:
        for _ in range(later):
            await asyncio.sleep(0)
        await its.carry(ids)
        assert set(ids) <= set(lane.done)

    async def all_of_them() -> None:
        its = feed(lane)
        work = [carry(its, [100 * n + i for i in range(size)], later)
                for n, (size, later) in enumerate(jobs)]  # fmt: skip
        async with asyncio.timeout(5):
            await asyncio.gather(*work)

    asyncio.run(all_of_them())
    assert len(lane.done) == len(set(lane.done)) == sum(size for size, _ in jobs)


def test_jobs_that_are_there_together_are_one_run() -> None:
    lane = Lane()

    async def both() -> None:
        its = feed(lane)
        await asyncio.gather(its.carry([1, 2, 3]), its.carry([4, 5, 6]))

    asyncio.run(both())
    assert (lane.runs, lane.done) == (1, [1, 2, 3, 4, 5, 6])


def test_a_channel_that_pauses_lets_go_of_its_jobs() -> None:
    lane = Lane(stops_after=2)

    async def both() -> None:
        its = feed(lane)
        async with asyncio.timeout(5):
            await asyncio.gather(its.carry([1, 2, 3]), its.carry([4, 5, 6, 7, 8]))
            lane.paused, lane.stops_after = False, None
            await its.carry([9])

    asyncio.run(both())
    # The rest is due still: nothing is kept for later here, where nobody would know of it.
    assert lane.done == [1, 2, 3, 4, 9]


def test_a_fault_of_the_journal_is_told_to_every_job() -> None:
    lane = Lane(fails=True)

    async def both() -> tuple[BaseException | None, ...]:
        its = feed(lane)
        async with asyncio.timeout(5):
            first, second = await asyncio.gather(
                its.carry([1, 2, 3]), its.carry([4]), return_exceptions=True
            )
            lane.fails = False
            await its.carry([5])
        return first, second

    assert asyncio.run(both()) == (FAULT, FAULT)
    assert lane.done == [5]


def test_a_job_of_nothing_is_over_at_once() -> None:
    async def carry() -> None:
        async with asyncio.timeout(5):
            await feed(Lane()).carry([])

    asyncio.run(carry())


@pytest.mark.parametrize("room", [1, 3])
def test_a_job_that_nobody_waits_for_any_more_disturbs_none(room: int) -> None:
    lane = Lane(room)

    async def both() -> None:
        its = feed(lane)
        left = asyncio.create_task(its.carry([1, 2]))
        await asyncio.sleep(0)
        left.cancel()
        async with asyncio.timeout(5):
            await its.carry([3, 4])

    asyncio.run(both())
    assert {3, 4} <= set(lane.done)
