"""``send --workers``: hand a campaign over to workers, and follow what they do."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from uadispatch.cli.common.output import messages_in_words, safe
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from uadispatch.clock import Clock
    from uadispatch.dispatch.distributed.orders import Order
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Gist, Journal, JournalUrl, Moment, Raw, Selection
    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = ["follow", "hand_over", "order_of", "require_server"]

LOOK, SAY = 1.0, 5.0
"""Seconds between two looks at the journal, and between two lines that say how it stands."""
STILL = 20.0
"""Seconds without a move after which a stop of a target is taken for what keeps the rest back."""
MOMENT = 2.0
"""Seconds that whoever leaves waits for the journal."""
LEFT = "Left; the workers go on. uadispatch stop stops them, uadispatch status tells."

T = TypeVar("T")


def require_server(url: JournalUrl, *, limit: int | None, workers: bool) -> None:
    """Raise ConfigError where workers are wanted and cannot take part."""
    if not workers:
        return
    from uadispatch.dispatch.distributed import queue
    from uadispatch.dispatch.journal import ServerUrl
    from uadispatch.errors import ConfigError

    if not isinstance(url, ServerUrl):
        raise ConfigError(
            f"--workers: the journal {url.database} is a file, which one machine alone can use; "
            f"workers need one on PostgreSQL (--journal postgresql://HOST/DATABASE)"
        )
    if limit is not None:
        raise ConfigError("--workers takes no --limit: narrow it with --channel or --target")
    queue.install(url)


def order_of(prepared: Prepared, selection: Selection, moment: Moment) -> Order:
    """What of `selection` workers are to send: what a program sends."""
    from uadispatch.channels.contract import By
    from uadispatch.dispatch.distributed.orders import Order

    by_program = {
        name
        for name, channel in prepared.channels.items()
        if channel.capabilities.by == By.PROGRAM
        and (selection.channels is None or name in selection.channels)
    }
    return Order(
        campaign=moment.campaign, channels=frozenset(by_program), targets=selection.targets,
        approval_of=moment.approval_of,
    )  # fmt: skip


def hand_over(order: Order, clock: Clock, connection: Raw, by: str) -> None:
    """What is done in the transaction that records the plan: every job is there, or none is."""
    from uadispatch.dispatch.distributed.orders import give
    from uadispatch.dispatch.distributed.sweeping import hand_out

    now = clock.now()
    its = give(connection, order, at=now, by=by)
    hand_out(connection, its, its.channels, now=now)


async def follow(
    journal: Journal, order: Order, round_: int, console: Console, clock: Clock, *, wait: bool
) -> bool:
    """Say how the workers get on, until nothing is left for them now; whether Ctrl-C ended it.

    Raises:
        JournalAway: Ctrl-C has ended it, and the journal does not answer.
    """
    from uadispatch.dispatch.journal import JournalAway

    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    said: tuple[object, ...] | None = None
    told = ""
    last = -SAY
    moves = _Moves()
    with _leaving(left):
        while not left.is_set():
            try:
                its = await _unless(left, lambda: _look(journal, order, round_, clock))
            except JournalAway as exc:
                if left.is_set():
                    raise
                if said != (str(exc),):
                    said = (str(exc),)
                    console.print(f"[yellow]![/] {safe(str(exc))}; the workers wait for it, too.")
                with suppress(TimeoutError):
                    await asyncio.wait_for(left.wait(), SAY)
                continue
            kept = its.kept_back(order, still=moves.still_for(its, loop.time()) >= STILL)
            if its.is_over(wait=wait) or (kept and not wait):
                _say_why(console, kept)
                return False
            if kept != told:
                told = kept
                _say_why(console, kept)
            line = (*sorted(its.gist.states.items()), its.workers)
            if line != said and loop.time() - last >= SAY:
                said, last = line, loop.time()
                console.print(_standing(its.gist, its.workers))
            with suppress(TimeoutError):
                await asyncio.wait_for(left.wait(), LOOK)
    console.print(LEFT)
    return True


def _say_why(console: Console, kept: str) -> None:
    if kept:
        console.print(f"[yellow]![/] Nothing more begins: {safe(kept)}.")


class _Look(NamedTuple):
    """How an order stood at one look."""

    gist: Gist
    workers: int
    facts: Facts

    def is_over(self, *, wait: bool) -> bool:
        """Whether workers have nothing more to do; what only waits for a time, if not `wait`."""
        if self.gist.states[State.CLAIMED]:
            return False
        if wait:
            return not self.gist.claimable
        # What is planned for a later time has been looked at by a claim, which said so.
        return not self.gist.due

    def kept_back(self, order: Order, *, still: bool) -> str:
        """Why nothing of what is left may begin now; "" if something may, or a closing ends it.

        `still`: nothing has moved for a while. What is stopped for a target is known by that alone.
        """
        from uadispatch.dispatch.distributed.sweeping import may_go

        facts = self.facts
        if self.gist.states[State.CLAIMED] or facts.closed is not None:
            return ""
        if may_go(order, facts).channels and not (still and facts.stops):
            return ""
        stops = (stop.says for stop in facts.stops)
        return facts.superseded or facts.unapproved or facts.stopped or next(stops, "")


class _Moves:
    """When something has last moved."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since = 0.0

    def still_for(self, look: _Look, now: float) -> float:
        """Seconds since the numbers were others than they are."""
        if look.gist.states != self._seen:
            self._seen, self._since = look.gist.states, now
        return now - self._since


def _look(journal: Journal, order: Order, round_: int, clock: Clock) -> _Look:
    from uadispatch.dispatch.journal import Moment

    gist = journal.gist(order.campaign, round_=round_, selection=order.selection)
    moment = Moment(campaign=order.campaign, now=clock.now(), approval_of=order.approval_of)
    return _Look(gist, journal.number_alive(), journal.facts(moment))


async def _unless(left: asyncio.Event, question: Callable[[], T]) -> T:
    """The answer; whoever leaves waits for it no longer than a moment.

    It is asked on a thread that nobody waits for: a journal may hang as long as it likes.
    """
    from uadispatch.dispatch.journal import JournalAway

    answered: Future[T] = Future()

    def ask() -> None:
        try:
            answered.set_result(question())
        except BaseException as exc:  # noqa: BLE001 - it is raised where it was asked
            answered.set_exception(exc)

    threading.Thread(target=ask, name="following", daemon=True).start()
    answer = asyncio.wrap_future(answered)
    leaving = asyncio.ensure_future(left.wait())
    try:
        either: set[asyncio.Future[Any]] = {answer, leaving}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            await asyncio.wait({answer}, timeout=MOMENT)
    finally:
        leaving.cancel()
    if not answer.done():
        raise JournalAway(f"{LEFT} The journal does not answer")
    return answer.result()


@contextmanager
def _leaving(left: asyncio.Event) -> Iterator[None]:
    """While it lasts, Ctrl-C and SIGTERM end the following, and nothing else."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    for number in numbers:
        loop.add_signal_handler(number, left.set)
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _standing(gist: Gist, workers: int) -> str:
    parts = [f"{number:,} {state}" for state, number in sorted(gist.states.items())]
    if not workers and gist.states.keys() & CLAIMABLE:
        return f"{', '.join(parts)}; no worker is alive: start one with uadispatch worker"
    who = "1 worker" if workers == 1 else f"{workers} workers"
    return f"{', '.join(parts)} of {messages_in_words(gist.states.total())}; {who}"
