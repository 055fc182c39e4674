"""What the lanes of one run share: its journal, its allowance, and the wish to end it."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Claimed, Pacing, Settlement, Step, Turn
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.pace.pacing import Answer, Turnstile
    from uadispatch.dispatch.sending.trying import Tries

__all__ = ["Allowance", "Asker", "Turned", "Work"]

T = TypeVar("T")


class Asker(Protocol):
    """Does something with the journal off the event loop, one thing at a time."""

    async def __call__(self, question: Callable[[], T], /) -> T:
        """What `question` returns, or raises."""
        ...


Turned: TypeAlias = "Callable[[frozenset[int]], None] | None"
"""Is told after each transaction which of the ids that were drawn are in hand still."""

ENDING = "the run ended while it waited for its turn"
OUT_OF_TOUCH = "this machine could not be heard of for a while: nothing begins until it is again"
LOOK_AGAIN = timedelta(seconds=1)


class Allowance:
    """How many more messages may be tried, shared by all channels; None: any number."""

    def __init__(self, limit: int | None = None) -> None:
        """Begin with `limit`."""
        self._left = limit
        self._lock = asyncio.Lock() if limit is not None else None

    def counting(self) -> AbstractAsyncContextManager[Any]:
        """Hold it while claiming, where there is anything to count."""
        return nullcontext() if self._lock is None else self._lock

    @property
    def spent(self) -> bool:
        """Whether nothing more may be tried."""
        return self._left == 0

    def at_most(self, wanted: int) -> int:
        """As many of `wanted` as are left."""
        return wanted if self._left is None else min(wanted, self._left)

    def use(self, number: int) -> None:
        """Count `number` that were claimed."""
        if self._left is not None:
            self._left -= number


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a lane needs of its run.

    `turn` does one transaction with the journal (settlements, ids, pace, whom to tell of claims
    before they are committed), `record` the first half of it; `go_on` asks whether a claimed
    message may still go; `withdrawn` hears of one that was not tried, and why if it is kept back;
    `turnstile_of` is for one that is handed on to a further channel. `ask` takes something off
    the event loop. `end` lets every lane claim nothing more, which `stop` then says. `patient`:
    stay, however long a pause lasts.
    """

    clock: Clock
    random: Callable[[], float]
    tries: Tries
    turn: Callable[[list[Settlement], list[int], Pacing, Callable[[Sequence[Claimed]], None]], Turn]
    record: Callable[[list[Settlement]], None]
    go_on: Callable[[Claimed, Step, Pacing], Answer]
    withdrawn: Callable[[str | None], None]
    turnstile_of: Callable[[str], Turnstile]
    ask: Asker
    note: Callable[[Turn], None]
    tell: Callable[[News], None]
    end: Callable[[], None]
    stop: asyncio.Event
    patient: bool
    is_sure: Callable[[], bool] = lambda: True
    """Whether others know that this run goes on; if not, nothing may begin."""

    def hindrance(self) -> str | None:
        """Why nothing may begin now, on any channel."""
        if self.stop.is_set():
            return ENDING
        return None if self.is_sure() else OUT_OF_TOUCH

    def unheard_until(self, now: datetime) -> datetime | None:
        """When to look again, if others may take this run for dead."""
        return None if self.is_sure() else now + LOOK_AGAIN
