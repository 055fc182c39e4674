"""Runs whose sends take time on a virtual clock, and when each of them began."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casekit import NOW, Case, to_the_tick, write_home
from journalkit import Raw
from postgreskit import done_with, journal_of
from uadispatch.channels.message import Message, Receipt
from uadispatch.channels.rates import read_rate
from uadispatch.dispatch.journal.tables.schema import moment_of
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from uadispatch.channels.rates import RateValue
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.dispatch.sending.engine import Engine


@dataclass
class Road:
    """One channel, used by any number of runs and campaigns of one journal."""

    folder: Path
    rate: str
    count: int
    concurrency: int = 1
    latencies: Sequence[float] = (0.0,)
    """Seconds that a send takes once it has begun, one after the other, again and again."""
    preparations: Sequence[float] = ()
    """Seconds that a send takes before it says that it begins; none: it does not say so."""
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    starts: list[datetime] = field(default_factory=list)
    """When each send began."""
    answers: dict[int, Exception] = field(default_factory=dict)
    """What some sends raise once they have begun, by their number from 0."""
    sent: list[str] = field(default_factory=list)
    """The keys that were handed to the channel."""
    _handed: Callable[[], None] = lambda: None

    @property
    def limits(self) -> RateValue:
        """The rate as it is read."""
        found: Any = read_rate(self.rate)
        value: RateValue = found
        return value

    def case(self, number: str = "46/19") -> Case:
        """A run of a campaign, about to start: its channel is new, its journal is not."""
        file = write_home(self.folder, count=self.count)
        if number != "46/19":
            text = file.read_text().replace("46/19", number)
            file = file.with_name(f"{number.replace('/', '-')}.yaml")
            file.write_text(text)
        case = Case(
            file, clock=self.clock, concurrency=self.concurrency,
            settings={"rate": self.rate or None},
        )  # fmt: skip
        case.channel.send = self._send_on(case)  # type: ignore[method-assign]
        return case

    def _send_on(self, case: Case) -> Any:
        async def send(message: Message) -> Receipt:
            turn = len(self.sent)
            self.sent.append(message.key)
            self._handed()
            if self.preparations:
                await self.clock.sleep(self.preparations[turn % len(self.preparations)])
                await case.channel.tools.begin()
            self.starts.append(self.clock.now())
            await self.clock.sleep(self.latencies[turn % len(self.latencies)])
            if turn in self.answers:
                raise self.answers[turn]
            return Receipt(says="taken")

        return send

    def ending_after(self, number: int) -> Any:
        """A `watch` that ends a run once so many messages were handed to the channel."""

        @contextmanager
        def watch(engine: Engine) -> Iterator[None]:
            def ask() -> None:
                if len(self.sent) >= number:
                    engine.interrupt()

            self._handed = ask
            yield

        return watch

    def run(self, *cases: Case, **how: Any) -> list[Ended]:
        """Run all of `cases` at once."""

        async def go() -> list[Ended]:
            return await asyncio.gather(*(case.go(**how) for case in cases))

        with to_the_tick():
            return asyncio.run(go())

    @property
    def claims(self) -> list[datetime]:
        """When each claim was made, as the audit has it."""
        found = self._rows("SELECT at FROM moves WHERE after = 'claimed' ORDER BY at")
        return [moment_of(at) for (at,) in found]

    def states(self) -> set[str]:
        """The states of all messages of all campaigns."""
        return {state for (state,) in self._rows("SELECT DISTINCT state FROM messages")}

    def _rows(self, query: str) -> list[Any]:
        with closing(Raw(journal_of(self.folder))) as book:
            return book.rows(query)

    def keeps_its_rate(self, starts: Sequence[datetime] | None = None) -> None:
        """No closed window of the period has more starts than the number, and none is a burst."""
        found = sorted(self.starts if starts is None else starts)
        number, period = self.limits.number, self.limits.period
        for first, beyond in zip(found, found[number:], strict=False):
            assert beyond - first > period
        for one, following in pairwise(found):
            assert following - one >= period / number

    def loses_no_time(self, spacing: timedelta | None = None) -> None:
        """It goes nearly as fast as it may."""
        longest = (spacing or self.limits.spacing) * (len(self.starts) - 1) * 1.05
        spare = max(self.latencies) + max(self.preparations, default=0)
        assert max(self.starts) - NOW <= longest + timedelta(seconds=spare)


@contextmanager
def road(rate: str, count: int, **more: Any) -> Iterator[Road]:
    """A road of its own, for tests that try many."""
    with tempfile.TemporaryDirectory(prefix="road-") as folder:
        yield Road(Path(folder), rate, count, **more)
        done_with(Path(folder))
