"""A web server for tests and rehearsals: on loopback only, exact, and able to misbehave.

::

    def serve(request: Request) -> Answer:
        return in_json({"id": "1"}, status=201)

    async with HttpServer(serve) as server:
        server.at("served", CLOSE, method="POST", path="/v2/", times=1)
        ...  # send to server.url
    assert server.requests[0].json == {"text": "..."}

It passes nothing on. What it serves is the business of the function that it is given.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from inspect import isawaitable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from uadispatch.testing.far_ends.http_script import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    Act,
    Answer,
    Do,
    Moment,
    Part,
    Request,
    Rule,
    cut,
    in_json,
    late,
    raw,
    written,
)
from uadispatch.testing.far_ends.loopback import LoopbackServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

__all__ = [
    "CLOSE",
    "GARBAGE",
    "RESET",
    "SILENCE",
    "Act",
    "Answer",
    "HttpServer",
    "Moment",
    "Part",
    "Request",
    "cut",
    "in_json",
    "late",
    "raw",
]

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 64 * 1024 * 1024
_NARROW_BUFFER = 4096
_NARROW_SEGMENT = 536
"""Bytes; a client on loopback then keeps as little to itself as over a slow line."""
_TURNS = 10
"""Turns of the event loop until a connection that was accepted is one that can be closed."""
_UNLINGERING = struct.pack("ii", 1, 0)
"""SO_LINGER: what is closed is reset."""


class HttpServer(LoopbackServer):
    """Answers each request with what `serve` makes of it, but for the rules that `at` adds.

    `serve` may be a coroutine function; an error of it becomes 500. `tls` is a server's context.
    A `narrow` server takes a few kilobytes at a time, so that a client that sends more than about
    60 kB notices when nobody reads.
    """

    def __init__(
        self,
        serve: Callable[[Request], Answer | Awaitable[Answer]],
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        narrow: bool = False,
    ) -> None:
        super().__init__(host)
        self.requests: list[Request] = []
        """What was received whole, in order; also where its answer was then withheld."""
        self.begun: Counter[tuple[str, str]] = Counter()
        """How often each (method, path) was asked for, whether or not all of it came."""
        self._serve = serve
        self._tls = tls
        self._narrow = narrow
        self._rules: list[Rule] = []

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def at(
        self,
        moment: Moment,
        act: Act | Answer,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = None,
        after: int = 0,
    ) -> None:
        """Do `act` at `moment`; the first rule that applies wins.

        For requests of `method` whose path begins with `path` only; not the first `after` times,
        then `times` times (None: always). Raises ValueError for a moment that never comes.
        """
        self._rules.append(Rule(moment, act, method=method, path=path, times=times, after=after))

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    async def start(self) -> None:
        """Listen on a free port."""
        listening = socket.create_server(
            (self.host, 0), family=socket.AF_INET6 if ":" in self.host else socket.AF_INET
        )
        if self._narrow:  # its connections inherit that
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW_BUFFER)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _NARROW_SEGMENT)
        self.port = listening.getsockname()[1]
        limit = _NARROW_BUFFER if self._narrow else LARGEST_HEAD
        self._server = await asyncio.start_server(
            self._came, sock=listening, ssl=self._tls, limit=limit
        )

    def hang_up(self) -> None:
        """Close every open connection at once."""
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Stop listening, hang up and free everything; may be called twice."""
        self.close_port()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        while tasks := list(self._tasks):
            self.hang_up()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        try:
            await self._misbehave("connect", "", "", writer)
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, _Over, ValueError, asyncio.LimitOverrunError):
            pass  # the client is gone, was sent away, or speaks no HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False if the connection ends with it."""
        head = await _read_head(reader)
        method, path = head.method, head.path
        self.begun[method, path] += 1
        await self._misbehave("head", method, path, writer)
        if head.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = await _read_body(reader, head)
        self.requests.append(request)
        await self._misbehave("whole", method, path, writer)
        answer = await self._served(request)
        await self._misbehave("served", method, path, writer)
        bare = Answer(status=answer.status, headers=answer.headers)
        writer.write(written(bare if method == "HEAD" else answer))
        await writer.drain()
        return request.headers.get("connection", "").lower() != "close"

    async def _served(self, request: Request) -> Answer:
        try:
            made = self._serve(request)
            return await made if isawaitable(made) else made
        except Exception as exc:  # noqa: BLE001 - whatever it is, the client is to see a 500
            return Answer(status=500, body=f"{type(exc).__name__}: {exc}".encode())

    async def _misbehave(
        self, moment: Moment, method: str, path: str, writer: asyncio.StreamWriter
    ) -> None:
        """Do what the first rule says that applies; raises _Over where that ends it."""
        rule = next((rule for rule in self._rules if rule.applies(moment, method, path)), None)
        if rule is None:
            return
        act = rule.act
        if isinstance(act, Answer):
            act = Act(Do.RAW, data=written(act))
        match act.do:
            case Do.LATE:
                await asyncio.sleep(act.seconds)
                return
            case Do.SILENCE:
                await asyncio.Event().wait()
            case Do.RESET:
                raw_socket = writer.get_extra_info("socket")
                raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _UNLINGERING)
                writer.transport.abort()
            case Do.RAW | Do.CUT:
                writer.write(act.data)
                await writer.drain()
        raise _Over


class _Over(Exception):
    """This connection is to be closed."""


async def _read_head(reader: asyncio.StreamReader) -> Request:
    lines = b""
    while not lines.endswith(b"\r\n\r\n"):
        lines += await reader.readuntil(b"\r\n")
        if len(lines) > LARGEST_HEAD:
            raise ValueError("a head that does not end")
    first, *rest = lines.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("no HTTP/1")
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    asked = urlsplit(target)
    query = parse_qs(asked.query, keep_blank_values=True)
    return Request(
        method=method,
        path=asked.path,
        query={name: tuple(values) for name, values in query.items()},
        headers=headers,
    )


async def _read_body(reader: asyncio.StreamReader, head: Request) -> Request:
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        length = int(head.headers.get("content-length", "0"))
        if not 0 <= length <= LARGEST_BODY:
            raise ValueError("a body of no or too great a length")
        body = await reader.readexactly(length)
    return Request(
        method=head.method, path=head.path, query=head.query, headers=head.headers, body=body
    )


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        if len(body) + size > LARGEST_BODY:
            raise ValueError("a body that does not end")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body
