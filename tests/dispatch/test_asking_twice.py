"""Where asking a service leads to a second copy, or to a wrong report."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import Case, write_home
from uadispatch import Became, Capabilities, Outcome, Temporary, Unknown
from uadispatch.channels.message import Receipt
from uadispatch.dispatch.followup.confirming import Confirmer

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch import Message
    from uadispatch.dispatch.followup.confirming import Confirmed

ASKS = Capabilities(confirms=True)
BUSY = Outcome(became=Became.RETRY, says="busy", code="user_busy", id="fax-1")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    case = Case(write_home(tmp_path, count=1))
    case.channel.capabilities_given = ASKS
    return case


def later(case: Case, **by: float) -> None:
    case.clock._now += timedelta(**by)


async def asking(case: Case) -> Confirmed:
    with case.journal() as journal:
        confirmer = Confirmer(
            journal, case.channels, "46/19", clock=case.clock, random=lambda: 0.0, by="Ann",
            patience=5,
        )  # fmt: skip
        return await confirmer.ask(list(journal.entries("46/19")))


def ask(case: Case) -> Confirmed:
    return asyncio.run(asking(case))


@pytest.mark.parametrize("how", ["lost answer", "killed"])
def test_a_second_try_in_doubt_is_not_asked_by_the_name_of_the_first(case: Case, how: str) -> None:
    """fax-1 was busy; the second try's answer is lost: fax-1 says nothing of it."""

    async def killed(_: Message) -> Receipt:
        raise KeyboardInterrupt

    case.channel.script(
        "official-0",
        Receipt(says="queued", id="fax-1", ask_again_at=case.clock.now() + timedelta(seconds=30)),
        Unknown("no answer") if how == "lost answer" else killed,
    )
    case.run()
    later(case, seconds=31)
    case.channel.answer("official-0", BUSY)
    ask(case)
    assert case.states()["official-0"] == "retry"
    later(case, hours=1)
    case.run()
    assert case.states()["official-0"] == "in_doubt"
    case.channel.questions.clear()
    case.channel.answer("official-0", BUSY)
    ask(case)
    receipts = [receipt for _, receipt, _ in case.channel.questions]
    assert receipts == [None]
    assert case.states()["official-0"] != "planned"


def test_what_a_person_has_said_was_sent_is_not_sent_again_by_asking(case: Case) -> None:
    """`resolve --sent`, then `confirm`: the list of the gateway does not have it (any more)."""
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    with case.journal() as journal:
        journal.resolve(
            [case.entries()["official-0"].key], sent=True, at=case.clock.now(), by="Ben"
        )
    assert case.states()["official-0"] == "accepted"
    later(case, hours=1)
    case.channel.answer("official-0", Outcome(became=Became.RETRY, says="no such fax"))
    ask(case)
    later(case, hours=1)
    case.run()
    assert len(case.channel.sent) == 1, "sent again, against a person's word"


def test_a_resolved_second_try_is_not_undone_by_what_the_first_was(case: Case) -> None:
    """The second try was lost; a person saw it arrive; the first one's "busy" sends a third."""
    case.channel.script(
        "official-0",
        Receipt(says="queued", id="fax-1", ask_again_at=case.clock.now() + timedelta(seconds=30)),
        Unknown("no answer"),
    )
    case.run()
    later(case, seconds=31)
    case.channel.answer("official-0", BUSY)
    ask(case)
    later(case, hours=1)
    case.run()
    with case.journal() as journal:
        journal.resolve(
            [case.entries()["official-0"].key], sent=True, at=case.clock.now(), by="Ben"
        )
    case.channel.answer("official-0", BUSY)
    ask(case)
    later(case, hours=1)
    case.run()
    assert len(case.channel.sent) == 2


