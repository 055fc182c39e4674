"""Reading a journal that others may write to: the answer is of one moment."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from uadispatch.dispatch.journal import Journal, Owner, Pacing, Selection, consult

if TYPE_CHECKING:
    from pathlib import Path


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


def claim_all(case: Case, writer: Journal, owner: Owner) -> int:
    """Claim what may be claimed; returns how many those are."""
    now = case.clock.now()
    ids = writer.due("46/19", "fake", Selection(), now=now, after=0, limit=9_999)
    pace = Pacing(channel="fake")
    turned = writer.turn([], ids, moment=lambda: case.moment, owner=owner.id, pace=pace)
    return len(turned.claimed)


@pytest.mark.parametrize("dies", [True, False])
def test_a_list_and_its_numbers_belong_together(tmp_path: Path, *, dies: bool) -> None:
    """The list is read a part at a time: meanwhile a run goes on, or is killed."""
    many = 1_200
    case = Case(write_home(tmp_path, count=many))
    case.run(limit=1)
    with case.journal() as writer:
        owner = Owner(case.url)
        if dies:
            assert claim_all(case, writer, owner) == many - 1

        def question(journal: Journal) -> tuple[Counter[str], Counter[str]]:
            rows = journal.entries("46/19")
            listed = list(islice(rows, 10))
            if dies:
                owner.close()
            else:
                assert claim_all(case, writer, owner) == many - 1
            gist = journal.gist("46/19")
            listed += rows
            assert len(listed) == many
            return Counter(str(entry.state) for entry in listed), Counter(gist.states)

        listed, counted = consult(case.url, question)
        owner.close()
    expected = "claimed" if dies else "planned"
    assert listed == counted == {"accepted": 1, expected: many - 1}
