"""The last day ends where the target is, and never late."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from uadispatch.campaign.deadline import deadline_instant
from uadispatch.campaign.model import Target

LAST_DAY = date(2019, 9, 27)


def at(day: date, **place: str) -> datetime:
    return deadline_instant(day, Target.model_validate({"id": "a", "name": "A", **place}))


@pytest.mark.parametrize(
    ("place", "end"),
    [
        ({"timezone": "Asia/Almaty", "country": "US"}, datetime(2019, 9, 27, 18, tzinfo=UTC)),
        ({"timezone": "America/New_York"}, datetime(2019, 9, 28, 4, tzinfo=UTC)),
        ({"timezone": "Pacific/Kiritimati"}, datetime(2019, 9, 27, 10, tzinfo=UTC)),
        ({"country": "KZ"}, datetime(2019, 9, 27, 18, tzinfo=UTC)),
        ({"country": "RU"}, datetime(2019, 9, 27, 12, tzinfo=UTC)),
        ({"country": "US"}, datetime(2019, 9, 28, 4, tzinfo=UTC)),
        ({"country": "IN"}, datetime(2019, 9, 27, 18, 30, tzinfo=UTC)),
        ({}, datetime(2019, 9, 27, 10, tzinfo=UTC)),
        # Two uninhabited territories have no zone.
        ({"country": "BV"}, datetime(2019, 9, 27, 10, tzinfo=UTC)),
    ],
)
def test_the_day_ends_at_the_target(place: dict[str, str], end: datetime) -> None:
    assert at(LAST_DAY, **place) == end


def test_an_embassy_is_where_its_address_is() -> None:
    assert at(LAST_DAY, country="DE", represents="KZ") == datetime(2019, 9, 27, 22, tzinfo=UTC)


def test_summer_time_counts() -> None:
    winter, summer = date(2021, 3, 27), date(2021, 3, 28)
    assert at(winter, timezone="Europe/Berlin") == datetime(2021, 3, 27, 23, tzinfo=UTC)
    assert at(summer, timezone="Europe/Berlin") == datetime(2021, 3, 28, 22, tzinfo=UTC)


def test_where_midnight_is_skipped_the_day_ends_when_the_clock_jumps() -> None:
    # 2021-03-28 began at 01:00 in Beirut.
    assert at(date(2021, 3, 27), timezone="Asia/Beirut") == datetime(2021, 3, 27, 22, tzinfo=UTC)


def test_where_midnight_comes_twice_the_first_one_ends_the_day() -> None:
    # On 2021-11-07 at 01:00 Havana went back to 00:00.
    assert at(date(2021, 11, 6), timezone="America/Havana") == datetime(2021, 11, 7, 4, tzinfo=UTC)


def test_the_rules_of_the_day_itself_count() -> None:
    # Kazakhstan took one zone, UTC+5, in March 2024.
    assert at(date(2024, 3, 31), timezone="Asia/Almaty") == datetime(2024, 3, 31, 19, tzinfo=UTC)
    assert at(date(2024, 2, 1), timezone="Asia/Almaty") == datetime(2024, 2, 1, 18, tzinfo=UTC)
