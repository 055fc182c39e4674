"""Bytes that no mail server should send: whatever comes, no mail is lost and none sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit import a_channel, a_message, outcome
from timekit import quietly
from uadispatch import ConfigError, DeliveryError, Receipt, Temporary, Unavailable, Unknown
from uadispatch.testing.far_ends.smtp import SmtpServer, StepName, drip, raw

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from uadispatch.testing.far_ends.smtp import Act

BOTH = pytest.mark.parametrize("pipelining", [False, True], ids=["plain", "pipelined"])
OPENING = ("connect", "banner", "ehlo", "starttls", "auth")
IN_A_MAIL = ("mail", "rcpt", "data", "body", "dot")
GARBAGE: dict[str, bytes] = {
    "binary": bytes(range(256)) * 8,
    "nuls": b"\0" * 4096 + b"\r\n",
    "nothing": b"\r\n",
    "no line end": b"x" * 2_000_000,
    "a reply without a line end": b"250 " + b"x" * 2_000_000,
    "a reply that never ends": b"250-more\r\n" * 200_000,
    "a line that never ends": b"250 ok\r\n250-" + b"x" * 500_000,
    "two codes in a reply": b"250-one\r\n550 two\r\n",
    "a code that is none": b"999 what\r\n",
    "a code of old": b"150 wait\r\n",
    "a code with letters": b"25O ok\r\n",
    "wide digits": "２５０ ok\r\n".encode(),
    "UTF-16": "250 ok\r\n".encode("utf-16"),
    "another protocol": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "yet another": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a question": b"334 VXNlcm5hbWU6\r\n",
}
# Replies that would be good at another time: wrong here, so that they decide nothing.
WRONG_YES: dict[StepName, bytes] = {
    "connect": b"250 ok\r\n",
    "banner": b"354 go\r\n",
    "ehlo": b"220 go\r\n",
    "starttls": b"250 ok\r\n",
    "auth": b"250 ok\r\n",
    "mail": b"354 go\r\n",
    "rcpt": b"334 more\r\n",
    "data": b"250 ok\r\n",
    "dot": b"354 more\r\n",
}


async def tell(server: SmtpServer, step: StepName, act: Act, **given: object) -> list[object]:
    """Three mails, the second with `act`; whoever was told to come again does. All outcomes."""
    async with server, a_channel(server, patience=1, **given) as channel:
        found: list[object] = [await outcome(channel, a_message(0))]
        if step in OPENING:
            server.hang_up()
        server.at(step, act, times=1)
        for number in (1, 2):
            for _ in range(4):
                found.append(await outcome(channel, a_message(number)))
                if not isinstance(found[-1], Temporary):
                    break
        arrived = [mail.recipients[0] for mail in server.mails]
        assert len(arrived) == len(set(arrived)), "a mail went out twice"
        if isinstance(found[-1], Receipt):
            assert "press2@example.org" in arrived
    return found


def one_bad(found: list[object]) -> object:
    """The one outcome that is not a receipt; the mails beside it went out."""
    (bad,) = [one for one in found if not isinstance(one, Receipt)]
    return bad


@BOTH
@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("step", IN_A_MAIL)
def test_garbage_in_a_mail(step: StepName, kind: str, *, pipelining: bool) -> None:
    found = quietly(tell(SmtpServer(pipelining=pipelining), step, raw(GARBAGE[kind])))
    if step in ("body", "dot") and kind == "a line that never ends":  # it begins with a whole 250
        assert all(isinstance(one, Receipt) for one in found)
    elif step in ("body", "dot"):  # a short text is out of our hands before the server speaks
        assert type(one_bad(found)) is Unknown
    else:
        assert type(one_bad(found)) is Temporary


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("step", ["connect", "banner", "ehlo", "auth"])
def test_garbage_before_a_mail(step: StepName, kind: str) -> None:
    server = SmtpServer(users={"ua": "secret"})
    login = {"username": "ua", "password": "secret"}
    found = one_bad(quietly(tell(server, step, raw(GARBAGE[kind]), **login)))
    assert type(found) is (ConfigError if _refuses_at_last(step, kind) else Unavailable)


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_for_tls(kind: str, context: ssl.SSLContext, ca_file: Path) -> None:
    scene = tell(
        SmtpServer(starttls=context),
        "starttls",
        raw(GARBAGE[kind]),
        security="starttls",
        ca_file=ca_file,
    )
    found = one_bad(quietly(scene))
    assert type(found) is (ConfigError if _refuses_at_last("starttls", kind) else Unavailable)


def _refuses_at_last(step: StepName, kind: str) -> bool:
    """aiosmtplib goes by the last line's code: a login or STARTTLS is refused, nothing is lost."""
    return step in ("starttls", "auth") and kind == "two codes in a reply"


