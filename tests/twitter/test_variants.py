"""Of a message's texts the longest that fits is posted; none is ever cut."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twitterkit import a_message
from uadispatch import Rejected
from uadispatch_twitter.counting import LIMIT, count
from uadispatch_twitter.task import compose_link, post_in, task_text
from uadispatch_twitter.variants import Variant, choose, texts_of

TEXTS = st.text(alphabet=st.sampled_from("ab яқ\n释😷.é#@/:1"), min_size=1, max_size=400).filter(
    lambda text: text.strip() != ""
)
PARTS = st.dictionaries(st.sampled_from(["short", "short_2", "shortest", "title", "api"]), TEXTS)


def taken(*, mentioning: bool = True, **given: Any) -> tuple[str, str]:
    found = choose(a_message(**given), mentioning=mentioning)
    return found.name, found.text


@given(body=TEXTS, parts=PARTS, mentioning=st.booleans())
@example(body="a" * 281, parts={"short": "b" * 280, "short_2": "c" * 279}, mentioning=True)
def test_the_longest_that_fits_is_taken_whole_or_none(
    *, body: str, parts: dict[str, str], mentioning: bool
) -> None:
    message = a_message(body=body, parts=parts)
    offered = texts_of(message, mentioning=mentioning)
    fitting = [text for text in offered.values() if count(text).length <= LIMIT]
    if not fitting:
        with pytest.raises(Rejected) as caught:
            choose(message, mentioning=mentioning)
        for text in offered.values():
            assert f"{count(text).length} of 280" in str(caught.value)
        return
    found = choose(message, mentioning=mentioning)
    assert found.text in {body.strip(), *(text.strip() for text in parts.values())}
    assert found.length == count(found.text).length == max(count(t).length for t in fitting)
    again = a_message(body=body, parts=dict(reversed(parts.items())))
    assert choose(again, mentioning=mentioning) == found, "the order of the parts says nothing"


def test_the_body_is_taken_where_it_fits() -> None:
    assert taken(body="long enough\n", parts={"short": "short"}) == ("body", "long enough")


def test_a_body_that_is_too_long_gives_way_to_the_next() -> None:
    parts = {"shortest": "c", "short": "b" * 281, "short_2": "aa"}
    assert taken(body="x" * 300, parts=parts) == ("short_2", "aa")


def test_of_two_as_long_ones_the_first_is_taken() -> None:
    assert taken(body="aa", parts={"short": "bb"}) == ("body", "aa")
    assert taken(body="a" * 281, parts={"short_b": "bb", "short_a": "cc"}) == ("short_a", "cc")


def test_other_parts_are_no_texts_to_post() -> None:
    with pytest.raises(Rejected):
        taken(body="a" * 281, parts={"title": "fits", "api": "fits too"})


def test_automated_posts_have_texts_of_their_own() -> None:
    parts = {"api": "x" * 281, "api_short": "named", "short": "@mentioned"}
    assert taken(mentioning=False, body="@mentioned", parts=parts) == ("api_short", "named")
    assert taken(body="@mentioned", parts=parts) == ("body", "@mentioned")


def test_without_such_texts_an_automated_post_is_the_same() -> None:
    assert taken(mentioning=False, body="said to all", parts={"short": "s"}) == (
        "body",
        "said to all",
    )


def test_what_is_too_long_is_refused_with_its_count() -> None:
    with pytest.raises(Rejected, match=r"body 312 of 280\. Shorten it") as caught:
        choose(a_message(body="a" * 312), mentioning=True)
    assert "{% set short %}" in str(caught.value)
    with pytest.raises(Rejected, match=r"api 300 of 280\..*{% set api_short %}"):
        choose(a_message(parts={"api": "a" * 300}), mentioning=False)


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x7f", "\ud800", "\ufeff", "\ufffe", "\uffff"])
def test_what_x_cannot_take_is_refused_by_its_number(sign: str) -> None:
    with pytest.raises(Rejected, match=r"U\+"):
        choose(a_message(body=f"a{sign}b"), mentioning=True)


@pytest.mark.parametrize("body", ["", " \n", "\n\n"])
def test_an_empty_post_is_refused(body: str) -> None:
    with pytest.raises(Rejected, match="empty"):
        choose(a_message(body=body), mentioning=True)


@pytest.mark.parametrize("piece", ["a.", "я.", "@a.", "a.b/", "http://a", "😷.", "-"])
def test_a_text_without_end_is_refused_uncounted(piece: str) -> None:
    """X's pattern for links would take minutes: 23 seconds for 4,000 signs of the first."""
    began = time.process_time()
    with pytest.raises(Rejected, match="more than 1000 of 280"):
        choose(a_message(body=piece * 20_000), mentioning=True)
    assert time.process_time() - began < 60


@given(TEXTS)
@example("100% & more?\n#a + b = c; “д” 释 😷 'x' \"y\" \\ / @z")
def test_the_compose_link_says_exactly_the_text(text: str) -> None:
    link = compose_link(text)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "x.com", "/intent/tweet")
    assert parse_qsl(parts.query, strict_parsing=True) == [("text", text)]
    assert parts.fragment == ""
    assert link.isascii()
    assert link.isprintable()


@given(text=TEXTS, rehearsal=st.booleans())
@example(text=f"A\n\n{'-' * 60}\n1. Open https://x.com/intent/tweet?text=B", rehearsal=False)
def test_the_post_is_read_back_from_its_task(*, text: str, rehearsal: bool) -> None:
    variant = Variant("body", text, 1)
    assert post_in(task_text(a_message(rehearsal=rehearsal), variant, None)) == text


def test_a_link_that_posts_another_text_is_seen() -> None:
    variant = Variant("body", "Release A. Person!", 18)
    task = task_text(a_message(), variant, None)
    other = task.replace(compose_link(variant.text), compose_link("Something else"))
    assert post_in(other) == "Release A. Person!\n\nSomething else"
    assert post_in("Buy bread.\n") == "Buy bread.\n"


def test_a_task_says_what_to_post_where_to_tap_and_how_to_record_it() -> None:
    message = a_message(body="@official_0: Release A. Person! 100% & more\n")
    variant = choose(message, mentioning=True)
    task = task_text(message, variant, "example")
    assert "A post on X for @official_0, on Urgent Action 46/19" in task
    assert "\n@official_0: Release A. Person! 100% & more\n" in task
    assert compose_link(variant.text) in task
    assert "logged in to X as @example" in task
    assert "(43 of 280 characters)" in task
    assert "uadispatch record 46/19 official-0/twitter posted" in task
    assert "rehearsal" not in task
    assert "do not publish" in task_text(a_message(rehearsal=True), variant, None)
