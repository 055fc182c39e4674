"""The text of a document that a newer one has replaced goes out no more, from no file."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casekit import NOW, Case, write_home
from uadispatch.campaign.issues import Issue, Order, compare, superseded
from uadispatch.channels.contract import Capabilities
from uadispatch.channels.message import Became, Counts, Handover, Outcome, Receipt
from uadispatch.cli.common.exits import Code
from uadispatch.cli.common.running import exit_code
from uadispatch.dispatch.followup.tasks import open_tasks
from uadispatch.dispatch.guards import Candidate, Facts, Verdict, ask
from uadispatch.dispatch.journal import (
    Done,
    Gist,
    Journal,
    Moment,
    Pacing,
    Person,
    Purge,
    Selection,
    Step,
    facts_of,
)
from uadispatch.dispatch.journal.reading.facts import Fact
from uadispatch.dispatch.states import State
from uadispatch.errors import Temporary, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uadispatch.channels.message import Message

OLD = Issue("EUR 57/0894/2019", date(2019, 8, 16), 2)
NEW = Issue("EUR 57/0999/2019", date(2019, 9, 3), 3)
OLD_TEXT, NEW_TEXT = "I am writing to you", "He is still held"

UA = """\
urgent_action:
  number: 46/19
  title: Human rights defender facing bogus charges
{named}
  deadline: 2019-09-27
round: {round}
channels: [fake]
targets:
{targets}
letter:
  en: {{subject: Release A. Person, text: {text}}}
"""


def text_of(document: Issue, text: str, *, count: int = 4, round_: int = 1) -> str:
    """A campaign file with the text of a document."""
    named = "\n".join(f"  {name}: {value}" for name, value in document.values().items() if value)
    officials = "".join(
        f"  - {{id: official-{n}, name: Official {n}, timezone: Asia/Almaty, "
        f"email: official-{n}@example.org}}\n"
        for n in range(count)
    )
    return UA.format(named=named, round=round_, targets=officials, text=text)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The campaign with the older text."""
    return Case(write_home(tmp_path, text=text_of(OLD, OLD_TEXT)))


def newer(case: Case, *, round_: int = 1, name: str = "new.yaml", **more: Any) -> Case:
    """The same campaign from another file, with the newer text."""
    file = case.file.with_name(name)
    file.write_text(text_of(NEW, NEW_TEXT, round_=round_, **more))
    return Case(file, clock=case.clock, kinds=case.kinds)


def imported(case: Case, document: Issue = NEW) -> None:
    """What an import writes: in another process, with a connection of its own."""
    with Journal(case.url, write=True) as journal:
        journal.state_document("46/19", document, at=NOW, by="Ann", because="ua.docx")


def when_sending(case: Case, number: int, do: Callable[[], None], answer: Any = None) -> None:
    """Let `do` happen while the message to that official is on its way."""

    async def send(_: Message) -> Any:
        do()
        if isinstance(answer, Exception):
            raise answer
        return answer or Receipt(says="taken")

    case.channel.script(f"official-{number}", send)


def later(case: Case, **ago: float) -> None:
    """Another start of the program, when waiting is over."""
    case.clock = type(case.clock)(case.clock.now() + timedelta(**(ago or {"hours": 3})))
    case.prepare()


def texts(case: Case) -> list[str]:
    """Whose text went to whom."""
    return [
        f"{message.target.id}: {'new' if NEW_TEXT in message.body else 'old'}"
        for message in case.channel.sent
    ]


def whole(case: Case) -> dict[str, Any]:
    """Everything that stands in the journal's tables."""
    return {
        table: case.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - names of tables
        for table in ("campaigns", "messages", "moves", "facts", "snapshots", "targets")
    }


def sound(case: Case) -> bool:
    with closing(Journal(case.url, write=False)) as journal:
        return not journal.check().faults


# A run that goes on.


