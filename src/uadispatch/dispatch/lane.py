"""One channel's part of a run: claim as many as may go, try them, record what became of them.

It never sends what a claim did not return, tries each claim once, and has at most `window` claims
unrecorded. If recording fails, recording is tried again, and never sending.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from uadispatch.dispatch.breaker import LONGEST_STAY, Breaker
from uadispatch.dispatch.journal import LONGEST_PAUSE, JournalError, Pacing, Turn
from uadispatch.dispatch.news import Paused, Progress, Unrecorded, Why
from uadispatch.dispatch.pacing import Turnstile
from uadispatch.dispatch.planning import repeatable
from uadispatch.dispatch.waiting import wait_until
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Claimed, Settlement, Step
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.pacing import Answer, Start, Withdrawn
    from uadispatch.dispatch.trying import Tried, Tries

__all__ = ["Allowance", "Asker", "Lane", "Work"]

T = TypeVar("T")

NOTHING = Turn((), {}, {})
RECORDING = timedelta(seconds=60)
"""How long recording is tried again before the run leaves."""
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
"""Seconds between two tries to record."""
A_STEP = timedelta(seconds=2)
"""A clock that goes back by more was set, and what was reckoned by it must go back too."""
WORTH_SAYING = 2.0
"""Seconds; a shorter wait is not shown."""


class Asker(Protocol):
    """Does something with the journal off the event loop, one thing at a time."""

    async def __call__(self, question: Callable[[], T], /) -> T:
        """What `question` returns, or raises."""
        ...


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


class Lane:
    """The sending of one channel."""

    def __init__(self, channel: Channel[Any], work: Work) -> None:
        """Take the channel and what the run lends."""
        self._channel = channel
        self._work = work
        self._breaker = Breaker(work.random)
        rate = channel.settings.rate
        self.turnstile = Turnstile(
            work.clock, rate.spacing if rate else None, self._may_go_on, stop=work.stop
        )
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._finished: list[Tried] = []
        self._ready: dict[int, Message | Tried | None] = {}
        self._rest: Iterator[int] = iter(())
        self._given_back: list[int] = []
        self._allowance = Allowance()
        self._not_before: datetime | None = None
        self._not_handed_on_before: datetime | None = None
        self._waits_for = self._handing_waits_for = ""
        self._said: datetime | None = None
        self._was_asked = False
        self._latest = work.clock.now()
        self._wake = asyncio.Event()
        self._shut = False
        self.paused: Paused | None = None
        """Set where the run left it waiting, with messages that it had not tried."""

    def shut(self) -> None:
        """Claim nothing more: the channel cannot send at all."""
        self._shut = True
        self._wake.set()

    def wake(self) -> None:
        """Look again: the run is to stop, perhaps."""
        self._wake.set()

    @property
    def on_their_way(self) -> int:
        """How many tries have not ended yet."""
        return len(self._flying)

    async def run(self, ids: Iterable[int], allowance: Allowance) -> None:
        """Claim, try and record the messages `ids`, all of this channel.

        Ids that are claimed elsewhere, not due or objected to by a guard are passed over.

        Raises:
            JournalError: the journal failed; nothing was claimed after that.
        """
        self._rest, self._given_back, self.paused = iter(ids), [], None
        self._allowance = allowance
        try:
            while True:
                self._wake.clear()
                until = self._blocked_until()
                # One lane at a time, so that an allowance is never counted twice.
                async with allowance.counting():
                    room = 0 if until else allowance.at_most(self._room())
                    turn, asked, recorded = await self._turn(room)
                    allowance.use(len(turn.claimed))
                self._take_off(turn)
                for tried in recorded:  # what is told may raise, and nothing claimed be lost by it
                    self._tell(tried)
                until = self._blocked_until()
                if not (self._flying or self._finished) and (
                    allowance.spent or await self._is_over(asked, until)
                ):
                    return
                await self._wait(until)
        except BaseException:
            self._work.end()
            await self._save()
            raise

    def _blocked_until(self) -> datetime | None:
        """Until when nothing may be claimed: for the rate, or because the far end is away."""
        now = self._work.clock.now()
        if now < self._latest - A_STEP:
            self._breaker.set_back(self._latest - now)
            self._not_before = self._not_handed_on_before = None  # the journal says it again
        self._latest = now
        ends = (
            self._not_before, self._not_handed_on_before, self.turnstile.earliest,
            self._breaker.until,
        )  # fmt: skip
        return max((end for end in ends if end is not None and end > now), default=None)

    def _room(self) -> int:
        if self._ends:
            return 0
        free = self._channel.settings.concurrency - len(self._flying)
        if self.turnstile.spacing is not None:
            free = min(free, 1)
        return self._breaker.room(free, len(self._flying), self._work.clock.now())

    @property
    def _ends(self) -> bool:
        return self._shut or self._work.stop.is_set()

    async def _turn(self, room: int) -> tuple[Turn, int, list[Tried]]:
        """One transaction off the event loop; how many ids were asked for; what was recorded."""
        finished, self._finished = self._finished, []
        if not (finished or room):
            return NOTHING, 0, []
        settlements = [tried.settlement for tried in finished]
        pace = Pacing(
            channel=self._channel.name, spacing=self.turnstile.spacing,
            repeatable=repeatable(self._channel.capabilities),
            quiet_hours=self._channel.capabilities.quiet_hours,
            far_end=self._channel.capabilities.far_end,
        )  # fmt: skip
        wanted, self._given_back = self._given_back[:room], self._given_back[room:]
        loop = asyncio.get_running_loop()

        def foresee(rows: Sequence[Claimed]) -> None:
            loop.call_soon_threadsafe(self._get_ready, rows)

        def turn() -> Turn:
            wanted.extend(islice(self._rest, room - len(wanted)))
            return self._work.turn(settlements, wanted, pace, foresee)

        try:
            turned = await self._work.ask(turn)
        except BaseException:
            self._finished = finished + self._finished
            raise
        self._given_back = [*turned.left, *self._given_back]
        self._not_before, self._waits_for = turned.not_before, turned.waits_for
        self._work.note(turned)
        return turned, len(wanted), finished

    async def _may_go_on(self, row: Claimed, step: Step, spacing: timedelta | None) -> Answer:
        """Ask the journal whether a claimed message may take this step on this channel."""
        pace = Pacing(channel=self._channel.name, spacing=spacing)
        return await self._work.ask(lambda: self._work.go_on(row, step, pace))

    def _tell(self, tried: Tried) -> None:
        row = tried.settlement
        told = Progress(self._channel.name, tried.target, row.after, row.reason)
        self._work.tell(told._replace(key=tried.key, code=row.code))

    def _get_ready(self, rows: Sequence[Claimed]) -> None:
        """Prepare what is about to be claimed; nothing is sent before it is."""
        ready = self._work.tries.ready
        self._ready = {row.id: ready(self._channel, row) for row in rows}

    def _take_off(self, turn: Turn) -> None:
        begin = asyncio.get_running_loop().create_task
        for row in turn.claimed:
            start = self.turnstile.started(row, self._work.turnstile_of)
            prepared = self._ready.get(row.id)
            self._flying[row.id] = begin(self._try(row, start, prepared))
        self._ready = {}

    async def _try(self, row: Claimed, start: Start, prepared: Message | Tried | None) -> None:
        """One try, to its end; what it says of the channel is heeded at once."""
        try:
            tried = await self._work.tries.attempt(self._channel, row, start, prepared)
            self._finished.append(tried._replace(key=row.key))
            if tried.withdrawn is not None:
                self._withdraw(row, tried.withdrawn)
            if tried.outage is not None:
                asked = tried.outage.retry_after
                self._was_asked = asked is not None
                begins = self._breaker.failed(
                    started_at=row.claimed_at, now=self._work.clock.now(),
                    says=tried.outage.reason,
                    retry_after=None if asked is None else min(asked, LONGEST_PAUSE),
                )  # fmt: skip
                if begins and self._breaker.until is not None:
                    self._say(self._breaker.until)
            elif tried.served:
                self._breaker.answered(started_at=row.claimed_at)
        finally:
            del self._flying[row.id]
            self._wake.set()

    def _withdraw(self, row: Claimed, why: Withdrawn) -> None:
        """It was claimed and not tried: the guards say what becomes of it, when it may go."""
        self._allowance.use(-1)
        self._work.withdrawn(None if why.asks_again else why.reason)
        if why.asks_again:
            self._given_back.append(row.id)
        if why.until is not None:
            self._not_handed_on_before = why.until
            spacing, left = self.turnstile.spacing, why.until - self._work.clock.now()
            # More than the other channel's rate: that one pauses.
            self._handing_waits_for = "" if spacing and left <= spacing else why.reason

    async def _is_over(self, asked: int, until: datetime | None) -> bool:
        """Whether nothing is left to do now; `paused` is set where something waits."""
        if self._ends:
            return True
        if until is None:
            return asked == 0 and not self._given_back
        if not self._given_back:
            self._given_back = await self._work.ask(lambda: list(islice(self._rest, 1)))
        if not self._given_back:
            return True
        now = self._work.clock.now()
        waits_for = self._pause(until)
        # A run that was not told to wait sits out a short pause, and its own rate.
        if not self._work.patient and (
            self._breaker.outlasts(now) or (waits_for and until - now > LONGEST_STAY)
        ):
            self.paused = self._paused(until)
            return True
        return False

    def _pause(self, until: datetime) -> str:
        """Why a far end lets nothing be claimed before `until`, if it is more than a rate."""
        handing = until == self._not_handed_on_before
        return self._waits_for or (self._handing_waits_for if handing else "")

    async def _wait(self, until: datetime | None) -> None:
        """Wait until a try has ended, the time has come, or somebody wakes us."""
        if until is None:
            if self._flying or self._finished:
                await self._wake.wait()
            return
        left = (until - self._work.clock.now()).total_seconds()
        if left > WORTH_SAYING and not self._flying:
            self._say(until)
        await wait_until(until, self._work.clock, self._wake)

    def _say(self, until: datetime) -> None:
        if self._said != until:
            self._said = until
            self._work.tell(self._paused(until))

    def _paused(self, until: datetime) -> Paused:
        """That nothing goes before `until`, and why."""
        why = Why.RATE
        if self._breaker.until is not None:
            why = Why.ASKED if self._was_asked else Why.AWAY
        elif self._waits_for:  # the journal has it from a far end, whichever run was told
            why = Why.ASKED
        says = self._breaker.says or self._pause(until)
        return Paused(self._channel.name, until, says, why)

    async def _save(self) -> None:
        """After a fault: wait for what is on its way, and record what is known.

        Raises:
            JournalError: it could not be recorded; what it was is in the text.
        """
        if self._flying:
            await asyncio.wait(list(self._flying.values()))
        began, wait = self._work.clock.now(), FIRST_WAIT
        while self._finished:
            known = [tried.settlement for tried in self._finished]
            try:
                await self._work.ask(lambda: self._work.record(known))  # noqa: B023 - awaited here
            except JournalError as exc:
                if self._work.clock.now() - began >= RECORDING:
                    raise JournalError([*exc.problems, *map(_unrecorded, self._finished)]) from exc
                with suppress(Exception):  # nobody to tell it to: it is recorded all the same
                    self._work.tell(Unrecorded(len(known), str(exc)))
                await self._work.clock.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            for tried in self._finished:
                self._tell(tried)
            self._finished = []


def _unrecorded(tried: Tried) -> Problem:
    row = tried.settlement
    return Problem(
        f"not recorded, and so in doubt from now on: {row.after}: {row.reason}; settle it with "
        f"uadispatch resolve",
        f"{tried.target}/{row.channel}",
    )
