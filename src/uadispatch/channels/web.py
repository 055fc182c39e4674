"""A service that speaks HTTP, as a channel talks to it: what each answer means, or its lack.

It knows no service. An error's text never holds what the library says: that may show a header.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from uadispatch.errors import (
    ConfigError,
    Rejected,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    import httpx

    from uadispatch.channels.message import Message
    from uadispatch.clock import Clock

__all__ = ["LABEL", "WebAnswer", "WebService"]

LABEL = "Uadispatch-Reference"
"""The header that tells a stand-in which message a request is; nobody else is told."""

LARGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read; what is longer is no answer of a service like these."""
LONGEST_WAIT = timedelta(days=1)
"""No service is taken at its word for longer."""
LONGEST_EXCHANGE = 300.0
"""Seconds from when a request begins; a service that drips its answer would hold us for ever."""
LONGEST_WORDS = 300
CHUNK = 65_536
LAST = 16
"""Bytes of a body that are held back until all others have left this program: while they are
here, nobody can have the whole."""

_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_MOVED = frozenset({301, 307, 308})
_NOT_US = frozenset({401, 402, 403, 404, 405, 407, 410})
_LATER = frozenset({421, 425, 429, 503})
_CUT_SHORT = 408
_NO_DATE = (ValueError, OverflowError, LookupError, TypeError)
"""All that Python's reader of dates has been seen to raise for one that makes no sense."""
_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
_OK, _REDIRECTED, _REFUSED, _BROKEN = 200, 300, 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What a service answered. Names of `headers` are in lower case."""

    status: int
    """As HTTP has it: 201, 404."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    """Its bytes, as far as they came."""
    whole: bool = True
    """False if the service hung up within its answer, or the answer is too long."""
    asked_whole: bool = True
    """False if it answered before it had the whole request."""

    @property
    def is_good(self) -> bool:
        """A status of success, to a request of which it has the whole."""
        return _OK <= self.status < _REDIRECTED and self.asked_whole

    @property
    def json(self) -> Any:
        """The body read as JSON; None if it is none, or not whole."""
        try:
            return json.loads(self.body) if self.whole else None
        except (ValueError, RecursionError):
            return None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body read as a JSON object; empty if it is none."""
        return found if isinstance(found := self.json, dict) else {}

    def retry_after(self, now: datetime) -> timedelta | None:
        """What ``Retry-After`` asks for (RFC 9110, section 10.2.3), a day at most."""
        given = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", given):
            return min(timedelta(seconds=int(given)), LONGEST_WAIT)
        try:
            until = parsedate_to_datetime(given)
        except _NO_DATE:
            return None
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
        return min(max(until - now, timedelta(0)), LONGEST_WAIT)


