"""Every cell of the table in `uadispatch_email.transaction`, without a socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from uadispatch import ConfigError, Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch_email.envelope import Envelope
from uadispatch_email.transaction import Lost, Step, Transaction

CONTENT = b"Subject: x\r\n\r\n.dot\r\nend\r\n"
ENVELOPE = Envelope("ua@example.org", "press@example.org", CONTENT)
GOOD = {Step.MAIL: 250, Step.RCPT: 250, Step.DATA: 354, Step.BODY: 250, Step.DOT: 250}
STEPS = (Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.DOT)
BOTH = pytest.mark.parametrize("pipelining", [False, True], ids=["plain", "pipelined"])


def at(step: Step, *, pipelining: bool, skip_dot: bool = False) -> Transaction:
    """A transaction that waits for the answer at `step`; all went well before."""
    transaction = Transaction(ENVELOPE, pipelining=pipelining, size=False)
    transaction.start()
    for passed in STEPS[: STEPS.index(step)]:
        if passed is Step.BODY:
            if not skip_dot:
                transaction.left()
        else:
            transaction.received(b"%d ok\r\n" % GOOD[passed])
    assert transaction.step is step
    return transaction


def answer_rest(transaction: Transaction) -> None:
    """Answer what a refusal leaves open, until RSET's own answer."""
    for _ in range(5):
        if transaction.done:
            return
        code = 250 if transaction.step is Step.RSET else 503
        transaction.received(b"%d no\r\n" % code)


