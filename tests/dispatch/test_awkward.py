"""What must hold when a channel, a plugin, the clock or another process is awkward."""

from __future__ import annotations

import asyncio
import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, write_home
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal import Journal, Selection, consult, journal_url
from uadispatch.errors import ConfigError, Rejected, Temporary, Unknown
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(write_home(tmp_path, count=4), concurrency=4)


async def _cancelled(_: Message) -> Receipt:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Temporary("caf\udce9"), "retry"),
        (Temporary("nul \0 inside"), "retry"),
        (Temporary("later", retry_after=timedelta(days=4_000_000)), "retry"),
        (Receipt(says="caf\udce9"), "accepted"),
        (Receipt(says="ok", id=uuid.uuid4()), "accepted"),  # type: ignore[arg-type]
        (Receipt(says=None), "accepted"),  # type: ignore[arg-type]
        (_cancelled, "in_doubt"),
        (SystemExit(0), "in_doubt"),
        (KeyboardInterrupt(), "in_doubt"),
    ],
)
def test_an_awkward_answer_costs_the_others_nothing(case: Case, answer: Any, state: str) -> None:
    case.channel.script("official-1", answer)
    case.run()
    states = case.states()
    assert states.pop("official-1") == state
    assert set(states.values()) == {"accepted"}


def test_doubt_that_is_given_up_stays_doubt(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"attempts": 1})
    case.channel.capabilities_given = Capabilities(idempotent=True)
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    assert case.states() == {"official-0": "in_doubt"}


def test_a_claim_that_was_given_back_does_not_age(case: Case) -> None:
    case.channel.script("official-0", ConfigError("wrong password"))
    case.run(selection=Selection(targets=frozenset({"official-0"})))
    case.clock = VirtualClock(NOW + timedelta(days=4))
    case.prepare()
    case.channel.script("official-0", Temporary("greylisted"))
    case.run()
    assert case.states()["official-0"] == "retry"


