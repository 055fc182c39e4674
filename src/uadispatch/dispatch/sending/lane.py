"""One channel's part of a run: claim as many as may go, try them, record what became of them.

It never sends what a claim did not return, tries each claim once, and has at most `window` claims
unrecorded; while a transaction is written, sending goes on. If recording fails, recording is tried
again, and never sending.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.journal import LONGEST_PAUSE, Pacing, Step, Turn
from uadispatch.dispatch.news import Paused, Progress, Why
from uadispatch.dispatch.pace.breaker import LONGEST_STAY, Breaker
from uadispatch.dispatch.pace.pacing import Turnstile, Withdrawn, recalled
from uadispatch.dispatch.pace.waiting import wait_until
from uadispatch.dispatch.planning.planning import repeatable
from uadispatch.dispatch.sending.saving import save
from uadispatch.dispatch.sending.trying import Tried, settled
from uadispatch.dispatch.sending.window import Flight, Window
from uadispatch.dispatch.sending.work import Allowance
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.journal import Claimed
    from uadispatch.dispatch.pace.pacing import Answer
    from uadispatch.dispatch.sending.work import Turned, Work

__all__ = ["Lane"]

NOTHING = Turn((), {}, {})
A_STEP = timedelta(seconds=2)
"""A clock that goes back by more was set, and what was reckoned by it must go back too."""
WORTH_SAYING = 2.0
"""Seconds; a shorter wait is not shown."""
COMPANY = 0.005
"""Seconds that what has ended waits at most for more, to be recorded with it."""
CANNOT_SEND = "its channel cannot send"
SLOWER_NOW = "its channel goes slower now"


class Lane:
    """The sending of one channel."""

    def __init__(self, channel: Channel[Any], work: Work) -> None:
        """Take the channel and what the run lends."""
        self._channel = channel
        self._work = work
        self._breaker = Breaker(work.random)
        rate = channel.settings.rate
        self.turnstile = Turnstile(
            work.clock, rate.spacing if rate else None, self._may_go_on, stop=work.stop,
            bar=self._bar, quiet_hours=channel.capabilities.quiet_hours,
        )  # fmt: skip
        self._window = Window(channel.settings, channel.capabilities)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._company: asyncio.TimerHandle | None = None
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

    def shut(self, *, again_open: bool = False) -> None:
        """Claim nothing more: the channel cannot send at all; or it may, after all."""
        self._shut = not again_open
        self._wake.set()

    def wake(self) -> None:
        """Look again: the run is to stop, perhaps."""
        self._wake.set()

    @property
    def goes_on(self) -> bool:
        """Whether it would claim more now, if it were given more."""
        return not self._ends and self.paused is None

    @property
    def on_their_way(self) -> int:
        """How many tries have begun and not ended yet."""
        flying = self._window.flying.values()
        # Who queues what it is given says of each when it begins.
        if self._window.queues:
            return sum(flight.start.begun for flight in flying)
        return len(flying)

    async def run(self, ids: Iterable[int], allowance: Allowance, turned: Turned = None) -> None:
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
                self._hold_back()
                # One lane at a time, so that an allowance is never counted twice.
                async with allowance.counting():
                    room = 0 if until else allowance.at_most(self._room())
                    turn, asked, recorded = await self._turn(room)
                    allowance.use(len(turn.claimed))
                self._take_off(turn)
                if turned is not None:
                    turned(self._window.in_hand.union(self._given_back))
                for tried in recorded:  # what is told may raise, and nothing claimed be lost by it
                    self._tell(tried)
                until = self._blocked_until()
                if self._window.empty and (allowance.spent or await self._is_over(asked, until)):
                    return
                await self._wait(until)
        except BaseException:
            self._work.end()
            self._hold_back()
            if self._tasks:
                await asyncio.wait({*self._tasks.values()})
            await save(self._window, self._work, self._tell)
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
            self._breaker.until, self._work.unheard_until(now),
        )  # fmt: skip
        return max((end for end in ends if end is not None and end > now), default=None)

    def _room(self) -> int:
        if self._ends:
            return 0
        free = self._window.room(paced=self.turnstile.spacing is not None)
        return self._breaker.room(free, self._window.claimed, self._work.clock.now())

    @property
    def _ends(self) -> bool:
        return self._shut or self._work.stop.is_set()

    async def _turn(self, room: int) -> tuple[Turn, int | None, list[Tried]]:
        """One transaction off the event loop; how many ids it found, if it sought; the recorded."""
        finished, self._window.finished = self._window.finished, []
        if self._company is not None:
            self._company.cancel()
            self._company = None
        if not (finished or room):
            return NOTHING, None, []
        settlements = [tried.settlement for tried in finished]
        can = self._channel.capabilities
        pace = Pacing(
            channel=self._channel.name, spacing=self.turnstile.spacing, repeatable=repeatable(can),
            quiet_hours=can.quiet_hours, far_end=can.far_end,
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
            self._window.finished = finished + self._window.finished
            raise
        self._given_back = [*turned.left, *self._given_back]
        self._not_before, self._waits_for = turned.not_before, turned.waits_for
        self._work.note(turned)
        return turned, len(wanted) if room else None, finished

    async def _may_go_on(self, row: Claimed, step: Step, spacing: timedelta | None) -> Answer:
        """Ask the journal whether a claimed message may take this step on this channel."""
        quiet = self._work.turnstile_of(row.channel).quiet_hours  # whichever channel carries it
        pace = Pacing(channel=self._channel.name, spacing=spacing, quiet_hours=quiet)
        return await self._work.ask(lambda: self._work.go_on(row, step, pace))

    def _tell(self, tried: Tried) -> None:
        name, (row, target, key, *_) = self._channel.name, tried
        self._work.tell(Progress(name, target, row.after, row.reason, key=key, code=row.code))

    def _get_ready(self, rows: Sequence[Claimed]) -> None:
        """Prepare what is about to be claimed; nothing is sent before it is."""
        ready = self._work.tries.ready
        next_ones = rows[: self._window.to_prepare]
        self._ready = {row.id: ready(self._channel, row) for row in next_ones}

    def _take_off(self, turn: Turn) -> None:
        """Hand what was claimed to the channel, as far as it takes it."""
        for row in turn.claimed:
            start = self.turnstile.started(row, self._work.turnstile_of)
            self._window.waiting.append(Flight(row, start, self._ready.get(row.id)))
        self._ready = {}
        begin = asyncio.get_running_loop().create_task
        self._hold_back()
        while (flight := self._next()) is not None:
            self._tasks[flight.row.id] = begin(self._carry(flight))

    def _next(self) -> Flight | None:
        """The next that may be handed to the channel now; it is on its way from here on."""
        window = self._window
        if not window.waiting or not window.may_send:
            return None
        flight = window.waiting.popleft()
        window.flying[flight.row.id] = flight
        return flight

    async def _carry(self, flight: Flight) -> None:
        """One try after the other, as long as any waits: a task for each would cost more."""
        waited = False
        try:
            while True:
                await self._try(flight, waited=waited)
                self._hold_back()
                if (following := self._next()) is None:
                    return
                self._tasks[following.row.id] = self._tasks.pop(flight.row.id)
                flight, waited = following, not self._window.queues
        except BaseException:
            self._wake.set()  # what still waits must find another to carry it
            raise
        finally:
            del self._tasks[flight.row.id]

    def _hold_back(self) -> None:
        """What only waits, here or in its channel, begins no more if nothing is to begin now."""
        window = self._window
        if (says := self._objection()) is None or not window.claimed:
            return
        while window.waiting:
            row = window.waiting.popleft().row
            self._end(row, self._unsent(row, Withdrawn(says)))
        if self._window.queues:
            for id_, flight in window.flying.items():
                if flight.start.recall(Withdrawn(says)):
                    self._tasks[id_].cancel()

    def _unsent(self, row: Claimed, why: Withdrawn) -> Tried:
        """That it was claimed, and nothing of it has left."""
        back = settled(row, State.PLANNED, self._work.clock.now(), why.reason)
        return Tried(back, row.target, row.key, withdrawn=why)

    def _objection(self) -> str | None:
        """Why nothing of this channel may begin now, whatever was claimed."""
        if (says := self._work.hindrance()) is not None:
            return says
        if self._shut:
            return CANNOT_SEND
        until = self._breaker.until
        if until is not None and self._work.clock.now() < until:
            return self._breaker.says
        if self.turnstile.spacing is not None and self._window.claimed > self._window.at_once:
            return SLOWER_NOW
        return None

    def _bar(self, row: Claimed) -> Withdrawn | None:
        """What keeps a claimed message, that its channel has had wait, from beginning."""
        ours = row.channel == self._channel.name  # or handed on to us: it has a lane of its own
        says = self._objection() if ours else self._work.hindrance()
        return None if says is None else Withdrawn(says)

    async def _try(self, flight: Flight, *, waited: bool = False) -> None:
        """One try, to its end."""
        row, start = flight.row, flight.start
        try:
            tried = await self._asked_again(row) if waited else None
            if tried is None:
                tries = self._work.tries
                tried = await tries.attempt(self._channel, row, start, flight.ready)
        except asyncio.CancelledError:
            if (why := recalled(start)) is None:
                raise  # somebody else's wish
            tried = self._unsent(row, why)
        else:
            recalled(start)  # by a channel that heeds no wish it is tried all the same
        finally:
            del self._window.flying[row.id]
        self._end(row, tried)

    async def _asked_again(self, row: Claimed) -> Tried | None:
        """How it ends at once, if a guard has come up against it while it waited here."""
        try:
            await self.turnstile.wait(row, Step.BEGINS)
        except Withdrawn as exc:
            return self._unsent(row, exc)
        return None

    def _end(self, row: Claimed, tried: Tried) -> None:
        """Note how a try ended; what it says of the channel is heeded at once."""
        self._window.finished.append(tried)
        if tried.withdrawn is not None:
            self._withdraw(row, tried.withdrawn)
        if tried.outage is not None:
            asked = tried.outage.retry_after
            self._was_asked = asked is not None
            begins = self._breaker.failed(
                started_at=row.claimed_at, now=self._work.clock.now(), says=tried.outage.reason,
                retry_after=None if asked is None else min(asked, LONGEST_PAUSE),
            )  # fmt: skip
            if begins and self._breaker.until is not None:
                self._say(self._breaker.until)
        elif tried.served:
            self._breaker.answered(started_at=row.claimed_at)
        if not tried.served or self._window.worth_a_turn:
            self._wake.set()
        elif self._company is None:
            call_later = asyncio.get_running_loop().call_later
            self._company = call_later(COMPANY, self._wake.set)

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

    async def _is_over(self, asked: int | None, until: datetime | None) -> bool:
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
            if not self._window.empty:
                await self._wake.wait()
            return
        left = (until - self._work.clock.now()).total_seconds()
        if left > WORTH_SAYING and not self._window.claimed:
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