@pytest.mark.parametrize("first", [0, 2])
def test_a_run_with_the_older_text_stops_before_its_next_claim(case: Case, first: int) -> None:
    when_sending(case, first, lambda: imported(case))
    ended = case.run()
    assert texts(case) == [f"official-{n}: old" for n in range(first + 1)]
    assert set(ended.kept_back.values()) == {3 - first}
    (reason,) = ended.kept_back
    assert (
        reason
        == ended.superseded
        == (
            "this text is of the document of 16 August 2019 (EUR 57/0894/2019); a newer one of "
            "3 September 2019 (EUR 57/0999/2019) has replaced it; send from the campaign file that "
            "has the newer text"
        )
    )
    assert set(list(case.states().values())[first + 1 :]) == {"planned"}
    assert exit_code(ended, Gist.of(case.entries().values())) == Code.LOOK


def test_a_patient_run_does_not_wait_for_what_may_not_go(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy", retry_after=timedelta(days=3)))
    when_sending(case, 3, lambda: imported(case))
    ended = case.run(wait=True)
    assert case.clock.now() == NOW
    assert ended.superseded is not None
    assert case.states()["official-0"] == "retry"
    assert exit_code(ended, Gist.of(case.entries().values())) == Code.LOOK


def test_the_newer_file_goes_on_where_the_older_stopped(case: Case) -> None:
    case.channel.script("official-0", Temporary("busy"))
    when_sending(case, 1, lambda: imported(case))
    case.run()
    after = newer(case)
    later(after)
    after.run()
    assert texts(case) == ["official-0: old", "official-1: old"]
    assert texts(after) == ["official-0: new", "official-2: new", "official-3: new"]
    assert set(after.states().values()) == {"accepted"}
    assert sound(after)


def test_a_claim_that_has_not_begun_is_given_back(case: Case) -> None:
    """It was made before the import, and nothing of it has left."""
    case.run(limit=1)
    with case.journal() as journal, journal.begin_life() as owner:
        selection = Selection(targets=frozenset({"official-1"}))
        ids = journal.due("46/19", "fake", selection, now=NOW, after=0, limit=1)
        pace = Pacing(channel="fake")
        turned = journal.turn([], ids, moment=lambda: case.moment, owner=owner.id, pace=pace)
        (row,) = turned.claimed
        imported(case)
        says = journal.go_on(
            row, Step.BEGINS, pace, moment=lambda: case.moment, owner=owner.id
        )  # fmt: skip
        assert isinstance(says, Verdict)
        assert says.guard == "superseded"
        # Nor for a run with the newer text: the claim is tied to the older.
        after = newer(case)
        says = journal.go_on(
            row, Step.BEGINS, pace, moment=lambda: after.moment, owner=owner.id
        )  # fmt: skip
        assert isinstance(says, Verdict)
        assert says.reason.endswith("the next send takes the newer text")


# An older copy of the file.


@pytest.mark.parametrize("round_", [1, 2])
@pytest.mark.parametrize("left", ["something", "nothing"])
def test_an_older_copy_changes_nothing(case: Case, round_: int, left: str) -> None:
    imported(case)
    after = newer(case, round_=round_)
    after.run(limit=2 if left == "something" else None)
    before = whole(case)
    case.prepare()
    ended = case.run()
    assert case.channel.sent == []
    assert ended.tried == 0
    assert whole(case) == before
    after.prepare()
    after.run()
    assert {entry.held for entry in after.entries().values()} == {None}
    assert sound(after)


def test_it_is_refused_when_it_is_looked_at(case: Case) -> None:
    imported(case)
    look = case.look()
    assert look.all_refused
    assert {verdict.guard for verdict in look.objections} == {"superseded"}
    assert not any(verdict.final for verdict in look.objections)
    assert not newer(case).look().objections


def test_a_run_that_looked_before_the_import_records_no_plan(case: Case) -> None:
    """It was asked `Send?`, and the import came before the answer."""
    seen, moment = case.look(), case.moment
    assert seen.overview.due
    after = newer(case)
    after.run()
    imported(case)
    before = whole(case)
    with case.journal() as journal:
        drafts = (draft.to_record() for draft in seen.everything)
        recorded = journal.record_plan(
            drafts, case.prepared.snapshot, file="ua.yaml", at=moment.now, by="Ann"
        )
    assert not recorded
    assert whole(case) == before


@pytest.mark.parametrize(
    ("at_hand", "says"),
    [
        (NEW, None),
        (Issue("eur57/999/2019"), None),
        (Issue(issued=NEW.issued), None),
        (Issue(issued=NEW.issued, sequence=3), None),
        (Issue("EUR 57/0001/2020", date(2020, 1, 3), 4), None),
        (OLD, "this text is of the document of 16 August 2019 (EUR 57/0894/2019)"),
        (Issue(NEW.index, date(2019, 9, 1), 3), "of 1 September 2019"),
        (Issue(sequence=2), "this text is of the document number 2"),
        (Issue("EUR 57/0894/2019"), "the document with the index EUR 57/0894/2019"),
        (Issue("EUR 57/1200/2019", date(2019, 8, 1)), "do not tell which of them is newer"),
        (Issue("ASA 17/1200/2019"), "do not tell which of them is newer"),
        (Issue(), "nothing says which document this text is of"),
    ],
)
def test_only_what_is_the_newest_or_newer_may_go(at_hand: Issue, says: str | None) -> None:
    found = superseded(at_hand, NEW)
    assert (found is None) if says is None else (found is not None and says in found)
    assert superseded(at_hand, Issue()) is None


def test_a_file_that_names_no_document_is_told_how_to_mend_it(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, text=text_of(Issue(), OLD_TEXT)))
    case.run(limit=1)
    imported(case)
    later(case)
    assert case.run().tried == 0
    assert "or write the index of its document into this one" in (
        case.look().facts.superseded or ""
    )
    case.file.write_text(text_of(Issue(NEW.index), NEW_TEXT))
    case.prepare()
    case.run()
    assert len(case.channel.sent) == 3


