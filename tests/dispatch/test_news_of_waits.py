"""What a run tells of its waits: which channel, until when, and for what."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from uadispatch import Capabilities
from uadispatch.dispatch.news import Delayed, Paused, Progress, Why
from uadispatch.errors import Temporary, Unavailable
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.errors import DeliveryError

SECOND = timedelta(seconds=1)
AT_3 = datetime(2019, 8, 19, 21, 0, tzinfo=UTC)
"""03:00 in Almaty, where all targets are."""
AT_8 = datetime(2019, 8, 20, 2, 0, tzinfo=UTC)


def failing(case: Case, *errors: DeliveryError) -> None:
    """Let the first tries fail so."""
    left = list(errors)
    send = case.channel.send

    async def fail(message: object) -> object:
        if left:
            raise left.pop(0)
        return await send(message)  # type: ignore[arg-type] # it is one

    case.channel.send = fail  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Unavailable("nobody answers"), Why.AWAY),
        (Unavailable("429", retry_after=20 * SECOND), Why.ASKED),
    ],
)
def test_a_far_end_that_is_away_is_told_from_one_that_asks_for_a_pause(
    tmp_path: Path, error: Unavailable, why: Why
) -> None:
    case = Case(write_home(tmp_path, count=3))
    failing(case, error)
    case.run()
    paused = [news for news in case.seen if isinstance(news, Paused)]
    assert [(news.channel, news.why, news.says) for news in paused[:1]] == [
        ("fake", why, error.reason)
    ]


def test_the_next_run_knows_that_the_pause_was_asked_for(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=3)
    first = Case(file)
    failing(first, Unavailable("429", retry_after=3600 * SECOND))
    first.run()
    second = Case(file)
    ended = second.run()
    assert [(left.why, left.says) for left in ended.paused] == [(Why.ASKED, "429")]


def test_a_channel_that_keeps_to_its_rate_waits_for_that(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=2), settings={"rate": "6/minute"})
    case.run()
    (paused,) = [news for news in case.seen if isinstance(news, Paused)]
    assert (paused.channel, paused.why, paused.says) == ("fake", Why.RATE, "")
    assert 9 * SECOND < paused.until - NOW < 11 * SECOND


def test_the_night_delays_some_of_a_channel_and_is_told(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=3), VirtualClock(AT_3))
    case.channel.capabilities_given = Capabilities(quiet_hours=(time(20), time(8)))
    case.run()
    (delayed,) = [news for news in case.seen if isinstance(news, Delayed)]
    assert (delayed.channel, delayed.number, delayed.until) == ("fake", 3, AT_8)
    assert delayed.why is Why.QUIET_HOURS


def test_a_run_that_stays_tells_what_it_stays_for(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=3), VirtualClock(AT_3))
    case.channel.capabilities_given = Capabilities(quiet_hours=(time(20), time(8)))
    failing(case, Temporary("the line is busy"))
    case.run(wait=True)
    told = [(news.why, news.number) for news in case.seen if isinstance(news, Delayed)]
    assert told == [(Why.QUIET_HOURS, 3), (Why.LATER, 1)]
    assert set(case.states().values()) == {"accepted"}


def test_a_message_is_told_of_with_its_key_and_the_far_ends_code(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=2))
    failing(case, Temporary("busy", code="450"))
    case.run()
    told = {news.key: (news.state, news.code) for news in case.seen if isinstance(news, Progress)}
    assert told == {
        entry.key: (entry.state, "450" if entry.state == "retry" else None)
        for entry in case.entries().values()
    }


def test_looking_tells_how_far_it_is(tmp_path: Path) -> None:
    from uadispatch.dispatch.journal import Selection
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.looking import look

    case = Case(write_home(tmp_path, count=120))
    told: list[tuple[int, int]] = []
    look(
        case.prepared, Composer(case.prepared.snapshot), case.url, case.moment, Selection(),
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(50, 120), (100, 120), (120, 120)]
