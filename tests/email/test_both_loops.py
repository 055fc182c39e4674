"""On asyncio's loop and on uvloop's, in real time: what each failure means, and what has left.

The session takes from the transport's flow control whether the final dot has left. Each loop has
transports of its own, so that is tried on both.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest
import uvloop

from clikit import mail_server
from mailkit import a_channel, a_message, check_arrived, outcome
from uadispatch import Attachment, ConfigError, Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing.far_ends.smtp import CLOSE, GARBAGE, RESET, reply
from uadispatch_email.mime import build

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from uadispatch.testing.far_ends.smtp import Act, StepName

LOOPS = pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, uvloop.Loop])
SECURITY = pytest.mark.parametrize("security", ["none", "starttls", "tls"])
# More than any kernel takes at once, so that we are still writing when the far end acts.
HUGE = Attachment(name="huge.bin", media_type="application/pdf", content=bytes(15_000_000))


def real_time(
    loop: Callable[[], asyncio.AbstractEventLoop], scene: Coroutine[Any, Any, Any]
) -> Any:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(scene)


def options(security: str, context: ssl.SSLContext) -> dict[str, ssl.SSLContext]:
    return {} if security == "none" else {security: context}


EVERY: list[tuple[StepName, Act, type]] = [
    ("banner", reply(421, "busy"), Unavailable),
    ("ehlo", CLOSE, Unavailable),
    ("mail", reply(451, "4.3.0 later"), Temporary),
    ("mail", reply(530, "5.7.0 log in"), ConfigError),
    ("rcpt", reply(550, "5.1.1 nobody"), Rejected),
    ("rcpt", CLOSE, Temporary),
    ("data", RESET, Temporary),
    ("data", GARBAGE, Temporary),
    ("dot", reply(451, "4.3.0 later"), Temporary),
    ("dot", reply(554, "5.7.1 spam"), Rejected),
    ("dot", reply(421, "4.3.2 bye"), Unavailable),
    ("dot", CLOSE, Unknown),
    ("dot", RESET, Unknown),
    ("dot", GARBAGE, Unknown),
]


@LOOPS
@SECURITY
@pytest.mark.parametrize("pipelining", [False, True], ids=["plain", "pipelined"])
def test_every_failure_is_sorted_alike(
    loop: Any, security: str, context: ssl.SSLContext, ca_file: Path, *, pipelining: bool
) -> None:
    """And a mail that follows is taken."""

    async def scene(server: Any, step: StepName, act: Act, kind: type) -> None:
        async with a_channel(server, security=security, ca_file=ca_file, patience=1) as channel:
            server.at(step, act, times=1)
            assert type(await outcome(channel, a_message(1))) is kind, (step, act)
            assert isinstance(await outcome(channel, a_message(2)), Receipt), (step, act)

    with mail_server(pipelining=pipelining, **options(security, context)) as server:
        for step, act, kind in EVERY:
            real_time(loop, scene(server, step, act, kind))
        assert server.mails[-1].content == build(a_message(2))


@LOOPS
@SECURITY
@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reply(552, "5.3.4 too big"), Rejected),
        (reply(250, "2.0.0 taken already"), Temporary),
        (CLOSE, Temporary),
        (RESET, Temporary),
    ],
)
def test_what_happens_amid_the_text_is_sorted_alike(
    loop: Any, security: str, act: Act, kind: type, context: ssl.SSLContext, ca_file: Path
) -> None:
    async def scene(server: Any) -> None:
        async with a_channel(server, security=security, ca_file=ca_file, patience=1) as channel:
            server.at("body", act, times=1)
            found = await outcome(channel, a_message(1, attachments=(HUGE,)))
            # Of what TLS holds below it does not tell: the doubt is then more than there is.
            broken = security != "none" and act in (CLOSE, RESET)
            assert type(found) in ((kind, Unknown) if broken else (kind,))
            assert isinstance(await outcome(channel, a_message(2, attachments=(HUGE,))), Receipt)

    with mail_server(**options(security, context)) as server:
        real_time(loop, scene(server))
        assert [mail.recipients for mail in server.mails] == [("press2@example.org",)]


class FarEnd:
    """Takes one connection up to 354, and then reads nothing, or all, and answers no more."""

    def __init__(self, context: ssl.SSLContext | None, *, reads_on: bool) -> None:
        self._context = context
        self._reads_on = reads_on
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listening.getsockname()
        self.has_the_dot = threading.Event()
        self.given_up = threading.Event()
        """The client has told what became of its mail, so whatever comes now comes too late."""
        self.ended = threading.Thread(target=self._serve)
        self.got = bytearray()

    def __enter__(self) -> Self:
        self.ended.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.given_up.set()
        self.ended.join(60)
        self._listening.close()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True)
        with connection:
            connection.sendall(b"220 here\r\n")
            for answer in (b"250 here", b"250 ok", b"250 ok", b"354 go"):
                line = b""
                while not line.endswith(b"\n"):
                    line += connection.recv(1)
                connection.sendall(answer + b"\r\n")
            if not self._reads_on:
                assert self.given_up.wait(60)
            try:
                while piece := connection.recv(1_000_000):
                    self.got += piece
                    if self.got.endswith(b"\r\n.\r\n"):
                        self.has_the_dot.set()
            except OSError:
                pass  # it hung up amid the text


@LOOPS
@pytest.mark.parametrize("security", ["none", "tls"])
def test_what_is_still_held_never_arrives(
    loop: Any, security: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    """The far end reads nothing, and all that had left once we said that nothing was sent."""

    async def scene(server: FarEnd) -> Any:
        async with a_channel(
            server,  # type: ignore[arg-type] # all that is used of one is where it listens
            security=security, ca_file=ca_file, patience=0.005,
        ) as channel:  # fmt: skip
            return await outcome(channel, a_message(1, attachments=(HUGE,)))

    with FarEnd(context if security == "tls" else None, reads_on=False) as server:
        found = real_time(loop, scene(server))
    assert type(found) is Temporary
    assert "nothing was sent" in str(found)
    assert server.got
    assert not server.has_the_dot.is_set()


@LOOPS
@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("attachments", [(), (HUGE,)], ids=["short", "long"])
def test_what_has_left_is_in_doubt_without_an_answer(
    loop: Any, security: str, attachments: tuple[Attachment, ...], context: ssl.SSLContext,
    ca_file: Path,
) -> None:  # fmt: skip
    async def scene(server: FarEnd) -> Any:
        async with a_channel(
            server,  # type: ignore[arg-type] # all that is used of one is where it listens
            security=security, ca_file=ca_file, patience=0.005,
        ) as channel:  # fmt: skip
            return await outcome(channel, a_message(1, attachments=attachments))

    with FarEnd(context if security == "tls" else None, reads_on=True) as server:
        found = real_time(loop, scene(server))
        assert server.has_the_dot.wait(60)
    assert type(found) is Unknown


@LOOPS
@SECURITY
def test_a_kept_connection_that_died_is_replaced(
    loop: Any, security: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    with mail_server(**options(security, context)) as server:
        assert server._server is not None
        its_loop = server._server.get_loop()

        async def scene() -> None:
            async with a_channel(
                server, security=security, ca_file=ca_file, patience=1, concurrency=1
            ) as channel:
                for number in range(3):
                    assert isinstance(await outcome(channel, a_message(number)), Receipt)
                    ended = asyncio.run_coroutine_threadsafe(hang_up(server), its_loop)
                    await asyncio.wrap_future(ended)

        real_time(loop, scene())
        assert server.connections == len(server.mails) == 3


async def hang_up(server: Any) -> None:
    server.hang_up()


@LOOPS
@SECURITY
def test_a_whole_window_at_once_is_sorted_alike(
    loop: Any, security: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    """With an envelope behind each text, and one text too long for it to go in the same write."""
    faults: dict[int, tuple[StepName, Act, type]] = {
        3: ("dot", CLOSE, Unknown),
        7: ("dot", reply(554, "5.7.1 spam"), Rejected),
        9: ("body", reply(452, "4.3.1 full"), Temporary),
        12: ("rcpt", reply(450, "4.2.0 Greylisted"), Temporary),
    }

    async def scene(server: Any) -> None:
        async with a_channel(
            server, security=security, ca_file=ca_file, patience=1, concurrency=2
        ) as channel:
            messages = [
                a_message(number, attachments=(HUGE,) if number in (9, 20) else ())
                for number in range(30)
            ]
            found = await asyncio.gather(*(outcome(channel, message) for message in messages))
        for number, one in enumerate(found):
            assert type(one) is (faults[number][2] if number in faults else Receipt), number
        check_arrived(server, found)

    with mail_server(**options(security, context)) as server:
        for number, (step, act, _) in faults.items():
            server.at(step, act, recipient=f"press{number}@example.org", times=1)
        real_time(loop, scene(server))
