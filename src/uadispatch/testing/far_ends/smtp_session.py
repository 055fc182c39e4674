"""One connection of the scripted mail server: commands in, replies out, by its script.

It knows SMTP from the server's side; what it may do is lent by `uadispatch.testing.far_ends.smtp`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Protocol, cast

from uadispatch.testing.far_ends.smtp_login import Login
from uadispatch.testing.far_ends.smtp_script import Act, Do, Mail

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

    from uadispatch.testing.far_ends.smtp_script import Offer, Script, StepName

__all__ = ["ServerSession"]

_END = b"\r\n.\r\n"
_LONGEST_LINE = 4096


class Host(Protocol):
    """What a session needs of its server."""

    offer: Offer
    script: Script

    def came(self, session: ServerSession) -> None:
        """A connection was made."""

    def went(self, session: ServerSession) -> None:
        """It is gone."""

    def count(self, step: StepName) -> None:
        """A step was reached."""

    def take(self, mail: Mail) -> None:
        """A whole mail came; OSError refuses it for now."""

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` beside, until the server stops."""


class ServerSession(asyncio.Protocol):
    """Speaks with one client. Replies to what came in one piece go out in one piece."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.transactions = 0
        """MAIL commands seen."""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._handle: Callable[[bytes], None] = self._command
        self._in_body = False
        self._body_begun = False
        self._unanswered = False
        self._scanned = 0
        self._silent = False
        self._waiting: asyncio.TimerHandle | None = None
        self._upgrading = False
        self._secure = False
        self._login = Login(host.offer.users, say=self._say, listen=self._listen)
        self._sender: str | None = None
        self._recipients: list[str] = []

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet; after STARTTLS asyncio says nothing here."""
        self._transport = cast("asyncio.Transport", transport)
        self._secure = transport.get_extra_info("sslcontext") is not None
        self._host.came(self)
        self._at("connect", self._greet)
        self._work()

    def data_received(self, data: bytes) -> None:
        """Take bytes and work through them."""
        if not self._silent:
            self._buffer += data
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - either way
        """Tell the server."""
        self._silent = True
        if self._waiting is not None:
            self._waiting.cancel()
        self._host.went(self)

    def blurt(self, data: bytes) -> None:
        """Write these bytes, though nothing was asked."""
        self._out.append(data)
        self._flush()

    def vanish(self) -> None:
        """Answer nothing any more, and do not close: the client cannot tell."""
        self._silent = True

    def hang_up(self) -> None:
        """Close at once."""
        self._silent = True
        if self._transport is not None:
            self._transport.abort()

    def _break(self) -> None:
        """Close at once, with a RST and not a FIN (socket(7): lingering for no time)."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    # Work.

    def _work(self) -> None:
        while self._buffer and not (self._waiting or self._upgrading or self._silent):
            if not (self._body() if self._in_body else self._line()):
                break
        self._flush()

    def _flush(self) -> None:
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _line(self) -> bool:
        """Handle one line; False if none is whole."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                self._say(500, "5.5.2 Line too long")
                self._end()
            return False
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        self._handle(line)
        return True

    def _body(self) -> bool:
        """Look for the final dot; False until it has come."""
        if not self._body_begun:
            self._begin_body()
            if self._silent or self._waiting is not None:
                return False
        if self._buffer.startswith(b".\r\n"):
            content, rest = b"", 3
        else:
            end = self._buffer.find(_END, max(0, self._scanned - len(_END)))
            self._scanned = len(self._buffer)
            if end < 0:
                return False
            content, rest = bytes(self._buffer[: end + 2]), end + len(_END)
        del self._buffer[:rest]
        self._in_body = False
        content = content.removeprefix(b".") if content.startswith(b"..") else content
        self._dot(content.replace(b"\r\n..", b"\r\n."))
        return True

    def _listen(self, then: Callable[[bytes], None]) -> None:
        """Give the next line to `then`; after it come commands again."""

        def once(line: bytes) -> None:
            self._handle = self._command
            then(line)

        self._handle = once

    def _say(self, code: int, text: str) -> None:
        *first, last = text.split("\n")
        lines = [f"{code}-{line}\r\n" for line in first] + [f"{code} {last}\r\n"]
        self._out.append("".join(lines).encode())

    def _end(self) -> None:
        """Say what is left to say, then close."""
        self._flush()
        self._silent = True
        if self._transport is not None:
            self._transport.close()

    def _at(self, step: StepName, behave: Callable[[], None]) -> bool:
        """Do what the script wants at `step`, or `behave`; True if it behaves, now or later."""
        self._host.count(step)
        act = self._host.script.act(step, self._recipients[-1] if self._recipients else None)
        if act is None:
            behave()
            return True
        return self._play(act, behave)

    def _play(self, act: Act, behave: Callable[[], None]) -> bool:
        """Do `act`; True if it is only late."""
        match act.do:
            case Do.LATE:
                self._flush()
                self._after(act.seconds, lambda: self._resume(behave))
                return True
            case Do.REPLY:
                self._say(act.code, act.text)
                if act.code == 421:  # noqa: PLR2004 - RFC 5321: the server is closing
                    self._end()
            case Do.RAW:
                self._out.append(act.data)
                if act.close:
                    self._end()
            case Do.DRIP:
                self._flush()
                self._drip(act)
            case Do.CLOSE:
                self._end()
            case Do.RESET:
                self._flush()
                self._break()
            case Do.SILENCE:
                self._flush()
                self._silent = True
        return False

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` in `seconds`; what comes meanwhile is left unread."""
        self._waiting = asyncio.get_running_loop().call_later(seconds, then)

    def _resume(self, behave: Callable[[], None]) -> None:
        self._waiting = None
        behave()
        self._work()

    def _drip(self, act: Act, sent: int = 0) -> None:
        """Write one byte of `act.data` after the other, each after `act.seconds`."""
        self._waiting = None
        if sent:
            self._out.append(act.data[sent - 1 : sent])
        if sent < len(act.data):
            self._flush()
            self._after(act.seconds, lambda: self._drip(act, sent + 1))
        else:
            self._work()

    # Steps.

    def _greet(self) -> None:
        self._at("banner", self._banner)

    def _banner(self) -> None:
        self._say(220, "stand-in.example.org ESMTP")

    def _command(self, line: bytes) -> None:
        word, _, rest = line.decode("utf-8", "replace").partition(" ")
        verb = word.upper()
        known: dict[str, tuple[StepName | None, Callable[[str], None]]] = {
            "EHLO": ("ehlo", self._ehlo),
            "HELO": ("ehlo", self._helo),
            "STARTTLS": ("starttls", self._starttls),
            "AUTH": ("auth", self._login.auth),
            "MAIL": ("mail", self._mail),
            "RCPT": ("rcpt", self._rcpt),
            "DATA": ("data", self._data),
            "RSET": ("rset", self._rset),
            "QUIT": ("quit", self._quit),
            "NOOP": (None, lambda _: self._say(250, "2.0.0 Ok")),
            "VRFY": (None, lambda _: self._say(252, "2.0.0 Cannot say")),
        }
        if verb not in known:
            self._say(500, "5.5.2 Unknown command")
            return
        step, action = known[verb]
        if verb == "MAIL":
            self.transactions += 1
        elif verb == "RCPT" and self._sender is not None:
            self._recipients.append(_path(rest))  # rules ask who it is for
        if step is None:
            action(rest)
        elif not self._at(step, lambda: action(rest)) and verb == "RCPT":
            del self._recipients[-1:]  # a refused one is forgotten again

    def _ehlo(self, name: str) -> None:
        offer = self._host.offer
        lines = [f"stand-in.example.org greets {name}"]
        lines += ["PIPELINING"] if offer.pipelining else []
        lines += ["8BITMIME"] if offer.eightbit else []
        lines += [f"SIZE {offer.size}"] if offer.size is not None else []
        lines += ["STARTTLS"] if offer.starttls is not None and not self._secure else []
        lines += ["AUTH PLAIN LOGIN"] if offer.users else []
        self._clear()
        self._say(250, "\n".join([*lines, "ENHANCEDSTATUSCODES"]))

    def _helo(self, _: str) -> None:
        self._clear()
        self._say(250, "stand-in.example.org")

    def _starttls(self, _: str) -> None:
        context, plain = self._host.offer.starttls, self._transport
        if context is None or self._secure or plain is None:
            self._say(502, "5.5.1 Not offered")
            return
        self._say(220, "2.0.0 Go ahead")
        self._flush()
        self._buffer.clear()  # RFC 3207: what came in the clear is forgotten
        plain.pause_reading()
        self._upgrading = True
        self._host.spawn(self._secured(plain, context))

    async def _secured(self, plain: asyncio.Transport, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(plain, self, context, server_side=True)
        except OSError:
            plain.abort()
            self._host.went(self)  # asyncio does not say so after a failed handshake
            return
        self._transport = secure
        self._secure, self._upgrading = True, False
        self._clear()
        self._work()

    def _mail(self, rest: str) -> None:
        if self._login.needed:
            self._say(530, "5.7.0 Authentication required")
        elif self._sender is not None:
            self._say(503, "5.5.1 Nested MAIL")
        elif not rest.upper().startswith("FROM:"):
            self._say(501, "5.5.4 MAIL FROM:<address>")
        else:
            self._sender = _path(rest)
            self._say(250, "2.1.0 Ok")

    def _rcpt(self, rest: str) -> None:
        if self._sender is None:
            self._say(503, "5.5.1 MAIL first")
        elif not rest.upper().startswith("TO:") or not self._recipients[-1]:
            self._recipients.pop()
            self._say(501, "5.5.4 RCPT TO:<address>")
        else:
            self._say(250, "2.1.5 Ok")

    def _data(self, _: str) -> None:
        if not self._recipients:
            self._say(503, "5.5.1 No recipient")
            return
        self._say(354, "End with a dot")
        self._in_body, self._body_begun, self._scanned = True, False, 0

    def _begin_body(self) -> None:
        self._body_begun = True
        behaves = self._at("body", self._read_on)
        self._unanswered = not behaves
        if (self._waiting or not behaves) and _END not in self._buffer and self._transport:
            # The rest stays on the client's side: it notices while it is still writing.
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _dot(self, content: bytes) -> None:
        if self._unanswered:
            self._unanswered = False
            self._clear()
            return
        mail = Mail(self._sender or "", tuple(self._recipients), content)
        self._host.count("dot")
        act = self._host.script.act("dot", mail.recipients[-1])
        self._clear()
        refused = act is not None and act.refuses
        try:
            if not refused:
                self._host.take(mail)
        except OSError:
            act = Act(Do.REPLY, code=452, text="4.3.1 No room")
        if act is None:
            self._taken()
        else:
            self._play(act, self._taken)

    def _taken(self) -> None:
        self._say(250, "2.0.0 Ok: taken")

    def _rset(self, _: str) -> None:
        self._clear()
        self._say(250, "2.0.0 Ok")

    def _quit(self, _: str) -> None:
        self._say(221, "2.0.0 Bye")
        self._end()

    def _clear(self) -> None:
        self._sender = None
        self._recipients.clear()


def _path(rest: str) -> str:
    """The address between < and > in ``FROM:<a@example.org> SIZE=3``."""
    return rest.partition("<")[2].partition(">")[0]
