"""One connection to the mail server, from after its login to QUIT: drives transactions.

Whether the final dot has left is told by asyncio's flow control. With the lowest high-water mark
a transport pauses us as long as it still holds a byte that the kernel has not taken, and with
`abort` (never `close`, which would send the rest) a held byte never leaves. A long text is handed
over piece by piece, each once the one before is gone, so that the dot stays with us to the end.
Under TLS the layer below may hold some more than it tells: the answer is then Unknown where
Temporary would be true, never the other way round.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from uadispatch_email.transaction import WAITS, Envelope, Lost, Step, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IDLE", "QUIT_WAIT", "Session"]

IDLE = 60.0
"""Seconds after which an unused connection is closed."""
PIECE = 65_536
"""Bytes handed over at once; most mails are one piece."""
QUIT_WAIT = 10.0
"""Seconds to wait for the answer to QUIT; nothing hangs on it."""

_NOTHING = memoryview(b"")
_STALLED = 0.1
"""A timer this late, in seconds, shows that this process was busy: the answer may lie unread."""
_LONGEST_GRACE = 5.0


class Session(asyncio.Protocol):
    """A connection that carries one transaction after another.

    `patience` multiplies every waiting time but `idle`, which is in seconds; `gone` is called
    once when the connection is no more.
    """

    def __init__(
        self,
        *,
        pipelining: bool,
        size: bool,
        patience: float = 1.0,
        idle: float = IDLE,
        gone: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pipelining = pipelining
        self._size = size
        self._patience = patience
        self._idle = idle
        self._gone = gone
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done once the socket is closed."""
        self._transport: asyncio.Transport | None = None
        self._transaction: Transaction | None = None
        self._finished: asyncio.Future[None] | None = None
        self._quitting = False
        self._usable = True
        self._paused = False
        self._unwritten = _NOTHING
        self._held = 0
        self._reached: tuple[Step, int] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether another transaction may begin here, as far as can be told without asking."""
        return self._usable and not self._quitting and self._transaction is None and self._alive

    @property
    def _alive(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def run(self, envelope: Envelope) -> Transaction:
        """Carry one mail; returns the transaction once it is done.

        A cancelled run hangs up at once: what the transport still holds never leaves.
        """
        transaction = Transaction(envelope, pipelining=self._pipelining, size=self._size)
        first = transaction.start()
        if not self.usable:
            transaction.gone()
            return transaction
        self._transaction, self._reached = transaction, None
        self._finished = self._loop.create_future()
        try:
            self._write(first)
            self._advance()
            await self._finished
        finally:
            self._transaction = self._finished = None
            if not transaction.reusable:
                self.abort()
        self._wait(self._idle)
        return transaction

    def quit(self) -> None:
        """Say goodbye; `closed` is done a little later, whatever the server does."""
        if not self.usable:
            self.abort()
            return
        self._quitting = True
        self._write(b"QUIT\r\n")
        self._wait(QUIT_WAIT * self._patience)

    def abort(self) -> None:
        """Hang up without sending another byte."""
        self._usable = False
        self._unwritten = _NOTHING
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a transport that has been logged in."""
        self._transport = cast("asyncio.Transport", transport)
        # Of one held byte asyncio's TLS speaks at a mark of 1, its plain transports at 0.
        secure = transport.get_extra_info("sslcontext") is not None
        self._transport.set_write_buffer_limits(high=1 if secure else 0, low=0)
        self._wait(self._idle)

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the transaction; idle, nothing was asked: hang up."""
        if self._transaction is None or self._transaction.done:
            self.abort()
            return
        self._write(self._transaction.received(data))
        self._advance()

    def eof_received(self) -> bool:
        """Hang up: `close` would send what is held, perhaps the final dot."""
        self._lost(Lost.CLOSED)
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - either way
        """Settle what was under way."""
        self._lost(Lost.CLOSED)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.closed.done():
            self.closed.set_result(None)
            self._gone(self)

    def pause_writing(self) -> None:
        """The transport holds bytes that the kernel has not taken."""
        self._paused = True

    def resume_writing(self) -> None:
        """The kernel has all that the transport had."""
        self._paused = False
        if self._unwritten:
            # Not from inside of this call: asyncio's transport (CPython 3.11 to 3.13) is closed
            # twice if a write fails there.
            self._loop.call_soon(self._write_on)
        else:
            self._advance()

    # Ours.

    def _write_on(self) -> None:
        self._write(b"")
        self._advance()

    def _write(self, data: bytes) -> None:
        """Hand over `data`, after what waits already, as far as it is taken."""
        if data:
            self._unwritten = memoryview(bytes(self._unwritten) + data)
        while self._unwritten and not self._paused and self._alive:
            piece, self._unwritten = self._unwritten[:PIECE], self._unwritten[PIECE:]
            cast("asyncio.Transport", self._transport).write(piece)

    def _advance(self) -> None:
        """After each event: has the dot left, is it done, how long is the next wait."""
        transaction, finished = self._transaction, self._finished
        if transaction is None or finished is None:
            return
        if transaction.done:
            if not transaction.reusable:
                self.abort()
            if not finished.done():
                finished.set_result(None)
            return
        if transaction.step is Step.BODY:
            self._held = self._holds()
            # A transport that is closing has dropped what it was given last.
            if not self._paused and not self._unwritten and self._alive:
                transaction.left()
        # A server that only drips bytes gets no further, and no more time.
        reached = transaction.step, self._held
        if reached != self._reached:
            self._reached = reached
            self._wait(WAITS[transaction.step] * self._patience)

    def _holds(self) -> int:
        held = 0 if self._transport is None else self._transport.get_write_buffer_size()
        return held + len(self._unwritten)

    def _lost(self, how: Lost) -> None:
        self.abort()
        if self._transaction is not None:
            self._transaction.lost(how)
            self._advance()

    def _wait(self, seconds: float) -> None:
        """Set the deadline; the one timer is only moved when it would ring too late."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and self._usable:
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        late = self._loop.time() - self._deadline
        if late < 0:
            self._wait(-late)
        elif late > _STALLED:
            self._wait(min(late, _LONGEST_GRACE))
        elif self._transaction is None:
            self.quit()  # a second one hangs up
        elif self._transaction.step is Step.BODY and self._holds() < self._held:
            self._advance()
        else:
            self._lost(Lost.SILENT)
