"""No number in a report that the journal cannot prove: each is counted again from the records."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from dispatch.test_journal_machine import PHASES, JournalMachine
from journalkit import CAMPAIGN, START, Run, planned, settlement, snapshot_of
from reportkit import differences, messages_of
from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal import Answered, Done, Moment, Pacing, journal_url
from uadispatch.dispatch.states import State
from uadispatch.views.report.counting import Report
from uadispatch.views.report.shape import shape

if TYPE_CHECKING:
    from pathlib import Path

    from journalmodel import Mail
    from uadispatch.dispatch.journal import Line

one = st.sampled_from
ANSWERS = (State.ACCEPTED, State.ACCEPTED, State.CONFIRMED, State.FAILED, State.RETRY)
OUTCOMES = {"reached": Counts.CONTACT, "no_answer": Counts.AGAIN, "refused": Counts.NOTHING}


class ReportedJournal(JournalMachine):
    """The journal of several processes and people, of which somebody keeps asking for a report."""

    @rule(
        answers=st.lists(one(ANSWERS), min_size=1), sent=st.lists(st.booleans(), min_size=1),
        outcomes=st.lists(one(list(OUTCOMES)), min_size=1),
    )  # fmt: skip
    def it_becomes_known_what_became_of_it(
        self, answers: list[State], sent: list[bool], outcomes: list[str]
    ) -> None:
        """Services are asked, doubts settled and tasks done; then somebody asks for a report."""
        for mail, after in zip(self._in("accepted"), answers, strict=False):
            self._a_service_says(mail, after)
        for mail, was_sent in zip(self._in("in_doubt"), sent, strict=False):
            self._settle(mail, sent=was_sent)
        for mail, outcome in zip(self._in("with_person", "done"), outcomes, strict=False):
            self._record(mail, outcome)
        self.the_report_says_what_the_records_say(None)

    def _a_service_says(self, mail: Mail, after: State) -> None:
        later = self.model.now + timedelta(minutes=1)
        answer = Answered(
            mail.key, mail.attempts, State.ACCEPTED, after, self.model.now, "its words",
            not_before=later if after is State.RETRY else None,
            ask_again_at=later if after is State.ACCEPTED else None,
        )  # fmt: skip
        assert self.people.journal.answered(answer, by="Ann") is after
        if after is State.ACCEPTED:
            return
        mail.state, mail.not_before = str(after), answer.not_before
        mail.certainly_not_out = after is State.RETRY
        if after is State.CONFIRMED:
            self.model.marks.discard((mail.channel, mail.contact))

    def _settle(self, mail: Mail, *, sent: bool) -> None:
        self.people.journal.resolve([mail.key], sent=sent, at=self.model.now, by="Ann")
        mail.state = "accepted" if sent else "planned"
        mail.certainly_not_out, mail.not_before = not sent, None
        mail.held = mail.held and not sent

    def _record(self, mail: Mail, outcome: str) -> None:
        done = Done(mail.key, outcome, OUTCOMES[outcome])
        assert not self.people.journal.record_done([done], at=self.model.now, by="Ann")
        mail.state = "done"
        if outcome == "reached":
            self.model.marks.discard((mail.channel, mail.contact))

    @rule(round_=one([None, 1]))
    def the_report_says_what_the_records_say(self, round_: int | None) -> None:
        rows = messages_of(self.people.journal.records(CAMPAIGN), self._dead())
        if round_ is not None:
            rows = [row for row in rows if row["round"] == round_]
        given: list[Line] = []
        totals = self.people.journal.totals(
            CAMPAIGN, round_=round_, outlines=1000, each=lambda _: given.append
        )
        report = Report(totals=totals, at=self.model.now, round=round_)
        told = shape(report)
        assert differences(told, rows) == []
        assert [line.key for line in given] == [row["key"] for row in rows]
        self._the_sentence_has_no_other_number(told)

    @staticmethod
    def _the_sentence_has_no_other_number(told: dict[str, Any]) -> None:
        out, sentence = told["gone_out"], told["sentence"]
        found = re.match(r"(At least )?([\d,]+) appeals? .* to ([\d,]+) officials? ", sentence)
        if found is None:
            assert out["messages"] == 0
            assert sentence.startswith("No appeal is known to have gone out")
            return
        assert (int(found[2]), int(found[3])) == (out["messages"], out["targets"])
        assert bool(found[1]) == out["at_least"]
        assert sentence in told["report_back"]

    def _dead(self) -> set[str]:
        return {"", *(run.owner.id for run in self.runs if not run.locked)}

    def teardown(self) -> None:
        self.the_report_says_what_the_records_say(None)
        self.recover()
        doubtful = len(self._in("in_doubt"))
        # Each in turn, so that something is known of every kind.
        self.it_becomes_known_what_became_of_it(
            [ANSWERS[number % len(ANSWERS)] for number in range(len(self._in("accepted")))],
            [number % 3 != 2 for number in range(doubtful)],
            [*OUTCOMES] * len(self.model.mails),
        )
        super().teardown()


@pytest.mark.timeout(600)  # what it finds it also makes short, and that may take minutes
def test_a_report_says_what_the_records_say_whatever_happens() -> None:
    run_state_machine_as_test(
        ReportedJournal,
        settings=settings(max_examples=25, stateful_step_count=40, deadline=None, phases=PHASES),
    )


def test_what_its_own_run_says_late_leaves_no_question_open(tmp_path: Path) -> None:
    """It was taken for cut off, and to be asked for; then its own run knew."""
    url = journal_url(str(tmp_path / "j.db"), tmp_path)
    run, other = Run.begin(url), Run.begin(url)
    plan = [planned("anna", "mail", "anna", expires_at=START + timedelta(days=1))]
    snapshot = snapshot_of(1, plan)
    run.journal.record_plan(plan, snapshot, file="ua.yaml", at=START, by="Ann")
    moment = Moment(campaign=CAMPAIGN, now=START)
    turn = run.journal.turn(
        [], [1], moment=lambda: moment, owner=run.owner.id, pace=Pacing(channel="mail")
    )
    run.lose_its_lock()
    assert other.journal.recover(at=START, by="Ann") == 1
    run.journal.settle([settlement(turn.claimed[0], "accepted", START)], owner=run.owner.id)
    (cell,) = other.journal.totals(CAMPAIGN).cells
    assert (cell.state, cell.asked, cell.told, cell.is_out) == ("accepted", False, False, True)
    for each in (run, other):
        each.leave()
