"""What a worker hears of its own runs, as it tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casekit import NOW
from uadispatch.dispatch.distributed.metrics import Heard
from uadispatch.dispatch.news import Delayed, Paused, Progress, Why
from uadispatch.dispatch.states import State

LATER = NOW + timedelta(minutes=5)


def progress(state: State, *, asked: bool = False) -> Progress:
    return Progress("email", "minister", state, "", asked)


def test_outcomes_are_counted_and_what_is_given_back_is_none() -> None:
    heard = Heard({"email"})
    before = heard.outcomes()
    for state in (State.ACCEPTED, State.PLANNED, State.ACCEPTED, State.WITH_PERSON):
        heard(progress(state))
    grown = heard.outcomes() - before
    assert grown == {("email", State.ACCEPTED): 2, ("email", State.WITH_PERSON): 1}
    assert set(before.values()) == {0}


@pytest.mark.parametrize("why", [Why.AWAY, Why.ASKED])
def test_a_breaker_is_open_until_its_time_or_a_message_that_gets_through(why: Why) -> None:
    heard = Heard({"email", "fax"})
    heard(Paused("email", LATER, "421 from mx.example.org", why))
    assert heard.away(NOW) == {"email"}
    assert heard.away(LATER) == set()
    heard(progress(State.RETRY))
    heard(progress(State.ACCEPTED, asked=True))
    assert heard.away(NOW) == {"email"}
    heard(progress(State.ACCEPTED))
    assert heard.away(NOW) == set()


def test_a_rate_opens_no_breaker() -> None:
    heard = Heard({"email"})
    heard(Paused("email", LATER, "30/minute", Why.RATE))
    heard(Delayed("email", 3, LATER, Why.QUIET_HOURS))
    assert heard.away(NOW) == set()
