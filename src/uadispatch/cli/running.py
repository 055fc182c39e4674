"""What rehearse and send have in common: a run with progress, signals, a summary and its code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from uadispatch.cli.exits import Code
from uadispatch.cli.output import (
    be_lenient,
    messages_in_words,
    questions,
    recalled,
    recalling,
    safe,
    to_the_second,
    withdrawn,
)
from uadispatch.dispatch.engine import Ended
from uadispatch.dispatch.news import Confirming, Paused, Progress, Recalling, Unrecorded
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from rich.console import Console

    from uadispatch.dispatch.engine import Engine
    from uadispatch.dispatch.journal import Entry
    from uadispatch.dispatch.news import News

__all__ = ["Reporter", "exit_code", "summary"]

NOTHING_RAN = Ended()
PLAIN_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""
_TROUBLE = frozenset({State.FAILED, State.IN_DOUBT, State.RETRY})


class Reporter:
    """Shows how a run goes: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        """Prepare for `total` messages; nothing is shown before it is entered."""
        be_lenient(console)
        self._console = console
        self._total = total
        self.done = 0
        self.seconds = 0.0
        """How long the sending took; planning and asking back apart."""
        self._sent_at: float | None = None
        """When it was over and asking back began, if it has."""
        self._said_at = time.monotonic()
        self._waiting: set[str] = set()
        self._why: dict[str, str] = {}
        self._bar: Bar | None = None
        if console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=console, transient=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("sending", total=self._total)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def watch(self, engine: Engine) -> Iterator[None]:
        """Time the sending, and let a person end it."""
        began = time.monotonic()
        try:
            with interruptible(engine, self._console, asking=lambda: self._sent_at is not None):
                yield
        finally:
            self.seconds = (self._sent_at or time.monotonic()) - began

    @property
    def rate(self) -> float:
        """Messages tried in a second of sending."""
        return round(self.done / self.seconds, 1) if self.seconds else 0.0

    def __call__(self, news: News) -> None:
        """Show what happens; an output that is gone ends no run."""
        with suppress(OSError):
            match news:
                case Progress():
                    self._show(news)
                case Paused():
                    self._wait(news)
                case Confirming():
                    if self._bar is not None:
                        self._bar.update(self._task, description="asking services")
                case Recalling():
                    self._sent_at = time.monotonic()
                    if self._bar is not None:
                        self._bar.update(self._task, description="asking back")
                    recalling(self._console, news)
                case Unrecorded():
                    self._console.print(
                        f"[red]{messages_in_words(news.number)} tried and not yet recorded:[/] "
                        f"{safe(news.says)}. Nothing more is sent; recording is tried again."
                    )

    def _wait(self, paused: Paused) -> None:
        """A channel that waits: in the bar, and as a line of its own where there is a reason."""
        until = paused.until.strftime("%H:%M:%S UTC")
        again = paused.says and paused.says == self._why.get(paused.channel)
        self._why[paused.channel] = paused.says
        why = f": {safe(paused.says)}" if paused.says else ", for its rate"
        if again:
            why = ": it is still so"
        self._waiting.add(paused.channel)
        if self._bar is not None:
            self._bar.update(self._task, description=f"{paused.channel} waits until {until}")
        if paused.says or self._bar is None:
            self._console.print(f"[yellow]{paused.channel} waits until {until}[/]{why}")

    def _show(self, progress: Progress) -> None:
        """Trouble at once, the rest as a bar or now and then."""
        if self._bar is not None and progress.channel in self._waiting:
            self._waiting.discard(progress.channel)
            self._bar.update(self._task, description="sending")
        if progress.asked:
            self._say_trouble(progress)
            return
        if progress.state is State.PLANNED:
            return  # given back: it was not tried
        self.done += 1
        if progress.state is State.RETRY and progress.reason == self._why.get(progress.channel):
            pass  # its channel waits, and that was said
        else:
            self._say_trouble(progress)
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
        elif time.monotonic() - self._said_at >= PLAIN_EVERY:
            self._said_at = time.monotonic()
            self._console.print(f"{self.done:,} of {self._total:,} tried")

    def _say_trouble(self, progress: Progress) -> None:
        if progress.state in _TROUBLE:
            message = f"{progress.target}/{progress.channel}"
            words = f"{message}: {progress.state}: {safe(progress.reason)}"
            self._console.print(f"[yellow]{words}[/]")


@contextmanager
def interruptible(
    engine: Engine, console: Console, *, asking: Callable[[], bool]
) -> Iterator[None]:
    """While it lasts, Ctrl-C, SIGTERM and a terminal that closes end the run in order.

    A second one ends it at once. `asking`: whether services are being asked to give back what
    they took.
    """
    asked = False
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: it is to go on
        numbers.append(signal.SIGHUP)

    def ask() -> None:
        nonlocal asked
        if asked:
            # All that is known is in the journal; what is on its way stays claimed there.
            sys.stderr.write("\nLeft at once. uadispatch status lists what was on its way.\n")
            sys.stderr.flush()
            os._exit(Code.INTERRUPTED)
        asked = True
        engine.interrupt()
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


def exit_code(ended: Ended, entries: Sequence[Entry], *, over: bool = False) -> Code:
    """What the run, and the state of the messages that were asked for, amount to.

    `over`: no message waits for anything any more, whatever time is set for it.
    """
    if ended.interrupted:
        return Code.INTERRUPTED
    if ended.stopped:
        return Code.CONFIGURATION
    states = {entry.state for entry in entries}
    closed = ended.closed is not None and State.CANCELLED in states
    # What waits for a later try waits in vain.
    superseded = ended.superseded is not None and bool(states & CLAIMABLE)
    if (closed or superseded or ended.cancelled or ended.kept_back) and not ended.tried:
        return Code.REFUSED
    trouble = {State.FAILED, State.IN_DOUBT, State.REFUSED, State.CLAIMED}
    if (
        states & trouble
        or any(entry.held for entry in entries)
        or ended.kept_back
        or ended.cancelled
        or ended.recalled.silent
        or closed
        or superseded
    ):
        return Code.LOOK
    if State.RETRY in states or ended.paused or any(map(_waits, entries)):
        return Code.LOOK if over else Code.LATER
    return Code.AS_ASKED


def _waits(entry: Entry) -> bool:
    """Whether it is planned for a time that was not there yet when it was last looked at."""
    return (
        entry.state is State.PLANNED
        and entry.not_before is not None
        and entry.not_before > entry.changed_at
    )


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
        console.print(f"[yellow]The campaign is closed:[/] {safe(ended.closed)}")
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
