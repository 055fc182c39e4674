"""A journal and a model of it, and what must be so of both after each step of a test."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from journalkit import CAMPAIGN, START, Raw, Run
from journalmodel import Mail, Model
from postgreskit import done_with, journal_of
from uadispatch.dispatch.journal import Moment
from uadispatch.dispatch.states import MOVES, State

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.dispatch.journal import Claimed, Settlement


class WatchedJournal(RuleBasedStateMachine):
    """The journal, its model, two processes and a person."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self.url = journal_of(self.folder)
        self.model = Model(START)
        self.people = Run.begin(self.url)
        self.raw = Raw(self.url)
        self.runs = [Run.begin(self.url), Run.begin(self.url)]
        self.settled: list[tuple[Run, Settlement]] = []
        self.chain: dict[int, str] = {}
        self.last_move = 0
        self.starts: list[datetime] = []
        self.begins: list[datetime] = []

    def teardown(self) -> None:
        try:
            self.every_message_is_listed_once_and_the_claims_of_the_dead_as_what_they_are()
            assert self.people.journal.check().faults == []
        finally:
            self.raw.close()
            for run in [self.people, *self._alive()]:
                run.leave()
            done_with(self.folder)
            shutil.rmtree(self.folder)

    # What must be so after each step.

    @invariant()
    def the_states_are_those_of_the_model(self) -> None:
        found = self.raw.rows(
            "SELECT key, state, attempts, contact, held IS NOT NULL FROM messages"
        )
        assert sorted(found) == sorted(
            (mail.key, mail.state, mail.attempts, mail.contact, mail.held)
            for mail in self.model.mails.values()
        )

    @rule()
    def every_message_is_listed_once_and_the_claims_of_the_dead_as_what_they_are(self) -> None:
        listed = [(entry.key, entry.state) for entry in self.people.journal.entries(CAMPAIGN)]
        assert len(listed) == len(self.model.mails)
        assert dict(listed) == {
            key: ("planned" if mail.repeatable == "person" else "in_doubt")
            if mail.state == "claimed" and not (mail.owner and mail.owner.locked)
            else mail.state
            for key, mail in self.model.mails.items()
        }

    @invariant()
    def each_move_begins_where_the_one_before_ended(self) -> None:
        query = "SELECT id, message, before, after FROM moves WHERE id > ? ORDER BY id"
        for id_, message, before, after in self.raw.rows(query, self.last_move):
            assert before == self.chain.get(message)
            assert before is None or after in MOVES[State(before)]
            self.chain[message] = after
            self.last_move = id_
        assert self.chain == {id_: mail.state for id_, mail in self._mails().items()}

    @invariant()
    def contacts_are_marked_until_something_is_accepted_there(self) -> None:
        assert set(self.raw.rows("SELECT channel, contact FROM marks")) == self.model.marks

    # Where to find things.

    def _moment(self, *, closed: str | None = None, approval_of: str | None = None) -> Moment:
        return Moment(campaign=CAMPAIGN, now=self.model.now, closed=closed, approval_of=approval_of)

    def _in(self, *states: str) -> list[Mail]:
        return [mail for mail in self.model.mails.values() if mail.state in states]

    def _alive(self) -> list[Run]:
        return [run for run in self.runs if run.lives]

    def _flying(self) -> list[tuple[Run, int]]:
        return [(run, id_) for run in self._alive() for id_ in run.flying]

    def _one_flying(self, data: st.DataObject) -> tuple[Run, Claimed]:
        run, id_ = data.draw(st.sampled_from(self._flying()))
        return run, run.flying[id_]

    def _mails(self) -> dict[int, Mail]:
        """The messages by their ids, in the order of these."""
        found = self.raw.rows("SELECT id, key FROM messages ORDER BY id")
        return {id_: self.model.mails[key] for id_, key in found}

    def _ids(self, channel: str) -> list[int]:
        return [id_ for id_, mail in self._mails().items() if mail.channel == channel]
