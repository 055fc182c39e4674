"""A mail server in a process of its own that counts, and outlives the senders that are killed.

It keeps a book: a line for each thing that happens, written before anything is answered. A mail
has arrived once its final dot has come, whether or not the sender lived to read the answer: a
real server keeps such a mail. What a dead sender had written is read to its end first, however
slow this server is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from uadispatch.testing.far_ends.smtp import SmtpServer, StepName, late, reply
from uadispatch.testing.far_ends.smtp_script import Act, Script
from uadispatch.testing.far_ends.smtp_session import ServerSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

__all__ = ["MailServer"]

PATIENCE = 60.0
"""Seconds after which a server that does not do what it must is broken."""
POLL = 0.001
ROOM = 4096
"""Bytes of a connection that the kernel holds for us."""
ALIVE = {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
"""Seconds and number of the questions whether a silent sender is still there."""


class _Moods(Script):
    """Slow by chance at any step, and now and then too busy for a recipient."""

    def __init__(self, dice: random.Random, slowest: float, busy: float) -> None:
        super().__init__()
        self._dice, self._slowest, self._busy = dice, slowest, busy

    def act(self, step: StepName, recipient: str | None = None) -> Act | None:  # noqa: ARG002 - anybody
        if step == "rcpt" and self._dice.random() < self._busy:
            return reply(450, "4.2.2 not now")
        if self._slowest and self._dice.random() < 0.7:
            return late(self._slowest * self._dice.random() ** 2)
        return None


class _Session(ServerSession):
    """One connection, with each of its steps in the book; it reads nothing while it is slow."""

    def __init__(self, host: _Counting, number: int) -> None:
        super().__init__(host)
        self._book, self._number = host, number
        self._recipient = ""

    def _note(self, *words: str) -> None:
        self._book.note(self._number, *words)

    def _at(self, step: StepName, behave: Callable[[], None]) -> bool:
        self._note(step, *((str(time.time()),) if step == "mail" else ()))
        return super()._at(step, behave)

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        if self._transport is not None:
            self._transport.pause_reading()
        super()._after(seconds, then)

    def _resume(self, behave: Callable[[], None]) -> None:
        super()._resume(behave)
        if self._transport is not None and self._waiting is None:
            self._transport.resume_reading()

    def _dot(self, content: bytes) -> None:
        self._recipient = self._recipients[-1]
        headers = content.partition(b"\r\n\r\n")[0].decode()
        whole = self._recipient in headers and len(self._recipients) == 1
        self._note("dot" if whole else "wrong", self._recipient)
        super()._dot(content)

    def _taken(self) -> None:
        self._note("answered", self._recipient)
        super()._taken()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._note("gone")


class _Counting(SmtpServer):
    """The server itself; one connection offers PIPELINING, the next one does not."""

    def __init__(self, book: int, moods: _Moods, host: str) -> None:
        super().__init__(keep=False)
        self.host = host  # the loopback, or a network with no way out
        self.script = moods
        self._book = book
        self._number = 0

    def note(self, *words: object) -> None:
        os.write(self._book, f"{' '.join(map(str, words))}\n".encode())

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        listening = socket.socket()
        # Little room, so that a sender of a long mail has to wait while we are slow.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        # Whose line was cut may be gone without our being told.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ALIVE.items():
            listening.setsockopt(socket.IPPROTO_TCP, option, value)
        listening.bind((self.host, 0))
        self._server = await loop.create_server(self._next, sock=listening)
        self.port = listening.getsockname()[1]
        self.note("port", self.port)

    def _next(self) -> _Session:
        self.offer = replace(self.offer, pipelining=not self.offer.pipelining)
        self._number += 1
        return _Session(self, self._number)


async def _serve(book: int, *, seed: str, slowest: float, busy: float, host: str) -> None:
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    server = _Counting(book, _Moods(dice, slowest, busy), host)
    async with server:
        # Whoever has started us may be killed, too: then this end closes.
        await asyncio.to_thread(sys.stdin.read)


class MailServer:
    """The server as a test holds it: starts it, and reads its book."""

    def __init__(
        self, folder: Path, *, seed: str = "", slowest: float = 0.0, busy: float = 0.0,
        host: str = "127.0.0.1",
    ) -> None:  # fmt: skip
        """Start it. Each step takes up to `slowest` seconds; `busy` is how often it says 450."""
        self.arrived: Counter[str] = Counter()
        """Mails that came whole, by recipient, as of the last `read`."""
        self.answered: Counter[str] = Counter()
        """Mails for which it has also said 250."""
        self.begun: list[float] = []
        """When each transaction began, in seconds: at its MAIL."""
        self.open: dict[int, str] = {}
        """Connections that are open, and the last step of each."""
        self.ended: list[str] = []
        """The last step of each connection that is gone."""
        self.connections = 0
        self.port = 0
        book = folder / "book"
        with book.open("ab") as file:
            settings = {"seed": seed, "slowest": slowest, "busy": busy, "host": host}
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(file.fileno()), json.dumps(settings)],
                stdin=subprocess.PIPE,
                pass_fds=[file.fileno()],
            )
        self._book = book.open("rb")
        self._rest = b""
        try:
            self.until(lambda: self.port, "start")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._book.close()

    def read(self) -> None:
        """Read what has happened since."""
        lines = (self._rest + self._book.read()).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._enter(*line.decode().split(" "))

    def _enter(self, connection: str, step: str, more: str = "") -> None:
        if connection == "port":
            self.port = int(step)
            return
        number = int(connection)
        self.connections = max(self.connections, number)
        if step == "gone":
            self.ended.append(self.open.pop(number))
            return
        self.open[number] = step
        if step == "wrong":
            raise RuntimeError(f"the mail to {more} was for another")
        if step == "mail":
            self.begun.append(float(more))
        elif step == "dot":
            self.arrived[more] += 1
        elif step == "answered":
            self.answered[more] += 1

    def settle(self) -> None:
        """Wait until it has seen the end of every connection, and so has taken all that came."""
        self.until(lambda: not self.open, "see its connections end")

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Read until `holds`; a server that never gets there is broken."""
        given_up = time.monotonic() + PATIENCE
        while True:
            self.read()
            if holds():
                return
            if self._process.poll() is not None or time.monotonic() > given_up:
                raise RuntimeError(f"the mail server does not {what}")
            time.sleep(POLL)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), **json.loads(sys.argv[2])))