@BOTH
@pytest.mark.parametrize("step", WRONG_YES)
def test_a_yes_to_something_else(
    step: StepName, context: ssl.SSLContext, ca_file: Path, *, pipelining: bool
) -> None:
    server = SmtpServer(pipelining=pipelining, starttls=context, users={"ua": "secret"})
    given = {"security": "starttls", "ca_file": ca_file, "username": "ua", "password": "secret"}
    found = one_bad(quietly(tell(server, step, raw(WRONG_YES[step]), **given)))
    assert type(found) is (
        Unavailable if step in OPENING else Unknown if step == "dot" else Temporary
    )


@BOTH
@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (b"250 ok\r\n250 ok\r\n", Receipt),
        (b"250 ok\r\n550 no\r\n", Receipt),
        (b"250 ok\r\n\xff\xfe\r\n", Receipt),
        (b"451 4.3.0 later\r\n250 ok\r\n", Temporary),
        (b"421 4.3.2 bye\r\n250 ok\r\n", Unavailable),
    ],
)
def test_of_two_answers_to_the_dot_the_first_counts(
    answers: bytes, kind: type, *, pipelining: bool
) -> None:
    found = quietly(tell(SmtpServer(pipelining=pipelining), "dot", raw(answers)))
    assert type(found[1]) is kind
    assert isinstance(found[-1], Receipt)


@BOTH
@pytest.mark.parametrize("step", ["connect", "banner", "ehlo", "auth", "mail", "rcpt", "data"])
def test_answers_before_anything_was_asked(step: StepName, *, pipelining: bool) -> None:
    """A server that is one answer ahead is found out before a text is taken for accepted."""
    good = {"connect": 220, "banner": 220, "ehlo": 250, "auth": 235, "data": 354}.get(step, 250)
    for ahead in (b"220 a\r\n", b"235 b\r\n", b"250 c\r\n", b"354 d\r\n", b"250 c\r\n" * 4):
        server = SmtpServer(pipelining=pipelining, users={"ua": "secret"})
        login = {"username": "ua", "password": "secret"}
        found = quietly(tell(server, step, raw(b"%d ok\r\n%b" % (good, ahead)), **login))
        assert isinstance(found[-1], Receipt)
        assert not any(isinstance(one, Unknown | ConfigError) for one in found)


@pytest.mark.parametrize(
    "words", [b"421 4.4.2 idle too long\r\n", b"250 ok\r\n", b"250", b"\0", b"250 ok\r\n" * 4]
)
@pytest.mark.parametrize("waiting", [True, False], ids=["seen", "not seen yet"])
def test_words_on_a_kept_connection_cost_no_try(words: bytes, *, waiting: bool) -> None:
    async def scene() -> None:
        import asyncio

        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            assert isinstance(await outcome(channel, a_message(1)), Receipt)
            server.blurt(words)
            if waiting:
                await asyncio.sleep(1)
            found = await outcome(channel, a_message(2))
            if isinstance(found, Temporary):  # an answer to a question that had just been asked
                found = await outcome(channel, a_message(2))
            assert isinstance(found, Receipt)
            assert [mail.recipients[0] for mail in server.mails] == [
                "press1@example.org",
                "press2@example.org",
            ]

    quietly(scene())


@pytest.mark.parametrize("step", ["banner", "ehlo", *IN_A_MAIL])
def test_an_endless_answer_in_drops_is_given_up(step: StepName) -> None:
    found = quietly(tell(SmtpServer(), step, drip(b"250-more\r\n" * 1000, 5.0)))
    if step == "mail":  # a kept connection that does not answer is replaced
        assert all(isinstance(one, Receipt) for one in found)
    else:
        assert type(one_bad(found)) is (
            Unavailable if step in OPENING else Unknown if step in ("body", "dot") else Temporary
        )


PIECES = st.sampled_from(
    [
        *(b"%d ok\r\n" % code for code in (220, 221, 235, 250, 251, 334, 354, 421, 450, 535, 550)),
        *(b"250-more\r\n", b"\r\n", b"\n", b"\r", b"250", b"2", b"-", b" ", b"\xff", b"354"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    step=st.sampled_from([step for step in get_args(StepName) if step != "starttls"]),
    data=st.lists(PIECES, max_size=6).map(b"".join) | st.binary(max_size=40),
    close=st.booleans(),
    pipelining=st.booleans(),
)
def test_whatever_a_server_says_nothing_goes_out_twice(
    step: StepName, data: bytes, *, close: bool, pipelining: bool
) -> None:
    server = SmtpServer(pipelining=pipelining, users={"ua": "secret"})
    login = {"username": "ua", "password": "secret"}
    found = quietly(tell(server, step, raw(data, close=close), **login))
    assert all(isinstance(one, Receipt | DeliveryError | ConfigError) for one in found)
    if step not in ("body", "dot"):
        # Only a go-ahead for the text that the server then does not read leaves a doubt.
        doubts = [one for one in found if isinstance(one, Unknown)]
        assert not doubts or b"354" in data
