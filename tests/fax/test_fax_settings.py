from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from uadispatch_fax.settings import E164, FaxSettings


def lacking(**given: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        FaxSettings.model_validate(given)
    assert {error["type"] for error in caught.value.errors()} == {"missing"}
    return [str(error["loc"][0]) for error in caught.value.errors()]


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        (
            {"gateway": "telnyx"},
            ["telnyx_api_key", "telnyx_connection_id", "from_number"],
        ),
        (
            {"gateway": "telnyx", "telnyx_api_key_command": "pass telnyx", "from_number": "+1202"
             "5550100"},
            ["telnyx_connection_id"],
        ),
        ({"gateway": "sinch"}, ["sinch_project_id", "sinch_key_id", "sinch_key_secret"]),
        ({"gateway": "sinch", "sinch_project_id": "p", "sinch_key_id": "k"}, ["sinch_key_secret"]),
        ({"gateway": "email"}, ["email_domain"]),
    ],
)  # fmt: skip
def test_each_gateway_says_what_it_needs(given: dict[str, Any], needed: list[str]) -> None:
    assert lacking(**given) == needed


@pytest.mark.parametrize("gateway", ["person", "hylafax"])
def test_some_ways_need_nothing(gateway: str) -> None:
    assert FaxSettings.model_validate({"gateway": gateway}).lacking() == []


def test_only_what_the_recipient_sees_is_kept_with_the_campaign() -> None:
    settings = FaxSettings.model_validate(
        {
            "gateway": "telnyx", "telnyx_api_key": "a secret", "telnyx_connection_id": "234",
            "from_number": "+1 (202) 555-0100",
        }
    )  # fmt: skip
    assert settings.for_snapshot() == {
        "gateway": "telnyx", "from_number": "+12025550100", "fonts": None,
        "email_domain": None, "email_plus": True,
    }  # fmt: skip
    assert "a secret" not in repr(settings)


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ("08:00-20:00", (time(20), time(8))),
        ("09:30 \u2013 17:00", (time(17), time(9, 30))),
        ("22:00-06:00", (time(6), time(22))),
        ("Always", None),
    ],
)
def test_hours_are_when_a_fax_may_arrive(hours: str, quiet: tuple[time, time] | None) -> None:
    assert FaxSettings(hours=hours).quiet_hours == quiet


def test_a_call_is_made_again_after_twenty_minutes_and_ever_later() -> None:
    settings = FaxSettings()
    assert (settings.retry_wait, settings.retry_factor) == (timedelta(minutes=20), 1.9)
    assert settings.quiet_hours == (time(20), time(8))


@pytest.mark.parametrize(
    "given",
    [
        {"gateway": "pigeon"},
        {"hours": "8-20"},
        {"hours": "08:00-08:00"},
        {"hours": "24:00-08:00"},
        {"hours": "08:00-20:00; rm"},
        {"from_number": "2025550100"},
        {"from_number": "+0123456"},
        {"from_number": "+1202555010012345"},
        {"telnyx_url": "http://api.telnyx.com/v2"},
        {"telnyx_url": "https://api.telnyx.com/v2?a=b"},
        {"sinch_url": "http://127.0.0.1.example.org"},
        {"telnyx_connection_id": "a\r\nb"},
        {"sinch_project_id": "../../other"},
        {"email_domain": "fax"},
        {"email_domain": "fax.tc>\r\nBcc: a@example.org"},
        {"hylafax_host": "-hx"},
        {"hylafax_host": "a b"},
        {"hylafax_user": "-x y"},
        {"patience": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        FaxSettings.model_validate(given)
    assert "missing" not in {error["type"] for error in caught.value.errors()}


@given(st.text(alphabet="+0123456789", max_size=20))
def test_a_number_of_up_to_fifteen_digits_is_taken(text: str) -> None:
    digits = text[1:]
    good = text[:1] == "+" and digits.isdigit() and digits[:1] != "0" and 6 <= len(digits) <= 15
    assert bool(E164.match(text)) is good


@given(st.text(max_size=20))
def test_nothing_but_digits_is_a_number(text: str) -> None:
    if E164.match(text):
        assert set(text) <= set("+0123456789")
