"""TLS and login: what is demanded, and what each failure tells the person who must mend it."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from mailkit import a_channel, a_message, outcome
from timekit import quietly
from uadispatch import Attachment, ConfigError, Receipt, Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing.far_ends.smtp import CLOSE, GARBAGE, RESET, SILENCE, SmtpServer, raw, reply
from uadispatch_email.mime import build
from uadispatch_email.opening import open_session, tls_context
from uadispatch_email.settings import EmailSettings

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from uadispatch.testing.far_ends.smtp import Act, StepName

USER, PASSWORD = "ua@example.org", "correct horse battery"
LOGIN: dict[str, Any] = {"username": USER, "password": PASSWORD}


def over_tls(
    security: str, context: ssl.SSLContext, users: dict[str, str] | None = None
) -> SmtpServer:
    if security == "tls":
        return SmtpServer(tls=context, users=users)
    return SmtpServer(starttls=context, users=users)


def sent(server: SmtpServer, number: int = 1, **settings: Any) -> Any:
    """What became of `number` messages sent one after the other; the last one's outcome."""

    async def scene() -> Any:
        async with server, a_channel(server, **settings) as channel:
            found = [await outcome(channel, a_message(each)) for each in range(number)]
        return found[-1]

    return quietly(scene())


@pytest.mark.parametrize("users", [{}, {USER: PASSWORD}], ids=["no login", "login"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_over_tls(
    security: str, users: dict[str, str], context: ssl.SSLContext, ca_file: Path
) -> None:
    server = over_tls(security, context, users)
    login = LOGIN if users else {}
    assert isinstance(sent(server, 3, security=security, ca_file=ca_file, **login), Receipt)
    assert server.connections == 1
    assert [mail.content for mail in server.mails] == [build(a_message(each)) for each in range(3)]
    assert server.counts["quit"] == 1
    assert server.counts["starttls"] == (security == "starttls")


@pytest.mark.parametrize("end", ["hang_up", "vanish"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_kept_connection_over_tls_that_died_is_replaced(
    security: str, end: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    async def scene() -> None:
        async with (
            over_tls(security, context) as server,
            a_channel(server, security=security, ca_file=ca_file) as channel,
        ):
            for number in range(3):
                assert isinstance(await outcome(channel, a_message(number)), Receipt)
                getattr(server, end)()
            assert server.connections == len(server.mails) == 3

    quietly(scene())


@pytest.mark.parametrize("act", [SILENCE, CLOSE, GARBAGE])
@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("step", "kind"), [("rcpt", Temporary), ("dot", Unknown)])
def test_failures_over_tls_are_sorted_alike(
    security: str, step: StepName, kind: type, act: Act, context: ssl.SSLContext, ca_file: Path
) -> None:
    server = over_tls(security, context)
    server.at(step, act)
    assert type(sent(server, security=security, ca_file=ca_file)) is kind


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reply(552, "5.3.4 too big"), Rejected),
        (reply(452, "4.3.1 full"), Temporary),
        (GARBAGE, Temporary),
        (CLOSE, Temporary),
        (SILENCE, Temporary),
    ],
)
def test_a_long_text_over_tls_keeps_its_dot_to_the_end(
    security: str, act: Act, kind: type, context: ssl.SSLContext, ca_file: Path
) -> None:
    huge = Attachment(name="huge.bin", media_type="application/pdf", content=bytes(15_000_000))

    async def scene() -> None:
        async with (
            over_tls(security, context) as server,
            a_channel(server, security=security, ca_file=ca_file, patience=0.01) as channel,
        ):
            server.at("body", act, times=1)
            assert type(await outcome(channel, a_message(1, attachments=(huge,)))) is kind
            assert isinstance(await outcome(channel, a_message(2, attachments=(huge,))), Receipt)
            assert server.connections == 2
            assert [len(mail.content) > 15_000_000 for mail in server.mails] == [True]

    quietly(scene(), buffer=None)


def test_tls_that_is_not_offered_is_demanded_all_the_same() -> None:
    server = SmtpServer(users={USER: PASSWORD})
    error = sent(server, security="starttls", **LOGIN)
    assert type(error) is ConfigError
    assert "offers no STARTTLS" in str(error)
    assert "UADISPATCH_EMAIL_SECURITY" in str(error)
    assert server.counts["auth"] == server.counts["mail"] == 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted(security: str, context: ssl.SSLContext) -> None:
    server = over_tls(security, context, {USER: PASSWORD})
    error = sent(server, security=security, **LOGIN)
    assert type(error) is ConfigError
    assert "UADISPATCH_EMAIL_CA_FILE" in str(error)
    assert server.counts["auth"] == server.counts["mail"] == 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name(
    security: str, authority: trustme.CA, ca_file: Path
) -> None:
    other = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mail.example.org").configure_cert(other)
    error = sent(over_tls(security, other), security=security, ca_file=ca_file)
    assert type(error) is ConfigError
    assert "UADISPATCH_EMAIL_HOST" in str(error)


def test_tls_to_a_port_that_does_not_speak_it() -> None:
    error = sent(SmtpServer(), security="tls")
    assert type(error) is ConfigError
    assert "does not speak TLS" in str(error)


def test_a_certificate_file_that_cannot_be_read(tmp_path: Path) -> None:
    missing, broken = tmp_path / "missing.pem", tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for path in (missing, broken):
        error = sent(SmtpServer(), security="starttls", ca_file=path)
        assert type(error) is ConfigError
        assert path.name in str(error)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reply(454, "4.7.0 not now"), Unavailable),
        (reply(421, "4.7.0 bye"), Unavailable),
        (reply(502, "5.5.1 unknown"), ConfigError),
        (CLOSE, Unavailable),
        (SILENCE, Unavailable),
        (GARBAGE, Unavailable),
    ],
)
def test_failures_at_starttls(act: Act, kind: type, context: ssl.SSLContext) -> None:
    server = SmtpServer(starttls=context)
    server.at("starttls", act)
    assert type(sent(server, security="starttls")) is kind
    assert server.counts["mail"] == 0


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reply(454, "4.7.0 not now"), Unavailable),
        (reply(421, "4.7.0 bye"), Unavailable),
        (reply(535, "5.7.8 no"), ConfigError),
        (reply(534, "5.7.9 too weak"), ConfigError),
        (CLOSE, Unavailable),
        (SILENCE, Unavailable),
        (GARBAGE, Unavailable),
    ],
)
def test_failures_at_the_login(act: Act, kind: type) -> None:
    server = SmtpServer(users={USER: PASSWORD})
    server.at("auth", act)
    assert type(sent(server, **LOGIN)) is kind
    assert server.counts["mail"] == 0


