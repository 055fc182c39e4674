"""Which refusals are of the mailbox itself, so that no other campaign need try it."""

from __future__ import annotations

import pytest

from uadispatch import Temporary, Unavailable
from uadispatch_email.refusals import for_good, for_now, mailbox_refused
from uadispatch_email.replies import Reply


def read(line: str) -> Reply:
    return Reply(int(line[:3]), (line[4:],))


@pytest.mark.parametrize(
    "line",
    [
        "550 5.1.1 <press@example.org>: Recipient address rejected: User unknown",
        "550 5.1.1 User unknown in relay recipient table",  # the status decides, not the words
        "550 5.1.1 The email account that you tried to reach does not exist.",
        "553 5.1.2 We weren't able to find the recipient domain.",
        "501 5.1.3 Bad recipient address syntax",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
        "551 5.1.6 Moved",
        "554 5.1.0 Address rejected",
        "550 5.2.1 The email account that you tried to reach is disabled.",
        "550 No such user here",
        "550 Requested action not taken: mailbox unavailable",
        "551 User not local; please try <other@example.org>",
        "553 Requested action not taken: mailbox name not allowed",
        "550 sorry, no mailbox here by that name. (#5.1.1)",
        "550 #5.1.0 Address rejected.",
        "550",
    ],
)
def test_the_mailbox_is_refused(line: str) -> None:
    assert mailbox_refused(read(line))
    assert for_good("refused", read(line), recipient=True).contact
    assert not for_good("refused", read(line), recipient=False).contact


@pytest.mark.parametrize(
    "line",
    [
        "550 5.1.7 <ua@example.org>: Sender address rejected",
        "553 5.1.8 Sender domain not found",
        "550 5.7.1 Unable to relay",
        "554 5.7.1 <press@example.org>: Relay access denied",
        "550 5.7.26 Unauthenticated email is not accepted due to DMARC policy",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
        "550 5.4.1 Recipient address rejected: Access denied",
        "552 5.2.2 Mailbox full",
        "550 5.2.0 Mailbox unavailable",
        "550 5.0.0 No",
        "552 Mailbox full",
        "554 No such user",
        "500 What?",
        # no status; the words are not about the mailbox
        "550 relay not permitted",
        "550 Relaying denied",
        "550 Administrative prohibition: access denied",
        "550 Blocked, see https://www.spamhaus.org/query/ip/192.0.2.1",
        "550 Sender verify failed",
        "550 Please authenticate first",
        "550 Too many invalid recipients",
        "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        "553 sorry, that domain isn't in my list of allowed rcpthosts",
    ],
)
def test_something_else_is_refused(line: str) -> None:
    assert not mailbox_refused(read(line))
    assert not for_good("refused", read(line), recipient=True).contact


def test_what_a_refusal_for_now_says_of_the_others() -> None:
    assert type(for_now("refused", read("450 4.2.0 Greylisted"))) is Temporary
    assert type(for_now("refused", read("421 4.3.2 Shutting down"))) is Unavailable
