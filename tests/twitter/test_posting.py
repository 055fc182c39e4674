"""One request to X: what is told of it, over real connections to servers that misbehave."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from twitterkit import a_channel, a_message, an_x
from uadispatch import ConfigError, Receipt, Temporary, UadispatchError, Unavailable, Unknown
from uadispatch.testing.far_ends.http import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    Answer,
    HttpServer,
    Moment,
    cut,
    in_json,
    raw,
)
from uadispatch_twitter.stand_in import POSTS, XStandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from uadispatch import Handover, Message
    from uadispatch.testing.far_ends.http import Act
    from uadispatch_twitter import TwitterChannel

CREATED = in_json({"data": {"id": "12345", "text": "a"}}, 201)


async def outcome(channel: TwitterChannel, message: Message) -> Receipt | Handover | Exception:
    try:
        return await channel.send(message)
    except UadispatchError as exc:
        return exc


FAULTS: list[tuple[str, Moment, Act | Answer, type]] = [
    ("hangs up after the head", "head", RESET, Unknown),
    ("hangs up once it has the post", "whole", CLOSE, Unknown),
    ("breaks off once it has the post", "whole", RESET, Unknown),
    ("is silent once it has the post", "whole", SILENCE, Unknown),
    ("is silent once it is published", "served", SILENCE, Unknown),
    ("talks no HTTP", "served", GARBAGE, Unknown),
    ("hangs up within its answer", "served", cut(CREATED, 5), Unknown),
    ("hangs up within its refusal", "whole", cut(in_json({"title": "no"}, 403), 5), Unknown),
    ("answers without an end", "served", raw(b"HTTP/1.1 201 C\r\nX: y\r\n\r\n" + b"a" * 70_000),
     Unknown),
    ("answers in a coding that it is not in", "served",
     Answer(status=201, body=CREATED.body, headers={"Content-Encoding": "gzip"}), Unknown),
    ("sends us elsewhere", "served",
     Answer(status=307, headers={"Location": "https://x.example.org/2/tweets"}), Unknown),
    ("sends us elsewhere by another method", "served",
     Answer(status=303, headers={"Location": "/2/tweets"}), Unknown),
    ("names a time that is none", "whole",
     in_json({"title": "Too Many Requests"}, 429, x_rate_limit_reset="tomorrow"), Unavailable),
    ("refuses in a form of its own", "whole", in_json(["no"], 500), Unknown),
    ("refuses with a word that is none", "whole", in_json({"detail": 5}, 401), ConfigError),
]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "act", "kind"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_each_fault_is_told_as_it_is_and_tried_once(
    moment: Moment, act: Act | Answer, kind: type, tmp_path: Path
) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            assert isinstance(await channel.send(a_message()), Receipt)
            before = x.server.connections
            x.server.at(moment, act, method="POST", path=POSTS)
            found = await outcome(channel, a_message(1))
            assert type(found) is kind
            assert x.server.connections == before + 1
            assert x.tries <= 2

    asyncio.run(story())


def test_who_hangs_up_at_once_leaves_no_certainty_that_is_not_there(tmp_path: Path) -> None:
    """Whether the post had begun to leave is a matter of microseconds; what is told is true."""

    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            await channel.send(a_message())
            x.server.at("connect", RESET)
            for number in range(1, 20):
                assert type(await outcome(channel, a_message(number))) in {Unavailable, Unknown}
            assert len(x.received) == 1

    asyncio.run(story())


@asynccontextmanager
async def a_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """A server that is nothing but `talk`, and ended when this is; its address."""

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.ensure_future(whole(reader, writer)))

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await talk(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    talks: list[asyncio.Future[None]] = []
    async with await asyncio.start_server(come, "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{port}"
        await asyncio.gather(*talks)


def test_an_answer_that_drips_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """Each byte comes in time, and all of them never."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def story() -> None:
        async with (
            a_server(drip) as url,
            an_x(tmp_path, base_url=url, answer_limit=0.2) as (channel, _),
        ):
            found = await outcome(channel, a_message())
        assert type(found) is Unavailable, "nothing was posted before the account is known"
        assert "in time" in str(found)

    asyncio.run(story())


def test_nobody_there_is_told_as_certain(tmp_path: Path) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            await channel.send(a_message())
            x.server.close_port()
            found = await outcome(channel, a_message(1))
            assert type(found) is Unavailable
            assert x.tries == 1

    asyncio.run(story())


