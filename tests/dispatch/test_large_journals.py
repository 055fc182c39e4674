"""However many messages a journal has: none is looked through in vain, and not all are held."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from journalkit import CAMPAIGN, START, Run, below, planned, settlement, snapshot_of
from memorykit import memory_watched
from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal import (
    Absent,
    Gist,
    Journal,
    Moment,
    Pacing,
    Purge,
    Repeatable,
    Selection,
    Wanted,
    journal_url,
)
from uadispatch.dispatch.journal.on_file.logs import log_of
from uadispatch.dispatch.journal.reading.facts import Fact, Known
from uadispatch.dispatch.journal.whereabouts import file_of
from uadispatch.dispatch.journal.writing import planned as recording
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from uadispatch.dispatch.journal import Entry, JournalUrl

LATER = START + timedelta(hours=1)
EMAIL = Selection(channels=frozenset({"email"}))
MOMENT = Moment(campaign=CAMPAIGN, now=START)


@pytest.fixture
def url(tmp_path: Path) -> JournalUrl:
    return journal_url(str(tmp_path / "journal.db"), tmp_path)


def record(journal: Journal, number: int, *, round_: int = 1) -> None:
    """A plan of so many targets, by email and by post."""
    plan = (
        planned(
            f"official-{place}", channel, f"official-{place}@{channel}.example.org", round_=round_,
            expires_at=LATER + timedelta(days=place % 3),
            refusal="it is too long" if place % 97 == 5 else None,
        )
        for place in range(number)
        for channel in ("email", "post")
    )  # fmt: skip
    journal.record_plan(plan, snapshot_of(round_, ""), file="ua.yaml", at=START, by="Ann")


def shuffle(journal: Journal, chance: random.Random, owner: str) -> None:
    """Let every message stand anyhow, as a journal may have it; `owner` alone is alive."""
    ids = [id_ for (id_,) in below(journal).execute("SELECT id FROM messages")]
    rows = []
    for id_ in ids:
        state = chance.choice(list(State))
        rows.append(
            (
                state, chance.choice([None, None, "a person must look"]),
                chance.choice([None, 1, 2**50]), chance.choice([None, 1, 2**51]),
                chance.choice([None, *Counts]) if state is State.DONE else None,
                chance.choice([None, owner, "dead"]), chance.choice([None, *Repeatable]),
                chance.choice([None, '{"attempt":1,"id":"x","files":["a.pdf"]}']), id_,
            )
        )  # fmt: skip
    below(journal).executemany(
        "UPDATE messages SET state = ?, held = ?, ask_again_at = ?, not_before = ?, counts = ?, "
        "owner = ?, repeatable = ?, receipt = ? WHERE id = ?",
        rows,
    )


def takes(entry: Entry, round_: int | None, selection: Selection) -> bool:
    return round_ in (None, entry.round) and selection.takes(entry.target, entry.channel)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_counted_is_what_one_finds_who_goes_through_all(url: JournalUrl, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    run = Run.begin(url)
    for round_ in (1, 2):
        record(run.journal, chance.choice([1, 30]), round_=round_)
    shuffle(run.journal, chance, run.owner.id)
    everything = list(run.journal.entries(CAMPAIGN))
    assert {entry.state for entry in everything} <= set(State)
    some = Selection(
        channels=frozenset({"post"}), targets=frozenset({"official-0", "official-7", "nobody"})
    )
    for selection in (Selection(), EMAIL, some):
        for asked in (None, 1, 2, 3):
            found = run.journal.gist(CAMPAIGN, round_=asked, selection=selection)
            mine = [entry for entry in everything if takes(entry, asked, selection)]
            assert found == Gist.of(mine)
    assert run.journal.gist("1/01") == Gist()
    run.leave()


@pytest.mark.parametrize("seed", range(4))
def test_those_that_are_wanted_are_found_in_any_number_of_parts(
    url: JournalUrl, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    run = Run.begin(url)
    for round_ in (1, 2):
        record(run.journal, 40, round_=round_)
    shuffle(run.journal, chance, run.owner.id)
    everything = list(run.journal.entries(CAMPAIGN))
    assert len(everything) == 160
    states = frozenset(chance.sample(list(State), 3))
    beginning = everything[11].key[:8]
    for chunk in (1, 7, 500):
        monkeypatch.setattr("uadispatch.dispatch.journal.reading.going_through.CHUNK", chunk)

        def found(**wanted: Any) -> list[Entry]:
            return list(run.journal.entries(CAMPAIGN, Wanted(**wanted)))

        assert found() == everything
        assert found(states=states) == [e for e in everything if e.state in states]
        assert found(states=states, or_held=True) == [
            entry for entry in everything if entry.state in states or entry.held is not None
        ]
        assert found(round=2, selection=EMAIL) == [e for e in everything if takes(e, 2, EMAIL)]
        assert found(before_round=2) == everything[:80]
        made = found(made={beginning})
        assert everything[11] in made
        assert {entry.key for entry in everything if entry.handed} <= {entry.key for entry in made}
        assert len(made) < len(everything)
    run.leave()


class Watch:
    """Hears every statement of a journal, and how SQLite would go about it."""

    def __init__(self, journal: Journal) -> None:
        self._book = below(journal)
        self._heard: list[str] = []

    def ways(self, question: Callable[[], object]) -> list[str]:
        """How the statements of `question` are gone about."""
        self._heard.clear()
        self._book.set_trace_callback(self._heard.append)
        try:
            question()
        finally:
            self._book.set_trace_callback(None)
        asked = [text for text in self._heard if text.split()[0] in ASKING]
        assert asked, "it asked nothing"
        return [row[3] for text in asked for row in self._way(text)]

    def _way(self, text: str) -> list[Any]:
        if "aside." in text:  # it is gone by now
            return []
        found: list[Any] = self._book.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
        return found


ASKING = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def long_ways(ways: list[str]) -> list[str]:
    """Those that lead past every message: through the whole table, or in no order to all of it."""
    ends = ("(campaign=?)", "(campaign=? AND round=?)", "(campaign=? AND round=? AND channel=?)")
    return [
        way
        for way in ways
        if way.startswith(("SCAN messages", "SCAN moves", "SCAN targets"))
        or ("INDEX messages_contact" in way and "COVERING" not in way and way.endswith(ends))
    ]


@pytest.fixture(params=["a small plan", "a large plan"])
def run(request: pytest.FixtureRequest, url: JournalUrl) -> Iterator[Run]:
    """A run in a journal whose indexes were made in this order or in that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "MANY", 10**9 if request.param == "a small plan" else 1)
        found = Run.begin(url)
        record(found.journal, 30)
        yield found
        found.leave()


