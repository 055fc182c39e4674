"""How far something has come, how fast it goes, what it waits for, and how long that will take.

It counts what it is told and shows nothing. A message may be told of from one thread while
another asks.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.cli.progress.marks import Marks
from uadispatch.dispatch.news import Delayed, Paused, Why
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from uadispatch.dispatch.news import Progress

__all__ = ["TROUBLE", "Glance", "Left", "Pace", "Tally", "Wait"]

TROUBLE = frozenset({State.FAILED, State.IN_DOUBT, State.RETRY})
_TOLD_AS: tuple[State | None, ...] = (None, *State)
WINDOW = 20.0
"""Seconds over which a pace is reckoned, so that it does not jump."""
SAMPLE = 0.5
"""Seconds between two samples of it."""
SURE = 1.0
"""Seconds before which nothing is said of a pace."""
ENDED = 1000
"""So many waits that are over are kept for whoever wants to know."""


class Pace:
    """How many a second, over the last twenty seconds; a standstill brings it down to nothing."""

    def __init__(self, began: float) -> None:
        """Begin with none done."""
        self._samples: deque[tuple[float, int]] = deque([(began, 0)])

    def at(self, now: float, done: int) -> float | None:
        """The pace now that so many are `done`; None: too little is known."""
        samples = self._samples
        if now - samples[-1][0] >= SAMPLE:
            samples.append((now, done))
        while len(samples) > 1 and now - samples[1][0] >= WINDOW:
            samples.popleft()
        since, before = samples[0]
        if now - since < SURE or done <= before:
            return None
        return (done - before) / (now - since)


class Wait(NamedTuple):
    """That a channel waits until a time, or so many of its messages do; and for what."""

    channel: str
    until: datetime
    why: Why
    says: str
    number: int | None
    """None: the whole channel."""
    told_at: datetime


class Left(NamedTuple):
    """How many seconds are left; `at_least`: more, if what waits is slow then."""

    seconds: float
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Glance:
    """How things stand at a moment."""

    doing: str
    aside: str
    did: str
    done: int
    total: int | None
    per_second: float | None
    left: Left | None
    troubles: Mapping[State, int]
    """How many of what is done are in a state of trouble."""
    waiting: tuple[Wait, ...]
    now: datetime


class Tally:
    """Counts one phase of a command."""

    def __init__(
        self,
        doing: str,
        total: int | None,
        *,
        did: str = "",
        expected: Mapping[str, int] | None = None,
        time: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """`doing` names the phase (“making pages”), `did` what is done then (“pages made”).

        `expected`: how many of the total are of which channel, if that is known. `time` gives
        seconds that only go on; `now` is the clock by which waits are told.
        """
        self._doing = doing
        self.aside = ""
        """What is done just now, if it is something else: asking services, say."""
        self._did = did
        self.done = 0
        self.total = total
        self._expected = expected
        self._time = time
        self._now = now
        self._began = time()
        self._pace = Pace(self._began)
        self._by_channel: Counter[str] = Counter()
        self._paces: dict[str, Pace] = {}
        self._troubles: Counter[State] = Counter()
        self._unsettled = Marks()
        """Who was told of as in trouble, and may be told of again."""
        self._waits: dict[tuple[str, str], Wait] = {}
        self._lock = threading.Lock()
        self.ended: deque[Wait] = deque(maxlen=ENDED)
        """Waits that are over; whoever tells of them takes them out."""

    def begin(self) -> None:
        """It begins now: what came before says nothing of its pace."""
        with self._lock:
            self.aside = ""
            self._began = self._time()
            self._pace = Pace(self._began)
            self._paces.clear()

    def step(self, done: int, total: int | None = None) -> None:
        """So many are done, of so many if that is known by now."""
        self.done = done
        if total is not None:
            self.total = total

    def heard(self, progress: Progress) -> None:
        """A message was tried, or asked of; each counts once, with the state it has now."""
        mark = progress.key or f"{progress.target}/{progress.channel}"
        number = self._unsettled.get(mark)
        before = _TOLD_AS[number]
        if before in TROUBLE:
            self._troubles[before] -= 1
        if before is None and not progress.asked:
            self.done += 1
            self._by_channel[progress.channel] += 1
        if progress.state in TROUBLE:
            self._troubles[progress.state] += 1
        if progress.state in TROUBLE or before is not None:
            self._unsettled.put(mark, _TOLD_AS.index(progress.state))

    def wait(self, news: Paused | Delayed) -> Wait:
        """A channel waits, or some of its messages."""
        number, says = (news.number, "") if isinstance(news, Delayed) else (None, news.says)
        told = Wait(news.channel, news.until, news.why, says, number, self._now())
        place = "" if number is None else news.why
        with self._lock:
            self._waits[news.channel, place] = told
        return told

    def glance(self) -> Glance:
        """How things stand now; what is waited for no more is taken out."""
        with self._lock:
            now, done = self._now(), self.done
            for key, wait in [*self._waits.items()]:
                if wait.until <= now:
                    self.ended.append(self._waits.pop(key))
            waiting = tuple(self._waits[key] for key in sorted(self._waits))
            per_second = self._pace.at(self._time(), done)
            total = None if self.total is None else max(self.total, done)
            left = None
            if total is not None and done < total:
                left = self._left(total - done, per_second, waiting, now)
            return Glance(
                self._doing, self.aside, self._did, done, total, per_second, left,
                {state: self._troubles[state] for state in sorted(TROUBLE)}, waiting, now,
            )  # fmt: skip

    def _left(
        self, rest: int, per_second: float | None, waiting: Iterable[Wait], now: datetime
    ) -> Left | None:
        """How long it takes yet: as long as the slowest channel, where the channels are known."""
        if self._expected is None:
            return Left(rest / per_second) if per_second and not [*waiting] else None
        found = [
            self._left_of(channel, expected - self._by_channel[channel], waiting, now)
            for channel, expected in self._expected.items()
            if expected > self._by_channel[channel]
        ]
        known = [left for left in found if left is not None]
        if len(known) < len(found) or not known:
            return None
        return Left(max(known).seconds, any(left.at_least for left in known))

    def _left_of(
        self, channel: str, rest: int, waiting: Iterable[Wait], now: datetime
    ) -> Left | None:
        """How long `rest` messages of a channel take."""
        elapsed, done = self._time() - self._began, self._by_channel[channel]
        pace = self._paces.setdefault(channel, Pace(self._began)).at(self._time(), done)
        pause, free, at_least = 0.0, rest, False
        for wait in waiting:
            if wait.channel != channel or wait.why is Why.LATER:  # that was tried, and is counted
                continue
            pause = max(pause, (wait.until - now).total_seconds())
            if wait.number is not None:  # only these; what is free goes on meanwhile
                free -= min(wait.number, free)
            elif wait.why is Why.RATE:
                each = max((wait.until - wait.told_at).total_seconds(), elapsed / max(done, 1))
                return Left(pause + (rest - 1) * each)
            else:
                free, at_least = 0, True
        if free and pace is None:
            return None
        return Left(max(pause, free / pace if pace else 0.0), at_least or free < rest)
