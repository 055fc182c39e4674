"""Stops, closings and deadlines in the middle of a run: nothing more is claimed from then on."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, Fax, interrupt_after, write_home
from uadispatch.campaign.values import Contact
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Handover, Message, Receipt
from uadispatch.dispatch.followup.recalling import Recalled, recall
from uadispatch.dispatch.journal import Journal, JournalError, Selection
from uadispatch.dispatch.news import Recalling
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.errors import Temporary
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uadispatch.dispatch.snapshot import Snapshot


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(write_home(tmp_path, count=5))


def when_sending(case: Case, number: int, do: Callable[[], None], answer: Any = None) -> None:
    """Let `do` happen while the message to that official is on its way."""

    async def send(_: Message) -> Any:
        do()
        if isinstance(answer, Exception):
            raise answer
        return answer or Receipt(says="taken")

    case.channel.script(f"official-{number}", send)


def state(case: Case, kind: str, **more: Any) -> None:
    """What another process would write: with a connection of its own."""
    with Journal(case.url, write=True) as journal:
        journal.state_fact("46/19", kind, at=NOW, by="Ann", **more)


def sent(case: Case) -> list[str]:
    return [message.target.id for message in case.channel.sent]


def write_status(case: Case, status: str = "closed") -> str:
    """The campaign file with that status."""
    return case.file.read_text().replace("  deadline:", f"  status: {status}\n  deadline:")


# Stops.


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ({}, {1, 2, 3, 4}),
        ({"channel": "fake"}, {1, 2, 3, 4}),
        ({"target": "official-3"}, {3}),
        ({"target": "official-3", "channel": "fake"}, {3}),
        ({"target": "official-3", "channel": "fax"}, set()),
        ({"channel": "fax"}, set()),
    ],
)
@pytest.mark.parametrize("thread", [False, True])
def test_a_stop_in_mid_run_counts_from_the_next_claim_on(
    case: Case, scope: dict[str, str], kept: set[int], thread: bool
) -> None:
    def stop() -> None:
        state(case, "stopped", because="wait", **scope)

    def beside() -> None:
        other = threading.Thread(target=stop)
        other.start()
        other.join(30)

    when_sending(case, 0, beside if thread else stop)
    ended = case.run()
    assert sent(case) == [f"official-{n}" for n in range(5) if n not in kept]
    assert ended.kept_back == ({"stopped by Ann: wait": len(kept)} if kept else {})
    state(case, "resumed", **scope)
    case.prepare()
    case.run()
    assert sent(case) == [f"official-{n}" for n in sorted(kept)]


def test_a_stop_of_one_channel_leaves_the_others(tmp_path: Path) -> None:
    file = write_home(tmp_path, count=3, channels="fake, fax")
    case = Case(file, kinds=(FakeChannel, Fax))
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", channel="fake")
    case.run()
    assert case.states_by_channel() == {"fake": {"planned"}, "fax": {"accepted"}}


# Closings.


def test_a_closing_in_mid_run_cancels_the_rest(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    case.channel.script("official-1", Handover(links=("https://example.org",)))
    when_sending(case, 2, lambda: state(case, "closed", because="he is free"))
    ended = case.run()
    assert sent(case) == ["official-0", "official-1", "official-2"]
    assert list(case.states().values()) == [
        "cancelled", "cancelled", "accepted", "cancelled", "cancelled",
    ]  # fmt: skip
    assert ended.cancelled == {"the campaign is closed: he is free": 4}


@pytest.mark.parametrize(
    "answer", [Temporary("busy"), Handover(links=("https://example.org",))]
)  # fmt: skip
def test_what_comes_back_after_the_closing_is_cancelled_too(tmp_path: Path, answer: Any) -> None:
    """It was on its way when the person closed, and nothing else is left to claim."""
    case = Case(write_home(tmp_path, count=1))

    def close() -> None:
        state(case, "closed", because="he is free")
        with case.journal() as journal:
            journal.cancel_ended(case.moment, by="Ann")

    when_sending(case, 0, close, answer)
    ended = case.run()
    assert case.states() == {"official-0": "cancelled"}
    assert sum(ended.cancelled.values()) == 1
    assert ended.next_due is None


def test_a_patient_run_ends_with_the_closing(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy", retry_after=timedelta(days=3)))
    when_sending(case, 4, lambda: state(case, "closed", because="he is free"))
    case.run(wait=True)
    assert case.states()["official-0"] == "cancelled"
    assert case.clock.now() == NOW


@pytest.mark.parametrize("how", ["written", "replaced", "half and then whole", "removed before"])
def test_a_file_that_is_closed_in_mid_run_cancels_the_rest(case: Case, how: str) -> None:
    closed = write_status(case)

    def half() -> None:
        case.file.write_text(closed[: len(closed) // 2])

    def close() -> None:
        if how == "replaced":
            new = case.file.with_suffix(".new")
            new.write_text(closed)
            new.replace(case.file)
        else:
            case.file.write_text(closed)

    case.channel.script("official-0", Temporary("busy"))
    if how == "half and then whole":
        when_sending(case, 1, half)
    if how == "removed before":
        when_sending(case, 1, case.file.unlink)
    when_sending(case, 2, close)
    ended = case.run()
    assert sent(case) == ["official-0", "official-1", "official-2"]
    assert list(case.states().values()) == [
        "cancelled", "accepted", "accepted", "cancelled", "cancelled",
    ]  # fmt: skip
    assert ended.cancelled == {"the campaign is closed: its file says `status: closed`": 3}


def test_a_file_that_is_closed_during_the_last_send_ends_what_waits(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    when_sending(case, 4, lambda: void(case.file.write_text(write_status(case))))
    ended = case.run()
    assert case.states()["official-0"] == "cancelled"
    assert ended.next_due is None


@pytest.mark.parametrize("text", ["", "urgent_action: {", "\0", "a document"])
def test_a_file_that_cannot_be_read_says_nothing_new(case: Case, text: str) -> None:
    when_sending(case, 0, lambda: void(case.file.write_text(text)))
    case.run()
    assert set(case.states().values()) == {"accepted"}


def test_a_file_that_is_gone_says_nothing_new(case: Case) -> None:
    when_sending(case, 0, case.file.unlink)
    case.run()
    assert set(case.states().values()) == {"accepted"}


def test_what_was_closed_stays_cancelled_when_it_is_opened_again(case: Case) -> None:
    when_sending(case, 1, lambda: state(case, "closed", because="he is free"))
    case.run()
    state(case, "reopened", because="arrested again")
    case.prepare()
    case.run()
    assert sent(case) == []
    case.file.write_text("round: 2\n" + case.file.read_text())
    case.prepare()
    case.run()
    assert len(sent(case)) == 5


# Deadlines.


def test_a_deadline_that_passes_in_mid_run_cancels_the_rest(case: Case) -> None:
    last = case.file.read_text().replace("Asia/Almaty", "America/New_York", 1)
    case.file.write_text(last)
    case.prepare()
    case.channel.script("official-1", Temporary("busy"))
    case.run(limit=2)
    later = case.entries()["official-1"].expires_at
    case.prepare()

    def pass_the_deadline() -> None:
        case.clock._now = later

    when_sending(case, 2, pass_the_deadline)
    case.run()
    assert list(case.states().values()) == [
        "accepted", "cancelled", "accepted", "cancelled", "cancelled",
    ]  # fmt: skip
    assert later < case.entries()["official-0"].expires_at


def test_the_last_moment_is_not_too_late_and_the_next_one_is(case: Case) -> None:
    case.run(limit=1)
    expires_at = case.entries()["official-1"].expires_at
    case.clock._now = expires_at - timedelta(microseconds=1)
    case.prepare()
    case.run(limit=1)
    assert sent(case) == ["official-1"]
    case.clock._now = expires_at
    case.prepare()
    case.run()
    assert sent(case) == []


# Taking back.


class Held(FakeChannel):
    """Its service holds what it took, and gives some of it back."""

    capabilities_given = Capabilities(recalls=True)

    def __init__(self, settings: Any, tools: Any) -> None:
        super().__init__(settings, tools)
        self.asked: list[tuple[str, str | None]] = []
        self.gives_back: dict[str, Any] = {
            "official-0": True, "official-1": False, "official-2": SystemExit("x"),
        }  # fmt: skip

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        self.asked.append((message.target.id, receipt.id if receipt else None))
        answer = self.gives_back[message.target.id]
        if isinstance(answer, BaseException):
            raise answer
        return bool(await answer(message) if callable(answer) else answer)


async def never(_: Message) -> bool:
    return await asyncio.Event().wait()


def held(folder: Path, count: int, **more: Any) -> tuple[Case, Held]:
    """A campaign of `count` over a channel whose service holds what it took."""
    case = Case(write_home(folder, count=count), kinds=(Held,), **more)
    assert isinstance(case.channel, Held)
    return case, case.channel


def test_only_what_certainly_came_back_is_cancelled(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 5)
    for number in range(3):
        channel.script(f"official-{number}", Receipt(says="queued", id=f"id-{number}"))
    channel.script("official-3", Receipt(says="read", confirmed=True))
    channel.script("official-4", Temporary("busy"))
    case.run()
    with case.journal() as journal:
        found = asyncio.run(recall(journal, case.channels, "46/19", clock=case.clock, by="Ann"))
    assert channel.asked == [(f"official-{number}", f"id-{number}") for number in range(3)]
    assert found == Recalled(back=1, gone=2)
    assert list(case.states().values()) == [
        "cancelled", "accepted", "accepted", "confirmed", "retry",
    ]  # fmt: skip


def test_what_was_on_its_way_at_the_closing_is_asked_back_too(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 2)
    taken = Receipt(says="queued", id="1")
    when_sending(case, 0, lambda: state(case, "closed", because="he is free"), taken)
    ended = case.run()
    assert channel.asked == [("official-0", "1")]
    assert ended.recalled == Recalled(back=1)
    assert case.seen[-1] == Recalling(1)
    assert case.states() == {"official-0": "cancelled", "official-1": "cancelled"}
    entry = case.entries()["official-0"]
    assert entry.reason == "its service gave it back after the closing"


def test_a_file_that_is_closed_in_mid_run_has_everything_asked_back(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 5)
    case.run(limit=1)
    case.prepare()
    again = case.channel
    assert isinstance(again, Held)
    when_sending(case, 2, lambda: void(case.file.write_text(write_status(case))))
    ended = case.run(selection=Selection(targets=frozenset({"official-1", "official-2"})))
    assert channel.asked == []
    assert [target for target, _ in again.asked] == ["official-0", "official-1", "official-2"]
    assert ended.recalled == Recalled(back=1, gone=2)
    assert list(case.states().values())[:3] == ["cancelled", "accepted", "accepted"]


def test_nothing_is_asked_back_while_the_campaign_is_open(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 2)
    ended = case.run()
    assert channel.asked == []
    assert ended.recalled == Recalled()


def test_a_run_that_is_interrupted_still_asks(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 2)
    when_sending(case, 0, lambda: state(case, "closed", because="he is free"))
    ended = case.run(watch=interrupt_after(1, case))
    assert ended.interrupted
    assert [target for target, _ in channel.asked] == ["official-0"]
    assert ended.recalled == Recalled(back=1)


def test_a_rehearsal_asks_for_what_went_to_the_tester(tmp_path: Path) -> None:
    """Not for the official's, which this run has never sent."""
    case, channel = held(tmp_path, 1)
    asked: list[Message] = []

    async def give(message: Message) -> bool:
        asked.append(message)
        return True

    channel.gives_back = dict.fromkeys(channel.gives_back, give)
    tester = Contact(value="tester@example.org", written="tester@example.org")

    def compose(snapshot: Snapshot) -> Composer:
        return Composer(snapshot, reference_prefix="rehearsal-", routes={"fake": tester})

    when_sending(case, 0, lambda: state(case, "closed", because="he is free"))
    case.run(compose=compose)
    [message] = asked
    assert message.to is tester
    assert message.reference.startswith("rehearsal-")


