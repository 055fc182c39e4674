"""What happens to a run while its window is claimed: to the time, the guards, the journal."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, to_the_tick, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.dispatch.journal import Journal, JournalError, Step
from uadispatch.dispatch.sending.trying import Tries
from uadispatch.testing import FakeChannel
from windowkit import KINDS, TAKEN, Queueing, claimed, script_all, wide

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.channels.message import Message, Receipt


def test_a_turn_that_comes_while_the_journal_writes_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rate lets the next go just between two looks at the clock: the run is not over."""
    case = Case(write_home(tmp_path, count=9), settings={"rate": "60/minute"})
    turn = Journal.turn

    def slow_disk(journal: Journal, finished: Any, *words: Any, **named: Any) -> Any:
        try:
            return turn(journal, finished, *words, **named)
        finally:
            case.clock._now += timedelta(seconds=0.02)

    async def slowly(_: Message) -> Receipt:
        await case.clock.sleep(0.99)
        return TAKEN

    monkeypatch.setattr(Journal, "turn", slow_disk)
    script_all(case, 9, slowly)
    with to_the_tick():
        ended = case.run()
    assert set(case.states().values()) == {"accepted"}
    assert ended.tried == 9


class Ringing(FakeChannel):
    """Must not ring at night."""

    capabilities_given = Capabilities(quiet_hours=(time(20), time(8)))


class RingingQueue(Queueing):
    """The same, and is given the whole window."""

    capabilities_given = Capabilities(quiet_hours=(time(20), time(8)), queues=True)


@pytest.mark.parametrize("kind", [Ringing, RingingQueue])
def test_night_falls_while_a_window_is_claimed(tmp_path: Path, kind: type[FakeChannel]) -> None:
    """A slow gateway: most of them were claimed by day, and would have gone out at night."""
    night = datetime(2019, 8, 20, 14, 0, tzinfo=UTC)  # in Almaty it is 20:00
    case = wide(tmp_path, kind, 30, at_once=1)
    case.clock._now = night - timedelta(seconds=10)
    begun: list[datetime] = []

    async def slowly(_: Message) -> Receipt:
        begun.append(case.clock.now())
        await case.clock.sleep(3)
        return TAKEN

    script_all(case, 30, slowly)
    with to_the_tick():
        ended = case.run()
    assert len(begun) == 4
    assert max(begun) < night
    assert sorted(case.states().values()) == ["accepted"] * 4 + ["planned"] * 26
    assert {entry.attempts for entry in case.entries().values()} == {0, 1}
    assert ended.tried == 4
    case.prepare()
    with to_the_tick():
        case.run(wait=True)
    assert set(case.states().values()) == {"accepted"}
    assert len(case.channel.sent) == 26
    assert case.clock.now() >= night + timedelta(hours=12)


@KINDS
@pytest.mark.parametrize("times", [1, 2])
def test_a_journal_that_is_busy_for_a_while_stops_no_channel(
    tmp_path: Path, kind: type[FakeChannel], times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had waited and could not be asked for has not begun: it is claimed again."""
    case = wide(tmp_path, kind, 30)
    go_on, asked = Journal.go_on, 0

    def busy(journal: Journal, *words: Any, **named: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked <= times:
            raise JournalError("the journal is busy")
        return go_on(journal, *words, **named)

    async def slowly(_: Message) -> Receipt:
        case.clock._now += timedelta(seconds=0.6)
        return TAKEN

    monkeypatch.setattr(Journal, "go_on", busy)
    script_all(case, 30, slowly)
    ended = case.run()
    assert asked > times
    assert ended.stopped == []
    assert set(case.states().values()) == {"accepted"}
    assert len(case.channel.sent) == ended.tried == 30


class InParts(FakeChannel):
    """Sends each message in two parts."""

    async def send(self, message: Message) -> Any:
        await self.tools.begin()
        self.parts = [*getattr(self, "parts", []), message.target.id]
        await self.tools.begin()
        self.parts.append(message.target.id)
        return await super().send(message)


def test_a_busy_journal_keeps_back_no_further_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To plan it anew would send its first part again."""
    case = Case(write_home(tmp_path, count=5), kinds=(InParts,), settings={"rate": "60/minute"})
    go_on = Journal.go_on

    def busy(journal: Journal, row: Any, step: Step, *words: Any, **named: Any) -> Any:
        if step is Step.GOES_ON:
            raise JournalError("the journal is busy")
        return go_on(journal, row, step, *words, **named)

    monkeypatch.setattr(Journal, "go_on", busy)
    ended = case.run()
    assert ended.stopped == []
    assert isinstance(case.channel, InParts)
    assert case.channel.parts == [f"official-{n}" for n in range(5) for _ in "ab"]
    assert set(case.states().values()) == {"accepted"}
    assert case.clock.now() - NOW >= timedelta(seconds=8)


@pytest.mark.on_file("it asks for the rows at each of 200 sends, and is of what a run holds")
@KINDS
def test_few_of_a_large_window_are_composed_before_their_turn(
    tmp_path: Path, kind: type[FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand long texts would be a gigabyte."""
    monkeypatch.setattr("uadispatch.dispatch.sending.window.AHEAD", 5)
    case = wide(tmp_path, kind, 200, window=100)
    tried, ahead, most, composed = Tries.ready, 0, 0, 0

    def counting(tries: Tries, *words: Any) -> Any:
        nonlocal composed
        composed += 1
        return tried(tries, *words)

    async def look(_: Message) -> Receipt:
        nonlocal ahead, most
        ahead = max(ahead, composed - len(case.channel.sent))
        most = max(most, claimed(case))
        return TAKEN

    monkeypatch.setattr(Tries, "ready", counting)
    script_all(case, 200, look)
    case.run()
    assert most == 100
    assert ahead <= 2 * 5
    assert set(case.states().values()) == {"accepted"}


def test_without_a_rate_no_beginning_is_written_down(tmp_path: Path) -> None:
    """What waits for long is asked for one by one, and each note would be a wait for the disk."""
    case = wide(tmp_path, Queueing, 30)

    async def slowly(_: Message) -> Receipt:
        case.clock._now += timedelta(seconds=2)
        return TAKEN

    script_all(case, 30, slowly)
    case.run()
    assert set(case.states().values()) == {"accepted"}
    assert case.rows("SELECT * FROM paces") == []
