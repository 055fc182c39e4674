from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.testing.far_ends.http import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    Act,
    Answer,
    HttpServer,
    Moment,
    Request,
    cut,
    in_json,
    late,
    raw,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LARGE = bytes(range(256)) * 8000
IMPATIENT = httpx.Timeout(5, read=0.05, write=0.05)
"""For a request that is to meet with silence."""


def hello(request: Request) -> Answer:
    return in_json({"path": request.path, "length": len(request.body)}, status=201)


def tell(story: Callable[[HttpServer, httpx.AsyncClient], Awaitable[Any]], **options: Any) -> Any:
    async def told() -> Any:
        serve = options.pop("serve", hello)
        async with (
            HttpServer(serve, **options) as server,
            httpx.AsyncClient(
                base_url=server.url,
                timeout=10,
                trust_env=False,
            ) as client,
        ):
            return await asyncio.wait_for(story(server, client), 20)

    return asyncio.run(told())


def test_it_answers_what_it_is_told_to_and_keeps_what_it_got() -> None:
    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        answer = await client.post("/a/b?c=1&c=2&d=", json={"e": "ä"})
        assert (answer.status_code, answer.json()["path"]) == (201, "/a/b")
        again = await client.get("/x", headers={"X-Thing": "1"})
        assert again.json() == {"path": "/x", "length": 0}
        first, second = server.requests
        assert first.method == "POST"
        assert first.query == {"c": ("1", "2"), "d": ("",)}
        assert (first.asked("c"), first.asked("z")) == ("1", None)
        assert first.json == {"e": "ä"}
        assert second.headers["x-thing"] == "1"
        assert server.connections == 1
        assert server.begun == {("POST", "/a/b"): 1, ("GET", "/x"): 1}

    tell(story)


def test_it_is_served_by_a_coroutine_too_and_its_errors_become_500() -> None:
    async def serve(request: Request) -> Answer:
        await asyncio.sleep(0)
        return in_json(request.json, retry_after="5")

    async def story(_: HttpServer, client: httpx.AsyncClient) -> None:
        answer = await client.post("/", json=[1])
        assert (answer.json(), answer.headers["Retry-After"]) == ([1], "5")
        assert (await client.post("/", content=b"no json")).status_code == 500

    tell(story, serve=serve)


def test_chunks_a_large_body_and_a_head_request() -> None:
    async def chunks() -> Any:
        yield LARGE
        yield b"end"

    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        assert (await client.put("/", content=chunks())).json()["length"] == len(LARGE) + 3
        assert (await client.post("/", content=LARGE)).json()["length"] == len(LARGE)
        assert [request.body for request in server.requests] == [LARGE + b"end", LARGE]
        assert (await client.head("/")).content == b""

    tell(story, narrow=True)


