"""Two mails on one connection, without a socket: the rows of the table for what stands behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from uadispatch import Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch_email.envelope import Envelope
from uadispatch_email.pipeline import Pipeline
from uadispatch_email.transaction import Lost, Step

if TYPE_CHECKING:
    from uadispatch_email.transaction import Transaction

FIRST = Envelope("ua@example.org", "first@example.org", b"Subject: 1\r\n\r\n.one\r\n")
SECOND = Envelope("ua@example.org", "second@example.org", b"Subject: 2\r\n\r\ntwo\r\n")
THIRD = Envelope("ua@example.org", "third@example.org", b"Subject: 3\r\n\r\nthree\r\n")
GO = b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n"
TAKEN = b"250 2.0.0 taken\r\n"


def two(*, left: bool = True) -> tuple[Pipeline, Transaction, Transaction]:
    """A pipeline with the text of a first mail written, and the envelope of a second behind it."""
    pipeline = Pipeline(pipelining=True, size=False)
    first, _ = pipeline.take(FIRST)
    pipeline.received(GO)
    second, nothing_yet = pipeline.take(SECOND)
    assert nothing_yet == b""
    assert pipeline.follow() == SECOND.commands(size=False)
    assert pipeline.follow() == b""
    if left:
        first.left()
    return pipeline, first, second


def behind(answered: bytes = b"") -> tuple[Pipeline, Transaction]:
    """The second alone, the first being taken, after these answers of its own."""
    pipeline, first, second = two()
    assert pipeline.received(TAKEN + answered) in (b"", b"RSET\r\n", b".\r\n", SECOND.body())
    assert isinstance(first.outcome, Receipt)
    return pipeline, second


def test_a_mail_costs_one_wait() -> None:
    pipeline, first, second = two()
    assert pipeline.received(TAKEN + GO) == SECOND.body()
    assert first.outcome == Receipt(says="250 2.0.0 taken", code="250 2.0.0")
    assert pipeline.current is second
    assert second.step is Step.BODY
    assert pipeline.followable
    pipeline.take(THIRD)
    assert pipeline.follow() == THIRD.commands(size=False)
    second.left()
    assert pipeline.received(b"250 2.0.0 taken too\r\n" + GO) == THIRD.body()
    assert isinstance(second.outcome, Receipt)
    assert second.outcome.says == "250 2.0.0 taken too"
    assert pipeline.ended == [first, second]


def test_the_answers_may_come_in_any_pieces() -> None:
    pipeline, first, second = two()
    data = TAKEN + GO
    written = b"".join(pipeline.received(data[at : at + 1]) for at in range(len(data)))
    assert written == SECOND.body()
    assert isinstance(first.outcome, Receipt)
    assert not second.done
    assert pipeline.usable


def test_only_a_text_is_followed_and_only_by_one() -> None:
    pipeline = Pipeline(pipelining=True, size=False)
    pipeline.take(FIRST)
    assert not pipeline.followable
    assert pipeline.follow() == b""
    pipeline.received(GO)
    assert pipeline.followable
    pipeline.take(SECOND)
    assert not pipeline.room
    third, nothing = pipeline.take(THIRD)
    assert nothing == b""
    assert third.stale


@pytest.mark.parametrize(
    "answers", [b"250 ok\r\n450 later\r\n354 go\r\n", b"450 a\r\n450 b\r\n503 c\r\n"]
)
def test_a_refused_mail_has_no_text_to_follow(answers: bytes) -> None:
    """Neither its lone dot nor its RSET: the next begins when that is answered."""
    pipeline = Pipeline(pipelining=True, size=False)
    first, _ = pipeline.take(FIRST)
    second, nothing = pipeline.take(SECOND)
    assert (nothing, pipeline.follow()) == (b"", b"")
    pipeline.received(answers)
    assert not pipeline.followable
    assert pipeline.follow() == b""
    while not first.done:
        written = pipeline.received(b"250 ok\r\n")
    assert written == SECOND.commands(size=False)
    assert pipeline.current is second


def test_nothing_follows_where_pipelining_is_not_offered() -> None:
    pipeline = Pipeline(pipelining=False, size=False)
    pipeline.take(FIRST)
    for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        pipeline.received(answer)
    assert not pipeline.followable
    assert not pipeline.room


@pytest.mark.parametrize("more", [b"", GO, b"552 twice\r\n" + GO, b"250 ok\r\n"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"451 4.3.0 later\r\n", Temporary),
        (b"552 5.3.4 too big\r\n", Rejected),
        (b"421 4.3.2 bye\r\n", Unavailable),
        (b"354 more\r\n", Unknown),
        (b"\x16\x03 what\r\n", Unknown),
    ],
)
def test_a_text_that_is_not_taken_moves_the_mail_behind_it(
    answer: bytes, kind: type, more: bytes
) -> None:
    pipeline, first, second = two()
    assert pipeline.received(answer + more) == b""
    assert type(first.outcome) is kind
    assert second.stale
    assert second.done
    assert not pipeline.usable
    assert pipeline.ended == [first, second]


@pytest.mark.parametrize("left", [True, False], ids=["gone", "held"])
@pytest.mark.parametrize("how", Lost)
def test_a_connection_lost_at_the_text_moves_the_mail_behind_it(how: Lost, *, left: bool) -> None:
    pipeline, first, second = two(left=left)
    pipeline.lost(how)
    assert type(first.outcome) is (Unknown if left else Temporary)
    assert not first.stale
    assert second.stale
    assert not pipeline.usable


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"451 later\r\n", Temporary), (b"552 big\r\n", Rejected), (TAKEN + GO, Temporary)],
)
def test_an_answer_in_the_text_moves_the_mail_behind_it(answer: bytes, kind: type) -> None:
    pipeline, first, second = two(left=False)
    assert pipeline.received(answer) == b""
    assert type(first.outcome) is kind
    assert second.stale
    assert not pipeline.usable


# What stands before, then what comes; the outcome, and whether the mail is moved.
BEHIND = [
    (b"", b"421 4.3.2 bye\r\n", True, Unavailable),
    (b"250 a\r\n", b"421 4.3.2 bye\r\n", False, Unavailable),
    (b"250 a\r\n250 b\r\n", b"421 4.3.2 bye\r\n", False, Unavailable),
    (b"", b"what\r\n", True, Temporary),
    (b"250 a\r\n", b"what\r\n", True, Temporary),
    (b"250 a\r\n250 b\r\n", b"what\r\n", True, Temporary),
    (b"", b"354 go\r\n", True, Temporary),
    (b"250 a\r\n250 b\r\n", b"250 c\r\n", True, Temporary),
    (b"451 a\r\n503 b\r\n503 c\r\n", b"250 reset\r\n", False, Temporary),
    (b"250 a\r\n451 b\r\n503 c\r\n", b"250 reset\r\n", False, Temporary),
    (b"250 a\r\n250 b\r\n451 c\r\n", b"250 reset\r\n", False, Temporary),
    (b"550 a\r\n503 b\r\n503 c\r\n", b"250 reset\r\n", False, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"250 reset\r\n", False, Rejected),
    (b"250 a\r\n250 b\r\n550 c\r\n", b"250 reset\r\n", False, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"451 no\r\n", True, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"503 no\r\n", True, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"421 no\r\n", True, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"354 go\r\n", True, Rejected),
    (b"250 a\r\n550 b\r\n503 c\r\n", b"what\r\n", True, Rejected),
    # Its own 354 shows that each reply was to its own command.
    (b"250 a\r\n550 b\r\n354 c\r\n", b"554 no\r\n503 reset\r\n", False, Rejected),
    (b"550 a\r\n250 b\r\n", b"354 c\r\n", False, Rejected),
]


@pytest.mark.parametrize(("answered", "data", "moved", "kind"), BEHIND)
def test_what_is_said_to_a_mail_behind_another(
    answered: bytes, data: bytes, kind: type, *, moved: bool
) -> None:
    pipeline, second = behind(answered)
    for piece in data.splitlines(keepends=True):
        pipeline.received(piece)
    assert type(second.outcome) is kind
    assert second.stale is moved
    assert pipeline.usable is (data == b"250 reset\r\n")


@pytest.mark.parametrize("how", Lost)
@pytest.mark.parametrize(
    "answered",
    [b"", b"250 a\r\n", b"250 a\r\n250 b\r\n", GO, b"451 a\r\n", b"250 a\r\n550 b\r\n503 c\r\n"],
)
def test_a_connection_lost_after_the_mail_before_was_taken(answered: bytes, how: Lost) -> None:
    pipeline, second = behind(answered)
    pipeline.lost(how)
    refused = b"451" in answered or b"550" in answered
    begun = answered not in (b"", b"451 a\r\n")
    its_own = b"354" in answered
    assert type(second.outcome) is (Rejected if b"550" in answered else Temporary)
    assert second.stale is (not its_own and (refused or how is Lost.GARBAGE or not begun))


@pytest.mark.parametrize("twice", [b"250 again\r\n", b"550 no\r\n", b"451 no\r\n", b"354 go\r\n"])
@pytest.mark.parametrize(
    "answers",
    [
        GO,
        b"451 a\r\n503 b\r\n503 c\r\n",
        b"250 a\r\n451 b\r\n503 c\r\n",
        b"250 a\r\n451 b\r\n354 c\r\n",
    ],
)
@pytest.mark.parametrize("slowly", [True, False])
def test_a_text_that_is_answered_twice_decides_nothing_of_the_mail_behind(
    twice: bytes, answers: bytes, *, slowly: bool
) -> None:
    pipeline, first, second = two()
    data = TAKEN + twice + answers
    for piece in data.splitlines(keepends=True) if slowly else [data]:
        assert SECOND.body() not in pipeline.received(piece)
    assert isinstance(first.outcome, Receipt)
    assert second.done
    assert second.stale


def test_who_is_moved_says_for_how_long_nothing_should_follow() -> None:
    for answer, caution in ((b"552 too big\r\n", 10), (TAKEN + b"what\r\n", float("inf"))):
        pipeline, _, second = two()
        pipeline.received(answer)
        assert second.caution == caution
    pipeline, second = behind()
    pipeline.lost(Lost.SILENT)
    assert second.caution == float("inf")
    pipeline, second = behind()
    pipeline.lost(Lost.CLOSED)
    assert second.caution == 0


def test_the_first_may_leave_and_the_second_is_moved() -> None:
    pipeline, first, second = two()
    pipeline.leave(first)
    assert not pipeline.usable
    assert pipeline.ended == [second]
    assert second.stale


@pytest.mark.parametrize("answer", [TAKEN, b"451 4.3.0 later\r\n"])
def test_the_second_may_leave_and_the_first_hears_its_answer(answer: bytes) -> None:
    pipeline, first, second = two()
    pipeline.leave(second)
    assert pipeline.usable
    assert not pipeline.room
    assert pipeline.received(answer + GO) == b""
    assert type(first.outcome) is (Receipt if answer == TAKEN else Temporary)
    assert pipeline.ended == [first]
    assert not pipeline.usable, "the envelope of one who left is open"


def test_the_second_may_leave_before_its_envelope_and_costs_nothing() -> None:
    pipeline = Pipeline(pipelining=True, size=False)
    first, _ = pipeline.take(FIRST)
    pipeline.received(GO)
    second, _ = pipeline.take(SECOND)
    pipeline.leave(second)
    first.left()
    pipeline.received(TAKEN)
    assert isinstance(first.outcome, Receipt)
    assert pipeline.usable


def test_a_wait_that_is_asked_for_is_the_mail_s_own() -> None:
    pipeline, second = behind(b"250 a\r\n450 4.2.0 Greylisted for 300 seconds\r\n503 c\r\n")
    pipeline.received(b"250 reset\r\n")
    assert isinstance(second.outcome, Temporary)
    assert second.outcome.retry_after == timedelta(minutes=5)


def test_words_on_an_unused_connection_end_it() -> None:
    pipeline = Pipeline(pipelining=True, size=False)
    assert pipeline.received(b"421 idle\r\n") == b""
    assert not pipeline.usable
