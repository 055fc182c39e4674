"""A worker: the process that does jobs until it is told to stop, on any machine.

It has two loops on two threads, so that what a channel does never delays a sign of life: one asks
for jobs and sweeps, one sends. A third thread of the journal says that it lives.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from uadispatch.clock import CommonClock
from uadispatch.dispatch.distributed.branch import Branch
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.queue import Jobs, install
from uadispatch.dispatch.distributed.sweeping import Sweeper
from uadispatch.dispatch.journal import Journal, JournalAway, JournalError
from uadispatch.dispatch.sending.observing import relayed
from uadispatch.dispatch.sending.saving import NotRecorded
from uadispatch.dispatch.snapshot import Snapshot
from uadispatch.errors import UadispatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from uadispatch.clock import Clock
    from uadispatch.dispatch.distributed.branch import Machine
    from uadispatch.dispatch.distributed.queue import Asking, Sending
    from uadispatch.dispatch.journal import Life, ServerUrl
    from uadispatch.dispatch.news import News
    from uadispatch.observers.calling import Observers

__all__ = ["Worker"]

SWEEP = 5.0
"""Seconds between two sweeps, at least; a long one is followed by a longer pause."""
SHARE, LONGEST = 20, 60.0
"""A sweep may take a part of the time, one of so many; but within so many seconds there is one."""
AGAIN = 2.0
"""Seconds until the queue is asked again that could not be."""
REFUSED = 5.0
"""Seconds for which a job is kept that cannot be done here, so that others get the next."""
IDLE = 60.0
"""Seconds after which what nobody needs is let go of."""


OFF = 5.0
"""Seconds by which a machine's clock may be off without a word."""


class _Kept:
    """A branch that is kept for further jobs; how many it has in hand, and since when none."""

    def __init__(self, branch: Branch, made_for: tuple[str, str]) -> None:
        self.branch = branch
        self.made_for = made_for
        self.jobs = 0
        self.idle_since = monotonic()