def test_waiting_ends_when_a_guard_keeps_the_retry_back(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    case.run()
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", because="wait")
    case.clock = VirtualClock(NOW + timedelta(hours=1))
    case.prepare()
    ended = case.run(wait=True)
    assert case.channel.sent == []
    assert ended.kept_back == {"stopped by Ann: wait": 1}


def test_a_deadline_that_passes_while_the_journal_is_busy_is_heeded(case: Case) -> None:
    """The time is taken inside the transaction, not before the wait for it."""
    case.run(selection=Selection(targets=frozenset()))
    deadline = case.entries()["official-0"].expires_at
    case.clock = VirtualClock(deadline - timedelta(seconds=1))
    case.prepare()
    turn = Journal.turn

    def late(self: Journal, *words: Any, **named: Any) -> Any:
        case.clock._now = deadline + timedelta(seconds=1)
        return turn(self, *words, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "turn", late)
        ended = case.run()
    assert case.channel.sent == []
    assert sum(ended.cancelled.values()) == 4


def test_what_another_run_planned_anew_is_composed_off_the_loop(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection serves the journal; a snapshot is never read between a turn's statements."""
    read_by: list[int] = []
    body = Journal.snapshot_body

    def noting(self: Journal, digest: str) -> str:
        read_by.append(threading.get_ident())
        return body(self, digest)

    monkeypatch.setattr(Journal, "snapshot_body", noting)
    other = Case(case.file.rename(case.file.with_name("moved.yaml")))
    text = other.file.read_text()
    other.file.write_text(text.replace("I am writing", "I write"))
    other.prepare()

    @contextmanager
    def overtaken(_: object) -> Iterator[None]:
        nothing = Selection(targets=frozenset())
        thread = threading.Thread(target=other.run, kwargs={"selection": nothing})
        thread.start()
        thread.join(30)
        yield

    case.run(watch=overtaken)
    assert {message.body.split(",")[1].strip() for message in case.channel.sent} == {
        "I write to you"
    }
    assert read_by
    assert threading.get_ident() not in read_by


def test_a_refused_target_does_not_hold_another_with_its_contact(case: Case) -> None:
    case.file.write_text(case.file.read_text().replace("official-1@", "official-0@"))
    case.prepare()
    case.channel.reject("official-0", "too long")
    case.run()
    assert case.states()["official-1"] == "accepted"


def test_a_template_reaches_no_method_of_ours(case: Case) -> None:
    text = case.file.read_text()
    case.file.write_text(
        text.replace("  deadline:", "  people: [{name: A. Person}]\n  deadline:").replace(
            "email: official-0@", "contacts: {signal: '+1 555'}, email: official-0@"
        )
    )
    folder = case.file.parent / "templates/fake"
    folder.mkdir(parents=True)
    for source in (
        "{{ campaign.people[0].model_dump() }}",
        "{{ campaign.people[0].parse_raw('x') }}",
        "{{ campaign.deadline.today() }}",
        "{{ campaign.deadline.__class__ }}",
    ):
        (folder / "en.j2").write_text(source)
        case.prepare()
        assert all(draft.broken for draft in case.look().drafts), source
    (folder / "en.j2").write_text(
        "{{ campaign.people[0].name }} {{ campaign.deadline.strftime('%Y') }} "
        "{{ target.contacts.signal if target.contacts else '' }}"
    )
    case.prepare()
    message = next(iter(case.look().drafts)).message
    assert message is not None
    assert message.body == "A. Person 2019 +1 555\n"


def test_the_text_of_a_checks_fault_is_not_kept(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_: Message) -> None:
        raise ValueError("https://u:token@gateway")

    monkeypatch.setattr(case.channel, "check", check)
    drafts = case.look().drafts
    assert all("ValueError" in (draft.refusal or "") for draft in drafts)
    assert not any("token" in (draft.refusal or "") for draft in drafts)


def test_a_rejection_by_check_at_the_last_moment_is_a_failure(case: Case) -> None:
    case.run(selection=Selection(targets=frozenset()))

    async def never(_: Message) -> Receipt:
        raise AssertionError

    case.channel.reject("official-0", "too long now")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "uadispatch.dispatch.planning.planning._compose", lambda *_: (None, None, None)
        )
        case.run()
    assert case.entries()["official-0"].reason == "too long now"
    assert case.states()["official-0"] == "failed"


def test_a_refusal_in_odd_letters_costs_the_others_nothing(case: Case) -> None:
    case.channel.reject("official-1", "caf\udce9")
    case.channel.reject("official-2", "")
    case.run()
    assert case.states() == {
        "official-0": "accepted",
        "official-1": "refused",
        "official-2": "refused",
        "official-3": "accepted",
    }
    assert case.entries()["official-2"].reason


def test_progress_that_raises_leaves_no_claim_untried(case: Case) -> None:
    def gone(_: object) -> None:
        raise RuntimeError

    case.seen = type("Gone", (), {"append": staticmethod(gone)})()
    case.concurrency = 2
    case.prepare()
    with pytest.raises(RuntimeError):
        case.run()
    states = list(case.states().values())
    assert states.count("accepted") == len(case.channel.sent)
    assert set(states) <= {"accepted", "planned"}


def test_a_snapshot_that_cannot_be_read_gives_its_claims_back(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uadispatch.dispatch.sending import run as running

    def broken(_: object) -> None:
        raise KeyError

    monkeypatch.setattr(running, "Composer", broken)
    case.look()

    async def go() -> None:
        look = case.look()
        with case.journal() as journal:
            await running.run(
                case.prepared,
                look,
                journal,
                moment=case.moment,
                clock=case.clock,
                random=lambda: 0.0,
                compose=broken,  # type: ignore[arg-type]
                selection=Selection(),
                progress=case.seen.append,
            )

    with pytest.raises(KeyError):
        asyncio.run(go())
    assert set(case.states().values()) == {"planned"}
    assert {entry.attempts for entry in case.entries().values()} == {0}


def test_a_journal_behind_a_link_is_read_while_it_is_written(case: Case, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    case.run(limit=1)
    link.symlink_to(tmp_path / ".uadispatch/journal.db")
    url = journal_url(str(link), tmp_path)
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
        facts = consult(url, lambda book: book.facts(case.moment))
    assert facts.closed == "he is free"


def test_a_target_that_failed_does_not_hold_another_with_its_contact(case: Case) -> None:
    case.channel.script("official-0", Rejected("no such mailbox"))
    case.run(selection=Selection(targets=frozenset({"official-0"})))
    case.file.write_text(case.file.read_text().replace("official-1@", "official-0@"))
    case.prepare()
    case.run()
    assert case.states()["official-1"] == "accepted"


def test_the_digest_does_not_know_where_the_program_lies(case: Case) -> None:
    files = [template.file for template in case.prepared.snapshot.templates.values()]
    assert not any(file.startswith("/") for file in files)