def test_a_wrong_password_is_named_and_never_shown() -> None:
    error = sent(SmtpServer(users={USER: "another"}), **LOGIN)
    assert type(error) is ConfigError
    assert "UADISPATCH_EMAIL_PASSWORD" in str(error)
    assert PASSWORD not in str(error)


def test_a_server_that_quotes_the_password_does_not_get_it_into_an_error() -> None:
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    server = SmtpServer(users={USER: PASSWORD})
    server.at("auth", reply(500, f"5.5.2 what is AUTH PLAIN {plain} or {PASSWORD}"))
    error = sent(server, **LOGIN)
    assert type(error) is ConfigError
    assert "what is AUTH PLAIN" in str(error)
    assert plain not in str(error)
    assert PASSWORD not in str(error)
    assert error.__cause__ is None


def test_a_wrong_password_is_not_tried_on_every_connection() -> None:
    async def scene() -> None:
        async with (
            SmtpServer(users={USER: "another"}) as server,
            a_channel(server, concurrency=8, **LOGIN) as channel,
        ):
            found = await asyncio.gather(*(outcome(channel, a_message(n)) for n in range(8)))
            assert {type(one) for one in found} == {ConfigError}
            assert server.connections == 1

    quietly(scene())


@pytest.mark.parametrize(
    "refusal", [reply(535, "5.7.8 no"), reply(534, "5.7.9 too weak"), reply(454, "4.7.0 later")]
)
def test_a_password_is_shown_once_by_one_mechanism(refusal: Act) -> None:
    server = SmtpServer(users={USER: PASSWORD})
    server.at("auth", refusal, times=1)
    assert not isinstance(sent(server, **LOGIN), Receipt)
    assert server.counts["auth"] == 1


@pytest.mark.parametrize("code", [500, 501, 502, 504])
def test_a_mechanism_that_is_not_known_after_all_is_replaced(code: int) -> None:
    server = SmtpServer(users={USER: PASSWORD})
    server.at("auth", reply(code, "5.5.4 Unknown"), times=1)
    assert isinstance(sent(server, **LOGIN), Receipt)
    assert server.counts["auth"] == 2


