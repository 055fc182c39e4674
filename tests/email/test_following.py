"""A whole window of mails at once on one connection: each thing that a server can do wrong with one
of them, while the envelope of the next stands behind its text.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit import a_channel, a_message, check_arrived, outcome
from timekit import quietly
from uadispatch import (
    Attachment,
    ConfigError,
    DeliveryError,
    Receipt,
    Rejected,
    Temporary,
    Unavailable,
    Unknown,
)
from uadispatch.testing.far_ends.smtp import (
    CLOSE,
    GARBAGE,
    RESET,
    SILENCE,
    SmtpServer,
    drip,
    late,
    raw,
    reply,
)
from uadispatch.testing.far_ends.smtp_session import ServerSession

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from uadispatch.testing.far_ends.smtp import Act, StepName

MAILS = 5
HIT = 2
ADDRESS = f"press{HIT}@example.org"
# What becomes of the third of five. “moved” is accepted, on another connection.
TABLE = """
step  4xx        421          5xx       silence    close      garbage  late      too late
mail  Temporary  moved        Rejected  moved      moved      moved    Receipt   moved
rcpt  Temporary  Unavailable  Rejected  Temporary  Temporary  moved    Receipt   Temporary
data  Temporary  Unavailable  Rejected  Temporary  Temporary  moved    Receipt   Temporary
body  Temporary  Unavailable  Rejected  Unknown    Unknown    Unknown  Receipt   Unknown
dot   Temporary  Unavailable  Rejected  Unknown    Unknown    Unknown  Receipt   Unknown
rset  moved      moved        moved     moved      moved      moved    Temporary moved
"""
# The same where the server offers no PIPELINING, as far as it differs.
ALONE = {
    **{(step, "garbage"): "Temporary" for step in ("mail", "rcpt", "data")},
    **{("rset", kind): "Temporary" for kind in ("4xx", "421", "5xx", "silence", "close")},
    **{("rset", kind): "Temporary" for kind in ("garbage", "too late")},
}
KINDS: dict[str, Act] = {
    "4xx": reply(451, "4.3.0 Not now"),
    "421": reply(421, "4.3.2 Going down"),
    "5xx": reply(554, "5.0.0 Never"),
    "silence": SILENCE,
    "close": CLOSE,
    "garbage": GARBAGE,
    "late": late(5),
    "too late": late(1000),
}
KIND = {kind.__name__: kind for kind in (Receipt, Temporary, Unavailable, Rejected, Unknown)}
HUGE = Attachment(name="huge.bin", media_type="application/pdf", content=b"\xff" * 1_000_000)


def cells() -> dict[tuple[str, str], str]:
    head, *rows = [line.split() for line in TABLE.replace("too late", "too_late").split("\n")[1:-1]]
    kinds = [word.replace("_", " ") for word in head[1:]]
    return {
        (row, kind): word for row, *words in rows for kind, word in zip(kinds, words, strict=True)
    }


CELLS = cells()


def test_the_table_is_whole() -> None:
    assert {kind for _, kind in CELLS} == set(KINDS)
    assert set(CELLS.values()) == {*KIND, "moved"}


async def all_at_once(
    server: SmtpServer, *, hit: tuple[Attachment, ...] = (), **settings: Any
) -> list[object]:
    """The outcomes of five mails that are given to the channel together."""
    messages = [a_message(n, attachments=hit if n == HIT else ()) for n in range(MAILS)]
    async with a_channel(server, concurrency=1, **({"patience": 1} | settings)) as channel:
        return await asyncio.gather(*(outcome(channel, message) for message in messages))


def check(server: SmtpServer, found: list[object], expected: type) -> None:
    """The one that is hit has that outcome, the others are taken; each arrived as it is said."""
    for number, one in enumerate(found):
        assert type(one) is (expected if number == HIT else Receipt), (number, one)
    check_arrived(server, found)


def misbehave(server: SmtpServer, step: StepName, act: Act) -> None:
    if step == "mail":
        server.at(step, act, after=HIT, times=1)
    elif step == "rset":
        server.at("rcpt", reply(450, "4.2.0 Greylisted"), recipient=ADDRESS, times=1)
        server.at(step, act, times=1)
    else:
        server.at(step, act, recipient=ADDRESS, times=1)


@pytest.mark.parametrize("how", ["pipelined", "in TLS", "alone"])
@pytest.mark.parametrize(("step", "kind"), CELLS)
def test_what_is_done_to_one_of_a_window(
    step: str, kind: str, how: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    word = CELLS[step, kind]
    if how == "alone":
        word = ALONE.get((step, kind), word)

    async def scene() -> None:
        secure: dict[str, Any] = {"security": "tls", "ca_file": ca_file} if how == "in TLS" else {}
        tls = context if how == "in TLS" else None
        async with SmtpServer(pipelining=how != "alone", tls=tls) as server:
            misbehave(server, cast("StepName", step), KINDS[kind])
            found = await all_at_once(server, **secure)
            check(server, found, KIND.get(word, Receipt))
            assert server.connections <= 2

    quietly(scene())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("4xx", Temporary),
        ("421", Unavailable),
        ("5xx", Rejected),
        ("silence", Temporary),
        ("close", Temporary),
        ("garbage", Temporary),
        ("late", Receipt),
        ("too late", Temporary),
    ],
)
def test_nothing_is_in_doubt_while_a_long_text_is_still_being_written(
    kind: str, expected: type
) -> None:
    """The next mail is called by then, and its envelope has not left before the final dot."""

    async def scene() -> None:
        async with SmtpServer(receive_buffer=65_536) as server:
            server.at("body", KINDS[kind], recipient=ADDRESS, times=1)
            found = await all_at_once(server, hit=(HUGE,))
            check(server, found, expected)

    quietly(scene())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", ["connect", "banner", "ehlo", "auth"])
def test_a_connection_that_cannot_be_had_loses_nobody(step: StepName, kind: str) -> None:
    """The first is lost with a mail; whoever waits for the next one is told that there is none."""

    async def scene() -> None:
        async with SmtpServer(users={"ua": "secret"}) as server:
            login: dict[str, Any] = {"username": "ua", "password": "secret"}
            server.at("dot", CLOSE, recipient="press0@example.org", times=1)
            server.at(step, KINDS[kind], after=1, times=1)
            found = await all_at_once(server, **login)
            check_arrived(server, found)
            assert type(found[0]) is Unknown
            well = kind == "late" or (
                step == "connect" and kind in ("4xx", "5xx", "421", "garbage")
            )
            kinds = {type(one) for one in found[1:]}
            if kind == "late":
                assert kinds == {Receipt}
            elif not well:
                stopped = step == "auth" and kind == "5xx"
                assert kinds == {ConfigError if stopped else Unavailable}
                assert server.connections == 2, "nobody tries what was just refused"

    quietly(scene())


def test_a_server_that_refuses_texts_is_given_few_envelopes_behind_them() -> None:
    """Each costs a connection."""

    async def scene() -> None:
        async with SmtpServer() as server, a_channel(server, concurrency=1) as channel:
            server.at("dot", reply(554, "5.7.1 spam"))
            found = await asyncio.gather(*(outcome(channel, a_message(n)) for n in range(40)))
            assert all(isinstance(one, Rejected) for one in found)
            assert server.counts["dot"] == 40
            assert server.connections <= 5

    quietly(scene())


class Deaf(ServerSession):
    """Throws away what comes behind a text, whatever it has said of PIPELINING."""

    def _dot(self, content: bytes) -> None:
        self._buffer.clear()
        super()._dot(content)


def test_a_server_that_throws_away_what_follows_a_text_costs_one_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("uadispatch.testing.far_ends.smtp.ServerSession", Deaf)

    async def scene() -> None:
        async with SmtpServer() as server:
            began = asyncio.get_running_loop().time()
            check(server, await all_at_once(server), Receipt)
            assert asyncio.get_running_loop().time() - began < 2 * 300
            assert server.connections == 2

    quietly(scene())


@pytest.mark.parametrize("again", [b"250 2.0.0 again\r\n", b"550 5.0.0 no\r\n", b"451 no\r\n"])
def test_a_server_that_answers_each_text_twice_loses_nothing(again: bytes) -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            server.at("dot", raw(b"250 2.0.0 taken\r\n" + again))
            check(server, await all_at_once(server), Receipt)

    quietly(scene())


@pytest.mark.parametrize("act", [CLOSE, RESET])
def test_a_server_that_hangs_up_after_each_mail_loses_nothing(act: Act) -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            for after in range(1, MAILS * 2):
                server.at("mail", act, after=after, times=1)
            found = await all_at_once(server)
            check_arrived(server, found)
            assert {type(one) for one in found} <= {Receipt, Temporary}

    quietly(scene())


PIECES = st.sampled_from(
    [
        *(b"%d ok\r\n" % code for code in (220, 221, 250, 251, 334, 354, 421, 450, 451, 550)),
        *(b"250-more\r\n", b"\r\n", b"\n", b"250", b"2", b"\xff", b"354"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    step=st.sampled_from(["mail", "rcpt", "data", "body", "dot", "rset"]),
    data=st.lists(PIECES, max_size=6).map(b"".join) | st.binary(max_size=40),
    close=st.booleans(),
    slowly=st.booleans(),
)
def test_whatever_a_server_says_to_one_of_a_window_nothing_goes_out_twice(
    step: str, data: bytes, *, close: bool, slowly: bool
) -> None:
    act = drip(data, 0.5) if slowly and data else raw(data, close=close)

    async def scene() -> None:
        async with SmtpServer() as server:
            misbehave(server, cast("StepName", step), act)
            found = await all_at_once(server)
            arrived = Counter(mail.recipients[0] for mail in server.mails)
            assert set(arrived.values()) == {1}
            # Before the one that is hit nothing was wrong yet.
            assert all(isinstance(one, Receipt) for one in found[:HIT])
            assert all(isinstance(one, Receipt | DeliveryError) for one in found)

    quietly(scene())
