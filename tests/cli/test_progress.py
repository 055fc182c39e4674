"""How progress is counted, reckoned and said, at a time that the test sets."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from uadispatch.cli.progress.displays import Lines
from uadispatch.cli.progress.tally import Glance, Left, Tally
from uadispatch.cli.progress.words import left_in_words, rate, sentence
from uadispatch.dispatch.news import Delayed, Paused, Progress, Why
from uadispatch.dispatch.states import State

START = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)


class Time:
    """Seconds that the test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def sending(time: Time, total: int | None, **expected: int) -> Tally:
    return Tally("sending", total, did="tried", expected=expected or None, time=time, now=time.now)


def try_many(
    tally: Tally, number: int, channel: str = "email", state: State = State.ACCEPTED
) -> None:
    for _ in range(number):
        key = f"{channel}-{tally.done}"
        tally.heard(Progress(channel, f"t{tally.done}", state, "says", key=key))


def passing(time: Time, tally: Tally, seconds: int, each_second: int) -> Glance:
    """Let messages be tried at an even pace, looked at each second."""
    for _ in range(seconds):
        time.seconds += 1
        try_many(tally, each_second)
        glance = tally.glance()
    return glance


def test_the_sentence_says_all_that_is_known() -> None:
    time = Time()
    tally = sending(time, 100_000, email=99_990, fax=10)
    tally.wait(Paused("fax", START + timedelta(hours=2), "far", Why.AWAY))
    passing(time, tally, 4, 300)
    try_many(tally, 3, state=State.FAILED)
    try_many(tally, 1, state=State.IN_DOUBT)
    assert sentence(tally.glance()) == (
        "1,204 of 100,000 tried, 301 a second, at least 2 hours left, 3 failed, 1 in doubt, "
        "fax waits until 11:00 UTC for its far end, which is away"
    )


def test_the_time_left_is_unknown_before_anything_is_known() -> None:
    time = Time()
    tally = sending(time, 100, email=100)
    assert tally.glance().left is None
    assert sentence(tally.glance()) == "0 of 100 tried, time left not known"
    time.seconds = 0.5
    try_many(tally, 50)
    assert tally.glance().left is None
    assert passing(time, tally, 2, 10).left == pytest.approx((30 / 28, False))


def test_the_pace_is_that_of_late_and_a_standstill_ends_it() -> None:
    time = Time()
    tally = sending(time, 10_000)
    assert passing(time, tally, 30, 100).per_second == pytest.approx(100)
    assert passing(time, tally, 40, 10).per_second == pytest.approx(10)
    stood = [passing(time, tally, 5, 0).per_second for _ in range(6)]
    assert stood[0] is not None
    assert stood[0] < 10
    assert stood[-1] is None
    assert tally.glance().left is None


def test_the_slowest_channel_says_how_long_it_takes() -> None:
    time = Time()
    tally = sending(time, 1100, email=1000, fax=100)
    for _ in range(10):
        time.seconds += 1
        try_many(tally, 50)
        try_many(tally, 1, "fax")
        glance = tally.glance()
    assert glance.left == pytest.approx((90, False))


def test_a_channel_that_keeps_to_a_slow_rate_is_reckoned_with() -> None:
    time = Time()
    tally = sending(time, 150, email=100, fax=50)
    passing(time, tally, 5, 10)
    try_many(tally, 1, "fax")
    tally.wait(Paused("fax", time.now() + timedelta(minutes=30), "", Why.RATE))
    left = tally.glance().left
    assert left is not None
    assert left_in_words(left) == "about 24 hours left"


def test_messages_that_wait_for_the_morning_make_it_longer_at_least() -> None:
    time = Time()
    tally = sending(time, 110, email=110)
    tally.wait(Delayed("email", 10, START + timedelta(hours=5), Why.QUIET_HOURS))
    left = passing(time, tally, 5, 10).left
    assert left == Left(5 * 3600 - 5, at_least=True)


def test_a_wait_is_over_when_its_time_has_come() -> None:
    time = Time()
    tally = sending(time, 2)
    tally.wait(Paused("fax", START + timedelta(seconds=30), "busy", Why.ASKED))
    tally.wait(Delayed("fax", 3, START + timedelta(seconds=60), Why.QUIET_HOURS))
    assert len(tally.glance().waiting) == 2
    time.seconds = 30
    assert [wait.number for wait in tally.glance().waiting] == [3]
    time.seconds = 60
    assert not tally.glance().waiting
    assert [wait.why for wait in tally.ended] == [Why.ASKED, Why.QUIET_HOURS]


def heard(*news: tuple[str, State, bool]) -> tuple[int, dict[Any, int]]:
    tally = sending(Time(), None)
    for key, state, asked in news:
        tally.heard(Progress("email", key, state, "", asked=asked, key=key))
    glance = tally.glance()
    return glance.done, {state: number for state, number in glance.troubles.items() if number}


