"""A window larger than the connections: claimed ahead, recorded together, and given back unsent."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW
from uadispatch.dispatch.journal import Journal, JournalError
from uadispatch.errors import ConfigError, Temporary, Unavailable
from uadispatch.testing import FakeChannel
from windowkit import KINDS, TAKEN, Queueing, claimed, say, script_all, wide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uadispatch.channels.message import Message, Receipt
    from uadispatch.dispatch.sending.engine import Engine


@KINDS
def test_the_whole_window_is_claimed_and_never_more(
    tmp_path: Path, kind: type[FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at after every transaction, and whenever anything is sent."""
    case = wide(tmp_path, kind, 90)
    found: list[int] = []
    turn = Journal.turn

    def looked_at(journal: Journal, *words: Any, **named: Any) -> Any:
        found.append(claimed(case))
        try:
            return turn(journal, *words, **named)
        finally:
            found.append(claimed(case))

    async def look(message: Message) -> Receipt:
        for _ in range(int(message.target.id[-1])):
            await asyncio.sleep(0)
        found.append(claimed(case))
        return TAKEN

    monkeypatch.setattr(Journal, "turn", looked_at)
    script_all(case, 90, look)
    case.run()
    assert max(found) == 20
    assert case.channel.most_at_once == 2
    assert set(case.states().values()) == {"accepted"}
    assert {entry.attempts for entry in case.entries().values()} == {1}


def test_only_who_queues_is_given_more_than_it_has_connections(tmp_path: Path) -> None:
    case = wide(tmp_path, Queueing, 60)
    assert isinstance(case.channel, Queueing)
    script_all(case, 60, partial(yielding, 2))
    case.run()
    assert case.channel.most_given == 20


def test_a_window_below_the_connections_bounds_them(tmp_path: Path) -> None:
    case = wide(tmp_path, FakeChannel, 30, at_once=9, window=4)
    script_all(case, 30, partial(yielding, 3))
    case.run()
    assert case.channel.most_at_once == 4


async def yielding(times: int, _: Message) -> Receipt:
    for _each in range(times):
        await asyncio.sleep(0)
    return TAKEN


