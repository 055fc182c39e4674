"""The engine: claim, compose, send, record; the same for one process or a job of many.

`run_batch` takes ids and needs nothing but the journal and the channels. It never sends what a
claim did not return, tries each claim once, and has at most `window` claims unrecorded.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from uadispatch.dispatch.journal import JournalError, Settlement, Turn
from uadispatch.dispatch.states import State
from uadispatch.dispatch.trying import Tries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from uadispatch.channels.contract import Channel
    from uadispatch.clock import Clock
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.journal import Journal, Moment, Selection

__all__ = ["Allowance", "Ended", "Engine", "Progress", "Stopped"]

CHUNK = 500
"""Ids asked of the journal at once; also the size of a distributed job."""

T = TypeVar("T")

NOTHING = Turn((), {}, {})


@dataclass(frozen=True, slots=True)
class Progress:
    """One message was recorded, as it is now."""

    channel: str
    target: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A channel that cannot send at all, and why; its messages stay planned."""

    channel: str
    says: str


@dataclass(slots=True)
class Ended:
    """How a run ended."""

    tried: int = 0
    stopped: list[Stopped] = field(default_factory=list)
    cancelled: dict[str, int] = field(default_factory=dict)
    """Messages that were cancelled, by the reason (the deadline passed meanwhile, say)."""
    kept_back: dict[str, int] = field(default_factory=dict)
    """Messages that a guard kept back, by its reason."""
    interrupted: bool = False
    next_due: datetime | None = None
    """When the next waiting message may be tried, if one waits for a time."""


