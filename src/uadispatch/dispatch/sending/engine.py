"""The engine: claim, compose, send, record; the same for one process or a job of many.

`run_batch` takes ids and needs nothing but the journal and the channels. Each channel has a lane
of its own; they share the journal, the allowance and the wish to stop.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from uadispatch.dispatch.followup.confirming import Confirmed
from uadispatch.dispatch.journal import JournalError
from uadispatch.dispatch.news import Delayed, Why
from uadispatch.dispatch.pace.waiting import wait_until
from uadispatch.dispatch.sending.ended import Ended, Stopped
from uadispatch.dispatch.sending.lane import Lane
from uadispatch.dispatch.sending.trying import Tries, settled
from uadispatch.dispatch.sending.work import Allowance, Turned, Work
from uadispatch.dispatch.snapshot import digest, stored_target
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.channels.contract import Channel
    from uadispatch.clock import Clock
    from uadispatch.dispatch.followup.confirming import Confirmer
    from uadispatch.dispatch.journal import (
        Claimed,
        Journal,
        Moment,
        Pacing,
        Selection,
        Settlement,
        Turn,
    )
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.planning.composing import Composer

__all__ = ["Engine"]

CHUNK = 500
"""Ids asked of the journal at once; also the size of a distributed job."""
REASONS = 50
"""So many are told apart; some name a target, and there may be a million of them."""
OTHERS = "for other reasons; status --messages lists every message with its own"
REMEMBERED = 1000
"""Targets that are not read again when another of their channels comes to them."""

T = TypeVar("T")


class Engine:
    """Sends the messages of one campaign from the journal."""

    def __init__(
        self,
        journal: Journal,
        channels: Mapping[str, Channel[Any]],
        composer_of: Callable[[str], Composer],
        *,
        snapshot: str,
        moment: Callable[[], Moment],
        clock: Clock,
        random: Callable[[], float],
        owner: str,
        confirmer: Confirmer | None = None,
        patient: bool = False,
        is_sure: Callable[[], bool] = lambda: True,
        progress: Callable[[News], None] = lambda _: None,
    ) -> None:
        """Take what a run needs.

        `composer_of` gives the composer of a snapshot's digest; for that of `snapshot` it need not
        ask the journal. `moment` gives what the journal cannot know of the present moment,
        `random` numbers in [0, 1).
        `confirmer` asks services what became of what they took.
        `patient`: wait for what becomes due later, and for a far end that is away.
        `is_sure`: whether others know that this run goes on; if not, nothing begins.
        """
        self._confirmer = confirmer
        self._journal = journal
        self._composer_of = composer_of
        self._at_hand = {snapshot}
        self._moment = moment
        self._clock = clock
        self._owner = owner
        self._patient = patient
        self._tell = progress
        self._ended = Ended()
        self._stop = asyncio.Event()
        # One thread: SQLite's commits leave the event loop free and still come one at a time.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        work = Work(
            clock=clock,
            random=random,
            tries=Tries(composer_of, _targets(), clock, random, cannot_send=self._close_lane),
            turn=self._turn,
            record=lambda finished: journal.settle(finished, owner=owner),
            go_on=partial(journal.go_on, moment=moment, owner=owner),
            withdrawn=self._withdrawn,
            turnstile_of=lambda name: self._lanes[name].turnstile,
            ask=self.ask,
            note=self._note,
            tell=progress,
            end=self.stop_claiming,
            stop=self._stop,
            patient=patient,
            is_sure=is_sure,
        )
        self._lanes = {name: Lane(channel, work) for name, channel in channels.items()}

    @property
    def on_their_way(self) -> int:
        """How many tries have not ended yet."""
        return sum(lane.on_their_way for lane in self._lanes.values())

    def interrupt(self) -> None:
        """A person's wish to end: as `stop_claiming`, and said of the run."""
        self._ended.interrupted = True
        self.stop_claiming()

    def stop_claiming(self) -> None:
        """Claim nothing more; what is on its way is finished and recorded."""
        self._stop.set()
        for lane in self._lanes.values():
            lane.wake()

    async def run(self, campaign: str, selection: Selection, *, limit: int | None = None) -> Ended:
        """Send all that is due; a patient engine also sends what becomes due later.

        `limit` bounds the number of messages that are tried, over all channels.

        Raises:
            JournalError: the journal failed; nothing was claimed after that.
        """
        allowance = Allowance(limit)
        names = [
            name for name in self._lanes
            if selection.channels is None or name in selection.channels
        ]  # fmt: skip
        try:
            while True:
                await self.confirm(campaign, selection)
                began = self._clock.now()
                await self._pass(campaign, selection, names, allowance)
                await self._look_ahead(campaign, selection, began)
                due = None if allowance.spent else self._ended.next_due
                times = [time for time in (due, self._ended.next_question) if time is not None]
                over = self._ended.closed is not None or self._ended.superseded is not None
                if not self._patient or self._stop.is_set() or over or not times:
                    return self._ended
                end = await self.ask(lambda: self._journal.next_end(campaign, selection))
                times += [end] if end is not None else []
                await wait_until(min(times), self._clock, self._stop)
                if end is not None and end <= self._clock.now():
                    await self._cancel_ended(selection)
        finally:
            self.close()

    def close(self) -> None:
        """Let the thread go that asks the journal; `run` does it itself."""
        self._writer.shutdown()

    async def _look_ahead(self, campaign: str, selection: Selection, began: datetime) -> None:
        """When the next message is due, and when a service is to be asked again."""
        # What was due when the pass began and is still there is kept back by a guard.
        self._ended.next_due = await self.ask(
            lambda: self._journal.next_due(campaign, self._open(selection), after=began)
        )
        if self._confirmer is not None:
            asked = self._asked(selection, self._confirmer)
            self._ended.next_question = await self.ask(
                lambda: self._journal.next_question(campaign, asked)
            )

    async def _go_through(
        self, campaign: str, name: str, selection: Selection, allowance: Allowance
    ) -> None:
        """Go once over all that is due on a channel, and tell what waits there after that."""
        began = self._clock.now()
        await self.run_batch(name, self._due(campaign, name, selection), allowance)
        if self._stop.is_set():
            return
        its = replace(selection, channels=frozenset({name}))
        waits = await self.ask(lambda: self._journal.what_waits(campaign, its, after=began))
        for wait in waits:
            why = Why.QUIET_HOURS if wait.state is State.PLANNED else Why.LATER
            self._tell(Delayed(wait.channel, wait.number, wait.until, why))

    async def confirm(self, campaign: str, selection: Selection) -> None:
        """Ask services what is due to be asked: what was busy may go out again at once."""
        confirmer = self._confirmer
        if confirmer is None or self._stop.is_set():
            return
        asked = self._asked(selection, confirmer)
        now = self._clock.now()
        whole, first = Confirmed(), ""
        while not self._stop.is_set():
            entries = await self.ask(
                lambda: self._journal.to_ask(campaign, asked, now=now, limit=CHUNK)
            )
            # Who was asked is asked again later; if not, this would never end.
            if not entries or entries[0].key == first:
                break
            whole.add_part(await confirmer.ask(entries, goes_on=bool(first)))
            first = entries[0].key
        if whole.asked:
            self._ended.confirmed.add(whole)

    def _asked(self, selection: Selection, confirmer: Confirmer) -> Selection:
        """`selection` with those channels alone whose services can be asked."""
        open_ = self._open(selection).channels or frozenset()
        return replace(selection, channels=open_ & confirmer.channels)

    async def _pass(
        self, campaign: str, selection: Selection, names: Sequence[str], allowance: Allowance
    ) -> None:
        """Go once over all that is due on every channel."""
        self._ended.kept_back.clear()  # a later pass asks the guards again
        self._ended.delayed.clear()
        ended = await asyncio.gather(
            *(self._go_through(campaign, name, selection, allowance) for name in names),
            return_exceptions=True,  # each finishes what is on its way
        )
        for outcome in ended:
            if isinstance(outcome, BaseException):
                raise outcome
        self._ended.paused = [lane.paused for lane in self._lanes.values() if lane.paused]
        # Nor may anything stay that was on its way at a closing, and came back.
        facts = await self.ask(lambda: self._journal.facts(self._moment()))
        self._ended.closed, self._ended.superseded = facts.closed, facts.superseded
        if self._ended.closed is not None or self._ended.cancelled:
            await self._cancel_ended(selection)

    async def _cancel_ended(self, selection: Selection) -> None:
        """What a closing or a deadline has ended need not wait for its time to hear of it."""
        rest = await self.ask(
            lambda: self._journal.cancel_ended(self._moment(), selection, by=self._owner)
        )
        _add(rest, self._ended.cancelled)

    async def run_batch(
        self,
        channel: str,
        ids: Iterable[int],
        allowance: Allowance | None = None,
        turned: Turned = None,
    ) -> None:
        """Claim, send and record the messages `ids` on `channel`; see `Lane.run`."""
        await self._lanes[channel].run(ids, allowance or Allowance(), turned)

    def lane(self, channel: str) -> Lane:
        """The lane on which `run_batch` sends."""
        return self._lanes[channel]

    def _close_lane(self, channel: str, says: str) -> None:
        if all(stopped.channel != channel for stopped in self._ended.stopped):
            self._lanes[channel].shut()
            self._ended.stopped.append(Stopped(channel, says))

    @property
    def claims_no_more(self) -> bool:
        """Whether it was told to end, or a fault of the journal has ended it; it stays so."""
        return self._stop.is_set()

    def cannot_send(self, channel: str) -> str | None:
        """Why a channel cannot send at all, as it has said; None: it can, for all that is known."""
        return next((its.says for its in self._ended.stopped if its.channel == channel), None)

    def reopen(self, channel: str) -> None:
        """Let a channel that could not send be tried again: somebody may have mended it."""
        self._ended.stopped = [its for its in self._ended.stopped if its.channel != channel]
        self._lanes[channel].shut(again_open=True)

    def _open(self, selection: Selection) -> Selection:
        """`selection` without the channels that cannot send."""
        names = frozenset(self._lanes) if selection.channels is None else selection.channels
        closed = {stopped.channel for stopped in self._ended.stopped}
        return replace(selection, channels=names - closed)

    def _due(self, campaign: str, channel: str, selection: Selection) -> Iterator[int]:
        """Ids that are due, chunk by chunk; runs on the writer's thread."""
        after = 0
        while ids := self._journal.due(
            campaign, channel, selection, now=self._clock.now(), after=after, limit=CHUNK
        ):
            yield from ids
            after = ids[-1]

    def _turn(
        self,
        finished: Sequence[Settlement],
        ids: Sequence[int],
        pace: Pacing,
        foresee: Callable[[Sequence[Claimed]], None],
    ) -> Turn:
        """One transaction of the journal, and the composers that its claims will need."""

        def foreseen(rows: Sequence[Claimed]) -> None:
            # Within the transaction nothing more can be read, and the event loop reads nothing.
            foresee([row for row in rows if row.snapshot in self._at_hand])

        turned = self._journal.turn(
            finished, ids, moment=self._moment, owner=self._owner, pace=pace, foresee=foreseen
        )
        try:
            for digest, doubtful in {(row.snapshot, row.doubtful) for row in turned.claimed}:
                self._make_composer(digest, doubtful=doubtful)
        except BaseException:
            now = self._clock.now()
            back = [settled(row, State.PLANNED, now) for row in turned.claimed]
            self._journal.settle(back, owner=self._owner)
            raise
        return turned

    async def ask(self, question: Callable[[], T]) -> T:
        """Do something with the journal, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, question)

    def _make_composer(self, digest: str, *, doubtful: bool) -> None:
        try:
            self._composer_of(digest)
            self._at_hand.add(digest)
        except Exception as exc:
            # What is in doubt keeps its own snapshot: an old one that cannot be read is its alone.
            if isinstance(exc, JournalError) or not doubtful:
                raise

    def _withdrawn(self, kept_back: str | None) -> None:
        self._ended.tried -= 1
        if kept_back is not None:
            _add({kept_back: 1}, self._ended.kept_back)

    def _note(self, turn: Turn) -> None:
        self._ended.tried += len(turn.claimed)
        _add(turn.kept_back, self._ended.kept_back)
        _add(turn.cancelled, self._ended.cancelled)
        _add(turn.delayed, self._ended.delayed)


def _targets() -> Callable[[Claimed], Target]:
    """The target of a claim; those read last are remembered, for they have several channels."""

    @lru_cache(maxsize=REMEMBERED)
    def read(name: str, body: str) -> Target:
        if digest(body) != name:
            raise LookupError(f"what the journal has as the target {name} is another")
        return stored_target(body)

    def target_of(row: Claimed) -> Target:
        if row.target_body is None:
            raise LookupError(row.target_digest)
        return read(row.target_digest, row.target_body)

    return target_of


def _add(found: Mapping[str, int], noted: dict[str, int]) -> None:
    for reason, number in found.items():
        name = reason if reason in noted or len(noted) < REASONS else OTHERS
        noted[name] = noted.get(name, 0) + number
