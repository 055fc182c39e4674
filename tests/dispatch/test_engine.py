"""The engine over the fake channel: what is sent, what is recorded, and in which state it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, interrupt_after, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Handover, Message, Receipt
from uadispatch.dispatch.journal import Selection
from uadispatch.dispatch.news import Progress
from uadispatch.errors import (
    ConfigError,
    OptedOut,
    Rejected,
    Temporary,
    Unknown,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(write_home(tmp_path, count=3))


def test_every_message_is_sent_once_and_accepted(case: Case) -> None:
    case.run()
    assert [message.target.id for message in case.channel.sent] == [
        "official-0",
        "official-1",
        "official-2",
    ]
    assert set(case.states().values()) == {"accepted"}


def test_a_second_run_sends_nothing_more(case: Case) -> None:
    case.run()
    case.prepare()
    case.run()
    assert case.channel.sent == []


def test_a_moved_campaign_file_is_the_same_campaign(case: Case, tmp_path: Path) -> None:
    case.run()
    moved = tmp_path / "deeper" / "other-name.yaml"
    moved.parent.mkdir()
    case.file.rename(moved)
    again = Case(moved)
    again.run()
    assert again.channel.sent == []


def test_a_new_round_is_sent_again(case: Case) -> None:
    case.run()
    case.file.write_text("round: 2\n" + case.file.read_text())
    case.prepare()
    case.run()
    assert len(case.channel.sent) == 3
    assert len({message.key for message in case.channel.sent}) == 3


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Receipt(says="taken"), "accepted"),
        (Receipt(says="read", confirmed=True), "confirmed"),
        (Handover(links=("https://example.org",)), "with_person"),
        (Temporary("busy"), "retry"),
        (Rejected("no such mailbox"), "failed"),
        (OptedOut("no more"), "failed"),
        (Unknown("no answer"), "in_doubt"),
        (ValueError("a fault of the plugin"), "in_doubt"),
        (ConfigError("wrong password"), "planned"),
    ],
)
def test_each_answer_ends_in_its_state(case: Case, answer: object, state: str) -> None:
    case.channel.script("official-1", answer)  # type: ignore[arg-type]
    case.run()
    assert case.states()["official-1"] == state


def test_a_fault_of_a_plugin_stops_nobody_else(case: Case) -> None:
    case.channel.script("official-0", KeyError("x"))
    case.run()
    assert case.states() == {
        "official-0": "in_doubt",
        "official-1": "accepted",
        "official-2": "accepted",
    }


def test_the_text_of_a_plugins_fault_is_not_kept(case: Case) -> None:
    case.channel.script("official-0", KeyError("token=abc"))
    case.run()
    reason = case.entries()["official-0"].reason
    assert "KeyError" in reason
    assert "abc" not in reason


def test_doubt_is_never_sent_again(case: Case) -> None:
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    case.clock = type(case.clock)(NOW + timedelta(days=3))
    case.prepare()
    case.run()
    assert case.channel.sent == []


def test_doubt_is_tried_again_where_the_far_end_drops_doubles(case: Case) -> None:
    case.channel.capabilities_given = Capabilities(idempotent=True)
    case.channel.script("official-0", Unknown("no answer"))
    case.run(wait=True)
    assert case.states()["official-0"] == "accepted"
    assert case.entries()["official-0"].attempts == 2


def test_a_wrong_password_stops_the_channel_and_costs_no_try(case: Case) -> None:
    case.channel.script("official-0", ConfigError("the password is wrong"))
    ended = case.run()
    assert [stopped.says for stopped in ended.stopped] == ["the password is wrong"]
    assert set(case.states().values()) == {"planned"}
    assert len(case.channel.sent) == 1
    assert case.entries()["official-0"].attempts == 0


def test_a_temporary_failure_waits_for_its_time(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    ended = case.run()
    assert ended.next_due == NOW + timedelta(minutes=1)
    assert case.entries()["official-0"].not_before == NOW + timedelta(minutes=1)
    case.prepare()
    case.run()
    assert case.channel.sent == []


def test_a_retry_time_survives_a_restart(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    case.run()
    later = Case(case.file, clock=type(case.clock)(NOW + timedelta(minutes=2)))
    later.run()
    assert [message.target.id for message in later.channel.sent] == ["official-0"]
    assert later.states()["official-0"] == "accepted"


def test_waiting_tries_until_it_is_taken(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"), Temporary("busy"))
    ended = case.run(wait=True)
    assert ended.next_due is None
    assert case.states()["official-0"] == "accepted"
    assert case.clock.now() == NOW + timedelta(minutes=1 + 2)


def test_a_wait_that_the_far_end_asks_for_is_kept(case: Case) -> None:
    case.channel.script("official-0", Temporary("later", retry_after=timedelta(hours=5)))
    assert case.run().next_due == NOW + timedelta(hours=5)


def test_it_gives_up_after_the_last_try(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"attempts": 3})
    case.channel.script("official-0", *[Temporary("busy")] * 9)
    case.run(wait=True)
    entry = case.entries()["official-0"]
    assert (entry.state, entry.attempts) == ("failed", 3)
    assert entry.reason == "given up after 3 tries: busy"


def test_no_more_are_under_way_than_the_window(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=40), concurrency=7)

    async def slowly(message: Message) -> Receipt:
        for _ in range(int(message.target.id[-1]) + 1):
            await asyncio.sleep(0)
        return Receipt(says="taken")

    for number in range(40):
        case.channel.script(f"official-{number}", slowly)
    case.run()
    assert 1 < case.channel.most_at_once <= 7
    assert set(case.states().values()) == {"accepted"}


def test_what_is_claimed_and_unrecorded_is_never_more_than_the_window(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=30), concurrency=5)
    most = 0

    async def count(_: Message) -> Receipt:
        nonlocal most
        most = max(most, list(case.states().values()).count("claimed"))
        return Receipt(says="taken")

    for number in range(30):
        case.channel.script(f"official-{number}", count)
    case.run()
    assert 1 <= most <= 5


def test_a_claim_is_in_the_journal_before_its_send_begins(case: Case) -> None:
    found: list[str] = []

    async def look(_: Message) -> Receipt:
        found.append(case.states()["official-0"])
        return Receipt(says="taken")

    case.channel.script("official-0", look)
    case.run()
    assert found == ["claimed"]


def test_a_limit_bounds_the_tries(case: Case) -> None:
    case.run(limit=1)
    assert len(case.channel.sent) == 1
    case.prepare()
    case.run()
    assert len(case.channel.sent) == 2


def test_a_limit_is_not_used_up_by_what_is_kept_back(case: Case) -> None:
    case.run(limit=1)
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", target="official-1", at=NOW, by="Ann")
    case.prepare()
    case.run(limit=1)
    assert [message.target.id for message in case.channel.sent] == ["official-2"]


def test_only_the_selected_targets_are_sent_to(case: Case) -> None:
    case.run(selection=Selection(targets=frozenset({"official-2"})))
    assert [message.target.id for message in case.channel.sent] == ["official-2"]
    assert case.states()["official-0"] == "planned"


def test_an_interrupt_finishes_what_is_on_its_way(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=10), concurrency=2)
    ended = case.run(watch=interrupt_after(4, case))
    states = list(case.states().values())
    assert ended.interrupted
    assert set(states) == {"accepted", "planned"}
    assert states.count("accepted") == len(case.channel.sent) < 10
    case.prepare()
    case.run()
    assert set(case.states().values()) == {"accepted"}


def test_the_channels_are_closed_however_it_ends(case: Case) -> None:
    case.channel.script("official-0", ConfigError("wrong"))
    case.run()
    assert case.channel.closed


def test_a_message_that_the_channel_refuses_is_listed_with_its_reason(case: Case) -> None:
    case.channel.reject("official-1", "too long")
    case.run()
    entry = case.entries()["official-1"]
    assert (entry.state, entry.reason) == ("refused", "too long")
    assert len(case.channel.sent) == 2


def test_an_opt_out_holds_for_later_rounds_and_campaigns(case: Case) -> None:
    case.channel.script("official-0", OptedOut("no more, please"))
    case.run()
    other = case.file.read_text().replace("46/19", "47/19")
    case.file.write_text(other)
    case.prepare()
    case.run()
    assert "official-0" not in {message.target.id for message in case.channel.sent}


def test_every_move_is_audited_with_the_contact_that_was_used(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy", code="450"))
    case.run(wait=True)
    rows = case.rows(
        'SELECT m.before, m.after, m.attempt, m."to", m.code FROM moves m '
        "JOIN messages ON messages.id = m.message "
        "WHERE messages.target = 'official-0' ORDER BY m.id"
    )
    contact = "official-0@example.org"
    assert rows == [
        (None, "planned", 0, contact, None),
        ("planned", "claimed", 1, contact, None),
        ("claimed", "retry", 1, contact, "450"),
        ("retry", "claimed", 2, contact, None),
        ("claimed", "accepted", 2, contact, None),
    ]


def test_progress_is_told_for_each_message(case: Case) -> None:
    case.channel.script("official-0", Rejected("no such mailbox"))
    case.run()
    told = [news for news in case.seen if isinstance(news, Progress)]
    assert [(seen.state, seen.reason) for seen in told] == [
        ("failed", "no such mailbox"),
        ("accepted", "taken"),
        ("accepted", "taken"),
    ]


def test_two_runs_at_once_send_everything_once(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=30)
    first, second = Case(file, concurrency=3), Case(file, concurrency=3)

    async def both() -> None:
        await asyncio.gather(asyncio.to_thread(first.run), asyncio.to_thread(second.run))

    asyncio.run(both())
    sent = [message.key for message in first.channel.sent + second.channel.sent]
    assert len(sent) == len(set(sent)) == 30


def test_a_run_that_waits_cancels_what_its_deadline_ends_without_waiting_longer(
    tmp_path: Path,
) -> None:
    case = Case(write_home(tmp_path, count=2), settings={"give_up_after": timedelta(days=200)})
    case.channel.script("official-0", Temporary("on holiday", retry_after=timedelta(days=100)))
    ended = case.run(wait=True)
    assert case.states() == {"official-0": "cancelled", "official-1": "accepted"}
    assert case.clock.now() == case.entries()["official-0"].expires_at
    assert sum(ended.cancelled.values()) == 1
