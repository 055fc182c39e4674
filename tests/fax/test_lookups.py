"""What is asked of the gateways on the web, and whose fax they answer about."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxkit import NOW, NUMBER, OTHER, Hands, a_fax, lent, pdf
from uadispatch import Became, Outcome, Temporary, Unknown
from uadispatch.testing.far_ends.http import CLOSE, in_json
from uadispatch_fax.gateway import (
    SETTLED,
    is_certain,
    is_same_number,
    is_try_of,
    label,
)
from uadispatch_fax.settings import FaxSettings
from uadispatch_fax.sinch import Sinch
from uadispatch_fax.stand_in_sinch import SinchStandIn
from uadispatch_fax.stand_in_telnyx import TelnyxStandIn
from uadispatch_fax.telnyx import Telnyx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from uadispatch import Message

KINDS: dict[str, Any] = {"telnyx": (TelnyxStandIn, Telnyx), "sinch": (SinchStandIn, Sinch)}
BUSY = {"telnyx": "user_busy", "sinch": "CALL_ERROR 17"}
either = pytest.mark.parametrize("gateway", list(KINDS))


def tell(gateway: str, folder: Path, story: Callable[[Any], Awaitable[None]]) -> None:
    async def told() -> None:
        clock = Hands()
        stand_in, kind = KINDS[gateway]
        far = stand_in(clock.now)
        given = dict(await far.start(folder)) | {"patience": 0.05}
        near = kind(FaxSettings.model_validate(given), lent(clock))
        try:
            await asyncio.wait_for(
                story(SimpleNamespace(near=near, far=far, server=far.server, clock=clock)), 30
            )
        finally:
            await near.aclose()
            await far.stop()

    asyncio.run(told())


async def in_doubt(world: Any, message: Message) -> None:
    world.server.at("served", CLOSE, method="POST", times=1)
    with pytest.raises(Unknown):
        await world.near.send(pdf(), message)


def fails(world: Any, gateway: str) -> None:
    """The last fax that came in was over at once."""
    world.far.calls[-1].steps, world.far.calls[-1].reason = [world.far.failed], BUSY[gateway]


@either
def test_a_fax_that_was_not_asked_for_says_nothing(gateway: str, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        ours = {"id": receipt.id, "status": world.far.delivered, "to": NUMBER}
        for wrong in ({"id": "other"}, {"to": OTHER}, {"to": 5}):
            fax = ours | wrong
            about = in_json({"data": fax} if gateway == "telnyx" else fax)
            world.server.at("served", about, method="GET", times=1)
            with pytest.raises(Temporary, match="another fax than was asked for"):
                await world.near.confirm(a_fax(), receipt, NOW)
        for right in (ours, ours | {"to": None}, ours | {"to": NUMBER[1:]}):
            about = in_json({"data": right} if gateway == "telnyx" else right)
            world.server.at("served", about, method="GET", times=1)
            outcome = await world.near.confirm(a_fax(), receipt, NOW)
            assert outcome.became is Became.CONFIRMED

    tell(gateway, tmp_path, story)


@either
def test_a_failure_that_was_looked_up_is_told_once_nothing_else_can_turn_up(
    gateway: str, tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        await in_doubt(world, a_fax())
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.exact) == (Became.ACCEPTED, gateway == "sinch")
        fails(world, gateway)
        world.clock.later(minutes=29)
        assert await world.near.confirm(a_fax(), None, NOW) is None
        world.clock.later(minutes=1)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.exact) == (Became.RETRY, gateway == "sinch")
        assert outcome.id == world.far.calls[0].name

    tell(gateway, tmp_path, story)


def test_a_failed_fax_that_may_not_be_ours_makes_no_second_copy(tmp_path: Path) -> None:
    """Ours is listed a minute late; a colleague's to the same number was busy just now."""

    async def story(world: Any) -> None:
        await world.near.send(pdf("a colleague's"), a_fax(9))
        fails(world, "telnyx")
        await in_doubt(world, a_fax())
        late = world.far.calls.pop()
        world.clock.later(minutes=1)
        assert await world.near.confirm(a_fax(), None, NOW) is None
        world.far.calls.append(late)
        world.clock.later(hours=1)
        assert await world.near.confirm(a_fax(), None, NOW) is None

    tell("telnyx", tmp_path, story)


