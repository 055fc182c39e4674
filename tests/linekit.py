"""A line to a server that can be cut, or hang: for whoever must not wait for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

__all__ = ["Line"]


class Line:
    """Between a client of PostgreSQL and its server, on a loop of its own."""

    def __init__(self, url: str) -> None:
        """Take the server's URL, with a database."""
        self._to = conninfo_to_dict(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flows = asyncio.Event()
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @contextmanager
    def to(cls, url: str) -> Iterator[Self]:
        line = cls(url)
        line._thread.start()
        line._do(line._begin())
        try:
            yield line
        finally:
            line._do(line._end())
            line._loop.call_soon_threadsafe(line._loop.stop)
            line._thread.join(10)
            line._loop.close()

    @property
    def url(self) -> str:
        """The server's, through this line."""
        port = self._server.sockets[0].getsockname()[1]
        return f"postgresql://{self._to.get('user', '')}@127.0.0.1:{port}/{self._to['dbname']}"

    def cut(self) -> None:
        """Hang up, and take nobody on any more."""
        self._do(self._cut())

    def hang(self) -> None:
        """Carry nothing any more, and say nothing of it."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def mend(self) -> None:
        """Go on."""
        self._is_cut = False
        self._loop.call_soon_threadsafe(self._flows.set)

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _begin(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.close()

    async def _end(self) -> None:
        self._flows.set()
        self._server.close()
        await self._cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        host, port = str(self._to["host"]), str(self._to.get("port") or 5432)
        if host.startswith("/"):
            there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            there = await asyncio.open_connection(host, int(port))
        for source, sink in ((reader, there[1]), (there[0], writer)):
            self._open.add(sink)
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while some := await source.read(65_536):
                    await self._flows.wait()
                    sink.write(some)
                    await sink.drain()
        finally:
            self._open.discard(sink)
            sink.close()
