"""Between a claim and its true beginning a connection may be opened: then the guards are asked."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from copy import copy
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, to_the_tick, write_home
from journalkit import settlement, take_all_for_dead
from uadispatch.channels.contract import Capabilities, Channel
from uadispatch.channels.message import Message, Receipt
from uadispatch.cli.common.exits import Code
from uadispatch.cli.common.running import exit_code
from uadispatch.dispatch.journal import Gist, Journal, Pacing, Selection
from uadispatch.dispatch.journal.tables.schema import number_of
from uadispatch.errors import Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from uadispatch.dispatch.sending.engine import Engine


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
    ends = next(iter(case.look().everything)).expires_at
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
    with case.journal() as journal, journal._deciding_below("46/19") as connection:
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


def relay(folder: Path, count: int, **settings: Any) -> tuple[Case, Any]:
    """Messages that a channel sends, and others that another one hands on to it at its will."""
    file = write_home(folder, count=count, channels="fake, relay")
    case = Case(file, kinds=(Gate, Relay), concurrency=8, settings=settings)
    free = case.channels["relay"].settings.model_copy(update={"rate": None})
    case.channels["relay"].settings = free
    return case, case.channel


def test_a_rate_delays_what_is_handed_on_and_never_refuses_it(tmp_path: Path) -> None:
    """The last of two hundred goes on the fifth day; no message gives up for that."""
    case, channel = relay(tmp_path, 100, rate="2/hour")
    with to_the_tick():
        ended = case.run(wait=True)
    assert case.states_by_channel() == {"fake": {"accepted"}, "relay": {"accepted"}}
    assert ended.tried == len(channel.calls) == 200
    times = sorted(channel.calls)
    assert all(later - one > 1800 for one, later in pairwise(times))
    assert times[-1] < 1810 * 200
    assert {entry.attempts for entry in case.entries().values()} == {1}


def test_what_is_handed_on_waits_for_its_turn_unclaimed(tmp_path: Path) -> None:
    """A claim that waits would be in doubt after a crash, though nothing had left."""
    case, channel = relay(tmp_path, 8, rate="1/minute")
    longest = 0.0
    send = case.channels["relay"].send

    async def timed(message: Message) -> Any:
        nonlocal longest
        began = case.clock.now()
        try:
            return await send(message)
        finally:
            longest = max(longest, (case.clock.now() - began).total_seconds())

    case.channels["relay"].send = timed  # type: ignore[method-assign]
    with to_the_tick():
        case.run()
    assert case.states_by_channel() == {"fake": {"accepted"}, "relay": {"accepted"}}
    assert longest < 1
    assert max(channel.calls) < 61 * 16


def test_what_is_handed_on_keeps_the_distance_to_a_start_that_came_late(tmp_path: Path) -> None:
    case, channel = relay(tmp_path, 1, rate="6/minute")
    turn = Journal.turn

    def slow_disk(journal: Journal, *given: Any, **more: Any) -> Any:
        try:
            return turn(journal, *given, **more)
        finally:
            if given[1]:
                case.clock._now += timedelta(seconds=2)

    with to_the_tick(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "turn", slow_disk)
        case.run()
    one, two = sorted(channel.calls)
    assert two - one > 10


def test_a_stop_of_the_channel_that_sends_keeps_back_what_is_handed_on(tmp_path: Path) -> None:
    case, channel = relay(tmp_path, 2)
    case.run(selection=Selection(targets=frozenset()))
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", because="wait", channel="fake")
    ended = case.run()
    assert not hasattr(channel, "calls")
    assert sum(ended.kept_back.values()) == 4
    assert any("fake, to which it is handed on" in reason for reason in ended.kept_back)
    assert ended.tried == 0
    assert case.states_by_channel() == {"fake": {"planned"}, "relay": {"planned"}}


def test_a_pause_of_the_channel_that_sends_is_not_sat_out(tmp_path: Path) -> None:
    case, channel = relay(tmp_path, 2)
    away = Unavailable("away", retry_after=timedelta(hours=2))

    async def raising(_: Message) -> Receipt:
        raise away

    channel.send = raising
    case.run(selection=Selection(channels=frozenset({"fake"})))
    ended = case.run(selection=Selection(channels=frozenset({"relay"})))
    assert [paused.channel for paused in ended.paused] == ["relay"]
    assert "handed on" in ended.paused[0].says
    assert ended.tried == 0
    assert case.clock.now() - NOW < timedelta(minutes=5)


def test_what_another_channel_sees_is_a_channel(tmp_path: Path) -> None:
    case, channel = relay(tmp_path, 1)
    seen = case.channels["relay"].tools.channel("fake")
    assert isinstance(seen, Channel)
    assert isinstance(copy(seen), Channel)
    assert (seen.name, seen.contact, seen.Settings) == ("fake", "email", type(channel.settings))
    assert seen.capabilities == channel.capabilities
    (message,) = [draft.message for draft in case.look().drafts if draft.channel == "relay"]
    assert message is not None
    assert seen.preview(message) == channel.preview(message)
    channel.reject("official-0", "too long")
    with pytest.raises(Rejected, match="too long"):
        seen.check(message)

    async def ask() -> None:
        assert await seen.confirm(message, None, NOW) is None
        assert await seen.recall(message, None) is False
        await seen.aclose()

    asyncio.run(ask())
    assert not channel.closed


class Parts(FakeChannel):
    """One appeal is two posts, of which the far end counts each."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.between: Callable[[], None] = lambda: None
        self.posts: list[float] = []

    async def send(self, _: Message) -> Receipt:
        for _part in "12":
            await self.tools.begin()
            self.posts.append((self.tools.clock.now() - NOW).total_seconds())
            await self.tools.clock.sleep(2)
            self.between()
        return Receipt(says="taken")