@either
def test_an_earlier_try_says_nothing_of_the_last(gateway: str, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        await world.near.send(pdf(), a_fax())
        world.far.calls[0].steps = [world.far.delivered]
        world.clock.later(minutes=1)
        again = a_fax(at=world.clock.at)
        await in_doubt(world, again)
        late = world.far.calls.pop()
        world.clock.later(minutes=1)
        assert await world.near.confirm(again, None, again.at) is None
        world.far.calls.append(late)
        outcome = await world.near.confirm(again, None, again.at)
        # Telnyx shows no label: two may be it.
        assert outcome is None if gateway == "telnyx" else outcome.id == late.name

    tell(gateway, tmp_path, story)


def test_somebody_elses_fax_to_the_number_is_not_ours(tmp_path: Path) -> None:
    """A colleague faxed the office 20 minutes later; ours never arrived at the gateway."""

    async def story(world: Any) -> None:
        world.clock.later(minutes=20)
        await world.near.send(pdf("another letter"), a_fax(9, at=world.clock.at))
        world.far.calls[0].steps = [world.far.delivered]
        world.clock.later(minutes=11)
        assert await world.near.confirm(a_fax(), None, NOW) is None

    tell("telnyx", tmp_path, story)


def test_a_fax_from_another_application_is_not_taken_for_ours(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.clock.later(hours=1)
        fax = {"id": "a", "status": "delivered", "to": NUMBER, "direction": "outbound"}
        for connection, became in (("1", Became.RETRY), ("234423", Became.CONFIRMED)):
            listed = [fax | {"connection_id": connection}]
            world.server.at("served", in_json({"data": listed}), method="GET", times=1)
            outcome = await world.near.confirm(a_fax(), None, NOW)
            assert outcome.became is became

    tell("telnyx", tmp_path, story)


@pytest.mark.parametrize(
    ("created", "became"),
    [
        ("2019-08-20T08:57:59Z", Became.RETRY),  # it was there before
        ("2019-08-20T08:58:00Z", None),  # if the clocks differ, it is ours
        ("2019-08-20T08:59:39Z", None),
        ("2019-08-20T08:59:40Z", Became.CONFIRMED),
        ("2019-08-20T09:10:00Z", Became.CONFIRMED),
        ("2019-08-20T09:10:01Z", None),  # a colleague's, or ours that waited for its turn
        ("2019-08-20T09:30:00Z", None),
        ("2019-08-20T09:30:01Z", Became.RETRY),
    ],
)
def test_when_a_fax_was_made_tells_whether_it_is_ours(
    created: str, became: Became | None, tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        world.clock.later(hours=1)
        fax = {"id": "a", "status": "delivered", "to": NUMBER, "created_at": created}
        world.server.at("served", in_json({"data": [fax]}), method="GET", times=1)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome and outcome.became) is became

    tell("telnyx", tmp_path, story)


moments = st.timedeltas(timedelta(0), timedelta(days=20_000)).map(lambda by: NOW + by)


@given(first=moments, second=moments, number=st.integers(0, 5))
def test_no_two_tries_have_the_same_label(first: datetime, second: datetime, number: int) -> None:
    one, other = label(a_fax(), first), label(a_fax(number), second)
    same = number == 0 and first.replace(microsecond=0) == second.replace(microsecond=0)
    assert (one == other) is same
    assert is_try_of(a_fax(), other) is (number == 0)
    assert is_try_of(a_fax(number), other)


@given(became=st.sampled_from(Became), minutes=st.integers(0, 60))
def test_only_what_leads_to_no_other_try_is_told_at_once(became: Became, minutes: int) -> None:
    told = is_certain(Outcome(became=became), timedelta(minutes=minutes), SETTLED)
    assert told is (minutes >= 30 or became in (Became.ACCEPTED, Became.CONFIRMED))


@given(st.text(max_size=15))
def test_only_its_own_digits_are_a_number(found: str) -> None:
    assert is_same_number(NUMBER, f" {NUMBER} ")
    digits = "".join(each for each in found if each in "0123456789")
    assert is_same_number(NUMBER, found) is (digits == NUMBER[1:])
    assert not is_same_number(NUMBER, None)
