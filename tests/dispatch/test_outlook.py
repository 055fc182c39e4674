"""How all that was handed over stands: what is counted, what waits, and since when what is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from casekit import NOW, Case, write_home
from uadispatch import Capabilities
from uadispatch.dispatch import journal as journals
from uadispatch.dispatch.distributed.orders import Order
from uadispatch.dispatch.distributed.outlook import Outlook, outlook
from uadispatch.dispatch.journal import Selection
from uadispatch.dispatch.news import Why
from uadispatch.dispatch.states import State
from uadispatch.errors import Temporary, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.dispatch.journal import Raw

NOBODY = Selection(channels=frozenset())
ORDER = Order(campaign="46/19", channels=frozenset({"fake"}))
HOUR = timedelta(hours=1)


def state(connection: Raw, by: str) -> None:
    journals.hand_over(connection, "46/19", ORDER.value, at=NOW, by=by)


def handed_over(folder: Path, count: int = 4) -> Case:
    """A campaign that was planned now, for workers to send."""
    case = Case(write_home(folder, count=count))
    case.run(selection=NOBODY, then=state)
    return case


def seen(case: Case, **spacings: timedelta) -> Outlook:
    with case.journal() as journal:
        return outlook(journal, case.clock, spacings)


def test_what_is_planned_is_due_since_it_was_planned(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.clock._now += HOUR
    found = seen(case)
    assert found.states == {("fake", State.PLANNED): 4}
    assert found.due_since == {"fake": NOW}
    assert (found.held, found.waits) == ({}, {})


def test_what_was_not_handed_over_is_not_counted(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    case.run(selection=NOBODY)
    assert seen(case) == Outlook()


def test_what_has_gone_out_is_due_no_more(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.channel.script("official-1", Temporary("busy", retry_after=2 * HOUR))
    case.run()
    case.clock._now += HOUR
    found = seen(case)
    assert found.states == {("fake", State.ACCEPTED): 3, ("fake", State.RETRY): 1}
    assert found.due_since == {}
    (again,) = case.rows("SELECT not_before FROM messages WHERE state = 'retry'")[0]
    until = datetime.fromtimestamp(again / 1_000_000, UTC)
    assert found.waits["fake", Why.LATER] == until
    case.clock._now = until + HOUR
    # It was not due before its time had come.
    assert seen(case).due_since == {"fake": until}


def test_what_is_kept_back_is_not_due(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.change("UPDATE messages SET held = 'look' WHERE target = 'official-0'")
    found = seen(case)
    assert found.held == {"fake": 1}
    assert found.due_since == {"fake": NOW}
    with case.journal() as journal:
        for kind, due in (("stopped", {}), ("resumed", {"fake": NOW}), ("closed", {})):
            journal.state_fact("46/19", kind, at=NOW, by="Ann", because="x")
            assert seen(case).due_since == due
            assert seen(case).states == {("fake", State.PLANNED): 4}


def test_the_night_is_waited_for(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.channel.capabilities_given = Capabilities(quiet_hours=(time(14), time(18)))
    case.run()  # 15:00 there
    found = seen(case)
    assert found.waits == {("fake", Why.QUIET_HOURS): NOW + 3 * HOUR}
    assert found.due_since == {}


def test_a_far_end_that_asks_for_a_pause_is_waited_for(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.channel.script("official-0", Unavailable("come later", retry_after=HOUR))
    case.run()
    found = seen(case)
    assert found.waits["fake", Why.ASKED] - NOW == HOUR
    case.clock._now += 2 * HOUR
    assert ("fake", Why.ASKED) not in seen(case).waits


def test_a_rate_is_waited_for_from_the_last_start(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.change("INSERT INTO paces (channel, last_start) VALUES ('fake', ?)", journals_time(NOW))
    assert seen(case).waits == {}
    assert seen(case, fake=HOUR).waits == {("fake", Why.RATE): NOW + HOUR}
    case.clock._now += HOUR
    assert seen(case, fake=HOUR).waits == {}


def test_the_claims_of_the_dead_are_in_doubt(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.change(
        "UPDATE messages SET state = 'claimed', owner = 'gone', attempts = 1 "
        "WHERE target = 'official-0'"
    )
    assert seen(case).states == {("fake", State.PLANNED): 3, ("fake", State.IN_DOUBT): 1}


def test_an_order_that_cannot_be_read_is_counted_and_no_more(tmp_path: Path) -> None:
    case = handed_over(tmp_path)
    case.change("UPDATE facts SET value = 'x' WHERE kind = 'handed_over'")
    found = seen(case)
    assert found.states == {("fake", State.PLANNED): 4}
    assert found.due_since == {}


def journals_time(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
