"""Jobs of one channel that share its lane: while one is recorded, the next is being sent."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uadispatch.dispatch.sending.engine import Engine

__all__ = ["Feed"]


class _Part:
    """The ids of one job."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = frozenset(ids)
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self, fault: BaseException | None = None) -> None:
        if self.over.done():
            return  # whoever waited for it was cancelled
        if fault is None:
            self.over.set_result(None)
        else:
            self.over.set_exception(fault)


class Feed:
    """What one lane is given, by as many jobs as there are; it runs as long as there are any.

    The ids are drawn on the journal's thread, all else is done on the event loop.
    """

    def __init__(self, engine: Engine, channel: str) -> None:
        """Begin with none."""
        self._engine = engine
        self._channel = channel
        self._rest: deque[int] = deque()
        self._parts: list[_Part] = []
        self._run: asyncio.Task[None] | None = None

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        try:
            return self._rest.popleft()
        except IndexError:
            raise StopIteration from None  # for now: a later job brings more

    async def carry(self, ids: Sequence[int]) -> None:
        """Have `ids` claimed, sent and recorded, as far as they may be now. Raises JournalError."""
        part = _Part(ids)
        self._parts.append(part)
        self._rest.extend(ids)
        if self._run is None:
            self._run = asyncio.create_task(self._go())
        else:
            self._engine.lane(self._channel).wake()
        await part.over

    async def _go(self) -> None:
        try:
            while self._rest:
                # What is taken up by a job that comes in the last moment is run for anew.
                await self._engine.run_batch(self._channel, self, turned=self._turned)
                if not self._engine.lane(self._channel).goes_on:
                    break
        except Exception as exc:  # noqa: BLE001 - whoever waits for a job is told
            self._end(exc)
        except BaseException as exc:
            self._end(exc)
            raise
        else:
            self._end()

    def _turned(self, in_hand: frozenset[int]) -> None:
        """After a transaction: which jobs have nothing left, neither here nor in the lane."""
        left = in_hand.union(self._rest)
        for part in [part for part in self._parts if left.isdisjoint(part.ids)]:
            self._parts.remove(part)
            part.end()

    def _end(self, fault: BaseException | None = None) -> None:
        """The lane has stopped: what it has not claimed is due still, and the sweep sees to it."""
        parts, self._parts, self._run = self._parts, [], None
        self._rest.clear()
        for part in parts:
            part.end(fault)