def test_the_last_import_counts(case: Case) -> None:
    imported(case)
    imported(case, OLD)
    case.run()
    assert len(case.channel.sent) == 4


# What comes back with the older text.


def test_a_retry_does_not_go_out_with_the_older_text(case: Case) -> None:
    """The newer plan was made while it was on its way: it came back with the text it had."""
    after = newer(case)

    def plan() -> None:
        imported(case)
        with case.journal() as journal:
            drafts = (draft.to_record() for draft in after.look().everything)
            assert journal.record_plan(
                drafts, after.prepared.snapshot, file="new.yaml", at=NOW, by="Ann"
            )

    when_sending(case, 0, plan, Temporary("busy"))
    case.run()
    assert case.states()["official-0"] == "retry"
    now = NOW + timedelta(hours=3)
    with after.journal() as journal:
        selection = Selection(targets=frozenset({"official-0"}))
        ids = journal.due("46/19", "fake", selection, now=now, after=0, limit=1)
        moment = replace(after.moment, now=now)
        turned = journal.turn(
            [], ids, moment=lambda: moment, owner="a" * 16, pace=Pacing(channel="fake")
        )
    assert list(turned.claimed) == []
    (why,) = turned.kept_back
    assert why.endswith("has replaced it; the next send takes the newer text")
    later(after)
    after.run()
    assert texts(after)[0] == "official-0: new"
    assert texts(case) == ["official-0: old"]
    assert sound(after)


def test_what_a_service_gives_up_in_mid_run_waits_for_the_next_plan(case: Case) -> None:
    case.channel.capabilities_given = Capabilities(confirms=True)
    asks = Receipt(says="queued", id="1", ask_again_at=NOW + timedelta(minutes=5))
    case.channel.script("official-0", asks)
    case.run(limit=1)
    imported(case)
    after = newer(case)
    after.channel.capabilities_given = Capabilities(confirms=True)
    after.channel.answer("official-0", Outcome(became=Became.RETRY, says="the line was busy"))
    ended = after.run(wait=True)
    assert after.states()["official-0"] == "retry"
    assert texts(after) == ["official-1: new", "official-2: new", "official-3: new"]
    assert sum(ended.kept_back.values()) == 1
    later(after)
    after.run()
    assert texts(after) == ["official-0: new"]


