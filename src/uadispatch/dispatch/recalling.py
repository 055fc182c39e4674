"""Taking back what a service still holds, after a closing: each channel is asked that can."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.asking import PATIENCE, Line, let_a_real_cancellation_pass, taken
from uadispatch.dispatch.composing import Composer
from uadispatch.dispatch.journal import JournalError
from uadispatch.dispatch.news import Recalling
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
    asking = _Asking(journal, campaign, clock, by, cache(compose))
    lines = {entry.channel: Line(channels[entry.channel], patience) for entry in asked}
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


class _Asking:
    """Asks for one message after another, as long as the journal takes the answers."""

    def __init__(
        self,
        journal: Journal,
        campaign: str,
        clock: Clock,
        by: str,
        compose: Callable[[Snapshot], Composer],
    ) -> None:
        self._journal = journal
        self._campaign = campaign
        self._clock = clock
        self._by = by
        self._compose = compose
        self._broken = False

    async def take_back(self, line: Line, entry: Entry) -> bool:
        """Whether it came back by this ask; it is cancelled then."""
        async with line.slots:
            if self._broken or line.silent:
                return False
            try:
                if not await self._comes_back(line, entry):
                    return False
                return self._journal.take_back(
                    entry.key, entry.attempts, reason=BACK, at=self._clock.now(), by=self._by
                )
            except JournalError:
                self._broken = True  # what came back now could not be recorded
                raise

    async def _comes_back(self, line: Line, entry: Entry) -> bool:
        channel = line.channel
        message, receipt = taken(self._journal, self._campaign, entry, channel, self._compose)
        if message is None:
            return False
        try:
            return await line.ask(channel.recall(message, receipt)) is True
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # noqa: BLE001 - without a clear yes it is gone
            let_a_real_cancellation_pass(exc)
            return False
