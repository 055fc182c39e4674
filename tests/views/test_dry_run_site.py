"""What a dry-run's page counts and lists, and that what it keeps meanwhile is bounded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from uadispatch.channels.rates import RateValue
from uadispatch.views.cards import Card
from uadispatch.views.dry_run import Seen, sampling, site, write
from uadispatch.views.dry_run.counting import Fate, count
from uadispatch.views.dry_run.sampling import Outstanding
from uadispatch.views.dry_run.summary import _pace, summary

if TYPE_CHECKING:
    from pathlib import Path


def seen_of(case: Case) -> Seen:
    look = case.look()
    return Seen(
        prepared=case.prepared, look=look, drafts=look.drafts, at=NOW, alone=lambda _: "alone"
    )


def card(number: int, reason: str, *, held: bool = False) -> Card:
    return Card(
        key=f"{number:012x}", target=f"t{number}", name=f"Official {number}", role="",
        channel="email", to="t@example.org", language="en", right_to_left=False,
        state="planned" if held else "refused", reason=reason, by="program", held=held,
        stands_out=True, fallback="", when="", local_time="", template="", sheet=None,
    )  # fmt: skip


@pytest.mark.parametrize("most", [500, 2])
def test_progress_comes_to_its_end(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "MOST", most)
    told: list[tuple[int, int]] = []
    written = write(
        tmp_path / "page",
        seen_of(Case(write_home(tmp_path, count=5))),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(number, 5) for number in range(1, 6)]
    assert written.pages == (0 if most == 500 else 3)
    assert written.file.is_file()


def test_every_message_is_counted_once(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=5))
    case.run(limit=2)
    found = summary(seen := seen_of(case), count(seen))
    assert found.by_fate == {Fate.NOW: 3, Fate.OUT: 2}
    assert (found.total, found.goes_out) == (5, 3)
    assert [row.numbers for row in found.rows] == [(3, 2)]


@pytest.mark.parametrize(
    ("rate", "number", "says"),
    [
        (RateValue(30, timedelta(minutes=1)), 1, "30 a minute"),
        (RateValue(30, timedelta(minutes=1)), 61, "30 a minute; 61 messages take about 2 minutes"),
        (RateValue(1, timedelta(hours=1)), 49, "1 an hour; 49 messages take about 2 days"),
        (
            RateValue(100, timedelta(minutes=15)),
            1_001,
            "100 in 15 minutes; 1,001 messages take about 150 minutes",
        ),
    ],
)
def test_a_rate_is_told_with_what_it_comes_to(rate: RateValue, number: int, says: str) -> None:
    assert _pace(rate, number) == says


def test_refusals_are_grouped_by_reason() -> None:
    found = Outstanding()
    for number in range(5):
        found.add(card(number, "the address is too long", held=number == 4), f"#m-{number}")
    refused, held = found.groups(10_000)
    assert (refused.word, refused.number, len(refused.lines)) == ("refused", 4, 4)
    assert (held.word, held.number) == ("held", 1)


def test_of_more_refusals_than_have_room_the_first_of_each_reason_are_listed() -> None:
    found = Outstanding()
    for number in range(1_000):
        found.add(card(number, f"reason {number % 3}"), f"#m-{number}")
    groups = found.groups(3_000)
    assert sum(line.size for group in groups for line in group.lines) <= 3_000
    assert [group.number for group in groups] == [334, 333, 333]
    assert all(group.lines for group in groups)


def test_a_rare_refusal_is_named_however_many_came_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "MOST_LINES", 50)
    found = Outstanding()
    for number in range(100):
        found.add(card(number, "the address is too long"), f"#m-{number}")
    found.add(card(100, "the text is empty"), "#m-100")
    common, rare = found.groups(1_000_000)
    assert (common.number, len(common.lines)) == (100, 50)
    assert [line.target for line in rare.lines] == ["t100"]


def test_a_reason_for_each_message_is_no_list_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_REASONS", 10)
    monkeypatch.setattr(sampling, "MOST_LINES", 20)
    found = Outstanding()
    for number in range(100):
        found.add(card(number, f"reason {number}"), f"#m-{number}")
    groups = found.groups(1_000_000)
    assert len(groups) == 11
    assert groups[-1].reason == "other reasons: the messages say them"
    assert sum(group.number for group in groups) == 100
    assert sum(len(group.lines) for group in groups) == 20
