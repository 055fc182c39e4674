"""Between a claim and its true beginning a connection may be opened: then the guards are asked."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, to_the_tick, write_home
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal.schema import number_of
from uadispatch.errors import Temporary
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from uadispatch.dispatch.engine import Engine


class Slow(FakeChannel):
    """Does something slow, then begins; its service counts that."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.takes = 30.0
        self.slowly: Callable[[], None] = lambda: None
        """What happens meanwhile."""
        self.began: list[tuple[str, float]] = []

    async def send(self, message: Message) -> Receipt:
        await self.tools.clock.sleep(self.takes)
        self.slowly()
        await self.tools.begin()
        self.began.append((message.target.id, (self.tools.clock.now() - NOW).total_seconds()))
        return Receipt(says="taken")


def slow(folder: Path, count: int = 1, **settings: Any) -> tuple[Case, Slow]:
    case = Case(write_home(folder, count=count), kinds=(Slow,), settings=settings)
    assert isinstance(case.channel, Slow)
    return case, case.channel


def says(case: Case, kind: str) -> Callable[[], None]:
    def say() -> None:
        with case.journal() as journal:
            journal.state_fact("46/19", kind, at=case.clock.now(), by="Ann", because="he is free")

    return say


@pytest.mark.parametrize("rate", [None, "60/minute"])
def test_nothing_begins_after_its_deadline(tmp_path: Path, rate: str | None) -> None:
    case, channel = slow(tmp_path, rate=rate)
    ends = case.look().everything[0].expires_at
    case.clock._now = ends - timedelta(seconds=1)
    case.run()
    assert channel.began == []
    assert case.states() == {"official-0": "cancelled"}
    assert case.entries()["official-0"].attempts == 0


@pytest.mark.parametrize("kind", ["closed", "stopped"])
def test_nothing_begins_after_a_word_of_a_person(tmp_path: Path, kind: str) -> None:
    case, channel = slow(tmp_path, count=2)
    channel.slowly = says(case, kind)
    ended = case.run()
    assert channel.began == []
    after = "cancelled" if kind == "closed" else "planned"
    assert set(case.states().values()) == {after}
    assert sum((ended.cancelled if kind == "closed" else ended.kept_back).values()) == 2


def test_what_begins_at_once_need_not_be_asked_again(tmp_path: Path) -> None:
    """It was asked in the claim; a transaction for each would cost more than that."""
    case, channel = slow(tmp_path)
    channel.takes = 0.0
    channel.slowly = says(case, "stopped")
    case.run()
    assert [target for target, _ in channel.began] == ["official-0"]


def test_a_run_that_ends_takes_back_what_waits_for_its_turn(tmp_path: Path) -> None:
    case, channel = slow(tmp_path, count=2, rate="1/hour")
    channel.takes = 0.0
    first = case.run(limit=1)
    assert first.tried == 1

    @contextmanager
    def watch(engine: Engine) -> Iterator[None]:
        """Another process begins one on the same channel; then a person ends this run."""

        async def opened(seconds: float) -> None:
            assert seconds >= 0
            engine.interrupt()

        case.clock._now += timedelta(hours=1)
        channel.slowly = lambda: begun_elsewhere(case)
        case.clock.sleep = opened  # type: ignore[method-assign]
        yield

    case.run(watch=watch)
    assert len(channel.began) == 1
    assert sorted(case.states().values()) == ["accepted", "planned"]


def begun_elsewhere(case: Case) -> None:
    with case.journal() as journal, journal._quick_transaction() as connection:
        connection.execute("UPDATE paces SET last_begin = ?", (number_of(case.clock.now()),))


class Relay(FakeChannel):
    """Hands its messages to another channel, as email-to-fax does."""

    name = "relay"

    async def send(self, message: Message) -> Receipt:
        answer = await self.tools.channel("fake").send(message)
        assert isinstance(answer, Receipt)
        return answer


class Gate(FakeChannel):
    """Notes when it is called; it does not say when it begins."""

    async def send(self, message: Message) -> Receipt:
        await super().send(message)
        self.calls: list[float] = [*getattr(self, "calls", []), self._seconds()]
        return Receipt(says="taken")

    def _seconds(self) -> float:
        return (self.tools.clock.now() - NOW).total_seconds()


@pytest.mark.parametrize("kind", [Slow, Gate])
def test_what_is_handed_on_keeps_the_rate_of_the_channel_that_sends_it(
    tmp_path: Path, kind: type[FakeChannel]
) -> None:
    case = Case(
        write_home(tmp_path, count=3, channels="fake, relay"), kinds=(kind, Relay),
        settings={"rate": "6/minute"},
    )  # fmt: skip
    channel: Any = case.channel
    channel.takes = 0.0
    with to_the_tick():
        case.run()
    times = channel.calls if kind is Gate else [at for _, at in channel.began]
    assert len(times) == 6
    assert all(later - one > 10 for one, later in pairwise(sorted(times)))
    assert case.states_by_channel() == {"fake": {"accepted"}, "relay": {"accepted"}}


def test_what_is_handed_on_does_not_wait_for_long_while_it_is_claimed(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=2, channels="fake, relay")
    case = Case(file, kinds=(Gate, Relay), settings={"rate": "1/hour"})
    case.channels["relay"].settings = case.channels["relay"].settings.model_copy(
        update={"rate": None}
    )
    with to_the_tick():
        ended = case.run()
    assert case.states_by_channel()["relay"] <= {"planned", "retry", "accepted"}
    assert any("handed on" in paused.says for paused in ended.paused)
    assert all(entry.attempts <= 1 for entry in case.entries().values())


def test_a_guard_is_heard_behind_a_channel_that_hands_on(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=1, channels="fake, relay")
    case = Case(file, kinds=(Slow, Relay))
    channel: Any = case.channel
    channel.slowly = says(case, "stopped")
    case.run()
    assert channel.began == []
    assert case.states_by_channel() == {"fake": {"planned"}, "relay": {"planned"}}


def test_a_channel_on_its_own_hands_on_at_once(tmp_path: Path) -> None:
    """As the test of a plugin does: without a run there is nobody to wait for."""
    case = Case(write_home(tmp_path, count=1, channels="fake, relay"), kinds=(Gate, Relay))
    (message,) = [draft.message for draft in case.look().drafts if draft.channel == "relay"]
    assert message is not None
    assert asyncio.run(case.channels["relay"].send(message)) == Receipt(says="taken")
    assert case.channels["relay"].tools.channel("fake").name == "fake"


def test_its_own_temporary_failure_is_no_withdrawal(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1))
    case.channel.script("official-0", Temporary("busy"))
    case.run()
    assert case.states() == {"official-0": "retry"}
