"""How two texts differ, in words; both can be read again from what is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch import Message, Organisation, Target
from uadispatch.campaign.values import EmailAddress
from uadispatch.views.cards import Piece, Said
from uadispatch.views.differences import change, first_of, pieces, shortened, since_approval

TEXTS = st.lists(
    st.sampled_from(["a", "b", "word", " ", "\n", "the same line\n", "д", "ً", "."]), max_size=40
).map("".join)

MESSAGE = Message(
    key="0" * 64,
    reference="0" * 64,
    campaign="46/30",
    channel="email",
    target=Target.model_validate({"id": "t", "name": "Official", "email": "t@example.org"}),
    to=EmailAddress.read("t@example.org"),
    language="en",
    subject="Release A. Person",
    body="Dear Official,\n\nI am writing to you about A. Person.\n",
    sender=Organisation(name="Tests", email=EmailAddress.read("tests@example.org")),
    at=datetime(2030, 1, 1, tzinfo=UTC),
    parts={"signature": "Tests"},
)


def read(found: tuple[Piece, ...], *without: Said) -> str:
    return "".join(piece.text for piece in found if piece.said not in without)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_again(before: str, now: str) -> None:
    found = pieces(before, now)
    if before == now:
        assert found == ()
    else:
        assert read(found, Said.ADDED) == before
        assert read(found, Said.REMOVED) == now


@given(TEXTS, TEXTS)
def test_shortened_hides_nothing_that_differs(before: str, now: str) -> None:
    found = pieces(before, now)
    differing = [piece for piece in found if piece.said is not Said.SAME]
    assert [piece for piece in shortened(found) if piece.said is not Said.SAME] == differing


def test_one_word_is_marked_and_not_its_line() -> None:
    found = pieces("a\nRelease her now, please.\nb\n", "a\nRelease him now, please.\nb\n")
    assert found == (
        Piece(Said.SAME, "a\nRelease "),
        Piece(Said.REMOVED, "her"),
        Piece(Said.ADDED, "him"),
        Piece(Said.SAME, " now, please.\nb\n"),
    )


def test_far_from_what_differs_nothing_is_shown() -> None:
    long = "word " * 500
    found = shortened(pieces(f"{long}old{long}", f"{long}new {long}"))
    assert len(read(found)) < 500
    assert read(found).startswith(" ... ")
    assert read(found).endswith(" ... ")


def test_texts_that_are_too_long_to_compare_are_shown_as_replaced() -> None:
    before, now = ("".join(f"{word} {n}\n" for n in range(3_000)) for word in ("one", "two"))
    found = pieces(before, now)
    assert len([piece for piece in found if piece.said is not Said.SAME]) == 2
    assert (read(found, Said.ADDED), read(found, Said.REMOVED)) == (before, now)


def test_the_same_message_has_not_changed() -> None:
    assert since_approval(MESSAGE, replace(MESSAGE, at=datetime(2031, 1, 1, tzinfo=UTC))) is None


def test_a_message_that_was_not_approved_is_new() -> None:
    found = since_approval(None, MESSAGE)
    assert found is not None
    assert found.says == ("it is new since the approval",)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("to", EmailAddress.read("other@example.org"), "to: “t@example.org” → “other@example.org”"),
        ("subject", "Release B. Person", "subject: “Release A. Person” → “Release B. Person”"),
        ("language", "ru", "language: “en” → “ru”"),
        ("parts", {"signature": "Others"}, "signature: “Tests” → “Others”"),
        ("body", "Dear Official,\n\nI am writing about her.\n", "its text is another"),
        ("layouts", {"page": "#panic()"}, "its page layout “page” is another"),
        ("sender", MESSAGE.sender.model_copy(update={"name": "Others"}), "its sender is another"),
    ],
)
def test_each_thing_that_changed_is_named(field: str, value: object, says: str) -> None:
    found = since_approval(MESSAGE, replace(MESSAGE, **{field: value}))  # type: ignore[arg-type] # the fields are of several types
    assert found is not None
    assert found.says == (says,)


def test_a_text_that_was_received_otherwise() -> None:
    assert change("as meant", "as meant") is None
    found = change("as meant", "as meant!", says=["something was added"])
    assert found is not None
    assert (found.says, read(found.pieces, Said.REMOVED)) == (("something was added",), "as meant!")


@given(TEXTS, TEXTS, st.integers(min_value=1, max_value=60))
def test_what_is_left_out_is_said(before: str, now: str, most: int) -> None:
    found = change(before, now)
    if found is None:
        return
    short = first_of(found, most)
    whole = read(found.pieces)
    assert whole.startswith(read(short.pieces))
    assert len(read(short.pieces)) <= most
    assert (len(whole) > most) == ("more differs than is shown here" in short.says)
