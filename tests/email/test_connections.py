"""The connections of one channel: how many, how long they are kept, and how they end."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailkit import PATIENCE, a_channel, a_message, lent, outcome, until
from timekit import quietly
from uadispatch import Receipt, Temporary, Unavailable, Unknown
from uadispatch.testing.far_ends.smtp import (
    CLOSE,
    RESET,
    SILENCE,
    SmtpServer,
    drip,
    late,
    raw,
    reply,
)
from uadispatch_email import EmailChannel
from uadispatch_email.envelope import Envelope
from uadispatch_email.opening import open_session
from uadispatch_email.session import Session

if TYPE_CHECKING:
    from uadispatch.testing.far_ends.smtp import Act, StepName


def test_never_more_connections_than_allowed() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=3) as channel:
            server.at("dot", late(0.002))
            found = await asyncio.gather(
                *(outcome(channel, a_message(number)) for number in range(40))
            )
            assert all(isinstance(one, Receipt) for one in found)
            assert server.most_open == server.connections == 3
            assert len({mail.recipients for mail in server.mails}) == 40

    quietly(scene())


def test_closing_says_goodbye_and_may_be_done_twice() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await asyncio.gather(*(channel.send(a_message(number)) for number in range(4)))
            await channel.aclose()
            await channel.aclose()
            assert server.counts["quit"] == server.connections == 4
            await until(lambda: server.open == 0)

    quietly(scene())


@pytest.mark.parametrize("act", [SILENCE, CLOSE, reply(500, "what")])
def test_closing_does_not_wait_for_a_rude_server(act: object) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await channel.send(a_message())
            server.at("quit", act)  # type: ignore[arg-type]
            await asyncio.wait_for(channel.aclose(), 1)

    quietly(scene())


def test_a_connection_that_died_while_unused_is_replaced() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            for number in range(3):
                assert isinstance(await outcome(channel, a_message(number)), Receipt)
                server.hang_up()
                if number:
                    await asyncio.sleep(0.01)  # seen at once, or only when it is used
            assert server.connections == 3
            assert server.tries == len(server.mails) == 3

    quietly(scene())


def test_a_kept_connection_that_is_going_away_is_replaced_once() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await channel.send(a_message(1))
            server.at("mail", reply(421, "4.3.2 idle too long"), times=1)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 2
            server.at("mail", reply(421, "4.3.2 going down"))
            assert isinstance(await outcome(channel, a_message(3)), Temporary)
            assert server.connections == 3
            assert [mail.recipients for mail in server.mails] == [
                ("press1@example.org",),
                ("press2@example.org",),
            ]

    quietly(scene())


def test_a_fresh_connection_is_never_replaced() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("mail", CLOSE, times=1)
            assert isinstance(await outcome(channel, a_message()), Temporary)
            assert server.connections == 1

    quietly(scene())


def test_a_kept_connection_is_not_replaced_once_anything_was_answered() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await channel.send(a_message(1))
            server.at("dot", CLOSE, times=1)
            assert isinstance(await outcome(channel, a_message(2)), Unknown)
            server.at("rcpt", CLOSE, times=1)
            assert isinstance(await outcome(channel, a_message(3)), Temporary)
            assert server.tries == 3

    quietly(scene())


def test_a_server_that_is_gone_is_temporary() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await channel.send(a_message(1))
            await server.stop()
            error = await outcome(channel, a_message(2))
            assert isinstance(error, Temporary)
            assert "UADISPATCH_EMAIL_HOST" in error.reason

    quietly(scene())


def test_a_kept_connection_whose_server_vanished_is_replaced() -> None:
    """Half open: nothing tells but silence, and nothing of the mail has left by then."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            await channel.send(a_message(1))
            server.vanish()
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 2
            assert [mail.recipients[0] for mail in server.mails] == [
                "press1@example.org",
                "press2@example.org",
            ]

    quietly(scene())


def test_a_kept_connection_that_was_idle_too_long_by_other_words_is_replaced() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            await channel.send(a_message(1))
            server.at(
                "mail", raw(b"451 4.4.2 Timeout - closing connection\r\n", close=True), times=1
            )
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert server.connections == 2

    quietly(scene())


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"250 2.0.0 taken\r\n", close=True),
        raw(b"250 2.0.0 taken\r\n421 4.3.2 going down\r\n", close=True),
        drip(b"250-2.0.0 taken\r\n250 2.0.0 indeed\r\n", 1.0),
    ],
    ids=["closed", "with 421", "in pieces"],
)
def test_a_mail_that_was_taken_is_taken_whatever_comes_with_the_answer(answer: Act) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            server.at("dot", answer, times=1)
            assert isinstance(await outcome(channel, a_message(1)), Receipt)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert len(server.mails) == 2

    quietly(scene())


@pytest.mark.parametrize(
    ("step", "kind", "seconds"),
    [("mail", Temporary, 300), ("data", Temporary, 120), ("dot", Unknown, 600)],
)
def test_a_server_that_drips_gets_no_more_time(step: StepName, kind: type, seconds: float) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            server.at(step, drip(b"250-wait for it\r\n" * 100, 20.0))
            began = asyncio.get_running_loop().time()
            assert type(await outcome(channel, a_message())) is kind
            assert asyncio.get_running_loop().time() - began == pytest.approx(seconds, abs=30)

    quietly(scene())


