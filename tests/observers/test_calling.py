"""How observers are called: whatever one does, nobody else notices."""

from __future__ import annotations

import threading
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from clikit import until
from uadispatch import CampaignClosed, ConfigError, MessageSettled, RunFinished, RunStarted
from uadispatch.observers.calling import Observers
from uadispatch.observers.hooks import HOOKS, Event, Observer, ObserverTools, code_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
STARTED = RunStarted(campaign="46/19", at=NOW, channels=("email",), planned=2)
FINISHED = RunFinished(
    campaign="46/19", at=NOW, seconds=1.0, tried=2, states={"accepted": 2}, in_doubt=0,
    interrupted=False,
)  # fmt: skip
CLOSED = CampaignClosed(campaign="46/19", at=NOW, cancelled=1, recalled=0, must_look=False)
TOOLS = ObserverTools(settings=lambda _, model: model(), secret=lambda *_: None)
LONG = 60.0
"""Seconds that nobody reaches."""


def settled(number: int = 0) -> MessageSettled:
    return MessageSettled(
        campaign="46/19", key=f"{number:064x}", target=f"t{number}", channel="email",
        state="accepted", code=None, at=NOW,
    )  # fmt: skip


def observer(call: Callable[[Event], object], name: str = "pager", *hooks: str) -> Observer:
    """One that hears of everything, or of `hooks` alone."""

    def hear(*, tools: ObserverTools, **named: Any) -> None:
        assert tools is TOOLS
        (event,) = named.values()
        call(event)

    names = hooks or [hook for hook, _ in HOOKS.values()]
    return Observer(name, "1", dict.fromkeys(names, hear), {})


class Told(list[str]):
    """What was said for people."""


def test_each_hears_everything_in_order_and_all_is_told_before_it_ends() -> None:
    heard: dict[str, list[Event]] = {"a": [], "b": []}
    said = Told()
    observers = Observers(
        [observer(heard["a"].append, "a"), observer(heard["b"].append, "b", "run_finished")],
        TOOLS, limit=LONG, say=said.append,
    )  # fmt: skip
    events: list[Event] = [STARTED, settled(), FINISHED, CLOSED]
    for event in events:
        observers.tell(event)
    observers.close()
    assert heard == {"a": events, "b": [FINISHED]}
    assert said == []


def test_without_observers_there_is_no_thread_and_nothing_is_put_in_words() -> None:
    before = set(threading.enumerate())
    observers = Observers([], TOOLS, say=print)
    deaf = Observers([observer(print, "deaf", "run_finished")], TOOLS, say=print)
    for each in (observers, deaf):
        each.tell(settled())
        each.tell(STARTED)
        assert not each.hear_messages
    assert set(threading.enumerate()) == before
    observers.close()
    deaf.close()


@pytest.mark.parametrize("fault", [ValueError("Serikzhan"), SystemExit(3), KeyboardInterrupt()])
def test_who_raises_is_reported_once_without_its_words_and_goes_on_to_be_called(
    fault: BaseException,
) -> None:
    calls: list[Event] = []
    said = Told()

    def fail(event: Event) -> None:
        calls.append(event)
        raise fault

    observers = Observers([observer(fail)], TOOLS, limit=LONG, say=said.append)
    for _ in range(3):
        observers.tell(STARTED)
    observers.close()
    assert len(calls) == 3
    (line,) = said
    assert line.startswith(f"pager: run_started: it failed, {type(fault).__name__} at test_calling")
    assert "Serikzhan" not in line


def test_an_error_that_was_written_for_people_is_shown() -> None:
    said = Told()

    def fail(_: Event) -> None:
        raise ConfigError("set UADISPATCH_PAGER_URL")

    observers = Observers([observer(fail)], TOOLS, limit=LONG, say=said.append)
    observers.tell(CLOSED)
    observers.close()
    assert said == ["pager: campaign_closed: set UADISPATCH_PAGER_URL"]


def test_who_hangs_keeps_no_other_from_hearing() -> None:
    goes_on, heard, said = threading.Event(), list[Event](), Told()
    observers = Observers(
        [observer(lambda _: goes_on.wait(), "hangs"), observer(heard.append, "works")],
        TOOLS, limit=LONG, say=said.append,
    )  # fmt: skip
    observers.tell(STARTED)
    observers.tell(FINISHED)
    until(lambda: heard == [STARTED, FINISHED])
    observers.close(wait=False)
    goes_on.set()
    (line,) = said
    assert line.startswith("hangs: was left")


