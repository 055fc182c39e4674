"""Telnyx, against a far end that speaks as its OpenAPI file says."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from faxkit import NOW, NUMBER, OTHER, Hands, a_fax, lent, pdf
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
from uadispatch_fax.stand_in_telnyx import TelnyxStandIn
from uadispatch_fax.telnyx import Telnyx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SPECS = Path(os.environ.get("SPECS") or Path(__file__).parents[3] / "shared" / "specs")
BEARER = {"data": {"id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0", "status": "queued"}}


def tell(folder: Path, story: Callable[[Any], Awaitable[Any]], **settings: Any) -> Any:
    async def told() -> Any:
        clock = Hands()
        far = TelnyxStandIn(clock.now)
        given = dict(await far.start(folder)) | {"patience": 0.05} | settings
        near = Telnyx(FaxSettings.model_validate(given), lent(clock))
        world = SimpleNamespace(near=near, far=far, server=far.server, clock=clock)
        try:
            return await asyncio.wait_for(story(world), 30)
        finally:
            await near.aclose()
            await near.aclose()
            await far.stop()

    return asyncio.run(told())


async def in_doubt(world: Any, message: Any, act: Act | Answer = CLOSE) -> None:
    """Send, and lose the answer."""
    world.server.at("served", act, method="POST", times=1)
    with pytest.raises(Unknown):
        await world.near.send(pdf(), message)
    world.server.clear()


def test_a_fax_is_handed_over_and_followed_until_it_is_there(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax(7))
        assert receipt == Receipt(
            says="Telnyx has it: queued",
            id=world.far.calls[0].name,
            code="HTTP 202",
            ask_again_at=NOW + timedelta(seconds=30),
        )
        (kept,) = world.far.received
        assert (kept.to, kept.reference, kept.file.read_bytes()) == (NUMBER, f"{7:064x}", pdf())
        assert kept.file.with_suffix(".tiff").read_bytes()[:2] in (b"II", b"MM")
        seen = []
        for _ in range(5):
            world.clock.later(minutes=4)
            outcome = await world.near.confirm(a_fax(7), receipt, NOW)
            assert outcome is not None
            assert outcome.id == receipt.id
            seen.append((outcome.became, outcome.says, outcome.ask_again_at))
        assert [(became, says) for became, says, _ in seen] == [
            (Became.ACCEPTED, "queued"),
            (Became.ACCEPTED, "media.processed"),
            (Became.ACCEPTED, "sending"),
            (Became.CONFIRMED, "delivered, 1 page at 2019-08-20T09:00:00Z"),
            (Became.CONFIRMED, "delivered, 1 page at 2019-08-20T09:00:00Z"),
        ]
        # After 4, 8 and 12 minutes.
        asked = [again - NOW for _, _, again in seen if again is not None]
        assert asked == [timedelta(minutes=minutes) for minutes in (5, 10, 15)]
        world.clock.later(days=2)
        world.far.calls[0].steps = ["sending"]
        outcome = await world.near.confirm(a_fax(7), receipt, NOW)
        assert outcome.ask_again_at == world.clock.at + timedelta(minutes=15)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("reason", "became", "contact"),
    [
        ("user_busy", Became.RETRY, False),
        ("receiver_no_answer", Became.RETRY, False),
        ("receiver_call_dropped", Became.RETRY, False),
        ("fax_initial_communication_timeout", Became.RETRY, False),
        ("service_unavailable", Became.RETRY, False),
        ("something_new_of_theirs", Became.RETRY, False),
        ("receiver_unallocated_number", Became.FAILED, True),
        ("receiver_invalid_number_format", Became.FAILED, True),
        ("destination_invalid", Became.FAILED, False),
        ("receiver_incompatible_destination", Became.FAILED, False),
        ("receiver_decline", Became.FAILED, False),
        ("rejected", Became.FAILED, False),
        ("account_disabled", Became.FAILED, False),
        ("file_format_invalid", Became.FAILED, False),
        ("user_canceled", Became.FAILED, False),
    ],
)
def test_each_reason_for_a_failure(
    reason: str, became: Became, contact: bool, tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, reason)
        receipt = await world.near.send(pdf(), a_fax())
        for _ in range(4):
            outcome = await world.near.confirm(a_fax(), receipt, NOW)
        assert (outcome.became, outcome.contact, outcome.code) == (became, contact, reason)
        assert outcome.says
        again = await world.near.send(pdf(), a_fax())
        assert again.id != receipt.id
        assert world.far.duplicates == 1

    tell(tmp_path, story)


def test_a_failure_without_a_reason_is_tried_again_and_money_waits_for_a_person(
    tmp_path: Path,
) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        for reason, wait in (
            (None, None),
            ("outbound_profile_daily_spend_limit_exceeded", timedelta(hours=6)),
            (5, None),
        ):
            fax = {"id": receipt.id, "status": "failed", "failure_reason": reason}
            world.server.at("served", in_json({"data": fax}), method="GET", times=1)
            outcome = await world.near.confirm(a_fax(), receipt, NOW)
            assert (outcome.became, outcome.retry_after) == (Became.RETRY, wait)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (in_json({"errors": [{"title": "No", "detail": "bad `to`"}]}, 400), Rejected),
        (in_json({}, 401), ConfigError),
        (in_json({}, 402), ConfigError),
        (in_json({}, 403), ConfigError),
        (in_json({}, 404), ConfigError),
        (in_json({"errors": [{"title": "No", "detail": "bad `to`"}]}, 422), Rejected),
        (in_json({}, 429, retry_after="60"), Unavailable),
        (in_json({}, 500), Unknown),
        (in_json({}, 502), Unknown),
        (in_json({}, 503), Unavailable),
        (in_json({}, 504), Unknown),
        (in_json({}, 307, location="/"), ConfigError),
        (in_json({}, 303, location="/"), Unknown),
        # It took something; what, it does not say.
        (in_json({}, 202), Unknown),
        (in_json([], 202), Unknown),
        (in_json({"data": {"id": "../x", "status": "queued"}}, 202), Unknown),
        (in_json({"data": {"id": "x", "status": 5}}, 202), Unknown),
        (Answer(status=202, body=b"<html>"), Unknown),
        (cut(in_json(BEARER, 202), 5), Unknown),
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
        if error is Rejected:
            assert "No: bad `to`" in str(caught.value)

    tell(tmp_path, story)


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_question_that_gets_no_answer_says_nothing(status: int, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        world.server.at("served", in_json({}, status), method="GET")
        for asked in (receipt, None):
            with pytest.raises(Temporary):
                await world.near.confirm(a_fax(), asked, NOW)
        world.server.clear()
        world.server.at("served", in_json({"data": "?"}), method="GET")
        for asked in (receipt, None):
            with pytest.raises(Temporary):
                await world.near.confirm(a_fax(), asked, NOW)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("key", "tries"), [("hunter 2", 0), ("hunterä", 0), ("hunter\n2", 0), ("hunter2", 1)]
)
def test_a_key_that_is_none_is_never_shown(key: str, tries: int, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        with pytest.raises(ConfigError, match="UADISPATCH_FAX_TELNYX_API_KEY") as caught:
            await world.near.send(pdf(), a_fax())
        assert world.far.tries == tries
        assert "hunter" not in str(caught.value)

    tell(tmp_path, story, telnyx_api_key=key)


# -- after a lost answer -----------------------------------------------------------------------


def test_a_fax_whose_answer_was_lost_is_found_again(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.clock.later(minutes=1)
        await world.near.send(pdf("another"), a_fax(1, to=a_fax().to.read("+1 202 555 0199")))
        await in_doubt(world, a_fax())
        world.clock.later(seconds=20)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.id) == (Became.ACCEPTED, world.far.calls[1].name)
        assert world.far.calls[0].to == OTHER

    tell(tmp_path, story)


def test_what_the_gateway_does_not_have_was_not_sent_but_only_a_good_while_after(
    tmp_path: Path,
) -> None:
    async def story(world: Any) -> None:
        world.server.at("whole", CLOSE, method="POST", times=1)  # it had it, and lost it
        with pytest.raises(Unknown):
            await world.near.send(pdf(), a_fax())
        assert await world.near.confirm(a_fax(), None, NOW) is None
        world.clock.later(minutes=29)
        assert await world.near.confirm(a_fax(), None, NOW) is None
        world.clock.later(minutes=1)
        assert await world.near.confirm(a_fax(), None, NOW) == Outcome(
            became=Became.RETRY, says="Telnyx has no fax to this number from that time"
        )

    tell(tmp_path, story)


def test_among_several_that_fit_none_is_taken(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        await world.near.send(pdf("another campaign"), a_fax(1))
        await in_doubt(world, a_fax())
        world.clock.later(hours=2)
        assert await world.near.confirm(a_fax(), None, NOW) is None
        # Unless one of them bears the name of our file.
        faxes = [
            {"id": "a", "status": "sending", "to": NUMBER},
            {
                "id": "b",
                "status": "sending",
                "to": NUMBER,
                "media_name": f"{label(a_fax(), NOW)}.pdf",
            },
        ]
        world.server.at("served", in_json({"data": faxes}), method="GET")
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.id, outcome.exact) == ("b", True)

    tell(tmp_path, story)


def test_what_no_filter_kept_out_is_left_out(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.clock.later(hours=1)
        fits = {"id": "a", "status": "sending", "to": NUMBER, "direction": "outbound"}
        faxes = [
            fits | {"to": OTHER},
            fits | {"direction": "inbound"},
            fits | {"created_at": "2019-08-20T08:00:00Z"},
            fits | {"created_at": "2019-08-20T09:45:00Z"},
            fits | {"id": None},
            "?",
        ]
        world.server.at("served", in_json({"data": faxes}), method="GET", times=1)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert outcome.became is Became.RETRY

    tell(tmp_path, story)


def test_a_list_is_read_to_its_end(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        first = world.far.take("x", NUMBER, "", pdf())
        world.far.calls += [replace(first, name=f"x{number}") for number in range(99)]
        await in_doubt(world, a_fax())
        world.clock.later(hours=1)
        assert await world.near.confirm(a_fax(), None, NOW) is None  # 101 of them fit
        pages = [request.asked("page[number]") for request in world.server.requests[1:]]
        assert pages == ["1", "2"]
        many = [BEARER["data"]] * 100
        world.server.at("served", in_json({"data": many}), method="GET")
        with pytest.raises(Temporary, match="more faxes"):
            await world.near.confirm(a_fax(), None, NOW)

    tell(tmp_path, story)


def test_a_fax_that_it_has_forgotten_cannot_be_told(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        for name in ("00000000-0000-0000-0000-000000000000", "../balance", ""):
            gone = Receipt(says="", id=name)
            assert await world.near.confirm(a_fax(), gone, NOW) is None
            assert await world.near.recall(a_fax(), gone) is False
        assert all("balance" not in path for _, path in world.server.begun)

    tell(tmp_path, story)


# -- taking back -------------------------------------------------------------------------------


def test_a_fax_that_waits_is_taken_back(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        assert await world.near.recall(a_fax(), receipt) is True
        assert world.far.calls[0].cancelled
        assert await world.near.recall(a_fax(), receipt) is False
        outcome = await world.near.confirm(a_fax(), receipt, NOW)
        assert (outcome.became, outcome.says) == (
            Became.FAILED,
            "it was cancelled at the gateway",
        )
        unanswered = a_fax(1, to=a_fax().to.read("+1 202 555 0199"))
        await in_doubt(world, unanswered)
        assert await world.near.recall(unanswered, None) is False
        assert not world.far.calls[1].cancelled, "it may be a colleague's"
        one = {"id": world.far.calls[1].name, "status": "queued", "to": OTHER}
        named = one | {"media_name": f"{label(unanswered, NOW)}.pdf"}
        world.server.at("served", in_json({"data": [named]}), method="GET", times=1)
        assert await world.near.recall(unanswered, None) is True

    tell(tmp_path, story)


def test_a_fax_that_was_begun_is_ended_but_counts_as_gone(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        world.far.calls[0].steps = ["sending", "sending"]
        assert await world.near.recall(a_fax(), receipt) is False
        assert world.far.calls[0].cancelled
        gone = await world.near.send(pdf(), a_fax())
        world.far.calls[1].steps = ["delivered"]
        assert await world.near.recall(a_fax(), gone) is False
        assert not world.far.calls[1].cancelled

    tell(tmp_path, story)


def test_only_a_cancelling_that_is_seen_counts(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        world.server.at("whole", in_json({}, 422), method="POST", path="/v2/faxes/", times=1)
        assert await world.near.recall(a_fax(), receipt) is False
        said = in_json({"data": {"result": "ok"}}, 202)
        world.server.at("whole", said, method="POST", path="/v2/faxes/", times=2)
        world.far.calls[0].steps = ["queued"]  # it says so, and does nothing
        assert await world.near.recall(a_fax(), receipt) is False
        assert world.clock.slept == [3.0] * 4
        world.far.calls[0].steps = ["queued", "queued", "sending", "delivered"]
        assert await world.near.recall(a_fax(), receipt) is False

    tell(tmp_path, story)


# -- the official description ------------------------------------------------------------------


@pytest.fixture(scope="module")
def spec() -> Any:
    file = SPECS / "telnyx-fax.json"
    if not file.exists():
        pytest.skip("Telnyx's OpenAPI file is not part of this checkout; SPECS names its folder")
    return json.loads(file.read_text(encoding="utf-8"))


def validate(spec: Any, schema: Any, value: Any) -> None:
    Draft202012Validator(schema | {"components": spec["components"]}).validate(value)


def deep(query: Any, name: str) -> dict[str, Any]:
    """A query parameter in the style “deepObject”."""
    found: dict[str, Any] = {}
    for key, values in query.items():
        if not key.startswith(f"{name}["):
            continue
        *way, last = key.removeprefix(f"{name}[").removesuffix("]").split("][")
        inner = found
        for step in way:
            inner = inner.setdefault(step, {})
        inner[last] = int(values[0]) if values[0].isdigit() else values[0]
    return found


def test_our_requests_and_the_far_end_are_as_the_official_description_says(
    spec: Any, tmp_path: Path
) -> None:
    async def story(world: Any) -> Any:
        receipt = await world.near.send(pdf(), a_fax())
        await world.near.confirm(a_fax(), receipt, NOW)
        await world.near.confirm(a_fax(), None, NOW)
        await world.near.recall(a_fax(), receipt)
        return world.server.requests

    requests = tell(tmp_path, story)
    sent, viewed, listed = requests[:3]
    form = {name: parts[0].text for name, parts in sent.form.items()}
    assert form["monochrome"] in ("true", "false")
    schema = spec["components"]["schemas"]["SendFaxMultipartRequest"]
    validate(spec, schema, form | {"monochrome": form["monochrome"] == "true"})
    assert set(form) <= set(schema["properties"])
    parameters = {each["name"]: each["schema"] for each in spec["paths"]["/faxes"]["get"][
        "parameters"]}  # fmt: skip
    assert {key.partition("[")[0] for key in listed.query} == set(parameters)
    for name, described in parameters.items():
        given = deep(listed.query, name)
        validate(spec, described, given)
        assert set(given) <= set(described["properties"])
    known = {
        ("POST", "/v2/faxes"), ("GET", "/v2/faxes"), ("GET", f"/v2/faxes/{id_of(viewed)}"),
        ("POST", f"/v2/faxes/{id_of(viewed)}/actions/cancel"),
    }  # fmt: skip
    assert {(request.method, request.path) for request in requests} == known


def id_of(request: Any) -> str:
    return str(request.path.rpartition("/")[2])


def test_what_the_far_end_answers_is_as_the_official_description_says(
    spec: Any, tmp_path: Path
) -> None:
    answers: list[Answer] = []

    async def story(world: Any) -> None:
        serve = world.far.serve

        def watched(request: Any) -> Answer:
            answer: Answer = serve(request)
            answers.append(answer)
            return answer

        world.far.serve = watched
        world.far.line(NUMBER, "rejected")
        for _ in range(2):
            receipt = await world.near.send(pdf(), a_fax())
            for _ in range(4):
                await world.near.confirm(a_fax(), receipt, NOW)
        await world.near.confirm(a_fax(), None, NOW)

    tell(tmp_path, story)
    for answer in answers:
        data = json.loads(answer.body)["data"]
        for fax in data if isinstance(data, list) else [data]:
            validate(spec, spec["components"]["schemas"]["Fax"], fax)
    refusal = json.loads(TelnyxStandIn(Hands().now).refusal(422).body)
    validate(spec, spec["components"]["schemas"]["programmable-fax_Errors"], refusal)
