"""What time it is at the target, and when its night is over: right over every clock change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from uadispatch.campaign.hours import OfficeHours
from uadispatch.campaign.local_time import (
    is_open,
    local_times,
    opens_next,
    quiet_until,
    zones_for,
)
from uadispatch.campaign.model import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

NIGHT = (time(20), time(8))
MINUTE = timedelta(minutes=1)
TWO_DAYS = 2 * 24 * 60


def target(**place: str) -> Target:
    return Target.model_validate({"id": "a", "name": "A", **place})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minutes(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Any whole minute of these years."""
    start = datetime(first, 1, 1, tzinfo=UTC)
    span = datetime(last + 1, 1, 1, tzinfo=UTC) - start
    return st.integers(0, span // MINUTE - 1).map(lambda passed: start + passed * MINUTE)


# -- zones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "region", "zones"),
    [
        ({"timezone": "Asia/Almaty", "country": "DE"}, "US", ("Asia/Almaty",)),
        ({"country": "DE"}, "US", ("Europe/Berlin", "Europe/Busingen")),
        ({}, "EG", ("Africa/Cairo",)),
        ({"country": "BV"}, "NO", ("Europe/Oslo",)),  # an island without a zone
        ({}, None, ("UTC",)),
        ({}, "001", ("UTC",)),  # a number of no country
    ],
)
def test_the_nearest_thing_known_says_the_zones(
    place: dict[str, str], region: str | None, zones: tuple[str, ...]
) -> None:
    assert zones_for(target(**place), region) == zones


def test_a_country_has_all_its_zones() -> None:
    assert {"America/New_York", "Pacific/Honolulu"} < set(zones_for(target(country="US")))


# -- the clock there -------------------------------------------------------------------------------


def walls(times: Sequence[datetime]) -> list[str]:
    return [f"{local:%Y-%m-%d %H:%M} {local.tzinfo}" for local in times]


def test_one_zone_shows_one_time() -> None:
    times = local_times(target(timezone="America/New_York"), utc("2019-08-20T09:00"))
    assert walls(times) == ["2019-08-20 05:00 America/New_York"]


def test_zones_that_agree_show_one_time() -> None:
    assert len(local_times(target(country="DE"), utc("2019-08-20T09:00"))) == 1
    # Kazakhstan had two zones until March 2024.
    then, now = utc("2019-08-20T09:00"), utc("2024-08-20T09:00")
    assert walls(local_times(target(country="KZ"), then)) == [
        "2019-08-20 14:00 Asia/Qyzylorda",
        "2019-08-20 15:00 Asia/Almaty",
    ]
    assert walls(local_times(target(country="KZ"), now)) == ["2024-08-20 14:00 Asia/Almaty"]


def test_zones_that_differ_show_the_earliest_and_the_latest() -> None:
    times = local_times(target(country="US"), utc("2019-08-20T09:00"))
    assert walls(times) == [
        "2019-08-19 23:00 Pacific/Honolulu",
        "2019-08-20 05:00 America/New_York",
    ]


def test_the_number_says_where_it_is_if_the_address_does_not() -> None:
    assert walls(local_times(target(), utc("2019-08-20T09:00"), "EG")) == [
        "2019-08-20 11:00 Africa/Cairo"
    ]


def test_nothing_known_shows_nothing() -> None:
    assert local_times(target(), utc("2019-08-20T09:00")) == ()


# -- office hours ----------------------------------------------------------------------------------

OFFICE = "Mon-Fri 09:00-18:30"
ALMATY = ZoneInfo("Asia/Almaty")


def there(text: str, zone: str = "Asia/Almaty") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("local", "opened", "following"),
    [
        ("2019-08-20T09:00", True, "2019-08-20T09:00"),
        ("2019-08-20T18:29", True, "2019-08-20T18:29"),
        ("2019-08-20T18:30", False, "2019-08-21T09:00"),
        ("2019-08-20T08:59", False, "2019-08-20T09:00"),
        ("2019-08-23T20:00", False, "2019-08-26T09:00"),  # a Friday evening
        ("2019-08-24T12:00", False, "2019-08-26T09:00"),
    ],
)
def test_an_office_is_open_in_its_hours(local: str, opened: bool, following: str) -> None:
    assert is_open(OFFICE, there(local)) is opened
    assert opens_next(OFFICE, there(local)) == there(following)


