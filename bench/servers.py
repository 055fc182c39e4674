"""The mail servers of the bench, each in a process of its own, new for every run; both count.

`near` is Postfix's smtp-sink on the loopback, `far` is far_server.py, whose answers take so many
milliseconds. What came is known for certain once the server has ended.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

HERE = Path(__file__).resolve().parent
NEAR, FAR = "loopback", "20 ms"
DELAY = 0.02
MOST = 1000
"""Connections that smtp-sink serves at once, and as many may wait."""


@dataclass
class Server:
    """A mail server; what it took is known when it has ended."""

    port: int
    mails: int = 0
    twice: int | None = field(default=None)
    """Surplus copies; None: it does not look at recipients."""

    def check(self, number: int) -> None:
        """Raise Failed unless so many mails came, and none of them twice."""
        if self.mails != number or self.twice:
            copies = "" if self.twice is None else f", {self.twice} of them copies"
            raise Failed(f"{number:,} mails were to be sent, and {self.mails:,} came{copies}")


def postfix(program: str) -> str:
    """The path of one of Postfix's test programs. Raises Failed: it is not there."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise Failed(f"{program} is missing; it is in Debian's package postfix")
    return found


@contextmanager
def near() -> Iterator[Server]:
    """Postfix's smtp-sink."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [postfix("smtp-sink"), "-c", "-m", str(MOST), *user, f"127.0.0.1:{server.port}"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([*command, str(MOST)], stdout=said, cwd="/")
        try:
            _await(server.port, process)
            yield server
        finally:
            process.terminate()
            process.wait()
        said.seek(0)
        server.mails = int((re.findall(r"mesg=(\d+)", said.read()) or [0])[-1])


@contextmanager
def far(delay: float = DELAY) -> Iterator[Server]:
    """The server that is far away."""
    process = subprocess.Popen(
        [sys.executable, HERE / "far_server.py", str(delay)], stdout=subprocess.PIPE, text=True
    )
    if process.stdout is None:
        raise Failed("the far server says nothing")
    try:
        server = Server(json.loads(process.stdout.readline())["port"])
        yield server
    finally:
        process.terminate()
        said = process.stdout.read()
        process.wait()
    counted = json.loads(said)
    server.mails, server.twice = counted["mails"], counted["twice"]


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {NEAR: near, FAR: far}


def _await(port: int, process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Wait until it listens."""
    until = time.monotonic() + 10
    while True:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > until:
            raise Failed("the mail server does not start")
        time.sleep(0.02)
