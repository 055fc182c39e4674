"""The mail server of faults.py, in a process of its own, and the end by which faults.py holds it.

The process writes a line for each event: ``port N``; ``dot ADDRESS`` when the final dot has come
and the server has the mail; ``answered ADDRESS`` when it has said so; ``outage`` and ``over``. It
ends when its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from uadispatch.testing.far_ends.smtp import CLOSE, SILENCE, Act, SmtpServer, late, reply
from uadispatch.testing.far_ends.smtp_session import ServerSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.testing.far_ends.smtp import Mail, StepName

THINKS = 0.005
"""Seconds between a final dot and its answer: a real server writes the mail to its disk."""
SETTLES = 0.3
"""Seconds in which the server still takes what a killed program had written."""


@dataclass(frozen=True)
class Rule:
    """At `step`, instead of behaving: ``silence``, ``close``, or a reply such as ``451 later``."""

    step: StepName
    act: str
    to: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class Outage:
    """After so many mails, 421 and hanging up at every step, for so many seconds."""

    after: int
    seconds: float


@dataclass(frozen=True)
class Script:
    """How the server misbehaves."""

    rules: tuple[Rule, ...] = ()
    outage: Outage | None = None


class MailServer:
    """The server as faults.py holds it."""

    def __init__(self, script: Script, port: int = 0) -> None:
        """Start it; it listens when this returns."""
        self.port = port
        self.taken: list[str] = []
        """The recipient of every mail whose final dot has come, in order."""
        self.answered: list[str] = []
        """The recipient of every mail for which it has also said so."""
        self.outages = 0
        self.heard = time.monotonic()
        """When something last happened."""
        self._over = threading.Event()
        self._listens = threading.Event()
        self._at: int | None = None
        self._then: Callable[[], None] = lambda: None
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps({**asdict(script), "port": port})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._listens.wait(20)
        if not self.port or self._process.poll() is not None:
            sys.exit("the mail server does not start")

    def when(self, number: int, then: Callable[[], None]) -> None:
        """Do `then` as soon as that many mails have come."""
        self._at, self._then = number, then

    def await_its_return(self) -> None:
        """If an outage has begun, wait until it is over."""
        if self.outages:
            self._over.wait(30)

    def close(self) -> None:
        """Let it take what is under way, and end it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._reader.join(20)
        self._process.wait(20)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.heard = time.monotonic()
            word, _, rest = line.strip().partition(" ")
            if word == "port":
                self.port = int(rest)
            elif word == "dot":
                self.taken.append(rest)
                if len(self.taken) == self._at:
                    self._then()
            elif word == "answered":
                self.answered.append(rest)
            elif word == "outage":
                self.outages += 1
            elif word == "over":
                self._over.set()
            self._listens.set()
        self._listens.set()


class Session(ServerSession):
    """A connection that says when it answers a final dot."""

    _to = ""

    def _dot(self, content: bytes) -> None:
        self._to = ",".join(self._recipients)
        super()._dot(content)

    def _taken(self) -> None:
        super()._taken()
        say(f"answered {self._to}")


class Recording(SmtpServer):
    """The scripted server, at a port that may be given, with an outage."""

    def __init__(self, port: int, outage: Outage | None) -> None:
        super().__init__(on_mail=self._came, keep=False)
        self.port = port
        self._outage = outage
        self._number = 0

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Session(self), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def behave(self) -> None:
        """From now on do as a good server does."""
        self.clear()
        self.at("dot", late(THINKS))

    def _came(self, mail: Mail) -> None:
        say(f"dot {','.join(mail.recipients)}")
        self._number += 1
        if self._outage is not None and self._number == self._outage.after:
            # Not at once: this mail has come, and is answered.
            asyncio.get_running_loop().call_soon(self._go_down, self._outage.seconds)

    def _go_down(self, seconds: float) -> None:
        say("outage")
        self.clear()
        steps: tuple[StepName, ...] = ("banner", "ehlo", "mail", "rcpt", "data", "dot")
        for step in steps:
            self.at(step, reply(421, "4.3.2 Closing down"))
        asyncio.get_running_loop().call_later(seconds, self._come_back)

    def _come_back(self) -> None:
        self.behave()
        say("over")


def act_of(word: str) -> Act:
    """The act that a rule names."""
    if word in ("silence", "close"):
        return SILENCE if word == "silence" else CLOSE
    code, _, text = word.partition(" ")
    return reply(int(code), text)


def say(event: str) -> None:
    """Tell faults.py."""
    print(event, flush=True)


async def serve(given: dict[str, Any]) -> None:
    """Be the mail server until standard input ends."""
    server = Recording(given["port"], Outage(**given["outage"]) if given["outage"] else None)
    for rule in given["rules"]:
        server.at(rule["step"], act_of(rule["act"]), recipient=rule["to"], times=rule["times"])
    server.at("dot", late(THINKS))
    await server.start()
    say(f"port {server.port}")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()
    await asyncio.sleep(SETTLES)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
