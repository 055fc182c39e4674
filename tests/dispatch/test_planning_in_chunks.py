"""However many messages are planned at a time, the plan is the same, and none of it is held."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from casekit import NOW, Case, Fax, write_home
from memorykit import memory_watched, once
from uadispatch.campaign.deadline import deadline_instant
from uadispatch.campaign.model import Target
from uadispatch.campaign.values import EmailAddress
from uadispatch.dispatch.guards import Facts, Verdict
from uadispatch.dispatch.journal import Journal, Known, Selection, journal_url
from uadispatch.dispatch.journal.on_file.opening import driver
from uadispatch.dispatch.journal.reading import knowing
from uadispatch.dispatch.journal.tables.schema import marks, messages
from uadispatch.dispatch.keys import keys_on
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.drafts import Drafts
from uadispatch.dispatch.planning.looking import look
from uadispatch.dispatch.planning.overview import FEW, MANY, Faults, Objections
from uadispatch.dispatch.planning.planning import plan
from uadispatch.dispatch.snapshot import StoredTarget, digest, message_key, target_body
from uadispatch.dispatch.states import SERVED, State
from uadispatch.dispatch.targets.roster import Roster
from uadispatch.errors import Problem
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from uadispatch.dispatch.planning.drafts import Draft

KINDS = (FakeChannel, Fax)
ADDRESSES = [f"office-{letter}@example.org" for letter in "abc"]


class Plan(NamedTuple):
    """A campaign, and what its journal has of it by now."""

    contacts: list[str | None]
    """The address of each target, or none."""
    refused: set[int]
    """Which targets the channel never takes."""
    states: list[tuple[int, str, State]]
    """What has become of some messages: the target's number, the channel, the state."""
    marked: set[str]