@BOTH
def test_a_mail_that_is_taken(*, pipelining: bool) -> None:
    transaction = Transaction(ENVELOPE, pipelining=pipelining, size=True)
    written = [transaction.start()]
    answers = (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
    written.extend(map(transaction.received, answers))
    before = transaction.step
    transaction.left()
    assert (before, transaction.step) == (Step.BODY, Step.DOT)
    assert transaction.received(b"250 2.0.0 queued as 77\r\n") == b""
    commands = [
        b"MAIL FROM:<ua@example.org> SIZE=%d\r\n" % len(CONTENT),
        b"RCPT TO:<press@example.org>\r\n",
        b"DATA\r\n",
    ]
    body = b"Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n"
    if pipelining:
        assert written == [b"".join(commands), b"", b"", body]
    else:
        assert written == [*commands, body]
    assert transaction.outcome == Receipt(says="250 2.0.0 queued as 77", code="250 2.0.0")
    assert transaction.reusable


@BOTH
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [400, 450, 499, 500, 550, 599])
def test_a_refusal(step: Step, code: int, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.received(b"%d %d.7.1 no\r\n" % (code, code // 100))
    answer_rest(transaction)
    outcome = transaction.outcome
    assert type(outcome) is (Temporary if code < 500 else Rejected)
    assert outcome.code == f"{code} {code // 100}.7.1"
    assert transaction.reusable is (step is not Step.BODY)
    assert not transaction.stale


@BOTH
@pytest.mark.parametrize("step", STEPS)
def test_going_away_is_not_this_message_s_fault(step: Step, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.received(b"421 4.3.2 shutting down\r\n")
    assert type(transaction.outcome) is Unavailable
    assert not transaction.reusable
    assert transaction.stale is (step is Step.MAIL)


@BOTH
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", Lost)
def test_a_lost_connection(step: Step, how: Lost, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.lost(how)
    assert type(transaction.outcome) is (Unknown if step is Step.DOT else Temporary)
    assert not transaction.reusable
    assert transaction.stale is (step is Step.MAIL and how is not Lost.GARBAGE)


@BOTH
@pytest.mark.parametrize("end", [b"", b"421 4.4.2 bye\r\n"], ids=["closed", "421"])
def test_a_refusal_of_mail_that_ends_the_connection_was_a_word_to_an_idle_client(
    end: bytes, *, pipelining: bool
) -> None:
    """Exchange and Gmail: “451 4.4.2 Timeout - closing connection”, written before our MAIL."""
    transaction = at(Step.MAIL, pipelining=pipelining)
    transaction.received(b"451 4.4.2 Timeout - closing connection\r\n")
    transaction.received(end)
    transaction.lost(Lost.CLOSED)
    assert type(transaction.outcome) is Temporary
    assert transaction.stale


@pytest.mark.parametrize("further", [b"503 5.5.1 no\r\n", b"250 ok\r\n"])
def test_a_refusal_of_mail_and_more_was_meant_for_this_mail(further: bytes) -> None:
    transaction = at(Step.MAIL, pipelining=True)
    transaction.received(b"451 4.3.0 later\r\n" + further)
    transaction.lost(Lost.CLOSED)
    assert type(transaction.outcome) is Temporary
    assert not transaction.stale


def test_a_refusal_of_mail_for_good_is_never_repeated() -> None:
    transaction = at(Step.MAIL, pipelining=False)
    transaction.received(b"550 5.7.1 not you\r\n")
    transaction.lost(Lost.CLOSED)
    assert type(transaction.outcome) is Rejected
    assert not transaction.stale


@BOTH
def test_a_mail_that_is_too_big_is_refused_at_once(*, pipelining: bool) -> None:
    """RFC 1870, section 6.1: 552 for good, 452 while there is no room."""
    for code, kind in ((b"552 5.3.4", Rejected), (b"452 4.3.1", Temporary)):
        transaction = at(Step.MAIL, pipelining=pipelining)
        transaction.received(code + b" too big\r\n")
        answer_rest(transaction)
        assert type(transaction.outcome) is kind
        assert transaction.reusable


def test_a_text_that_is_refused_twice_costs_the_connection_and_not_the_next_mail() -> None:
    transaction = at(Step.DOT, pipelining=True)
    assert transaction.received(b"552 5.3.4 too big\r\n") == b"RSET\r\n"
    transaction.received(b"552 5.3.4 too big\r\n")
    assert isinstance(transaction.outcome, Rejected)
    assert not transaction.reusable


@BOTH
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.DOT])
def test_the_mailbox_is_only_refused_at_rcpt(step: Step, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.received(b"550 5.1.1 User unknown\r\n")
    answer_rest(transaction)
    assert isinstance(transaction.outcome, Rejected)
    assert transaction.outcome.contact is (step is Step.RCPT)


@BOTH
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [b"450 4.2.0", b"421 4.7.0"])
def test_a_wait_that_the_server_asks_for(step: Step, code: bytes, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.received(code + b" Greylisted for 300 seconds\r\n")
    answer_rest(transaction)
    assert isinstance(transaction.outcome, Temporary)
    assert transaction.outcome.retry_after == timedelta(minutes=5)


def test_the_last_of_a_pipeline_may_be_a_goodbye() -> None:
    for answers, kind in (
        (b"250 ok\r\n250 ok\r\n421 bye\r\n", Unavailable),
        (b"250 ok\r\n550 5.1.1 no\r\n421 bye\r\n", Rejected),
        (b"250 ok\r\n450 4.2.0 no\r\n421 bye\r\n", Temporary),
        (b"421 bye\r\n", Unavailable),
    ):
        transaction = at(Step.MAIL, pipelining=True)
        assert transaction.received(answers) == b""
        assert type(transaction.outcome) is kind
        assert not transaction.reusable


@pytest.mark.parametrize("pieces", [[b"2", b"50", b" 2.0.0 tak", b"en\r", b"\n"]])
def test_an_acceptance_in_pieces_is_one(pieces: list[bytes]) -> None:
    transaction = at(Step.DOT, pipelining=True)
    for piece in pieces[:-1]:
        transaction.received(piece)
        assert not transaction.done
    transaction.received(pieces[-1])
    assert isinstance(transaction.outcome, Receipt)
    assert transaction.outcome.says == "250 2.0.0 taken"


@pytest.mark.parametrize("begun", [b"2", b"250", b"250 ok", b"250 ok\r", b"250-ok\r\n"])
def test_an_acceptance_that_is_cut_off_is_none(begun: bytes) -> None:
    transaction = at(Step.DOT, pipelining=True)
    transaction.received(begun)
    transaction.lost(Lost.CLOSED)
    assert type(transaction.outcome) is Unknown


def test_a_connection_that_was_gone_before_it_began() -> None:
    transaction = Transaction(ENVELOPE, pipelining=True, size=True)
    transaction.start()
    transaction.gone()
    assert type(transaction.outcome) is Unavailable
    assert transaction.stale
    assert not transaction.reusable


@BOTH
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "reply", [b"\x16\x03 what\r\n", b"334 go on\r\n", b"250-a\r\n550 b\r\n", b"2\n"]
)
def test_garbage(step: Step, reply: bytes, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    assert transaction.received(reply) == b""
    assert type(transaction.outcome) is (Unknown if step is Step.DOT else Temporary)
    assert not transaction.reusable


@BOTH
@pytest.mark.parametrize(
    ("step", "code"), [(Step.MAIL, 354), (Step.RCPT, 354), (Step.DATA, 250), (Step.BODY, 250)]
)
def test_a_yes_to_something_else_is_garbage(step: Step, code: int, *, pipelining: bool) -> None:
    transaction = at(step, pipelining=pipelining)
    assert transaction.received(b"%d ok\r\n" % code) == b""
    assert type(transaction.outcome) is Temporary
    assert not transaction.reusable


@BOTH
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_login_that_is_wanted_is_a_setting_to_mend(
    step: Step, code: int, *, pipelining: bool
) -> None:
    transaction = at(step, pipelining=pipelining)
    transaction.received(b"%d 5.7.0 Authentication required\r\n" % code)
    answer_rest(transaction)
    assert type(transaction.outcome) is ConfigError
    assert "UADISPATCH_EMAIL_USERNAME" in str(transaction.outcome)


@pytest.mark.parametrize("how", Lost)
@pytest.mark.parametrize("code", [450, 550])
def test_what_happens_at_rset_changes_nothing(how: Lost, code: int) -> None:
    transaction = at(Step.RCPT, pipelining=False)
    assert transaction.received(b"%d no\r\n" % code) == b"RSET\r\n"
    assert transaction.step is Step.RSET
    transaction.lost(how)
    assert type(transaction.outcome) is (Temporary if code == 450 else Rejected)
    assert transaction.outcome.code == str(code)
    assert not transaction.reusable


@pytest.mark.parametrize("reply", [b"421 bye\r\n", b"502 what\r\n", b"junk\r\n"])
def test_a_bad_answer_to_rset_drops_the_connection(reply: bytes) -> None:
    transaction = at(Step.RCPT, pipelining=False)
    transaction.received(b"550 no\r\n")
    transaction.received(reply)
    assert type(transaction.outcome) is Rejected
    assert not transaction.reusable


def test_a_refused_recipient_in_a_pipeline() -> None:
    transaction = at(Step.RCPT, pipelining=True)
    assert transaction.received(b"550 5.1.1 nobody\r\n503 5.5.1 no recipient\r\n") == b"RSET\r\n"
    transaction.received(b"250 ok\r\n")
    assert isinstance(transaction.outcome, Rejected)
    assert transaction.outcome.code == "550 5.1.1"
    assert transaction.reusable


@pytest.mark.parametrize("last", [b"554 no valid recipients\r\n", b"250 ok\r\n", b"451 x\r\n"])
def test_a_go_ahead_without_a_recipient_is_ended_with_a_lone_dot(last: bytes) -> None:
    transaction = at(Step.RCPT, pipelining=True)
    assert transaction.received(b"450 4.7.1 later\r\n354 go\r\n") == b".\r\n"
    transaction.left()
    assert transaction.received(last) == b"RSET\r\n"
    transaction.received(b"250 ok\r\n")
    assert isinstance(transaction.outcome, Temporary)
    assert transaction.outcome.code == "450 4.7.1"
    assert transaction.reusable


@pytest.mark.parametrize("how", Lost)
def test_a_connection_lost_after_the_lone_dot_leaves_no_doubt(how: Lost) -> None:
    transaction = at(Step.RCPT, pipelining=True)
    transaction.received(b"550 no\r\n354 go\r\n")
    transaction.left()
    transaction.lost(how)
    assert type(transaction.outcome) is Rejected


def test_a_refused_sender_with_an_accepted_recipient_is_never_sent_an_empty_mail() -> None:
    transaction = at(Step.MAIL, pipelining=True)
    assert transaction.received(b"550 no\r\n250 ok\r\n354 go\r\n") == b""
    assert isinstance(transaction.outcome, Rejected)
    assert not transaction.reusable


def test_the_first_refusal_of_a_pipeline_is_the_one_reported() -> None:
    transaction = at(Step.MAIL, pipelining=True)
    transaction.received(b"451 4.3.0 first\r\n550 5.0.0 second\r\n503 third\r\n250 reset\r\n")
    answer_rest(transaction)
    assert isinstance(transaction.outcome, Temporary)
    assert transaction.outcome.code == "451 4.3.0"


@pytest.mark.parametrize("early", [b"250 ok\r\n250 ok\r\n", b"250 ok\r\n2"])
def test_an_answer_that_comes_before_its_command_is_garbage(early: bytes) -> None:
    transaction = at(Step.MAIL, pipelining=False)
    assert transaction.received(early) == b""
    assert type(transaction.outcome) is Temporary
    assert not transaction.reusable


def test_an_acceptance_that_comes_with_the_go_ahead_is_not_believed() -> None:
    transaction = at(Step.DATA, pipelining=True)
    assert transaction.received(b"354 go\r\n250 ok\r\n") == b""
    assert type(transaction.outcome) is Temporary


def test_words_after_the_acceptance_only_cost_the_connection() -> None:
    transaction = at(Step.DOT, pipelining=True)
    transaction.received(b"250 ok\r\n421 bye\r\n")
    assert isinstance(transaction.outcome, Receipt)
    assert not transaction.reusable


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b>", "<a@b", "a b@c", "a@b\r\nRCPT TO:<c@d>", "a@b\n", "ä@b", "a@b\0", "@b", "a@"],
)
def test_an_address_cannot_say_more_than_an_address(address: str) -> None:
    for pair in ((address, "a@example.org"), ("a@example.org", address)):
        with pytest.raises(ValueError, match="address"):
            Envelope(*pair, CONTENT)


def test_an_envelope_shows_nothing_of_the_text() -> None:
    assert "Subject" not in repr(ENVELOPE)
    with pytest.raises(ValueError, match="CRLF"):
        Envelope("a@example.org", "b@example.org", b"x")


def test_the_server_is_quoted_short_and_clean() -> None:
    transaction = at(Step.RCPT, pipelining=False)
    transaction.received(b"550-\x1b[31mno\x00\r\n550 " + b"x" * 400 + b"\r\n")
    transaction.received(b"250 ok\r\n")
    assert isinstance(transaction.outcome, Rejected)
    assert transaction.outcome.reason.isprintable()
    assert len(transaction.outcome.reason) < 260


def test_a_dot_that_begins_the_mail_is_stuffed_too() -> None:
    assert Envelope("a@example.org", "b@example.org", b".x\r\n").body() == b"..x\r\n.\r\n"