def turn(run: Run, how: str = "") -> None:
    """Record what was claimed before, if it is said how it ended, and claim again."""
    finished = [settlement(row, how, START) for row in run.flying.values()] if how else []
    ids = run.journal.due(CAMPAIGN, "email", Selection(), now=START, after=0, limit=10)
    claimed = run.journal.turn(
        finished, ids[:5], moment=lambda: MOMENT, owner=run.owner.id, pace=Pacing(channel="email")
    ).claimed
    run.flying = {row.id: row for row in claimed}


def test_no_turn_goes_past_messages_that_it_does_not_concern(run: Run) -> None:
    watch = Watch(run.journal)
    assert long_ways(watch.ways(lambda: turn(run))) == []
    assert run.flying
    for how in ("accepted", "retry", "failed", "rejected", "opted_out", "in_doubt", "again"):
        assert long_ways(watch.ways(partial(turn, run, how))) == [], how


@pytest.mark.parametrize("selection", [Selection(), EMAIL])
def test_no_question_between_passes_goes_past_messages_that_are_over(
    run: Run, selection: Selection
) -> None:
    watch, journal = Watch(run.journal), run.journal
    turn(run)
    turn(run, "retry")
    for question in (
        lambda: journal.next_due(CAMPAIGN, selection, after=START),
        lambda: journal.what_waits(CAMPAIGN, selection, after=START),
        lambda: journal.next_end(CAMPAIGN, selection),
        lambda: journal.next_question(CAMPAIGN, selection),
        lambda: journal.to_ask(CAMPAIGN, selection, now=START, limit=9),
        lambda: journal.facts(MOMENT),
        lambda: journal.find_messages(CAMPAIGN, "official-3/post"),
        lambda: journal.rounds(CAMPAIGN),
    ):
        ways = watch.ways(question)
        assert long_ways(ways) == []
        assert not [way for way in ways if "rowid>" in way and "facts" not in way], "a table"


def test_a_plan_looks_for_what_it_concerns_alone(run: Run) -> None:
    watch = Watch(run.journal)
    turn(run)
    turn(run, "again")
    assert long_ways(watch.ways(lambda: record(run.journal, 40))) == []
    assert long_ways(watch.ways(lambda: record(run.journal, 20, round_=2))) == []


