"""A post for a page: where it goes, how it reads, and what may come of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personkit import only_message, planned
from uadispatch import By, Contact, Counts, Rejected
from uadispatch.resources import shipped
from uadispatch_facebook.channel import LONGEST, FacebookChannel
from uadispatch_facebook.pages import NoPage, page_of

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 'facebook: "@an.embassy"'


def text_of(folder: Path, target: str, **case: Any) -> str:
    channel, message = planned(folder, "facebook", target, **case)
    return channel.preview(message).text


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "page"),
    [
        ("KazakhEmbassyDC", "https://www.facebook.com/KazakhEmbassyDC"),
        ("an.embassy", "https://www.facebook.com/an.embassy"),
        ("100064372818112", "https://www.facebook.com/profile.php?id=100064372818112"),
    ],
)
def test_an_account_has_a_page(account: str, page: str) -> None:
    assert page_of(account) == page


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("abcd", "5 to 50 letters"),
        ("a" * 51, "5 to 50 letters"),
        ("9" * 21, "5 to 50 letters"),
        (".embassy", "single full stops between"),
        ("embassy.", "single full stops between"),
        ("em..bassy", "single full stops between"),
        (".....", "single full stops between"),
        ("embassy\n", "5 to 50 letters"),
        ("embassy?x=1", "5 to 50 letters"),
        ("../login", "5 to 50 letters"),
        ("посольство", "5 to 50 letters"),
        ("profile.php", "the page of no account"),
        ("Groups", "the page of no account"),
    ],
)
def test_what_can_be_no_page_is_rejected_with_the_reason(
    tmp_path: Path, account: str, says: str
) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)
    wrong = replace(message, to=Contact(written=account, value=account))
    with pytest.raises(Rejected, match=says):
        channel.check(wrong)
    with pytest.raises(Rejected, match=says):
        asyncio.run(channel.send(wrong))
    assert not (tmp_path / ".uadispatch").exists()


@given(
    account=st.one_of(
        st.text(), st.from_regex(r"[A-Za-z0-9.]{3,52}", fullmatch=True), st.from_regex(r"[0-9]+")
    )
)
def test_a_page_is_on_facebook_and_names_the_account_alone(account: str) -> None:
    try:
        page = urlsplit(page_of(account))
    except NoPage:
        return
    assert (page.scheme, page.netloc, page.fragment) == ("https", "www.facebook.com", "")
    if page.query:
        assert (page.path, parse_qs(page.query)) == ("/profile.php", {"id": [account]})
    else:
        assert page.path == f"/{account}"


# -- texts -----------------------------------------------------------------------------------------


def test_a_post_reads_as_a_post(tmp_path: Path) -> None:
    assert text_of(tmp_path, f"{PAGE}, salutation: Dear Ambassador") == (
        "Dear Ambassador,\n\nRelease A. Person\n\nI urge you to release A. Person.\n\n"
        "Yours sincerely,\nGroup 12\n"
    )


def test_the_ambassador_of_46_19_gets_the_letter(root: Path) -> None:
    channel, message = only_message(root / "config/campaigns/ua-46-19.yaml", "facebook")
    shown = channel.preview(message)
    assert shown.links == ("https://www.facebook.com/KazakhEmbassyDC",)
    assert shown.text.startswith("Dear Ambassador,\n\nRelease Serikzhan Bilash\n\nI am writing to")
    assert shown.text.endswith("Yours sincerely,\nExample Human Rights Organisation\n")
    channel.check(message)


@pytest.mark.parametrize(
    ("language", "begins", "ends"),
    [
        ("en", "Dear A. Official,\n", "\n\nYours sincerely,\nGroup 12\n"),
        ("ru", "A. Official!\n", "\n\nС уважением,\nGroup 12\n"),
        ("kk", "A. Official,\n", "release A. Person.\n\nGroup 12\n"),
    ],
)
def test_it_does_without_what_is_optional(
    tmp_path: Path, language: str, begins: str, ends: str
) -> None:
    text = text_of(tmp_path, PAGE, language=language)
    assert text.startswith(begins)
    assert text.endswith(ends)
    assert "None" not in text
    assert not re.search(r"\n\n\n|[ \t]$", text, re.MULTILINE)


def test_each_shipped_template_of_the_organisation_stands_on_the_channels_own() -> None:
    for path in (shipped("templates") / "facebook").glob("*.j2"):
        assert f'{{% extends "plugin/facebook/{path.stem}" %}}' in path.read_text(encoding="utf-8")


def test_a_test_is_marked_wherever_its_mark_stands(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)
    marked = replace(message, subject="[TEST] Release her")
    assert channel.preview(marked).text == f"[TEST] Release her\n\n{message.body}"


def test_a_text_that_facebook_would_cut_is_rejected(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)
    channel.check(replace(message, body="x" * LONGEST))
    with pytest.raises(Rejected, match="63,207 characters and a post 63,206"):
        channel.check(replace(message, body="x" * (LONGEST + 1)))


HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def test_no_text_hides_from_who_posts_it(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)

    @given(body=st.text(st.characters(), min_size=1))
    def holds(body: str) -> None:
        text = channel.preview(replace(message, body=body)).text
        text.encode()
        assert not HIDDEN.search(text)
        assert len(text) == len(body)

    holds()


def test_markup_stays_as_it_is(tmp_path: Path) -> None:
    assert "{{ 7*7 }} <b>" in text_of(tmp_path, PAGE, subject='"{{ 7*7 }} <b>"')


# -- what is handed over ---------------------------------------------------------------------------


def test_a_person_gets_the_text_alone_in_a_file_and_the_page(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)
    answer: Any = asyncio.run(channel.send(message))
    (file,) = answer.files
    assert file.suffix == ".txt"
    assert file.read_text(encoding="utf-8") == channel.preview(message).text == message.body
    assert answer.links == ("https://www.facebook.com/an.embassy",)
    assert "https://www.facebook.com/an.embassy" in answer.says
    assert file.parents[1] == tmp_path / ".uadispatch/outbox/facebook"


def test_its_folder_can_be_set(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "facebook", PAGE)
    settings = FacebookChannel.Settings(folder=tmp_path / "posts")
    answer: Any = asyncio.run(FacebookChannel(settings, channel.tools).send(message))
    assert all(file.is_relative_to(tmp_path / "posts") for file in answer.files)
    assert settings.for_snapshot() == {}


def test_only_what_was_posted_counts_as_contact(tmp_path: Path) -> None:
    able = planned(tmp_path, "facebook", PAGE)[0].capabilities
    assert able.by is By.PERSON
    assert able.outcomes == {"posted": Counts.CONTACT, "skipped": Counts.NOTHING}
