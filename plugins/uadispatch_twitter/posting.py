"""One request to X's API: tweepy builds and signs it, and a thread waits for the answer.

It tells what came back, or that nothing did and whether X can have the request. It sorts nothing,
tries nothing twice, follows no redirect and logs nothing: what these libraries write to their logs
has the post and the account's token in it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import requests
import tweepy
from requests.adapters import HTTPAdapter

from uadispatch_twitter.answers import Answer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Keys", "Line"]

_LARGEST = 64 * 1024
"""Bytes of an answer; X's have some hundred."""
_QUIET = ("tweepy", "oauthlib", "requests_oauthlib")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one account (OAuth 1.0a, user context)."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        """All four: what nobody may see."""
        return (
            self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret,
        )  # fmt: skip


class Line:
    """Asks X with one account's keys; each request has a connection of its own.

    A kept connection saves nothing at a post every nine seconds, and one that X has closed
    meanwhile would leave a post in doubt.
    """

    def __init__(
        self, keys: Keys, *, connect_limit: float, answer_limit: float, base_url: str | None
    ) -> None:
        self._keys = keys
        self._limits = (connect_limit, answer_limit)
        self._base_url = base_url
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    async def ask(
        self, what: Callable[[tweepy.Client], object], headers: Mapping[str, str] | None = None
    ) -> Answer | NoAnswer:
        """What came of the one request that `what` makes.

        `headers` go along where a stand-in listens, never to X. To cancel this takes back what has
        not begun to leave; but what may have left is waited for, and told: a post whose answer
        nobody heard could be published twice.
        """
        adapter = _OneTry(self._limits, self._base_url, headers or {})
        work = asyncio.get_running_loop().run_in_executor(None, partial(self._run, what, adapter))
        while not work.done():
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                adapter.withdrawn = True
        return work.result()

    def _run(self, what: Callable[[tweepy.Client], object], adapter: _OneTry) -> Answer | NoAnswer:
        client = tweepy.Client(
            consumer_key=self._keys.consumer_key,
            consumer_secret=self._keys.consumer_secret,
            access_token=self._keys.access_token,
            access_token_secret=self._keys.access_token_secret,
            wait_on_rate_limit=False,
        )
        client.session.trust_env = False  # no proxy and no password of this machine's own
        client.session.mount("https://", adapter)
        try:
            what(client)
        except _Answered as answered:
            return answered.answer
        except Exception as exc:  # noqa: BLE001 - its text may hold what is secret; it goes no further
            return NoAnswer(
                adapter.begun, _why(exc), distrusted=_has(exc, ssl.SSLCertVerificationError)
            )
        finally:
            client.session.close()
        return NoAnswer(adapter.begun, "nothing was asked")


class _Answered(Exception):
    """Carries a whole answer past libraries that would read it, retry it or follow it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Withdrawn(Exception):
    """Called off before anything was sent."""


class _OneTry(HTTPAdapter):
    """Sends one request, with time limits, and notes when its text begins to leave."""

    def __init__(
        self, limits: tuple[float, float], base_url: str | None, headers: Mapping[str, str]
    ) -> None:
        super().__init__(max_retries=0)
        self.begun = False
        self.withdrawn = False
        self._limits = limits
        self._base_url = base_url
        self._further = headers

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - the library's own signature
        timeout: Any = None,  # noqa: ARG002 - as stream; tweepy sets none
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as stream
        cert: Any = None,
        proxies: Any = None,
    ) -> NoReturn:
        """Send, and raise what was answered."""
        if self._base_url is not None:  # it was signed for X's own address
            request.url = f"{self._base_url}{request.path_url}"
            request.headers.update(self._further)
        body = request.body
        if body is not None:
            whole = body.encode() if isinstance(body, str) else bytes(body)
            request.body = self._noted(whole)  # type: ignore[assignment] # urllib3 takes any bytes
        response = super().send(request, True, self._limits, verify, cert, proxies)  # noqa: FBT003 - as above
        with response:
            raise _Answered(self._read(response))

    def _noted(self, body: bytes) -> Iterator[bytes]:
        """The body, which is asked for when the connection stands and the head has left."""
        if self.withdrawn:
            raise _Withdrawn
        self.begun = True
        yield body

    def _read(self, response: requests.Response) -> Answer:
        end = time.monotonic() + self._limits[1]
        body = bytearray()
        for piece in response.iter_content(1):  # byte by byte: a slow answer is no endless one
            body += piece
            if len(body) > _LARGEST or time.monotonic() > end:
                raise requests.ReadTimeout
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, bytes(body))


def _why(exc: BaseException) -> str:
    """What happened, in words of our own."""
    if _has(exc, _Withdrawn):
        return "it was called off"
    if _has(exc, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(exc, requests.ConnectTimeout):
        return "it could not be reached in time"
    if isinstance(exc, requests.Timeout) or _has(exc, TimeoutError):
        return "it gave no whole answer in time"
    if isinstance(exc, requests.exceptions.SSLError):
        return "no secure connection to it came about"
    if isinstance(exc, requests.ConnectionError):
        return "the connection failed"
    return f"what came back is no answer ({type(exc).__name__})"


def _has(exc: BaseException, kind: type[BaseException]) -> bool:
    """Whether `exc` is, or comes from, an error of that `kind`."""
    seen: set[int] = set()
    ahead: list[object] = [exc]
    while ahead:
        one = ahead.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        if isinstance(one, kind):
            return True
        seen.add(id(one))
        ahead += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return False
