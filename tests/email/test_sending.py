"""The email channel against a real socket: what goes over it, and what each answer becomes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mailkit import a_channel, a_message, outcome, until
from timekit import quietly
from uadispatch import Attachment, ConfigError, Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing.far_ends.smtp import CLOSE, GARBAGE, SILENCE, SmtpServer, late, reply
from uadispatch_email.mime import build

if TYPE_CHECKING:
    from uadispatch.testing.far_ends.smtp import Act, StepName

BOTH = pytest.mark.parametrize("pipelining", [False, True], ids=["plain", "pipelined"])
# More than buffers hold (see timekit), so that we are still writing when the server acts.
HUGE = Attachment(name="huge.bin", media_type="application/pdf", content=b"\xff" * 1_000_000)


@BOTH
def test_the_bytes_arrive_exactly(*, pipelining: bool) -> None:
    messages = [
        a_message(1, body=".dot first\n..\n.\nFrom me\n" + "long " * 400 + "\nend  \n"),
        a_message(2, body="Құрметті Бас прокурор,\n", subject="Босатыңыз"),
        a_message(3, attachments=(replace(HUGE, content=bytes(range(256)) * 3000),)),
        a_message(4),
    ]

    async def scene() -> None:
        async with SmtpServer(pipelining=pipelining) as server, a_channel(server) as channel:
            for message in messages:
                receipt = await channel.send(message)
                assert receipt == Receipt(says="250 2.0.0 Ok: taken", code="250 2.0.0")
            assert [mail.content for mail in server.mails] == list(map(build, messages))
            assert all(mail.content.isascii() for mail in server.mails)
            assert [(mail.sender, mail.recipients) for mail in server.mails] == [
                ("ua@example.org", (f"press{number}@example.org",)) for number in (1, 2, 3, 4)
            ]
            assert server.connections == 1

    quietly(scene())


EVERY: list[tuple[StepName, Act, type]] = [
    ("connect", CLOSE, Unavailable),
    ("connect", SILENCE, Unavailable),
    ("banner", reply(421, "busy"), Unavailable),
    ("banner", reply(554, "not you"), Unavailable),
    ("banner", GARBAGE, Unavailable),
    ("banner", SILENCE, Unavailable),
    ("ehlo", CLOSE, Unavailable),
    ("ehlo", SILENCE, Unavailable),
    ("ehlo", GARBAGE, Unavailable),
    ("ehlo", reply(421, "busy"), Unavailable),
    ("ehlo", reply(550, "not you"), Unavailable),
    ("mail", reply(451, "4.3.0 later"), Temporary),
    ("mail", reply(550, "5.7.1 not you"), Rejected),
    ("mail", reply(530, "5.7.0 log in"), ConfigError),
    ("mail", CLOSE, Temporary),
    ("mail", SILENCE, Temporary),
    ("mail", GARBAGE, Temporary),
    ("rcpt", reply(450, "4.7.1 later"), Temporary),
    ("rcpt", reply(550, "5.1.1 nobody"), Rejected),
    ("rcpt", reply(421, "4.3.2 bye"), Unavailable),
    ("rcpt", CLOSE, Temporary),
    ("rcpt", SILENCE, Temporary),
    ("rcpt", GARBAGE, Temporary),
    ("data", reply(451, "4.3.0 later"), Temporary),
    ("data", reply(554, "5.0.0 no"), Rejected),
    ("data", CLOSE, Temporary),
    ("data", SILENCE, Temporary),
    ("data", GARBAGE, Temporary),
    ("dot", reply(451, "4.3.0 later"), Temporary),
    ("dot", reply(421, "4.3.2 bye"), Unavailable),
    ("dot", reply(554, "5.7.1 spam"), Rejected),
    ("dot", CLOSE, Unknown),
    ("dot", SILENCE, Unknown),
    ("dot", GARBAGE, Unknown),
    ("dot", reply(354, "more"), Unknown),
]


@BOTH
@pytest.mark.parametrize(("step", "act", "kind"), EVERY)
def test_every_failure_is_sorted(step: StepName, act: Act, kind: type, *, pipelining: bool) -> None:
    async def scene() -> None:
        async with SmtpServer(pipelining=pipelining) as server, a_channel(server) as channel:
            server.at(step, act)
            assert type(await outcome(channel, a_message())) is kind
            assert server.tries == 1
            assert len(server.mails) == (kind is Unknown)

    quietly(scene())


@BOTH
@pytest.mark.parametrize(
    ("step", "act"),
    [
        ("mail", reply(451)),
        ("rcpt", reply(550, "5.1.1 nobody")),
        ("rcpt", reply(450)),
        ("data", reply(451)),
        ("dot", reply(554)),
    ],
)
def test_a_refusal_leaves_the_connection_usable(
    step: StepName, act: Act, *, pipelining: bool
) -> None:
    async def scene() -> None:
        async with SmtpServer(pipelining=pipelining) as server, a_channel(server) as channel:
            server.at(step, act, times=1)
            assert isinstance(await outcome(channel, a_message(1)), Temporary | Rejected)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 1
            assert [mail.content for mail in server.mails] == [build(a_message(2))]

    quietly(scene())


def test_a_go_ahead_after_a_refused_recipient_sends_nobody_an_empty_mail() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("rcpt", reply(550, "5.1.1 nobody"), times=1)
            server.at("data", reply(354, "go"), times=1)
            assert isinstance(await outcome(channel, a_message(1)), Rejected)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert len(server.mails) == 1

    quietly(scene())


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reply(552, "5.3.4 too big"), Rejected),
        (reply(452, "4.3.1 full"), Temporary),
        (reply(250, "2.0.0 taken already"), Temporary),
        (GARBAGE, Temporary),
        (CLOSE, Temporary),
        (SILENCE, Temporary),
    ],
)
def test_what_happens_while_the_text_is_still_being_written_leaves_no_doubt(
    act: Act, kind: type
) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("body", act, times=1)
            assert type(await outcome(channel, a_message(1, attachments=(HUGE,)))) is kind
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 2
            assert [mail.content for mail in server.mails] == [build(a_message(2))]

    quietly(scene())


def test_a_slow_server_is_waited_for() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            for step in ("connect", "banner", "ehlo", "mail", "rcpt", "data", "body", "dot"):
                server.at(step, late(0.02))
            assert isinstance(await outcome(channel, a_message(1)), Receipt)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert len(server.mails) == 2

    quietly(scene())


def test_each_answer_goes_to_its_own_mail() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=5) as channel:
            server.at("rcpt", reply(450, "4.7.1 later"), recipient="press3@example.org")
            server.at("dot", reply(554, "5.7.1 spam"), recipient="press7@example.org")
            messages = [a_message(number) for number in range(20)]
            found = await asyncio.gather(*(outcome(channel, message) for message in messages))
            kinds = [type(one) for one in found]
            assert kinds[3] is Temporary
            assert kinds[7] is Rejected
            assert kinds.count(Receipt) == 18
            # The refused text had an envelope behind it, whose mail went elsewhere.
            assert (server.most_open, server.connections) == (5, 6)
            assert len(server.mails) == 18

    quietly(scene())


def test_errors_quote_the_server_and_neither_names_nor_text() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("rcpt", reply(450, "4.7.1 Greylisted\nwait"))
            error = await outcome(channel, a_message())
            assert isinstance(error, Temporary)
            assert error.code == "450 4.7.1"
            assert error.reason == (
                "The mail server refused this at RCPT: 450 4.7.1 Greylisted wait"
            )

    quietly(scene())


@pytest.mark.parametrize("step", ["data", "dot"])
def test_a_cancelled_try_hangs_up(step: StepName) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            server.at(step, SILENCE, times=1)
            task = asyncio.create_task(channel.send(a_message(1)))
            await until(lambda: server.counts[step] > 0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: server.open == 0)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 2

    quietly(scene())


def test_a_cancelled_opening_hangs_up() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            server.at("ehlo", SILENCE, times=1)
            task = asyncio.create_task(channel.send(a_message(1)))
            await until(lambda: server.counts["ehlo"] > 0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(await outcome(channel, a_message(2)), Receipt)

    quietly(scene())
