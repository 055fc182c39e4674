"""What a session says of a text of which the kernel has taken a part."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from timekit import quietly
from uadispatch import Receipt, Rejected, Temporary, Unknown
from uadispatch_email.envelope import Envelope
from uadispatch_email.session import PIECE, TOGETHER, Session

if TYPE_CHECKING:
    from uadispatch_email.transaction import Transaction

GO = b"250 ok\r\n250 ok\r\n354 go\r\n"


class Kernel(asyncio.Transport):
    """Takes so many bytes and holds the rest, as asyncio's own transports do."""

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self.taken = b""
        self.held = b""
        self.room = 1_000_000
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        was_empty = not self.held
        self.held += bytes(data)
        self.take(0)
        if self.held and was_empty and self.session is not None:
            self.session.pause_writing()

    def take(self, more: int) -> None:
        """Let the kernel take so many bytes more."""
        self.room += more
        self.taken += self.held[: self.room]
        held, self.held = self.held, self.held[self.room :]
        self.room -= len(held) - len(self.held)
        if held and not self.held and more and self.session is not None:
            self.session.resume_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == low == 0

    def get_write_buffer_size(self) -> int:
        return len(self.held)

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        if not self.closing and self.session is not None:
            self.closing, self.held = True, b""
            asyncio.get_running_loop().call_soon(self.session.connection_lost, None)


def envelope(number: int, size: int) -> Envelope:
    return Envelope("ua@example.org", f"press{number}@example.org", b"x" * size + b"\r\n")


async def two(
    size: int, *, room: int
) -> tuple[Kernel, asyncio.Task[Transaction], asyncio.Task[Transaction]]:
    """A text of `size`, of which the kernel takes `room`, and a mail that is to follow it."""
    tasks: list[asyncio.Task[Transaction]] = []
    transport = Kernel()

    def call(session: Session) -> None:
        if len(tasks) == 1:
            session.expect()
            tasks.append(asyncio.create_task(session.run(envelope(2, 10))))

    session = transport.session = Session(pipelining=True, size=False, ready=call)
    session.connection_made(transport)
    tasks.append(asyncio.create_task(session.run(envelope(1, size))))
    await asyncio.sleep(0)
    transport.room, transport.taken = room, b""
    session.data_received(GO)
    for _ in range(3):
        await asyncio.sleep(0)
    return transport, tasks[0], tasks[1]


ENVELOPE = envelope(2, 10).commands(size=False)


@pytest.mark.parametrize("held", [0, 1, len(ENVELOPE), len(ENVELOPE) + 1, 500])
def test_a_short_text_goes_with_the_next_envelope_and_counts_as_gone(held: int) -> None:
    """Of a write that is not taken whole nobody can tell later how much was."""

    async def scene() -> None:
        transport, first, second = await two(1000, room=1005 + len(ENVELOPE) - held)
        assert transport.taken + transport.held == b"x" * 1000 + b"\r\n.\r\n" + ENVELOPE
        assert len(transport.held) == held
        transport.abort()
        assert isinstance((await first).outcome, Unknown)
        assert (await second).stale

    quietly(scene())


@pytest.mark.parametrize("size", [TOGETHER + 1, PIECE - 10, PIECE * 3])
@pytest.mark.parametrize("room", [0, TOGETHER, -1])
def test_the_envelope_waits_until_a_long_text_is_gone(size: int, room: int) -> None:
    async def scene() -> None:
        whole = size + 5  # line end, dot, line end
        transport, first, second = await two(size, room=room % whole)
        assert ENVELOPE not in transport.taken + transport.held
        transport.abort()
        assert isinstance((await first).outcome, Temporary)
        assert (await second).stale

    quietly(scene())


@pytest.mark.parametrize("size", [TOGETHER + 1, PIECE * 3])
def test_the_envelope_goes_once_a_long_text_is_gone(size: int) -> None:
    async def scene() -> None:
        transport, first, second = await two(size, room=100)
        for _ in range(5):
            transport.take(PIECE)
            await asyncio.sleep(0)
        assert transport.taken == b"x" * size + b"\r\n.\r\n" + ENVELOPE
        assert transport.session is not None
        transport.session.data_received(b"250 taken\r\n" + GO)
        assert isinstance((await first).outcome, Receipt)
        for _ in range(3):
            await asyncio.sleep(0)
        transport.session.data_received(b"250 taken\r\n")
        assert isinstance((await second).outcome, Receipt)

    quietly(scene())


def test_a_text_that_is_refused_before_it_was_written_is_not_written() -> None:
    """It waits for the next turn of the loop, so that an envelope may go with it."""

    async def scene() -> None:
        transport, tasks = Kernel(), []
        session = transport.session = Session(
            pipelining=True, size=False, ready=lambda session: session.expect()
        )
        session.connection_made(transport)
        tasks.append(asyncio.create_task(session.run(envelope(1, 10))))
        await asyncio.sleep(0)
        session.data_received(GO)
        session.data_received(b"552 too big\r\n")
        assert isinstance((await tasks[0]).outcome, Rejected)
        await asyncio.sleep(0)
        assert transport.taken == envelope(1, 10).commands(size=False)

    quietly(scene())
