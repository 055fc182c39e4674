"""The waits that real servers ask for, and the texts that ask for none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch_email.refusals import for_now, unavailable
from uadispatch_email.replies import Reply
from uadispatch_email.waiting import LONGEST, asked_wait

# Text -> seconds. The programs' own words are from their sources and manuals; [brackets] hold
# what they put in.
ASKED = {
    # postgrey, --greylist-text with %s
    "4.2.0 <press@example.org>: Recipient address rejected: Greylisted for 300 seconds": 300,
    "<press@example.org>: Recipient address rejected: Greylisted for 58 seconds "
    "(see http://isg.ee.ethz.ch/tools/postgrey/help/example.org.html)": 58,
    # sqlgrey
    "<press@example.org>: Recipient address rejected: Greylisted for 5 minutes": 300,
    "4.2.0 Greylisted for 299 seconds. policy[default]": 299,
    # milter-greylist
    "4.7.1 Greylisting in action, please come back in 00:05:00": 300,
    "4.7.1 Greylisting in action, please come back in 01:00:30": 3630,
    # others
    "4.7.1 <a@example.org>: Recipient address rejected: Greylisted, try again in 300 seconds": 300,
    "4.2.0 Greylisted, please try again in 5 minutes": 300,
    "4.7.1 Please try again in 1 minute": 60,
    "4.7.1 greylisted, please retry in 2 hours": 7200,
    "4.7.1 Please try again after 00:05:00": 300,
    "4.7.0 Rate limit exceeded, please wait 60 seconds before you retry": 60,
    "4.7.0 Too many mails; retry after 90s": 90,
    "Too many connections, wait for at least 10 min": 600,
    "You have sent too many messages today. Try again in 1 day.": 86_400,
    "GREYLISTED, TRY AGAIN IN 4 MINUTES AND 30 SECONDS": 270,
    "Please try again in 1 h 10 min": 4200,
    "Greylisted for 5 minutes, please try again in 600 seconds": 600,  # the longer one is safe
    "Please try again in 30 days": 86_400,
}
NOT_ASKED = [
    # postgrey by default
    (
        "4.2.0 <press@example.org>: Recipient address rejected: Greylisted, see "
        "http://postgrey.schweikert.ch/help/example.org.html"
    ),
    (
        "4.2.0 <press@example.org>: Recipient address rejected: Greylisted, see "
        "http://postgrey.schweikert.ch/help/300-seconds.example.org.html (in reply to RCPT TO)"
    ),
    # milter-greylist, quiet
    "4.7.1 Greylisting in action, please come back later",
    # rspamd; the second with report_time: a moment, by a clock that may not be ours
    "4.7.1 Try again later",
    "4.7.1 Try again later: Tue, 20 Aug 2019 09:05:00 GMT",
    # Postfix
    "4.7.1 <press@example.org>: Recipient address rejected: Access denied",
    "4.3.2 Service currently unavailable",
    "4.7.0 mx.example.org Error: too many connections from 192.0.2.1",
    "4.4.2 mx.example.org Error: timeout exceeded",
    # Exchange and Microsoft 365
    (
        "4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77713) "
        "[AM7EUR06FT034.eop-eur06.prod.protection.outlook.com]"
    ),
    (
        "4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
        "reputation. For e-mail delivery information, see https://postmaster.live.com (S844)"
    ),
    (
        "4.3.2 The maximum number of concurrent connections per resource forest has exceeded a "
        "limit, closing transmission channel."
    ),
    "4.4.7 Message expired: unable to deliver in 840 minutes",
    "4.4.1 Connection timed out. Total session duration: 00:10:00.3",
    # Gmail
    "4.7.0 Try again later, closing connection.",
    (
        "4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend "
        "your message at a later time."
    ),
    (
        "4.7.0 [192.0.2.1 15] Our system has detected an unusual rate of unsolicited mail "
        "originating from your IP address."
    ),
    "4.4.2 Timeout - closing connection.",
    "4.2.2 The email account that you tried to reach is over quota.",
    # Yahoo
    (
        "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
        "user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes"
    ),
    "4.3.2 Resources temporarily not available - Please try again later [#4.16.5].",
    # no number, no unit, not of a wait, or not to be read with certainty
    "4.2.2 Greylisted, please try again in a few moments.",
    "Please try again in five minutes",
    "Please try again in 5",
    "Please try again in 5 to 10 minutes",
    "Please try again in 5-10 minutes",
    "Please try again in 1.5 hours",
    "Please try again in 0 seconds",
    "Please try again after 14:30:00",
    "Please try again after 3 attempts",
    "Please try again in 00:99:00",
    "Please try again in ５ minutes",  # a digit, but not an ASCII one
    "Please try again in 1234567 seconds",
    "Please try again in 5 secondhand shops",
    "Connection closed after 300 seconds of inactivity",
    "Timed out waiting 300 seconds",
    "had to wait 30 seconds for the name server",
    "More than 100 messages in 60 minutes",
    "Too many recipients received this hour",
    "",
]


@pytest.mark.parametrize(("text", "seconds"), ASKED.items())
def test_a_wait_that_is_stated(text: str, seconds: int) -> None:
    assert asked_wait(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", NOT_ASKED)
def test_no_wait(text: str) -> None:
    assert asked_wait(text) is None


@given(st.text())
def test_any_text_asks_for_a_day_at_most(text: str) -> None:
    wait = asked_wait(text)
    assert wait is None or timedelta(0) < wait <= LONGEST


@given(st.integers(1, 99_999), st.sampled_from(["seconds", "minutes", "hours", "days"]))
def test_every_number_is_read(number: int, unit: str) -> None:
    wait = asked_wait(f"4.7.1 try again in {number} {unit} please")
    assert wait == min(timedelta(**{unit: number}), LONGEST)


def test_the_words_may_break_anywhere() -> None:
    reply = Reply(450, ("4.7.1 Greylisted, please try again in", "4.7.1  300", "4.7.1 seconds"))
    assert for_now("refused", reply).retry_after == timedelta(minutes=5)


def test_only_a_refusal_for_now_has_a_wait() -> None:
    words = ("4.7.0 Too busy, try again in 10 minutes",)
    assert unavailable("refused", Reply(421, words)).retry_after == timedelta(minutes=10)
    assert unavailable("refused", Reply(554, words)).retry_after is None