def test_expect_is_answered_before_the_body() -> None:
    async def story(server: HttpServer, _: httpx.AsyncClient) -> None:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(
            b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert b"201 Created" in await reader.read()
        writer.close()
        await writer.wait_closed()

    tell(story)


@pytest.mark.parametrize(
    ("moment", "act", "error", "whole"),
    [
        ("connect", CLOSE, httpx.TransportError, 0),
        ("connect", SILENCE, httpx.ReadTimeout, 0),
        ("head", CLOSE, httpx.TransportError, 0),
        ("head", RESET, httpx.TransportError, 0),
        ("whole", SILENCE, httpx.ReadTimeout, 1),
        ("whole", CLOSE, httpx.RemoteProtocolError, 1),
        ("whole", RESET, httpx.ReadError, 1),
        ("served", GARBAGE, httpx.RemoteProtocolError, 1),
        ("served", raw(b"HTTP/1.1 200 OK\r\n"), httpx.RemoteProtocolError, 1),
        ("served", cut(in_json({"a": 1}), 2), httpx.RemoteProtocolError, 1),
        ("served", late(9), httpx.ReadTimeout, 1),
    ],
)
def test_it_misbehaves_when_and_how_it_is_told(
    moment: Moment, act: Act, error: type[Exception], whole: int
) -> None:
    # Who waits for an answer that is to come must not be in a hurry: machines are busy.
    impatient = IMPATIENT if issubclass(error, httpx.ReadTimeout) else 10

    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        server.at(moment, act)
        with pytest.raises(error):
            await client.post("/", content=b"abc", timeout=impatient)
        assert len(server.requests) == whole
        server.clear()
        assert (await client.post("/")).status_code == 201

    tell(story)


def test_a_narrow_server_that_does_not_read_holds_a_large_request_up() -> None:
    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        server.at("head", SILENCE)
        with pytest.raises(httpx.WriteTimeout):
            await client.post("/", content=bytes(200_000), timeout=IMPATIENT)
        assert server.requests == []
        assert server.begun["POST", "/"] == 1

    tell(story, narrow=True)


def test_a_rule_is_for_some_requests_and_some_times() -> None:
    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        server.at("whole", in_json({}, 503), method="POST", path="/f", after=1, times=2)
        got = [(await client.post("/f/1")).status_code for _ in range(4)]
        assert got == [201, 503, 503, 201]
        assert (await client.get("/f/1")).status_code == 201

    tell(story)


def test_a_closed_port_refuses_and_open_connections_can_be_hung_up() -> None:
    async def story(server: HttpServer, client: httpx.AsyncClient) -> None:
        await client.get("/")
        server.close_port()
        assert (await client.get("/")).status_code == 201
        server.hang_up()
        with pytest.raises(httpx.TransportError):
            await client.get("/")
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
        await server.stop()
        await server.stop()

    tell(story)


def test_no_moment_can_be_misspelt_and_no_host_but_loopback_be_served() -> None:
    server = HttpServer(hello)
    with pytest.raises(ValueError, match="no such moment"):
        server.at("hole", CLOSE)  # type: ignore[arg-type] # that is the point
    with pytest.raises(ValueError, match="nobody knows yet"):
        server.at("connect", CLOSE, path="/")
    with pytest.raises(ValueError, match="no loopback"):
        HttpServer(hello, host="0.0.0.0")  # noqa: S104 - that is the point


@given(
    fields=st.dictionaries(st.text("abcxyz_", min_size=1), st.text(max_size=50), max_size=3),
    content=st.binary(max_size=300),
)
def test_a_form_is_read_as_it_was_written(fields: dict[str, str], content: bytes) -> None:
    name = "file"
    made = httpx.Request(
        "POST", "http://127.0.0.1/", data=fields, files={name: ("a.pdf", content, "a/b")}
    )
    form = Request(
        method="POST", path="/", query={}, headers=dict(made.headers), body=made.read()
    ).form
    assert {key: parts[0].text for key, parts in form.items() if key != name} == fields
    (file,) = form[name]
    assert (file.content, file.file, file.kind) == (content, "a.pdf", "a/b")


def test_a_form_of_fields_alone_is_read_and_one_that_is_cut_is_refused() -> None:
    plain = httpx.Request("POST", "http://127.0.0.1/", data={"a": ["1", "2"], "b": "ä"})
    request = Request(
        method="POST", path="/", query={}, headers=dict(plain.headers), body=plain.read()
    )
    assert [part.text for part in request.form["a"]] == ["1", "2"]
    made = httpx.Request("POST", "http://127.0.0.1/", files={"f": b"abc"})
    whole = made.read()
    with pytest.raises(ValueError, match="not whole"):
        _ = Request(
            method="POST", path="/", query={}, headers=dict(made.headers), body=whole[:-3]
        ).form


def test_it_speaks_tls() -> None:
    authority = trustme.CA()
    serves = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(serves)
    trusts = ssl.create_default_context()
    authority.configure_trust(trusts)

    async def story(server: HttpServer, _: httpx.AsyncClient) -> None:
        async with httpx.AsyncClient(verify=trusts, trust_env=False) as client:
            assert (await client.get(f"{server.url}/")).status_code == 201

    tell(story, tls=serves)
