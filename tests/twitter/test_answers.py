"""What each answer of X means for a message: the whole table, and which words are not repeated."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitterkit import NOW
from uadispatch import (
    ConfigError,
    DeliveryError,
    Receipt,
    Rejected,
    UadispatchError,
    Unavailable,
    Unknown,
)
from uadispatch_twitter.answers import Answer, NoAnswer, receipt_of

PROBLEMS = "https://api.x.com/2/problems/"
HIDDEN = "token-of-the-account"
TEXT = "An Official: Release A. Person!"
CREATED = {"data": {"id": "1346889436626259968", "text": TEXT}}


def problem(detail: str = "", kind: str = "about:blank", title: str = "") -> dict[str, str]:
    return {"detail": detail, "type": kind, "title": title}


def sorted_as(found: Answer | NoAnswer) -> Receipt | UadispatchError:
    try:
        return receipt_of(found, account="example", hidden=(HIDDEN, TEXT), now=NOW)
    except UadispatchError as exc:
        return exc


def answer(status: int, content: Any, **headers: str) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


TABLE = [
    ("the post's number", answer(201, CREATED), Receipt),
    ("an older form of it", answer(200, CREATED), Receipt),
    ("the number and a warning", answer(201, CREATED | {"errors": [problem("odd")]}), Receipt),
    ("no number", answer(201, {"data": {}}), Unknown),
    ("a number that is none", answer(201, {"data": {"id": "1; drop", "text": ""}}), Unknown),
    ("a bare number", answer(201, {"data": {"id": 5}}), Unknown),
    ("a list", answer(201, [CREATED]), Unknown),
    ("no JSON", answer(201, b"<html>It works!</html>"), Unknown),
    ("nothing", answer(201, b""), Unknown),
    ("no content", answer(204, b""), Unknown),
    ("a redirect", answer(307, b"", location="https://example.org"), Unknown),
    ("deep nonsense", answer(201, b"[" * 100_000), Unknown),
    ("nobody there", NoAnswer(begun=False, says="the connection failed"), Unavailable),
    ("silence", NoAnswer(begun=True, says="it gave no whole answer in time"), Unknown),
    ("a false X", NoAnswer(begun=False, says="", distrusted=True), ConfigError),
    ("wrong keys", answer(401, problem("Unauthorized", title="Unauthorized")), ConfigError),
    ("wrong keys, in no form", answer(401, b"no"), ConfigError),
    ("no credits", answer(402, problem("credits depleted", title="CreditsDepleted")), ConfigError),
    (
        "an app that may only read",
        answer(403, problem("Your client app is not configured with the appropriate oauth1 app "
                            "permissions for this endpoint.", f"{PROBLEMS}oauth1-permissions")),
        ConfigError,
    ),
    (
        "an app of another level",
        answer(403, problem("x", f"{PROBLEMS}client-forbidden")),
        ConfigError,
    ),
    (
        "the wrong kind of login",
        answer(403, problem("x", f"{PROBLEMS}unsupported-authentication")),
        ConfigError,
    ),
    ("a suspended account", answer(403, problem("This account is suspended.")), ConfigError),
    (
        "a locked account, in the old form",
        answer(403, {"errors": [{"code": 326, "message": "This account is temporarily locked."}]}),
        ConfigError,
    ),
    (
        "the same words again",
        answer(403, problem("You are not allowed to create a Tweet with duplicate content.")),
        Unknown,
    ),
    (
        "the same words again, in the old form",
        answer(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}),
        Unknown,
    ),
    (
        "a post it does not want",
        answer(403, problem("You are not permitted to perform this action.")),
        Rejected,
    ),
    ("an official who blocked us", answer(403, problem("You have been blocked.")), Rejected),
    ("a refusal without a word", answer(403, b""), Rejected),
    ("a mistake", answer(400, problem("invalid", f"{PROBLEMS}invalid-request")), Rejected),
    ("a text that is too long", answer(400, {"errors": [{"message": "too long"}]}), Rejected),
    ("too large", answer(413, b""), Rejected),
    ("not understood", answer(422, b""), Rejected),
    ("no such address", answer(404, problem("Not Found")), ConfigError),
    ("gone", answer(410, b""), ConfigError),
    ("no such method", answer(405, b""), ConfigError),
    ("a late timeout", answer(408, b""), Unknown),
    ("a conflict", answer(409, b""), Unknown),
    ("too many", answer(429, problem("Too Many Requests")), Unavailable),
    ("too many, in no form", answer(429, b"slow down"), Unavailable),
    ("the month is used up", answer(429, problem("x", f"{PROBLEMS}usage-capped")), ConfigError),
    ("a fault", answer(500, problem("Internal Server Error")), Unknown),
    ("a bad gateway", answer(502, b"<html>"), Unknown),
    ("overload, says X", answer(503, problem("Service Unavailable")), Unavailable),
    ("overload, says who knows", answer(503, b"<html>Varnish</html>"), Unknown),
    ("a slow gateway", answer(504, b""), Unknown),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "kind"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_answer_is_sorted(found: Answer | NoAnswer, kind: type) -> None:
    sorted_ = sorted_as(found)
    assert type(sorted_) is kind
    if isinstance(sorted_, DeliveryError) and isinstance(found, Answer):
        assert sorted_.code == f"HTTP {found.status}"
    if isinstance(sorted_, Rejected):
        assert not sorted_.contact, "X says nothing of the official's account"


def test_a_receipt_has_the_number_and_the_link_and_is_no_proof_yet() -> None:
    receipt = sorted_as(answer(201, CREATED))
    assert isinstance(receipt, Receipt)
    assert receipt.id == "1346889436626259968"
    assert "https://x.com/i/web/status/1346889436626259968" in receipt.says
    assert not receipt.confirmed


@pytest.mark.parametrize(
    "found",
    [
        NoAnswer(begun=True, says="it gave no whole answer in time"),
        answer(403, problem("You are not allowed to create a Tweet with duplicate content.")),
    ],
    ids=["no answer", "duplicate"],
)
def test_a_doubt_says_where_to_look(found: Answer | NoAnswer) -> None:
    assert "https://x.com/example" in str(sorted_as(found))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry_after": "120"}, timedelta(seconds=120)),
        ({"retry_after": "soon"}, None),
        ({"x_rate_limit_reset": "+600"}, timedelta(seconds=600)),
        ({"x_rate_limit_reset": "+600", "x_rate_limit_remaining": "0"}, timedelta(seconds=600)),
        ({"x_rate_limit_reset": "+600", "x_rate_limit_remaining": "3"}, None),
        ({"x_rate_limit_reset": "-600"}, timedelta(seconds=1)),
        ({"x_rate_limit_reset": "+9999999"}, timedelta(days=1)),
        ({"x_rate_limit_reset": "tomorrow"}, None),
        ({"x_rate_limit_reset": "9" * 400}, None),
        (
            {
                "x_rate_limit_reset": "+600",
                "x_rate_limit_remaining": "99",
                "x_user_limit_24hour_reset": "+7200",
                "x_user_limit_24hour_remaining": "0",
            },
            timedelta(hours=2),
        ),
    ],
    ids=str,
)
def test_the_wait_is_until_the_limit_ends(headers: dict[str, str], wait: timedelta | None) -> None:
    at = int(NOW.timestamp())
    given = {
        name: str(at + int(text)) if text[0] in "+-" else text for name, text in headers.items()
    }
    found = sorted_as(answer(429, problem("Too Many Requests"), **given))
    assert isinstance(found, Unavailable)
    assert found.retry_after == wait


def test_the_wait_is_told_by_the_clock_of_x_where_it_shows_it() -> None:
    theirs = NOW + timedelta(days=3)
    reset = str(int(theirs.timestamp()) + 60)
    found = sorted_as(
        answer(429, b"", date=format_datetime(theirs, usegmt=True), x_rate_limit_reset=reset)
    )
    assert isinstance(found, Unavailable)
    assert found.retry_after == timedelta(seconds=60)


@pytest.mark.parametrize("zone", ["+99999999999999999999", "-9999999999999"])
def test_a_date_of_x_without_sense_leaves_no_doubt(zone: str) -> None:
    reset = str(int(NOW.timestamp()) + 60)
    date = f"Mon, 01 Jan 2020 00:00:00 {zone}"
    found = sorted_as(answer(429, b"", date=date, x_rate_limit_reset=reset))
    assert isinstance(found, Unavailable)
    assert found.retry_after == timedelta(seconds=60)


def test_a_wait_of_x_without_sense_leaves_no_doubt() -> None:
    found = sorted_as(answer(429, b"", retry_after="9" * 5_000))
    assert isinstance(found, Unavailable)
    assert found.retry_after is None


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 503])
def test_words_of_x_are_quoted_in_one_line_without_keys_and_post(status: int) -> None:
    words = f"no:\r\n{TEXT}\t{HIDDEN}\x1b[31m\u202e" + "x" * 500
    says = str(sorted_as(answer(status, problem(words))))
    assert HIDDEN not in says
    assert TEXT not in says
    assert "no:" in says
    assert says.isprintable()
    assert len(says) < 500


def test_the_post_itself_decides_nothing_when_x_repeats_it() -> None:
    text = "This account is suspended: duplicate"
    found = answer(403, problem(f"Not permitted: {text}"))
    with pytest.raises(Rejected):
        receipt_of(found, account="example", hidden=(text,), now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "errors", "id", "detail", "type", "title", "message", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.integers(100, 599), JSON | st.binary(max_size=20), st.text(max_size=12))
def test_nothing_that_comes_back_is_beyond_the_table(
    status: int, content: Any, header: str
) -> None:
    found = sorted_as(
        answer(status, content, retry_after=header, x_rate_limit_reset=header, date=header)
    )
    if isinstance(found, Receipt):
        assert status in {200, 201}
        assert found.id is not None
        assert found.id.isdecimal()
    assert isinstance(found, Receipt | DeliveryError | ConfigError)
