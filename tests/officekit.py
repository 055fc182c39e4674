"""An office that hands over to workers, which run on threads of the test's own process."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg

from casekit import NOW, Case, fake_registry, write_home
from uadispatch.channels.message import Message, Receipt
from uadispatch.cli.sending.following import hand_over
from uadispatch.clock import ShiftedClock
from uadispatch.dispatch.distributed import queue
from uadispatch.dispatch.distributed.branch import Machine
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.worker import Worker
from uadispatch.dispatch.journal import Selection, ServerUrl
from uadispatch.dispatch.planning.preparing import settings_of
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from uadispatch.clock import Clock

__all__ = ["NOBODY", "Office", "Shared"]

NOBODY = Selection(channels=frozenset())


class Shared(FakeChannel):
    """All that any worker sends, by whichever of them."""

    all_sent: ClassVar[list[str]] = []
    takes: ClassVar[float] = 0.0

    async def send(self, message: Message) -> Receipt:
        self.all_sent.append(message.target.id)
        await asyncio.sleep(self.takes)
        return Receipt(says="taken")


@dataclass
class Office:
    """A campaign on a server, handed over to workers."""

    home: Path
    count: int = 20
    kind: type[FakeChannel] = Shared
    logged: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    order: Order = field(
        default_factory=lambda: Order(campaign="46/19", channels=frozenset({"fake"}))
    )

    def __post_init__(self) -> None:
        self.clock = ShiftedClock(NOW)
        self.case = Case(write_home(self.home, count=self.count), kinds=(self.kind,))
        assert isinstance(self.case.url, ServerUrl)
        self.url = self.case.url
        queue.install(self.url)

    def log(self, event: str, **told: Any) -> None:
        self.logged.append((event, told))

    def hand_over(self) -> None:
        self.case.run(selection=NOBODY, then=partial(hand_over, self.order, self.clock))

    def worker(
        self, clock: Clock | None = None, *, concurrency: int = 3, url: str | None = None
    ) -> Worker:
        """One that is not begun; `url`: by which it reaches the journal."""
        registry = fake_registry(self.kind)
        machine = Machine(self.home, settings_of(self.home, registry), registry)
        return Worker(
            self.url if url is None else ServerUrl(url, "journal"), machine, frozenset({"fake"}),
            concurrency=concurrency, clock=clock or self.clock, random=lambda: 0.0, log=self.log,
        )  # fmt: skip

    @contextmanager
    def working(
        self, number: int, clock: Clock | None = None, *, concurrency: int = 3
    ) -> Iterator[None]:
        """So many workers work, by the clock of their machine."""
        workers = [self.worker(clock, concurrency=concurrency) for _ in range(number)]
        threads = [threading.Thread(target=lambda w=w: asyncio.run(w.run())) for w in workers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for one in workers:
                one.stop()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive(), "a worker does not end"

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + 40
        while not holds():
            assert time.monotonic() < end, (self.states(), self.logged[-5:])
            time.sleep(0.05)

    def states(self) -> set[str]:
        return set(self.case.states().values())

    def ask(self, query: str, *values: object) -> list[Any]:
        with psycopg.connect(self.url.given) as connection:
            found = connection.execute(query.encode(), values)
            return found.fetchall() if found.description else []

    def events(self, name: str) -> list[dict[str, Any]]:
        return [told for event, told in self.logged if event == name]

    def sent_once(self) -> bool:
        assert len(Shared.all_sent) == len(set(Shared.all_sent)), "sent twice"
        return len(Shared.all_sent) == self.count
