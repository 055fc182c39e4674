"""The scripted mail server itself, by the standard library's client."""

from __future__ import annotations

import asyncio
import smtplib
from typing import TYPE_CHECKING

import pytest

from uadispatch.testing.far_ends.smtp import SILENCE, SmtpServer, late, reply

if TYPE_CHECKING:
    from collections.abc import Callable


def talk(server: SmtpServer, scene: Callable[[smtplib.SMTP], None]) -> None:
    def client() -> None:
        with smtplib.SMTP(server.host, server.port, local_hostname="[127.0.0.1]") as smtp:
            scene(smtp)

    async def run() -> None:
        async with server:
            await asyncio.to_thread(client)

    asyncio.run(run())


def test_it_speaks_smtp() -> None:
    def scene(smtp: smtplib.SMTP) -> None:
        smtp.ehlo()
        assert set(smtp.esmtp_features) == {"pipelining", "8bitmime", "size", "enhancedstatuscodes"}
        assert smtp.noop()[0] == 250
        assert smtp.verify("a")[0] == 252
        assert smtp.docmd("WHAT")[0] == 500
        assert smtp.docmd("DATA")[0] == 503
        assert smtp.docmd("RCPT TO:<a@example.org>")[0] == 503
        assert smtp.docmd("MAIL a@example.org")[0] == 501
        assert smtp.docmd("STARTTLS")[0] == 502
        assert smtp.docmd("AUTH PLAIN AAAA")[0] == 503
        assert smtp.sendmail("a@example.org", ["b@example.org", "c@example.org"], b".x\r\n") == {}
        assert smtp.mail("a@example.org")[0] == 250
        assert smtp.mail("a@example.org")[0] == 503
        assert smtp.docmd("RCPT b@example.org")[0] == 501
        assert smtp.rset()[0] == 250
        assert smtp.docmd("x" * 5000)[0] == 500

    server = SmtpServer()
    talk(server, scene)
    (mail,) = server.mails
    assert mail.sender == "a@example.org"
    assert mail.recipients == ("b@example.org", "c@example.org")
    assert mail.content == b".x\r\n"


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
@pytest.mark.parametrize("first", [True, False], ids=["at once", "asked"])
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_it_knows_its_users(mechanism: str, password: str, *, first: bool) -> None:
    def scene(smtp: smtplib.SMTP) -> None:
        smtp.ehlo()
        assert smtp.docmd("MAIL FROM:<a@example.org>")[0] == 530
        smtp.user, smtp.password = "user", password
        name = mechanism.removeprefix("auth_").upper()
        try:
            code = smtp.auth(name, getattr(smtp, mechanism), initial_response_ok=first)[0]
        except smtplib.SMTPAuthenticationError as error:
            code = error.smtp_code
        assert code == (235 if password == "right" else 535)  # noqa: S105 - a test's
        assert smtp.docmd("AUTH PLAIN !")[0] == (503 if code == 235 else 501)
        assert smtp.docmd("AUTH MAGIC x")[0] == (503 if code == 235 else 504)

    talk(SmtpServer(users={"user": "right"}), scene)


def test_rules_are_for_a_recipient_a_number_of_times_and_after_some() -> None:
    server = SmtpServer()
    server.at("rcpt", reply(450, "one\ntwo"), recipient="b@example.org", times=1, after=1)
    server.at("rset", late(0.01), times=1)

    def scene(smtp: smtplib.SMTP) -> None:
        smtp.ehlo()
        smtp.mail("a@example.org")
        codes = [smtp.rcpt(f"{name}@example.org")[0] for name in "abcbb"]
        assert codes == [250, 250, 250, 450, 250]
        assert smtp.rset()[0] == 250
        server.clear()

    talk(server, scene)
    assert server.counts["rcpt"] == 5


def test_a_step_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no step"):
        SmtpServer().at("helo", SILENCE)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - refused
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        SmtpServer(host=host)


def test_it_stops_twice_and_in_the_middle_of_anything() -> None:
    async def scene() -> None:
        for text in (b"", b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n", b"x"):
            server = SmtpServer()
            await server.start()
            _, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(text)
            await asyncio.sleep(0.01)
            await server.stop()
            await server.stop()
            assert server.open == 0
            assert server.tries == 1
            writer.close()

    asyncio.run(scene())
