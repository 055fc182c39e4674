"""Reading a journal that others may write to: the answer is of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from uadispatch.dispatch.journal import Journal, consult

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
