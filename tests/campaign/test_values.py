"""Contacts, codes and hours: what is taken, in which form, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from datetime import time
from typing import Any

import langcodes
import pytest
from pydantic import TypeAdapter, ValidationError

from uadispatch.campaign import codes
from uadispatch.campaign.values import (
    FROM_A_FILE,
    Block,
    Contact,
    Country,
    EmailAddress,
    FacebookHandle,
    Language,
    Line,
    OfficeHours,
    PhoneNumber,
    PostalAddress,
    TwitterHandle,
    Zone,
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("press@prokuror.kz", "press@prokuror.kz"),
        ("  Press@PROKUROR.kz ", "Press@prokuror.kz"),
        ("a@прокурор.kz", "a@xn--j1ahbbfcbv.kz"),
        ("a@office.test", "a@office.test"),
        ("a@office.Invalid", "a@office.invalid"),
        ("a@office.example", "a@office.example"),
        ("a+b.c@example.org", "a+b.c@example.org"),
    ],
)
def test_an_email_address_is_read_as_ascii(written: str, value: str) -> None:
    email = EmailAddress.read(written)
    assert (email.written, email.value) == (written.strip(), value)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("прокурор@prokuror.kz", "letters other than a-z before the @"),
        ("a@b.org, c@d.org", "not exactly one email address"),
        ("A. B. <a@b.org>", "leave out the name and < >"),
        ("[email protected]", "not exactly one email address"),
        ("prokuror.kz", "must have an @-sign"),
        ("a@localhost", "should have a period"),
        ("a@test", "should have a period"),
        ("a@[127.0.0.1]", "bracketed IP address"),
        ("'a@example.org", "begins with an apostrophe; remove it"),
        ('"a b"@example.org', "not exactly one email address"),
        ("a@office.local", "special-use or reserved"),
    ],
)
def test_what_is_no_single_email_address_is_refused(written: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        EmailAddress.read(written)


def test_two_spellings_of_an_address_are_the_same_contact() -> None:
    assert EmailAddress.read("Press@P.kz").identity == EmailAddress.read("press@p.kz").identity
    assert TwitterHandle.read("@A").identity == TwitterHandle.read("https://x.com/a").identity
    assert FacebookHandle.read("An.Embassy").identity == FacebookHandle.read("@anembassy").identity
    first, second = PostalAddress.read("A 1\nB"), PostalAddress.read(" a 1\n\n  b ")
    assert first.identity == second.identity


@pytest.mark.parametrize(
    ("written", "region", "value", "found"),
    [
        ("+7 7172 506 402", None, "+77172506402", "KZ"),
        ("202 232 5488", "US", "+12022325488", "US"),
        ("+1 202 555 0100", None, "+12025550100", "US"),
        ("+1 (555) 010-0199", None, "+15550100199", "US"),
        # Washington and Cairo begin with the same digits.
        ("202 232 5488", "EG", "+202022325488", "EG"),
        ("+202 2577 0100", None, "+20225770100", "EG"),
        ("+202 2577 0100", "US", "+20225770100", "EG"),
        ("+44 (0)20 7946 0000", "KZ", "+442079460000", "GB"),
        ("030/470070", "DE", "+4930470070", "DE"),
        ("+1\u00a0202\u2011232\u20115488", None, "+12022325488", "US"),
        ("+\u0667 \u0667\u0661\u0667\u0662 506 402", None, "+77172506402", "KZ"),
        ("(+92) 51 922 1596", None, "+92519221596", "PK"),
        ("(+92-51) 922 1596", "GB", "+92519221596", "PK"),
        ("011 92 51 922 1596", "PK", "+92519221596", "PK"),
        ("011-504-2255-0156", "HN", "+50422550156", "HN"),
        ("011 504 2255 0156", "US", "+50422550156", "HN"),
        ("011 555 0100", "ZA", "+27115550100", "ZA"),
        ("011 5411 4000", "AR", "+541154114000", "AR"),
    ],
)
def test_a_phone_number_is_read_as_e164(
    written: str, region: str | None, value: str, found: str
) -> None:
    number = PhoneNumber.read(written, region=region)
    assert (number.written, number.value, number.region) == (written, value, found)


@pytest.mark.parametrize(
    ("written", "region", "says"),
    [
        ("202 232 5488", None, "or give the target's country"),
        ("+7 7172", None, "too few digits"),
        ("+7 7172 506 402 506 402", None, "too many digits"),
        ("+999 12345678", None, "no known country code"),
        ("232 5488", "US", "lacks its area code"),
        ("+7 7172 506 402 / +7 7172 506 403", None, "not exactly one phone number"),
        ("+7 7172 506 402 (keep trying)", None, "without remarks"),
        ("1-800-FLOWERS", "US", "in digits"),
        ("-", "US", "no known country code"),
        ("011 504 2255 0156", "PK", "digits|country code"),
        ("011 504 2255 0156", None, "national number"),
    ],
)
def test_what_cannot_be_dialled_is_refused(written: str, region: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PhoneNumber.read(written, region=region)


def test_an_extension_is_kept_and_tells_two_phones_apart() -> None:
    number = PhoneNumber.read("+1 202 555 0100 ext. 12")
    assert (number.value, number.extension) == ("+12025550100", "12")
    assert number.identity != PhoneNumber.read("+1 202 555 0100").identity
    in_other_digits = PhoneNumber.read("+1 202 555 0100 ext. \u0661\u0662")
    assert in_other_digits.identity == number.identity


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (TwitterHandle, "@GenProkRK", "GenProkRK"),
        (TwitterHandle, "GenProkRK", "GenProkRK"),
        (TwitterHandle, "https://x.com/GenProkRK", "GenProkRK"),
        (TwitterHandle, "https://twitter.com/GenProkRK/?s=20", "GenProkRK"),
        (TwitterHandle, "www.twitter.com/@GenProkRK", "GenProkRK"),
        (FacebookHandle, "@KazakhEmbassyDC", "KazakhEmbassyDC"),
        (FacebookHandle, "https://www.facebook.com/Kazakh.Embassy/", "Kazakh.Embassy"),
        (FacebookHandle, "https://m.facebook.com/profile.php?id=100064&x=1", "100064"),
    ],
)
def test_a_handle_is_read_from_a_name_or_a_link(
    kind: type[Contact], written: str, value: str
) -> None:
    assert kind.read(written).value == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (TwitterHandle, "@sixteen_letters_"),
        (TwitterHandle, "@a.b"),
        (TwitterHandle, "@a b"),
        (TwitterHandle, "@a?text=x"),
        (TwitterHandle, "https://example.org/GenProkRK"),
        (TwitterHandle, "https://x.com.example.org/GenProkRK"),
        (TwitterHandle, "https://x.com/GenProkRK/status/1"),
        (TwitterHandle, "javascript://x.com/a"),
        (TwitterHandle, "https://[x.com/a"),
        (FacebookHandle, "@abc"),
        (FacebookHandle, "../../etc"),
    ],
)
def test_what_is_no_account_is_refused(kind: type[Contact], written: str) -> None:
    with pytest.raises(ValueError, match=r"is no name on|is not the page"):
        kind.read(written)


def test_an_address_keeps_its_lines() -> None:
    address = PostalAddress.read("\nProspect Mengilik, 14\r\n  Nur-Sultan 010000 \n\n")
    assert address.written == "Prospect Mengilik, 14\n  Nur-Sultan 010000"
    assert address.value == "Prospect Mengilik, 14\nNur-Sultan 010000"


def test_a_snapshot_of_a_contact_is_not_read_again() -> None:
    held = {"written": "anything", "value": "no address by today's rules"}
    assert EmailAddress.model_validate(held).model_dump(mode="json") == held


def test_a_file_cannot_give_the_two_forms_of_a_contact_itself() -> None:
    held = {"written": "press@prokuror.kz", "value": "stranger@example.org"}
    with pytest.raises(ValidationError, match="here stands a group of keys; write one text"):
        EmailAddress.model_validate(held, context=FROM_A_FILE)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Country, "kz", "KZ"),
        (Zone, "Asia/Almaty", "Asia/Almaty"),
        (Language, "KK", "kk"),
        (Language, "en_us", "en-US"),
        (Language, "zh-hans", "zh-Hans"),
        (Language, "no", "no"),
        (Block, "\n  a\r\n\tb  \n\n", "  a\n\tb"),
        (Line, " a ", "a"),
        (Line, 7, "7"),
    ],
)
def test_a_value_has_one_form(kind: Any, written: object, value: str) -> None:
    assert TypeAdapter[str](kind).validate_python(written) == value


@pytest.mark.parametrize(
    ("kind", "written", "says"),
    [
        (Zone, "asia/almaty", "write its name, such as Asia/Almaty"),
        (Zone, "../../../etc/localtime", "is no time zone"),
        (Zone, "/etc/localtime", "is no time zone"),
        (Zone, "UTC+5", "is no time zone"),
        (Language, "kazakh", "write the code, such as kk"),
        (Language, "../en", "is no code of a language"),
        (Language, "", "it is empty"),
        (Country, "zz", "is no country; write its two-letter code"),
        (Country, "USA", "write US"),
        (Line, True, 'put it in quotes: "true"'),
        (Line, "\ud800", "half a character"),
        (Block, "a\x0bb", "an invisible control character"),
        (Block, "a" * 200_001, "shorten it to 200,000"),
    ],
)
def test_a_wrong_value_is_refused_with_the_mend(kind: Any, written: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        TypeAdapter[str](kind).validate_python(written)


def test_opening_hours_may_run_over_the_end_of_the_week() -> None:
    hours = OfficeHours.read("Sun-Tue,Thu 08:00-16:30")
    assert hours == OfficeHours(frozenset({6, 0, 1, 3}), time(8), time(16, 30))


@pytest.mark.parametrize("tag", sorted(codes._FREQUENT))
def test_what_is_taken_without_the_library_is_what_it_says(tag: str) -> None:
    assert langcodes.tag_is_valid(tag)
    assert langcodes.standardize_tag(tag) == codes.standard_language(tag) == tag


def test_importing_the_values_loads_no_costly_library() -> None:
    code = (
        "import sys, uadispatch.campaign.model; "
        "print([n for n in ('phonenumbers', 'email_validator', 'langcodes') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