def test_what_has_begun_is_brought_to_its_end_at_its_rate(tmp_path: Path) -> None:
    """A stop in the middle of it would leave half of it out, and all of it to be sent again."""
    case = Case(write_home(tmp_path, count=1), kinds=(Parts,), settings={"rate": "6/minute"})
    channel: Any = case.channel
    channel.between = says(case, "stopped")
    with to_the_tick():
        case.run()
    one, two = channel.posts
    assert two - one > 10
    assert case.states() == {"official-0": "accepted"}


class Stale(FakeChannel):
    """The first connection was dead, and to open another takes a while; nothing had left."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.meanwhile: Callable[[], None] = lambda: None
        self.mails: list[float] = []

    async def send(self, message: Message) -> Receipt:
        await self.tools.begin()
        if message.target.id == "official-0":
            await self.tools.clock.sleep(9)
            self.meanwhile()
            await self.tools.begin(anew=True)
        self.mails.append((self.tools.clock.now() - NOW).total_seconds())
        return Receipt(says="taken")


def test_what_begins_anew_keeps_the_rate(tmp_path: Path) -> None:
    case = Case(
        write_home(tmp_path, count=2), kinds=(Stale,), concurrency=2, settings={"rate": "6/minute"}
    )
    channel: Any = case.channel
    with to_the_tick():
        case.run()
    one, two = sorted(channel.mails)
    assert two - one > 10


def test_what_begins_anew_is_asked_again(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), kinds=(Stale,))
    channel: Any = case.channel
    channel.meanwhile = says(case, "closed")
    case.run()
    assert channel.mails == []
    assert case.states() == {"official-0": "cancelled"}


def test_nothing_begins_on_a_claim_that_was_lost(tmp_path: Path) -> None:
    """It was taken for dead; a person said that nothing was sent, and another run has sent it."""
    case, channel = slow(tmp_path)

    def meanwhile() -> None:
        channel.slowly = lambda: None
        with case.journal() as journal:
            take_all_for_dead(case.url)
            journal.recover(at=case.clock.now(), by="Ann")
            key = case.entries()["official-0"].key
            journal.resolve([key], sent=False, at=case.clock.now(), by="Ann")
            (row,) = journal.turn(
                [], [1], moment=lambda: case.moment, owner="other", pace=Pacing(channel="fake")
            ).claimed
            journal.settle([settlement(row, "accepted", case.clock.now())], owner="other")

    channel.slowly = meanwhile
    case.run()
    assert channel.began == []
    assert case.states() == {"official-0": "accepted"}


def test_a_late_try_asks_although_the_clock_was_set_back(tmp_path: Path) -> None:
    case, channel = slow(tmp_path)

    def meanwhile() -> None:
        says(case, "closed")()
        case.clock._now -= timedelta(seconds=60)

    channel.slowly = meanwhile
    case.run()
    assert channel.began == []


@pytest.mark.parametrize("how", ["stopped", "deadline"])
def test_a_limit_counts_only_what_was_tried(tmp_path: Path, how: str) -> None:
    case, channel = slow(tmp_path)
    if how == "stopped":
        channel.slowly = says(case, "stopped")
    else:
        case.clock._now = next(iter(case.look().everything)).expires_at - timedelta(seconds=1)
    ended = case.run(limit=1)
    assert channel.began == []
    assert ended.tried == 0
    assert sum({**ended.cancelled, **ended.kept_back}.values()) == 1
    assert exit_code(ended, Gist.of(case.entries().values())) is not Code.AS_ASKED


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


@pytest.mark.parametrize("channel", [None, "fake"])
def test_doubt_that_must_not_begin_stays_doubt_and_ends_the_run(
    tmp_path: Path, channel: str | None
) -> None:
    """Also where only the channel is stopped to which it is handed on, which no claim knows."""
    case, gate = relay(tmp_path, 1)
    idempotent = Capabilities(idempotent=True)
    for each in case.channels.values():
        each.capabilities_given = idempotent  # type: ignore[attr-defined]

    async def unanswered(_: Message) -> Receipt:
        raise Unknown("no answer")

    gate.send = unanswered
    case.run()
    assert case.states_by_channel() == {"fake": {"in_doubt"}, "relay": {"in_doubt"}}
    with case.journal() as journal:
        at = case.clock.now()
        journal.state_fact("46/19", "stopped", at=at, by="Ann", because="wait", channel=channel)
    case.clock._now += timedelta(hours=1)
    turn = Journal.turn

    def disk(journal: Journal, *given: Any, **more: Any) -> Any:
        case.clock._now += timedelta(milliseconds=1)
        return turn(journal, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "turn", disk)
        ended = case.run(wait=True)
    assert ended.tried == 0
    assert sum(ended.kept_back.values()) == 2
    assert case.states_by_channel() == {"fake": {"in_doubt"}, "relay": {"in_doubt"}}
    with case.journal() as journal:
        journal.state_fact("46/19", "resumed", at=at, by="Ann", channel=channel)
    del gate.send
    case.run()
    assert case.states_by_channel() == {"fake": {"accepted"}, "relay": {"accepted"}}


def test_who_goes_on_although_withdrawn_has_tried(tmp_path: Path) -> None:
    class Deaf(Slow):
        async def send(self, message: Message) -> Receipt:
            with suppress(Temporary):
                await super().send(message)
            return Receipt(says="taken")

    case = Case(write_home(tmp_path, count=3), kinds=(Deaf,))
    channel: Any = case.channel
    channel.slowly = says(case, "stopped")
    ended = case.run(limit=1)
    assert ended.tried == 1
    assert sorted(case.states().values()) == ["accepted", "planned", "planned"]
