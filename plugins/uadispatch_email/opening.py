"""Opening a connection: connect, banner, EHLO, STARTTLS and login, by aiosmtplib.

It translates each failure into what the table of `transaction` says, with what to do about it:
nothing of a mail has left yet, and no other mail would fare better.
"""

from __future__ import annotations

import base64
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, cast

import aiosmtplib

from uadispatch import ConfigError, Unavailable
from uadispatch_email.refusals import unavailable
from uadispatch_email.replies import Reply, clean
from uadispatch_email.session import Session

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from uadispatch_email.settings import EmailSettings

__all__ = ["open_session", "tls_context"]

_GREETING = 5 * 60.0
"""Seconds for each step here; RFC 5321, section 4.5.3.2.1 says so of the greeting."""
_PERMANENT = 500
_CODES = range(200, 600)
_NO_CODE = -1
_NOT_UNDERSTOOD = frozenset({500, 501, 502, 504})
"""Replies to a command that the server does not know so (RFC 5321, section 4.2.2): it has looked
at nothing yet, neither at us nor at a password."""
_SHORTEST_SECRET = 4


def tls_context(settings: EmailSettings) -> ssl.SSLContext | None:
    """What checks the server's certificate; None without TLS. Reads files. Raises ConfigError."""
    if settings.security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"UADISPATCH_EMAIL_CA_FILE: {settings.ca_file} cannot be read as PEM certificates "
            f"({error.strerror or error})"
        ) from error


async def open_session(
    settings: EmailSettings,
    *,
    password: str | None,
    context: ssl.SSLContext | None,
    proved: bool = False,
    gone: Callable[[Session], None],
    ready: Callable[[Session], None] = lambda _: None,
) -> Session:
    """A new connection, ready for mail; `proved` says that these settings have worked before.

    Raises:
        Unavailable: the server cannot be reached or will not talk to us now.
        ConfigError: it never will with these settings.
    """
    host, port = settings.server
    client = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        use_tls=settings.security == "tls",
        start_tls=False,  # not “never”: `starttls` below asks for it, and insists
        tls_context=context,
        local_hostname=settings.local_hostname,
        timeout=_GREETING * settings.patience,
    )
    try:
        with _translated(settings, "connecting", proved=proved):
            await client.connect()
            _nothing_more(client)
        if settings.security == "starttls":
            with _translated(settings, "EHLO"):
                await _hello(client)
                _nothing_more(client)
            with _translated(settings, "STARTTLS"):
                await client.starttls()
        with _translated(settings, "EHLO"):
            await _hello(client)
            _nothing_more(client)
        if settings.username is not None:
            with _translated(settings, "AUTH", secret=(settings.username, password or "")):
                await _login(client, settings.username, password or "")
                _nothing_more(client)
    except BaseException:
        client.close()
        raise
    return _taken_over(client, settings, gone, ready)


