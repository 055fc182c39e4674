"""Sinch, against a far end that speaks as its documentation says."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from faxkit import NOW, NUMBER, Hands, a_fax, lent, pdf
from uadispatch import (
    Became,
    ConfigError,
    Outcome,
    Receipt,
    Rejected,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
)
from uadispatch.testing.far_ends.http import CLOSE, GARBAGE, SILENCE, Act, Answer, cut, in_json
from uadispatch_fax.gateway import label
from uadispatch_fax.settings import FaxSettings
from uadispatch_fax.sinch import Sinch
from uadispatch_fax.stand_in_sinch import SinchStandIn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

VIOLATION = {
    "code": "422",
    "message": "Invalid parameters",
    "details": {"fieldViolations": [{"field": "to", "description": "not a valid number"}]},
}


def tell(folder: Path, story: Callable[[Any], Awaitable[Any]], **settings: Any) -> Any:
    async def told() -> Any:
        clock = Hands()
        far = SinchStandIn(clock.now)
        given = dict(await far.start(folder)) | {"patience": 0.05} | settings
        near = Sinch(FaxSettings.model_validate(given), lent(clock))
        world = SimpleNamespace(near=near, far=far, server=far.server, clock=clock)
        try:
            return await asyncio.wait_for(story(world), 30)
        finally:
            await near.aclose()
            await far.stop()

    return asyncio.run(told())


async def in_doubt(world: Any, message: Any) -> None:
    world.server.at("served", CLOSE, method="POST", times=1)
    with pytest.raises(Unknown):
        await world.near.send(pdf(), message)


def test_a_fax_is_handed_over_and_followed_until_it_is_there(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax(7))
        assert receipt == Receipt(
            says="Sinch has it: QUEUED",
            id=world.far.calls[0].name,
            code="HTTP 200",
            ask_again_at=NOW + timedelta(seconds=30),
        )
        (kept,) = world.far.received
        assert (kept.to, kept.reference, kept.file.read_bytes()) == (NUMBER, f"{7:064x}", pdf())
        order = world.server.requests[0].json
        assert base64.b64decode(order.pop("files")[0]["file"]) == pdf()
        assert order == {
            "to": NUMBER, "from": "+12025550100",
            "labels": {"reference": f"{7:064x}.20190820T090000Z"}, "maxRetries": 0,
            "imageConversionMethod": "MONOCHROME",
        }  # fmt: skip
        seen = [await world.near.confirm(a_fax(7), receipt, NOW) for _ in range(3)]
        assert [(outcome.became, outcome.says) for outcome in seen] == [
            (Became.ACCEPTED, "QUEUED"),
            (Became.ACCEPTED, "IN_PROGRESS"),
            (Became.CONFIRMED, "delivered, 1 page at 2019-08-20T09:00:00Z"),
        ]
        assert seen[0].ask_again_at == NOW + timedelta(seconds=30)
        assert await world.near.recall(a_fax(7), receipt) is False

    tell(tmp_path, story, from_number="+12025550100")


@pytest.mark.parametrize(
    ("reason", "became", "contact", "wait"),
    [
        ("CALL_ERROR 17", Became.RETRY, False, None),  # busy
        ("CALL_ERROR 16", Became.RETRY, False, None),  # it rang
        ("CALL_ERROR 30", Became.RETRY, False, None),  # no fax machine answered
        ("CALL_ERROR 34", Became.FAILED, True, None),  # not operational
        ("CALL_ERROR 49", Became.FAILED, True, None),  # not active
        ("CALL_ERROR 32", Became.FAILED, False, None),
        ("CALL_ERROR 999", Became.RETRY, False, None),
        ("FAX_ERROR 21", Became.RETRY, False, None),
        ("FAX_ERROR 34", Became.RETRY, False, None),  # another list's 34
        ("FAX_ERROR 46", Became.RETRY, False, timedelta(hours=6)),  # no money
        ("FAX_ERROR 75", Became.FAILED, False, None),  # cancelled by a user
        ("FAX_ERROR 133", Became.FAILED, False, None),
        ("DOCUMENT_CONVERSION_ERROR 4", Became.FAILED, False, None),
        ("LINE_ERROR 1", Became.RETRY, False, None),
        ("NEW_ERROR 1", Became.RETRY, False, None),
    ],
)
def test_each_reason_for_a_failure(
    reason: str, became: Became, contact: bool, wait: timedelta | None, tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, reason)
        receipt = await world.near.send(pdf(), a_fax())
        for _ in range(3):
            outcome = await world.near.confirm(a_fax(), receipt, NOW)
        found = (outcome.became, outcome.contact, outcome.retry_after, outcome.code)
        assert found == (became, contact, wait, reason)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("17", "CALL_ERROR 17"),
        (17, "CALL_ERROR 17"),
        ("\N{SUPERSCRIPT TWO}", "CALL_ERROR"),
        ("\N{ARABIC-INDIC DIGIT THREE}", "CALL_ERROR"),
        ("9" * 5000, "CALL_ERROR"),
        (10**9, "CALL_ERROR"),
        (-1, "CALL_ERROR"),
        (1.5, "CALL_ERROR"),
        ("", "CALL_ERROR"),
        (True, "CALL_ERROR"),
        ([34], "CALL_ERROR"),
        (None, "CALL_ERROR"),
    ],
)
def test_whatever_is_given_as_the_number_of_an_error_breaks_nothing(
    code: object, shown: str, tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        fax = {
            "id": receipt.id, "status": "FAILURE", "errorType": "CALL_ERROR", "errorCode": code,
        }  # fmt: skip
        world.server.at("served", in_json(fax), method="GET", times=1)
        outcome = await world.near.confirm(a_fax(), receipt, NOW)
        assert (outcome.became, outcome.code) == (Became.RETRY, shown)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (in_json({}, 400), Rejected),
        (in_json({}, 401), ConfigError),
        (in_json({}, 402), ConfigError),
        (in_json({}, 403), ConfigError),
        (in_json({}, 404), ConfigError),
        (in_json(VIOLATION, 422), Rejected),
        (in_json({"error": VIOLATION}, 422), Rejected),
        (in_json({}, 429, retry_after="60"), Unavailable),
        (in_json({}, 500), Unknown),
        (in_json({}, 503), Unavailable),
        (in_json({}, 504), Unknown),
        (in_json({}, 200), Unknown),
        (in_json([{"id": "a", "status": "QUEUED"}], 200), Unknown),
        (cut(in_json({"id": "a", "status": "QUEUED"}), 3), Unknown),
        (CLOSE, Unknown),
        (SILENCE, Unknown),
        (GARBAGE, Unknown),
    ],
)
def test_how_each_answer_to_a_fax_is_sorted(
    answer: Answer | Act, error: type[UadispatchError], tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        world.server.at("served", answer, method="POST")
        with pytest.raises(error) as caught:
            await world.near.send(pdf(), a_fax())
        assert type(caught.value) is error
        assert world.far.tries == 1
        if isinstance(answer, Answer) and answer.status == 422:
            assert "Invalid parameters; not a valid number" in str(caught.value)

    tell(tmp_path, story)


def test_a_fax_whose_answer_was_lost_is_found_by_its_label(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        await world.near.send(pdf("another campaign"), a_fax(1))
        await in_doubt(world, a_fax())
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.id) == (Became.ACCEPTED, world.far.calls[1].name)

    tell(tmp_path, story)


def test_without_one_that_bears_it_the_fax_was_not_sent_but_only_a_good_while_after(
    tmp_path: Path,
) -> None:
    async def story(world: Any) -> None:
        await world.near.send(pdf("another campaign"), a_fax(1))
        world.clock.later(minutes=29)
        assert await world.near.confirm(a_fax(), None, NOW) is None
        world.clock.later(minutes=1)
        not_there = Outcome(
            became=Became.RETRY, says="Sinch has no fax with the label of this message"
        )
        assert await world.near.confirm(a_fax(), None, NOW) == not_there
        # It lists a week back, and not beyond.
        world.clock.later(days=6)
        assert await world.near.confirm(a_fax(), None, NOW) is None

    tell(tmp_path, story)


def test_an_earlier_try_of_the_same_message_is_not_taken_for_this_one(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        await world.near.send(pdf(), a_fax())
        world.clock.later(minutes=20)
        since = world.clock.at
        again = a_fax(at=since)
        await in_doubt(world, again)
        outcome = await world.near.confirm(again, None, since)
        assert (outcome.id, outcome.exact) == (world.far.calls[1].name, True)
        world.far.take("twice", NUMBER, label(again, since), pdf())
        assert await world.near.confirm(again, None, since) is None

    tell(tmp_path, story)


def test_faxes_without_a_label_leave_the_doubt(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.clock.later(hours=1)
        bare = {"id": "a", "status": "QUEUED", "to": NUMBER}
        for faxes, certain in (
            ([bare], False),
            ([bare | {"labels": {"reference": "another"}}], True),
            ([bare | {"labels": {"reference": a_fax().reference}}], False),
            ([bare | {"labels": {"reference": ""}}], False),
            ([bare | {"to": f"{NUMBER}9"}], True),
            ([bare | {"createTime": "2019-08-20T07:00:00Z"}], True),
        ):
            world.server.at("served", in_json({"faxes": faxes}), method="GET", times=1)
            outcome = await world.near.confirm(a_fax(), None, NOW)
            assert (outcome is not None) is certain

    tell(tmp_path, story)


def test_a_list_is_read_to_its_end_or_no_answer_is_given(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.clock.later(hours=1)
        other = {"id": "a", "status": "QUEUED", "to": NUMBER, "labels": {"reference": "b"}}
        mine = other | {"id": "mine", "labels": {"reference": label(a_fax(), NOW)}}
        world.server.at("served", in_json({"faxes": [other] * 1000}), method="GET", times=1)
        world.server.at("served", in_json({"faxes": [mine]}), method="GET", times=1)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert outcome.id == "mine"
        for answer in (
            in_json({"faxes": [other] * 1000}), in_json({"faxes": "?"}), in_json({}, 500)
        ):  # fmt: skip
            world.server.clear()
            world.server.at("served", answer, method="GET")
            with pytest.raises(Temporary):
                await world.near.confirm(a_fax(), None, NOW)

    tell(tmp_path, story)


def test_a_fax_that_it_has_forgotten_cannot_be_told(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        for name in ("01FORGOTTEN", "../services", ""):
            assert await world.near.confirm(a_fax(), Receipt(says="", id=name), NOW) is None
        assert all("services" not in path for _, path in world.server.begun)

    tell(tmp_path, story)


def test_its_login_is_never_shown(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        login = base64.b64encode(b"rehearsal-key:hunter2").decode()
        world.server.at("whole", in_json({"message": f"bad {login} hunter2"}, 401))
        with pytest.raises(ConfigError, match=r"bad \*\*\* \*\*\*") as caught:
            await world.near.send(pdf(), a_fax())
        assert "UADISPATCH_FAX_SINCH_PROJECT_ID" in str(caught.value)

    tell(tmp_path, story, sinch_key_secret="hunter2")
