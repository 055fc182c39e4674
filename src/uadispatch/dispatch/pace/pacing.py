"""When a try may begin: the turnstile of a channel, within one process.

The journal lets one message be claimed for each space of time; between its claim and its true
beginning something slow may come (a connection that is opened). What the far end counts is the
beginning, so a channel may say when that is (`Tools.begin`), and asks the journal there once more:
whether its rate lets it go, and whether the guards still do. What one channel hands on to another
passes through the turnstile of that one, too.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeAlias

from uadispatch.dispatch.guards import ELSEWHERE, Verdict
from uadispatch.dispatch.journal import JournalError, Step
from uadispatch.dispatch.pace.waiting import wait_until
from uadispatch.errors import Temporary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import time

    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Claimed

__all__ = ["Answer", "Start", "Turnstile", "Withdrawn", "begin", "enter", "hand_on", "recalled"]

Answer: TypeAlias = datetime | Verdict | None
"""Until when a message must wait, or what a guard has against it; None: it may begin."""

FRESH = timedelta(seconds=1)
"""For so long after its claim a message begins without a word: the guards were asked just now."""

SLOWER = 2
"""How much slower a channel goes while the far end asks for waits."""
SLOWEST = timedelta(seconds=1)
"""A channel without a rate of its own is not made slower than this by such a wish."""
_AT_ONCE = timedelta(0)


class Withdrawn(Temporary):
    """It had been claimed, and must not begin now; nothing has left.

    `until` is when it may, if that is known; `asks_again` says whether a claim would find so, too.
    """

    def __init__(
        self, reason: str, *, until: datetime | None = None, asks_again: bool = True
    ) -> None:
        """Take the reason, as a person should read it."""
        super().__init__(reason)
        self.until = until
        self.asks_again = asks_again


class Ask(Protocol):
    """Asks the journal whether a message may go on at a turnstile."""

    async def __call__(self, row: Claimed, step: Step, spacing: timedelta | None, /) -> Answer:
        """The answer for `row`, with so much time since the last of any process."""
        ...


class Turnstile:
    """Lets the tries of one channel through, one for each space of time."""

    def __init__(
        self,
        clock: Clock,
        spacing: timedelta | None,
        ask: Ask,
        *,
        stop: asyncio.Event,
        bar: Callable[[Claimed], Withdrawn | None] = lambda _: None,
        quiet_hours: tuple[time, time] | None = None,
    ) -> None:
        """Begin with nobody through; `spacing` is what the channel's rate says.

        Once `stop` is set, nobody waits here any more. `bar` says what keeps a message from
        beginning that has no need to ask the journal: the run ends, say.
        """
        import asyncio  # noqa: PLC0415 - costly

        self.quiet_hours = quiet_hours
        """When nothing of this channel may begin, whichever channel carries it."""
        self._clock = clock
        self._own = spacing
        self._ask = ask
        self._stop = stop
        self._bar = bar
        self._in_order = asyncio.Lock()
        self._followed: timedelta | None = None
        self._lowered: timedelta | None = None
        self._lowered_until: datetime | None = None
        self._opened_at = clock.now()
        self._through = 0
        self.is_told = False
        """Whether this channel has ever said that a message begins."""
        self._last_start: datetime | None = None

    @property
    def spacing(self) -> timedelta | None:
        """What is kept to now."""
        if self._lowered_until is None and self._followed is None:  # as it is nearly always
            return self._own
        spacings = [self._own, self._followed]
        if self._lowered_until is not None and self._lowered_until > self._clock.now():
            spacings.append(self._lowered)
        return max((spacing for spacing in spacings if spacing is not None), default=None)

    @property
    def earliest(self) -> datetime | None:
        """When the next may be claimed; None: at once, for all that is known here."""
        spacing = self.spacing
        if spacing is None or self._last_start is None:
            return None
        # A clock that was set back makes it wait for one space, and not until then.
        self._last_start = min(self._last_start, self._clock.now())
        return self._last_start + spacing

    def started(self, row: Claimed, others: Callable[[str], Turnstile]) -> Start:
        """Note that a try was claimed and starts now; `others` are those of further channels."""
        self._through += 1
        self.moved_on()
        return Start(self, row, others)

    def moved_on(self) -> None:
        """Note that the last that started is really under way now."""
        if self._own is not None or self._followed is not None or self._lowered_until is not None:
            self._last_start = self._clock.now()

    async def wait(self, row: Claimed, step: Step) -> None:
        """Return once `row` may take this `step`.

        Raises:
            Withdrawn: it must not, for a guard objects by now, or the run is to stop. Never of
                what has left in part.
        """
        if step is Step.BEGINS and (barred := self._bar(row)) is not None:
            raise barred
        if self.spacing is None and (step is Step.GOES_ON or self._is_fresh(row)):
            return
        async with self._in_order:
            while (answer := await self._answer(row, step)) is not None:
                if isinstance(answer, Verdict):
                    raise Withdrawn(answer.reason, asks_again=answer.guard != ELSEWHERE)
                if step is Step.GOES_ON:
                    await self._clock.sleep((answer - self._clock.now()).total_seconds())
                    continue
                await wait_until(answer, self._clock, self._stop)
                if self._stop.is_set():
                    raise Withdrawn("the run ended while it waited for its turn")
        # Much may have happened while the journal was asked, or others were before it.
        if step is Step.BEGINS and (barred := self._bar(row)) is not None:
            raise barred

    async def let_in(self, row: Claimed) -> None:
        """Let `row` in from another channel, as a claim on this one.

        It waits for nothing: a claim that waits for its turn would be in doubt after a crash.

        Raises:
            Withdrawn: it must not, or not before its `until`; a guard or the rate is against it.
        """
        until = self.earliest
        if until is None or until <= self._clock.now():
            answer = await self._answer(row, Step.HANDED_ON)
            if isinstance(answer, Verdict):
                raise Withdrawn(answer.reason, asks_again=answer.guard != ELSEWHERE)
            until = answer
            if until is None:
                self._through += 1
                self.moved_on()
                return
        raise Withdrawn("the channel that it is handed on to keeps its pace", until=until)

    async def _answer(self, row: Claimed, step: Step) -> Answer:
        """What the journal says. Raises Withdrawn if it cannot be asked, unless a part has left."""
        try:
            return await self._ask(row, step, self.spacing)
        except JournalError as exc:
            if step is not Step.GOES_ON:
                raise Withdrawn(str(exc)) from exc
            # One part has left, and the rest belongs to it: it keeps its pace by itself.
            await self._clock.sleep((self.spacing or _AT_ONCE).total_seconds())
            return None

    def _is_fresh(self, row: Claimed) -> bool:
        now = self._clock.now()
        return now < row.expires_at and _AT_ONCE <= now - row.claimed_at < FRESH

    def follow(self, spacing: timedelta) -> None:
        """Claim no faster than the channel goes to which this one hands on."""
        self._followed = max(self._followed or _AT_ONCE, spacing)

    def slow_down(self, wait: timedelta) -> tuple[timedelta, datetime]:
        """Go slower for as long as the far end asks; returns the spacing, and until when."""
        now = self._clock.now()
        until = now + wait
        if self._lowered_until is None or self._lowered_until <= now:
            if self._own is not None:
                self._lowered = self._own * SLOWER
            else:
                so_far = (now - self._opened_at) / max(self._through, 1)
                self._lowered = min(so_far * SLOWER, SLOWEST)
            self._lowered_until = until
        self._lowered_until = max(self._lowered_until, until)
        return self._lowered or _AT_ONCE, self._lowered_until


class Start:
    """One try on its way through a turnstile."""

    __slots__ = (
        "_begun", "_others", "_row", "_with_its_channel", "handed_on_by", "recalled", "turnstile",
        "withdrawn",
    )  # fmt: skip

    def __init__(
        self,
        turnstile: Turnstile,
        row: Claimed,
        others: Callable[[str], Turnstile],
        handed_on_by: Start | None = None,
    ) -> None:
        """It has started, and has not said that it begins."""
        self.turnstile = turnstile
        self.withdrawn: Withdrawn | None = None
        """Why it must not begin, if it was told so."""
        self._row = row
        self._others = others
        self.handed_on_by = handed_on_by
        self._begun = self._with_its_channel = False
        self.recalled: Withdrawn | None = None
        """Why it was asked back from its channel, in which it had waited to begin."""

    @property
    def begun(self) -> bool:
        """Whether it has said that it begins."""
        return self._begun

    def sending(self) -> None:
        """Note that it is handed to its channel now, a moment after its claim."""
        self._with_its_channel = True
        self.turnstile.moved_on()

    def recall(self, why: Withdrawn) -> bool:
        """Let it not begin any more; False if it has, was recalled, or is not with its channel.

        Nor is one asked back from a channel that has never said that anything begins.
        """
        if self._begun or not self._with_its_channel or self.recalled is not None:
            return False
        if not self.turnstile.is_told:
            return False
        self.recalled = why
        return True

    async def begin(self, *, anew: bool = False) -> None:
        """Wait for the turn; a second call is for a further part, unless it begins `anew`.

        Raises:
            Withdrawn: it may not begin any more; nothing of it has left. Never for a further part.
        """
        further = self._begun and not anew
        try:
            if self.recalled is not None:
                raise self.recalled
            await self.turnstile.wait(self._row, Step.GOES_ON if further else Step.BEGINS)
        except Withdrawn as exc:
            self._withdraw(exc)
            raise
        self._begun = self.turnstile.is_told = True

    async def handed_to(self, name: str) -> Start:
        """The start of this try on the further channel `name`, once that one lets it in.

        Raises:
            Withdrawn: as `Turnstile.let_in`.
        """
        start = Start(self._others(name), self._row, self._others, self)
        try:
            await start.turnstile.let_in(self._row)
        except Withdrawn as exc:
            if exc.until is not None and start.turnstile.spacing is not None:
                self.turnstile.follow(start.turnstile.spacing)
            self._withdraw(exc)
            raise
        self._with_its_channel = False  # from here on the further one says when it begins
        return start

    def _withdraw(self, why: Withdrawn) -> None:
        start: Start | None = self
        while start is not None:
            start.withdrawn, start = why, start.handed_on_by


_current: ContextVar[Start | None] = ContextVar("start", default=None)


def enter(start: Start) -> None:
    """Let `begin` mean `start` in this task and those that it makes."""
    _current.set(start)


async def begin(*, anew: bool = False) -> None:
    """Wait until the try that calls this may begin; what `Tools.begin` lends to channels."""
    start = _current.get()
    if start is not None:
        await start.begin(anew=anew)


@asynccontextmanager
async def hand_on(name: str) -> AsyncIterator[None]:
    """Let the present try be one of the channel `name`, at its rate, for as long as this lasts."""
    start = _current.get()
    if start is None:  # nobody sends: a test of the channel alone
        yield
        return
    token = _current.set(await start.handed_to(name))
    try:
        yield
    finally:
        _current.reset(token)


def recalled(start: Start) -> Withdrawn | None:
    """Why this task was cancelled, if that was to ask its message back; the wish is over then."""
    task = asyncio.current_task()
    if start.recalled is None or task is None or task.uncancel():
        return None
    return start.recalled
