"""The contract's test of what many messages cost: nothing may be kept of those that are gone."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path  # noqa: TC003 - pytest reads what a test takes
from time import perf_counter, process_time
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from uadispatch.channels.contract import Tools
from uadispatch.channels.message import Handover, Receipt
from uadispatch.testing.contract.workbench import Given, Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.standing_in import StandIn

__all__ = ["COST", "CostingContract"]

COST = "cost"
"""The property of the test's report: what the messages cost, in words."""
FEW = 0.1
"""The share of the messages before the first look: what is kept by then is kept for good."""
BYTES = 64
"""A message may leave behind so many, on average; less than any text of it."""
_NOT_ITS_OWN = (
    ModuleType, type, FunctionType, BuiltinFunctionType, FrameType, Tools,
    asyncio.AbstractEventLoop, asyncio.Future,
)  # fmt: skip


class CostingContract(Workbench):
    """A campaign may have a hundred thousand targets."""

    def test_many_messages_leave_nothing_behind(
        self, tmp_path: Path, record_property: Callable[[str, object], None]
    ) -> None:
        """A thousand messages arrive, and the channel keeps nothing of those that are gone."""
        self._messages = self.many
        sizes: list[int] = []
        took: list[float] = []

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            few = max(int(self.many * FEW), 1)
            await self._send(channel, range(few))
            sizes.append(_kept_by(channel))
            begun, spent = perf_counter(), process_time()
            await self._send(channel, range(few, self.many))
            took.extend((perf_counter() - begun, process_time() - spent))
            sizes.append(_kept_by(channel))
            assert stand_in.tries == self.many
            assert len(stand_in.received) == self.many

        self._tell(tmp_path, story, Given(concurrency=4))
        sent = self.many - max(int(self.many * FEW), 1)
        each = (sizes[1] - sizes[0]) / sent
        wall, processor = took
        record_property(
            COST,
            f"{self.many:,} messages with the stand-in in the same process: {sent / wall:,.0f} a "
            f"second, {1000 * processor / sent:.2f} ms of the processor each",
        )
        assert each <= BYTES, f"it keeps some {each:,.0f} bytes of each message that it has sent"

    async def _send(self, channel: Channel[Any], numbers: range) -> None:
        room = asyncio.Semaphore(channel.settings.concurrency)

        async def send(number: int) -> None:
            async with room:
                answer = await channel.send(self._message(channel, number))
                assert isinstance(answer, Receipt | Handover)

        await asyncio.gather(*map(send, numbers))


def _kept_by(channel: Channel[Any]) -> int:
    """How many bytes hang on a channel, its class and what its module gathers in containers."""
    gc.collect()
    module = sys.modules.get(type(channel).__module__)
    gathered = [] if module is None else _containers(vars(module))
    gathered += _containers(vars(type(channel)))
    waiting: list[object] = [vars(channel), *gathered]
    seen: set[int] = set()
    size = 0
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, _NOT_ITS_OWN):
            continue
        seen.add(id(found))
        size += sys.getsizeof(found)
        if not isinstance(found, MethodType):  # that of others is theirs
            waiting.extend(gc.get_referents(found))
    return size


def _containers(names: Any) -> list[object]:
    """What of a module or class may gather things: its own lists, sets and mappings."""
    return [
        value
        for name, value in names.items()
        if isinstance(value, list | set | dict | bytearray) and not name.startswith("__")
    ]
