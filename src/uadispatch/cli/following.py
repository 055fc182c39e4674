"""``send --workers``: hand a campaign over to workers, and follow what they do."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from uadispatch.cli.output import messages_in_words, safe
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from uadispatch.clock import Clock
    from uadispatch.dispatch.distributed.orders import Order
    from uadispatch.dispatch.journal import Gist, Journal, JournalUrl, Moment, Raw, Selection
    from uadispatch.dispatch.preparing import Prepared

__all__ = ["follow", "hand_over", "order_of", "require_server"]

LOOK, SAY = 1.0, 5.0
"""Seconds between two looks at the journal, and between two lines that say how it stands."""


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
    journal: Journal, order: Order, round_: int, console: Console, *, wait: bool
) -> bool:
    """Say how the workers get on, until nothing is left for them now; whether Ctrl-C ended it."""
    from uadispatch.dispatch.journal import JournalAway

    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    said: tuple[object, ...] | None = None
    last = -SAY
    with _leaving(left):
        while not left.is_set():
            try:
                gist = journal.gist(order.campaign, round_=round_, selection=order.selection)
                workers = journal.number_alive()
            except JournalAway as exc:
                if said != (str(exc),):
                    said = (str(exc),)
                    console.print(f"[yellow]![/] {safe(str(exc))}; the workers wait for it, too.")
                with suppress(TimeoutError):
                    await asyncio.wait_for(left.wait(), SAY)
                continue
            if _is_over(gist, wait=wait):
                return False
            line = (*sorted(gist.states.items()), workers)
            if line != said and loop.time() - last >= SAY:
                said, last = line, loop.time()
                console.print(_standing(gist, workers))
            with suppress(TimeoutError):
                await asyncio.wait_for(left.wait(), LOOK)
    console.print("Left; the workers go on. uadispatch stop stops them, uadispatch status tells.")
    return True


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


def _is_over(gist: Gist, *, wait: bool) -> bool:
    """Whether the workers have nothing more to do; what only waits for a time, if not `wait`."""
    states = gist.states
    if states[State.CLAIMED]:
        return False
    if wait:
        return not gist.claimable
    # What is planned for a later time has been looked at by a claim, which said so.
    return not gist.due


def _standing(gist: Gist, workers: int) -> str:
    parts = [f"{number:,} {state}" for state, number in sorted(gist.states.items())]
    if not workers and gist.states.keys() & CLAIMABLE:
        return f"{', '.join(parts)}; no worker is alive: start one with uadispatch worker"
    who = "1 worker" if workers == 1 else f"{workers} workers"
    return f"{', '.join(parts)} of {messages_in_words(gist.states.total())}; {who}"
