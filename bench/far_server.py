"""A mail server that is far away: what it answers arrives so many milliseconds later.

``python far_server.py 0.02`` prints its port, takes mails until it is told to end (SIGTERM), and
prints then, as JSON, how many it took, for how many recipients, and how many of these had one
already. What it reads at once it answers at once: the replies to one group of commands (RFC 2920)
travel together, as over a real line. Nobody's bandwidth is limited, and the handshake of TCP, which
happens without this program, is not delayed.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import deque
from typing import cast

GREETING = b"220 far.example.org ESMTP\r\n"
EXTENSIONS = (
    b"250-far.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
    b"250 SIZE 10485760\r\n"
)
REPLIES = {
    b"EHLO": EXTENSIONS,
    b"HELO": b"250 far.example.org\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
UNKNOWN = b"500 5.5.2 What is that?\r\n"
TAKEN = b"250 2.0.0 Ok\r\n"
END = b"\r\n.\r\n"
TICK = 0.001
"""The loop counts whole milliseconds: nothing arrives early, and most things one of them late."""


class Line:
    """Brings answers to their connections, each `delay` seconds after it was given, in order."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._under_way: deque[tuple[float, asyncio.Transport, bytes]] = deque()

    def put(self, transport: asyncio.Transport, answer: bytes) -> None:
        if not self._delay:
            hand_over(transport, answer)
            return
        self._under_way.append((time.monotonic() + self._delay, transport, answer))
        if len(self._under_way) == 1:
            self._loop.call_later(self._delay, self._arrive)

    def _arrive(self) -> None:
        now = time.monotonic()
        while self._under_way and self._under_way[0][0] <= now:
            _, transport, answer = self._under_way.popleft()
            hand_over(transport, answer)
        if self._under_way:
            self._loop.call_later(max(self._under_way[0][0] - now, TICK), self._arrive)


def hand_over(transport: asyncio.Transport, answer: bytes) -> None:
    if not transport.is_closing():
        transport.write(answer)
        if answer.endswith(REPLIES[b"QUIT"]):
            transport.close()


class Books:
    """Who has got a mail."""

    def __init__(self) -> None:
        self.mails = 0
        self.served: set[bytes] = set()
        self.twice = 0

    def take(self, recipients: list[bytes]) -> None:
        self.mails += 1
        for recipient in recipients:
            self.twice += recipient in self.served
            self.served.add(recipient)


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, line: Line, books: Books) -> None:
        self._line = line
        self._books = books
        self._left = b""
        self._recipients: list[bytes] = []
        self._in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._line.put(self._transport, GREETING)

    def data_received(self, data: bytes) -> None:
        left = self._left + data
        answers = []
        while left:
            answer, left, more = self._body(left) if self._in_body else self._command(left)
            if answer:
                answers.append(answer)
            if more:
                break
        self._left = left
        if answers:
            self._line.put(self._transport, b"".join(answers))

    def _command(self, left: bytes) -> tuple[bytes, bytes, bool]:
        """The answer to the next command, what is left, and whether more must come first."""
        line, found, rest = left.partition(b"\r\n")
        if not found:
            return b"", left, True
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipients.append(line[line.find(b"<") + 1 : line.rfind(b">")])
        elif verb == b"DATA":
            self._in_body = True
            rest = b"\r\n" + rest  # so that the end of an empty body is found as well
        elif verb in {b"MAIL", b"RSET"}:
            self._recipients = []
        return REPLIES.get(verb, UNKNOWN), rest, False

    def _body(self, left: bytes) -> tuple[bytes, bytes, bool]:
        """The same of the body."""
        at = left.find(END)
        if at < 0:
            return b"", left[-len(END) :], True
        self._books.take(self._recipients)
        self._in_body = False
        return TAKEN, left[at + len(END) :], False


async def serve(delay: float) -> None:
    """Take mails until SIGTERM; then say how many."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    line, books = Line(delay), Books()
    server = await loop.create_server(lambda: Session(line, books), "127.0.0.1", 0, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await over.wait()
    counted = {"mails": books.mails, "recipients": len(books.served), "twice": books.twice}
    print(json.dumps(counted), flush=True)


def main() -> None:
    try:
        import uvloop  # noqa: PLC0415 - as good without it, and slower
    except ImportError:
        asyncio.run(serve(float(sys.argv[1])))
    else:
        uvloop.run(serve(float(sys.argv[1])))


if __name__ == "__main__":
    main()
