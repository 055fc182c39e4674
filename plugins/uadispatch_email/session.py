"""One connection to the mail server, from after its login to QUIT: drives its pipeline of mails.

Whether the final dot has left is told by asyncio's flow control. With the lowest high-water mark
a transport pauses us as long as it still holds a byte that the kernel has not taken, and with
`abort` (never `close`, which would send the rest) a held byte never leaves. A long text is handed
over piece by piece, each once the one before is gone, so that the dot stays with us to the end;
the envelope of the next mail follows once that is gone. Behind a short text it goes in the same
write. If not all of that is taken at once, nobody can tell whether the dot was: it then counts as
gone. Under TLS the layer below may hold some more than it tells. Either way the answer is Unknown
where Temporary would be true, never the other way round.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from uadispatch_email.pipeline import Pipeline
from uadispatch_email.transaction import Lost, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch_email.envelope import Envelope
    from uadispatch_email.transaction import Transaction

__all__ = ["IDLE", "QUIT_WAIT", "Session"]

IDLE = 60.0
"""Seconds after which an unused connection is closed."""
PIECE = 65_536
"""Bytes handed over at once; most mails are one piece."""
TOGETHER = 16_384
"""Bytes of a text that goes in one write with the next envelope: any kernel takes them at once."""
QUIT_WAIT = 10.0
"""Seconds to wait for the answer to QUIT; nothing hangs on it."""

_NOTHING = memoryview(b"")
_STALLED = 0.1
"""A timer this late, in seconds, shows that this process was busy: the answer may lie unread."""
_LONGEST_GRACE = 5.0


class Session(asyncio.Protocol):
    """A connection that carries one mail after another, and the next envelope behind a text.

    `patience` multiplies every waiting time but `idle`, which is in seconds; `gone` is called
    once when the connection is no more; `ready` whenever another mail may be given to it, at once
    or to follow the present one. Who has one to give says so with `expect`, and gives it to `run`
    or takes it back with `dismiss`.
    """

    def __init__(
        self,
        *,
        pipelining: bool,
        size: bool,
        patience: float = 1.0,
        idle: float = IDLE,
        gone: Callable[[Session], None] = lambda _: None,
        ready: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pipeline = Pipeline(pipelining=pipelining, size=size)
        self._patience = patience
        self._idle = idle
        self._gone = gone
        self._ready = ready
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done once the socket is closed."""
        self._transport: asyncio.Transport | None = None
        self._running: dict[Transaction, asyncio.Future[None]] = {}
        self._expected = False
        self._quitting = False
        self._paused = False
        self._text = b""
        self._together = False
        self._unwritten = _NOTHING
        self._held = 0
        self._reached: tuple[Transaction, Step, int] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether a mail may begin here at once, as far as can be told without asking."""
        return self._takes and self._pipeline.current is None

    @property
    def followable(self) -> bool:
        """Whether a mail may follow the one under way, and none does or is expected to."""
        return self._pipeline.followable and self._takes and not self._expected

    @property
    def _takes(self) -> bool:
        return self._pipeline.usable and not self._quitting and self._alive

    @property
    def _alive(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def expect(self) -> None:
        """Say that a mail is about to come."""
        self._expected = True

    def dismiss(self) -> None:
        """Say that the mail that was expected does not come."""
        self._expected = False
        if self.usable or self.followable:
            self._ready(self)

    async def run(self, envelope: Envelope) -> Transaction:
        """Carry one mail, after the one that may be under way; returns it once it is done.

        A cancelled run hangs up: what the transport still holds never leaves. If its envelope
        stands behind another mail's text, it does so once that one is answered.
        """
        self._expected = False
        if self._quitting:
            self.abort()
        transaction, first = self._pipeline.take(envelope)
        if transaction.done:
            return transaction
        finished = self._running[transaction] = self._loop.create_future()
        if first:
            self._write(first)
            self._advance()
        else:
            self._follow()
        try:
            await finished
        finally:
            if not transaction.done:
                del self._running[transaction]
                self._pipeline.leave(transaction)
                self._advance()
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
        self._pipeline.usable = False
        self._text, self._unwritten = b"", _NOTHING
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
        """Hand the bytes to the pipeline, and write what it says."""
        out = self._pipeline.received(data)
        if out and self._pipeline.followable:  # a text
            if self._takes and not self._expected:
                self._ready(self)
            if self._expected:
                # Who is expected may come in this turn of the loop: both go in one write then.
                self._text = out
                self._loop.call_soon(self._write_text)
                out = b""
        if out:
            self._write(out)
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

    def _write_text(self) -> None:
        text, self._text = self._text, b""
        if text:
            self._write(text)
            self._advance()

    def _write_on(self) -> None:
        self._write(b"")
        self._advance()

    def _write(self, data: bytes) -> None:
        """Hand over `data`, after what waits already, as far as it is taken."""
        if self._unwritten or self._paused or len(data) > PIECE:
            data = bytes(self._unwritten) + data
            self._unwritten = memoryview(data)
        elif self._alive:
            cast("asyncio.Transport", self._transport).write(data)
        while self._unwritten and not self._paused and self._alive:
            piece, self._unwritten = self._unwritten[:PIECE], self._unwritten[PIECE:]
            cast("asyncio.Transport", self._transport).write(piece)

    def _follow(self) -> None:
        """Let the envelope of the next mail stand behind the text, if that is written or short."""
        if self._text:
            if len(self._text) <= TOGETHER and (behind := self._pipeline.follow()):
                self._text += behind
                self._together = True
        elif not self._unwritten and not self._paused and (behind := self._pipeline.follow()):
            self._write(behind)

    def _advance(self) -> None:
        """After each event: what has ended, has the dot left, how long is the next wait."""
        pipeline = self._pipeline
        ended = bool(pipeline.ended)
        if ended:
            self._settle()
        if not pipeline.usable:
            self.abort()
            return
        current = pipeline.current
        if current is None:
            if ended:
                self._wait(self._idle)
                if not self._expected and self._takes:
                    self._ready(self)
            return
        step = current.step
        if step is Step.BODY:
            self._held = self._holds()
            if self._dot_is_gone():
                current.left()
                step = Step.DOT
                self._follow()
        # A server that only drips bytes gets no further, and no more time.
        reached = current, step, self._held
        if reached != self._reached:
            self._reached = reached
            self._wait(step.wait * self._patience)

    def _settle(self) -> None:
        """Tell those who wait for what has ended."""
        for transaction in self._pipeline.ended:
            finished = self._running.pop(transaction, None)
            if finished is not None and not finished.done():
                finished.set_result(None)
        self._pipeline.ended.clear()
        self._together = False

    def _dot_is_gone(self) -> bool:
        """Whether the kernel has the final dot, or may have it."""
        if self._text or self._unwritten or not self._alive:
            # A transport that is closing has dropped what it was given last.
            return False
        return self._together or not self._paused

    def _holds(self) -> int:
        if not (self._paused or self._unwritten):
            return 0
        held = 0 if self._transport is None else self._transport.get_write_buffer_size()
        return held + len(self._unwritten)

    def _lost(self, how: Lost) -> None:
        self._pipeline.lost(how)
        self._advance()

    def _wait(self, seconds: float) -> None:
        """Set the deadline; the one timer is only moved when it would ring too late."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and self._pipeline.usable:
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        late = self._loop.time() - self._deadline
        current = self._pipeline.current
        if late < 0:
            self._wait(-late)
        elif late > _STALLED:
            self._wait(min(late, _LONGEST_GRACE))
        elif current is None:
            self.quit()  # a second one hangs up
        elif current.step is Step.BODY and self._holds() < self._held:
            self._advance()
        else:
            self._lost(Lost.SILENT)