def test_nobody_who_takes_the_connection_is_told_as_certain(tmp_path: Path) -> None:
    """A server whose queue is full: the connection is never made."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(full.getsockname())

        async def story() -> None:
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            async with an_x(tmp_path, base_url=url, connect_limit=0.1) as (channel, _):
                found = await outcome(channel, a_message())
            assert type(found) is Unavailable
            assert "could not be reached in time" in str(found)

        asyncio.run(story())
        for one in waiting:
            one.close()


@pytest.mark.parametrize("says", ["nothing", "no TLS", "another's certificate"])
def test_before_the_connection_is_secure_nothing_has_left(says: str, tmp_path: Path) -> None:
    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(9))
        if says == "no TLS":
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        else:
            await reader.read()

    async def story() -> None:
        tls = None
        if says == "another's certificate":
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
        async with a_server(hears, tls) as url:
            there = url.replace("http:", "https:")
            async with an_x(tmp_path, base_url=there, connect_limit=0.2) as (channel, _):
                account = await channel._own_account()
                account._proved = True  # so that it is the post itself that is tried
                found = await outcome(channel, a_message())
        due = ConfigError if says == "another's certificate" else Unavailable
        assert type(found) is due
        assert not any(b"POST" in what for what in heard)

    heard: list[bytes] = []
    asyncio.run(story())


@dataclass
class Held:
    """An X that keeps its answer until it is let go."""

    came: asyncio.Event
    go: asyncio.Event
    channel: TwitterChannel
    x: XStandIn


@asynccontextmanager
async def held(folder: Path) -> AsyncIterator[Held]:
    came, go = asyncio.Event(), asyncio.Event()
    x = XStandIn(account="example")
    serve = x._serve

    async def late(request: Any) -> Answer:
        answer = serve(request)
        if request.method == "POST":
            came.set()
            await go.wait()
        return answer

    x.server = HttpServer(late)
    async with an_x(folder, x, answer_limit=30) as (channel, _):
        yield Held(came, go, channel, x)


def test_who_is_cancelled_while_the_post_is_out_still_tells_what_came_of_it(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with held(tmp_path) as far:
            sending = asyncio.ensure_future(far.channel.send(a_message()))
            await far.came.wait()
            for _ in range(3):
                sending.cancel()
                await asyncio.sleep(0)
            assert not sending.done(), "the post may be published: its answer is waited for"
            far.go.set()
            receipt = await sending
            assert isinstance(receipt, Receipt)
            assert receipt.id in far.x.posts

    asyncio.run(story())


def test_who_is_cancelled_before_the_post_is_out_takes_it_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            account = await channel._own_account()
            await account.prove()
            reached, go_on = threading.Event(), threading.Event()

            def slow(client: Any) -> object:
                reached.set()
                go_on.wait(30)  # as long as a name takes to be looked up
                return client.create_tweet(text="a", user_auth=True)

            asking = asyncio.ensure_future(account.line.ask(slow))
            await asyncio.to_thread(reached.wait, 30)
            asking.cancel()
            await asyncio.sleep(0)
            go_on.set()
            found = await asking
            assert not getattr(found, "begun", True)
            assert x.received == ()

    asyncio.run(story())


def test_a_post_that_is_called_off_in_its_turn_does_not_leave(tmp_path: Path) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):

            async def closed(*, anew: bool = False) -> None:  # noqa: ARG001 - the core's own form
                raise Temporary("the case was closed")

            object.__setattr__(channel.tools, "begin", closed)
            with pytest.raises(Temporary, match="closed"):
                await channel.send(a_message())
            assert x.tries == 0

    asyncio.run(story())


def test_no_library_writes_a_post_or_a_key_to_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            await channel.send(a_message())
            x.server.at("served", CLOSE, method="POST")
            await outcome(channel, a_message(1))

    with caplog.at_level(logging.DEBUG):
        asyncio.run(story())
    assert "Person" not in caplog.text
    assert "not-a-secret" not in caplog.text
    assert "rehearsal-app" not in caplog.text
    assert "oauth" not in caplog.text.lower()


def test_a_proxy_of_this_machine_gets_no_post(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with HttpServer(lambda _: CREATED) as proxy, an_x(tmp_path) as (channel, x):
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, proxy.url)
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            assert isinstance(await channel.send(a_message()), Receipt)
            assert proxy.connections == 0
            assert len(x.received) == 1

    asyncio.run(story())


def test_nothing_but_the_text_is_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        async with an_x(tmp_path) as (channel, x):
            message = a_message(parts={"api": "Бас прокурор: “Release” 100% & 释😷\nnow"})
            await channel.send(message)
            asked = x.server.requests[-1]
            assert asked.json == {"text": "Бас прокурор: “Release” 100% & 释😷\nnow"}
            assert asked.headers["host"] == x.server.url.removeprefix("http://")

    asyncio.run(story())


def test_to_x_itself_nothing_of_ours_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers by which a stand-in tells messages apart go nowhere else."""
    from requests.adapters import HTTPAdapter

    from uadispatch_twitter.posting import Keys, Line

    seen = []

    def refused(_: object, request: Any, *__: object) -> None:
        seen.append((request.url, {name.lower() for name in request.headers}))
        raise OSError

    monkeypatch.setattr(HTTPAdapter, "send", refused)
    keys = Keys("key", "secret", "token", "token-secret")
    line = Line(keys, connect_limit=1, answer_limit=1, base_url=None)
    headers = {"X-Rehearsal-To": "official"}
    asyncio.run(line.ask(lambda client: client.create_tweet(text="a"), headers))
    ((url, names),) = seen
    assert url == "https://api.twitter.com/2/tweets"
    assert "x-rehearsal-to" not in names
    assert "authorization" in names


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ключ", " ", "a" * 501])
def test_a_key_that_is_none_is_an_error_without_showing_it(key: str) -> None:
    channel = a_channel(
        posting="api", account="example", acknowledge_automation_rules=True,
        consumer_key=key, consumer_secret="s", access_token="t", access_token_secret="u",
    )  # fmt: skip
    with pytest.raises(ConfigError, match="UADISPATCH_TWITTER_CONSUMER_KEY") as caught:
        asyncio.run(channel.send(a_message()))
    assert len(key) < 3 or key not in str(caught.value)