@pytest.mark.parametrize("sent", [True, False])
def test_what_is_in_doubt_is_tried_again_only_with_the_text_that_counts(
    case: Case, sent: bool
) -> None:
    """The far end drops doubles; but if it has none, it would take the older text."""
    again = Capabilities(idempotent=True)
    case.channel.capabilities_given = again
    case.channel.script("official-0", Unknown("no answer"))
    case.run(limit=1)
    imported(case)
    after = newer(case)
    later(after)
    after.channel.capabilities_given = again
    after.run()
    entry = after.entries()["official-0"]
    assert (entry.state, entry.attempts) == ("in_doubt", 1)
    assert "resolve that first" in (entry.held or "")
    assert "official-0: old" not in texts(after)
    with after.journal() as journal:
        journal.resolve([entry.key], sent=sent, at=after.clock.now(), by="Ann")
    after.prepare()
    after.channel.capabilities_given = again
    after.run()
    assert texts(after) == ([] if sent else ["official-0: new"])
    assert sound(after)


# A new round.


@pytest.fixture
def mixed(case: Case) -> Case:
    """A round with a letter at a person, one that was not answered, one sent, one to come."""
    case.channel.script("official-0", Handover(links=("https://example.org",)))
    case.channel.script("official-1", Handover(links=("https://example.org",)))
    case.channel.script("official-3", Temporary("busy"))
    case.run()
    with case.journal() as journal:
        key = case.entries()["official-1"].key
        done = Done(key, "no-answer", Counts.AGAIN)
        assert journal.record_done([done], at=NOW, by="Ann") == {}
    return case


def end_rounds_before(case: Case, round_: int) -> dict[State, int]:
    with case.journal() as journal:
        return journal.supersede(
            "46/19", round_, because="round 2 has another letter", at=NOW, by="Ann"
        )


def test_a_new_round_ends_what_is_left_of_the_one_before(mixed: Case) -> None:
    with mixed.journal() as journal:
        key = mixed.entries()["official-0"].key
        assert journal.lease(
            key, mixed.moment, by=Person("Bert", "desk"), time=timedelta(minutes=30)
        ) is None  # fmt: skip
    imported(mixed)
    assert end_rounds_before(mixed, 2) == {State.WITH_PERSON: 1, State.RETRY: 1, State.DONE: 1}
    found = mixed.entries()
    assert mixed.states() == {
        "official-0": "cancelled", "official-1": "done", "official-2": "accepted",
        "official-3": "cancelled",
    }  # fmt: skip
    assert found["official-0"].lease_by is None
    assert (found["official-1"].counts, found["official-1"].outcome) == (
        Counts.NOTHING, "no-answer",
    )  # fmt: skip
    with mixed.journal() as journal:
        assert open_tasks(journal.entries("46/19"), journal.facts(mixed.moment)) == []
        story = journal.story("46/19", found["official-1"].key)
    assert [move.after for move in story.moves][-2:] == ["done", "done"]
    assert story.moves[-1].reason == "round 2 has another letter"
    assert end_rounds_before(mixed, 2) == {}
    assert sound(mixed)


def test_the_new_round_writes_to_all_and_the_older_file_to_none(mixed: Case) -> None:
    imported(mixed)
    end_rounds_before(mixed, 2)
    after = newer(mixed, round_=2)
    after.run()
    assert texts(after) == [f"official-{n}: new" for n in range(4)]
    later(mixed)
    assert mixed.run().tried == 0
    assert end_rounds_before(after, 2) == {}
    assert sound(after)


def test_rounds_that_go_on_are_left_alone(mixed: Case) -> None:
    before = whole(mixed)
    assert end_rounds_before(mixed, 1) == {}
    assert whole(mixed) == before


def test_a_whole_round_of_many_is_ended(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, text=text_of(OLD, OLD_TEXT, count=1203)))
    case.run(limit=1)
    assert end_rounds_before(case, 2) == {State.PLANNED: 1202}
    assert sound(case)


