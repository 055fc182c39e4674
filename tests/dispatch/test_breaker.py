"""A far end that serves nobody: its channel pauses, no try is burnt, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, Fax, to_the_tick, write_home
from uadispatch.cli.common.exits import Code
from uadispatch.cli.common.running import exit_code
from uadispatch.dispatch.journal import Gist, Selection
from uadispatch.dispatch.news import Paused
from uadispatch.dispatch.pace.breaker import LONGEST_STAY, PATIENCE, Breaker
from uadispatch.errors import ConfigError, Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing import FakeChannel, VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.channels.message import Message
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.dispatch.sending.engine import Engine

AWAY = Unavailable("nobody answers")
SECOND = timedelta(seconds=1)


class Away:
    """Makes the far end of a case serve nobody between two moments of its clock."""

    def __init__(self, case: Case, begin: float, end: float) -> None:
        self.tried_at: list[float] = []
        self._case, self._begin, self._end = case, begin, end
        self._send = case.channel.send
        case.channel.send = self._try  # type: ignore[method-assign]

    async def _try(self, message: Message) -> Any:
        now = (self._case.clock.now() - NOW).total_seconds()
        self.tried_at.append(now)
        if self._begin <= now < self._end:
            raise AWAY
        await self._case.clock.sleep(0.1)
        return await self._send(message)


def attempts(case: Case) -> set[tuple[int, int]]:
    """How many tries the messages had, and how many of them were excused."""
    with case.journal() as journal, journal._deciding_everywhere() as connection:
        query = "SELECT DISTINCT attempts, excused FROM messages"
        return {(row[0], row[1]) for row in connection.exec_driver_sql(query)}


def go(case: Case, **how: Any) -> Ended:
    with to_the_tick():
        return case.run(**how)


def left(case: Case, ended: Ended) -> Code:
    """With which code `send` would leave."""
    return exit_code(ended, Gist.of(case.entries().values()))


# The breaker alone.


def failed(breaker: Breaker, at: float, *, asked: float | None = None, began: float = -1) -> bool:
    return breaker.failed(
        started_at=NOW + SECOND * (at if began < 0 else began), now=NOW + SECOND * at,
        retry_after=None if asked is None else SECOND * asked, says="away",
    )  # fmt: skip


def test_it_lets_everybody_through_until_something_fails() -> None:
    breaker = Breaker(lambda: 0.0)
    assert breaker.room(5, 3, NOW) == 5
    assert not breaker.outlasts(NOW)


def test_each_failure_in_a_row_doubles_the_pause_up_to_five_minutes() -> None:
    breaker, at, pauses = Breaker(lambda: 0.0), 0.0, []
    for _ in range(11):
        assert failed(breaker, at)
        assert breaker.until is not None
        pauses.append((breaker.until - NOW).total_seconds() - at)
        at += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_jitter_only_lengthens_a_pause() -> None:
    breaker = Breaker(lambda: 0.9)
    failed(breaker, 0)
    assert breaker.until is not None
    assert SECOND < breaker.until - NOW <= SECOND * 1.25


def test_after_a_pause_one_message_alone_finds_out() -> None:
    breaker = Breaker(lambda: 0.0)
    failed(breaker, 0)
    assert breaker.room(5, 0, NOW + SECOND * 0.9) == 0
    assert breaker.room(5, 0, NOW + SECOND) == 1
    assert breaker.room(5, 1, NOW + SECOND) == 0
    breaker.answered(started_at=NOW + SECOND)
    assert breaker.room(5, 1, NOW + SECOND) == 5
    assert breaker.until is None


@pytest.mark.parametrize("began", [0.0, 1.0])
def test_what_was_on_its_way_when_the_pause_began_tells_nothing_new(began: float) -> None:
    breaker = Breaker(lambda: 0.0)
    assert failed(breaker, 1)
    until = breaker.until
    assert not failed(breaker, 1.5, began=began)
    breaker.answered(started_at=NOW + SECOND * began)
    assert breaker.until == until


def test_the_far_ends_own_wait_is_kept_if_it_is_longer() -> None:
    breaker = Breaker(lambda: 0.0)
    failed(breaker, 0, asked=0.5)
    assert breaker.until == NOW + SECOND
    failed(breaker, 0.5, began=0, asked=60)
    assert breaker.until == NOW + SECOND * 60.5
    failed(breaker, 0.7, began=0, asked=1)
    assert breaker.until == NOW + SECOND * 60.5


def test_a_short_stay_ends_with_the_third_failure_or_a_long_pause() -> None:
    breaker = Breaker(lambda: 0.0)
    for number in range(PATIENCE):
        assert not breaker.outlasts(NOW + SECOND * 10 * number)
        failed(breaker, 10 * number)
    assert breaker.outlasts(NOW + SECOND * 20)
    asked = Breaker(lambda: 0.0)
    failed(asked, 0, asked=LONGEST_STAY.total_seconds() + 1)
    assert asked.outlasts(NOW)
    assert not asked.outlasts(NOW + SECOND)


# Through the engine.


def test_a_far_end_that_is_away_costs_three_tries_and_no_attempt(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=9))
    away = Away(case, 0, 1e9)
    ended = go(case)
    assert away.tried_at == [0, 1, 3]
    assert sorted(case.states().values()) == ["planned"] * 6 + ["retry"] * 3
    assert attempts(case) == {(0, 0), (1, 1)}
    assert [(found.channel, found.until, found.says) for found in ended.paused] == [
        ("fake", NOW + SECOND * 7, "nobody answers")
    ]
    assert left(case, ended) is Code.LATER
    assert case.clock.now() == NOW + SECOND * 3
    said = [(news.until - NOW) / SECOND for news in case.seen if isinstance(news, Paused)]
    assert said == [1, 3, 7]


def test_all_that_were_on_their_way_are_one_failure(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=9), concurrency=4)
    away = Away(case, 0, 1e9)
    go(case)
    assert away.tried_at == [0, 0, 0, 0, 1, 3]
    assert attempts(case) == {(0, 0), (1, 1)}


def test_one_421_costs_a_second(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=6))
    case.channel.script("official-2", Unavailable("421 too many connections", code="421"))
    ended = go(case)
    assert [message.target.id for message in case.channel.sent] == [
        f"official-{number}" for number in range(6)
    ]
    assert case.clock.now() == NOW + SECOND
    assert ended.paused == []
    states = case.states()
    assert states.pop("official-2") == "retry"
    assert set(states.values()) == {"accepted"}
    assert left(case, ended) is Code.LATER


def test_it_goes_on_when_the_far_end_is_back(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=10), concurrency=2)
    away = Away(case, 0.15, 2.5)
    ended = go(case)
    # Two were on their way; then one alone, twice; then two at a time again.
    assert away.tried_at == [0, 0, 0.1, 0.1, 0.2, 0.2, 1.2, 3.2, 3.3, 3.3]
    assert sorted(case.states().values()) == ["accepted"] * 7 + ["retry"] * 3
    assert ended.paused == []


def test_a_patient_run_stays_until_it_is_back_and_sends_everything(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=6), concurrency=2)
    away = Away(case, 0, 7200)
    ended = go(case, wait=True)
    assert set(case.states().values()) == {"accepted"}
    assert (ended.paused, ended.next_due) == ([], None)
    assert left(case, ended) is Code.AS_ASKED
    assert len(case.channel.sent) == 6
    # It did not hammer: a pause is at most five minutes, and at least that after a while.
    assert len(away.tried_at) < 60
    assert case.clock.now() < NOW + timedelta(hours=4)


def test_the_next_run_begins_where_this_one_left(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=4))
    Away(case, 0, 1e9)
    go(case)
    case.clock = VirtualClock(NOW + timedelta(hours=1))
    case.prepare()
    go(case)
    assert set(case.states().values()) == {"accepted"}
    assert attempts(case) == {(1, 0), (2, 1)}


def test_it_is_given_up_by_time_alone(tmp_path: Path) -> None:
    case = Case(
        write_home(tmp_path, count=1), settings={"give_up_after": "10 minutes", "attempts": 2}
    )
    Away(case, 0, 1e9)
    go(case, wait=True)
    entry = case.entries()["official-0"]
    assert (entry.state, entry.reason) == ("failed", "given up after 0:10:00: nobody answers")
    assert entry.attempts > 2
    assert case.clock.now() >= NOW + timedelta(minutes=10)


def test_outages_leave_a_message_all_its_attempts(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"attempts": 2})
    case.channel.script("official-0", AWAY, AWAY, AWAY, Temporary("greylisted"), Temporary("busy"))
    go(case, wait=True)
    entry = case.entries()["official-0"]
    assert (entry.state, entry.reason) == ("failed", "given up after 2 tries: busy")
    assert attempts(case) == {(5, 3)}


@pytest.mark.parametrize("served", [Temporary("busy"), Rejected("no such mailbox")])
def test_a_far_end_that_refuses_is_there(tmp_path: Path, served: Exception) -> None:
    case = Case(write_home(tmp_path, count=6))
    for number in (0, 2, 4):
        case.channel.script(f"official-{number}", AWAY)
    for number in (1, 3, 5):
        case.channel.script(f"official-{number}", served)
    ended = go(case)
    assert len(case.channel.sent) == 6
    assert ended.paused == []


@pytest.mark.parametrize("silent", [Unknown("no answer"), KeyError("x")])
def test_silence_does_not_prove_that_it_is_there(tmp_path: Path, silent: Exception) -> None:
    case = Case(write_home(tmp_path, count=6))
    for number, answer in enumerate((AWAY, silent, AWAY, silent, AWAY, AWAY)):
        case.channel.script(f"official-{number}", answer)
    ended = go(case)
    assert len(case.channel.sent) == 5
    assert len(ended.paused) == 1


def test_other_channels_go_on(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=5, channels="fake, fax")
    case = Case(file, kinds=(FakeChannel, Fax))
    Away(case, 0, 1e9)
    ended = go(case)
    assert case.states_by_channel() == {"fake": {"planned", "retry"}, "fax": {"accepted"}}
    assert [found.channel for found in ended.paused] == ["fake"]


def test_a_paused_channel_that_is_not_wanted_is_not_waited_for(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=5, channels="fake, fax")
    case = Case(file, kinds=(FakeChannel, Fax))
    Away(case, 0, 1e9)
    go(case)
    ended = go(case, selection=Selection(channels=frozenset({"fax"})), wait=True)
    assert ended.next_due is None
    assert case.clock.now() == NOW + SECOND * 3


@pytest.mark.parametrize("patient", [False, True])
def test_an_interrupt_ends_a_pause_at_once(tmp_path: Path, patient: bool) -> None:
    case = Case(write_home(tmp_path, count=4))
    case.channel.script("official-0", Unavailable("away", retry_after=SECOND * 20))
    running: list[Engine] = []

    class Watch:
        def __call__(self, engine: Engine) -> Watch:
            running.append(engine)
            return self

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    class Seen(list[Any]):
        def append(self, news: Any) -> None:
            if isinstance(news, Paused):
                running[0].interrupt()

    case.seen = Seen()
    ended = go(case, watch=Watch(), wait=patient)
    assert ended.interrupted
    assert case.clock.now() == NOW
    assert sorted(case.states().values()) == ["planned"] * 3 + ["retry"]
    assert left(case, ended) is Code.INTERRUPTED


def test_a_channel_that_cannot_send_is_not_paused_but_stopped(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=3))
    case.channel.script("official-0", AWAY)
    case.channel.script("official-1", ConfigError("the password is wrong"))
    ended = go(case)
    assert [stopped.says for stopped in ended.stopped] == ["the password is wrong"]
    assert left(case, ended) is Code.CONFIGURATION


def test_a_clock_that_is_set_back_makes_no_pause_longer(tmp_path: Path) -> None:
    class Setback(list[Any]):
        def append(self, news: Any) -> None:
            if isinstance(news, Paused) and not self:
                case.clock._now -= timedelta(hours=1)
            super().append(news)

    case = Case(write_home(tmp_path, count=3))
    away = Away(case, 0, 0.5)
    case.seen = Setback()
    ended = go(case)
    assert ended.paused == []
    # The message's own time is one of the clock, and lies an hour ahead by now.
    assert case.states() == {
        "official-0": "retry", "official-1": "accepted", "official-2": "accepted",
    }  # fmt: skip
    assert away.tried_at[0] == 0
    assert all(at < -3590 for at in away.tried_at[1:])
