"""Where a worker can be looked at: two pages, for this machine alone.

It knows HTTP and nothing of what it tells. It keeps nobody waiting but who asks, and writes no log
of them.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any

from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["HOST", "served"]

HOST = "127.0.0.1"
"""Whoever must look from elsewhere comes through a proxy, which knows who may."""

AT_ONCE = 8
"""So many may ask at the same time; further ones are turned away."""
PATIENCE = 5.0
"""Seconds that a question may take to come in."""

TEXT = "text/plain; charset=utf-8"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
"""What Prometheus calls its words, in the form that every scraper reads."""


@contextmanager
def served(
    port: int,
    *,
    metrics: Callable[[], bytes],
    ails: Callable[[], str | None],
    log: Callable[..., None],
) -> Iterator[int]:
    """Answer ``/metrics`` and ``/health`` while this lasts; gives the port (of 0: a free one).

    Raises:
        ConfigError: the port cannot be had.
    """
    try:
        server = _Server(port, metrics, ails, log)
    except OSError as exc:
        raise ConfigError(
            f"--metrics {port}: {HOST}:{port} cannot be listened to ({exc.strerror}); take another "
            f"port, or 0 for a free one"
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="page", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        port: int,
        metrics: Callable[[], bytes],
        ails: Callable[[], str | None],
        log: Callable[..., None],
    ) -> None:
        self.metrics, self.ails, self._log = metrics, ails, log
        self._free = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take it on, if there is room."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer it, on a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - its signature
        """Tell the kind of a fault alone: its words may be any. Who has gone away is none."""
        fault = sys.exc_info()[0]
        if fault is not None and not issubclass(fault, ConnectionError | TimeoutError):
            self._log("page failed", fault=fault.__name__)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, METRICS, self.server.metrics())
        elif path == "/health":
            ails = self.server.ails()
            status = HTTPStatus.SERVICE_UNAVAILABLE if ails else HTTPStatus.OK
            self._answer(status, TEXT, f"{ails or 'ok'}\n".encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, TEXT, b"There are /metrics and /health.\n")

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.do_GET()

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """Who answers."""
        return "uadispatch"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
        """Nothing: a scraper comes every few seconds."""
