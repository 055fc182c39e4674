"""Recording what became of claims: once, by the try that made the claim, and late if need be."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import Case, write_home
from journalkit import (
    CAMPAIGN,
    START,
    Raw,
    Run,
    planned,
    settlement,
    snapshot_of,
    take_all_for_dead,
)
from postgreskit import journal_of
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal import Moment, Pacing, Repeatable
from uadispatch.dispatch.states import IllegalMove, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uadispatch.dispatch.journal import Claimed, JournalUrl

LATER = START + timedelta(minutes=5)


@pytest.fixture
def url(tmp_path: Path) -> JournalUrl:
    return journal_of(tmp_path)


@pytest.fixture
def run(url: JournalUrl) -> Iterator[Run]:
    """A process."""
    found = Run.begin(url)
    yield found
    if found.lives:
        found.leave()


@pytest.fixture
def raw(url: JournalUrl, run: Run) -> Iterator[Raw]:
    """The rows of its journal."""
    assert run.locked
    book = Raw(url)
    yield book
    book.close()


def claim(run: Run, repeatable: Repeatable | None = None) -> Claimed:
    """Plan one message and claim it."""
    expires_at = START + timedelta(days=1)
    plan = [planned("anna", "mail", "a", expires_at=expires_at, repeatable=repeatable)]
    run.journal.record_plan(plan, snapshot_of(1, ""), file="ua.yaml", at=START, by="Ann")
    (row,) = claims(run, [1], repeatable)
    return row


def claims(run: Run, ids: list[int], repeatable: Repeatable | None = None) -> list[Claimed]:
    turn = run.journal.turn(
        [], ids, moment=lambda: Moment(campaign=CAMPAIGN, now=LATER), owner=run.owner.id,
        pace=Pacing(channel="mail", repeatable=repeatable),
    )  # fmt: skip
    return list(turn.claimed)


def state(raw: Raw) -> str:
    ((found,),) = raw.rows("SELECT state FROM messages")
    return str(found)


def moves(raw: Raw) -> list[str]:
    return [after for (after,) in raw.rows("SELECT after FROM moves ORDER BY id")]


def test_one_try_has_one_outcome(run: Run, raw: Raw) -> None:
    row = claim(run)
    taken, refused = settlement(row, "accepted", LATER), settlement(row, "failed", LATER)
    run.journal.settle([taken, refused, taken], owner=run.owner.id)
    assert moves(raw) == ["planned", "claimed", "accepted"]
    assert state(raw) == "accepted"


@pytest.mark.parametrize(
    ("late", "after"),
    [
        ("accepted", "accepted"),
        ("confirmed", "confirmed"),
        ("failed", "failed"),
        ("retry", "planned"),
        ("with_person", "planned"),
        ("planned", "planned"),
        ("in_doubt", "in_doubt"),
    ],
)
def test_a_false_alarm_leaves_doubt_when_its_own_try_ends(
    run: Run, raw: Raw, late: str, after: str
) -> None:
    row = claim(run)
    run.lose_its_lock()
    assert run.journal.recover(at=LATER, by="Bert") == 1
    assert state(raw) == "in_doubt"
    run.journal.settle([settlement(row, late, LATER)], owner=run.owner.id)
    assert state(raw) == after
    reason = raw.rows("SELECT reason FROM messages")[0][0]
    assert reason.startswith("it was taken for cut off") == (after != "in_doubt")


def test_what_a_person_has_said_meanwhile_stands(run: Run, raw: Raw) -> None:
    row = claim(run)
    run.lose_its_lock()
    run.journal.recover(at=LATER, by="Bert")
    run.journal.resolve([row.key], sent=True, at=LATER, by="Ann")
    run.journal.settle([settlement(row, "failed", LATER)], owner=run.owner.id)
    assert state(raw) == "accepted"


def test_a_late_outcome_says_nothing_of_the_next_try(run: Run, raw: Raw) -> None:
    row = claim(run)
    run.lose_its_lock()
    run.journal.recover(at=LATER, by="Bert")
    run.journal.resolve([row.key], sent=False, at=LATER, by="Ann")
    (again,) = claims(run, [row.id])
    run.journal.settle([settlement(row, "failed", LATER)], owner=run.owner.id)
    assert (again.attempt, state(raw)) == (2, "claimed")


@pytest.mark.parametrize("sent", [True, False])
def test_a_late_wish_for_no_more_is_heeded_whatever_a_person_said(
    run: Run, raw: Raw, sent: bool
) -> None:
    row = claim(run)
    run.lose_its_lock()
    run.journal.recover(at=LATER, by="Bert")
    run.journal.resolve([row.key], sent=sent, at=LATER, by="Ann")
    late = settlement(row, "opted_out", LATER)
    moment = Moment(campaign=CAMPAIGN, now=LATER)
    run.journal.settle([late], owner="f" * 16)
    assert run.journal.facts(moment).opted_out == frozenset()
    run.journal.settle([late, late], owner=run.owner.id)
    run.journal.settle([late], owner=run.owner.id)
    assert run.journal.facts(moment).opted_out == {("mail", "a")}
    assert next(run.journal.entries(CAMPAIGN)).state == ("accepted" if sent else "planned")
    assert raw.rows("SELECT count(*) FROM facts") == [(1,)]


def test_a_late_wish_is_heeded_where_the_try_was_one_out_of_doubt(run: Run, raw: Raw) -> None:
    row = claim(run, Repeatable.IDEMPOTENT)
    unknown = settlement(row, "in_doubt", LATER)._replace(not_before=LATER)
    run.journal.settle([unknown], owner=run.owner.id)
    (row,) = claims(run, [1], Repeatable.IDEMPOTENT)
    assert row.doubtful
    run.lose_its_lock()
    run.journal.recover(at=LATER, by="Bert")
    late = settlement(row, "opted_out", LATER)._replace(after=State.IN_DOUBT)
    run.journal.settle([late], owner=run.owner.id)
    assert claims(run, [1], Repeatable.IDEMPOTENT) == []
    assert state(raw) == "in_doubt"


@pytest.mark.parametrize("planned_as", [None, Repeatable.IDEMPOTENT, Repeatable.PERSON])
@pytest.mark.parametrize("claimed_as", [None, Repeatable.IDEMPOTENT, Repeatable.PERSON])
def test_it_is_the_claim_that_says_what_may_be_done_again(
    run: Run, raw: Raw, url: JournalUrl, planned_as: Repeatable | None,
    claimed_as: Repeatable | None,
) -> None:  # fmt: skip
    """Another process may plan with other settings, between this one's plan and its claim."""
    expires_at = START + timedelta(days=1)
    plan = [planned("anna", "mail", "a", expires_at=expires_at, repeatable=planned_as)]
    run.journal.record_plan(plan, snapshot_of(1, ""), file="ua.yaml", at=START, by="Ann")
    assert len(claims(run, [1], claimed_as)) == 1
    run.crash()
    other = Run.begin(url)
    other.journal.recover(at=START, by=other.owner.id)
    again = claims(other, [1], Repeatable.IDEMPOTENT)
    other.leave()
    assert bool(again) == (claimed_as is not None)
    assert state(raw) == ("claimed" if again else "in_doubt")