@pytest.mark.parametrize(("body", "kind"), [("x\n", Unknown), ("x\n" * 250_000, Temporary)])
def test_a_go_ahead_from_a_server_that_then_hangs_up(body: str, kind: type) -> None:
    """A short text is out of our hands before we know; a long one is not, and never will be."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("data", raw(b"354 go\r\n", close=True), times=1)
            assert type(await outcome(channel, a_message(body=body))) is kind

    quietly(scene())


def test_a_text_is_not_written_to_a_connection_that_is_gone() -> None:
    """What a closed transport drops has not left, so nothing is in doubt."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            for act in (CLOSE, RESET):
                server.at("body", act, times=1)
                error = await outcome(channel, a_message(body="x\n" * 250_000))
                assert type(error) is Temporary
            assert not server.mails

    quietly(scene())


def test_a_silent_server_is_waited_for_once() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=1) as channel:
            server.at("banner", reply(421, "4.7.0 Too busy, retry in 10 minutes"))
            server.at("connect", late(200))
            began = asyncio.get_running_loop().time()
            found = await asyncio.gather(*(outcome(channel, a_message(n)) for n in range(4)))
            assert asyncio.get_running_loop().time() - began < 300
            assert server.connections == 1
            for one in found:
                assert isinstance(one, Unavailable)
                assert one.retry_after == timedelta(minutes=10)
            server.clear()
            assert isinstance(await outcome(channel, a_message(5)), Receipt)

    quietly(scene())


async def a_session(server: SmtpServer, *, idle: float) -> Session:
    reader = Session(pipelining=True, size=True, patience=PATIENCE, idle=idle)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: reader, server.host, server.port)
    return reader


def test_words_that_nobody_asked_for_end_an_unused_connection() -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            session = await a_session(server, idle=60)  # the banner is such a word here
            await asyncio.wait_for(session.closed, 1)
            assert not session.usable
            transaction = await session.run(Envelope("a@example.org", "b@example.org", b"x\r\n"))
            assert transaction.stale
            assert isinstance(transaction.outcome, Temporary)

    quietly(scene())


def test_an_unused_connection_is_given_up() -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            server.at("connect", SILENCE)
            session = await a_session(server, idle=0.02)
            await asyncio.wait_for(session.closed, 1)

    quietly(scene())


def test_closing_waits_for_what_is_under_way() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            server.at("dot", late(0.05))
            task = asyncio.create_task(outcome(channel, a_message()))
            await until(lambda: server.counts["dot"] > 0)
            await asyncio.wait_for(channel.aclose(), 1)
            assert isinstance(await task, Receipt)
            await until(lambda: server.open == 0)
            assert server.counts["quit"] == 1

    quietly(scene())


def test_a_busy_process_does_not_take_its_own_delay_for_the_servers_silence() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, patience=0.0005) as channel:
            await channel.send(a_message(1))
            server.at("dot", late(0.01))
            task = asyncio.create_task(outcome(channel, a_message(2)))
            await until(lambda: server.counts["dot"] > 1)
            time.sleep(0.5)  # noqa: ASYNC251 - on purpose: nothing here gets a turn
            assert isinstance(await task, Receipt)

    quietly(scene())


def test_the_password_is_fetched_once() -> None:
    asked: list[str | None] = []

    async def scene() -> None:
        async with SmtpServer(users={"ua": "a secret"}) as server:
            settings = EmailChannel.Settings(
                host=server.host,
                port=server.port,
                security="none",
                username="ua",
                password_command="a secret",
                patience=PATIENCE,
            )
            channel = EmailChannel(settings, lent(asked))
            assert asked == []
            await asyncio.gather(*(channel.send(a_message(number)) for number in range(6)))
            await channel.aclose()

    quietly(scene())
    assert asked == ["a secret"]


def test_nothing_is_opened_before_the_first_send() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server) as channel:
            channel.check(a_message())
            channel.preview(a_message())
            assert server.connections == 0

    quietly(scene())


def test_a_connection_says_what_the_server_can_do() -> None:
    async def scene() -> None:
        for pipelining in (True, False):
            async with SmtpServer(pipelining=pipelining, size=None) as server:
                settings = EmailChannel.Settings(
                    host=server.host, port=server.port, security="none", patience=PATIENCE
                )
                gone: list[Session] = []
                session = await open_session(
                    settings, password=None, context=None, gone=gone.append
                )
                envelope = Envelope("a@example.org", "b@example.org", b"x\r\n")
                assert isinstance((await session.run(envelope)).outcome, Receipt)
                session.abort()
                await session.closed
                assert gone == [session]

    quietly(scene())


def test_a_mail_that_may_not_begin_leaves_its_connection_to_the_next() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1) as channel:
            words = iter([Temporary("the campaign is closed")])

            async def begin(*, anew: bool = False) -> None:
                assert not anew
                for word in words:
                    raise word

            channel.tools = replace(channel.tools, begin=begin)
            assert isinstance(await outcome(channel, a_message(1)), Temporary)
            assert isinstance(await outcome(channel, a_message(2)), Receipt)
            assert (server.connections, server.counts["mail"]) == (1, 1)

    quietly(scene())


def test_a_mail_that_begins_again_on_a_new_connection_asks_again() -> None:
    """The first had gone stale: to open another takes time, in which a case may be closed."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1) as channel:
            await channel.send(a_message(1))
            asked: list[int] = []

            async def begin(*, anew: bool = False) -> None:
                assert anew == bool(asked)
                asked.append(server.connections)
                if len(asked) > 1:
                    raise Temporary("the campaign is closed")

            assert channel._pool is not None
            channel._pool._tools = replace(channel.tools, begin=begin)
            server.at("mail", CLOSE)
            assert isinstance(await outcome(channel, a_message(2)), Temporary)
            assert asked == [1, 2]
            assert len(server.mails) == 1

    quietly(scene())