plans = st.builds(
    Plan,
    contacts=st.lists(st.sampled_from([None, *ADDRESSES]), min_size=1, max_size=7),
    refused=st.sets(st.integers(0, 6), max_size=2),
    states=st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(["fake", "fax"]), st.sampled_from(State)),
        max_size=5,
    ),
    marked=st.sets(st.sampled_from(ADDRESSES), max_size=2),
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A campaign of seven, all of whose messages a journal knows."""
    folder = tmp_path_factory.mktemp("chunks")
    case = Case(write_home(folder, count=7, channels="fake, fax"), kinds=KINDS)
    case.run(selection=Selection(targets=frozenset()))
    return case


def written(case: Case, of: Plan) -> Roster:
    """The targets of the plan; its journal says what the plan says."""
    first, *_ = case.prepared.source.campaign.written
    targets = []
    for number, address in enumerate(of.contacts):
        entries = first.model_dump(mode="json", exclude_none=True) | {"id": f"official-{number}"}
        entries.pop("email")
        targets.append(Target.model_validate(entries | ({"email": address} if address else {})))
    with case.journal() as journal, journal._deciding_everywhere() as connection:
        connection.execute(update(messages).values(state="planned", contact="nobody"))
        for number, channel, state in of.states:
            address = (of.contacts + [None] * 7)[number] or "nobody"
            connection.execute(
                update(messages)
                .where(messages.c.target == f"official-{number}", messages.c.channel == channel)
                .values(state=state, contact=address)
            )
        connection.execute(marks.delete())
        for address in of.marked:
            row = {"channel": "fax", "contact": address, "campaign": "1/26", "because": "unknown"}
            connection.execute(insert(marks), row | {"at": NOW - timedelta(days=9)})
    return Roster(targets)


def planned(case: Case, targets: Roster, chunk: int, refused: set[int]) -> list[Draft]:
    """The plan, made so many messages at a time."""

    def check(message: object) -> None:
        if int(message.target.id.rpartition("-")[2]) in refused:  # type: ignore[attr-defined]
            raise ValueError("not this one")

    def ask(keys: Collection[str], contacts: Collection[tuple[str, str]]) -> Known:
        asked.append(len(keys))
        return journal.known("46/19", 1, keys, contacts)

    asked: list[int] = []
    with closing(Journal(case.url, write=False)) as journal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(case.channel, "check", check)
        found = list(
            plan(
                case.prepared.source.campaign, targets, case.prepared.channels,
                Composer(case.prepared.snapshot), facts=Facts(now=NOW), known=ask, chunk=chunk,
            )
        )  # fmt: skip
    assert sum(asked) == len(found)
    assert all(number < chunk + len(KINDS) for number in asked)
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plans)
@example(Plan([ADDRESSES[0]] * 3, {0}, [], set()))
@example(Plan([ADDRESSES[0]] * 3, set(), [(2, "fax", State.ACCEPTED)], {ADDRESSES[0]}))
def test_a_plan_is_the_same_however_many_are_planned_at_a_time(case: Case, of: Plan) -> None:
    targets = written(case, of)
    whole = planned(case, targets, 10_000, of.refused)
    assert [(d.target.id, d.channel) for d in whole] == [
        (f"official-{number}", name)
        for number, address in enumerate(of.contacts)
        if address
        for name in case.prepared.channels
    ]
    for draft in whole:
        _is_held_if_and_only_if_another_has_it(draft, whole)
        assert (draft.mark is not None) == (
            draft.channel == "fax" and draft.contact.value in of.marked
        )
    for chunk in (1, 2, 500):
        assert planned(case, targets, chunk, of.refused) == whole


def _is_held_if_and_only_if_another_has_it(draft: Draft, whole: list[Draft]) -> None:
    """The rule, from the whole plan: the same contact was served already, or is to be before it."""
    same = [d for d in whole if d.channel == draft.channel and d.contact == draft.contact]
    served = [d for d in same if d.entry is not None and d.entry.state in SERVED]
    if draft in served:
        assert draft.held is None
    elif served:
        assert draft.held is not None
    else:
        takers = [d for d in same if d.held is None and not d.refusal and _unsent(d)]
        if takers and same.index(draft) > same.index(takers[0]):
            assert draft.held is not None
        else:
            assert draft.held is None


def _unsent(draft: Draft) -> bool:
    return draft.entry is None or draft.entry.state in ("planned", "retry", "refused")


@given(st.text(max_size=30), st.text("abc09", min_size=1, max_size=9), st.integers(1, 99))
@example('a"b\\c\n\t\x00\x1f/é😀', "email", 1)
def test_a_key_that_is_made_quickly_is_the_designs(target: str, channel: str, round_: int) -> None:
    try:
        expected = message_key("46/19", round_, target, channel)
    except UnicodeEncodeError:  # half a letter: there is no key at all
        return
    assert keys_on(channel, "46/19", round_)(target) == expected


def test_a_deadline_that_is_remembered_is_that_of_the_place(case: Case) -> None:
    one = case.prepared.source.campaign.written[0]
    day = case.prepared.source.campaign.urgent_action.deadline
    places: list[dict[str, str | None]] = [
        {"timezone": "Asia/Almaty"}, {"timezone": "America/New_York", "country": "KZ"},
        {"timezone": None, "country": "JP"}, {"timezone": None, "country": "FR"},
        {"timezone": None, "country": None},
    ]  # fmt: skip
    found = [deadline_instant(day, one.model_copy(update=place)) for place in places]
    assert len(set(found)) == 5
    assert [deadline_instant(day, one.model_copy(update=place)) for place in places] == found


def test_what_is_asked_of_the_journal_is_found_by_its_indexes(case: Case) -> None:
    with (
        closing(Journal(case.url, write=False)) as journal,
        journal._deciding_everywhere() as connection,
    ):
        for query, given_, index in (
            (knowing.SERVED_CONTACTS, ("46/19", 1, "fake", '["a"]'), "messages_contact"),
            (knowing.MARKS, ("fake", '["a"]'), "sqlite_autoindex_marks_1"),
        ):
            steps = [
                row[3] for row in driver(connection).execute(f"EXPLAIN QUERY PLAN {query}", given_)
            ]
            assert any(f"USING INDEX {index}" in step and "contact=?" in step for step in steps)
            assert not any(step.startswith("SCAN m") for step in steps)


class Generated(Roster):
    """So many targets, each made when its turn comes."""

    def __init__(self, one: Target, number: int) -> None:
        super().__init__([])
        self._one = one
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[StoredTarget]:
        for number in range(self._number):
            address = {"written": f"o{number}@example.org", "value": f"o{number}@example.org"}
            email = EmailAddress.model_construct(None, **address)
            target = self._one.model_copy(update={"id": f"o{number}", "email": email})
            body = target_body(target)
            yield StoredTarget(target, digest(body), body)

    def shared(self, field: str, identity: str) -> bool:
        del field, identity
        return False


def peak(case: Case, number: int, *, journal: bool) -> int:
    """Bytes that planning so many takes at its worst."""
    prepared = replace(
        case.prepared, targets=Generated(case.prepared.source.campaign.written[0], number)
    )
    url = case.url if journal else journal_url("nowhere.db", case.file.parent)
    with memory_watched() as worst:
        composer = Composer(prepared.snapshot)
        seen = look(prepared, composer, url, case.moment, Selection())
        assert sum(1 for _ in seen.everything) == seen.whole.number == 2 * number
        return worst()


@pytest.mark.parametrize("journal", [False, True])
def test_five_times_as_many_messages_take_no_more_memory(case: Case, *, journal: bool) -> None:
    peak(case, 300, journal=journal)  # what is read once, and kept

    def fits() -> bool:
        return peak(case, 2_500, journal=journal) < 1.1 * peak(case, 500, journal=journal)

    assert once(fits)


def test_what_is_recorded_is_the_same_where_no_message_is_composed_again(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=4))
    for number in (1, 2):
        case.channel.reject(f"official-{number}", "not this one")
    case.run(selection=Selection(targets=frozenset({"official-3"})))
    seen = case.look()
    recorded = [draft.to_record() for draft in seen.everything]
    assert [row.refusal for row in recorded] == [None, "not this one", "not this one", None]

    def never(_: object) -> None:
        raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case.channel, "check", never)
        assert [draft.to_record() for draft in seen.outlines] == recorded
        assert {draft.message for draft in seen.outlines} == {None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uadispatch.dispatch.planning.overview.MOST_REFUSED", 1)
        assert [draft.to_record() for draft in case.look().outlines] == recorded


def test_where_a_template_is_broken_nothing_is_taken_for_known(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=2))
    broken = tmp_path / "templates/fake/en.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ target.nickname }}")
    case.prepare()
    assert all(draft.broken for draft in case.look().outlines)


def test_a_plan_is_made_anew_each_time_and_no_further_than_asked(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=3))
    begun = []

    def anew() -> Iterator[Draft]:
        begun.append(0)
        for draft in case.look().everything:
            begun[-1] += 1
            yield draft

    drafts = Drafts(anew)
    assert [draft.target.id for draft in drafts.first(1)] == ["official-0"]
    last = drafts.that(lambda draft: draft.target.id == "official-2")
    assert [draft.target.id for draft in last] == ["official-2"]
    assert len(list(drafts.first(None))) == 3
    assert begun == [1, 3, 3]


def test_of_reasons_without_end_the_first_are_kept_and_the_others_counted() -> None:
    said = Objections()
    for number in range(MANY + 5):
        for _ in range(2):
            said.add(Verdict("held", f"the contact of target {number} too"))
    said.add(Verdict("closed", "he is free"))
    assert len(list(said)) == MANY + 1
    assert said.further == {"held": 10}
    assert said.guards == {"held", "closed"}
    faults = Faults()
    for number in range(MANY + 5):
        for target in range(FEW + 2):
            faults.add(Problem(f"fault {number}", "x.j2:1"), f"t{target}")
    assert len(faults.numbers) == len(faults.targets) == MANY
    assert set(faults.numbers.values()) == {FEW + 2}
    assert {len(ids) for ids in faults.targets.values()} == {FEW}
    assert faults.further == 5 * (FEW + 2)