@pytest.mark.parametrize(
    ("offer", "kind"),
    [("CRAM-MD5", Unavailable), ("CRAM-MD5 LOGIN", Receipt), ("GSSAPI", ConfigError)],
)
def test_the_mechanisms_that_are_offered_are_used(offer: str, kind: type) -> None:
    server = SmtpServer(users={USER: PASSWORD})
    server.at("ehlo", reply(250, f"hello\nAUTH {offer}"))
    if offer == "CRAM-MD5":
        server.at("auth", reply(334, "this is no base64 \u00e4"))
    assert type(sent(server, **LOGIN)) is kind


def test_a_password_that_cannot_be_written_is_a_setting_to_mend() -> None:
    server = SmtpServer(users={USER: PASSWORD})
    error = sent(server, username=USER, password="gr\udcfcn")  # from a Latin-1 environment
    assert type(error) is ConfigError
    assert "UADISPATCH_EMAIL_USERNAME" in str(error)
    assert server.counts["auth"] == 0


@pytest.mark.parametrize("code", [b"199", b"600", b"999", b"-21", b"0x1"])
@pytest.mark.parametrize("step", ["banner", "ehlo", "starttls", "auth"])
def test_a_code_that_does_not_exist_decides_nothing(
    step: StepName, code: bytes, context: ssl.SSLContext, ca_file: Path
) -> None:
    server = SmtpServer(starttls=context, users={USER: PASSWORD})
    server.at(step, raw(code + b" 5.7.8 go away\r\n"))
    error = sent(server, security="starttls", ca_file=ca_file, **LOGIN)
    assert type(error) is Unavailable
    assert "garbage" in str(error)


def test_a_server_that_knows_no_ehlo_is_greeted_with_helo() -> None:
    server = SmtpServer()
    server.at("ehlo", reply(502, "5.5.2 Unknown command"), times=1)
    assert isinstance(sent(server), Receipt)
    assert server.counts["ehlo"] == 2


def test_a_server_that_refuses_us_is_not_asked_again_in_other_words() -> None:
    server = SmtpServer()
    server.at("ehlo", reply(554, "5.7.1 Not you"), times=1)
    assert type(sent(server)) is Unavailable
    assert server.counts["ehlo"] == 1


@pytest.mark.parametrize(("proved", "kind"), [(False, ConfigError), (True, Unavailable)])
def test_a_goodbye_in_the_clear_on_a_port_for_tls(kind: type[Exception], *, proved: bool) -> None:
    """Exim says “421 Too many concurrent SMTP connections” so; once TLS has worked, it is that."""

    async def scene() -> None:
        async with SmtpServer() as server:
            server.at("banner", reply(421, "Too many concurrent SMTP connections"))
            settings = EmailSettings(host=server.host, port=server.port, security="tls")
            with pytest.raises(kind):
                await open_session(
                    settings,
                    password=None,
                    context=tls_context(settings),
                    proved=proved,
                    gone=lambda _: None,
                )

    quietly(scene())


@pytest.mark.parametrize("text", [b"421 busy\r\n", b"\0" * 500, b"", b"\x15\x03\x01\0\x02\x02\x28"])
def test_what_follows_a_go_ahead_for_tls_and_is_none(text: bytes) -> None:
    server = SmtpServer(starttls=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    server.at("starttls", raw(b"220 2.0.0 Go ahead\r\n" + text, close=True))
    assert type(sent(server, security="starttls")) is Unavailable


@pytest.mark.parametrize("act", [RESET, CLOSE, raw(b"250 ok\r\n", close=True)])
@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("step", "kind"), [("rcpt", Temporary), ("dot", Unknown)])
def test_a_goodbye_of_tls_at_odd_times(
    security: str, step: StepName, kind: type, act: Act, context: ssl.SSLContext, ca_file: Path
) -> None:
    server = over_tls(security, context)
    server.at(step, act, times=1)
    found = sent(server, security=security, ca_file=ca_file)
    assert type(found) is (Receipt if act.data and step == "dot" else kind)


def test_a_login_that_is_not_offered() -> None:
    error = sent(SmtpServer(), **LOGIN)
    assert type(error) is ConfigError
    assert "UADISPATCH_EMAIL_USERNAME" in str(error)


def test_a_login_that_is_wanted() -> None:
    error = sent(SmtpServer(users={USER: PASSWORD}))
    assert type(error) is ConfigError
    assert "wants a login" in str(error)


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, *_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")

    known = socket.getaddrinfo

    def look_up(host: str, *given: Any, **named: Any) -> Any:
        return (unknown if host == "mail.example.org" else known)(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = sent(SmtpServer(), host="mail.example.org")
    assert type(error) is Unavailable
    assert "UADISPATCH_EMAIL_HOST" in str(error)
