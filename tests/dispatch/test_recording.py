"""When the journal fails in the middle: nothing more is claimed, and what is known is recorded."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from casekit import NOW, Case, Fax, to_the_tick, write_home
from uadispatch.channels.message import Message, Receipt
from uadispatch.dispatch.journal import Journal, JournalError
from uadispatch.dispatch.journal.on_file import opening
from uadispatch.dispatch.journal.whereabouts import ServerUrl
from uadispatch.dispatch.news import Unrecorded
from uadispatch.errors import OptedOut, Temporary, Unavailable
from uadispatch.testing import FakeChannel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FULL = JournalError("the disk is full")


class Failing:
    """Makes one method of every journal fail, from its `first` call on (from 1), `times` times."""

    def __init__(
        self, patch: pytest.MonkeyPatch, name: str, *, first: int = 1, times: int = 10**9,
        after: bool = False,
    ) -> None:  # fmt: skip
        self.calls = 0
        method: Callable[..., Any] = getattr(Journal, name)

        def failing(journal: Journal, *words: Any, **named: Any) -> Any:
            self.calls += 1
            fails = first <= self.calls < first + times
            if fails and not after:
                raise FULL
            answer = method(journal, *words, **named)
            if fails:
                raise FULL
            return answer

        patch.setattr(Journal, name, failing)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(write_home(tmp_path, count=8), concurrency=3)


def fails(case: Case, **how: Any) -> JournalError:
    """Run it to its JournalError."""
    with to_the_tick(), pytest.raises(JournalError) as raised:
        case.run(**how)
    return raised.value


def keys(case: Case) -> list[str]:
    return [message.key for message in case.channel.sent]


def unrecorded(case: Case) -> list[int]:
    return [news.number for news in case.seen if isinstance(news, Unrecorded)]


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("times", [0, 1, 4])
@pytest.mark.parametrize("after", [False, True])
def test_what_was_tried_is_recorded_once_that_works_again(
    case: Case, first: int, times: int, after: bool
) -> None:
    """The failing transaction may have been written all the same."""
    with pytest.MonkeyPatch.context() as patch:
        Failing(patch, "turn", first=first, after=after)
        Failing(patch, "settle", times=times, after=after)
        fails(case)
    sent = keys(case)
    states = list(case.states().values())
    assert states.count("accepted") == len(sent) == min(3 * (first - 1), 8)
    assert states.count("in_doubt") == (min(3, 8 - len(sent)) if after else 0)
    assert unrecorded(case) == ([3] * times if sent else [])
    case.prepare()
    case.run()
    assert len({*sent, *keys(case)}) == len(sent) + len(keys(case)) == 8 - states.count("in_doubt")
    assert set(case.states().values()) <= {"accepted", "in_doubt"}


def test_what_can_never_be_recorded_is_named_and_in_doubt(case: Case) -> None:
    case.channel.script("official-1", Temporary("busy", code="450"))
    case.channel.script("official-2", OptedOut("no more"))
    with pytest.MonkeyPatch.context() as patch:
        Failing(patch, "turn", first=2)
        Failing(patch, "settle")
        said = [str(problem) for problem in fails(case).problems]
    assert case.clock.now() - NOW >= timedelta(seconds=60)
    assert said[0] == "the disk is full"
    assert [line.partition(";")[0] for line in said[1:]] == [
        "official-0/fake: not recorded, and so in doubt from now on: accepted: taken",
        "official-1/fake: not recorded, and so in doubt from now on: retry: busy",
        "official-2/fake: not recorded, and so in doubt from now on: failed: no more",
    ]
    assert len(set(unrecorded(case))) == 1
    doubtful = {"official-0", "official-1", "official-2"}
    assert {target for target, state in case.states().items() if state == "in_doubt"} == doubtful
    case.prepare()
    case.run()
    assert not doubtful & {message.target.id for message in case.channel.sent}
    assert len(case.channel.sent) == 5


@pytest.mark.on_file("on a server somebody else's lock keeps out those alone whom it concerns")
def test_a_lock_that_is_held_for_too_long_costs_no_outcome(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the file while messages are on their way."""
    monkeypatch.setattr(opening, "BUSY", 0.01)
    case.run(limit=1)
    other = sqlite3.connect(case.url.database or "", isolation_level=None)

    async def lock(_: Message) -> Receipt:
        other.execute("BEGIN IMMEDIATE")
        return Receipt(says="taken")

    class Seen(list[Any]):
        def append(self, news: Any) -> None:
            super().append(news)
            if isinstance(news, Unrecorded) and other.in_transaction:
                other.execute("ROLLBACK")

    case.prepare()
    case.seen = Seen()
    case.channel.script("official-3", lock)
    says = str(fails(case))
    other.close()
    assert "journal" in says
    assert unrecorded(case) == [3]
    states = list(case.states().values())
    assert (states.count("accepted"), states.count("planned")) == (4, 4)
    case.prepare()
    case.run()
    assert len(case.channel.sent) == 4


