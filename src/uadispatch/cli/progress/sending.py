"""The progress of a run: what it tells becomes figures, words for people, and events of a log."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from uadispatch.cli.common.output import be_lenient, messages_in_words, recalling, safe
from uadispatch.cli.common.running import interruptible
from uadispatch.cli.progress.displays import LATEST, Screen, Shown, shape_of
from uadispatch.cli.progress.tally import TROUBLE
from uadispatch.dispatch.news import Confirming, Delayed, Paused, Progress, Recalling, Unrecorded
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from rich.console import Console

    from uadispatch.cli.progress.displays import Display
    from uadispatch.cli.progress.tally import Tally
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.sending.engine import Engine

__all__ = ["Reporter"]

NAMED = 50
"""So many messages are named that did not go out; more are only counted: `status` lists them."""


class Reporter:
    """Hears what a run tells, and lets a person end it."""

    def __init__(
        self,
        console: Console,
        tally: Tally,
        *,
        show: Callable[[Callable[[], Iterable[str]]], Sequence[Display]],
        event: Callable[..., None],
        message: Callable[[Progress], None],
        in_words: bool = True,
    ) -> None:
        """Nothing is shown before it is entered.

        `show` begins to show the tally, with the lines on troubles that it is to ask for. `event`
        and `message` tell the log. `in_words`: also name what went wrong or waits in words, which
        would only say the same twice where the log is all that there is.
        """
        self._console = console
        self._tally = tally
        self._show = show
        self._event = event
        self._message = message
        self._in_words = in_words
        self.tried = 0
        """How many tries were made; a message may take several."""
        self.seconds = 0.0
        """How long the sending took; planning and asking back apart."""
        self._sent_at: float | None = None
        """When it was over and asking back began, if it has."""
        self._why: dict[str, str] = {}
        self._troubles = 0
        self._latest: deque[str] = deque(maxlen=LATEST)
        self._held: list[str] = []
        """What is said of messages when the screen is free again."""
        self._holds = False

    def __enter__(self) -> Self:
        be_lenient(self._console)
        self._tally.aside = "recording the plan"
        displays = self._show(lambda: tuple(self._latest))
        self._holds = any(
            isinstance(display, Screen) and display.console is self._console
            for display in displays
        )  # fmt: skip
        self._shown = Shown(displays)
        self._shown.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shown.__exit__(kind, exc, trace)
        with suppress(OSError):
            for words in self._held:
                self._console.print(words)
            more = self._troubles - NAMED if self._in_words else 0
            if more > 0:
                self._console.print(
                    f"[yellow]and {more:,} more such answers;[/] status --messages lists every "
                    f"message."
                )

    @contextmanager
    def watch(self, engine: Engine) -> Iterator[None]:
        """Time the sending, and let a person end it."""
        self._tally.begin()
        began = time.monotonic()

        try:
            with interruptible(
                engine, self._console, asking=lambda: self._sent_at is not None,
                tell=lambda: self._event("interrupted", number=engine.on_their_way),
            ):  # fmt: skip
                yield
        finally:
            self.seconds = (self._sent_at or time.monotonic()) - began

    @property
    def rate(self) -> float:
        """Tries in a second of sending."""
        return round(self.tried / self.seconds, 1) if self.seconds else 0.0

    def __call__(self, news: News) -> None:
        """Count and show what happens; an output that is gone ends no run."""
        with suppress(OSError):
            match news:
                case Progress():
                    self._progress(news)
                case Paused():
                    self._wait(news)
                    self._say_wait(news)
                case Delayed():
                    self._wait(news)
                case Confirming():
                    self._confirm(news)
                case Recalling():
                    self._sent_at = time.monotonic()
                    self._event("recalling", number=news.number)
                    self._tally.aside = "asking back"
                    recalling(self._console, news)
                case Unrecorded():
                    self._event("unrecorded", number=news.number, says=news.says)
                    self._console.print(
                        f"[red]{messages_in_words(news.number)} tried and not yet recorded:[/] "
                        f"{safe(news.says)}. Nothing more is sent; recording is tried again."
                    )

    def _confirm(self, news: Confirming) -> None:
        if news.done == 0:
            self._event("confirming", number=news.number)
        asking = f"asking services, {news.done:,} of {news.number:,}"
        self._tally.aside = asking if news.done < news.number else ""

    def _wait(self, news: Paused | Delayed) -> None:
        wait = self._tally.wait(news)
        self._event("waiting", **shape_of(wait))

    def _say_wait(self, paused: Paused) -> None:
        """A far end that keeps a channel waiting, as a line of its own; a rate is no news."""
        again = paused.says and paused.says == self._why.get(paused.channel)
        self._why[paused.channel] = paused.says
        if not paused.says or self._holds or not self._in_words:
            return
        until = paused.until.strftime("%H:%M:%S UTC")
        why = "it is still so" if again else safe(paused.says)
        self._console.print(f"[yellow]{paused.channel} waits until {until}[/]: {why}")

    def _progress(self, progress: Progress) -> None:
        """Count it, and name what has gone wrong."""
        self._message(progress)
        if progress.state is State.PLANNED and not progress.asked:
            return  # given back: it was not tried
        self._tally.heard(progress)
        self.tried += not progress.asked
        waits = progress.state is State.RETRY and progress.reason == self._why.get(progress.channel)
        if progress.state in TROUBLE and (progress.asked or not waits):
            self._say_trouble(progress)

    def _say_trouble(self, progress: Progress) -> None:
        self._troubles += 1
        words = f"{progress.target}/{progress.channel}: {progress.state}: {progress.reason}"
        self._latest.append(words)
        if self._troubles > NAMED or not self._in_words:
            return
        line = f"[yellow]{safe(words)}[/]"
        if self._holds:
            self._held.append(line)
        else:
            self._console.print(line)