@pytest.mark.parametrize(
    ("repeatable", "after"),
    [
        (None, ["planned", "claimed", "in_doubt"]),
        (Repeatable.PERSON, ["planned", "claimed", "planned"]),
        (Repeatable.IDEMPOTENT, ["planned", "claimed", "in_doubt"]),
    ],
)
def test_the_claims_of_the_dead_go_where_they_harm_nobody(
    run: Run, raw: Raw, url: JournalUrl, repeatable: Repeatable | None, after: list[str]
) -> None:
    claim(run, repeatable)
    run.crash()
    other = Run.begin(url)
    assert other.journal.recover(at=LATER, by=other.owner.id) == 1
    assert moves(raw) == after
    assert other.journal.recover(at=LATER, by=other.owner.id) == 0
    other.leave()


def test_a_living_process_keeps_its_claims(run: Run, raw: Raw, url: JournalUrl) -> None:
    claim(run)
    other = Run.begin(url)
    assert other.journal.recover(at=LATER, by=other.owner.id) == 0
    assert state(raw) == "claimed"
    assert next(other.journal.entries(CAMPAIGN)).state is State.CLAIMED
    other.leave()


def test_a_move_that_there_is_not_raises_and_records_nothing(run: Run, raw: Raw) -> None:
    row = claim(run)
    before = raw.whole()
    with pytest.raises(IllegalMove):
        run.journal.settle(
            [settlement(row, "accepted", LATER)._replace(after=State.DONE)], owner=run.owner.id
        )
    assert raw.whole() == before


def test_a_run_that_was_taken_for_dead_records_what_it_did(tmp_path: Path) -> None:
    """Somebody tidied its lock away, and another run came by."""
    case, other = (Case(write_home(tmp_path, count=1)) for _ in range(2))

    async def tidied(_: Message) -> Receipt:
        take_all_for_dead(case.url)
        await asyncio.to_thread(other.run)
        assert case.states() == {"official-0": "in_doubt"}
        return Receipt(says="taken")

    case.channel.script("official-0", tidied)
    case.run()
    assert other.channel.sent == []
    assert case.states() == {"official-0": "accepted"}