@pytest.mark.parametrize("name", ["due", "next_due"])
def test_a_journal_that_cannot_be_asked_ends_the_run_with_everything_recorded(
    case: Case, name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Failing(patch, name)
        fails(case)
    assert set(case.states().values()) <= {"accepted", "planned"}
    assert list(case.states().values()).count("accepted") == len(case.channel.sent)


def test_a_journal_that_fails_ends_the_other_channels_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that waits for its far end: the fault is said at once, not when it is back."""
    case = Case(write_home(tmp_path, count=4, channels="fake, fax"), kinds=(FakeChannel, Fax))
    fax = case.channels["fax"]
    assert isinstance(fax, Fax)
    fax.script("official-0", Unavailable("away", retry_after=timedelta(hours=5)))

    async def slowly(_: Message) -> Receipt:
        await case.clock.sleep(5)
        return Receipt(says="taken")

    for number in range(4):
        case.channel.script(f"official-{number}", slowly)
    turn = Journal.turn

    def failing(journal: Journal, finished: Any, *words: Any, **named: Any) -> Any:
        if case.clock.now() > NOW:
            raise FULL
        return turn(journal, finished, *words, **named)

    monkeypatch.setattr(Journal, "turn", failing)
    fails(case, wait=True)
    assert case.clock.now() < NOW + timedelta(minutes=2)
    assert len(case.channel.sent) == 1
    assert len(fax.sent) == 1


def test_a_fact_that_was_never_written_hides_none_that_is(case: Case) -> None:
    """An opt-out is rolled back, and the closing that comes after it is all that is known."""
    on_server = isinstance(case.url, ServerUrl)
    fault = psycopg.OperationalError if on_server else sqlite3.OperationalError
    case.run(limit=1)
    with case.journal() as journal:

        def write_and_fail() -> None:
            with journal._deciding_below("46/19") as connection:
                connection.execute(
                    "INSERT INTO facts (kind, channel, value, at, by, because) "
                    "VALUES ('opted_out', 'fake', 'x', 0, 'run', '')"
                )
                assert journal._facts.read(connection, case.moment).opted_out
                raise fault("disk I/O error")

        with pytest.raises(JournalError):
            write_and_fail()
        with case.journal() as other:
            other.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
        assert journal.facts(case.moment).closed == "he is free"


def test_what_was_foreseen_and_not_committed_is_neither_claimed_nor_sent(case: Case) -> None:
    """Messages are made ready while the disk writes; the commit may fail after that."""
    ready: list[str] = []
    turn = Journal.turn

    def full(journal: Journal, *words: Any, foresee: Any, **named: Any) -> Any:
        def foreseen(rows: Any) -> None:
            foresee(rows)
            raise FULL

        return turn(journal, *words, foresee=foreseen, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "turn", full)
        patch.setattr(case.channel, "check", lambda message: ready.append(message.target.id))
        ready.clear()
        with pytest.raises(JournalError):
            case.run()
    assert case.channel.sent == []
    assert ready[-3:] == ["official-0", "official-1", "official-2"]
    assert set(case.states().values()) == {"planned"}
    case.clock._now += timedelta(days=1)
    case.prepare()
    case.run()
    assert [message.at for message in case.channel.sent] == [case.clock.now()] * 8