def test_what_went_out_is_counted_by_round(mixed: Case) -> None:
    with mixed.journal() as journal:
        assert journal.went_out("46/19", 1) == 3
        assert journal.went_out("46/19", 2) == 0
        assert journal.went_out("12/34", 1) == 0
        assert journal.ids_of("46/19") == [f"official-{n}" for n in range(4)]


# The fact.


def test_a_journal_without_documents_says_nothing(case: Case) -> None:
    assert case.look().facts.document is None
    assert case.look().facts.superseded is None


def test_the_fact_is_kept_and_checked(case: Case) -> None:
    case.run(limit=1)
    imported(case)
    (kept,) = case.rows("SELECT kind, value, by, because FROM facts")
    assert kept[0] == "document"
    assert json.loads(kept[1]) == NEW.values()
    assert kept[2:] == ("Ann", "ua.docx")
    assert sound(case)
    for value in ('{"issued": "2019-13-01"}', "[]", "{", '{"sequence": "2"}', '{"index": 1}'):
        case.change("UPDATE facts SET value = ?", value)
        with closing(Journal(case.url, write=False)) as journal:
            (fault,) = journal.check().faults
        assert fault.says == "fact 1: the document that it names cannot be read"


def test_a_purge_keeps_which_document_counts_and_not_its_file(case: Case) -> None:
    case.run()
    imported(case)
    later_on = NOW + timedelta(days=200)
    with case.journal() as journal:
        wanted = Purge(before=later_on, at=later_on, by="Ann", because="old")
        assert journal.purge(["46/19"], wanted).done == ["46/19"]
    stored = whole(case)["facts"]
    assert "ua.docx" not in str(stored)
    case.prepare()
    assert case.run().tried == 0
    assert case.look().facts.superseded is not None
    assert sound(case)


# Whatever two documents say.

issues = st.builds(
    Issue,
    index=st.sampled_from([None, "EUR 57/0894/2019", "eur57/894/2019", "EUR 57/0999/2019",
                           "ASA 17/0999/2019", "AFR 53/17/94", "eur5708942019", "no index"]),
    issued=st.sampled_from([None, date(2019, 8, 16), date(2019, 9, 3)]),
    sequence=st.sampled_from([None, 1, 2]),
)  # fmt: skip
OPPOSITE = {Order.NEWER: Order.OLDER, Order.OLDER: Order.NEWER}


@given(issues, issues)
def test_of_two_documents_only_one_can_be_the_newer(one: Issue, two: Issue) -> None:
    there, back = compare(one, two), compare(two, one)
    assert back.order is OPPOSITE.get(there.order, there.order)
    assert there.says
    assert Issue.read(one.values()) == one


@given(issues, issues)
def test_of_two_documents_at_most_one_is_replaced_by_the_other(one: Issue, two: Issue) -> None:
    both = superseded(one, two) is not None and superseded(two, one) is not None
    assert not both or compare(one, two).order is Order.UNCLEAR
    assert not one.is_named or superseded(one, one) is None


@given(issues, st.lists(issues, max_size=3))
def test_the_newest_fact_decides_whatever_came_before(at_hand: Issue, told: list[Issue]) -> None:
    rows = [
        Fact(n, "document", None, None, json.dumps(each.values()), "Ann", "")
        for n, each in enumerate(told, start=1)
    ]
    facts = facts_of(rows, Moment(campaign="46/19", now=NOW, document=at_hand))
    assert facts.document == (told[-1] if told else None)
    assert (facts.superseded is None) == (not told or superseded(at_hand, told[-1]) is None)
    assert facts_of(rows, Moment(campaign="46/19", now=NOW)).superseded is None


def test_a_message_says_why_it_is_kept_back() -> None:
    facts = Facts(now=NOW, superseded="another text counts")
    verdict = ask(Candidate("t", "email", "t@example.org", NOW + timedelta(days=1)), facts)
    assert verdict == Verdict("superseded", "another text counts")
    over = ask(Candidate("t", "email", "t@example.org", NOW), facts)
    assert over is not None
    assert over.guard == "expired"
