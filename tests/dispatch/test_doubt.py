"""What may have gone out stays in doubt until that is settled, also where it may be tried again.

A far end that drops a second message with the same key may be asked again. Until it has answered,
the first may be out all the same: nothing may call it cancelled, failed or unsent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, targets, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError, OptedOut, Rejected, Temporary, Unavailable, Unknown

if TYPE_CHECKING:
    from pathlib import Path

DROPS_DOUBLES = Capabilities(idempotent=True)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """One message, whose first try is never answered."""
    case = Case(write_home(tmp_path, count=1))
    case.channel.capabilities_given = DROPS_DOUBLES
    case.channel.script("official-0", Unknown("no answer"))
    return case


def later(case: Case, *, days: float = 0.1) -> None:
    """Let the time of the next try come, for another start of the program."""
    case.clock = type(case.clock)(case.clock.now() + timedelta(days=days))
    script = case.channel._scripts
    case.prepare()
    case.channel.capabilities_given = DROPS_DOUBLES
    case.channel._scripts = script


def state_fact(case: Case, kind: str) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", kind, at=case.clock.now(), by="Ann", because="he is free")


def test_it_is_in_doubt_until_it_is_answered(case: Case) -> None:
    ended = case.run()
    assert case.states() == {"official-0": "in_doubt"}
    assert ended.next_due == NOW + timedelta(minutes=1)
    assert case.run().tried == 0
    later(case)
    assert [draft.key for draft in case.look().due] == [case.entries()["official-0"].key]
    case.run()
    with case.journal() as journal:
        story = journal.story("46/19", case.entries()["official-0"].key)
    assert [move.after for move in story.moves] == [
        "planned", "claimed", "in_doubt", "planned", "claimed", "accepted",
    ]  # fmt: skip
    assert [message.key for message in case.channel.sent] == [story.entry.key]


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        (Temporary("busy"), True),
        (Unavailable("away"), True),
        (Unknown("no answer"), True),
        (ConfigError("wrong password"), True),
        (Rejected("no such user", contact=True), False),
        (OptedOut("no more"), False),
        (ZeroDivisionError(), False),
    ],
)
def test_no_failure_of_a_later_try_says_anything_of_the_first(
    case: Case, answer: Exception, again: bool
) -> None:
    case.channel.script("official-0", answer)
    case.run()
    later(case)
    case.run()
    entry = case.entries()["official-0"]
    assert (entry.state, entry.goes_again) == (State.IN_DOUBT, again)
    later(case, days=1)
    case.run()
    assert case.states() == {"official-0": "accepted" if again else "in_doubt"}


def test_a_template_that_was_lost_says_nothing_of_it_either(case: Case) -> None:
    case.run()
    later(case)
    case.channel.reject("official-0", "too long by now")
    case.run()
    assert case.states() == {"official-0": "in_doubt"}
    assert "may have gone out" in case.entries()["official-0"].reason


def test_given_up_it_is_in_doubt_for_good(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"attempts": 2})
    case.channel.capabilities_given = DROPS_DOUBLES
    case.channel.script("official-0", Unknown("no answer"), Temporary("busy"))
    case.run(wait=True)
    entry = case.entries()["official-0"]
    assert (entry.state, entry.goes_again, entry.attempts) == (State.IN_DOUBT, False, 2)


@pytest.mark.parametrize("when", ["before the next run", "in the next run"])
def test_a_closing_does_not_call_it_cancelled(case: Case, when: str) -> None:
    case.run()
    state_fact(case, "closed")
    if when == "before the next run":
        with case.journal() as journal:
            journal.cancel_ended(case.moment, by="Ann")
    later(case)
    assert case.look().all_refused
    case.run()
    assert case.states() == {"official-0": "in_doubt"}
    assert case.channel.sent == []


def test_after_the_deadline_it_is_in_doubt_and_not_sent(case: Case) -> None:
    case.run()
    later(case, days=60)
    assert not case.look().outgoing
    case.run(wait=True)
    assert case.states() == {"official-0": "in_doubt"}
    assert case.channel.sent == []


def test_a_stop_keeps_it_back(case: Case) -> None:
    case.run()
    state_fact(case, "stopped")
    later(case)
    case.run()
    assert case.channel.sent == []
    state_fact(case, "resumed")
    case.run()
    assert case.states() == {"official-0": "accepted"}


def test_it_is_held_while_its_target_is_not_in_the_file(case: Case) -> None:
    case.run()
    text = case.file.read_text()
    case.file.write_text(text.replace(targets(1), targets(3).split("\n", 1)[1]))
    later(case)
    case.run()
    assert case.states()["official-0"] == "in_doubt"
    assert "no longer in the campaign file" in (case.entries()["official-0"].held or "")
    case.file.write_text(text)
    later(case)
    case.run()
    assert case.states()["official-0"] == "accepted"


def test_another_far_end_that_drops_nothing_is_not_tried(case: Case) -> None:
    case.run()
    later(case)
    case.channel.capabilities_given = Capabilities()
    assert not case.look().outgoing
    case.run()
    assert case.states() == {"official-0": "in_doubt"}
    case.channel.capabilities_given = DROPS_DOUBLES  # too late: nobody knows which one was asked
    case.run()
    assert case.states() == {"official-0": "in_doubt"}


def test_what_was_edited_meanwhile_does_not_change_it(case: Case) -> None:
    """The far end drops what has the same key, so it must be the same message."""
    case.run()
    case.file.write_text(case.file.read_text().replace("I am writing to you", "Otherwise"))
    later(case)
    case.run()
    (message,) = case.channel.sent
    assert "I am writing to you" in message.body
