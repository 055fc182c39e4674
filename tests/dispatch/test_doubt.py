"""What may have gone out stays in doubt until that is settled, also where it may be tried again.

A far end that drops a second message with the same key may be asked again. Until it has answered,
the first may be out all the same: nothing may call it cancelled, failed or unsent.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, targets, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.cli.common.exits import Code
from uadispatch.cli.common.running import exit_code
from uadispatch.dispatch.journal import Gist, Journal, JournalError
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError, OptedOut, Rejected, Temporary, Unavailable, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uadispatch.channels.message import Message, Receipt
    from uadispatch.dispatch.sending.engine import Engine

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
    assert not case.look().overview.outgoing
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
    assert not case.look().overview.outgoing
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


def test_what_cannot_be_composed_again_is_in_doubt_for_good(case: Case) -> None:
    """It keeps its snapshot, which another version may not be able to read: its matter alone."""
    case.run()
    case.file.write_text(case.file.read_text().replace("I am writing to you", "Otherwise"))
    later(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "snapshot_body", lambda *_: "{}")
        case.run()
    assert case.states() == {"official-0": "in_doubt"}
    assert "may have gone out" in case.entries()["official-0"].reason


def test_a_disk_that_fails_does_not_unsay_it(case: Case) -> None:
    def broken(*_: object) -> str:
        raise JournalError("disk I/O error")

    case.run()
    case.file.write_text(case.file.read_text().replace("I am writing to you", "Otherwise"))
    later(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "snapshot_body", broken)
        with pytest.raises(JournalError):
            case.run()
    state_fact(case, "closed")
    with case.journal() as journal:
        journal.cancel_ended(case.moment, by="Ann")
    assert case.states() == {"official-0": "in_doubt"}


def test_a_run_whose_own_far_end_drops_nothing_never_tries_it(tmp_path: Path) -> None:
    """It planned while the first run was at it, whose far end does drop doubles."""
    first = Case(write_home(tmp_path, count=1))
    first.channel.capabilities_given = DROPS_DOUBLES
    second = Case(first.file)
    second.clock = first.clock
    second.prepare()
    on_its_way, may_end = asyncio.Event(), asyncio.Event()

    async def unanswered(_: Message) -> Receipt:
        on_its_way.set()
        await may_end.wait()
        raise Unknown("no answer")

    first.channel.script("official-0", unanswered)

    async def both() -> None:
        running = asyncio.ensure_future(first.go())
        await on_its_way.wait()

        @contextmanager
        def when_planned(engine: Engine) -> Iterator[None]:
            go_on = engine.run

            async def then(*given: Any, **more: Any) -> Any:
                may_end.set()
                await running
                first.clock._now += timedelta(minutes=2)
                return await go_on(*given, **more)

            engine.run = then  # type: ignore[method-assign]
            yield

        await second.go(wait=True, watch=when_planned)

    asyncio.run(both())
    assert second.channel.sent == []
    assert first.states() == {"official-0": "in_doubt"}


def test_a_contact_that_was_mended_holds_it_until_a_person_has_resolved_it(case: Case) -> None:
    case.run()
    text = case.file.read_text()
    case.file.write_text(text.replace("official-0@example.org", "right@example.org"))
    later(case)
    assert not case.look().overview.outgoing
    case.run()
    assert case.channel.sent == []
    entry = case.entries()["official-0"]
    assert "its contact was changed" in (entry.held or "")
    with case.journal() as journal:
        journal.resolve([entry.key], sent=False, at=case.clock.now(), by="Ann")
    later(case)
    case.run()
    assert [message.to.value for message in case.channel.sent] == ["right@example.org"]
    assert case.entries()["official-0"].held is None


@pytest.mark.parametrize(("day", "goes"), [("2019-08-20", False), ("2019-12-31", True)])
def test_the_deadline_of_the_file_is_its_own(tmp_path: Path, day: str, goes: bool) -> None:
    month = timedelta(days=60)
    settings = {"retry_wait": month, "retry_longest": month, "give_up_after": month * 2}
    case = Case(write_home(tmp_path, count=1), settings=settings)
    case.channel.capabilities_given = DROPS_DOUBLES
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    case.file.write_text(case.file.read_text().replace("2019-09-27", day))
    later(case, days=61)
    assert bool(case.look().overview.due) == goes
    case.run(wait=True)
    assert bool(case.channel.sent) == goes


@pytest.mark.parametrize("sent", [True, False])
def test_being_held_ends_with_the_doubt(case: Case, sent: bool) -> None:
    case.run()
    text = case.file.read_text()
    case.file.write_text(text.replace(targets(1), targets(2).split("\n", 1)[1]))
    later(case)
    case.run()
    with case.journal() as journal:
        key = case.entries()["official-0"].key
        journal.resolve([key], sent=sent, at=case.clock.now(), by="Ann")
    case.file.write_text(text)
    later(case)
    ended = case.run()
    entry = case.entries()["official-0"]
    assert (entry.state, entry.held) == (State.ACCEPTED, None)
    entries = [entry for entry in case.entries().values() if entry.target == "official-0"]
    assert exit_code(ended, Gist.of(entries)) is Code.AS_ASKED


@pytest.mark.parametrize("how", ["closed", "expired"])
def test_a_run_does_not_wait_for_what_cannot_go_any_more(tmp_path: Path, how: str) -> None:
    hours = timedelta(hours=3)
    settings = {"retry_wait": hours, "retry_longest": hours}
    case = Case(write_home(tmp_path, count=1), settings=settings)
    case.channel.capabilities_given = DROPS_DOUBLES
    if how == "expired":
        case.clock._now = next(iter(case.look().everything)).expires_at - timedelta(minutes=1)

    async def unanswered(_: Message) -> Receipt:
        if how == "closed":
            state_fact(case, "closed")
        raise Unknown("no answer")

    case.channel.script("official-0", unanswered)
    began = case.clock.now()
    assert case.run(wait=True).tried == 1
    assert case.clock.now() - began < timedelta(minutes=5)
    assert case.states() == {"official-0": "in_doubt"}
