"""Every move of the journal, in any order, by several processes, some of which die.

A simple model stands beside the real journal; after each step they must agree, and nothing may have
been handed out twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from journalkit import CAMPAIGN, START, Run, planned, settlement, snapshot_of
from journalwatch import WatchedJournal
from postgreskit import is_on_server
from uadispatch.dispatch.guards import Verdict
from uadispatch.dispatch.journal import Pacing, Repeatable, Selection, Step
from uadispatch.dispatch.states import IllegalMove, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from journalmodel import Mail
    from uadispatch.dispatch.journal import Claimed, Settlement

TARGETS = ("anna", "boris", "chen", "dina")
CHANNELS = {"mail": None, "gate": Repeatable.IDEMPOTENT, "hand": Repeatable.PERSON}
SPACE = timedelta(seconds=10)
SPACING = {"mail": None, "gate": SPACE, "hand": None}
LEGAL = (
    "accepted", "confirmed", "retry", "retry", "failed", "in_doubt", "with_person", "planned",
    "again", "excused", "opted_out", "rejected", "paused", "slowed",
)  # fmt: skip
"""How a try can end; see `settlement`."""
ILLEGAL = (State.CANCELLED, State.REFUSED, State.DONE, State.CLAIMED)
"""Where no try can leave a message."""
LATE = 28
"""Moves after which something may end the campaign: before, there is more to be seen."""

ON_SERVER = 12
"""Examples on a server, where each step is a few questions to it, and each example a database."""

PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)
"""Explaining runs all of it many times more, and has little to say of a file."""

one = st.sampled_from


class JournalMachine(WatchedJournal):
    """Several processes and a few people at one journal."""

    # What a person does.

    @initialize(shared=st.booleans())
    def first_plan(self, *, shared: bool) -> None:
        """Two targets may have one contact, which planning itself would have held."""
        pairs = [("boris", channel) for channel in CHANNELS] if shared else []
        self._plan(1, TARGETS, dict.fromkeys(pairs, "anna"), mended=())

    @rule(data=st.data())
    def plan(self, data: st.DataObject) -> None:
        """The file was edited: targets come, go and change; some cannot be sent as they are."""
        round_ = data.draw(one([1, 1, 1, 2]))
        targets = data.draw(one([TARGETS, TARGETS, TARGETS[1:], TARGETS[:2]]))
        failed = [mail.key for mail in self._in("failed")]
        pairs = one([(target, channel) for target in targets for channel in CHANNELS])
        odd = data.draw(st.dictionaries(pairs, one(["held", "refused", *TARGETS]), max_size=4))
        self._plan(round_, targets, odd, mended=failed if data.draw(st.booleans()) else ())

    def _plan(
        self,
        round_: int,
        targets: Collection[str],
        odd: dict[tuple[str, str], str],
        *,
        mended: Collection[str],
    ) -> None:
        plan = []
        for target in targets:
            for channel, repeatable in CHANNELS.items():
                what = odd.get((target, channel), "")
                plan.append(
                    planned(
                        target, channel, what if what in TARGETS else target, round_=round_,
                        expires_at=START + timedelta(days=1 + TARGETS.index(target) % 2),
                        held="look" if what == "held" else None,
                        refusal="too long" if what == "refused" else None,
                        repeatable=repeatable,
                    )
                )  # fmt: skip
        snapshot = snapshot_of(round_, plan)
        plan = [replace(row, anew="mended" if row.key in mended else None) for row in plan]
        self.people.journal.record_plan(plan, snapshot, file="ua.yaml", at=self.model.now, by="Ann")
        self.model.plan(plan, round_, snapshot.digest, mended)

    @precondition(lambda self: not self.model.stops)
    @rule(whom=one([None, *TARGETS]), channel=one([None, *CHANNELS]))
    def stop(self, whom: str | None, channel: str | None) -> None:
        self.model.stops.add((whom, channel))
        self._state("stopped", target=whom, channel=channel)

    @precondition(lambda self: self.model.stops)
    @rule()
    def resume(self) -> None:
        target, channel = self.model.stops.pop()
        self._state("resumed", target=target, channel=channel)

    @rule()
    def close_and_think_better_of_it(self) -> None:
        self._state("closed", because="he is free")
        self._state("reopened", because="he is not")

    @precondition(lambda self: self.last_move > LATE)
    @rule(because=one(["he is free", ""]), in_the_file=st.booleans())
    def close_claim_and_reopen(self, because: str, *, in_the_file: bool) -> None:
        """All that could be claimed is cancelled and no more; then the next round can begin."""
        self.model.closed = True
        if not in_the_file:
            self._state("closed", because=because)
        for run in self._alive()[:1]:
            for channel in CHANNELS:
                self._claim(run, channel, self._ids(channel), closed=because)
        found = self.people.journal.cancel_ended(self._moment(closed=because), by="Ann")
        assert sum(found.values()) == self.model.cancel_ended(None)
        self.model.closed = False
        self._state("reopened")

    @precondition(lambda self: self.last_move > LATE)
    @rule(whom=one([None, *TARGETS]), channel=one([*CHANNELS]))
    def let_the_deadline_pass(self, whom: str | None, channel: str) -> None:
        """For half of the targets or, the second time, for all; before anybody has noticed."""
        self.model.now += timedelta(days=1)
        for run in self._alive()[:1]:
            self._claim(run, channel, self._ids(channel))
        chosen = Selection(targets=None if whom is None else frozenset({whom}))
        found = self.people.journal.cancel_ended(self._moment(), chosen, by="Ann")
        assert sum(found.values()) == self.model.cancel_ended(chosen.targets)

    @precondition(lambda self: self._in("in_doubt"))
    @rule(data=st.data(), sent=st.booleans())
    def resolve(self, data: st.DataObject, *, sent: bool) -> None:
        """Of whatever is named, what is in doubt is settled and nothing else."""
        doubtful = data.draw(st.lists(one(self._in("in_doubt")), unique=True, min_size=1))
        keys = [mail.key for mail in [*doubtful, *self._in("accepted", "failed", "claimed")]]
        resolved = self.people.journal.resolve(keys, sent=sent, at=self.model.now, by="Ann")
        assert sorted(resolved) == sorted(mail.key for mail in doubtful)
        for mail in doubtful:
            mail.state = "accepted" if sent else "planned"
            mail.certainly_not_out, mail.not_before = not sent, None
            mail.held = mail.held and not sent

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        mail = data.draw(one(list(self.model.mails.values())))
        back = self.people.journal.take_back(
            mail.key, mail.attempts, reason="x", at=self.model.now, by="Ann"
        )
        assert back == (mail.state == "accepted")
        if back:
            mail.state = "cancelled"

    def _state(self, kind: str, **more: Any) -> None:
        self.people.journal.state_fact(CAMPAIGN, kind, at=self.model.now, by="Ann", **more)

    # What a process does.

    @precondition(lambda self: self._alive())
    @rule(data=st.data(), channel=one([*CHANNELS]), number=st.integers(1, 4))
    def claim_what_is_due(self, data: st.DataObject, channel: str, number: int) -> None:
        run = data.draw(one(self._alive()))
        ids = run.journal.due(
            CAMPAIGN, channel, Selection(), now=self.model.now, after=0, limit=number
        )
        self._claim(run, channel, ids)

    @precondition(lambda self: self._alive())
    @rule(channel=one([*CHANNELS]), hows=st.lists(one(LEGAL), min_size=2, max_size=4))
    def work(self, channel: str, hows: list[str]) -> None:
        """Claim and record at once, so that more is seen of what comes after."""
        run = self._alive()[-1]
        self._claim(run, channel, self._ids(channel))
        mine = [row for row in run.flying.values() if row.channel == channel]
        for row, how in zip(mine, hows, strict=False):
            found = settlement(row, how, self.model.now)
            run.journal.settle([found], owner=run.owner.id)
            self._note(run, row, found)

    @precondition(lambda self: self._alive())
    @rule(data=st.data(), channel=one([*CHANNELS]), approved=st.booleans())
    def claim_whatever_there_is(self, data: st.DataObject, channel: str, *, approved: bool) -> None:
        """What is claimed, sent, held or over is passed over, and so is what nobody approved."""
        run = data.draw(one(self._alive()))
        snapshot = snapshot_of(1, data.draw(one(["a", "b"])))
        if approved:
            self.people.journal.approve(
                CAMPAIGN, snapshot, [], at=self.model.now, by="Ann", because="she has looked"
            )
            self.model.approved = snapshot.digest
        self._claim(run, channel, self._ids(channel), approval_of=snapshot.digest)

    def _claim(
        self, run: Run, channel: str, ids: list[int], finished: Any = (), **moment: Any
    ) -> None:
        mails = self._mails()
        claims = self.model.claim(
            run, [mails[id_] for id_ in ids], channel=channel, spacing=SPACING[channel],
            needs=moment.get("approval_of"),
        )  # fmt: skip
        turn = run.journal.turn(
            finished, ids, moment=lambda: self._moment(**moment), owner=run.owner.id,
            pace=Pacing(
                channel=channel, spacing=SPACING[channel], repeatable=CHANNELS[channel]
            ),
        )  # fmt: skip
        assert [row.key for row in turn.claimed] == [mail.key for mail in claims.taken]
        assert sum(turn.cancelled.values()) == claims.cancelled
        assert sum(turn.kept_back.values()) == claims.kept_back
        assert turn.not_before == (claims.not_before if ids else None)
        for row, mail in zip(turn.claimed, claims.taken, strict=True):
            self._sent(run, row, mail)

    def _sent(self, run: Run, row: Claimed, mail: Mail) -> None:
        """A claim was handed out, so the message is as good as sent."""
        drops_doubles = row.doubtful and mail.repeatable is Repeatable.IDEMPOTENT
        assert mail.certainly_not_out or drops_doubles, "it is sent although it may be out already"
        assert not self.model.is_over(mail), "it is sent although it is over"
        assert (row.attempt, row.contact) == (mail.attempts, mail.contact)
        mail.certainly_not_out = False
        run.flying[row.id] = row
        if mail.channel == "gate":
            assert all(self.model.now - start >= SPACE for start in self.starts)
            self.starts.append(self.model.now)

    @precondition(lambda self: self._alive())
    @rule(data=st.data(), seconds=one([0, 1, 6, 9, 10]))
    def begin(self, data: st.DataObject, seconds: int) -> None:
        """What the far end counts begins later than its claim."""
        self.model.now += timedelta(seconds=seconds)
        run = data.draw(one(self._alive()))
        self._claim(run, "gate", self._ids("gate"))
        rows = [row for row in run.flying.values() if row.channel == "gate"]
        if not rows:
            return
        row = data.draw(one(rows))
        answer = run.journal.go_on(
            row, Step.BEGINS, Pacing(channel="gate", spacing=SPACE), moment=self._moment,
            owner=run.owner.id,
        )  # fmt: skip
        mail = self._mails()[row.id]
        lost = (mail.state, mail.owner, mail.attempts) != ("claimed", run, row.attempt)
        if lost or self.model.objects_to(mail):
            assert isinstance(answer, Verdict)
            return
        assert answer == self.model.begin("gate", SPACE)
        if answer is None:
            assert all(self.model.now - begin >= SPACE for begin in self.begins)
            self.begins.append(self.model.now)

    @precondition(lambda self: self._flying())
    @rule(data=st.data(), hows=st.lists(one(LEGAL), min_size=1, max_size=6))
    def record(self, data: st.DataObject, hows: list[str]) -> None:
        """Tries end, however late that is."""
        run, _ = self._one_flying(data)
        ended = list(zip(run.flying.values(), hows, strict=False))
        found = [settlement(row, how, self.model.now) for row, how in ended]
        run.journal.settle([*found, *found], owner=run.owner.id)
        for (row, _), its in zip(ended, found, strict=True):
            self._note(run, row, its)

    @precondition(lambda self: self._flying())
    @rule(data=st.data(), how=one(LEGAL), number=st.integers(0, 4))
    def record_and_claim(self, data: st.DataObject, how: str, number: int) -> None:
        """Both at once: what was just recorded can be claimed if it may go at once."""
        run, row = self._one_flying(data)
        found = settlement(row, how, self.model.now)
        self._note(run, row, found)
        self._claim(run, row.channel, self._ids(row.channel)[:number], finished=[found])

    def _note(self, run: Run, row: Claimed, found: Settlement) -> None:
        del run.flying[row.id]
        mail = self._mails()[row.id]
        if self.model.settle(run, mail, found):
            self.settled.append((run, found))

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def record_a_second_time(self, data: st.DataObject) -> None:
        """After a fault nobody may know whether it was recorded; so it is, again."""
        run, found = data.draw(one(self.settled))
        if self._is_its_own(run, found):
            return  # given back, and claimed again under the same number
        self._changes_nothing(lambda: self.people.journal.settle([found], owner=run.owner.id))

    @precondition(lambda self: self._flying())
    @rule(data=st.data(), how=one(LEGAL), off=one([-1, 1]))
    def record_anothers(self, data: st.DataObject, how: str, off: int) -> None:
        """Neither another process nor another try may say what became of a claim."""
        run, row = self._one_flying(data)
        # Who wants no more is heeded, if that was truly answered to an earlier try.
        found = settlement(row, "failed" if how == "opted_out" else how, self.model.now)
        wrong = found._replace(attempt=row.attempt + off)
        self._changes_nothing(lambda: self.people.journal.settle([found], owner="f" * 16))
        self._changes_nothing(lambda: run.journal.settle([wrong], owner=run.owner.id))

    @precondition(lambda self: self._flying())
    @rule(data=st.data(), after=one(ILLEGAL))
    def move_illegally(self, data: st.DataObject, after: State) -> None:
        """It raises, and nothing else that came with it is recorded either."""
        run, row = self._one_flying(data)
        good = [settlement(other, "accepted", self.model.now) for other in run.flying.values()]
        bad = settlement(row, "accepted", self.model.now)._replace(after=after)
        if not self._is_its_own(run, bad):
            return
        mixed = [*(found for found in good if found.id != row.id), bad]

        def record() -> None:
            with pytest.raises(IllegalMove):
                run.journal.settle(mixed, owner=run.owner.id)

        self._changes_nothing(record)

    def _is_its_own(self, run: Run, found: Settlement) -> bool:
        mail = self._mails()[found.id]
        is_open = mail.state in {"claimed", "in_doubt"}
        return is_open and mail.owner is run and mail.attempts == found.attempt

    def _changes_nothing(self, do: Callable[[], None]) -> None:
        before = self.raw.whole()
        do()
        assert self.raw.whole() == before

    # What befalls a process.

    @precondition(lambda self: self._alive())
    @rule(data=st.data(), how=one(["crash", "crash", "leave"]))
    def end_and_begin(self, data: st.DataObject, how: str) -> None:
        run = data.draw(one(self._alive()))
        getattr(run, how)()
        self.every_message_is_listed_once_and_the_claims_of_the_dead_as_what_they_are()
        self.runs.append(Run.begin(self.url))

    @precondition(lambda self: self._flying())
    @rule(data=st.data(), recover=st.booleans())
    def lose_the_lock(self, data: st.DataObject, *, recover: bool) -> None:
        """It is taken for dead, and lives."""
        run, _ = data.draw(one(self._flying()))
        if run.locked:
            run.lose_its_lock()
        self.every_message_is_listed_once_and_the_claims_of_the_dead_as_what_they_are()
        if recover:
            self.recover()

    @rule()
    def recover(self) -> None:
        found = self.people.journal.recover(at=self.model.now, by=self.people.owner.id)
        assert found == self.model.recover()

    @rule(seconds=one([1, 5, 9, 10, 60, 90]))
    def wait(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)


@pytest.mark.timeout(600)  # what it finds it also makes short, and that may take minutes
def test_the_journal_is_as_the_rules_say_whatever_happens() -> None:
    run_state_machine_as_test(
        JournalMachine,
        settings=settings(
            max_examples=ON_SERVER if is_on_server() else 40,
            stateful_step_count=40,
            deadline=None,
            phases=PHASES,
        ),
    )
