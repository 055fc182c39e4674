"""Whose turn it is, where more mails are given to the channel than it has connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mailkit import a_channel, a_message, check_arrived, followed, outcome, until
from timekit import quietly
from uadispatch import Receipt, Temporary
from uadispatch.testing.far_ends.smtp import CLOSE, SILENCE, SmtpServer, late
from uadispatch_email.pool import Pool
from uadispatch_email.session import IDLE, QUIT_WAIT

if TYPE_CHECKING:
    from uadispatch_email.session import Session

MAILS = 5


def test_a_mail_costs_one_wait(pieces: list[bytes]) -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            async with a_channel(server, concurrency=1) as channel:
                await asyncio.gather(*(channel.send(a_message(n)) for n in range(MAILS)))
            assert followed(pieces) == MAILS - 1
            assert server.connections == 1

    quietly(scene())


def test_a_mail_that_comes_later_still_follows(pieces: list[bytes]) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            server.at("dot", late(5), times=1)
            first = asyncio.create_task(outcome(channel, a_message(0)))
            await until(lambda: server.counts["dot"] > 0)
            second = asyncio.create_task(outcome(channel, a_message(1)))
            await until(lambda: b"press1@" in pieces[-1])
            assert not first.done()
            assert isinstance(await first, Receipt)
            assert isinstance(await second, Receipt)
            assert server.connections == 1

    quietly(scene())


def test_nothing_follows_where_there_are_connections_enough(pieces: list[bytes]) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=MAILS) as channel:
            await asyncio.gather(*(channel.send(a_message(number)) for number in range(MAILS)))
            assert followed(pieces) == 0
            assert server.connections == MAILS
            await asyncio.gather(*(channel.send(a_message(number)) for number in range(MAILS)))
            assert followed(pieces) == 0

    quietly(scene())


def test_a_mail_begins_when_its_turn_comes_and_not_before() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            server.at("dot", late(5), times=1)
            begun: list[int] = []

            async def begin(*, anew: bool = False) -> None:
                assert not anew
                begun.append(server.counts["dot"])

            channel.tools = replace(channel.tools, begin=begin)
            sent = [asyncio.create_task(channel.send(a_message(n))) for n in range(MAILS)]
            await until(lambda: server.counts["dot"] > 0)
            assert begun == [0, 0], "the first, and the one whose envelope follows"
            await asyncio.gather(*sent)
            assert len(begun) == MAILS

    quietly(scene())


def test_a_mail_that_may_not_begin_gives_its_place_to_the_next(pieces: list[bytes]) -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1) as channel:
            asked = iter(range(MAILS))

            async def begin(*, anew: bool = False) -> None:
                assert not anew
                if next(asked) in (1, 2):
                    raise Temporary("the campaign is closed")

            channel.tools = replace(channel.tools, begin=begin)
            found = await asyncio.gather(*(outcome(channel, a_message(n)) for n in range(MAILS)))
            kinds = [type(one) for one in found]
            assert kinds == [Receipt, Temporary, Temporary, Receipt, Receipt]
            assert server.connections == 1
            assert followed(pieces) >= 1
            check_arrived(server, list(found))

    quietly(scene())


def test_a_mail_that_waits_for_its_rate_holds_nobody_up() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            loop = asyncio.get_running_loop()
            turns = iter([0.0, 20.0, 40.0])

            async def begin(*, anew: bool = False) -> None:
                assert not anew
                await asyncio.sleep(next(turns))

            channel.tools = replace(channel.tools, begin=begin)
            began, ended = loop.time(), []

            async def send(number: int) -> None:
                await channel.send(a_message(number))
                ended.append((number, loop.time() - began))

            await asyncio.gather(*map(send, range(3)))
            assert [number for number, _ in ended] == [0, 1, 2]
            assert [when for _, when in ended] == [
                pytest.approx(least, abs=2) for least in (0, 20, 60)
            ]
            assert server.connections == 1

    quietly(scene())


@pytest.mark.parametrize("who", [0, 1, 2])
def test_a_try_that_is_cancelled_changes_nothing_for_the_others(who: int) -> None:
    """The first, at its final dot; the one whose envelope stands behind it; one that waits."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            server.at("dot", late(5), times=1)
            sent = [asyncio.create_task(outcome(channel, a_message(n))) for n in range(MAILS)]
            await until(lambda: server.counts["dot"] > 0)
            sent[who].cancel()
            found = await asyncio.gather(*sent, return_exceptions=True)
            for number, one in enumerate(found):
                assert type(one) is (asyncio.CancelledError if number == who else Receipt)
            arrived = Counter(mail.recipients[0] for mail in server.mails)
            assert set(arrived.values()) == {1}
            assert len(arrived) == (MAILS if who == 0 else MAILS - 1)
            assert server.connections == (2 if who < 2 else 1)

    quietly(scene())