def test_an_office_opens_by_its_own_clock_when_that_is_changed() -> None:
    # On the Sunday between, an hour is skipped.
    friday = there("2021-03-12T19:00", "America/New_York")
    opens = opens_next(OFFICE, friday)
    assert f"{opens:%a %H:%M %z}" == "Mon 09:00 -0400"
    assert opens.astimezone(UTC) - friday.astimezone(UTC) == timedelta(hours=24 * 2 + 13)


def test_an_office_whose_opening_is_skipped_opens_when_the_clock_jumps() -> None:
    night = there("2021-03-14T00:00", "America/New_York")
    assert f"{opens_next('Sun 02:30-06:00', night):%H:%M %z}" == "03:00 -0400"
    # And one that is only open in the hour that is skipped stays closed for a week.
    assert f"{opens_next('Sun 02:10-02:50', night):%d %H:%M}" == "21 02:10"


@given(
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
    at=minutes(2021, 2021),
    opens=st.integers(0, 23 * 60),
    length=st.integers(10, 59),
    days=st.sampled_from(["Mon-Sun", "Sat-Sun", "Wed"]),
)
@settings(max_examples=50)
def test_opening_is_what_watching_the_clock_says(
    zone: str, at: datetime, opens: int, length: int, days: str
) -> None:
    begin, end = divmod(opens, 60), divmod(opens + length, 60)
    hours = f"{days} {begin[0]:02}:{begin[1]:02}-{end[0]:02}:{end[1]:02}"
    clock = ZoneInfo(zone)
    moment = at
    found = opens_next(hours, moment.astimezone(clock))
    while not is_open(hours, moment.astimezone(clock)):
        moment += 5 * MINUTE if moment + 5 * MINUTE < found else MINUTE
    assert found == moment
    assert found.astimezone(clock).weekday() in OfficeHours.read(hours).days


# -- quiet hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2019-08-20T14:00", "2019-08-21T02:00"),  # 20:00 in Almaty
        ("2019-08-20T13:59", None),
        ("2019-08-20T20:00", "2019-08-21T02:00"),
        ("2019-08-21T01:59", "2019-08-21T02:00"),
        ("2019-08-21T02:00", None),
    ],
)
def test_a_night_is_over_in_the_morning_there(now: str, until: str | None) -> None:
    assert quiet_until(["Asia/Almaty"], NIGHT, utc(now)) == (utc(until) if until else None)


def test_a_span_within_a_day_is_quiet_too() -> None:
    noon = (time(12), time(14))
    assert quiet_until(["UTC"], noon, utc("2019-08-20T12:30")) == utc("2019-08-20T14:00")
    assert quiet_until(["UTC"], noon, utc("2019-08-20T14:00")) is None


def test_two_equal_times_are_no_quiet_hours() -> None:
    assert quiet_until(["UTC"], (time(0), time(0)), utc("2019-08-20T00:00")) is None


def test_where_the_zone_is_not_known_it_must_be_day_in_all() -> None:
    kazakhstan = zones_for(target(country="KZ"))
    # 08:00 in Almaty is 07:00 in the west, whose clock decides.
    assert quiet_until(kazakhstan, NIGHT, utc("2019-08-20T23:00")) == utc("2019-08-21T03:00")
    assert quiet_until(kazakhstan, NIGHT, utc("2019-08-21T02:30")) == utc("2019-08-21T03:00")
    # 20:00 in Almaty.
    assert quiet_until(kazakhstan, NIGHT, utc("2019-08-20T14:30")) == utc("2019-08-21T03:00")


def test_where_it_is_always_night_somewhere_the_first_zone_decides() -> None:
    zones = ["America/New_York", "Asia/Shanghai"]
    assert quiet_until(zones, NIGHT, utc("2019-08-20T06:00")) == utc("2019-08-20T12:00")
    assert quiet_until(zones, NIGHT, utc("2019-08-20T15:00")) is None


