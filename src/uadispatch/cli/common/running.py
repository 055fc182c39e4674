"""What rehearse and send have in common: a run that can be ended, a summary, and its code."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from uadispatch.cli.common.exits import Code, show_cursor
from uadispatch.cli.common.output import (
    messages_in_words,
    questions,
    recalled,
    safe,
    to_the_second,
    withdrawn,
)
from uadispatch.dispatch.sending.ended import Ended
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from uadispatch.dispatch.journal import Gist
    from uadispatch.dispatch.sending.engine import Engine

__all__ = ["exit_code", "interruptible", "summary"]

NOTHING_RAN = Ended()


@contextmanager
def interruptible(
    engine: Engine,
    console: Console,
    *,
    asking: Callable[[], bool],
    tell: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """While it lasts, Ctrl-C, SIGTERM and a terminal that closes end the run in order.

    A second one ends it at once. `asking`: whether services are being asked to give back what
    they took. `tell` is called at the first.
    """
    asked = False
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: it is to go on
        numbers.append(signal.SIGHUP)

    def ask() -> None:
        nonlocal asked
        if asked:
            # All that is known is in the journal; what is on its way stays claimed there.
            show_cursor()
            sys.stderr.write("\nLeft at once. uadispatch status lists what was on its way.\n")
            sys.stderr.flush()
            os._exit(Code.INTERRUPTED)
        asked = True
        engine.interrupt()
        tell()
        with suppress(OSError):  # the same Ctrl-C may have ended the reader of our output
            left = engine.on_their_way
            waits = "nothing is on its way"
            if left:
                waits = f"waiting for the answers to {messages_in_words(left)} on the way"
            elif asking():
                waits = "still asking for what may be given back"
            console.print(
                f"Ending: nothing more is begun; {waits}. Press Ctrl-C again to leave at once."
            )

    import asyncio

    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])  # the loop would let it end us unheard


def exit_code(ended: Ended, gist: Gist, *, over: bool = False) -> Code:
    """What the run, and the state of the messages that were asked for, amount to.

    `over`: no message waits for anything any more, whatever time is set for it.
    """
    if ended.interrupted:
        return Code.INTERRUPTED
    if ended.stopped:
        return Code.CONFIGURATION
    states = set(gist.states)
    closed = ended.closed is not None and State.CANCELLED in states
    # What waits for a later try waits in vain.
    superseded = ended.superseded is not None and bool(states & CLAIMABLE)
    if (closed or superseded or ended.cancelled or ended.kept_back) and not ended.tried:
        return Code.REFUSED
    trouble = {State.FAILED, State.IN_DOUBT, State.REFUSED, State.CLAIMED}
    if (
        states & trouble
        or gist.held
        or ended.kept_back
        or ended.cancelled
        or ended.recalled.silent
        or closed
        or superseded
    ):
        return Code.LOOK
    if State.RETRY in states or ended.paused or gist.waits:
        return Code.LOOK if over else Code.LATER
    return Code.AS_ASKED


def summary(console: Console, ended: Ended, *, seconds: float, tried: int) -> None:
    """How the run ended, in words."""
    if tried:
        console.print(f"{messages_in_words(tried)} tried in {seconds:.1f} s.")
    for stopped in ended.stopped:
        console.print(
            f"[red]{stopped.channel} stopped; what it had not sent is still planned:[/] "
            f"{safe(stopped.says)}"
        )
    if ended.closed is not None:
        # Its reason may have been purged.
        why = f": {safe(ended.closed)}" if ended.closed else "."
        console.print(f"[yellow]The campaign is closed[/]{why}")
    if ended.superseded is not None:
        console.print(f"[yellow]Another text counts now:[/] {safe(ended.superseded)}")
    for reason, number in ended.cancelled.items():
        console.print(f"[yellow]{messages_in_words(number)} cancelled:[/] {safe(reason)}")
    recalled(console, ended.recalled)
    _later_and_by_people(console, ended)
    for reason, number in ended.kept_back.items():
        console.print(f"[yellow]{messages_in_words(number)} kept back:[/] {safe(reason)}")
    for paused in ended.paused:
        console.print(
            f"[yellow]{paused.channel} was left waiting[/] until {to_the_second(paused.until)}; "
            f"what it had not tried is still planned: {safe(paused.says)}"
        )
    if ended.interrupted:
        return
    due = min((paused.until for paused in ended.paused), default=None)
    due = min(filter(None, (due, ended.next_due)), default=None)
    if due is not None:
        console.print(
            f"The next try is due on {to_the_second(due)}: run the same command then, or stay "
            f"with --wait."
        )


def _later_and_by_people(console: Console, ended: Ended) -> None:
    """What services said, what must wait, and what people have to do."""
    questions(console, ended.confirmed)
    for reason, number in ended.delayed.items():
        verb = "waits" if number == 1 else "wait"
        console.print(f"{messages_in_words(number)} {verb}: {safe(reason)}")
    for name, paths in ended.bundles.items():
        for path in paths:
            console.print(f"All that is to be done by {name}, in one file: {safe(str(path))}")
    withdrawn(console, ended.withdrawn)
    for trouble in ended.troubles:
        console.print(f"[yellow]![/] {safe(trouble)}")
