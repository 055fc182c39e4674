"""One connection of the scripted mail server: commands in, replies out, by its script.

It knows SMTP from the server's side; what it may do is lent by `uadispatch.testing.smtp`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Protocol, cast

from uadispatch.testing.smtp_script import Act, Do, Mail

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

    from uadispatch.testing.smtp_script import Offer, Script, StepName

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
        self._user: str | None = None
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

    def hang_up(self) -> None:
        """Close at once."""
        self._silent = True
        if self._transport is not None:
            self._transport.abort()

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
        if act.do is Do.LATE:
            self._flush()
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(act.seconds, self._resume, behave)
            return True
        if act.do is Do.REPLY:
            self._say(act.code, act.text)
            if act.code == 421:  # noqa: PLR2004 - RFC 5321: the server is closing
                self._end()
        elif act.do is Do.GARBAGE:
            self._out.append(b"\x16\x03\x01 this is no reply\r\n")
        elif act.do is Do.CLOSE:
            self._end()
        else:
            self._flush()
            self._silent = True
        return False

    def _resume(self, behave: Callable[[], None]) -> None:
        self._waiting = None
        behave()
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
            "AUTH": ("auth", self._auth),
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

    def _auth(self, rest: str) -> None:
        kind, _, first = rest.partition(" ")
        if not self._host.offer.users or self._user is not None:
            self._say(503, "5.5.1 No login now")
        elif kind.upper() == "PLAIN":
            self._ask("", first, self._plain)
        elif kind.upper() == "LOGIN":
            self._ask("Username:", first, self._login)
        else:
            self._say(504, "5.5.4 Unknown mechanism")

    def _ask(self, prompt: str, given: str, then: Callable[[str], None]) -> None:
        """Call `then` with what the client gives, at once or on its next line."""

        def answer(line: bytes) -> None:
            self._handle = self._command
            try:
                then(base64.b64decode(line, validate=True).decode("utf-8"))
            except (binascii.Error, UnicodeDecodeError):
                self._say(501, "5.5.2 That is not base64")

        if given:
            answer(given.encode())
            return
        self._handle = answer
        self._say(334, base64.b64encode(prompt.encode()).decode())

    def _plain(self, given: str) -> None:
        _, user, password, *_ = *given.split("\0"), "", "", ""
        self._decide(user, password)

    def _login(self, user: str) -> None:
        self._ask("Password:", "", lambda password: self._decide(user, password))

    def _decide(self, user: str, password: str) -> None:
        if user and self._host.offer.users.get(user) == password:
            self._user = user
            self._say(235, "2.7.0 Welcome")
        else:
            self._say(535, "5.7.8 Wrong user name or password")

    def _mail(self, rest: str) -> None:
        if self._host.offer.users and self._user is None:
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
        if self._at("body", lambda: None):
            return
        self._unanswered = True
        if _END not in self._buffer and self._transport is not None:
            # The rest stays on the client's side: it notices while it is still writing.
            self._transport.pause_reading()

    def _dot(self, content: bytes) -> None:
        if self._unanswered:
            self._unanswered = False
            self._clear()
            return
        mail = Mail(self._sender or "", tuple(self._recipients), content)
        self._host.count("dot")
        act = self._host.script.act("dot", mail.recipients[-1])
        self._clear()
        refused = act is not None and act.do is Do.REPLY and act.code // 100 in (4, 5)
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