class Worker:
    """Does the jobs of some channels."""

    def __init__(
        self,
        url: ServerUrl,
        machine: Machine,
        channels: frozenset[str],
        *,
        concurrency: int,
        clock: Clock,
        random: Callable[[], float],
        log: Callable[..., None],
        tell: Callable[[News], None] = lambda _: None,
        observers: Observers | None = None,
        loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        """Take what it needs; `concurrency` is the number of jobs of a channel in hand.

        `log` is told what happens (an event's name, and numbers), never of whom. `observers` are
        told of each message, and are somebody else's to close.
        """
        self._url, self._machine, self._served = url, machine, channels
        self._concurrency = concurrency
        self.clock = CommonClock(clock, self._ahead)
        """By which all workers go: the server's, once it was heard."""
        self._random = random
        self._measured_by: Life | None = None
        self._told_of_clock = False
        self._log, self._tell, self._observers = log, tell, observers
        self._sender = loop()
        self._kept: dict[str, list[_Kept]] = {}
        self._making = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._journal: Journal
        self._life: Life
        self._swept_at = monotonic()
        self.life: Life | None = None
        """By which others tell that it goes on; None: it does not, or not yet."""

    async def run(self) -> None:
        """Work until `stop`; wait for a server that is away. Raises JournalError."""
        asyncio.get_running_loop().set_exception_handler(self._note)
        self._sender.set_exception_handler(self._note)
        with self._sending():
            while not self._stopping.is_set():
                try:
                    await self._begin()
                except JournalAway as exc:
                    self._log("journal away", says=str(exc))
                    await self._pause(AGAIN)

    def _note(self, _: object, told: dict[str, Any]) -> None:
        """What went wrong in a task that nobody waits for: its kind, for its words may be any."""
        self._log("task failed", fault=type(told.get("exception")).__name__)

    async def _begin(self) -> None:
        await asyncio.to_thread(install, self._url)
        most = len(self._served) * self._concurrency
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(most + 4))
        jobs = Jobs(
            self._url, send=self._send, ask=self._ask, connections=2 * len(self._served) + most + 2
        )
        with Journal(self._url, write=True) as self._journal, self._journal.begin_life() as life:
            self._life = self.life = self._measured_by = life
            try:
                async with jobs.opened():
                    self._log("worker started", owner=life.id, channels=sorted(self._served))
                    await self._serve(jobs)
            finally:
                await asyncio.wrap_future(self._in_sender(self._let_go()))
                self.life = None
        self._log("worker stopped", owner=self._life.id)

    def unswept(self) -> float:
        """Seconds since a sweep of it has last succeeded."""
        return monotonic() - self._swept_at

    def stop(self) -> None:
        """End in order: nothing more is begun, and what is on its way is recorded."""
        self._stopping.set()
        self._sender.call_soon_threadsafe(self._stop_claiming)

    def _stop_claiming(self) -> None:
        for kept in self._kept.values():
            for one in kept:
                one.branch.engine.stop_claiming()

    async def _serve(self, jobs: Jobs) -> None:
        tasks = [asyncio.create_task(self._work(jobs, name)) for name in sorted(self._served)]
        tasks.append(asyncio.create_task(self._sweep(jobs)))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        self.stop()  # where it was one of them that ended, what is in hand ends in order, too
        jobs.stop()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _work(self, jobs: Jobs, channel: str) -> None:
        """Do the jobs of one channel; when the queue fails, it is asked again."""
        while not self._stopping.is_set():
            try:
                await jobs.work(channel, self._concurrency)
            except JournalError as exc:
                self._log("queue away", channel=channel, says=str(exc))
            await self._pause(AGAIN)

    async def _sweep(self, jobs: Jobs) -> None:
        sweeper = Sweeper(self._journal, self.clock, by=self._life.id)
        self._swept_at = monotonic()
        while not self._stopping.is_set():
            began, took = monotonic(), 0.0
            self._look_at_clock()
            try:
                freed = await jobs.free_stalled()
                await asyncio.wrap_future(self._in_sender(self._let_go(IDLE)))
                found = await asyncio.to_thread(sweeper.sweep)
            except JournalError as exc:  # what was waited for in vain is no work
                self._log("sweep failed", says=str(exc))
            except Exception as exc:  # noqa: BLE001 - whatever it is, sending goes on
                self._log("sweep failed", fault=type(exc).__name__)
            else:
                took = monotonic() - began
                if not found.failed:
                    self._swept_at = monotonic()
                for campaign, says in found.failed.items():
                    self._log("sweep failed", campaign=campaign, says=says)
                if freed or found.in_doubt or found.cancelled or found.jobs:
                    self._log(
                        "swept", freed=freed, in_doubt=found.in_doubt,
                        cancelled=found.cancelled, jobs=found.jobs,
                    )  # fmt: skip
            await self._pause(min(max(SWEEP, SHARE * took), LONGEST))

    def _ahead(self) -> float:
        """Seconds by which the server's clock is ahead; a life that is over still knows it."""
        return self._measured_by.ahead if self._measured_by else 0.0

    def _look_at_clock(self) -> None:
        """Say once that this machine's clock is wrong: it is corrected; somebody should know."""
        ahead = self._ahead()
        if abs(ahead) > OFF and not self._told_of_clock:
            self._told_of_clock = True
            self._log("clock is wrong", slow_by=round(ahead, 1))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """The loop that sends, on a thread of its own."""
        thread = threading.Thread(target=self._sender.run_forever, name="sending", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._sender.call_soon_threadsafe(self._sender.stop)
            thread.join()
            self._sender.close()

    def _in_sender(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._sender)

    def _send(self, job: Sending) -> None:
        """Do one job, on a thread of the queue's."""
        began = monotonic()
        self._do(job.campaign, job.block.channel, lambda branch: branch.send(job.block))
        self._log(
            "job done", campaign=job.campaign, channel=job.block.channel, block=job.block.number,
            seconds=round(monotonic() - began, 3),
        )  # fmt: skip

    def _ask(self, job: Asking) -> None:
        self._do(job.campaign, job.channel, lambda branch: branch.ask(job.channel))

    def _do(
        self, campaign: str, channel: str, work: Callable[[Branch], Coroutine[Any, Any, None]]
    ) -> None:
        try:
            self._in_sender(self._with_branch(campaign, work)).result()
        except UadispatchError as exc:
            # The messages are still planned, or in doubt: nothing hangs on this job.
            told: dict[str, Any] = {"says": str(exc)}
            if isinstance(exc, NotRecorded):
                told = {"says": str(exc.__cause__), "in_doubt": exc.number}
            self._log("job left", campaign=campaign, channel=channel, **told)
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(asyncio.sleep(REFUSED), self._sender).result()

    async def _with_branch(
        self, campaign: str, work: Callable[[Branch], Coroutine[Any, Any, None]]
    ) -> None:
        kept = await self._branch_for(campaign)
        if kept is None:
            return
        try:
            await work(kept.branch)
        finally:
            kept.jobs -= 1
            kept.idle_since = monotonic()
            if kept.branch.is_spent:
                await self._give_up(campaign, kept)

    async def _give_up(self, campaign: str, kept: _Kept) -> None:
        """Close a branch that sends nothing more, when its last job has ended; others go on."""
        ours = self._kept.get(campaign, [])
        if kept.jobs == 0 and kept in ours and not self._stopping.is_set():
            ours.remove(kept)
            await kept.branch.close()

    async def _branch_for(self, campaign: str) -> _Kept | None:
        """A branch of the campaign as it was handed over last, for one job more."""
        async with self._making:
            found = await asyncio.to_thread(self._handed_over, campaign)
            if found is None or self._stopping.is_set():
                return None
            ours = self._kept.setdefault(campaign, [])
            for kept in ours:
                if kept.made_for == found and not kept.branch.is_spent:
                    kept.jobs += 1
                    return kept
            kept = _Kept(await asyncio.to_thread(self._make, campaign, *found), found)
            kept.jobs += 1
            ours.append(kept)
            return kept

    def _handed_over(self, campaign: str) -> tuple[str, str] | None:
        """How it was handed over, and the snapshot it was planned from last."""
        return self._journal.order_of(campaign)

    def _make(self, campaign: str, value: str, digest: str) -> Branch:
        order = Order.read(campaign, value)
        if order is None:
            raise JournalError(f"how {campaign} was handed over cannot be read")
        with ExitStack() as undone:
            journal = undone.enter_context(Journal(self._url, write=True))
            life = undone.enter_context(journal.begin_life(self._life.id))
            branch = Branch(
                journal, self._machine, order, Snapshot(journal.snapshot_body(digest)),
                clock=self.clock, random=self._random, life=life, tell=self._tells(campaign),
            )  # fmt: skip
            undone.pop_all()
            return branch

    def _tells(self, campaign: str) -> Callable[[News], None]:
        """Whom the runs of a campaign tell."""
        if self._observers is None:
            return self._tell
        return relayed(self._observers, campaign, self.clock.now, self._tell)

    async def _let_go(self, idle: float = 0.0) -> None:
        """Close the branches that had nothing to do for so long."""
        async with self._making:
            now = monotonic()
            for campaign, ours in list(self._kept.items()):
                for kept in list(ours):
                    if kept.jobs:
                        continue
                    if kept.branch.is_spent or now - kept.idle_since >= idle:
                        ours.remove(kept)
                        await kept.branch.close()
                    else:
                        await kept.branch.make_sure()
                if not ours:
                    del self._kept[campaign]
