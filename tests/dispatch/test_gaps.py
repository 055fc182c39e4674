"""What does not hold yet, each with the rule that it breaks: a test that is to pass one day."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, to_the_tick, write_home
from journalkit import CAMPAIGN, START, Run, planned, settlement, snapshot_of
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal import Moment, Pacing, Selection, journal_url
from uadispatch.errors import Temporary, Unknown
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.xfail(strict=True, reason="doubt that may be re-sent waits as `retry` (rule 4)")
def test_what_may_be_out_is_not_called_cancelled_by_a_closing(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1))
    case.channel.capabilities_given = Capabilities(idempotent=True)
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
        journal.cancel_ended(case.moment, by="Ann")
    assert case.states() == {"official-0": "in_doubt"}


@pytest.mark.xfail(strict=True, reason="the doubt of an earlier try is forgotten (rule 4)")
def test_what_may_be_out_is_not_called_failed_when_it_is_given_up(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"attempts": 2})
    case.channel.capabilities_given = Capabilities(idempotent=True)
    case.channel.script("official-0", Unknown("no answer"), Temporary("busy"))
    case.run(wait=True)
    assert case.states() == {"official-0": "in_doubt"}


class Relay(FakeChannel):
    """Hands its messages to another channel, as email-to-fax does."""

    name = "relay"

    async def send(self, message: Message) -> Receipt:
        answer = await self.tools.channel("fake").send(message)
        assert isinstance(answer, Receipt)
        return answer


class Slow(FakeChannel):
    """Says when it begins; its service counts that."""

    began: list[float]

    async def send(self, message: Message) -> Receipt:
        await self.tools.begin()
        self.began.append((self.tools.clock.now() - NOW).total_seconds())
        return Receipt(says=f"taken for {message.target.id}")


@pytest.mark.xfail(strict=True, reason="what is handed on keeps the rate of who hands it on")
def test_what_is_handed_on_keeps_the_rate_of_the_channel_that_sends_it(tmp_path: Path) -> None:
    case = Case(
        write_home(tmp_path, count=3, channels="fake, relay"), kinds=(Slow, Relay),
        settings={"rate": "6/minute"},
    )  # fmt: skip
    channel = case.channel
    assert isinstance(channel, Slow)
    channel.began = []
    with to_the_tick():
        case.run()
    assert len(channel.began) == 6
    assert all(later - one > 10 for one, later in pairwise(sorted(channel.began)))


@pytest.mark.xfail(strict=True, reason="a late outcome is dropped whole once a person has spoken")
def test_a_late_answer_that_wants_no_more_is_heeded_whatever_a_person_said(tmp_path: Path) -> None:
    run = Run.begin(journal_url(str(tmp_path / "j.db"), tmp_path))
    plan = [planned("anna", "mail", "a", expires_at=START + timedelta(days=1))]
    run.journal.record_plan(plan, snapshot_of(1, ""), file="ua.yaml", at=START, by="Ann")
    moment = Moment(campaign=CAMPAIGN, now=START)
    turn = run.journal.turn(
        [], [1], moment=lambda: moment, owner=run.owner.id, pace=Pacing(channel="mail")
    )
    run.lose_its_lock()
    run.journal.recover(at=START, by="Bert")
    run.journal.resolve([plan[0].key], sent=False, at=START, by="Ann")
    run.journal.settle([settlement(turn.claimed[0], "opted_out", START)], owner=run.owner.id)
    opted_out = run.journal.facts(moment).opted_out
    run.leave()
    assert opted_out == {("mail", "a")}


@pytest.mark.xfail(strict=True, reason="guards are not asked once more when a try truly begins")
def test_a_letter_that_begins_after_the_deadline_does_not_go(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=1), settings={"rate": "60/minute"})
    case.run(selection=Selection(targets=frozenset()))
    case.clock._now = case.entries()["official-0"].expires_at - timedelta(seconds=1)
    case.prepare()
    began: list[bool] = []

    async def slowly(_: Message) -> Receipt:
        await case.clock.sleep(30)  # a connection that is opened
        await case.channel.tools.begin()
        began.append(True)
        return Receipt(says="taken")

    case.channel.script("official-0", slowly)
    case.run()
    assert began == []