async def recall_within(case: Case, seconds: float) -> Recalled:
    with case.journal() as journal:
        return await recall(
            journal, case.channels, "46/19", clock=case.clock, by="Ann", patience=seconds
        )


def test_a_service_that_never_answers_costs_one_wait(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 4)
    channel.gives_back["official-1"] = never
    case.run()
    assert asyncio.run(recall_within(case, 0.01)) == Recalled(back=1, gone=3, silent=("fake",))
    assert [target for target, _ in channel.asked] == ["official-0", "official-1"]
    assert list(case.states().values()) == ["cancelled", "accepted", "accepted", "accepted"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_service_is_asked_for_no_more_at_once_than_it_is_sent(
    tmp_path: Path, concurrency: int
) -> None:
    case, channel = held(tmp_path, 6, concurrency=concurrency)
    case.run()
    now: list[str] = []
    most = 0

    async def give(message: Message) -> bool:
        nonlocal most
        now.append(message.target.id)
        most = max(most, len(now))
        await asyncio.sleep(0)
        now.remove(message.target.id)
        return True

    channel.gives_back = dict.fromkeys(case.states(), give)
    assert asyncio.run(recall_within(case, 60)) == Recalled(back=6)
    assert most == concurrency


def test_what_another_process_got_back_is_not_called_gone(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 1)
    case.run()

    async def give(message: Message) -> bool:
        with Journal(case.url, write=True) as journal:
            journal.take_back(message.key, 1, reason="it came back", at=NOW, by="Bert")
        return False

    channel.gives_back = dict.fromkeys(channel.gives_back, give)
    assert asyncio.run(recall_within(case, 60)) == Recalled()
    assert case.states() == {"official-0": "cancelled"}


def test_a_journal_that_takes_nothing_more_ends_the_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came back could not be recorded: the fewer the better."""
    case, channel = held(tmp_path, 3)
    case.run()
    channel.gives_back["official-1"] = True

    def full(*_: object, **__: object) -> bool:
        raise JournalError("the disk is full")

    monkeypatch.setattr(Journal, "take_back", full)
    with pytest.raises(JournalError, match="the disk is full"):
        asyncio.run(recall_within(case, 60))
    assert [target for target, _ in channel.asked] == ["official-0"]


def test_a_person_who_leaves_does_not_wait_for_a_service(tmp_path: Path) -> None:
    case, channel = held(tmp_path, 1)
    case.run()
    began = asyncio.Event()

    async def give(message: Message) -> bool:
        began.set()
        return await never(message)

    channel.gives_back["official-0"] = give

    async def leave() -> None:
        asking = asyncio.create_task(recall_within(case, 60))
        await began.wait()
        asking.cancel()
        await asking

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    assert case.states() == {"official-0": "accepted"}


def void(_: object) -> None:
    """Where a result is nobody's concern."""
