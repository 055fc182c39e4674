"""Run the command line as a user does, and a mail server for it to talk to."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from casekit import TOML
from uadispatch.cli import main
from uadispatch.testing.far_ends.smtp import SmtpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

UA = """\
urgent_action: {{number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}}
channels: [{channels}]
targets:
{targets}
letter:
  en: {{subject: Release A. Person, text: "I am writing to you."}}
"""


def write_campaign(folder: Path, count: int = 2, *, channels: str = "email") -> Path:
    """A home and a campaign of officials t0, t1, ...; returns its file."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config/uadispatch.toml").write_text(TOML)
    targets = "".join(
        f"  - {{id: t{n}, name: Official {n}, country: KZ, email: t{n}@example.org}}\n"
        for n in range(count)
    )
    file = folder / "ua.yaml"
    file.write_text(UA.format(channels=channels, targets=targets))
    return file


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def words(self) -> str:
        """Everything shown, on one line."""
        return " ".join((self.out + self.err).split())


class Use(Protocol):
    """``use(server, concurrency=10)``: let the email channel send to `server`."""

    def __call__(self, server: SmtpServer, **settings: object) -> None: ...


class Cli:
    """``cli("dry-run", file)``: runs in this process, with the real argument parser."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *words: object, answer: str | None = None) -> Ran:
        self._capfd.readouterr()
        self._monkeypatch.setattr("sys.argv", ["uadispatch", *map(str, words)])
        self._monkeypatch.setattr("sys.stdin", io.StringIO(answer or ""))
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            main()
        except SystemExit as exc:
            code = exc.code
        else:
            code = 0
        finally:
            for number, handler in handlers.items():  # after it, a process would end
                signal.signal(number, handler)
        out, err = self._capfd.readouterr()
        assert "Traceback" not in out + err
        return Ran(int(code or 0), out, err)


def states(cli: Cli, file: Path) -> dict[str, int]:
    """How many messages of a campaign are in each state, as `status` says."""
    found: dict[str, int] = cli("status", file, "--json").json["states"]
    return found


_STARTED: list[subprocess.Popen[str]] = []


def start(*words: object, stdin: int | None = None) -> subprocess.Popen[str]:
    """A command as a process of its own; it does not outlive the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "uadispatch", *map(str, words)],
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ),
    )  # fmt: skip
    _STARTED.append(process)
    return process


def end_all() -> None:
    """Kill what a test that failed has left running, lest the next ones fail of it too."""
    while _STARTED:
        with _STARTED.pop() as process:
            process.kill()


def until(come: Callable[[], object]) -> None:
    """Wait for a real process to come to something; it does, or the test fails."""
    end = time.monotonic() + 60
    while not come():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@contextmanager
def mail_server(**options: Any) -> Iterator[SmtpServer]:
    """A mail server on a thread of its own, so that the command may block this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    async def begin() -> SmtpServer:
        server = SmtpServer(**options)
        await server.start()
        return server

    server = do(begin())
    try:
        yield server
    finally:
        do(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
