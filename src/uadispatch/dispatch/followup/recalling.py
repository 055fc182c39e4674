"""Taking back what a service still holds, after a closing: each channel is asked that can."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.followup.asking import PATIENCE, Line, let_a_real_cancellation_pass, taken
from uadispatch.dispatch.journal import JournalError, Selection, Wanted
from uadispatch.dispatch.news import Recalling
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uadispatch.channels.contract import Channel
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Journal
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Recalled", "recall"]

AT_ONCE = 1000
"""Messages that are in hand; of them as many are asked for at a time as the channel sends."""

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
    able = {name: channel for name, channel in channels.items() if channel.capabilities.recalls}
    selection = Selection(channels=frozenset(able))
    number = journal.gist(campaign, selection=selection).states[State.ACCEPTED] if able else 0
    if not number:
        return Recalled()
    tell(Recalling(number))
    asking = _Asking(journal, campaign, clock, by, cache(compose))
    lines = {name: Line(channel, patience) for name, channel in able.items()}
    back = gone = 0
    rest = journal.entries(campaign, Wanted(selection=selection, states={State.ACCEPTED}))
    while asked := list(islice(rest, AT_ONCE)):
        answers = await asyncio.gather(
            *(asking.take_back(lines[entry.channel], entry) for entry in asked),
            return_exceptions=True,  # each is recorded, whatever becomes of the others
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        back += sum(answer is True for answer in answers)
        # Another process may have asked for the same message, and got it.
        now = journal.states_of(entry.key for entry in asked)
        gone += sum(now[entry.key].state is not State.CANCELLED for entry in asked)
    silent = tuple(sorted(name for name, line in lines.items() if line.silent))
    return Recalled(back=back, gone=gone, silent=silent)


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