def test_a_morning_that_is_skipped_begins_when_the_clock_jumps() -> None:
    # On 2021-03-14 at 02:00 (07:00 UTC) it became 03:00 in New York.
    early = (time(22), time(2, 30))
    now = utc("2021-03-14T06:00")
    assert quiet_until(["America/New_York"], early, now) == utc("2021-03-14T07:00")


def test_a_clock_that_is_set_back_into_the_night_is_heeded() -> None:
    # On 2021-11-07 at 02:00 (06:00 UTC) it became 01:00 in New York.
    until = (time(22), time(1, 30))
    assert quiet_until(["America/New_York"], until, utc("2021-11-07T05:29")) == utc(
        "2021-11-07T05:30"
    )
    assert quiet_until(["America/New_York"], until, utc("2021-11-07T06:10")) == utc(
        "2021-11-07T06:30"
    )


def test_a_clock_that_is_set_back_out_of_the_night_is_heeded() -> None:
    late = (time(1, 30), time(8))
    assert quiet_until(["America/New_York"], late, utc("2021-11-07T05:45")) == utc(
        "2021-11-07T06:00"
    )


def test_a_fraction_of_a_second_is_heeded() -> None:
    now = utc("2019-08-21T01:59:59.999999")
    assert quiet_until(["Asia/Almaty"], NIGHT, now) == utc("2019-08-21T02:00")
    # A quarter of a second before the clock is changed.
    now = utc("2021-03-14T06:59:59.75")
    early = (time(22), time(2, 30))
    assert quiet_until(["America/New_York"], early, now) == utc("2021-03-14T07:00")


def watched(
    zones: Sequence[str], quiet: tuple[time, time], now: datetime, minutes: int
) -> datetime | None:
    """The first minute from `now` on, of so many, that is quiet in none of `zones`."""
    clocks = [ZoneInfo(zone) for zone in zones]
    begins, ends = quiet
    for passed in range(minutes + 1):
        at = now + passed * MINUTE
        for clock in clocks:
            wall = at.astimezone(clock).time()
            overnight = begins > ends and (wall >= begins or wall < ends)
            if overnight or begins <= wall < ends:
                break
        else:
            return at
    return None


ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Adak", "America/Havana", "America/New_York",
    "America/St_Johns", "Antarctica/Troll", "Asia/Almaty", "Asia/Beirut", "Asia/Kathmandu",
    "Asia/Shanghai", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Pacific/Apia",
    "Pacific/Chatham", "Pacific/Kiritimati", "UTC",
]  # fmt: skip
CHANGES = [
    utc("2021-03-14T07:00"),  # New York, forward
    utc("2021-11-07T06:00"),  # New York, back
    utc("2021-03-28T01:00"),  # Berlin, forward
    utc("2021-10-31T01:00"),  # Berlin, back
    utc("2021-03-27T22:00"),  # Beirut, forward at midnight
    utc("2021-11-07T05:00"),  # Havana, back at one
    utc("2021-04-03T15:00"),  # Lord Howe, back by half an hour
    utc("2011-12-30T10:00"),  # Apia, forward by a day
    utc("2024-02-29T19:00"),  # Almaty, back for good
]
moments = st.one_of(
    minutes(2005, 2030),
    st.builds(
        lambda at, minutes: at + minutes * MINUTE,
        st.sampled_from(CHANGES),
        st.integers(-26 * 60, 3 * 60),
    ),
)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=4),
    quiet=st.tuples(times, times),
    now=moments,
)
@example(zones=["Pacific/Apia"], quiet=NIGHT, now=utc("2011-12-30T09:30"))
@example(zones=["Antarctica/Troll"], quiet=(time(22), time(2)), now=utc("2021-03-28T00:30"))
@settings(max_examples=150, deadline=None)
def test_quiet_hours_are_what_watching_every_minute_says(
    zones: list[str], quiet: tuple[time, time], now: datetime
) -> None:
    seen = watched(zones, quiet, now, TWO_DAYS) or watched(zones[:1], quiet, now, TWO_DAYS)
    found = quiet_until(zones, quiet, now)
    assert found == (None if seen == now else seen)
    assert found is None or found.tzinfo is UTC
