"""A mail server for tests and rehearsals: on loopback only, fast, exact, and able to misbehave.

::

    async with SmtpServer() as server:
        server.at("rcpt", reply(450, "4.7.1 try later"), recipient="a@example.org", times=1)
        ...  # send to server.host, server.port
    assert server.mails[0].content == b"..."

It keeps mails and never passes one on.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import TYPE_CHECKING

from uadispatch.testing.far_ends.loopback import LoopbackServer
from uadispatch.testing.far_ends.smtp_script import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    Act,
    Mail,
    Offer,
    Rule,
    Script,
    StepName,
    drip,
    late,
    raw,
    reply,
)
from uadispatch.testing.far_ends.smtp_session import ServerSession

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Mapping

__all__ = [
    "CLOSE",
    "GARBAGE",
    "RESET",
    "SILENCE",
    "Act",
    "Mail",
    "SmtpServer",
    "StepName",
    "drip",
    "late",
    "raw",
    "reply",
]

_TURNS = 200
"""Turns of the event loop that closing connections get to end."""


class SmtpServer(LoopbackServer):
    """An SMTP server that behaves, but for the rules that `at` adds.

    `pipelining`, `eightbit` and `size` (bytes) are offered in EHLO; `starttls` and `tls` (from
    the first byte) are server contexts; with `users` (password by name) it demands a login, by
    PLAIN or LOGIN, without TLS too. `on_mail` is called with each mail before it is answered;
    an OSError of it becomes 452. With ``keep=False`` `mails` stays empty. `receive_buffer` is what
    the kernel takes of each connection before the server reads on, in bytes (SO_RCVBUF).
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        pipelining: bool = True,
        eightbit: bool = True,
        size: int | None = 50_000_000,
        receive_buffer: int | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
        on_mail: Callable[[Mail], None] | None = None,
        keep: bool = True,
    ) -> None:
        super().__init__(host)
        self.offer = Offer(
            pipelining=pipelining,
            eightbit=eightbit,
            size=size,
            starttls=starttls,
            users=users or {},
        )
        self.script = Script()
        self.mails: list[Mail] = []
        """What it took, in order; also where its answer was then withheld."""
        self.counts: Counter[StepName] = Counter()
        """How often each step was reached."""
        self.most_open = 0
        """How many were open at the same time, at most."""
        self._receive_buffer = receive_buffer
        self._tls = tls
        self._on_mail = on_mail
        self._keep = keep
        self._open: set[ServerSession] = set()
        self._ended_tries = 0

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    @property
    def tries(self) -> int:
        """MAIL commands seen, and connections that got no further."""
        return self._ended_tries + sum(max(1, session.transactions) for session in self._open)

    def at(
        self,
        step: StepName,
        act: Act,
        *,
        recipient: str | None = None,
        times: int | None = None,
        after: int = 0,
    ) -> None:
        """Do `act` at `step`; the first rule that applies wins.

        For `recipient` only (from RCPT on); not the first `after` times, then `times` times
        (None: always). Raises ValueError for a step that does not exist.
        """
        self.script.add(Rule(step, act, recipient=recipient, times=times, after=after))

    def clear(self) -> None:
        """Forget all rules."""
        self.script.clear()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ServerSession(self),
            self.host,
            0,
            ssl=self._tls,
            ssl_handshake_timeout=5 if self._tls else None,
        )
        listening = self._server.sockets[0]
        if self._receive_buffer is not None:  # its connections inherit that
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self.port = listening.getsockname()[1]

    def hang_up(self) -> None:
        """Close every open connection at once."""
        for session in list(self._open):
            session.hang_up()

    def blurt(self, data: bytes) -> None:
        """Write these bytes on every open connection, though nobody asked."""
        for session in self._open:
            session.blurt(data)

    def vanish(self) -> None:
        """Go silent on every open connection, as a machine that lost its power."""
        for session in self._open:
            session.vanish()

    async def stop(self) -> None:
        """Stop listening, hang up and free everything; may be called twice."""
        self.close_port()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.hang_up()
        for _ in range(_TURNS):
            if not self._open:
                break
            await asyncio.sleep(0)
        self._server = None

    # What a session asks.

    def came(self, session: ServerSession) -> None:
        """Count a connection."""
        self._open.add(session)
        self.connections += 1
        self.most_open = max(self.most_open, len(self._open))

    def went(self, session: ServerSession) -> None:
        """Forget a connection; once."""
        if session in self._open:
            self._open.remove(session)
            self._ended_tries += max(1, session.transactions)

    def count(self, step: StepName) -> None:
        """Count a step."""
        self.counts[step] += 1

    def take(self, mail: Mail) -> None:
        """Keep a mail."""
        if self._on_mail is not None:
            self._on_mail(mail)
        if self._keep:
            self.mails.append(mail)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` until it ends or the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
