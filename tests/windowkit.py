"""What tests of a window larger than the connections share: channels, and what they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from casekit import Case, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal import Journal
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from pathlib import Path

TAKEN = Receipt(says="taken")


class Queueing(FakeChannel):
    """Is given the whole window, and serves as many at once as it has connections."""

    capabilities_given = Capabilities(queues=True)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.given = 0
        """How many it was given and has not answered."""
        self.most_given = 0
        self._connections = asyncio.Semaphore(self.settings.concurrency)

    async def send(self, message: Message) -> Any:
        self.given += 1
        self.most_given = max(self.most_given, self.given)
        try:
            async with self._connections:
                await self.tools.begin()
                return await super().send(message)
        finally:
            self.given -= 1


KINDS = pytest.mark.parametrize("kind", [FakeChannel, Queueing])


def wide(
    folder: Path, kind: type[FakeChannel], count: int, *, at_once: int = 2, window: int = 20
) -> Case:
    """`count` messages, and a window larger than the connections."""
    return Case(
        write_home(folder, count=count), kinds=(kind,),
        settings={"concurrency": at_once, "window": window},
    )  # fmt: skip


def script_all(case: Case, count: int, answer: Any) -> None:
    """What the channel answers to the first try of every message."""
    for number in range(count):
        case.channel.script(f"official-{number}", answer)


def claimed(case: Case) -> int:
    """How many messages are claimed."""
    return list(case.states().values()).count("claimed")


def say(case: Case, kind: str) -> None:
    """What another process would write: with a connection of its own."""
    with Journal(case.url, write=True) as journal:
        journal.state_fact("46/19", kind, at=case.clock.now(), by="Ann", because="he is free")
