"""What a far end asks for slows its channel or pauses it, for as long as it asks, over restarts."""

from __future__ import annotations

import gc
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from casekit import NOW
from ratekit import Road
from uadispatch.dispatch.news import Paused
from uadispatch.errors import Temporary, Unavailable
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def seconds(*times: float) -> timedelta:
    return timedelta(seconds=sum(times))


def gaps(starts: list[datetime]) -> list[float]:
    return [round((later - one).total_seconds(), 3) for one, later in pairwise(starts)]


def test_a_wish_for_later_halves_the_pace_for_as_long_as_it_says(tmp_path: Path) -> None:
    way = Road(tmp_path, "60/minute", 12)
    way.answers[2] = Temporary("later", retry_after=seconds(10))
    way.run(way.case(), wait=True)
    found = gaps(way.starts)
    assert found[:2] == [1.001, 1.001]
    assert found[2:6] == [2.002] * 4
    assert found[8:11] == [1.001] * 3
    way.keeps_its_rate()
    assert way.states() == {"accepted"}


def test_a_slower_pace_holds_over_a_restart(tmp_path: Path) -> None:
    way = Road(tmp_path, "60/minute", 9)
    way.answers[1] = Temporary("later", retry_after=seconds(60))
    way.run(way.case(), watch=way.ending_after(4))
    way.run(way.case())
    assert gaps(way.starts)[1:] == [2.002] * 7


def test_it_holds_for_every_campaign_of_the_channel(tmp_path: Path) -> None:
    way = Road(tmp_path, "60/minute", 4)
    way.answers[1] = Temporary("later", retry_after=seconds(60))
    way.run(way.case("46/19"), way.case("47/19"))
    assert gaps(way.starts)[1:] == [2.002] * 6


def test_without_a_rate_of_its_own_a_channel_slows_down_a_little(tmp_path: Path) -> None:
    way = Road(tmp_path, "", 8, latencies=(0.2,))
    way.answers[1] = Temporary("later", retry_after=seconds(60))
    way.run(way.case())
    assert gaps(way.starts) == [0.2] * 2 + [0.4] * 5
    assert way.states() == {"accepted", "retry"}


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_short_pause_is_sat_out(tmp_path: Path, concurrency: int) -> None:
    way = Road(tmp_path, "60/minute", 6, concurrency=concurrency)
    way.answers[2] = Unavailable("busy", retry_after=seconds(20))
    case = way.case()
    (ended,) = way.run(case)
    assert gaps(way.starts) == [1.001, 1.001, 20.0, 1.001, 1.001]
    assert ended.paused == []
    assert [(news.until, news.says) for news in case.seen if isinstance(news, Paused)][:1] == [
        (NOW + seconds(2.002, 20), "busy")
    ]


def test_a_long_pause_ends_a_run_that_need_not_stay_and_holds_for_the_next(
    tmp_path: Path,
) -> None:
    way = Road(tmp_path, "60/minute", 5)
    way.answers[1] = Unavailable("away", retry_after=seconds(3600))
    until = NOW + seconds(1.001, 3600)
    for number in ("46/19", "46/19", "47/19"):
        (ended,) = way.run(way.case(number))
        assert [(left.until, left.says) for left in ended.paused] == [(until, "away")]
    assert len(way.starts) == 2
    way.clock._now = until
    way.run(way.case("46/19"))
    assert len(way.starts) == 6
    assert min(way.starts[2:]) == until


def test_a_patient_run_stays_until_the_pause_is_over(tmp_path: Path) -> None:
    way = Road(tmp_path, "60/minute", 4)
    way.answers[1] = Unavailable("away", retry_after=seconds(3600))
    (ended,) = way.run(way.case(), wait=True)
    assert ended.paused == []
    assert way.states() == {"accepted"}
    assert gaps(way.starts)[1] == 3600


def test_a_pause_without_a_reason_is_no_rate(tmp_path: Path) -> None:
    way = Road(tmp_path, "60/minute", 3)
    way.answers[0] = Unavailable("", retry_after=seconds(36_000))
    way.run(way.case())
    (ended,) = way.run(way.case())
    assert way.clock.now() < NOW + seconds(60)
    assert ended.paused[0].until == NOW + seconds(36_000)


@pytest.mark.parametrize("days", [30, 4_000_000])
def test_no_far_end_pauses_a_channel_for_longer_than_a_day(
    tmp_path: Path, days: int, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()  # what other tests have left
    caplog.clear()
    way = Road(tmp_path, "60/minute", 3)
    way.answers[0] = Unavailable("away", retry_after=timedelta(days=days))
    for _ in range(2):
        (ended,) = way.run(way.case())
        assert [left.until for left in ended.paused] == [NOW + timedelta(days=1)]
    gc.collect()
    assert caplog.records == []  # asyncio tells there of a task that fell over


@pytest.mark.parametrize("wish", [Temporary, Unavailable])
def test_a_wish_from_a_clock_that_was_wrong_does_not_last_for_years(
    tmp_path: Path, wish: type[Temporary]
) -> None:
    way = Road(tmp_path, "60/minute", 4, clock=VirtualClock(NOW + timedelta(days=10)))
    way.answers[0] = wish("away", retry_after=seconds(3600))
    way.run(way.case(), limit=1)
    way.clock._now = NOW
    way.run(way.case())
    assert way.starts[1] == NOW + seconds(1.001)
    assert gaps(way.starts[1:]) == [1.001, 1.001]


@pytest.mark.parametrize("preparations", [(), (0.5,)])
def test_a_clock_that_is_set_back_costs_one_space(
    tmp_path: Path, preparations: tuple[float, ...]
) -> None:
    way = Road(tmp_path, "60/minute", 6, preparations=preparations)
    way.run(way.case(), limit=3)
    way.clock._now = NOW - timedelta(days=5)
    way.run(way.case())
    assert len(way.starts) == 6
    assert way.starts[3] - way.clock.now() <= timedelta(0)
    assert way.clock.now() < NOW - timedelta(days=5) + seconds(10)
    assert all(gap > 1 for gap in gaps(way.starts[3:]))