@pytest.mark.parametrize(
    ("news", "done", "troubles"),
    [
        ([("a", State.RETRY, False), ("a", State.ACCEPTED, False)], 1, {}),
        ([("a", State.RETRY, False), ("a", State.FAILED, False)], 1, {State.FAILED: 1}),
        ([("a", State.IN_DOUBT, False), ("a", State.ACCEPTED, True)], 1, {}),
        (
            [
                ("a", State.IN_DOUBT, False),
                ("a", State.PLANNED, True),
                ("a", State.ACCEPTED, False),
            ],
            1,
            {},
        ),
        ([("a", State.FAILED, True)], 0, {State.FAILED: 1}),
        ([("a", State.RETRY, False), ("b", State.RETRY, False)], 2, {State.RETRY: 2}),
    ],
)  # fmt: skip
def test_each_message_counts_once_with_the_state_that_it_has_now(
    news: list[tuple[str, State, bool]], done: int, troubles: dict[State, int]
) -> None:
    assert heard(*news) == (done, troubles)


@pytest.mark.parametrize(
    ("per_second", "says"),
    [
        (310.4, "310 a second"), (12345, "12,345 a second"), (2.5, "2.5 a second"),
        (14 / 60, "14 a minute"), (1 / 60, "1.0 a minute"), (6 / 3600, "6.0 an hour"),
        (0.1 / 3600, "0.1 an hour"),
    ],
)  # fmt: skip
def test_a_rate_is_told_in_the_unit_that_fits(per_second: float, says: str) -> None:
    assert rate(per_second) == says


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (1, "less than a minute left"), (60, "about 1 minute left"), (318, "about 5 minutes left"),
        (5400, "about 2 hours left"), (86400, "about 24 hours left"), (200000, "about 2 days left"),
    ],
)  # fmt: skip
def test_the_time_left_is_told_as_exactly_as_it_is_known(seconds: float, says: str) -> None:
    assert left_in_words(Left(seconds)) == says
    assert left_in_words(Left(seconds, at_least=True)).startswith("at least ")


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (timedelta(seconds=5), "fax waits until 09:00:05 UTC"),
        (timedelta(hours=3), "fax waits until 12:00 UTC"),
        (timedelta(hours=23), "fax waits until 21 August, 08:00 UTC"),
    ],
)
def test_until_when_a_channel_waits_is_told_with_its_day_where_that_is_needed(
    until: timedelta, says: str
) -> None:
    tally = sending(Time(), 1)
    tally.wait(Paused("fax", START + until, "", Why.RATE))
    assert sentence(tally.glance()).endswith(f"{says} for its rate")


def test_lines_come_every_five_seconds_at_most_and_the_last_at_the_end() -> None:
    time, out = Time(), io.StringIO()
    tally = sending(time, 100)
    lines = Lines(Console(file=out, soft_wrap=True), tally, time)
    said_at: list[float] = []
    for _ in range(96):
        time.seconds += 0.25
        try_many(tally, 1 if tally.done < 90 else 0)
        before = out.getvalue()
        lines.tick()
        if out.getvalue() != before:
            said_at.append(time.seconds)
    assert said_at == [5, 10, 15, 20]
    try_many(tally, 10)
    lines.close()
    said = out.getvalue().splitlines()
    assert said[0] == "20 of 100 tried, 4.0 a second, less than a minute left."
    assert said[-1].startswith("100 of 100 tried")
    assert len(said) == 5


def test_lines_say_nothing_twice() -> None:
    time, out = Time(), io.StringIO()
    tally = sending(time, 10)
    lines = Lines(Console(file=out, soft_wrap=True), tally, time)
    tally.wait(Paused("email", START + timedelta(hours=3), "", Why.AWAY))
    for _ in range(600):
        time.seconds += 1
        lines.tick()
    assert len(out.getvalue().splitlines()) == 1
    assert "email waits until 12:00 UTC" in out.getvalue()


def test_what_ends_soon_says_nothing_but_its_end() -> None:
    time, out = Time(), io.StringIO()
    tally = Tally("making pages", 3, did="pages made", time=time, now=time.now)
    lines = Lines(Console(file=out, soft_wrap=True), tally, time)
    for done in range(4):
        time.seconds += 1
        tally.step(done)
        lines.tick()
    lines.close()
    assert out.getvalue() == ""


def test_a_phase_may_learn_how_much_there_is_while_it_goes_on() -> None:
    time = Time()
    tally = Tally("making pages", None, time=time, now=time.now)
    assert sentence(tally.glance()) == "making pages: 0"
    tally.step(5, 20)
    assert sentence(tally.glance()) == "making pages: 5 of 20, time left not known"
