"""The journal is asked, and nobody waits for it longer than they want to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from uadispatch.dispatch.distributed import asking
from uadispatch.dispatch.distributed.asking import Answer, Asked
from uadispatch.dispatch.journal import JournalAway, JournalError, NoJournal

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asking, "monotonic", clock)
    return clock


def counting(clock: Clock, takes: float = 0.0) -> Callable[[], int]:
    """A question whose answer is how often it was asked."""
    times = 0

    def ask() -> int:
        nonlocal times
        times += 1
        clock.now += takes
        return times

    return ask


def test_an_answer_is_kept_for_a_while(clock: Clock) -> None:
    asked = Asked(counting(clock))
    assert asked.answer() == Answer(1)
    clock.now += 1.5
    assert asked.answer() == Answer(1, age=1.5)
    clock.now += 1
    assert asked.answer() == Answer(2)


@pytest.mark.parametrize(("takes", "kept"), [(0.5, 10), (50, 600)])
def test_what_is_costly_is_asked_seldom(clock: Clock, takes: float, kept: float) -> None:
    asked = Asked(counting(clock, takes), is_costly=True)
    assert asked.answer() == Answer(1, age=takes)
    clock.now += kept - 1
    assert asked.answer().value == 1
    clock.now += 2
    assert asked.answer().value == 2


def test_what_was_asked_before_it_is_forgotten_is_not_kept(clock: Clock) -> None:
    asked = Asked(counting(clock, takes=5), is_costly=True)
    asked.answer()
    clock.now += 3
    asked.forget()
    assert asked.answer().value == 2
    clock.now += 3
    assert asked.answer().value == 2


def test_what_hung_while_it_was_forgotten_is_soon_asked_again(clock: Clock) -> None:
    times = 0

    def ask() -> int:
        nonlocal times
        times += 1
        clock.now += 25
        if times == 1:
            asked.forget()
        clock.now += 25
        return times

    asked = Asked(ask, is_costly=True)
    assert asked.answer().value == 1
    clock.now += 3
    assert asked.answer().value == 2


def test_a_slow_answer_to_what_is_cheap_is_soon_asked_for_again(clock: Clock) -> None:
    asked = Asked(counting(clock, takes=50))
    asked.answer()
    clock.now += 3
    assert asked.answer().value == 2


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (JournalAway("postgresql://ann@db/x: it is away"), "it cannot be reached"),
        (NoJournal("postgresql://ann@db/x"), "there is none yet"),
        (JournalError("postgresql://ann@db/x: no"), "it cannot be read"),
    ],
)  # fmt: skip
def test_a_fault_is_told_without_the_words_of_the_server(
    clock: Clock, fault: Exception, says: str
) -> None:
    results: list[Exception | int] = [1, fault, 2]

    def ask() -> int:
        found = results.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    asked = Asked(ask, is_costly=True)
    assert asked.answer().value == 1
    clock.now += 600
    # What was known before may have changed since: it is told no more.
    assert asked.answer() == Answer(None, fault=says)
    clock.now += 3
    assert asked.answer() == Answer(2)


def test_one_that_hangs_is_not_waited_for_and_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.02)
    monkeypatch.setattr(asking, "FRESH", 0.0)
    goes_on, begun = threading.Event(), 0

    def ask() -> int:
        nonlocal begun
        begun += 1
        if begun > 1:
            goes_on.wait(60)
        return begun

    asked = Asked(ask)
    while asked.answer().value != 1:  # a busy machine may take its time
        pass
    for _ in range(3):
        late = asked.answer()
        assert (late.value, late.is_late) == (1, True)
        assert late.fault == "it has not answered for 0.02 seconds"
    assert begun == 2
    goes_on.set()
    monkeypatch.setattr(asking, "PATIENCE", 60)
    assert asked.answer().value == 2
    asked.close()
