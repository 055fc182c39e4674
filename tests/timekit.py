"""A loop whose time stands still while anything happens: for waits of minutes, in real sockets."""

from __future__ import annotations

import asyncio
import selectors
import socket
import time
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

QUIET = 0.004
"""Real seconds without an event after which time is moved on to the next timer. Loopback delivers
at once; this is for a machine that is busy with something else."""
BLOCKED = 0.1
"""The same while somebody wants to write and cannot: an acknowledgement may be delayed (tcp(7))."""

BUFFER = 32_768
"""Bytes that the kernel takes of a connection's own; with the far end's it holds about 180,000."""


class _Selector(selectors.DefaultSelector):
    """Waits for real only as long as something may still come."""

    loop: QuietLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        blocked = any(key.events & selectors.EVENT_WRITE for key in self.get_map().values())
        quiet = BLOCKED if blocked else QUIET
        if timeout is None or timeout <= quiet or self.loop.busy:
            return super().select(timeout)
        began = time.monotonic()
        if events := super().select(quiet):
            return events
        self.loop.skipped += timeout - (time.monotonic() - began)
        return []


class QuietLoop(asyncio.SelectorEventLoop):
    """Runs as any other, but skips what would be waiting: timers ring when nothing else happens.

    So a wait of ten minutes takes no time, and none is cut short because the machine is slow.
    """

    def __init__(self, buffer: int | None = None) -> None:
        self._buffer = buffer
        self.skipped = 0.0
        """Seconds that were not waited for."""
        self.busy = 0
        """Jobs in threads: time does not move on meanwhile."""
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return super().time() + self.skipped

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self.busy += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._idle)
        return future

    def _idle(self, _: object) -> None:
        self.busy -= 1

    async def shutdown_default_executor(self, *timeout: float) -> None:
        self.busy += 1  # a thread joins the others
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self.busy -= 1

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        if self._buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._buffer)
            # Loopback's segments are larger than that: acknowledgements would be delayed.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        await super().sock_connect(sock, address)


def quietly(scene: Coroutine[Any, Any, T], *, buffer: int | None = BUFFER) -> T:
    """Run `scene` in a loop of this kind; returns what it returns.

    `buffer` is what the kernel takes of a connection's bytes: with a small one a text of half a
    megabyte is not out of our hands at once. None leaves it to the kernel, which takes some four
    megabytes, and faster.
    """
    with asyncio.Runner(loop_factory=lambda: QuietLoop(buffer)) as runner:
        return runner.run(scene)
