"""Run the command line as a user does, and a mail server for it to talk to."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from uadispatch.cli import main
from uadispatch.testing.smtp import SmtpServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


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
        try:
            main()
        except SystemExit as exc:
            code = exc.code
        else:
            code = 0
        out, err = self._capfd.readouterr()
        assert "Traceback" not in out + err
        return Ran(int(code or 0), out, err)


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
