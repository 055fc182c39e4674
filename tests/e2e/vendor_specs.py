"""Dispatches through Prism, which holds requests and answers against a vendor's own OpenAPI file.

Run by the piece vendor-specs, in a Python that has uadispatch: ``vendor_specs.py PRISM SPECS
FOLDER``. Behind Prism stand the channels' own stand-ins, so that their answers are held against it
as well.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from appeal import Appeal
from piece import expect, say
from uadispatch_fax.stand_in_telnyx import TelnyxStandIn
from uadispatch_twitter.stand_in import XStandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEPT = "x-signed-for-x"
"""Where the signature of a request stays while it passes Prism, which knows Bearer alone."""
VIOLATIONS = "sl-violations"
"""Prism's header for what is not as the file says."""
OF_ONE_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")


@dataclass(slots=True)
class Passed:
    """A request and its answer, as Prism judged them."""

    what: str
    status: int
    violations: list[str]


@dataclass(slots=True)
class Hop:
    """An HTTP server that hands on what comes, and notes it."""

    port: int
    to: int
    forth: bool
    """Whether it stands before Prism; else behind."""
    lose: set[str] = field(default_factory=set)
    """Requests whose answer is lost on the way."""
    passed: list[Passed] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def check(self, wrong: dict[str, str], method: str, path: str) -> None:
        """Fail unless all that passed was as the file says, and `wrong` would not have been."""
        violations = [passed for passed in self.passed if passed.violations]
        expect(not violations, f"not as the vendor's file says: {violations}")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"content-type": "application/json", "authorization": "Bearer any"}
        line.request(method, path, json.dumps(wrong), headers)
        line.getresponse().read()
        line.close()
        expect(self.passed.pop().violations, f"Prism lets {wrong} pass")

    def counted(self) -> str:
        """What passed, and how often."""
        kinds = Counter(re.sub(r"/[0-9a-f-]{10,}", "/ID", passed.what) for passed in self.passed)
        return ", ".join(f"{times} x {what}" for what, times in sorted(kinds.items()))

    def carry(self, handler: BaseHTTPRequestHandler) -> None:
        """Hand one request on, and its answer back."""
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length) if length else None
        headers = {
            name.lower(): value
            for name, value in handler.headers.items()
            if name.lower() not in OF_ONE_HOP
        }
        line = http.client.HTTPConnection("127.0.0.1", self.to, timeout=60)
        line.request(handler.command, handler.path, body, self._signed(headers))
        answer = line.getresponse()
        content = answer.read()
        what = f"{handler.command} {handler.path.partition('?')[0]}"
        found = json.loads(answer.headers.get(VIOLATIONS) or "[]")
        self.passed.append(Passed(what, answer.status, [json.dumps(each) for each in found]))
        line.close()
        if what in self.lose:
            self.lose.remove(what)
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_ONE_HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _signed(self, headers: dict[str, str]) -> dict[str, str]:
        login = headers.get("authorization", "")
        if self.forth and login.startswith("OAuth "):
            return headers | {"authorization": "Bearer any", KEPT: login}
        return headers if self.forth else headers | {"authorization": headers.pop(KEPT, login)}


@contextmanager
def hop(to: int, *, forth: bool) -> Iterator[Hop]:
    """A hop that listens."""

    class Handler(BaseHTTPRequestHandler):
        def carry(self) -> None:
            between.carry(self)

        do_GET = do_POST = do_DELETE = carry  # noqa: N815 - http.server's own names

        def log_message(self, *_: object) -> None:
            """Nothing: stderr is for what is wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    between = Hop(server.server_port, to, forth)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield between
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def prism(program: Path, spec: Path, upstream: str, log: Path) -> Iterator[int]:
    """Prism before `upstream`; gives its port."""
    port = free_port()
    command = [str(program), "proxy", str(spec), upstream, "-p", str(port), "-h", "127.0.0.1"]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            until = time.monotonic() + 60
            while not answers(port):
                expect(process.poll() is None, f"Prism ended:\n{log.read_text()}")
                expect(time.monotonic() < until, f"Prism does not listen:\n{log.read_text()}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def free_port() -> int:
    """A port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


async def fax(program: Path, specs: Path, folder: Path) -> None:
    """By Telnyx: one fax whose answer is lost is found again, one is asked for, one taken back."""
    spec = specs / "telnyx-fax.json"
    contacts = {"lost": "+12025550100", "taken": "+12025550101"}
    async with behind(TelnyxStandIn(lambda: datetime.now(UTC)), "/v2", program, spec, folder) as to:
        front, settings = to
        settings |= {"telnyx_url": front.url, "hours": "always", "concurrency": "1"}
        appeal = Appeal(folder, "fax", contacts, settings)
        front.lose.add("POST /faxes")

        def dispatch() -> None:
            appeal.do("send", "--yes")
            appeal.expect({"lost": "in_doubt", "taken": "accepted"})
            appeal.do("confirm")
            appeal.expect({"lost": "accepted", "taken": "accepted"})
            appeal.run("close", "--because", "a test")
            appeal.expect(dict.fromkeys(contacts, "cancelled"))

        await asyncio.to_thread(dispatch)
        await asyncio.to_thread(front.check, {"to": "+12025550100"}, "POST", "/faxes")
        say(f"Telnyx: {front.counted()}")


async def post(program: Path, specs: Path, folder: Path) -> None:
    """On X: a post is published, asked for, and taken back."""
    async with behind(XStandIn(), "", program, specs / "x-posts.json", folder) as (front, settings):
        appeal = Appeal(
            folder, "twitter", {"official": "@example"}, settings | {"base_url": front.url}
        )

        def dispatch() -> None:
            appeal.do("send", "--yes")
            appeal.expect({"official": "accepted"})
            appeal.do("confirm")
            appeal.expect({"official": "confirmed"})

        await asyncio.to_thread(dispatch)
        await asyncio.to_thread(front.check, {"txt": "not so"}, "POST", "/2/tweets")
        say(f"X: {front.counted()}")


@asynccontextmanager
async def behind(
    stand_in: TelnyxStandIn | XStandIn, path: str, program: Path, spec: Path, folder: Path
) -> AsyncIterator[tuple[Hop, dict[str, str]]]:
    """The stand-in behind Prism: where it is reached, and the settings that lead to it."""
    (kept := folder / "kept").mkdir(parents=True)
    settings = await stand_in.start(kept)
    port = urlsplit(stand_in.server.url).port or 0
    try:
        with ExitStack() as stack:
            back = stack.enter_context(hop(port, forth=False))
            own = stack.enter_context(prism(program, spec, f"{back.url}{path}", folder / "log"))
            front = stack.enter_context(hop(own, forth=True))
            yield front, {name: str(value) for name, value in settings.items() if value is not None}
    finally:
        await stand_in.stop()


async def main(program: Path, specs: Path, folder: Path) -> None:
    """Both services."""
    await fax(program, specs, folder / "fax")
    await post(program, specs, folder / "post")


if __name__ == "__main__":
    asyncio.run(main(*(Path(argument) for argument in sys.argv[1:])))