def test_what_goes_through_all_does_it_in_the_order_in_which_they_lie(run: Run) -> None:
    watch, journal = Watch(run.journal), run.journal
    turn(run)
    questions: dict[str, Callable[[], object]] = {
        "gist": lambda: journal.gist(CAMPAIGN),
        "all": lambda: list(journal.entries(CAMPAIGN)),
        "some": lambda: list(journal.entries(CAMPAIGN, Wanted(states={State.WITH_PERSON}))),
        "totals": lambda: journal.totals(CAMPAIGN, outlines=5, each=lambda _: lambda _: None),
        "records": lambda: list(journal.records(CAMPAIGN)),
        "standings": lambda: journal.standings(START),
        "went out": lambda: journal.went_out(CAMPAIGN, 1),
        "ids": lambda: journal.ids_of(CAMPAIGN),
        "ended": lambda: journal.cancel_ended(MOMENT, by="Ann"),
    }
    assert {name: long_ways(watch.ways(question)) for name, question in questions.items()} == {
        name: [] for name in questions
    }


def steps(journal: Journal, question: Callable[[], object]) -> int:
    """How many steps of its machine SQLite takes for `question`, in tens."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    below(journal).set_progress_handler(step, 10)
    try:
        question()
    finally:
        below(journal).set_progress_handler(None, 10)
    return taken


CLOSED = Moment(campaign=CAMPAIGN, now=START, closed="it is over")


def purge(journal: Journal) -> None:
    """Purge the campaign, long after."""
    journal.cancel_ended(CLOSED, by="Ann")
    later = START + timedelta(days=900)
    wanted = Purge(before=later, at=later, by="Ann", because="it is old")
    assert journal.purge([CAMPAIGN], wanted).done == [CAMPAIGN]


@pytest.mark.parametrize(
    "ask",
    [
        lambda journal: journal.gist(CAMPAIGN),
        lambda journal: list(journal.entries(CAMPAIGN)),
        lambda journal: list(journal.entries(CAMPAIGN, Wanted(states={State.DONE}))),
        lambda journal: journal.cancel_ended(CLOSED, by="Ann"),
        lambda journal: journal.supersede(CAMPAIGN, 2, because="new", at=START, by="Ann"),
        purge,
        lambda journal: list(journal.records(CAMPAIGN)),
        lambda journal: journal.check(),
        lambda journal: record(journal, 1),
    ],
    ids=[
        "gist", "one by one", "a few of them", "a closing", "a new round", "a purge", "export",
        "check", "all of it gone from the plan",
    ],
)  # fmt: skip
def test_what_goes_through_all_of_four_times_as_many_takes_four_times_as_long(
    tmp_path: Path, ask: Callable[[Journal], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk in (
        "reading.going_through.CHUNK", "writing.decisions.PART", "writing.decisions.CHUNK",
        "writing.purging.CHUNK",
    ):  # fmt: skip
        monkeypatch.setattr(f"uadispatch.dispatch.journal.{chunk}", 20)
    taken = []
    for number in (200, 800):
        with Journal(journal_url(str(tmp_path / f"{number}.db"), tmp_path), write=True) as book:
            record(book, number)
            taken.append(steps(book, partial(ask, book)))
    assert taken[0] * 3 < taken[1] < taken[0] * 5


def test_a_turn_takes_no_longer_among_four_times_as_many(tmp_path: Path) -> None:
    taken = []
    for number in (100, 400):
        run = Run.begin(journal_url(str(tmp_path / f"{number}.db"), tmp_path))
        record(run.journal, number)
        turn(run)
        taken.append(steps(run.journal, partial(turn, run, "accepted")))
        run.leave()
    assert taken[0] * 0.8 < taken[1] < taken[0] * 1.2


def let_go_of_post(journal: Journal) -> int:
    """Plan it where there is no post, of which half of the targets stand in the file still."""

    class Even:
        def __contains__(self, target: object) -> bool:
            return int(str(target).removeprefix("official-")) % 2 == 0

    journal.record_plan(
        (), snapshot_of(1, "edited"), file="ua.yaml", at=START, by="Ann",
        absent=Absent({"post": "there is none today"}, Even()),
    )  # fmt: skip
    query = "SELECT channel, held, count(*) FROM messages GROUP BY 1, 2 ORDER BY 1, 2"
    found = below(journal).execute(query).fetchall()
    (gone, _), (absent, _) = [(number, held) for channel, held, number in found
                              if channel == "post" and held is not None]  # fmt: skip
    assert abs(gone - absent) < 0.1 * gone
    return int(absent)


def begin_anew(journal: Journal) -> int:
    """Let all fail, and begin anew."""
    below(journal).execute("UPDATE messages SET state = 'failed'")
    number = journal.gist(CAMPAIGN).states[State.FAILED]
    plan = (
        replace(
            planned(
                f"official-{place}", channel, f"{place}@{channel}.example.org", expires_at=LATER
            ),
            anew="Ann says so",
        )
        for place in range(number // 2)
        for channel in ("email", "post")
    )
    journal.record_plan(plan, snapshot_of(1, ""), file="ua.yaml", at=START, by="Ann")
    assert journal.gist(CAMPAIGN).states == {State.PLANNED: number}
    return number


def opt_out(run: Run, journal: Journal, number: int) -> None:
    """Let so many more claims end with the wish to get no more messages."""
    ids = journal.due(CAMPAIGN, "email", Selection(), now=START, after=0, limit=number)
    turned = journal.turn(
        [], ids, moment=lambda: MOMENT, owner=run.owner.id, pace=Pacing(channel="email")
    )
    assert len(turned.claimed) == number
    for row in turned.claimed:
        journal.settle([settlement(row, "opted_out", START)], owner=run.owner.id)
        assert ("email", row.contact) in journal.facts(MOMENT).opted_out


def test_a_wish_for_no_more_messages_costs_no_more_after_eight_times_as_many(
    url: JournalUrl,
) -> None:
    run = Run.begin(url)
    record(run.journal, 400)
    opt_out(run, run.journal, 20)
    before = run.journal.facts(MOMENT)
    read: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        taken = Known.add
        patch.setattr(Known, "add", lambda known, rows: taken(known, counted(rows, read)))
        few = steps(run.journal, partial(opt_out, run, run.journal, 10))
        opt_out(run, run.journal, 150)
        many = steps(run.journal, partial(opt_out, run, run.journal, 10))
    assert many < few * 1.2
    assert read == [1] * 170, "each fact is read once"
    assert len(before.opted_out) == 20, "what was so then is so still"
    assert len(run.journal.facts(MOMENT).opted_out) == 190
    with Journal(url, write=True) as other:
        assert other.facts(MOMENT) == run.journal.facts(MOMENT)
    run.leave()


def counted(rows: Iterable[Fact], read: list[int]) -> Iterator[Fact]:
    """`rows`; how many there were, `read` is told."""
    number = 0
    for row in rows:
        number += 1
        yield row
    read.append(number)


@pytest.mark.parametrize(
    "ask",
    [
        lambda journal: journal.gist(CAMPAIGN),
        lambda journal: sum(1 for _ in journal.entries(CAMPAIGN)),
        lambda journal: sum(1 for _ in journal.records(CAMPAIGN)),
        lambda journal: journal.check(),
        lambda journal: journal.totals(CAMPAIGN, outlines=5, each=lambda _: lambda _: None),
        let_go_of_post,
        begin_anew,
        lambda journal: journal.cancel_ended(
            Moment(campaign=CAMPAIGN, now=START, closed="it is over"), by="Ann"
        ),
    ],
    ids=[
        "gist",
        "one by one",
        "export",
        "check",
        "totals",
        "a channel that is absent",
        "what had failed",
        "a closing",
    ],
)
def test_memory_does_not_grow_with_the_number_of_messages(
    tmp_path: Path, ask: Callable[[Journal], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uadispatch.dispatch.journal.writing.decisions.PART", 500)
    peaks: list[int] = []
    for number in (100, 500, 2_500):  # the first warms up
        with Journal(journal_url(str(tmp_path / f"{len(peaks)}.db"), tmp_path), write=True) as book:
            record(book, number)
            with memory_watched() as worst:
                assert ask(book) is not None
                peaks.append(worst())
    assert peaks[-1] < peaks[-2] + 1_000_000, "2,000 messages more are 2 MB, if they are held"


def test_a_large_plan_leaves_no_long_log(url: JournalUrl) -> None:
    """What one transaction has made of it is cut off by those that follow."""
    with Journal(url, write=True) as journal:
        below(journal).execute("PRAGMA wal_autocheckpoint = 100")
        below(journal).execute("PRAGMA journal_size_limit = 100000")
        record(journal, 3_000)
        log = log_of(file_of(url))
        assert log.stat().st_size > 1_000_000
        journal.state_fact(CAMPAIGN, "stopped", at=START, by="Ann")
        journal.state_fact(CAMPAIGN, "resumed", at=START, by="Ann")
        assert log.stat().st_size < 200_000