@KINDS
def test_many_are_recorded_together(
    tmp_path: Path, kind: type[FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of the window at least, while there is enough to send."""
    case = wide(tmp_path, kind, 200, at_once=2, window=40)
    recorded: list[int] = []
    turn = Journal.turn

    def counting(journal: Journal, finished: Any, *words: Any, **named: Any) -> Any:
        recorded.append(len(finished))
        return turn(journal, finished, *words, **named)

    monkeypatch.setattr(Journal, "turn", counting)
    monkeypatch.setattr("uadispatch.dispatch.sending.lane.COMPANY", 60.0)
    script_all(case, 200, partial(yielding, 2))
    case.run()
    assert sum(recorded) == 200
    assert len([number for number in recorded if number >= 10]) >= 5
    assert set(case.states().values()) == {"accepted"}


@KINDS
def test_an_answer_is_recorded_although_all_others_are_slow(
    tmp_path: Path, kind: type[FakeChannel]
) -> None:
    """What has ended waits for company for milliseconds: these wait for the first's record."""
    case = wide(tmp_path, kind, 9, at_once=3, window=9)

    async def once_recorded(_: Message) -> Receipt:
        while case.states()["official-0"] != "accepted":  # noqa: ASYNC110 - the journal's thread
            await asyncio.sleep(0.001)
        return TAKEN

    for number in range(1, 9):
        case.channel.script(f"official-{number}", once_recorded)
    case.run()
    assert set(case.states().values()) == {"accepted"}


@KINDS
def test_sending_goes_on_while_a_transaction_is_written(
    tmp_path: Path, kind: type[FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = wide(tmp_path, kind, 60)
    turn, turns = Journal.turn, 0
    writing, another = threading.Event(), threading.Event()

    def slow_disk(journal: Journal, finished: Any, *words: Any, **named: Any) -> Any:
        nonlocal turns
        turns += 1
        if turns == 2:
            writing.set()
            assert another.wait(30), "nothing was sent meanwhile"
        return turn(journal, finished, *words, **named)

    async def noted(_: Message) -> Receipt:
        if len(case.channel.sent) > 8:
            while not writing.is_set():  # noqa: ASYNC110 - the journal's thread sets it
                await asyncio.sleep(0.001)
            another.set()
        return TAKEN

    monkeypatch.setattr(Journal, "turn", slow_disk)
    script_all(case, 60, noted)
    case.run()
    assert turns > 2
    assert set(case.states().values()) == {"accepted"}


@KINDS
def test_an_interrupt_gives_back_what_only_waits(tmp_path: Path, kind: type[FakeChannel]) -> None:
    case = wide(tmp_path, kind, 60, window=50)
    engines: list[Engine] = []
    on_their_way: list[int] = []

    @contextmanager
    def watch(engine: Engine) -> Iterator[None]:
        engines.append(engine)
        yield

    async def interrupt(_: Message) -> Receipt:
        await asyncio.sleep(0)
        engines[0].interrupt()
        on_their_way.append(engines[0].on_their_way)
        await asyncio.sleep(0)
        return TAKEN

    script_all(case, 60, interrupt)
    ended = case.run(watch=watch)
    assert ended.interrupted
    assert ended.tried == len(case.channel.sent) == 2
    assert set(on_their_way) <= {1, 2}
    assert sorted(case.states().values()) == ["accepted"] * 2 + ["planned"] * 58
    assert {entry.attempts for entry in case.entries().values()} == {0, 1}
    case.channel._scripts.clear()
    case.run()
    assert set(case.states().values()) == {"accepted"}


def test_an_interrupt_asks_back_what_waits_in_a_channel_that_is_stuck(tmp_path: Path) -> None:
    """No more is in doubt if the run is then left at once."""
    case = wide(tmp_path, Queueing, 60, window=50)
    engines: list[Engine] = []
    found: list[list[str]] = []

    @contextmanager
    def watch(engine: Engine) -> Iterator[None]:
        engines.append(engine)
        yield

    async def stuck(message: Message) -> Receipt:
        if message.target.id == "official-1":
            engines[0].interrupt()
        while claimed(case) > 2:  # noqa: ASYNC110 - the journal's thread
            await asyncio.sleep(0.001)
        found.append(sorted(case.states().values()))
        return TAKEN

    script_all(case, 60, stuck)
    ended = case.run(watch=watch)
    assert found[0] == ["claimed"] * 2 + ["planned"] * 58
    assert ended.tried == len(case.channel.sent) == 2
    assert sorted(case.states().values()) == ["accepted"] * 2 + ["planned"] * 58


class Deaf(Queueing):
    """Heeds no cancellation, and sends all the same."""

    async def send(self, message: Message) -> Any:
        try:
            async with self._connections:
                await self.tools.begin()
        except (asyncio.CancelledError, Temporary):
            await asyncio.sleep(0)
        return await FakeChannel.send(self, message)


def test_what_a_channel_sends_although_it_was_asked_back_was_tried(tmp_path: Path) -> None:
    case = wide(tmp_path, Deaf, 10, window=10)
    engines: list[Engine] = []

    @contextmanager
    def watch(engine: Engine) -> Iterator[None]:
        engines.append(engine)
        yield

    async def interrupt(_: Message) -> Receipt:
        engines[0].interrupt()
        await asyncio.sleep(0)
        return TAKEN

    script_all(case, 10, interrupt)
    ended = case.run(watch=watch)
    sent = {message.target.id for message in case.channel.sent}
    assert {target for target, state in case.states().items() if state == "accepted"} == sent
    assert ended.tried == len(case.channel.sent) == len(sent)


@KINDS
def test_what_waited_for_long_is_asked_for_again(tmp_path: Path, kind: type[FakeChannel]) -> None:
    """Another process closes the campaign while a window is claimed, and the far end is slow."""
    case = wide(tmp_path, kind, 30)

    async def slowly(_: Message) -> Receipt:
        case.clock._now += timedelta(seconds=0.6)
        if len(case.channel.sent) == 4:
            say(case, "closed")
        return TAKEN

    script_all(case, 30, slowly)
    ended = case.run()
    assert len(case.channel.sent) <= 6  # those that were claimed less than a second ago
    states = list(case.states().values())
    assert states.count("accepted") == len(case.channel.sent)
    assert states.count("cancelled") == 30 - len(case.channel.sent)
    assert ended.tried == len(case.channel.sent)


@KINDS
def test_a_wrong_password_is_not_tried_for_the_whole_window(
    tmp_path: Path, kind: type[FakeChannel]
) -> None:
    case = wide(tmp_path, kind, 30)
    script_all(case, 30, ConfigError("the password is wrong"))
    ended = case.run()
    assert len(case.channel.sent) <= 2
    assert [stopped.says for stopped in ended.stopped] == ["the password is wrong"]
    assert set(case.states().values()) == {"planned"}
    assert {entry.attempts for entry in case.entries().values()} == {0}


@KINDS
def test_a_far_end_that_is_away_is_not_tried_for_the_whole_window(
    tmp_path: Path, kind: type[FakeChannel]
) -> None:
    case = wide(tmp_path, kind, 30)
    script_all(case, 3, Unavailable("away", retry_after=timedelta(hours=3)))
    ended = case.run()
    assert len(case.channel.sent) <= 2
    assert [paused.says for paused in ended.paused] == ["away"]
    states = list(case.states().values())
    assert (states.count("retry"), states.count("planned")) == (
        len(case.channel.sent), 30 - len(case.channel.sent),
    )  # fmt: skip
    assert sum(entry.attempts for entry in case.entries().values()) == len(case.channel.sent)


@KINDS
def test_who_asks_us_to_slow_down_keeps_no_window_waiting(
    tmp_path: Path, kind: type[FakeChannel]
) -> None:
    """A claim that waits for its turn would be in doubt after a crash."""
    case = wide(tmp_path, kind, 30)
    most = 0

    async def look(_: Message) -> Receipt:
        nonlocal most
        if case.channel.sent[0].target.id != "official-0" or len(case.channel.sent) > 4:
            most = max(most, claimed(case))
        return TAKEN

    script_all(case, 30, look)
    case.channel._scripts["official-0"] = [Temporary("busy", retry_after=timedelta(minutes=5))]
    case.run(wait=True)
    assert 1 <= most <= 2
    assert set(case.states().values()) == {"accepted"}


@KINDS
def test_a_limit_bounds_the_claims(tmp_path: Path, kind: type[FakeChannel]) -> None:
    case = wide(tmp_path, kind, 30)
    most = 0

    async def look(_: Message) -> Receipt:
        nonlocal most
        most = max(most, claimed(case))
        return TAKEN

    script_all(case, 30, look)
    ended = case.run(limit=7)
    assert most <= 7
    assert ended.tried == len(case.channel.sent) == 7


@KINDS
@pytest.mark.parametrize("first", [2, 3])
def test_a_fault_of_the_journal_gives_back_what_waits(
    tmp_path: Path, kind: type[FakeChannel], first: int
) -> None:
    case = wide(tmp_path, kind, 60)
    turn, turns = Journal.turn, 0

    def failing(journal: Journal, *words: Any, **named: Any) -> Any:
        nonlocal turns
        turns += 1
        if turns >= first:
            raise JournalError("the disk is full")
        return turn(journal, *words, **named)

    script_all(case, 60, partial(yielding, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "turn", failing)
        with pytest.raises(JournalError):
            case.run()
    sent = [message.target.id for message in case.channel.sent]
    states = case.states()
    assert {target for target, state in states.items() if state == "accepted"} == set(sent)
    assert set(states.values()) == {"accepted", "planned"}
    case.prepare()
    case.run()
    assert len(case.channel.sent) + len(sent) == 60
    assert set(case.states().values()) == {"accepted"}


def test_a_claim_is_composed_from_what_the_journal_has(tmp_path: Path) -> None:
    """Each on its own: nothing that was looked at is remembered for it."""
    case = wide(tmp_path, FakeChannel, 3)
    looked_at = {draft.message.body for draft in case.look().everything if draft.message}
    case.run()
    assert {message.body for message in case.channel.sent} == looked_at
    assert {message.at for message in case.channel.sent} == {NOW}