def test_a_fax_whose_own_run_has_not_recorded_it_is_not_taken_for_another(tmp_path: Path) -> None:
    """Two campaigns fax one number in one minute; the one asks while the other is on its way."""
    first = Case(write_home(tmp_path, count=1))
    file = tmp_path / "other.yaml"
    file.write_text(first.file.read_text().replace("46/19", "47/19"))
    second = Case(file, clock=first.clock)
    for case in (first, second):
        case.channel.capabilities_given = ASKS
    first.channel.script("official-0", Unknown("no answer"))
    first.run()
    found = Outcome(became=Became.CONFIRMED, says="delivered", id="fax-2")
    first.channel.answer("official-0", found, dataclasses.replace(found, id="fax-1", exact=True))

    async def taken_and_asked(_: Message) -> Receipt:
        await asking(first)
        return Receipt(says="queued", id="fax-2")

    second.channel.script("official-0", taken_and_asked)
    second.run()
    assert first.states() == {"official-0": "in_doubt"}
    ask(first)
    assert first.states() == {"official-0": "confirmed"}, "it bears its own label"


def test_an_answer_about_an_earlier_try_is_not_recorded_of_a_later_one(case: Case) -> None:
    """While a gateway is slow: `resolve --not-sent`, `send`, and again no answer."""
    case.channel.script("official-0", Unknown("no answer"), Unknown("no answer"))
    case.run()

    async def slow(message: Message, receipt: Receipt | None, since: datetime) -> Outcome:
        assert (receipt, since) == (None, message.at)
        with case.journal() as journal:
            journal.resolve([message.key], sent=False, at=case.clock.now(), by="Ben")
        later(case, seconds=1)
        await case.go()
        assert case.states()["official-0"] == "in_doubt", "of the second try"
        return Outcome(became=Became.RETRY, says="no such fax at that time")

    case.channel.confirm = slow  # type: ignore[method-assign]
    ask(case)
    assert case.states()["official-0"] == "in_doubt"


@pytest.mark.parametrize(
    "wrong",
    [
        {"became": "delivered"},
        {"became": Became.RETRY, "retry_after": 60},
        {"became": Became.ACCEPTED, "ask_again_at": datetime.fromisoformat("2030-01-01")},
        {"became": Became.RETRY, "retry_after": timedelta.max},
    ],
)
def test_a_plugin_that_answers_wrongly_does_not_end_the_run(
    case: Case, wrong: dict[str, Any]
) -> None:
    case.channel.script(
        "official-0",
        Receipt(says="queued", id="fax-1", ask_again_at=case.clock.now() + timedelta(seconds=30)),
    )
    case.run()
    later(case, seconds=31)
    case.channel.answer("official-0", Outcome(**wrong))
    case.run()
    assert case.states()["official-0"] in ("accepted", "retry")


def test_one_fax_that_cannot_be_asked_of_keeps_back_no_other(tmp_path: Path) -> None:
    """The gateway answers 500 for one fax; `uadispatch confirm` is given again and again."""
    case = Case(write_home(tmp_path, count=2))
    case.channel.capabilities_given = ASKS
    for n in range(2):
        case.channel.script(f"official-{n}", Receipt(says="queued", id=f"fax-{n}"))
    case.run()
    case.channel.answer("official-0", *[Temporary("HTTP 500 for this one")] * 5)
    case.channel.answer("official-1", Outcome(became=Became.CONFIRMED, says="delivered"))
    for _ in range(5):
        ask(case)
        later(case, minutes=10)
    assert case.states()["official-1"] == "confirmed"


def test_another_far_end_is_not_asked_of_what_the_first_may_have(case: Case) -> None:
    """The gateway was changed while something was in doubt: the new one never had it."""
    case.channel.capabilities_given = Capabilities(confirms=True, far_end="telnyx +1202555")
    case.channel.script("official-0", Unknown("no answer"))
    case.run()
    case.channel.capabilities_given = Capabilities(confirms=True, far_end="sinch")
    case.channel.answer("official-0", Outcome(became=Became.RETRY, says="no such fax"))
    result = ask(case)
    assert case.channel.questions == []
    assert "another service" in result.troubles["fake"]
    assert case.states()["official-0"] == "in_doubt"
    case.channel.capabilities_given = Capabilities(confirms=True, far_end="telnyx +1202555")
    ask(case)
    assert case.states()["official-0"] == "planned"
