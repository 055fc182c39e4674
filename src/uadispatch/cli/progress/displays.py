"""Where progress is shown: a terminal, plain lines, a log. Each looks at a tally now and then.

None of them is told of a message: that would cost as much as sending it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from uadispatch.cli.common.output import plain
from uadispatch.cli.progress.words import figures, sentence, wait_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from rich.console import Console, OverflowMethod, RenderableType

    from uadispatch.cli.log.writing import Log
    from uadispatch.cli.progress.tally import Glance, Tally, Wait

__all__ = ["Display", "Lines", "LogProgress", "Screen", "Shown"]

EVERY = 5.0
"""Seconds between two plain lines, or two events of progress."""
TICK = 0.2
"""Seconds between two looks; a terminal is drawn anew as often."""
WIDEST_BAR = 60
WAITS, LATEST = 8, 3
"""So many channels that wait, and so many of the latest troubles, are on the screen at once."""


class Display(Protocol):
    """Shows a tally from when it is made until it is closed."""

    def tick(self) -> None:
        """Look again, and show what has changed; raises OSError where nobody can see it."""
        ...

    def close(self) -> None:
        """Show the end."""
        ...


class Screen:
    """A bar with figures, and beneath it what waits and what has gone wrong; it leaves nothing."""

    def __init__(
        self, console: Console, tally: Tally, latest: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Begin to draw; `latest` gives lines about what has gone wrong."""
        self.console = console
        self._tally = tally
        self._latest = latest
        self._live = Live(
            console=console, transient=True, auto_refresh=False, get_renderable=self._drawn,
            redirect_stdout=False, redirect_stderr=False, vertical_overflow="crop",
        )  # fmt: skip
        self._live.start()

    def tick(self) -> None:
        """Draw it anew."""
        self._live.refresh()

    def close(self) -> None:
        """Take it away."""
        self._live.stop()

    def _drawn(self) -> RenderableType:
        glance = self._tally.glance()
        width = min(self.console.width, WIDEST_BAR)
        bar = Table.grid()  # it alone ends no line
        bar.add_row(ProgressBar(total=glance.total or None, completed=glance.done, width=width))
        found = figures(glance)
        if glance.aside:  # its pace is not that of the rest
            found = [glance.aside, found[0]]
        lines = [self._line(", ".join(found))]
        for wait in glance.waiting[:WAITS]:
            says = f": {wait.says}" if wait.says else ""
            lines.append(self._line(wait_in_words(wait, glance.now) + says, "yellow"))
        lines += [self._line(line, "dim", wraps=False) for line in [*self._latest()][-LATEST:]]
        return Group(bar, *lines)

    def _line(self, words: str, style: str = "", *, wraps: bool = True) -> Text:
        # The console itself would break no line: what it prints is to be copied.
        overflow: OverflowMethod = "fold" if wraps else "crop"
        return Text(self._fitting(words), style=style, no_wrap=not wraps, overflow=overflow)

    def _fitting(self, line: str) -> str:
        """`line` in letters that the terminal has."""
        encoding = self.console.encoding
        line = plain(line).replace("\n", " ").replace("\t", " ")
        return line.encode(encoding, "backslashreplace").decode(encoding)


class Lines:
    """A sentence every five seconds, if there is anything new to say; the last one at the end."""

    def __init__(self, console: Console, tally: Tally, time: Callable[[], float]) -> None:
        """Begin; what ends within five seconds says nothing here."""
        self._console = console
        self._tally = tally
        self._time = time
        self._said_at = time()
        self._said: object = None
        self._glance: Glance | None = None

    def tick(self) -> None:
        """Say it if it is time, and something has changed."""
        if self._time() - self._said_at >= EVERY:
            self._say()

    def close(self) -> None:
        """Say how it ended, if anything was said before."""
        if self._said is not None:
            self._say()

    def _say(self) -> None:
        glance = self._tally.glance()
        news = (glance.done, glance.waiting)
        if news != self._said:
            self._said, self._said_at = news, self._time()
            self._console.print(f"{plain(sentence(glance))}.", markup=False)


class LogProgress:
    """Events of progress in a log, and of waits that are over."""

    def __init__(self, log: Log, tally: Tally, time: Callable[[], float]) -> None:
        """Tell of the beginning."""
        self._log = log
        self._tally = tally
        self._time = time
        self._said: object = None
        self._tell()

    def tick(self) -> None:
        """Tell what is over, and how far it is if it is time and something has changed."""
        glance = self._tally.glance()
        self._tell_ended()
        if self._time() - self._said_at >= EVERY and self._said != (glance.done, glance.waiting):
            self._tell()

    def close(self) -> None:
        """Tell of the end."""
        self._tell()

    def _tell_ended(self) -> None:
        ended = self._tally.ended
        while ended:
            self._log.emit("waited", **shape_of(ended.popleft()))

    def _tell(self) -> None:
        glance = self._tally.glance()
        self._tell_ended()
        self._said, self._said_at = (glance.done, glance.waiting), self._time()
        left, pace = glance.left, glance.per_second
        self._log.emit(
            "progress", phase=glance.doing, done=glance.done, total=glance.total,
            per_second=None if pace is None else round(pace, 3),
            seconds_left=None if left is None else round(left.seconds, 1),
            at_least=left is not None and left.at_least,
            waiting=[shape_of(wait) for wait in glance.waiting],
            **{str(state): number for state, number in glance.troubles.items()},
        )  # fmt: skip


def shape_of(wait: Wait) -> dict[str, object]:
    """A wait as the log has it."""
    return {
        "channel": wait.channel, "until": wait.until, "why": str(wait.why), "number": wait.number,
        "says": wait.says,
    }  # fmt: skip


class Shown:
    """Lets displays look, from a thread of its own, for as long as it lasts."""

    def __init__(self, displays: Iterable[Display]) -> None:
        """Take displays that have begun."""
        self._displays = list(displays)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if self._displays:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        for display in self._displays:
            with suppress(OSError):
                display.close()

    def _look(self) -> None:
        while not self._over.wait(TICK):
            for display in list(self._displays):
                try:
                    display.tick()
                except OSError:  # nobody sees it any more; what is shown of goes on
                    self._displays.remove(display)
