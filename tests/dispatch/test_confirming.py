"""Services are asked what became of what they took; what is lost is looked up, not sent again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import Case, write_home
from uadispatch import (
    Became,
    Capabilities,
    ConfigError,
    Handover,
    Outcome,
    Rejected,
    Temporary,
    Unavailable,
    Unknown,
)
from uadispatch.channels.message import Receipt
from uadispatch.dispatch.followup.confirming import Confirmed, Confirmer
from uadispatch.dispatch.states import MOVES, State

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch import Message

ASKS = Capabilities(confirms=True)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    case = Case(write_home(tmp_path, count=3))
    case.channel.capabilities_given = ASKS
    return case


def take(case: Case, seconds: int = 30) -> Receipt:
    """What a gateway answers that will know more later."""
    return Receipt(
        says="queued", id="fax-1", ask_again_at=case.clock.now() + timedelta(seconds=seconds)
    )


def later(case: Case, seconds: int) -> None:
    case.clock._now += timedelta(seconds=seconds)


def ask(case: Case, *targets: str) -> Confirmed:
    """Ask now, of all or of some, as `uadispatch confirm` does."""

    async def go() -> Confirmed:
        with case.journal() as journal:
            confirmer = Confirmer(
                journal, case.channels, "46/19", clock=case.clock, random=lambda: 0.0, by="Ann",
                patience=0.2,
            )  # fmt: skip
            entries = journal.entries("46/19")
            return await confirmer.ask([e for e in entries if not targets or e.target in targets])

    return asyncio.run(go())


CONFIRMED = Outcome(became=Became.CONFIRMED, says="2 pages, 61 s")
BUSY = Outcome(became=Became.RETRY, says="the line was busy", code="user_busy")
SENDING = Outcome(became=Became.ACCEPTED, says="sending")
NO_FAX = Outcome(became=Became.FAILED, says="no fax machine answered", contact=True)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(CONFIRMED, "confirmed"), (BUSY, "retry"), (NO_FAX, "failed"), (SENDING, "accepted"),
     (None, "accepted")],
)  # fmt: skip
def test_what_was_accepted_becomes_what_its_service_says(
    case: Case, outcome: Outcome | None, state: str
) -> None:
    case.channel.script("official-0", take(case))
    case.run()
    sent_at = case.clock.now()
    case.channel.answer("official-0", outcome)
    later(case, 60)
    ask(case)
    assert case.states()["official-0"] == state
    assert case.channel.questions[0] == ("official-0", Receipt(says="queued", id="fax-1"), sent_at)
    if outcome is not None and outcome is not SENDING:
        assert case.entries()["official-0"].reason == outcome.says


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(CONFIRMED, "confirmed"), (SENDING, "accepted"), (NO_FAX, "failed"), (None, "in_doubt")],
)
def test_what_is_in_doubt_is_looked_up_and_not_sent_again(
    case: Case, outcome: Outcome | None, state: str
) -> None:
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    case.channel.answer("official-0", outcome)
    ask(case, "official-0")
    assert case.channel.questions[0][1] is None, "there is no receipt to ask with"
    assert case.states()["official-0"] == state
    case.run()
    assert len([m for m in case.channel.sent if m.target.id == "official-0"]) == 1


def test_what_the_service_certainly_does_not_have_is_sent_again(case: Case) -> None:
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    absent = Outcome(became=Became.RETRY, says="the gateway has no such fax")
    case.channel.answer("official-0", absent)
    ask(case)
    assert case.states()["official-0"] == "planned"
    case.run()
    assert case.states()["official-0"] == "accepted"
    assert len([m for m in case.channel.sent if m.target.id == "official-0"]) == 2


def test_a_run_asks_first_and_tries_again_what_was_busy(case: Case) -> None:
    case.settings = {"retry_wait": "20 min", "retry_factor": 1.9}
    case.prepare()
    case.channel.capabilities_given = ASKS
    case.channel.script("official-0", take(case))
    case.run()
    later(case, 31)
    case.channel.answer("official-0", BUSY)
    case.run()
    entry = case.entries()["official-0"]
    assert entry.state is State.RETRY
    assert entry.not_before == case.clock.now() + timedelta(minutes=20)
    later(case, 20 * 60)
    case.run()
    assert [m.target.id for m in case.channel.sent].count("official-0") == 2


def test_a_run_that_waits_goes_on_until_the_services_have_said_it(case: Case) -> None:
    began = case.clock.now()
    case.channel.script("official-0", take(case))
    case.channel.script("official-1", take(case), Receipt(says="queued", id="fax-2"))
    case.channel.answer("official-0", SENDING, SENDING, CONFIRMED)
    case.channel.answer("official-1", BUSY)
    ended = case.run(wait=True)
    assert case.states() == {
        "official-0": "confirmed", "official-1": "accepted", "official-2": "accepted",
    }  # fmt: skip
    assert ended.confirmed.found == {"confirmed": 1, "retry": 1}
    assert [m.target.id for m in case.channel.sent].count("official-1") == 2
    assert case.clock.now() - began >= timedelta(minutes=1)


def test_a_limit_that_is_used_up_does_not_end_the_asking(case: Case) -> None:
    case.channel.script("official-0", take(case))
    case.channel.answer("official-0", SENDING, CONFIRMED)
    case.run(wait=True, limit=1)
    assert case.states() == {
        "official-0": "confirmed", "official-1": "planned", "official-2": "planned",
    }  # fmt: skip


def test_a_run_that_waits_gives_up_asking_after_two_days(case: Case) -> None:
    case.channel.script("official-0", take(case))
    began = case.clock.now()
    case.run(wait=True)
    assert case.states()["official-0"] == "accepted"
    waited = case.clock.now() - began
    assert timedelta(days=2) < waited < timedelta(days=2, hours=1)
    assert case.entries()["official-0"].ask_again_at is None


def test_busy_for_the_last_time_is_a_failure(case: Case) -> None:
    case.settings = {"attempts": 1}
    case.prepare()
    case.channel.capabilities_given = ASKS
    case.channel.script("official-0", take(case))
    case.run()
    case.channel.answer("official-0", BUSY)
    ask(case)
    entry = case.entries()["official-0"]
    assert (entry.state, entry.reason) == ("failed", "given up after 1 try: the line was busy")


def test_a_number_that_is_no_fax_is_marked_for_every_campaign(case: Case) -> None:
    case.channel.script("official-0", take(case))
    case.run()
    case.channel.answer("official-0", NO_FAX)
    ask(case)
    with case.journal() as journal:
        marks = journal.contact_marks()
    assert marks["fake", "official-0@example.org"].because == "no fax machine answered"


@pytest.mark.parametrize(
    "trouble",
    [
        Temporary("not now"),
        Rejected("what?"),
        RuntimeError("a fault"),
        Unavailable("away"),
        ConfigError("a wrong key"),
    ],
)
def test_a_service_that_cannot_be_asked_changes_nothing(case: Case, trouble: BaseException) -> None:
    for target in ("official-0", "official-1"):
        case.channel.script(target, take(case))
    case.run()
    case.channel.answer("official-0", trouble)
    result = ask(case, "official-0", "official-1")
    assert set(result.troubles) == {"fake"}
    assert case.states()["official-0"] == "accepted"
    alone = isinstance(trouble, Unavailable | ConfigError)
    assert len(case.channel.questions) == (1 if alone else 2), "the next one may fare better"


def test_a_silent_service_is_left_after_its_time(case: Case) -> None:
    case.channel.script("official-0", take(case))
    case.run()

    async def silent(message: Message, receipt: Receipt | None, since: datetime) -> Outcome | None:
        await asyncio.Event().wait()
        pytest.fail(f"nobody ends this: {message.key}, {receipt}, {since}")

    case.channel.confirm = silent  # type: ignore[method-assign]
    result = ask(case, "official-0")
    assert result.troubles == {"fake": "its service gave no answer in time"}
    assert case.states()["official-0"] == "accepted"


def test_what_moved_meanwhile_is_left_alone(case: Case) -> None:
    case.channel.script("official-0", Unknown("no answer"))
    case.run()

    async def slow(message: Message, receipt: Receipt | None, since: datetime) -> Outcome:
        assert (receipt, since) == (None, message.at)
        with case.journal() as journal:
            journal.resolve([message.key], sent=True, at=case.clock.now(), by="Ben")
        return BUSY

    case.channel.confirm = slow  # type: ignore[method-assign]
    ask(case, "official-0")
    assert case.states()["official-0"] == "accepted"


def test_every_answer_is_audited_and_allowed(case: Case) -> None:
    case.channel.script("official-0", take(case), take(case))
    case.run()
    case.channel.answer("official-0", BUSY)
    ask(case)
    with case.journal() as journal:
        key = case.entries()["official-0"].key
        moves = journal.story("46/19", key).moves
        assert journal.check().faults == []
    last = moves[-1]
    assert (last.before, last.after, last.by, last.code) == (
        "accepted",
        "retry",
        "Ann",
        "user_busy",
    )
    assert all(m.before is None or m.after in MOVES[m.before] for m in moves)


def test_nobody_is_asked_who_cannot_tell(case: Case) -> None:
    case.channel.capabilities_given = Capabilities()
    case.channel.script("official-0", take(case))
    case.run()
    later(case, 60)
    case.run()
    assert ask(case).asked == 0
    assert case.channel.questions == []


def test_a_hand_over_is_nothing_to_ask_about(case: Case) -> None:
    case.channel.script("official-0", Handover(says="ring"))
    case.run()
    assert ask(case, "official-0").asked == 0


def test_a_claim_of_the_dead_is_looked_up(case: Case) -> None:
    """The gateway had taken it, and the run was killed before it could record that."""

    async def killed(_: Message) -> Receipt:
        raise KeyboardInterrupt

    case.channel.script("official-0", killed)
    case.run(limit=1)
    assert case.states()["official-0"] == "in_doubt"
    case.channel.answer("official-0", Outcome(became=Became.CONFIRMED, says="ok", id="fax-9"))
    ask(case)
    assert case.states()["official-0"] == "confirmed"


def test_what_is_known_as_another_messages_is_not_taken_for_this_one(case: Case) -> None:
    """Two campaigns fax one office: the fax of the one says nothing of the other's."""
    case.channel.script("official-0", Receipt(says="queued", id="fax-1"))
    case.channel.script("official-1", Unknown("no answer"))
    case.run()
    found = Outcome(became=Became.CONFIRMED, says="delivered", id="fax-1")
    case.channel.answer(
        "official-1", found, Outcome(became=Became.CONFIRMED, says="ok", id="fax-2")
    )
    assert ask(case, "official-1").unknown == 1
    assert case.states()["official-1"] == "in_doubt"
    assert case.entries()["official-1"].ask_again_at is not None
    ask(case, "official-1")
    assert case.states()["official-1"] == "confirmed"


