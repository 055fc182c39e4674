"""The progress of one command: its phases, where they are shown, and the log if one is wanted."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uadispatch.cli.common.output import be_lenient, printer
from uadispatch.cli.log.redacting import redactor_of
from uadispatch.cli.progress.displays import Display, Lines, LogProgress, Screen, Shown
from uadispatch.cli.progress.tally import Tally
from uadispatch.dispatch.news import Confirming, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from rich.console import Console

    from uadispatch.campaign.model import Campaign
    from uadispatch.channels.contract import Channel
    from uadispatch.cli.log.writing import Log
    from uadispatch.cli.progress.sending import Reporter
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import JournalUrl, Moment, Selection
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared, Source

    class Step(Protocol):
        """Is told how many are done, and of how many where that was not known."""

        def __call__(self, done: int, total: int | None = None, /) -> None: ...


__all__ = ["Tracker"]


class Tracker:
    """Shows the phases of one command, one after another."""

    def __init__(
        self,
        command: str,
        console: Console,
        log: Log | None = None,
        *,
        time: Callable[[], float] = time.monotonic,
    ) -> None:
        """Words go to `console`, and so does progress if a person sees it."""
        self.console = console
        self.log = log
        self._command = command
        self._time = time

    def about(self, campaign: Campaign) -> None:
        """Which campaign it is: from now on the log knows whom to withhold."""
        if self.log is not None:
            self.log.withhold(redactor_of(campaign))
        self.started(campaign.number)

    def started(self, campaign: str | None) -> None:
        """Tell the log that the command begins."""
        import uadispatch

        self.event(
            "run_started", command=self._command, version=uadispatch.__version__, campaign=campaign
        )

    def event(self, name: str, **fields: object) -> None:
        """Tell the log, if there is one."""
        if self.log is not None:
            self.log.emit(name, **fields)

    def ended(self, states: Mapping[str, int]) -> None:
        """What the journal says at the end: state to number."""
        if self.log is not None:
            self.log.states = dict(states)

    @contextmanager
    def phase(
        self, doing: str, total: int | None = None, *, did: str = "", quiet: bool = False
    ) -> Iterator[Step]:
        """Show a phase: ``with tracker.phase("making pages", 12) as step: step(1)``.

        `step` costs nothing, however often it is called. `did`: what is counted, as “pages made”.
        `quiet`: only the log is told, for a phase that talks with a person.
        """
        tally = Tally(doing, total, did=did, time=self._time, now=_now)
        with Shown(self.displays(tally, quiet=quiet)):
            yield tally.step

    def message(self, progress: Progress) -> None:
        """Tell the log of a message."""
        if self.log is not None:
            self.log.emit(
                "message", key=progress.key or None, target=progress.target,
                channel=progress.channel, state=str(progress.state), code=progress.code,
                asked=progress.asked, says=progress.reason,
            )  # fmt: skip

    @contextmanager
    def asking(self, total: int) -> Iterator[Callable[[News], None]]:
        """Show how services are asked of `total` messages; hears what a confirmer tells."""
        self.event("confirming", number=total)
        with self.phase("asking services", total, did="messages asked of") as step:

            def hear(news: News) -> None:
                if isinstance(news, Confirming):
                    step(news.done)
                elif isinstance(news, Progress):
                    self.message(news)

            yield hear

    def prepare(
        self, source: Source, channels: Mapping[str, Channel[Any]], notices: Sequence[str] = ()
    ) -> Prepared:
        """As `preparing.prepare`, while it shows how many rows have been read."""
        from uadispatch.dispatch.planning.preparing import prepare

        if not source.campaign.files:
            return prepare(source, channels, notices)
        with self.phase("reading targets", did="rows read") as step:
            return prepare(source, channels, notices, step=step)

    def look(
        self,
        prepared: Prepared,
        composer: Composer,
        url: JournalUrl,
        moment: Moment,
        selection: Selection,
        *,
        to_approve: bool = False,
        each: Callable[[Draft], None] = lambda _: None,
        quiet: bool = False,
    ) -> Look:
        """As `looking.look`; unless `quiet` it shows how far that is. Raises JournalError."""
        from uadispatch.dispatch.planning.looking import look

        with self.phase("looking at messages", did="messages looked at", quiet=quiet) as step:
            return look(
                prepared, composer, url, moment, selection,
                to_approve=to_approve, each=each, progress=step,
            )  # fmt: skip

    def sending(
        self, going: Mapping[str, int], clock: Clock, *, limit: int | None = None
    ) -> Reporter:
        """Show a run at the time of `clock` that tries `going` (channel to number), or fewer."""
        from uadispatch.cli.progress.sending import Reporter

        every = sum(going.values())
        total = every if limit is None else min(every, limit)
        # Of which channels a few of them will be, nobody knows.
        expected = going if total == every else None
        tally = Tally(
            "sending", total, did="tried", expected=expected, time=self._time, now=clock.now
        )
        return Reporter(
            self.console, tally, show=lambda latest: self.displays(tally, latest),
            event=self.event, message=self.message,
            in_words=self.log is None or not self.console.stderr,
        )  # fmt: skip

    def displays(
        self, tally: Tally, latest: Callable[[], Iterable[str]] = tuple, *, quiet: bool = False
    ) -> list[Display]:
        """Begin to show `tally` where somebody may look: one place for people, and the log."""
        found: list[Display] = []
        console = None if quiet else self._seen()
        if console is not None and _is_seen(console):
            found.append(Screen(console, tally, latest))
        elif console is not None:
            found.append(Lines(console, tally, self._time))
        if self.log is not None:
            found.append(LogProgress(self.log, tally, self._time))
        return found

    def _seen(self) -> Console | None:
        """Where progress is shown to people: the terminal, wherever it is; else standard error.

        None: the log takes its place.
        """
        if _is_seen(self.console):
            shares = self.log is not None and self.log.goes_to_a_terminal
            return None if shares else self.console
        if self.log is not None:
            return None
        console = printer(as_json=True)
        be_lenient(console)
        return console


def _is_seen(console: Console) -> bool:
    """Whether it can be drawn on, and drawn anew."""
    return console.is_interactive and console.file.isatty()


def _now() -> datetime:
    return datetime.now(UTC)
