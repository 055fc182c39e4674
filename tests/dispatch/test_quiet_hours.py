"""Nothing rings at night where the target is: such messages wait, and are never refused for it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import Case, write_home
from uadispatch import Capabilities, Temporary
from uadispatch.dispatch.guards import Candidate, Facts, Quiet, ask
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

NIGHT = Capabilities(quiet_hours=(time(20), time(8)))
AT_3 = datetime(2019, 8, 19, 21, 0, tzinfo=UTC)
"""03:00 in Almaty, which was at UTC+6 in 2019."""
AT_8 = datetime(2019, 8, 20, 2, 0, tzinfo=UTC)

CAMPAIGN = """\
urgent_action: {number: 46/19, title: Charges, country: KZ, issued: 2019-08-16, deadline: DAY}
channels: [fake]
targets:
  - {id: astana, name: One, country: KZ, timezone: Asia/Almaty, email: one@example.org}
  - {id: washington, name: Two, timezone: America/New_York, email: two@example.org}
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""


def case_at(folder: Path, now: datetime, deadline: str = "2019-09-27") -> Case:
    case = Case(write_home(folder, text=CAMPAIGN.replace("DAY", deadline)), VirtualClock(now))
    case.channel.capabilities_given = NIGHT
    return case


def test_at_night_a_message_waits_and_another_country_is_served(tmp_path: Path) -> None:
    case = case_at(tmp_path, AT_3)
    ended = case.run()
    assert case.states() == {"astana": "planned", "washington": "accepted"}
    entry = case.entries()["astana"]
    assert entry.not_before == AT_8 == ended.next_due
    assert "it waits until 08:00 there (20 August 2019, 02:00 UTC)" in entry.reason
    assert ended.kept_back == {}
    assert list(ended.delayed.values()) == [1]


def test_a_run_that_waits_sends_it_in_the_morning(tmp_path: Path) -> None:
    case = case_at(tmp_path, AT_3)
    case.run(wait=True)
    assert case.states() == {"astana": "accepted", "washington": "accepted"}
    assert AT_8 <= case.clock.now() < AT_8 + timedelta(minutes=1)
    assert [message.target.id for message in case.channel.sent] == ["washington", "astana"]


def test_a_look_shows_it_as_planned_with_the_reason(tmp_path: Path) -> None:
    look = case_at(tmp_path, AT_3).look()
    assert [draft.target.id for draft in look.outgoing] == ["astana", "washington"]
    assert [draft.target.id for draft in look.due] == ["washington"]
    assert look.objections == []
    assert not look.all_refused


def test_only_at_night(tmp_path: Path) -> None:
    case = case_at(tmp_path, AT_8)
    assert [draft.target.id for draft in case.look().due] == ["astana"]
    case.run()
    assert case.states() == {"astana": "accepted", "washington": "planned"}


def test_other_hours_are_heeded_by_the_next_run(tmp_path: Path) -> None:
    case = case_at(tmp_path, AT_3)
    case.run()
    case.channel.capabilities_given = Capabilities()
    case.run()
    assert case.states()["astana"] == "accepted"


def test_a_night_that_outlasts_the_deadline_ends_it(tmp_path: Path) -> None:
    case = case_at(tmp_path, datetime(2019, 8, 20, 15, 0, tzinfo=UTC), deadline="2019-08-20")
    (draft, _) = case.look().everything
    assert draft.delay is not None
    assert draft.delay.reason.endswith("which is after its deadline: it will not go out")
    case.run(wait=True)
    assert case.states()["astana"] == "cancelled"


def test_a_retry_at_night_waits_for_the_morning_too(tmp_path: Path) -> None:
    case = case_at(tmp_path, datetime(2019, 8, 20, 13, 59, 30, tzinfo=UTC))
    case.channel.script("astana", Temporary("busy", retry_after=timedelta(minutes=5)))
    case.run(wait=True)
    sent = [message.at for message in case.channel.sent if message.target.id == "astana"]
    assert sent[0] == datetime(2019, 8, 20, 13, 59, 30, tzinfo=UTC)
    assert sent[1] == datetime(2019, 8, 21, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "guard"),
    [
        (Facts(now=AT_3, closed="over"), "closed"),
        (Facts(now=AT_3, unapproved="nobody has"), "not approved"),
        (Facts(now=AT_3), "quiet hours"),
    ],
)
def test_what_refuses_comes_before_what_delays(facts: Facts, guard: str) -> None:
    quiet = Quiet((time(20), time(8)), ("Asia/Almaty",))
    candidate = Candidate("t", "fax", "+7", AT_3 + timedelta(days=30), None, quiet)
    verdict = ask(candidate, facts)
    assert verdict is not None
    assert verdict.guard == guard
    assert (verdict.not_before == AT_8) is (guard == "quiet hours")