def test_a_run_asks_of_many_a_few_at_a_time_and_of_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uadispatch.dispatch.sending.engine.CHUNK", 2)
    case = Case(write_home(tmp_path, count=7))
    case.channel.capabilities_given = ASKS
    for number in range(7):
        case.channel.script(f"official-{number}", take(case))
        case.channel.answer(f"official-{number}", None if number == 3 else CONFIRMED)
    case.run()
    later(case, 60)
    ended = case.run()
    assert [target for target, *_ in case.channel.questions] == [f"official-{n}" for n in range(7)]
    assert (ended.confirmed.asked, ended.confirmed.unknown) == (7, 1)
    assert ended.confirmed.found == {"confirmed": 6}
    assert case.states()["official-3"] == "accepted"


def test_a_service_that_is_away_is_not_waited_for_again_in_the_same_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uadispatch.dispatch.sending.engine.CHUNK", 2)
    case = Case(write_home(tmp_path, count=6))
    case.channel.capabilities_given = ASKS
    for number in range(6):
        case.channel.script(f"official-{number}", take(case))
        case.channel.answer(f"official-{number}", Unavailable("away"))
    case.run()
    later(case, 60)
    ended = case.run()
    assert len(case.channel.questions) == 1
    assert (ended.confirmed.asked, ended.confirmed.unknown) == (6, 6)
    assert ended.confirmed.troubles == {"fake": "away"}
