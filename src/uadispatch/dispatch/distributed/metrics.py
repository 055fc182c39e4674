"""What a worker tells to those who watch it: metrics for Prometheus, and whether it is well.

It tells channels, states and numbers; never a campaign, a person, a target, an address or a text.
"""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

import uadispatch
from uadispatch.dispatch.distributed.asking import Asked
from uadispatch.dispatch.distributed.outlook import outlook
from uadispatch.dispatch.journal import Journal, consult
from uadispatch.dispatch.news import Paused, Progress, Why
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from prometheus_client.metrics_core import Metric as Family

    from uadispatch.clock import Clock
    from uadispatch.dispatch.distributed.outlook import Outlook
    from uadispatch.dispatch.journal import Life, ServerUrl
    from uadispatch.dispatch.news import News

__all__ = ["METRICS", "Heard", "Kind", "Metric", "Metrics"]

UNSWEPT = 600.0
"""Seconds without a good sweep, after which a worker is not well; one a minute is usual."""

OUTCOMES = (
    State.ACCEPTED, State.CONFIRMED, State.FAILED, State.IN_DOUBT, State.RETRY,
)  # fmt: skip
"""What may come of a try by a program; they are told from the start, with 0."""


class Kind(StrEnum):
    """How a metric goes on."""

    COUNTER = "counter"
    """It only grows, until its worker begins anew."""
    GAUGE = "gauge"


class Metric(NamedTuple):
    """One metric, as it is described."""

    kind: Kind
    labels: tuple[str, ...]
    says: str


METRICS: Mapping[str, Metric] = {
    "uadispatch_build_info": Metric(
        Kind.GAUGE, ("version",), "Always 1; which version this worker is of."
    ),
    "uadispatch_journal_up": Metric(
        Kind.GAUGE, (), "1 if the journal has answered; if 0, nothing that it knows is told."
    ),
    "uadispatch_heartbeat_age_seconds": Metric(
        Kind.GAUGE, (), "Time since the last sign of life of this worker that the journal heard."
    ),
    "uadispatch_outcomes_total": Metric(
        Kind.COUNTER, ("channel", "state"), "Outcomes that this worker has recorded."
    ),
    "uadispatch_breaker_open": Metric(
        Kind.GAUGE, ("channel",),
        "1 while this worker lets nothing out there: the far end serves nobody, or asked for a "
        "pause.",
    ),
    "uadispatch_workers_alive": Metric(
        Kind.GAUGE, (), "Processes that may send and were heard of lately, by the journal."
    ),
    "uadispatch_messages": Metric(
        Kind.GAUGE, ("channel", "state"),
        "Messages of all campaigns that were handed over, by the journal.",
    ),
    "uadispatch_messages_held": Metric(
        Kind.GAUGE, ("channel",), "Of those, what is held until a person has looked."
    ),
    "uadispatch_oldest_due_age_seconds": Metric(
        Kind.GAUGE, ("channel",),
        "For how long the oldest message could have gone out already; 0 if none is due. What is "
        "stopped, closed, held or not approved is not due.",
    ),
    "uadispatch_wait_seconds": Metric(
        Kind.GAUGE, ("channel", "why"),
        "Time until the first of what waits may go; absent where nothing waits. Why: rate, quiet "
        "hours, later try, or far end asked.",
    ),
    "uadispatch_counts_age_seconds": Metric(
        Kind.GAUGE, (),
        "How old the numbers of messages and waits are: many are counted seldom.",
    ),
}  # fmt: skip
"""All that is told, by name."""


class Heard:
    """What a worker's own runs tell while they go on."""

    def __init__(self, channels: Iterable[str]) -> None:
        """Begin with nothing told of these channels."""
        self._lock = threading.Lock()
        self.channels = sorted(channels)
        self._outcomes = Counter({(name, state): 0 for name in self.channels for state in OUTCOMES})
        self._away: dict[str, datetime] = {}

    def __call__(self, news: News) -> None:
        """Take one piece of news; from any thread."""
        with self._lock:
            if isinstance(news, Progress):
                if news.state is not State.PLANNED:  # that is given back, and no outcome
                    self._outcomes[news.channel, news.state] += 1
                if news.state in (State.ACCEPTED, State.CONFIRMED) and not news.asked:
                    self._away.pop(news.channel, None)
            elif isinstance(news, Paused) and news.why in (Why.AWAY, Why.ASKED):
                self._away[news.channel] = news.until

    def outcomes(self) -> Counter[tuple[str, State]]:
        """How many there were, by channel and state."""
        with self._lock:
            return Counter(self._outcomes)

    def away(self, now: datetime) -> frozenset[str]:
        """The channels whose far end serves nobody at `now`."""
        with self._lock:
            return frozenset(name for name, until in self._away.items() if until > now)