def test_closing_serves_those_who_wait() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1) as channel:
            sent = [asyncio.create_task(outcome(channel, a_message(n))) for n in range(MAILS)]
            await until(lambda: server.counts["dot"] > 0)
            await asyncio.wait_for(channel.aclose(), 5)
            assert all(isinstance(one, Receipt) for one in await asyncio.gather(*sent))
            assert server.counts["quit"] == 1

    quietly(scene())


@pytest.mark.parametrize("given", ["_ready", "_gone"])
def test_a_try_that_is_cancelled_as_its_turn_comes_gives_it_back(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection to follow on, or the room to open one."""
    sent: list[asyncio.Task[object]] = []
    honest = getattr(Pool, given)

    def give(pool: Pool, session: Session) -> None:
        honest(pool, session)
        if len(sent) == MAILS:
            sent[1].cancel()

    monkeypatch.setattr(Pool, given, give)

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            if given == "_gone":
                server.at("data", CLOSE, times=1)
            sent.extend(asyncio.create_task(outcome(channel, a_message(n))) for n in range(MAILS))
            found = await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 100)
            assert isinstance(found[1], asyncio.CancelledError)
            assert all(isinstance(one, Receipt) for one in found[2:])
            assert len(server.mails) == (3 if given == "_gone" else 4)

    quietly(scene())


def test_a_mail_that_comes_as_its_connection_says_goodbye_goes_elsewhere() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            server.at("quit", SILENCE)
            waits = iter([0.0, IDLE + QUIT_WAIT / 2, 0.0])

            async def begin(*, anew: bool = False) -> None:
                del anew
                await asyncio.sleep(next(waits))

            channel.tools = replace(channel.tools, begin=begin)
            assert isinstance(await outcome(channel, a_message(0)), Receipt)
            began = asyncio.get_running_loop().time()
            assert isinstance(await outcome(channel, a_message(1)), Receipt)
            assert asyncio.get_running_loop().time() - began < IDLE + QUIT_WAIT
            assert server.connections == 2

    quietly(scene())


def test_a_try_that_is_cancelled_while_its_connection_opens_gives_the_room_to_the_next() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            server.at("ehlo", SILENCE, times=1)
            sent = [asyncio.create_task(outcome(channel, a_message(n))) for n in range(MAILS)]
            await until(lambda: server.counts["ehlo"] > 0)
            sent[0].cancel()
            async with asyncio.timeout(100):
                found = await asyncio.gather(*sent, return_exceptions=True)
            assert isinstance(found[0], asyncio.CancelledError)
            assert all(isinstance(one, Receipt) for one in found[1:])
            assert (server.most_open, len(server.mails)) == (1, MAILS - 1)

    quietly(scene())


def test_a_try_that_is_cancelled_before_it_may_begin_gives_its_connection_to_the_next() -> None:
    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1, patience=1) as channel:
            asked: list[bool] = []

            async def begin(*, anew: bool = False) -> None:
                asked.append(anew)
                if len(asked) == 2:
                    await asyncio.Event().wait()

            channel.tools = replace(channel.tools, begin=begin)
            sent = [asyncio.create_task(outcome(channel, a_message(n))) for n in range(MAILS)]
            await until(lambda: len(server.mails) == 1)
            sent[1].cancel()
            async with asyncio.timeout(100):
                found = await asyncio.gather(*sent, return_exceptions=True)
            kinds = [type(one) for one in found]
            assert kinds == [Receipt, asyncio.CancelledError, Receipt, Receipt, Receipt]
            assert server.connections == 1

    quietly(scene())