class Engine:
    """Sends the messages of one campaign from the journal."""

    def __init__(
        self,
        journal: Journal,
        channels: Mapping[str, Channel[Any]],
        composer_of: Callable[[str], Composer],
        *,
        moment: Callable[[], Moment],
        clock: Clock,
        random: Callable[[], float],
        owner: str,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """Take what a run needs.

        `composer_of` gives the composer of a snapshot's digest; `moment` what the journal
        cannot know of the present moment; `random` numbers in [0, 1).
        """
        self._journal = journal
        self._channels = channels
        self._composer_of = composer_of
        self._tries = Tries(composer_of, clock, random, cannot_send=self._close_lane)
        self._moment = moment
        self._clock = clock
        self._owner = owner
        self._progress = progress
        self._ended = Ended()
        self._targets: dict[int, str] = {}
        self._stop = asyncio.Event()
        self._closed_lanes: set[str] = set()
        # One thread: SQLite's commits leave the event loop free and still come one at a time.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def interrupt(self) -> None:
        """A person's wish to end: as `stop_claiming`, and said of the run."""
        self._ended.interrupted = True
        self.stop_claiming()

    def stop_claiming(self) -> None:
        """Claim nothing more; what is on its way is finished and recorded."""
        self._stop.set()

    async def run(
        self, campaign: str, selection: Selection, *, limit: int | None = None, wait: bool = False
    ) -> Ended:
        """Send all that is due; with `wait`, also what becomes due later.

        `limit` bounds the number of messages that are tried, over all channels.

        Raises:
            JournalError: the journal failed; nothing was claimed after that.
        """
        allowance = Allowance(limit)
        names = [
            name
            for name in self._channels
            if selection.channels is None or name in selection.channels
        ]
        try:
            while True:
                began = self._clock.now()
                self._ended.kept_back.clear()  # a later pass asks the guards again
                ended = await asyncio.gather(
                    *(
                        self.run_batch(name, self._due(campaign, name, selection), allowance)
                        for name in names
                    ),
                    return_exceptions=True,  # each finishes what is on its way
                )
                for outcome in ended:
                    if isinstance(outcome, BaseException):
                        raise outcome
                # What was due when the pass began and is still there is kept back by a guard.
                self._ended.next_due = await self._ask(
                    lambda: self._journal.next_due(campaign, self._open(selection), after=began)  # noqa: B023 - awaited here
                )
                if not wait or self._stop.is_set() or allowance.spent:
                    return self._ended
                if self._ended.next_due is None:
                    return self._ended
                await self._until(self._ended.next_due)
        finally:
            self._writer.shutdown()

    async def run_batch(
        self, channel: str, ids: Iterable[int], allowance: Allowance | None = None
    ) -> None:
        """Claim, send and record the messages `ids` on `channel`.

        Ids that are claimed elsewhere, not due or objected to by a guard are passed over.
        """
        lane = self._channels[channel]
        allowance = allowance or Allowance()
        rest = iter(ids)
        tries: set[asyncio.Task[Settlement]] = set()
        finished: list[Settlement] = []
        try:
            while True:
                # One lane at a time, so that an allowance is never counted twice.
                async with allowance.lock:
                    room = 0 if self._shut(channel) else lane.settings.concurrency - len(tries)
                    wanted = await self._take(rest, allowance.at_most(room))
                    turn = await self._turn(finished, wanted) if finished or wanted else NOTHING
                    allowance.use(len(turn.claimed))
                self._targets |= {row.id: row.target for row in turn.claimed}
                tries |= {
                    asyncio.create_task(self._tries.attempt(lane, row)) for row in turn.claimed
                }
                self._note(turn)
                recorded, finished = finished, []
                self._report(channel, recorded)
                if not tries and not wanted:
                    return
                if tries:
                    await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
                    done = {task for task in tries if task.done()}
                    tries -= done
                    finished = [task.result() for task in done]
        except BaseException:
            self.stop_claiming()
            await self._save(tries, finished)
            raise

    async def _take(self, rest: Iterator[int], room: int) -> list[int]:
        """The next ids that there is room for; asking the journal happens off the loop."""
        return await self._ask(lambda: list(islice(rest, room))) if room else []

    async def _save(self, tries: set[asyncio.Task[Settlement]], finished: list[Settlement]) -> None:
        """After a fault: wait for what is on its way, and record what is known if that works."""
        if tries:
            await asyncio.wait(tries)
        finished += [
            task.result() for task in tries if not task.cancelled() and not task.exception()
        ]
        with suppress(JournalError):
            await self._turn(finished, [])

    def _shut(self, channel: str) -> bool:
        return self._stop.is_set() or channel in self._closed_lanes

    def _close_lane(self, channel: str, says: str) -> None:
        if channel not in self._closed_lanes:
            self._closed_lanes.add(channel)
            self._ended.stopped.append(Stopped(channel, says))

    def _open(self, selection: Selection) -> Selection:
        """`selection` without the channels that cannot send."""
        names = frozenset(self._channels) if selection.channels is None else selection.channels
        return replace(selection, channels=names - self._closed_lanes)

    def _due(self, campaign: str, channel: str, selection: Selection) -> Iterator[int]:
        """Ids that are due, chunk by chunk; runs on the writer's thread."""
        after = 0
        while ids := self._journal.due(
            campaign, channel, selection, now=self._clock.now(), after=after, limit=CHUNK
        ):
            yield from ids
            after = ids[-1]

    async def _turn(self, finished: Sequence[Settlement], ids: Sequence[int]) -> Turn:
        """One transaction of the journal, and the composers that its claims will need."""

        def turn() -> Turn:
            turned = self._journal.turn(finished, ids, moment=self._moment, owner=self._owner)
            try:
                for digest in {row.snapshot for row in turned.claimed}:
                    self._composer_of(digest)
            except BaseException:
                now = self._clock.now()
                back = [
                    Settlement(id=row.id, after=State.PLANNED, at=now) for row in turned.claimed
                ]
                self._journal.turn(back, (), moment=self._moment, owner=self._owner)
                raise
            return turned

        return await self._ask(turn)

    async def _ask(self, question: Callable[[], T]) -> T:
        """Do something with the journal, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, question)

    def _report(self, channel: str, finished: Sequence[Settlement]) -> None:
        for row in finished:
            target = self._targets.pop(row.id, "?")
            self._progress(Progress(channel, target, row.after, row.reason))

    def _note(self, turn: Turn) -> None:
        self._ended.tried += len(turn.claimed)
        for found, noted in (
            (turn.kept_back, self._ended.kept_back),
            (turn.cancelled, self._ended.cancelled),
        ):
            for reason, number in found.items():
                noted[reason] = noted.get(reason, 0) + number

    async def _until(self, moment: datetime) -> None:
        """Wait until `moment` by the clock, or until a stop."""
        left = (moment - self._clock.now()).total_seconds()
        waits = [
            asyncio.ensure_future(self._clock.sleep(max(left, 0))),
            asyncio.ensure_future(self._stop.wait()),
        ]
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


class Allowance:
    """How many more messages may be tried, shared by all channels; None: any number."""

    def __init__(self, limit: int | None = None) -> None:
        """Begin with `limit`."""
        self._left = limit
        self.lock = asyncio.Lock()

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