class Metrics(Collector):
    """Tells how a worker and its journal are, when it is asked."""

    def __init__(
        self,
        url: ServerUrl,
        heard: Heard,
        life: Callable[[], Life | None],
        *,
        clock: Clock,
        spacings: Mapping[str, timedelta | None],
        unswept: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Ask nothing yet.

        `life` is the worker's, while it has one; `unswept` says for how many seconds no sweep of it
        has succeeded.
        """
        self._heard, self._life, self._clock, self._unswept = heard, life, clock, unswept
        self._alive = Asked(lambda: consult(url, Journal.number_alive))
        self._outlook = Asked(
            lambda: consult(url, lambda book: outlook(book, clock, spacings)), is_costly=True
        )
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """All metrics in the words of Prometheus; in some seconds, whatever the journal does."""
        return generate_latest(self._registry)

    def ails(self) -> str | None:
        """Why the worker is not well, in one line; None: it is."""
        life = self._life()
        if life is None:
            fault = self._alive.answer().fault
            return f"the journal: {fault}" if fault else "the worker is beginning, or ending"
        if not life.is_sure():
            return (
                f"the last sign of life is {life.unheard():.0f} seconds old: nothing begins until "
                f"the journal hears the next"
            )
        if fault := self._alive.answer().fault:
            return f"the journal: {fault}"
        if (seconds := self._unswept()) > UNSWEPT:
            return (
                f"no sweep has succeeded for {seconds:.0f} seconds: jobs may be lost, or cannot be "
                f"taken; the log says why"
            )
        return None

    def close(self) -> None:
        """Leave nothing under way that ends soon."""
        self._alive.close()
        self._outlook.close()

    def collect(self) -> Iterator[Family]:
        """As prometheus_client asks for it."""
        yield _family("uadispatch_build_info", [((uadispatch.__version__,), 1)])
        life = self._life()
        if life is not None:
            yield _family("uadispatch_heartbeat_age_seconds", [((), life.unheard())])
        yield _family("uadispatch_outcomes_total", self._heard.outcomes().items())
        away = self._heard.away(self._clock.now())
        yield _family(
            "uadispatch_breaker_open", [((name,), name in away) for name in self._heard.channels]
        )
        alive = self._alive.answer()
        if alive.fault:
            self._outlook.forget()
        counted = None if alive.fault else self._outlook.answer()
        is_up = counted is not None and (counted.is_late or not counted.fault)
        yield _family("uadispatch_journal_up", [((), is_up)])
        if alive.value is not None and not alive.fault:
            yield _family("uadispatch_workers_alive", [((), alive.value)])
        if counted is not None and counted.value is not None:
            yield _family("uadispatch_counts_age_seconds", [((), counted.age)])
            yield from self._of_the_journal(counted.value)

    def _of_the_journal(self, found: Outlook) -> Iterator[Family]:
        now = self._clock.now()
        yield _family("uadispatch_messages", found.states.items())
        channels = {*self._heard.channels, *(channel for channel, _ in found.states)}
        yield _family(
            "uadispatch_messages_held", [((name,), found.held[name]) for name in channels]
        )
        due = found.due_since
        yield _family(
            "uadispatch_oldest_due_age_seconds",
            [((name,), _seconds(now - due.get(name, now))) for name in channels],
        )
        yield _family(
            "uadispatch_wait_seconds",
            [(of, left) for of, until in found.waits.items() if (left := _seconds(until - now))],
        )


def _seconds(time: timedelta) -> float:
    return max(0.0, time.total_seconds())


def _family(name: str, values: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    about = METRICS[name]
    make = CounterMetricFamily if about.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(name, about.says, labels=about.labels)
    for labels, value in sorted(values):
        family.add_metric([*map(str, labels)], float(value))
    return family
