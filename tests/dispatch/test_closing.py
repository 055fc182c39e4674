"""Stops, closings and deadlines in the middle of a run: nothing more is claimed from then on."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from casekit import NOW, Case, Fax, fake_registry, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Handover, Message, Receipt
from uadispatch.dispatch.journal import Journal
from uadispatch.dispatch.recalling import Recalled, recall
from uadispatch.errors import Temporary
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
    asked: list[tuple[str, str | None]]
    gives_back: ClassVar[dict[str, Any]] = {
        "official-0": True, "official-1": False, "official-2": RuntimeError("x"),
    }  # fmt: skip

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        self.asked.append((message.target.id, receipt.id if receipt else None))
        answer = self.gives_back[message.target.id]
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)


def test_only_what_certainly_came_back_is_cancelled(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=5), kinds=(Held,))
    channel = case.channel
    assert isinstance(channel, Held)
    channel.asked = []
    for number in range(3):
        channel.script(f"official-{number}", Receipt(says="queued", id=f"id-{number}"))
    channel.script("official-3", Receipt(says="read", confirmed=True))
    channel.script("official-4", Temporary("busy"))
    case.run()
    with case.journal() as journal:
        found = asyncio.run(
            recall(journal, case.channels, fake_registry(Held), "46/19", clock=case.clock, by="Ann")
        )
    assert channel.asked == [(f"official-{number}", f"id-{number}") for number in range(3)]
    assert found == Recalled(back=1, gone=2)
    assert list(case.states().values()) == [
        "cancelled", "accepted", "accepted", "confirmed", "retry",
    ]  # fmt: skip


def void(_: object) -> None:
    """Where a result is nobody's concern."""
