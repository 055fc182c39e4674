"""Rates: no closed window of time has more starts than it may, whoever sends and however often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import NOW
from ratekit import Road, road

if TYPE_CHECKING:
    from pathlib import Path

rates = st.builds(
    "{}/{}".format, st.integers(1, 90),
    st.sampled_from(["1 s", "10 s", "minute", "15 minutes", "hour", "1 day"]),
)  # fmt: skip
seconds = st.lists(st.sampled_from([0, 0, 0.01, 0.3, 1, 2, 7, 30, 200]), min_size=1, max_size=4)
few = settings(max_examples=15, deadline=None)


@pytest.mark.on_file("the same is tried with runs at once, and each road costs a database")
@few
@given(
    rate=rates, count=st.integers(1, 9), concurrency=st.integers(1, 5), latencies=seconds
)  # fmt: skip
def test_every_window_holds_the_rate_and_everything_is_sent(
    rate: str, count: int, concurrency: int, latencies: list[float]
) -> None:
    with road(rate, count, concurrency=concurrency, latencies=latencies) as way:
        way.run(way.case())
        way.keeps_its_rate()
        assert way.states() == {"accepted"}
        assert len(set(way.sent)) == len(way.sent) == count
        if max(latencies) <= way.limits.spacing.total_seconds() * concurrency:
            way.loses_no_time()


@pytest.mark.on_file("the same is tried with runs at once, and each road costs a database")
@few
@given(
    rate=rates, count=st.integers(2, 9), concurrency=st.integers(1, 5), latencies=seconds,
    stop_after=st.integers(1, 4), pause=st.sampled_from([0.0, 0.5, 3.0]),
)  # fmt: skip
def test_a_restart_in_the_middle_begins_no_burst(
    rate: str, count: int, concurrency: int, latencies: list[float], stop_after: int, pause: float
) -> None:
    with road(rate, count, concurrency=concurrency, latencies=latencies) as way:
        way.run(way.case(), watch=way.ending_after(stop_after))
        way.clock._now += timedelta(seconds=pause)
        way.run(way.case())
        way.keeps_its_rate()
        assert way.states() == {"accepted"}
        assert len(set(way.sent)) == len(way.sent) == count


@few
@given(
    rate=rates, count=st.integers(1, 5), concurrency=st.integers(1, 4), latencies=seconds,
    numbers=st.sampled_from([("46/19", "46/19"), ("46/19", "47/19"), ("1/20", "2/20", "3/20")]),
)  # fmt: skip
def test_runs_and_campaigns_at_once_share_one_rate(
    rate: str, count: int, concurrency: int, latencies: list[float], numbers: tuple[str, ...]
) -> None:
    with road(rate, count, concurrency=concurrency, latencies=latencies) as way:
        way.run(*(way.case(number) for number in numbers))
        way.keeps_its_rate()
        assert way.states() == {"accepted"}
        assert len(set(way.sent)) == len(way.sent) == count * len(set(numbers))


@pytest.mark.on_file("the same is tried with runs at once, and each road costs a database")
@few
@given(
    rate=rates, count=st.integers(1, 9), concurrency=st.integers(1, 5), latencies=seconds,
    preparations=seconds,
)  # fmt: skip
def test_what_is_slow_to_begin_begins_in_its_turn(
    rate: str, count: int, concurrency: int, latencies: list[float], preparations: list[float]
) -> None:
    more = {"latencies": latencies, "preparations": preparations}
    with road(rate, count, concurrency=concurrency, **more) as way:
        way.run(way.case())
        way.keeps_its_rate()
        assert way.states() == {"accepted"}
        spare = way.limits.spacing.total_seconds() * (concurrency - 1)
        if max(latencies) + max(preparations) <= spare:
            way.loses_no_time()


@pytest.mark.on_file("the same is tried with runs at once, and each road costs a database")
@few
@given(
    rate=rates, count=st.integers(2, 9), concurrency=st.integers(1, 5), preparations=seconds,
    stop_after=st.integers(1, 4),
)  # fmt: skip
def test_what_is_slow_to_begin_begins_no_burst_after_a_restart(
    rate: str, count: int, concurrency: int, preparations: list[float], stop_after: int
) -> None:
    with road(rate, count, concurrency=concurrency, preparations=preparations) as way:
        way.run(way.case(), watch=way.ending_after(stop_after))
        way.run(way.case())
        way.keeps_its_rate()


@few
@given(
    rate=rates, count=st.integers(1, 5), concurrency=st.integers(1, 4), preparations=seconds,
)  # fmt: skip
def test_two_runs_that_are_slow_to_begin_share_one_rate(
    rate: str, count: int, concurrency: int, preparations: list[float]
) -> None:
    with road(rate, count, concurrency=concurrency, preparations=preparations) as way:
        way.run(way.case("46/19"), way.case("47/19"))
        way.keeps_its_rate()


def test_runs_whose_beginnings_are_late_by_turns_begin_no_burst(tmp_path: Path) -> None:
    way = Road(tmp_path, "30/minute", 6, concurrency=6, preparations=(9.0, 7.0, 5.0, 3.0, 1.0))
    way.run(way.case("46/19"), way.case("47/19"))
    way.keeps_its_rate()


def test_no_more_is_claimed_than_may_go_now(tmp_path: Path) -> None:
    way = Road(tmp_path, "30/minute", 6, concurrency=4)
    way.run(way.case())
    assert way.claims == sorted(way.starts)


@pytest.mark.timeout(20)
def test_a_limit_ends_a_run_that_has_a_rate(tmp_path: Path) -> None:
    way = Road(tmp_path, "30/minute", 3, latencies=(0.1,))
    way.run(way.case(), limit=1)
    assert way.starts == [NOW]
    way.run(way.case(), limit=1)
    assert len(way.sent) == 2
    way.keeps_its_rate()