class WebService:
    """One service that is asked over HTTP: each request is one try, on a connection of its own.

    `name` is how errors call it; `mend` is what to look at where it refuses us at all. `begin` is
    `Tools.begin`, awaited in `deliver` once the connection stands. `client` may be what makes one:
    it is then made when it is first needed, and again after `aclose`. See `Tools.web`.
    """

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient | Callable[[], httpx.AsyncClient],
        *,
        clock: Clock,
        begin: Callable[..., Awaitable[None]] | None = None,
        mend: str = "check its settings",
    ) -> None:
        self.name = name
        self._given_client = client
        self._made_client: httpx.AsyncClient | None = None
        self._clock = clock
        self._begin = begin
        self._mend = mend
        self._hidden: set[str] = set()

    async def aclose(self) -> None:
        """Close the client; may be called twice."""
        client, self._made_client = self._made_client, None
        if client is None and not callable(self._given_client):
            client = self._given_client
        if client is not None:
            await client.aclose()

    @property
    def _client(self) -> httpx.AsyncClient:
        if not callable(self._given_client):
            return self._given_client
        if self._made_client is None:
            self._made_client = self._given_client()
        return self._made_client

    def hide(self, secret: str) -> str:
        """Keep `secret`, which this returns, out of all words of the service that are shown."""
        if secret:
            self._hidden.add(secret)
        return secret

    def words(self, text: object) -> str:
        """A service's own words, fit to be shown: one short line without our secrets."""
        if not isinstance(text, str):
            return ""
        for secret in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(secret, "***")
        line = _UNSEEN.sub(" ", text).strip()
        return line if len(line) <= LONGEST_WORDS else f"{line[:LONGEST_WORDS]}…"

    async def deliver(
        self, method: str, url: str, *, message: Message | None = None, **request: Any
    ) -> WebAnswer:
        """Make a request that makes something go out, once; `request` as for httpx.

        Its `message` is told to a stand-in, by a header that goes to this machine only.

        Raises:
            Unavailable: the service cannot be reached; nothing left.
            Temporary: it cannot have the whole request; or `begin` says so.
            Unknown: it may have the whole, and gave no answer.
            ConfigError: its address, or its certificate, is wrong.
        """
        for anew in (False, True):
            attempt = _Attempt(self._begin, anew=anew, message=message)
            answer, exc = await attempt.make(self._client, method, url, request)
            if not attempt.gone:
                break
        # Outside of any except clause: the library's own error may show what is secret.
        if answer is not None:
            return answer
        if (wrong := self._wrong(exc)) is not None:
            raise wrong
        if not attempt.begun:
            raise Unavailable(f"{self.name} cannot be reached: {_why(exc)}")
        if not attempt.handed:
            raise Temporary(f"{self.name} did not get the whole request: {_why(exc)}")
        raise Unknown(f"{self.name} may have it, but gave no answer: {_why(exc)}")

    async def ask(self, method: str, url: str, **request: Any) -> WebAnswer:
        """Make a request that makes nothing go out; `request` as for httpx.

        Raises:
            Unavailable: no answer.
            ConfigError: its address, or its certificate, is wrong.
        """
        answer, exc = await _Attempt(None, anew=False).make(self._client, method, url, request)
        if answer is not None:
            return answer
        raise self._wrong(exc) or Unavailable(f"{self.name} gives no answer: {_why(exc)}")

    def error(self, answer: WebAnswer, says: object = "") -> UadispatchError:
        """What an answer to `deliver` means that is not as it should be; `says` are its words."""
        status, code, given = answer.status, f"HTTP {answer.status}", self._given(answer, says)
        if status in _MOVED or status in _NOT_US:
            return self._not_us(answer, given)
        if status in _LATER:
            wait = answer.retry_after(self._clock.now())
            return Unavailable(f"{self.name} sends us away{given}", code=code, retry_after=wait)
        if status == _CUT_SHORT and not answer.asked_whole:
            return Temporary(f"{self.name} did not wait for the whole request{given}", code=code)
        if _REFUSED <= status < _BROKEN and status != _CUT_SHORT:
            return Rejected(f"{self.name} refuses it{given}", code=code)
        return Unknown(f"{self.name} may have it; its answer is no good{given}", code=code)

    def trouble(self, answer: WebAnswer, says: object = "") -> UadispatchError:
        """What an answer to `ask` means that is not as it should be."""
        status, code, given = answer.status, f"HTTP {answer.status}", self._given(answer, says)
        if status in _MOVED or status in _NOT_US:
            return self._not_us(answer, given)
        wait = answer.retry_after(self._clock.now())
        if status in _LATER:
            return Unavailable(f"{self.name} sends us away{given}", code=code, retry_after=wait)
        return Temporary(f"{self.name} gives no good answer{given}", code=code, retry_after=wait)

    def _given(self, answer: WebAnswer, says: object) -> str:
        words = self.words(says)
        return f" (HTTP {answer.status}){f': {words}' if words else ''}"

    def _not_us(self, answer: WebAnswer, given: str) -> ConfigError:
        if answer.status in _MOVED:
            return ConfigError(f"{self.name} is not at this address{given}: {self._mend}")
        return ConfigError(f"{self.name} does not serve us{given}: {self._mend}")

    def _wrong(self, exc: BaseException | None) -> ConfigError | None:
        """The error of `exc` that no later try would mend."""
        import httpx  # noqa: PLC0415 - costly

        if isinstance(exc, httpx.UnsupportedProtocol | httpx.InvalidURL):
            return ConfigError(f"the address of {self.name} is none: {self._mend}")
        if isinstance(exc, httpx.LocalProtocolError | UnicodeError):
            says = f"a setting of {self.name} holds what HTTP cannot carry: {self._mend}"
            return ConfigError(says)
        if any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(exc)):
            return ConfigError(f"the certificate of {self.name} is not trusted: {self._mend}")
        return None