def test_who_takes_too_long_is_called_no_more_and_that_is_said_once() -> None:
    goes_on, said = threading.Event(), Told()
    calls: list[Event] = []

    def hang(event: Event) -> None:
        calls.append(event)
        goes_on.wait()

    observers = Observers([observer(hang)], TOOLS, limit=0.05, say=said.append)
    observers.tell(STARTED)
    observers.tell(settled())
    until(lambda: said)
    observers.tell(FINISHED)
    observers.close()
    goes_on.set()
    assert calls == [STARTED]
    assert said == [
        "pager: took more than 0.05 s over one call; it is called no more by this command"
    ]


def test_at_the_end_no_more_than_the_limit_is_waited_and_what_was_not_told_is_said() -> None:
    goes_on, said = threading.Event(), Told()
    observers = Observers([observer(lambda _: goes_on.wait())], TOOLS, limit=LONG, say=said.append)
    observers.tell(STARTED)
    observers.tell(FINISHED)
    observers.close(wait=False)  # as Ctrl-C does
    goes_on.set()
    (line,) = said
    assert line.startswith("pager: ")
    assert "not told" in line
    observers.tell(CLOSED)  # after its end nobody is told, and nothing is said twice
    observers.close()
    assert len(said) == 1


def test_ctrl_c_ends_the_waiting_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, said = threading.Event(), Told()
    observers = Observers([observer(lambda _: goes_on.wait())], TOOLS, limit=LONG, say=said.append)
    observers.tell(FINISHED)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(observers._seats[0]._changed, "wait", interrupted)
        observers.close()
    goes_on.set()
    assert len(said) == 1


def test_of_a_flood_messages_are_left_out_and_counted_and_nothing_else_is() -> None:
    began, goes_on = threading.Event(), threading.Event()
    heard, said = list[Event](), Told()

    def slow(event: Event) -> None:
        heard.append(event)
        began.set()
        goes_on.wait()

    observers = Observers([observer(slow)], TOOLS, limit=LONG, room=10, say=said.append)
    observers.tell(STARTED)
    began.wait()
    for number in range(100):
        observers.tell(settled(number))
    observers.tell(FINISHED)
    observers.tell(CLOSED)
    goes_on.set()
    observers.close()
    assert heard == [STARTED, *map(settled, range(10)), FINISHED, CLOSED]
    assert said == ["pager: was too slow: 90 messages were not told to it"]


def test_nobody_to_tell_people_is_no_fault() -> None:
    def gone(_: str) -> None:
        raise OSError("its reader has gone")

    def fail(_: Event) -> None:
        raise ValueError

    heard: list[Event] = []
    observers = Observers(
        [observer(fail, "bad"), observer(heard.append, "good")], TOOLS, limit=LONG, say=gone
    )
    observers.tell(STARTED)
    observers.close()
    assert heard == [STARTED]


def test_where_no_thread_can_be_had_sending_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    said = Told()
    monkeypatch.setattr(threading.Thread, "start", none_left)
    observers = Observers([observer(print)], TOOLS, limit=LONG, say=said.append)
    observers.tell(STARTED)
    observers.tell(FINISHED)
    observers.close()
    assert said == ["pager: could not be called: no thread could be started"]


def test_what_one_does_to_an_event_the_next_one_is_not_told() -> None:
    heard: list[Event] = []

    def change(event: Event) -> None:
        assert isinstance(event, RunFinished)
        event.states.clear()  # type: ignore[attr-defined]

    observers = Observers(
        [observer(change, "a"), observer(heard.append, "b")], TOOLS, limit=LONG, say=print
    )
    observers.tell(FINISHED)
    observers.close()
    assert heard == [FINISHED]
    assert asdict(FINISHED)["states"] == {"accepted": 2}


@pytest.mark.parametrize("code", ["550", "550 5.1.1", "HTTP 422", "user_busy", "delivered"])
def test_a_code_is_told(code: str) -> None:
    assert code_of(code) == code


@pytest.mark.parametrize(
    "code", [None, "", "no such user here", "550 Serikzhan", "a\nb", "x" * 41, "Бизаш"]
)
def test_words_are_no_code(code: str | None) -> None:
    assert code_of(code) is None
