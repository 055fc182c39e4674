"""Taking back what a service still holds, after a closing: each channel is asked that can."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Receipt
from uadispatch.dispatch.composing import Composer
from uadispatch.dispatch.journal import JournalError
from uadispatch.dispatch.news import Recalling
from uadispatch.dispatch.retelling import retell
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uadispatch.channels.contract import Channel
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Journal
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Recalled", "recall"]

BACK = "its service gave it back after the closing"

PATIENCE = 60.0
"""Seconds that a service has to answer for one message."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """How many messages the services gave back, and how many they did not."""

    back: int = 0
    gone: int = 0
    silent: tuple[str, ...] = ()
    """The channels that gave no answer in time; they were not asked for the rest of theirs."""


async def recall(
    journal: Journal,
    channels: Mapping[str, Channel[Any]],
    campaign: str,
    *,
    clock: Clock,
    by: str,
    compose: Callable[[Snapshot], Composer] = Composer,
    tell: Callable[[News], None] = lambda _: None,
    patience: float = PATIENCE,
) -> Recalled:
    """Ask for every message that was accepted; what certainly came back is cancelled.

    `tell` hears first how many are asked for. Without an answer after `patience` (seconds) a
    message counts as gone, and so does what its channel has not been asked for by then.

    Raises:
        JournalError: the journal failed; what was asked for may have come back.
    """
    asked = [entry for entry in journal.entries(campaign) if _may_come_back(entry, channels)]
    if not asked:
        return Recalled()
    tell(Recalling(len(asked)))
    asking = _Asking(journal, campaign, clock, by, cache(compose), patience)
    lines = {entry.channel: _Line(channels[entry.channel]) for entry in asked}
    answers = await asyncio.gather(
        *(asking.take_back(lines[entry.channel], entry) for entry in asked),
        return_exceptions=True,  # each is recorded, whatever becomes of the others
    )
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    # Another process may have asked for the same message, and got it.
    now = {entry.key: entry.state for entry in journal.entries(campaign)}
    return Recalled(
        back=sum(answer is True for answer in answers),
        gone=sum(now[entry.key] is not State.CANCELLED for entry in asked),
        silent=tuple(sorted(name for name, line in lines.items() if line.silent)),
    )


def _may_come_back(entry: Entry, channels: Mapping[str, Channel[Any]]) -> bool:
    channel = channels.get(entry.channel)
    return (
        entry.state is State.ACCEPTED and channel is not None and channel.capabilities.recalls
    )  # fmt: skip


class _Line:
    """A channel that is asked: for no more at once than it may send, and not if it is silent."""

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel
        self.slots = asyncio.Semaphore(channel.settings.concurrency)
        self.silent = False


class _Asking:
    """Asks for one message after another, as long as the journal takes the answers."""

    def __init__(
        self,
        journal: Journal,
        campaign: str,
        clock: Clock,
        by: str,
        compose: Callable[[Snapshot], Composer],
        patience: float,
    ) -> None:
        self._journal = journal
        self._campaign = campaign
        self._clock = clock
        self._by = by
        self._compose = compose
        self._patience = patience
        self._broken = False

    async def take_back(self, line: _Line, entry: Entry) -> bool:
        """Whether it came back by this ask; it is cancelled then."""
        async with line.slots:
            if self._broken or line.silent:
                return False
            try:
                if not await self._comes_back(line, entry):
                    return False
                return self._journal.take_back(
                    entry.key, reason=BACK, at=self._clock.now(), by=self._by
                )
            except JournalError:
                self._broken = True  # what came back now could not be recorded
                raise

    async def _comes_back(self, line: _Line, entry: Entry) -> bool:
        channel = line.channel
        story = self._journal.story(self._campaign, entry.key)
        message = retell(story, lambda _: channel.contact, self._compose).message
        if message is None:
            return False
        kept = json.loads(story.receipt) if story.receipt else {}
        receipt = Receipt(says=kept.get("says", entry.reason), id=kept.get("id") or None)
        limit = asyncio.timeout(self._patience)
        try:
            async with limit:
                return await channel.recall(message, receipt) is True
        except KeyboardInterrupt:
            raise
        except BaseException as exc:
            # A plugin's own code may raise anything: without a clear yes it is gone.
            task = asyncio.current_task()
            if isinstance(exc, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            line.silent = line.silent or limit.expired()
            return False