class _Gone(Exception):
    """The connection ended while its request waited for its turn."""


class _Attempt:
    """One request on one connection, and how far it came."""

    def __init__(
        self,
        begin: Callable[..., Awaitable[None]] | None,
        *,
        anew: bool,
        message: Message | None = None,
    ) -> None:
        self._begin = begin
        self._anew = anew
        self._message = message
        self._stream: Any = None
        self._limit = asyncio.timeout(None)
        self._has_body = False
        self.begun = False
        """Whether anything may have left this program."""
        self.handed = False
        """Whether all of it may have."""
        self.gone = False

    async def make(
        self, client: httpx.AsyncClient, method: str, url: str, request: Mapping[str, Any]
    ) -> tuple[WebAnswer | None, BaseException | None]:
        """The answer, or the error of the library in its place."""
        import httpx  # noqa: PLC0415 - costly

        answer: WebAnswer | None = None
        body = bytearray()
        try:
            built = client.build_request(method, url, **request)
            content = built.read()
            self._has_body = bool(content)
            pieces = _pieces(content, self) if content else None
            made = client.build_request(method, built.url, headers=built.headers, content=pieces)
            # What stood idle may be closing at this very moment, and nobody could tell.
            made.headers["Connection"] = "close"
            made.headers["Accept-Encoding"] = "identity"
            if self._message is not None and made.url.host in _THIS_MACHINE:
                made.headers[LABEL] = self._message.reference
            made.extensions = {**built.extensions, "trace": self._trace}
            async with self._limit:
                response = await client.send(made, stream=True)
                answer = WebAnswer(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    whole=False,
                    asked_whole=self.handed,
                )
                try:
                    async for piece in response.aiter_raw():
                        body += piece
                        if len(body) > LARGEST_ANSWER:
                            return answer, None
                finally:
                    await response.aclose()
        except _Gone as exc:
            self.gone = True
            return None, exc
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as exc:
            return answer, exc
        return _with(answer, bytes(body)), None

    async def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Told by the client of each step, before and after it."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]
        elif name == "http11.send_request_headers.started":
            if self._begin is not None:
                await (self._begin(anew=True) if self._anew else self._begin())
                if self._stream is not None and self._stream.get_extra_info("is_readable"):
                    raise _Gone
            self.begun = True
            self.handed = not self._has_body
            self._limit.reschedule(asyncio.get_running_loop().time() + LONGEST_EXCHANGE)


async def _pieces(content: bytes, attempt: _Attempt) -> AsyncIterator[bytes]:
    """The body, its last bytes apart."""
    kept = max(len(content) - LAST, 0)
    for at in range(0, kept, CHUNK):
        yield content[at : min(at + CHUNK, kept)]
    attempt.handed = True
    yield content[kept:]


def _with(answer: WebAnswer | None, body: bytes) -> WebAnswer | None:
    if answer is None:
        return None
    return WebAnswer(
        status=answer.status,
        headers=answer.headers,
        body=body,
        asked_whole=answer.asked_whole,
    )


def _chain(exc: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while exc is not None and exc not in found:
        found.append(exc)
        exc = exc.__cause__ or exc.__context__
    return found


def _why(exc: BaseException | None) -> str:
    """Why there is no answer, in words of our own or the system's."""
    import httpx  # noqa: PLC0415 - costly

    if isinstance(exc, httpx.TimeoutException | TimeoutError):
        return "it was silent for too long"
    if isinstance(exc, _Gone | httpx.CloseError):
        return "it hung up"
    for each in _chain(exc):
        if isinstance(each, OSError) and each.strerror:
            # asyncio's own words name an address in place of the reason.
            return os.strerror(each.errno) if each.errno and each.errno > 0 else each.strerror
    if isinstance(exc, httpx.RemoteProtocolError):
        return "it hung up, or what it said is no HTTP"
    return "the connection broke off"