async def _hello(client: aiosmtplib.SMTP) -> None:
    """EHLO, or HELO for a server that knows no better; not twice on one connection."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _NOT_UNDERSTOOD or not client.is_connected:
            raise
        await client.helo()


async def _login(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    """Show the password once: servers lock an account after a few wrong ones.

    PLAIN comes first, which every server must have (RFC 4954, section 4); another mechanism only
    after a reply that says that this one is not known. aiosmtplib's `login` would try them all.
    """
    mechanisms = [
        log_in
        for name, log_in in (
            ("plain", client.auth_plain),
            ("login", client.auth_login),
            ("cram-md5", client.auth_crammd5),
        )
        if name in client.server_auth_methods
    ]
    if not mechanisms:
        raise aiosmtplib.SMTPNotSupported("no mechanism that we know")
    *others, last = mechanisms
    for log_in in others:
        try:
            await log_in(username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _NOT_UNDERSTOOD:
                raise
        else:
            return
    await last(username, password)


def _nothing_more(client: aiosmtplib.SMTP) -> None:
    """Raise if the server has said more than was asked.

    aiosmtplib would take it for the answer to the next command, and one answer ahead a refused
    login is taken for a good one.
    """
    # It tells nobody of that; without this name of its own, a test would fail, and no mail.
    if getattr(client.protocol, "_buffer", b""):
        raise aiosmtplib.SMTPResponseException(_NO_CODE, "more than was asked")


def _taken_over(
    client: aiosmtplib.SMTP,
    settings: EmailSettings,
    gone: Callable[[Session], None],
    ready: Callable[[Session], None],
) -> Session:
    """Take the transport from the client, which is not used again: QUIT and close are ours."""
    transport = client.transport
    if transport is None or transport.is_closing():
        raise Unavailable(f"{_server(settings)} closed the connection: nothing was sent")
    session = Session(
        pipelining=client.supports_extension("pipelining"),
        size=client.supports_extension("size"),
        patience=settings.patience,
        gone=gone,
        ready=ready,
    )
    transport.set_protocol(session)
    session.connection_made(cast("asyncio.Transport", transport))
    return session


def _server(settings: EmailSettings) -> str:
    host, port = settings.server
    return f"The mail server {host}:{port}"


@contextmanager
def _translated(
    settings: EmailSettings,
    step: str,
    *,
    secret: tuple[str, str] | None = None,
    proved: bool = False,
) -> Iterator[None]:
    """Raise what an error of aiosmtplib (or of TLS below it) at `step` means."""
    try:
        yield
    except (aiosmtplib.SMTPException, OSError) as error:
        failed = _cause(error, ssl.SSLError)
        if failed is not None:
            _tls_failed(settings, failed, in_doubt=proved or step != "connecting")
        if isinstance(error, aiosmtplib.SMTPResponseException):
            _refused(settings, step, error, secret)
        _not_answered(settings, step, error)
    except UnicodeError:  # its text holds the password
        if secret is None:
            raise Unavailable(f"{_server(settings)} failed at {step}: nothing was sent") from None
        raise ConfigError(
            "UADISPATCH_EMAIL_USERNAME or the password holds bytes that are no UTF-8: nothing was "
            "sent. Set them again."
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, no mail has left yet
        kind = type(error).__name__
        raise Unavailable(
            f"{_server(settings)} failed at {step} ({kind}): nothing was sent"
        ) from None


def _cause(error: BaseException | None, kind: type[ssl.SSLError]) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__
    return None


def _tls_failed(settings: EmailSettings, error: ssl.SSLError, *, in_doubt: bool) -> NoReturn:
    """`in_doubt` says that the server may well speak TLS there at another time.

    It has offered it, or has spoken it before: a server that is overloaded (Exim) says its 421 in
    the clear, on a port for TLS too.
    """
    server = _server(settings)
    if isinstance(error, ssl.SSLCertVerificationError):
        raise ConfigError(
            f"{server} shows a certificate that is not trusted ({error.verify_message}): nothing "
            "was sent. Is UADISPATCH_EMAIL_HOST the name in the certificate? If the server has a "
            "certificate authority of its own, name its file in UADISPATCH_EMAIL_CA_FILE."
        ) from error
    if not in_doubt and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        raise ConfigError(
            f"{server} does not speak TLS there: nothing was sent. Port 465 goes with "
            'UADISPATCH_EMAIL_SECURITY "tls", port 587 with "starttls".'
        ) from error
    raise Unavailable(f"{server} broke off TLS ({error.reason}): nothing was sent") from error


def _refused(
    settings: EmailSettings,
    step: str,
    error: aiosmtplib.SMTPResponseException,
    secret: tuple[str, str] | None,
) -> NoReturn:
    """A reply that is no yes. Its cause is not chained: it could quote the password."""
    if error.code not in _CODES:
        raise Unavailable(
            f"{_server(settings)} answered garbage at {step}: nothing was sent"
        ) from None
    reply = Reply(error.code, tuple(_without(secret, error.message).split("\n")))
    if error.code >= _PERMANENT and step == "AUTH":
        raise ConfigError(
            f"{_server(settings)} refused the login ({reply.says}): nothing was sent. Check "
            "UADISPATCH_EMAIL_USERNAME and UADISPATCH_EMAIL_PASSWORD or _PASSWORD_COMMAND."
        ) from None
    if error.code >= _PERMANENT and step == "STARTTLS":
        raise ConfigError(
            f"{_server(settings)} refused STARTTLS ({reply.says}): nothing was sent. "
            'For TLS from the first byte set UADISPATCH_EMAIL_SECURITY to "tls" (port 465).'
        ) from None
    text = f"{_server(settings)} would not talk to us at {step}: {reply.says}"
    raise unavailable(text, reply) from None


def _not_answered(settings: EmailSettings, step: str, error: Exception) -> NoReturn:
    server = _server(settings)
    if isinstance(error, TimeoutError):
        raise Unavailable(f"{server} did not answer in time at {step}: nothing was sent") from error
    if isinstance(error, OSError):
        says = clean(str(error.__cause__ or error))
        raise Unavailable(
            f"{server} could not be reached at {step} ({says}): nothing was sent. If it stays so, "
            "check UADISPATCH_EMAIL_HOST and UADISPATCH_EMAIL_PORT."
        ) from error
    if step == "STARTTLS":
        raise ConfigError(
            f"{server} offers no STARTTLS: nothing was sent. For TLS from the first byte set "
            'UADISPATCH_EMAIL_SECURITY to "tls" (port 465).'
        ) from error
    if step == "AUTH":
        raise ConfigError(
            f"{server} offers no login that we know (PLAIN, LOGIN, CRAM-MD5): nothing was sent. "
            "Check UADISPATCH_EMAIL_PORT (587 or 465), or unset UADISPATCH_EMAIL_USERNAME."
        ) from error
    raise Unavailable(f"{server} failed at {step}: {clean(str(error))}") from error


def _without(secret: tuple[str, str] | None, text: str) -> str:
    """`text` without the password: some servers quote the command they did not understand."""
    if secret is None:
        return text
    username, password = (part.encode() for part in secret)
    forms = (
        secret[1],
        base64.b64encode(password).decode(),
        base64.b64encode(b"\0" + username + b"\0" + password).decode(),
    )
    for form in forms:
        if len(form) >= _SHORTEST_SECRET:
            text = text.replace(form, "***")
    return text
