"""Reading a journal that others may write to: the answer is of one moment."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from journalkit import settlement
from uadispatch.dispatch.journal import Journal, Pacing, Selection, consult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from uadispatch.dispatch.journal import Claimed, Entry
    from uadispatch.dispatch.journal.books import Life


@pytest.mark.on_file("on a server no answer is of two moments, so none is asked for twice")
@pytest.mark.parametrize("ends", [True, False])
def test_an_answer_counts_only_if_nobody_wrote_meanwhile(tmp_path: Path, *, ends: bool) -> None:
    case = Case(write_home(tmp_path))
    case.run()
    writers: list[Journal] = []
    answers: list[str | None] = []

    def question(journal: Journal) -> str | None:
        if not writers:  # while the first answer is read, a whole run comes, and perhaps goes
            writers.append(case.journal())
            writers[0].state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
            if ends:
                writers[0].close()
        answers.append(journal.facts(case.moment).closed)
        return answers[-1]

    assert consult(case.url, question) == "he is free"
    assert len(answers) == 2
    writers[0].close()


def test_nobody_is_asked_twice_where_a_run_goes_on(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path))
    asked = []
    with case.journal() as writer:
        writer.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")

        def question(journal: Journal) -> str | None:
            asked.append(journal)
            return journal.facts(case.moment).closed

        assert consult(case.url, question) == "he is free"
    assert len(asked) == 1


MANY = 1_200
"""More than are read at once."""


def claim_all(case: Case, writer: Journal, owner: Life) -> Sequence[Claimed]:
    """Claim what may be claimed."""
    now = case.clock.now()
    ids = writer.due("46/19", "fake", Selection(), now=now, after=0, limit=MANY)
    pace = Pacing(channel="fake")
    turned = writer.turn([], ids, moment=lambda: case.moment, owner=owner.id, pace=pace)
    assert len(turned.claimed) == MANY - 1
    return turned.claimed


def states_of(entries: Iterable[Entry]) -> Counter[str]:
    return Counter(str(entry.state) for entry in entries)


def numbers_of(journal: Journal) -> Counter[str]:
    return Counter({str(state): n for state, n in journal.gist("46/19").states.items()})


@pytest.mark.parametrize("meanwhile", ["claims", "dies"])
def test_a_list_and_its_numbers_belong_together(tmp_path: Path, meanwhile: str) -> None:
    """The list is read a part at a time: meanwhile a run goes on or is killed."""
    case = Case(write_home(tmp_path, count=MANY))
    case.run(limit=1)
    with case.journal() as writer:
        owner = writer.begin_life()
        claimed = () if meanwhile == "claims" else claim_all(case, writer, owner)

        def question(journal: Journal) -> tuple[Counter[str], Counter[str]]:
            rows = journal.entries("46/19")
            listed = list(islice(rows, 10))
            if meanwhile == "claims":
                claim_all(case, writer, owner)
            else:
                owner.close()
            counted = numbers_of(journal)
            return states_of([*listed, *rows]), counted

        listed, counted = consult(case.url, question)
        owner.close()
    expected = "claimed" if claimed else "planned"
    assert listed == counted == {"accepted": 1, expected: MANY - 1}


def test_who_ends_while_his_claims_are_read_has_left_no_doubt(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=MANY))
    case.run(limit=1)
    with case.journal() as writer, writer.begin_life() as owner:
        claimed = claim_all(case, writer, owner)

        def question(journal: Journal) -> tuple[Counter[str], Counter[str]]:
            assert journal.facts(case.moment).closed is None  # from here on it is of this moment
            now = case.clock.now()
            writer.settle([settlement(row, "accepted", now) for row in claimed], owner=owner.id)
            owner.close()
            return states_of(journal.entries("46/19")), numbers_of(journal)

        listed, counted = consult(case.url, question)
    assert listed == counted == {"accepted": 1, "claimed": MANY - 1}
    assert consult(case.url, lambda book: book.gist("46/19").states) == {"accepted": MANY}
